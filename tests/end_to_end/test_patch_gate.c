// The gate: a link in which an accepted function is not ready fails, says which and why, and leaves no image; the
// report is there all the same.
#include "tests/end_to_end/patch_report.h"

#include <string.h>

#define BASIC "/DLL /NOENTRY /OPT:NOREF /OPT:NOICF /FUNCTIONPADMIN "

// One function that is ready and one whose entry is a loop: nobody can say that it is.
static const char source[] = "int good(int a) { return a + 1; }\nvoid loops(volatile int *p) { while (!*p) ; }\n";

static void compile(struct program *p)
{
    program_compile(p, source, p->platform == &platform_x86 ? "/O1 /Gy /Z7 /hotpatch" : "/O1 /Gy");
    if (p->platform == &platform_x86) // compiled for hot patching, and yet in one section with another
        program_compile(p, "int first(int a) { return a; }\nint loops_too(int a) { return a + 3; }\n",
                        "/O1 /Gy- /Z7 /hotpatch");
}

static const char *unready(struct program *p)
{
    return p->platform == &platform_x86 ? "loops_too" : "loops";
}

static void a_ready_image_passes(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int good(int a) { return a + 1; }", "/O1 /Gy /Z7 /hotpatch");
    program_link(p, BASIC "/PATCHREADY");
    assert_contains(p->link.output, "1 of 1 functions are ready to be patched");
    assert_string_equal(p->link.errors, "");
}

static void an_unready_function_fails_the_link(void **state)
{
    struct program *p = program(state);
    compile(p);
    program_link_fails(p, BASIC "/PATCHREADY /PATCHREPORT:report.json", scratch_format(&p->scratch, "%s", unready(p)));
    assert_contains(p->link.errors, "error: function is not ready to be patched: ");
    assert_contains(p->link.errors, p->platform == &platform_x86 ? ">>> defined in 2.obj" : ">>> defined in 1.obj");
    assert_contains(p->link.errors, p->platform == &platform_x86 ? "not-separable" : "branch-to-entry");
    assert_contains(p->link.errors, "compile with /");
    assert_lacks(p->link.errors, "good");
    json_t *report = report_read(p, "report.json");
    assert_verdict(p, report, "good", "ready");
    assert_non_null(report_function(report, unready(p)));
    json_decref(report);
}

// What a failed link leaves: the image of the last good one, byte for byte.
static void the_previous_image_stays(void **state)
{
    struct program *p = program(state);
    size_t size_before, size_after;
    compile(p);
    program_link(p, BASIC);
    const uint8_t *before = folder_read_file(&p->scratch, p->image_path, &size_before);
    assert_int_equal(program_try_link(p, BASIC "/PATCHREADY /MERGE:.rdata=.data"), 1);
    const uint8_t *after = folder_read_file(&p->scratch, p->image_path, &size_after);
    assert_int_equal(size_before, size_after);
    assert_memory_equal(before, after, size_after);
}

static void warn_lets_it_pass(void **state)
{
    struct program *p = program(state);
    compile(p);
    program_link(p, BASIC "/PATCHREADY:WARN");
    assert_contains(p->link.errors, "warning: function is not ready to be patched: ");
    assert_contains(p->link.errors, unready(p));
}

static void exceptions_are_let_through(void **state)
{
    struct program *p = program(state);
    compile(p);
    program_write(p, "except.txt", scratch_format(&p->scratch, "# known loops\r\n\r\n  %s \r\n", unready(p)));
    program_link(p, BASIC "/PATCHREADY /PATCHREADYEXCEPT:@except.txt");
    assert_string_equal(p->link.errors, "");
    program_write(p, "more.txt", scratch_format(&p->scratch, "%s\ngone\n", unready(p)));
    program_link(p, BASIC "/PATCHREADY /PATCHREADYEXCEPT:@more.txt");
    assert_contains(p->link.errors, "warning: /patchreadyexcept: the image has no function gone");
    program_link_fails(p, BASIC "/PATCHREADY /PATCHREADYEXCEPT:@missing.txt", "missing.txt");
}

// Objects that were not accepted are not the gate's business, but an image with nothing else has earned nothing.
static void what_is_not_accepted_does_not_count(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int cold(int a) { return a + 1; }", "/O1 /Gy /Z7");
    program_link_fails(p, BASIC "/PATCHREADY", "none of the image's 1 functions was compiled for hot patching");
    program_compile(p, "int warm(int a) { return a + 1; }", "/O1 /Gy /Z7 /hotpatch");
    program_link(p, BASIC "/PATCHREADY");
    assert_contains(p->link.output, "1 of 2 functions are ready to be patched; of 1 accepted ones, 1");
    assert_contains(p->link.output, "not-accepted, as _cold in 1.obj");
}

// /PATCHREADY without /FUNCTIONPADMIN can't be met, and says what is missing.
static void pads_have_to_be_asked_for(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int good(int a) { return a + 1; }", "/O1 /Gy /Z7 /hotpatch");
    program_link_fails(p, "/DLL /NOENTRY /OPT:NOREF /PATCHREADY",
                       "link with /FUNCTIONPADMIN: the pad was not asked for");
}

static void the_bit_is_earned(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int good(int a) { return a + 1; }", "/O1 /Gy /Z7 /hotpatch");
    program_link(p, BASIC "/HOTPATCHCOMPATIBLE");
    const char *seen = read_back_with(&p->scratch, p->folder, "llvm-readobj-19 --coff-debug-directory program.dll");
    assert_contains(seen, "Type: ExtendedDLLCharacteristics (0x14)");
    assert_contains(seen, "ExtendedCharacteristics [ (0x80)");
    assert_string_equal(p->link.errors, "");
    program_link(p, BASIC);
    assert_lacks(read_back_with(&p->scratch, p->folder, "llvm-readobj-19 --coff-debug-directory program.dll"),
                 "(0x80)");
    program_begin_image(p, "unearned.dll");
    compile(p);
    program_link_fails(p, BASIC "/HOTPATCHCOMPATIBLE", unready(p));
    program_link_fails(p, BASIC "/HOTPATCHCOMPATIBLE /PATCHREADY:WARN", unready(p));
}

// Each one is named, up to the limit of all errors.
static void many_are_named_up_to_the_limit(void **state)
{
    struct program *p = program(state);
    char *text = scratch_format(&p->scratch, "int f0(int a) { return a; }\n");
    for (int i = 1; i < 40; i++)
        text = scratch_format(&p->scratch, "%sint f%d(int a) { return a + %d; }\n", text, i, i);
    program_compile(p, text, "/O1 /Gy- /Z7 /hotpatch");
    program_link_fails(p, BASIC "/PATCHREADY", "too many errors");
    program_link_fails(p, BASIC "/PATCHREADY /ERRORLIMIT:0", "f39");
    size_t named = 0;
    for (const char *at = p->link.errors; (at = strstr(at, "function is not ready")) != NULL; at++)
        named++;
    assert_int_equal(named, 39);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_x64(a_ready_image_passes),
        test_on_x86(a_ready_image_passes),
        test_on_arm64(a_ready_image_passes),
        test_on_arm(a_ready_image_passes),
        test_on_x64(an_unready_function_fails_the_link),
        test_on_x86(an_unready_function_fails_the_link),
        test_on_arm64(an_unready_function_fails_the_link),
        test_on_arm(an_unready_function_fails_the_link),
        test_on_x64(the_previous_image_stays),
        test_on_x64(warn_lets_it_pass),
        test_on_x86(warn_lets_it_pass),
        test_on_x64(exceptions_are_let_through),
        test_on_x86(exceptions_are_let_through),
        test_on_x86(what_is_not_accepted_does_not_count),
        test_on_x64(pads_have_to_be_asked_for),
        test_on_x64(the_bit_is_earned),
        test_on_arm64(the_bit_is_earned),
        test_on_x64(many_are_named_up_to_the_limit),
    };
    return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
