// What /VERBOSE tells: why a member came in, what nobody reaches, what was folded. The words are link.exe's ("/VERBOSE"
// and its output in Microsoft's documentation of /OPT and of LNK2005).

#include <string.h>

#include "tests/support/program.h"

#define START "/ENTRY:start /SUBSYSTEM:CONSOLE /OPT:REF /OPT:ICF"

// A program that needs one of two members of one of two libraries, has a function that nobody calls and two that are
// alike.
static void make_program(struct program *p)
{
    program_compile_as(p, "needed.c", "int needed(void) { return 7; }", "");
    program_compile_as(p, "other.c", "int other(void) { return 8; }", "");
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:used.lib needed.obj other.obj");
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:unused.lib other.obj");
    p->inputs.count = 0;
    program_compile_as(p, "main.c",
                       "int needed(void);\n"
                       "__declspec(noinline) int twice(int a) { return a * 2; }\n"
                       "__declspec(noinline) int doubled(int a) { return a * 2; }\n"
                       "int nobody(void) { return 9; }\n"
                       "int start(void) { int a = needed(); return twice(a) + doubled(a); }\n",
                       "/O1 /Gy");
    program_add_input(p, "used.lib");
    program_add_input(p, "unused.lib");
}

#define MEMBER "      Found needed\n        Referenced in main.obj\n        Loaded used.lib(needed.obj)\n"
#define UNUSED "Unused libraries:\n  unused.lib\n"
#define DEAD   "      Discarded nobody from main.obj\n"
#define FOLDED                                                                                                         \
    "    Selected symbol:\n        twice from main.obj\n    Replaced symbol(s):\n        doubled from main.obj\n"

static void everything_in_its_order(void **state)
{
    struct program *p = program(state);
    make_program(p);
    program_link(p, START " /VERBOSE /THREADS:1");
    assert_same_text(p->link.output, MEMBER UNUSED DEAD FOLDED);
    program_link(p, START " /VERBOSE /THREADS:4");
    assert_same_text(p->link.output, MEMBER UNUSED DEAD FOLDED);
    assert_int_equal(program_run(p, ""), 28);
}

static void one_topic_alone(void **state)
{
    struct program *p = program(state);
    make_program(p);
    program_link(p, START " /VERBOSE:LIB");
    assert_same_text(p->link.output, MEMBER);
    program_link(p, START " /verbose:unusedlibs");
    assert_same_text(p->link.output, UNUSED);
    program_link(p, START " /VERBOSE:REF");
    assert_same_text(p->link.output, DEAD);
    program_link(p, START " /VERBOSE:ICF");
    assert_same_text(p->link.output, FOLDED);
    program_link(p, START " /VERBOSE:SAFESEH"); // known, and nothing to tell
    assert_same_text(p->link.output, "");
    program_link(p, START);
    assert_same_text(p->link.output, "");
    program_link_fails(p, START " /VERBOSE:EVERYTHING", "/verbose: invalid argument: EVERYTHING");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_x64(everything_in_its_order),
        test_on_x64(one_topic_alone),
    };
    return cmocka_run_group_tests_name("verbose", tests, NULL, NULL);
}
