// Which libraries are searched and where they are looked for: the command line, /LIBPATH, LIB, /DEFAULTLIB,
// /NODEFAULTLIB and the directives that objects carry (link.exe, "/DEFAULTLIB", "/NODEFAULTLIB", "/LIBPATH", "LIB
// environment variable").

#include <string.h>

#include "tests/support/program.h"

#define START "/ENTRY:start /SUBSYSTEM:CONSOLE"

// A library with one function `name` that returns `number`.
static void library(struct program *p, const char *path, const char *name, int number)
{
    size_t count = p->inputs.count;
    const char *source = scratch_format(&p->scratch, "int %s(void) { return %d; }", name, number);
    const char *object = program_compile_as(p, scratch_format(&p->scratch, "%s%d.c", name, number), source, "");
    p->inputs.count = count;
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:%s %s", path, object);
}

static void folder(struct program *p, const char *name)
{
    process_must_run(&p->scratch, p->folder, "mkdir -p \"%s\"", name);
}

static void check(struct program *p, const char *options, int status)
{
    program_link(p, scratch_format(&p->scratch, START " %s", options));
    assert_int_equal(program_run(p, ""), status);
}

static const char asks_for_value[] = "int value(void); int start(void) { return value(); }";

static void a_library_is_looked_for_in_three_places(void **state)
{
    struct program *p = program(state);
    program_compile(p, asks_for_value, "");
    folder(p, "path");
    folder(p, "other path");
    folder(p, "lib");
    folder(p, "last");
    library(p, "last/v.lib", "value", 4);
    program_add_input(p, "v.lib");
    arguments_add(&p->scratch, &p->environment, "LIB=lib;nowhere;last;");
    check(p, "/LIBPATH:path", 4);
    library(p, "lib/v.lib", "value", 3);
    check(p, "/LIBPATH:path", 3); // LIB, in its order
    library(p, "path/v.lib", "value", 2);
    check(p, "/LIBPATH:path", 2); // /LIBPATH comes before LIB
    check(p, "\"/LIBPATH:other path\" /LIBPATH:path", 2);
    library(p, "\"other path/v.lib\"", "value", 5);
    check(p, "\"/LIBPATH:other path\" /LIBPATH:path", 5); // in its order
    library(p, "v.lib", "value", 1);
    check(p, "/LIBPATH:path", 1); // the current folder comes first
    // A path is a path: it is looked for nowhere else.
    p->inputs.items[1] = "./path/v.lib";
    check(p, "/LIBPATH:lib", 2);
}

// As with setargv.obj and its like, which lie beside the C library.
static void objects_are_looked_for_there_too(void **state)
{
    struct program *p = program(state);
    program_compile(p, asks_for_value, "");
    folder(p, "lib");
    program_compile_as(p, "value.c", "int value(void) { return 6; }", "");
    process_must_run(&p->scratch, p->folder, "mv value.obj lib");
    check(p, "/LIBPATH:lib", 6);
    p->inputs.items[1] = "value"; // .obj is what a name without an extension has
    check(p, "/LIBPATH:lib", 6);
}

static void an_object_names_its_libraries(void **state)
{
    struct program *p = program(state);
    program_compile(p, "#pragma comment(lib, \"helper\")\nint value(void); int start(void) { return value(); }", "");
    library(p, "helper.lib", "value", 7);
    check(p, "", 7);
}

// Names in objects were written where case does not count.
static void a_default_library_is_found_in_lower_case(void **state)
{
    struct program *p = program(state);
    program_compile(p, "#pragma comment(lib, \"HELPER.LIB\")\nint value(void); int start(void) { return value(); }",
                    "");
    library(p, "helper.lib", "value", 8);
    check(p, "", 8);
}

static void default_libraries_are_searched_behind_named_ones(void **state)
{
    struct program *p = program(state);
    program_compile(p, "#pragma comment(lib, \"default\")\nint value(void); int start(void) { return value(); }", "");
    library(p, "default.lib", "value", 1);
    library(p, "named.lib", "value", 2);
    program_add_input(p, "named.lib");
    check(p, "", 2);
    p->inputs.count = 1;
    check(p, "/DEFAULTLIB:named", 2); // the command line's come before those of objects
}

static void a_members_default_library_is_searched_too(void **state)
{
    struct program *p = program(state);
    program_compile(p, asks_for_value, "");
    library(p, "deep.lib", "detail", 30);
    size_t count = p->inputs.count;
    program_compile_as(
        p, "value.c", "#pragma comment(lib, \"deep\")\nint detail(void); int value(void) { return 1 + detail(); }", "");
    p->inputs.count = count;
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:value.lib value.obj");
    check(p, "/DEFAULTLIB:value.lib", 31);
}

// What was looked for in vain is looked for again when a library comes late.
static void a_late_library_serves_early_objects(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int value(void); int other(void); int start(void) { return value() + other(); }", "");
    library(p, "value.lib", "value", 40);
    size_t count = p->inputs.count;
    program_compile_as(p, "other.c", "#pragma comment(lib, \"value\")\nint other(void) { return 2; }", "");
    p->inputs.count = count;
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:other.lib other.obj");
    program_add_input(p, "other.lib");
    check(p, "", 42);
}

// --- /NODEFAULTLIB ---

static void no_default_library_is_searched(void **state)
{
    struct program *p = program(state);
    program_compile(p, "#pragma comment(lib, \"helper\")\nint value(void); int start(void) { return value(); }", "");
    library(p, "helper.lib", "value", 7);
    program_link_fails(p, START " /NODEFAULTLIB", "undefined symbol: ");
    program_link_fails(p, START " /NODEFAULTLIB:helper", "undefined symbol: ");
    program_link_fails(p, START " /NODEFAULTLIB:HELPER.LIB", "undefined symbol: ");
    program_link_fails(p, START " /DEFAULTLIB:helper /NODEFAULTLIB:helper.lib", "undefined symbol: ");
    check(p, "/NODEFAULTLIB:help", 7);
    // What the command line names as an input is none by default.
    program_add_input(p, "helper.lib");
    check(p, "/NODEFAULTLIB", 7);
    check(p, "/NODEFAULTLIB:helper", 7);
}

static void an_object_can_exclude_a_library(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "#pragma comment(lib, \"debug\")\n#pragma comment(lib, \"release\")\n"
                    "int value(void); int start(void) { return value(); }",
                    "");
    program_compile(p, "#pragma comment(linker, \"/nodefaultlib:debug.lib\")", "");
    library(p, "debug.lib", "value", 1);
    library(p, "release.lib", "value", 2);
    check(p, "", 2);
    p->inputs.count = 1;
    check(p, "", 1);
}

// An excluded library need not even be there.
static void an_excluded_library_is_not_opened(void **state)
{
    struct program *p = program(state);
    program_compile(p, "#pragma comment(lib, \"gone\")\nint start(void) { return 4; }", "");
    check(p, "/NODEFAULTLIB:gone", 4);
    program_link_fails(p, START, "error: could not open 'gone.lib': No such file or directory [LNK1104]");
}

// --- LIB ---

static void lib_is_not_read_when_it_is_not_wanted(void **state)
{
    struct program *p = program(state);
    program_compile(p, asks_for_value, "");
    folder(p, "lib");
    library(p, "lib/v.lib", "value", 3);
    program_add_input(p, "v.lib");
    arguments_add(&p->scratch, &p->environment, "LIB=lib");
    check(p, "", 3);
    program_link_fails(p, START " /LLDIGNOREENV", "could not open 'v.lib'");
}

// --- other directives ---

static void directives_have_their_effect(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "a.s",
                       ".globl start\nstart:\n movl $9, %eax\n ret\n"
                       ".section .mine,\"dw\"\n.long 1\n"
                       ".section .drectve,\"yn\"\n"
                       ".ascii \"/entry:start /subsystem:console,5.02 /merge:.mine=.data -stack:0x40000,0x2000 \"\n"
                       ".ascii \"/section:.data,RWS /export:start,@5 /RELEASE \"\n",
                       "");
    program_link(p, "");
    assert_same_text(p->link.errors, "");
    assert_int_equal(p->image->subsystem, 3);
    assert_int_equal(p->image->stack_reserve, 0x40000);
    assert_int_equal(p->image->stack_commit, 0x2000);
    assert_null(image_find_section(p->image, ".mine"));
    assert_true(image_section(p->image, ".data")->characteristics & 0x10000000); // shared
    assert_int_equal(image_export_ordinal(p->image, "start"), 5);
    assert_true(p->image->checksum != 0);
    assert_int_equal(program_run(p, ""), 9);
}

static void an_unknown_directive_is_a_warning(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "#pragma comment(linker, \"/nosuchoption:3\")\n#pragma comment(linker, \"/out:elsewhere.exe\")\n"
                    "#pragma comment(linker, \"-?alsounknown\")\nint start(void) { return 4; }",
                    "");
    check(p, "", 4);
    assert_contains(p->link.errors, "warning: 1.obj: invalid directive '/nosuchoption:3' found; ignored [LNK4229]");
    assert_contains(p->link.errors, "'/out:elsewhere.exe' is not allowed in .drectve; ignored [LNK4229]");
    assert_lacks(p->link.errors, "alsounknown"); // -? marks what may be unknown
    assert_false(path_exists(program_path(p, "elsewhere.exe")));
}

#define TESTS_ON(f) test_on_x64(f), test_on_x86(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_x64(a_library_is_looked_for_in_three_places),
        test_on_x64(objects_are_looked_for_there_too),
        TESTS_ON(an_object_names_its_libraries),
        test_on_x64(a_default_library_is_found_in_lower_case),
        test_on_x64(default_libraries_are_searched_behind_named_ones),
        test_on_x64(a_members_default_library_is_searched_too),
        test_on_x64(a_late_library_serves_early_objects),
        test_on_x64(no_default_library_is_searched),
        test_on_x64(an_object_can_exclude_a_library),
        test_on_x64(an_excluded_library_is_not_opened),
        test_on_x64(lib_is_not_read_when_it_is_not_wanted),
        test_on_x64(directives_have_their_effect),
        test_on_x64(an_unknown_directive_is_a_warning),
    };
    return cmocka_run_group_tests_name("library search", tests, NULL, NULL);
}
