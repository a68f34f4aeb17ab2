// Inputs are told apart by their content, whatever they are called; and the many ways to say which: response files, the
// environment, module-definition files.

#include <stdio.h>
#include <string.h>

#include "tests/support/program.h"

#define START "/ENTRY:start /SUBSYSTEM:CONSOLE"

static void rename_file(struct program *p, const char *from, const char *to)
{
    process_must_run(&p->scratch, p->folder, "mv %s %s", from, to);
}

static void names_of_files_mean_nothing(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int value(void); int start(void) { return value(); }", "");
    program_compile(p, "int value(void) { return 42; }", "");
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:value.lib 2.obj");
    rename_file(p, "1.obj", "object.lib");
    rename_file(p, "value.lib", "library.obj");
    program_begin_image(p, "program.exe");
    program_add_input(p, "object.lib");
    program_add_input(p, "library.obj");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 42);
    rename_file(p, "object.lib", "object.res");
    rename_file(p, "library.obj", "library.def.txt");
    program_begin_image(p, "program.exe");
    program_add_input(p, "object.res");
    program_add_input(p, "library.def.txt");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 42);
}

// What a file is not, a message says in words that help.
static void what_can_not_be_linked_is_refused_by_name(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int value(void) { return 42; }", "");
    program_link(p, "/DLL /NOENTRY /EXPORT:value");
    program_begin_image(p, "program.exe");
    program_compile(p, "int start(void) { return 0; }", "");
    program_add_input(p, "program.dll");
    program_compile(p, "int bits(void) { return 1; }", "-flto");
    program_write(p, "text.obj", "int main(void) { return 0; }\n");
    program_add_input(p, "text.obj");
    program_write(p, "empty.obj", "");
    program_add_input(p, "empty.obj");
    program_link_fails(p, START, "program.dll: bad file type. Did you specify a DLL instead of an import library?");
    assert_contains(p->link.errors, "3.obj: LLVM bitcode");
    assert_contains(p->link.errors, "text.obj: unknown file type");
    assert_contains(p->link.errors, "empty.obj: file is empty");
}

// --- bigobj ---

static void a_bigobj_is_an_object(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "extern int number; int value(int); static int twice(int n) { return 2 * n; }\n"
                    "int start(void) { int (*volatile f)(int) = twice; return f(value(number)); }",
                    "-Wa,-mbig-obj");
    program_compile(p, "int number = 20; int value(int n) { return n + 1; }", "");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 42);
    // In a library, too, and with C++'s COMDATs.
    program_compile_as(
        p, "big.cpp",
        "template <class T> T add(T n) { return n + 1; } inline int two() { static int n = 2; return n; }\n"
        "int big() { return add(two()) + add('A'); }",
        "-Wa,-mbig-obj /Zc:threadSafeInit-");
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:big.lib big.obj");
    program_begin_image(p, "program.exe");
    program_compile_as(p, "use.cpp",
                       "int big(); template <class T> T add(T n) { return n + 1; } extern \"C\" int start() { return "
                       "big() + add(1); }",
                       "");
    program_add_input(p, "big.lib");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 3 + 66 + 2);
}

// More sections than an ordinary object can have.
static void a_bigobj_has_more_than_65279_sections(void **state)
{
    struct program *p = program(state);
    enum { COUNT = 66000 };
    char *source = scratch_allocate(&p->scratch, COUNT * 64 + 1024), *at = source;
    at += sprintf(at, ".globl start\nstart:\n movl last(%%rip), %%eax\n ret\n");
    for (int i = 0; i < COUNT; i++)
        at += sprintf(at, ".section .data$%d,\"dw\"\n%s.long %d\n", i, i == COUNT - 1 ? "last: " : "",
                      i == COUNT - 1 ? 42 : i);
    program_compile_as(p, "big.s", source, "-Wa,-mbig-obj");
    program_link(p, START);
    assert_int_equal(image_section(p->image, ".data")->virtual_size, 4 * COUNT);
    assert_int_equal(program_run(p, ""), 42);
}

// --- response files ---

static void response_files_hold_arguments(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int value(void); int start(void) { return value(); }", "");
    program_compile_as(p, "with blank.c", "int value(void) { return 42; }", "");
    program_begin_image(p, "program.exe");
    program_write(p, "outer.rsp", "/ENTRY:start\n@inner.rsp\r\n\t1.obj");
    program_write(p, "inner.rsp", "\"with blank.obj\" /SUBSYSTEM:\"CONSOLE\"");
    program_add_input(p, "@outer.rsp");
    program_link(p, "");
    assert_int_equal(program_run(p, ""), 42);
}

static void write_utf16(struct program *p, const char *name, const char *text, bool big_endian)
{
    size_t size = strlen(text);
    uint8_t *wide = scratch_allocate(&p->scratch, 2 * size + 2);
    wide[big_endian ? 0 : 1] = 0xfe;
    wide[big_endian ? 1 : 0] = 0xff;
    for (size_t i = 0; i < size; i++) {
        wide[2 * i + 2 + !big_endian] = 0;
        wide[2 * i + 2 + big_endian] = (uint8_t)text[i];
    }
    folder_write_file(program_path(p, name), wide, 2 * size + 2);
}

// As Visual Studio and its build tools write them.
static void response_files_may_be_unicode(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int start(void) { return 42; }", "");
    write_utf16(p, "little.rsp", START " 1.obj\r\n", false);
    write_utf16(p, "big.rsp", START " 1.obj\r\n", true);
    program_write(p, "utf8.rsp", "\xef\xbb\xbf" START " 1.obj\n");
    static const char *const names[] = {"@little.rsp", "@big.rsp", "@utf8.rsp"};
    for (size_t i = 0; i < 3; i++) {
        program_begin_image(p, "program.exe");
        program_add_input(p, names[i]);
        program_link(p, "");
        assert_int_equal(program_run(p, ""), 42);
    }
}

// Windows' rules: backslashes are themselves unless they stand before a quote.
static void quotes_are_split_as_windows_does(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "quote\".c", "int value(void) { return 42; }", "");
    program_compile_as(p, "back\\slash.c", "int value(void); int start(void) { return value(); }", "");
    program_begin_image(p, "program.exe");
    program_write(p, "q.rsp", START " \"quote\\\".obj\" back\\slash.obj");
    program_add_input(p, "@q.rsp");
    program_link(p, "");
    assert_int_equal(program_run(p, ""), 42);
}

static void a_response_file_that_is_not_there_is_an_error(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int start(void) { return 42; }", "");
    program_add_input(p, "@nowhere.rsp");
    program_link_fails(p, START, "nowhere.rsp");
    program_write(p, "circle.rsp", "@circle.rsp");
    p->inputs.items[1] = "@circle.rsp";
    program_link_fails(p, START, "circle.rsp");
}

// --- the environment ---

static void link_stands_before_the_command_line_and_link_behind_it(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int first(void) { return 1; } int second(void) { return 2; } int third(void) { return 3; }",
                    "");
    arguments_add(&p->scratch, &p->environment, "LINK=/ENTRY:first /SUBSYSTEM:CONSOLE");
    program_link(p, "");
    assert_int_equal(program_run(p, ""), 1);
    program_link(p, "/ENTRY:second");
    assert_int_equal(program_run(p, ""), 2);
    arguments_add(&p->scratch, &p->environment, "_LINK_=/ENTRY:third");
    program_link(p, "/ENTRY:second");
    assert_int_equal(program_run(p, ""), 3);
    program_link(p, START " /ENTRY:second /LLDIGNOREENV");
    assert_int_equal(program_run(p, ""), 2);
}

// --- arguments ---

// A path that begins with a slash looks like an option; a file that is there is a file.
static void an_absolute_path_is_a_file(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int start(void) { return 42; }", "");
    p->inputs.items[0] = program_path(p, "1.obj");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 42);
}

static void options_are_written_with_a_slash_or_a_dash_in_any_case(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int start(void) { return 42; }", "");
    program_link(p, "-entry:start /SubSystem:Console -OPT:NoRef");
    assert_int_equal(program_run(p, ""), 42);
}

static void an_unknown_option_is_a_warning(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int start(void) { return 42; }", "");
    program_link(p, START " /NOSUCHOPTION:3");
    assert_contains(p->link.errors, "warning: ");
    assert_contains(p->link.errors, "/NOSUCHOPTION:3");
    assert_contains(p->link.errors, "[LNK4044]");
}

static void an_image_is_named_after_the_first_input(void **state)
{
    struct program *p = program(state);
    process_must_run(&p->scratch, p->folder, "mkdir objects");
    program_compile_as(p, "objects/tool.c", "int start(void) { return 42; }", "");
    process_must_run(&p->scratch, p->folder, "mv tool.obj objects/tool.two.obj");
    assert_int_equal(program_try_link_only(p, START " objects/tool.two.obj"), 0);
    assert_true(path_exists(program_path(p, "tool.two.exe")));
    assert_int_equal(program_try_link_only(p, "/DLL /NOENTRY objects/tool.two.obj"), 0);
    assert_true(path_exists(program_path(p, "tool.two.dll")));
}

static void nothing_to_link_is_an_error(void **state)
{
    struct program *p = program(state);
    assert_int_equal(program_try_link_only(p, "/OUT:program.exe"), 1);
    assert_contains(p->link.errors, "error: no input files");
    assert_false(path_exists(program_path(p, "program.exe")));
}

// --- module-definition files ---

static void a_definition_file_describes_the_image(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int twice(int n) { return 2 * n; } int thrice(int n) { return 3 * n; } int shared = 1;", "");
    program_write(p, "twice.def",
                  "; comment\nLIBRARY \"two times\" BASE=0x6f000000\nEXPORTS\n  twice\n  three=thrice @7\n"
                  "STACKSIZE 0x30000,0x3000\nHEAPSIZE 0x50000\nVERSION 3.14\nSECTIONS\n  .data READ WRITE SHARED\n");
    program_link(p, "/DLL /NOENTRY /DEF:twice.def");
    assert_string_equal(image_export_dll_name(p->image), "two times.dll");
    assert_int_equal(p->image->base, 0x6f000000);
    assert_int_equal(image_export_ordinal(p->image, "three"), 7);
    assert_int_equal(p->image->stack_reserve, 0x30000);
    assert_int_equal(p->image->stack_commit, 0x3000);
    assert_int_equal(p->image->heap_reserve, 0x50000);
    assert_memory_equal(p->image->file + p->image->optional_header + 44, "\x03\0\x0e\0", 4);
    assert_true(image_section(p->image, ".data")->characteristics & 0x10000000); // shared
    assert_int_equal((int)program_call(p, "three", 5), 15);
}

// NAME and LIBRARY give the image its name where /OUT does not; neither makes a DLL of it.
static void a_definition_file_names_the_image(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int start(void) { return 42; } int twice(int n) { return 2 * n; }", "");
    program_write(p, "a.def", "NAME tool\n");
    assert_int_equal(program_try_link_only(p, START " /DEF:a.def 1.obj"), 0);
    assert_true(path_exists(program_path(p, "tool.exe")));
    program_write(p, "b.def", "LIBRARY tool.ocx\nEXPORTS twice\n");
    assert_int_equal(program_try_link_only(p, "/DLL /NOENTRY /DEF:b.def 1.obj"), 0);
    assert_true(path_exists(program_path(p, "tool.ocx")));
    p->image_path = program_path(p, "tool.ocx");
    assert_string_equal(image_export_dll_name(image_read(&p->scratch, p->image_path)), "tool.ocx");
    assert_int_equal((int)program_call(p, "twice", 5), 10);
    program_write(p, "c.def", "LIBRARY alone\n");
    assert_int_equal(program_try_link_only(p, START " /DEF:c.def 1.obj"), 0);
    assert_int_equal(image_read(&p->scratch, program_path(p, "alone.exe"))->characteristics & 0x2000, 0);
}

#define TESTS_ON(f) test_on_x64(f), test_on_x86(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_x64(names_of_files_mean_nothing),
        test_on_x64(what_can_not_be_linked_is_refused_by_name),
        TESTS_ON(a_bigobj_is_an_object),
        test_on_x64(a_bigobj_has_more_than_65279_sections),
        test_on_x64(response_files_hold_arguments),
        test_on_x64(response_files_may_be_unicode),
        test_on_x64(quotes_are_split_as_windows_does),
        test_on_x64(a_response_file_that_is_not_there_is_an_error),
        test_on_x64(link_stands_before_the_command_line_and_link_behind_it),
        test_on_x64(an_absolute_path_is_a_file),
        test_on_x64(options_are_written_with_a_slash_or_a_dash_in_any_case),
        test_on_x64(an_unknown_option_is_a_warning),
        test_on_x64(an_image_is_named_after_the_first_input),
        test_on_x64(nothing_to_link_is_an_error),
        TESTS_ON(a_definition_file_describes_the_image),
        TESTS_ON(a_definition_file_names_the_image),
    };
    return cmocka_run_group_tests_name("inputs", tests, NULL, NULL);
}
