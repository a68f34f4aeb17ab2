// mylink built without OpenMP, zlib and libxml2: it links the same bytes on one thread, and says what it lacks when
// that is asked for.

#include "tests/support/program.h"

#include <stdlib.h>

static void compile_program(struct program *p)
{
    program_compile(p,
                    "__declspec(noinline) int twice(int a) { return a * 2; }\n"
                    "__declspec(noinline) int also_twice(int a) { return a * 2; }\n"
                    "int zeroed[1000];\nint three(int);\n"
                    "int start(void) { return twice(3) + also_twice(1) + three(zeroed[5]); }\n",
                    "/O1 /Gy /hotpatch /Z7");
    program_compile_as(p, "three.c", "int three(int a) { return a + 3; }", "/O1 /Gy /hotpatch /Z7");
}

static const char options[] = "/ENTRY:start /SUBSYSTEM:CONSOLE /FUNCTIONPADMIN /MAP:out.map /PATCHREPORT:report.json";

static void the_bytes_are_the_same(void **state)
{
    struct program *p = program(state);
    compile_program(p);
    program_link(p, options);
    process_must_run(&p->scratch, p->folder, "sh -c \"mkdir kept; mv program.exe out.map report.json kept\"");
    setenv("MYLINK", BARE_MYLINK, 1);
    program_link(p, options);
    unsetenv("MYLINK");
    process_must_run(
        &p->scratch, p->folder,
        "sh -c \"cmp program.exe kept/program.exe; cmp out.map kept/out.map; cmp report.json kept/report.json\"");
    assert_int_equal(program_run(p, ""), 11);
}

static void what_it_lacks_it_says(void **state)
{
    struct program *p = program(state);
    compile_program(p);
    program_write(p, "more.manifest",
                  "<assembly xmlns=\"urn:schemas-microsoft-com:asm.v1\" manifestVersion=\"1.0\"></assembly>\n");
    setenv("MYLINK", BARE_MYLINK, 1);
    program_link_fails(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /PATCHREPORT:report.json.gz", "without zlib");
    program_link_fails(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /MANIFEST:EMBED /MANIFESTINPUT:more.manifest", "libxml2");
    // A pack is made beside the image, not before it.
    assert_int_equal(program_try_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /REPRODUCE:pack.tar.gz"), 1);
    unsetenv("MYLINK");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_x64(the_bytes_are_the_same),
        test_on_x86(the_bytes_are_the_same),
        test_on_x64(what_it_lacks_it_says),
    };
    return cmocka_run_group_tests_name("without_options", tests, NULL, NULL);
}
