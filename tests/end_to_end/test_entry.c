// Where an image starts and what it runs under, when the command line leaves it open: link.exe tells both by the
// program's own main function ("/ENTRY", "/SUBSYSTEM"). The start-up functions here are the tests' own; each returns a
// number of its own.

#include "tests/support/program.h"

enum { SUBSYSTEM_NATIVE = 1, SUBSYSTEM_WINDOWS = 2, SUBSYSTEM_CONSOLE = 3 };

// What a C run-time library has, each in a member of its own.
static void add_start_up_library(struct program *p)
{
    static const struct {
        const char *name, *source;
    } members[] = {
        {"console.c", "int main(void); int mainCRTStartup(void) { return 10 + main(); }"},
        {"wide_console.c", "int wmain(void); int wmainCRTStartup(void) { return 20 + wmain(); }"},
        {"window.c", "int __stdcall WinMain(void *, void *, char *, int);\n"
                     "int WinMainCRTStartup(void) { return 30 + WinMain(0, 0, 0, 0); }"},
        {"wide_window.c", "int __stdcall wWinMain(void *, void *, char *, int);\n"
                          "int wWinMainCRTStartup(void) { return 40 + wWinMain(0, 0, 0, 0); }"},
        {"library.c", "int __stdcall DllMain(void *, unsigned, void *);\n"
                      "int __stdcall _DllMainCRTStartup(void *a, unsigned b, void *c) { return DllMain(a, b, c); }"},
        {"default.c", "int __stdcall DllMain(void *a, unsigned b, void *c) { return 1; }"},
    };
    size_t count = p->inputs.count;
    const char *line = "llvm-lib-19 /out:start_up.lib";
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        line = scratch_format(&p->scratch, "%s %s", line,
                              program_compile_as(p, members[i].name, members[i].source, "/O1"));
    p->inputs.count = count;
    process_must_run(&p->scratch, p->folder, "%s", line);
    program_add_input(p, "start_up.lib");
}

static void check_start(struct program *p, const char *source, int subsystem, int status)
{
    program_begin_image(p, "program.exe");
    program_compile(p, source, "/O1");
    add_start_up_library(p);
    program_link(p, "");
    assert_int_equal(p->image->subsystem, subsystem);
    assert_int_equal(program_run(p, ""), status);
}

static void main_makes_a_console_program(void **state)
{
    check_start(program(state), "int main(void) { return 1; }", SUBSYSTEM_CONSOLE, 11);
}

static void wmain_starts_in_its_own_function(void **state)
{
    check_start(program(state), "int wmain(void) { return 2; }", SUBSYSTEM_CONSOLE, 22);
}

static void win_main_makes_a_windows_program(void **state)
{
    check_start(program(state), "int __stdcall WinMain(void *a, void *b, char *c, int d) { return 3; }",
                SUBSYSTEM_WINDOWS, 33);
}

static void w_win_main_starts_in_its_own_function(void **state)
{
    check_start(program(state), "int __stdcall wWinMain(void *a, void *b, void *c, int d) { return 4; }",
                SUBSYSTEM_WINDOWS, 44);
}

static void a_main_function_may_be_in_a_library(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "main.c", "int main(void) { return 5; }", "");
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:main.lib main.obj");
    program_begin_image(p, "program.exe");
    program_compile(p, "int unrelated;", "");
    program_add_input(p, "main.lib");
    add_start_up_library(p);
    program_link(p, "");
    assert_int_equal(p->image->subsystem, SUBSYSTEM_CONSOLE);
    assert_int_equal(program_run(p, ""), 15);
}

static void of_two_main_functions_the_consoles_is_taken(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "int main(void) { return 1; }\n"
                    "int __stdcall WinMain(void *a, void *b, char *c, int d) { return 3; }",
                    "");
    add_start_up_library(p);
    program_link(p, "");
    assert_contains(p->link.errors, "warning: found main and WinMain; defaulting to /subsystem:console");
    assert_int_equal(program_run(p, ""), 11);
    program_link(p, "/SUBSYSTEM:WINDOWS");
    assert_same_text(p->link.errors, "");
    assert_int_equal(program_run(p, ""), 33);
}

static void a_dll_starts_in_its_own_function(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int twice(int n) { return 2 * n; }", "");
    add_start_up_library(p);
    program_link(p, "/DLL /EXPORT:twice /DEBUG:SYMTAB");
    assert_int_equal(p->image->subsystem, SUBSYSTEM_WINDOWS);
    const char *name = p->platform == &platform_x86 ? "__DllMainCRTStartup@12" : "_DllMainCRTStartup";
    assert_int_equal(p->image->entry_rva, image_symbol_rva(p->image, name));
    assert_int_equal((int)program_call(p, "twice", 4), 8);
}

static void a_dll_may_have_no_entry(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int twice(int n) { return 2 * n; }", "");
    program_link(p, "/DLL /NOENTRY /EXPORT:twice");
    assert_int_equal(p->image->entry_rva, 0);
    assert_int_equal((int)program_call(p, "twice", 4), 8);
    program_link_fails(p, "/NOENTRY /SUBSYSTEM:CONSOLE", "/noentry must be specified with /dll");
}

static void a_driver_is_native(void **state)
{
    struct program *p = program(state);
    program_compile(p, "long __stdcall DriverEntry(void *a, void *b) { return 0; }", "");
    program_link(p, "/DRIVER /ENTRY:DriverEntry /DEBUG:SYMTAB");
    assert_int_equal(p->image->subsystem, SUBSYSTEM_NATIVE);
    const char *name = p->platform == &platform_x86 ? "_DriverEntry@8" : "DriverEntry";
    assert_int_equal(p->image->entry_rva, image_symbol_rva(p->image, name));
}

static void an_entry_is_named_as_the_programmer_does(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int __stdcall begin(void *peb) { return 5; }", "");
    program_link(p, "/ENTRY:begin /SUBSYSTEM:CONSOLE");
    assert_int_equal(program_run(p, ""), 5);
    program_begin_image(p, "program.exe");
    program_compile(p, "int __fastcall begin(void *peb) { return 6; }", "");
    program_link(p, "/ENTRY:begin /SUBSYSTEM:CONSOLE");
    assert_int_equal(program_run(p, ""), 6);
    program_begin_image(p, "program.exe");
    program_compile_as(p, "begin.cpp", "int begin() { return 7; }", "");
    program_link(p, "/ENTRY:begin /SUBSYSTEM:CONSOLE");
    assert_int_equal(program_run(p, ""), 7);
    program_link(p, "/ENTRY:?begin@@YAHXZ /SUBSYSTEM:CONSOLE");
    assert_int_equal(program_run(p, ""), 7);
}

// Of two overloads neither is what a plain name means.
static void an_overloaded_entry_is_none(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "begin.cpp", "int begin() { return 7; } int begin(int) { return 8; }", "");
    program_link_fails(p, "/ENTRY:begin /SUBSYSTEM:CONSOLE", "undefined symbol: ");
}

static void an_entry_may_be_in_a_library_in_any_form(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "begin.c", "int __stdcall begin(void *peb) { return 9; }", "");
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:begin.lib begin.obj");
    program_begin_image(p, "program.exe");
    program_compile(p, "int unrelated;", "");
    program_add_input(p, "begin.lib");
    program_link(p, "/ENTRY:begin /SUBSYSTEM:CONSOLE");
    assert_int_equal(program_run(p, ""), 9);
}

static void objects_say_entry_and_subsystem(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "#pragma comment(linker, \"/entry:begin /subsystem:console\")\n"
                    "int begin(void) { return 5; } int other(void) { return 6; }",
                    "");
    program_link(p, "");
    assert_int_equal(p->image->subsystem, SUBSYSTEM_CONSOLE);
    assert_int_equal(program_run(p, ""), 5);
    // The command line has the last word.
    program_link(p, "/ENTRY:other /SUBSYSTEM:WINDOWS");
    assert_int_equal(p->image->subsystem, SUBSYSTEM_WINDOWS);
    assert_int_equal(program_run(p, ""), 6);
}

static void without_any_of_them_the_subsystem_is_asked_for(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int start(void) { return 0; }", "");
    program_link_fails(p, "", "error: subsystem must be defined");
    assert_contains(p->link.errors, "[LNK1221]");
    program_link_fails(p, "/ENTRY:start", "error: subsystem must be defined");
    program_link_fails(p, "/SUBSYSTEM:CONSOLE", "undefined symbol: ");
    assert_contains(p->link.errors, "mainCRTStartup");
    program_link(p, "/MINGW /ENTRY:start"); // as GNU ld has it
    assert_int_equal(p->image->subsystem, SUBSYSTEM_CONSOLE);
}

static void an_efi_application_has_no_entry_by_default(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int efi_main(void) { return 0; }", "");
    program_link_fails(p, "/SUBSYSTEM:EFI_APPLICATION", "error: entry point must be defined [LNK1561]");
    program_link(p, "/SUBSYSTEM:EFI_APPLICATION /ENTRY:efi_main");
    assert_int_equal(p->image->subsystem, 10);
}

#define TESTS_ON(f) test_on_x64(f), test_on_x86(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTS_ON(main_makes_a_console_program),
        TESTS_ON(wmain_starts_in_its_own_function),
        TESTS_ON(win_main_makes_a_windows_program),
        TESTS_ON(w_win_main_starts_in_its_own_function),
        test_on_x64(a_main_function_may_be_in_a_library),
        TESTS_ON(of_two_main_functions_the_consoles_is_taken),
        TESTS_ON(a_dll_starts_in_its_own_function),
        TESTS_ON(a_dll_may_have_no_entry),
        TESTS_ON(a_driver_is_native),
        TESTS_ON(an_entry_is_named_as_the_programmer_does),
        test_on_x64(an_overloaded_entry_is_none),
        TESTS_ON(an_entry_may_be_in_a_library_in_any_form),
        TESTS_ON(objects_say_entry_and_subsystem),
        test_on_x64(without_any_of_them_the_subsystem_is_asked_for),
        test_on_x64(an_efi_application_has_no_entry_by_default),
    };
    return cmocka_run_group_tests_name("entry points", tests, NULL, NULL);
}
