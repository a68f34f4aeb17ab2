// C programs for the MSVC ABI, built with clang-cl against Wine's headers and libraries and run: what a
// run time asks of a linker besides symbols and relocations. Their sources are in tests/programs/msvc. Each is linked
// four ways, because what a program does must not depend on pads, folding or where it is loaded.

#include "tests/support/program.h"

#include <string.h>

#define SOURCE(name) SOURCE_FOLDER "/tests/programs/msvc/" name
#define COMPILATION  "/O1 /Gy /hotpatch /Z7"

static const char *const ways[] = {
    "",
    "/FUNCTIONPADMIN",
    "/FUNCTIONPADMIN:16 /OPT:REF,ICF /DYNAMICBASE:NO /FIXED",
    "/OPT:NOREF,NOICF /DEBUG:SYMTAB /RELEASE /LARGEADDRESSAWARE",
};

// Links what was compiled in each of the ways, runs it with `arguments`, and wants this status and output.
static void links_and_says(struct program *p, const char *options, const char *arguments, int status,
                           const char *output)
{
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        const char *all_options = scratch_format(&p->scratch, "%s %s", options, ways[i]);
        program_link_with_run_time(p, all_options);
        int got = program_run(p, arguments);
        if (got != status)
            fail_with("linked with %s: status %d, expected %d\n%s%s", all_options, got, status, p->run.output,
                      p->run.errors);
        assert_same_text(p->run.output, output);
    }
    read_back_signature(&p->scratch, p->folder, p->image_path);
}

static void printf_and_arguments(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, SOURCE("arguments.c"), NULL, COMPILATION);
    links_and_says(p, "", "one \"two words\" 7", 7,
                   "3 arguments\n"
                   "[one]\n"
                   "[two words]\n"
                   "[7]\n"
                   "-7 0 3 42 1000000\n"
                   " 3.14 1.234568e+04 1099511627776 0xbeef left  | c %\n"
                   "read back written:17\n");
    assert_same_text(p->run.errors, "to standard error\n");
}

static void thread_local_variables(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, SOURCE("thread_local.c"), NULL, COMPILATION);
    program_compile_as(p, SOURCE("thread_local_other.c"), NULL, COMPILATION);
    program_compile_as(p, SOURCE("tls_support.c"), NULL, COMPILATION);
    links_and_says(p, "", "", 0,
                   "thread 0: 110 -40 0 5 aligned template\n"
                   "thread 1: 110 -40 0 5 aligned template\n"
                   "thread 2: 110 -40 0 5 aligned template\n"
                   "thread 3: 110 -40 0 5 aligned template\n"
                   "main: 7 -50 template\n"
                   "4 attached, 4 detached\n");
}

static void thread_local_variables_of_a_dll(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, SOURCE("thread_local_other.c"), NULL, COMPILATION);
    program_compile_as(p, SOURCE("tls_support.c"), NULL, COMPILATION);
    program_link(p, "/DLL /NOENTRY /EXPORT:bump_other_counter");
    assert_int_equal((int)program_call(p, "bump_other_counter", 0), -49);
}

static void constructors(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, SOURCE("constructors.c"), NULL, COMPILATION);
    program_compile_as(p, SOURCE("constructors_other.cpp"), NULL, COMPILATION);
    links_and_says(p, "", "", 0, "E12oL\n");

    // The other object first: its entry of .CRT$XCU comes first among equals, and nothing else changes.
    program_begin_image(p, "swapped.exe");
    program_add_input(p, "constructors_other.obj");
    program_add_input(p, "constructors.obj");
    program_link_with_run_time(p, "");
    assert_same_text(program_output(p, ""), "Eo12L\n");
}

static void structured_exceptions(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, SOURCE("exceptions.c"), NULL, COMPILATION);
    links_and_says(p, "", "", 0,
                   "filter: e0001234 with 2 parameters, second 22\n"
                   "finally, on the way out\n"
                   "caught\n"
                   "divided by zero: yes\n"
                   "access violation: yes\n"
                   "the outer handler\n"
                   "a handler in a handler\n"
                   "done\n");
}

// x86: where every object takes part, the handlers' addresses stand in a table that the load configuration names.
static void safe_exception_handlers(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "extern void *__safe_se_handler_table[];\n"
                    "extern char __safe_se_handler_count; // an absolute symbol: its address is the number\n"
                    "const unsigned _load_config_used[18] = {72, [16] = (unsigned)__safe_se_handler_table,\n"
                    "                                        [17] = (unsigned)&__safe_se_handler_count};\n"
                    "__declspec(noinline) static int poke(volatile int *where) { *where = 1; return 1; }\n"
                    "int start(void)\n"
                    "{\n"
                    "    __try { return poke((int *)16); }\n"
                    "    __except (1) { return 55; }\n"
                    "}\n",
                    COMPILATION);
    program_add_import_library(p, "ucrtbase.lib", "LIBRARY ucrtbase.dll\nEXPORTS\n_except_handler3\n");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /SAFESEH");
    assert_int_equal(program_run(p, ""), 55);

    const struct image_directory *directory = &p->image->directories[IMAGE_DIRECTORY_LOAD_CONFIGURATION];
    assert_int_equal(directory->size, 72);
    uint32_t table = image_u32(p->image, directory->rva + 64) - (uint32_t)p->image->base;
    assert_int_equal(image_u32(p->image, directory->rva + 68), 1);
    // The one handler is the thunk that jumps to the imported _except_handler3.
    const uint8_t *thunk = image_at(p->image, image_u32(p->image, table), 6);
    assert_memory_equal(thunk, "\xFF\x25", 2);
    uint32_t slot;
    memcpy(&slot, thunk + 2, 4);
    assert_int_equal(slot - (uint32_t)p->image->base, image_import_slot(p->image, "ucrtbase.dll", "_except_handler3"));
}

static void compile_resources(struct program *p, const char *name)
{
    // Behind `--`, a path is no option, wherever the sources lie: llvm-rc takes "/check/…" for its /c.
    process_must_run(&p->scratch, p->folder, "llvm-rc-19 /FO %s.res -I %s -- %s/%s.rc", name, SOURCE(""), SOURCE(""),
                     name);
    program_add_input(p, scratch_format(&p->scratch, "%s.res", name));
}

static void resources_read_back(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, SOURCE("resources.c"), NULL, COMPILATION);
    compile_resources(p, "resources");
    compile_resources(p, "resources_other");
    links_and_says(p, "", "", 0,
                   "blob: 14 bytes: r a w   b y t e s 01 00 03 02 00\n"
                   "other: 20 bytes: f r o m   t h e   s e c o n d   f i l e\n"
                   "named: 7 bytes: b y   n a m e\n"
                   "missing: not found\n"
                   "language 1031 of the string block\n"
                   "language 1033 of the string block\n"
                   "2 languages\n"
                   "hello from a string table\n"
                   "fc b\n"
                   "version feef04bd 00010002 00030004\n"
                   "dialog found\n");
}

static void the_same_resource_twice_is_an_error(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int start(void) { return 0; }", "");
    compile_resources(p, "resources");
    process_must_run(&p->scratch, p->folder, "cp resources.res again.res");
    program_add_input(p, "again.res");
    program_link_fails(p, "/ENTRY:start /SUBSYSTEM:CONSOLE", "duplicate resource");
    assert_contains(p->link.errors, "resources.res");
    assert_contains(p->link.errors, "again.res");
}

static void a_window_class(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, SOURCE("window.c"), NULL, COMPILATION);
    links_and_says(p, "/SUBSYSTEM:WINDOWS", "one two", 3,
                   "registered: 1\n"
                   "twice: 0\n"
                   "window: 1\n"
                   "answer: 42017\n"
                   "created 1, destroyed 1\n"
                   "arguments: one two\n");
    assert_int_equal(p->image->subsystem, 2);
}

// A DLL that wants the program's own address must move: every absolute address in it is then wrong but for its base
// relocations.
static void a_dll_is_moved(void **state)
{
    struct program *p = program(state);
    const char *base = p->platform == &platform_x64 ? "0x140000000" : "0x400000";
    program_begin_image(p, "moved.dll");
    program_compile_as(p, "moved.c",
                       "static int one(void) { return 1; }\n"
                       "static int two(void) { return 2; }\n"
                       "static int (*volatile table[])(void) = {one, two};\n"
                       "static int value = 39;\n"
                       "int *volatile pointer = &value;\n"
                       "__declspec(dllexport) int sum(void) { return table[0]() + table[1]() + *pointer; }\n",
                       "/O1");
    program_link(p, scratch_format(&p->scratch, "/DLL /NOENTRY /FUNCTIONPADMIN /IMPLIB:moved.lib /BASE:%s", base));
    assert_true(image_base_relocation_count(p->image) >= 3);

    program_begin_image(p, "program.exe");
    program_compile(p, "__declspec(dllimport) int sum(void); int main(void) { return sum(); }", "/O1");
    program_add_input(p, "moved.lib");
    program_link_with_run_time(p, scratch_format(&p->scratch, "/DYNAMICBASE:NO /BASE:%s", base));
    assert_int_equal(program_run(p, ""), 42);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_x64(printf_and_arguments),
        test_on_x86(printf_and_arguments),
        test_on_x64(thread_local_variables),
        test_on_x86(thread_local_variables),
        test_on_x64(thread_local_variables_of_a_dll),
        test_on_x86(thread_local_variables_of_a_dll),
        test_on_x64(constructors),
        test_on_x86(constructors),
        test_on_x64(structured_exceptions),
        test_on_x86(structured_exceptions),
        test_on_x86(safe_exception_handlers),
        test_on_x64(resources_read_back),
        test_on_x86(resources_read_back),
        test_on_x64(the_same_resource_twice_is_an_error),
        test_on_x86(the_same_resource_twice_is_an_error),
        test_on_x64(a_window_class),
        test_on_x86(a_window_class),
        test_on_x64(a_dll_is_moved),
        test_on_x86(a_dll_is_moved),
    };
    return cmocka_run_group_tests_name("programs for the MSVC ABI", tests, NULL, NULL);
}
