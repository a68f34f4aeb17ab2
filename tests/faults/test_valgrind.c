// Representative links under valgrind: no byte is read that nobody wrote, none outside of what was allocated.
// Sanitizers find more, but need a build of their own; this is the program that users have.
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/support/program.h"

// From here on the harness calls the linker through valgrind, which gives it a status of its own when it finds
// something.
static void link_under_valgrind(struct program *p)
{
    const char *wrapper = program_path(p, "mylink");
    program_write(p, "mylink",
                  "#!/bin/sh\nexec valgrind --quiet --error-exitcode=99 --leak-check=no " MYLINK_PATH
                  " /THREADS:2 \"$@\"\n");
    assert_int_equal(chmod(wrapper, 0755), 0);
    setenv("MYLINK", wrapper, 1);
}

static void a_program_with_a_run_time(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "#include <stdio.h>\nint n = 6; int g(int); int main(void) { printf(\"%d\", "
                    "g(n)); return 0; }",
                    "/hotpatch /Gy");
    program_compile(p, "int f(int a) { return a + 1; } int twin(int a) { return a + 1; } int g(int a) { return f(a); }",
                    "/hotpatch /Gy");
    link_under_valgrind(p);
    program_link_with_run_time(
        p, "/OPT:REF,ICF /MAP:a.map /DEBUG:SYMTAB /FUNCTIONPADMIN /PATCHREPORT:a.json.gz /GUARD:CF");
    assert_same_text(program_output(p, NULL), "7");
    unsetenv("MYLINK");
}

static void a_dll_with_its_import_library(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int f(int a) { return a + 1; }", "");
    link_under_valgrind(p);
    program_link(p, "/DLL /NOENTRY /EXPORT:f /IMPLIB:f.lib /MANIFEST:EMBED");
    assert_int_equal(program_call(p, "f", 6), 7);
    unsetenv("MYLINK");
}

static void what_is_not_there(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int missing(void); int f(int a) { return missing(); }", "");
    link_under_valgrind(p);
    program_link_fails(p, "/DLL /NOENTRY /EXPORT:f nowhere.obj", "could not open 'nowhere.obj'");
    program_link_fails(p, "/DLL /NOENTRY /EXPORT:f", "undefined symbol: missing");
    unsetenv("MYLINK");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_x64(a_program_with_a_run_time),     test_on_x86(a_program_with_a_run_time),
        test_on_arm64(a_program_with_a_run_time),   test_on_x64(a_dll_with_its_import_library),
        test_on_x86(a_dll_with_its_import_library), test_on_x64(what_is_not_there),
    };
    return cmocka_run_group_tests_name("valgrind", tests, NULL, NULL);
}
