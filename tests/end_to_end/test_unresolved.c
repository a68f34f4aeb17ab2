// What nobody defines, and what two define: who asks, who defines, how many are shown, and what /FORCE makes of it. The
// words are lld-link's, the numbers link.exe's.

#include <string.h>

#include "tests/support/program.h"

#define START "/ENTRY:start /SUBSYSTEM:CONSOLE"

// A C name as objects carry it.
static const char *symbol(struct program *p, const char *name)
{
    return p->platform == &platform_x86 ? scratch_format(&p->scratch, "_%s", name) : name;
}

static void library_of(struct program *p, const char *library, const char *name, const char *source)
{
    size_t count = p->inputs.count;
    const char *object = program_compile_as(p, name, source, "");
    p->inputs.count = count;
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:%s %s", library, object);
    program_add_input(p, library);
}

static size_t occurrences(const char *text, const char *part)
{
    size_t count = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        count++;
    return count;
}

static void who_asks_is_named_with_object_and_function(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int missing(void); int helper(void) { return missing(); } int start(void) { return helper(); }",
                    "");
    const char *expected =
        scratch_format(&p->scratch, "mylink: error: undefined symbol: %s [LNK2019]\n>>> referenced by 1.obj:(%s)\n",
                       symbol(p, "missing"), symbol(p, "helper"));
    p->linker_name = "mylink";
    program_link_fails(p, START, expected);
    assert_same_text(p->link.errors, expected); // and nothing else
}

static void who_asks_is_named_with_library_and_member(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int helper(void); int start(void) { return helper(); }", "");
    library_of(p, "help.lib", "helper.c", "int missing(void); int helper(void) { return missing(); }");
    program_link_fails(
        p, START, scratch_format(&p->scratch, ">>> referenced by help.lib(helper.obj):(%s)\n", symbol(p, "helper")));
}

static void data_that_asks_is_named(void **state)
{
    struct program *p = program(state);
    program_compile(p, "extern int missing; int *pointer = &missing; int start(void) { return *pointer; }", "");
    program_link_fails(p, START, scratch_format(&p->scratch, ">>> referenced by 1.obj:(%s)\n", symbol(p, "pointer")));
}

static void three_who_ask_are_named_and_the_rest_counted(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "int missing(void); int start(void) { return missing(); }\n"
                    "int f1(void) { return missing(); } int f2(void) { return missing(); }",
                    "");
    program_compile(p, "int missing(void); int f3(void) { return missing(); } int f4(void) { return missing(); }", "");
    program_link_fails(p, START, "undefined symbol: ");
    assert_int_equal(occurrences(p->link.errors, ">>> referenced by "), 3);
    assert_contains(p->link.errors, ">>> referenced 2 more times\n");
}

// One function that asks twice is one who asks.
static void a_function_is_named_once(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int missing(int); int start(void) { return missing(1) + missing(2) + missing(3); }", "");
    program_link_fails(p, START, "undefined symbol: ");
    assert_int_equal(occurrences(p->link.errors, "referenced"), 1);
}

static void all_are_reported_in_the_order_of_objects(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int zebra(void); int start(void) { return zebra(); }", "");
    program_compile(p, "int apple(void); int f(void) { return apple(); }", "");
    program_compile(p, "int zebra(void); int mango(void); int g(void) { return mango() + zebra(); }", "");
    program_link_fails(p, START, "undefined symbol: ");
    const char *zebra = strstr(p->link.errors, "undefined symbol: "), *apple = strstr(zebra + 1, "undefined symbol: ");
    assert_non_null(apple);
    const char *mango = strstr(apple + 1, "undefined symbol: ");
    assert_non_null(mango);
    assert_memory_equal(zebra, "undefined symbol: zebra [", 25);
    assert_memory_equal(apple, "undefined symbol: apple [", 25);
    assert_memory_equal(mango, "undefined symbol: mango [", 25);
}

static void errors_are_shown_up_to_the_limit(void **state)
{
    struct program *p = program(state);
    char source[4096] = "int start(void) { int n = 0;";
    for (int i = 0; i < 25; i++)
        strcat(source, scratch_format(&p->scratch, "{ int missing%d(void); n += missing%d(); }", i, i));
    program_compile(p, strcat(source, "return n; }"), "");
    program_link_fails(p, START, "too many errors emitted, stopping now");
    assert_int_equal(occurrences(p->link.errors, "undefined symbol: "), 20);
    assert_contains(p->link.errors, "/errorlimit:0 to see all errors");
    program_link_fails(p, START " /ERRORLIMIT:3", "too many errors emitted, stopping now");
    assert_int_equal(occurrences(p->link.errors, "undefined symbol: "), 3);
    program_link_fails(p, START " /ERRORLIMIT:0", "undefined symbol: missing24");
    assert_int_equal(occurrences(p->link.errors, "undefined symbol: "), 25);
    program_link_fails(p, START " /ERRORLIMIT:25", "undefined symbol: missing24");
    assert_lacks(p->link.errors, "too many errors");
}

static void entry_points_and_exports_have_to_be_there(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int f(void) { return 0; }", "");
    program_link_fails(p, "/ENTRY:nowhere /SUBSYSTEM:CONSOLE /EXPORT:neither",
                       scratch_format(&p->scratch, "error: undefined symbol: %s [LNK2001]", symbol(p, "nowhere")));
    assert_contains(p->link.errors, "undefined symbol: ");
    assert_contains(p->link.errors, "neither");
}

// --- several definitions ---

static void two_definitions_are_an_error_that_names_both(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int twice(void) { return 1; } int start(void) { return twice(); }", "");
    program_compile(p, "int twice(void) { return 2; }", "");
    program_compile(p, "int twice(void) { return 3; }", "");
    const char *name = symbol(p, "twice");
    const char *expected =
        scratch_format(&p->scratch,
                       "mylink: error: duplicate symbol: %s [LNK2005]\n>>> defined at 1.obj\n>>> defined at 2.obj\n"
                       "mylink: error: duplicate symbol: %s [LNK2005]\n>>> defined at 1.obj\n>>> defined at 3.obj\n",
                       name, name);
    p->linker_name = "mylink";
    program_link_fails(p, START, "duplicate symbol: ");
    assert_same_text(p->link.errors, expected);
}

static void a_variable_and_a_function_of_one_name_are_two_definitions(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int thing = 1; int start(void) { return thing; }", "");
    program_compile(p, "int thing(void) { return 2; }", "");
    program_link_fails(p, START, "duplicate symbol: ");
}

// A member that is pulled for one name brings the other names that it defines.
static void a_member_can_bring_a_second_definition(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int wanted(void); int taken(void) { return 1; } int start(void) { return wanted() + taken(); }",
                    "");
    library_of(p, "both.lib", "both.c", "int wanted(void) { return 10; } int taken(void) { return 2; }");
    program_link_fails(
        p, START,
        scratch_format(&p->scratch,
                       "duplicate symbol: %s [LNK2005]\n>>> defined at 1.obj\n>>> defined at both.lib(both.obj)",
                       symbol(p, "taken")));
}

// What is defined already asks no library.
static void a_library_is_not_asked_for_what_is_defined(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int taken(void) { return 1; } int start(void) { return taken(); }", "");
    library_of(p, "second.lib", "second.c", "int taken(void) { return 2; }");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 1);
}

// --- /FORCE ---

static void forced_the_image_is_made_without_the_symbol(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "int missing(void); extern int nothing;\n"
                    "int start(void) { volatile int no = 0; if (no) return missing() + nothing; return 42; }",
                    "/O2");
    program_link(p, START " /FORCE");
    assert_contains(p->link.errors, "warning: undefined symbol: ");
    assert_contains(p->link.errors, "[LNK2019]");
    assert_int_equal(program_run(p, ""), 42);
    program_link(p, START " /FORCE:UNRESOLVED");
    assert_int_equal(program_run(p, ""), 42);
    program_link_fails(p, START " /FORCE:MULTIPLE", "error: undefined symbol: ");
}

static void forced_the_first_of_two_definitions_wins(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int twice(void); int start(void) { return twice(); }", "");
    program_compile(p, "int twice(void) { return 1; }", "");
    program_compile(p, "int twice(void) { return 2; }", "");
    program_link(p, START " /FORCE:MULTIPLE");
    assert_contains(p->link.errors, "warning: duplicate symbol: ");
    assert_contains(p->link.errors, "[LNK4006]");
    assert_int_equal(program_run(p, ""), 1);
    program_link_fails(p, START " /FORCE:UNRESOLVED", "error: duplicate symbol: ");
    program_link(p, START " /FORCE");
}

// --- C++ names ---

static const char cpp_source[] =
    "int f(int); int __stdcall g(const char *, ...); extern \"C\" int __stdcall c_function(int, int);\n"
    "__declspec(dllimport) int imported(int); __declspec(dllimport) extern int imported_variable;\n"
    "extern \"C\" __declspec(dllimport) int c_imported(void);\n"
    "namespace n { template <class t> struct box { t value; int get(); }; struct s { s(); ~s(); int m(box<s *> *);\n"
    "static int x; operator int(); }; }\n"
    "int n::s::m(box<s *> *b) { return f(1) + x + b->get() + (int)*this; }\n"
    "int twice(int a) { return a; } n::s *both[2];\n"
    "extern \"C\" int start() { n::s s; return f(1) + g(\"x\") + c_function(1, 2) + imported(3) + imported_variable + "
    "s.m(0) +\n"
    "c_imported(); }\n";

// Every line that lld-link says of the same link has to be among ours, where the number stands behind a message's
// first line. Returns how many messages there were.
static size_t says_what_lld_says(struct program *p, const char *options)
{
    program_compile_as(p, "a.cpp", cpp_source, "/EHs-c-");
    program_compile_as(p, "b.cpp", "int twice(int a) { return -a; } namespace n { struct s; } n::s *both[2];", "");
    struct process lld = {.folder = p->folder};
    arguments_add_line(&p->scratch, &lld.arguments, "lld-link-19 /NODEFAULTLIB /OUT:lld.exe a.obj b.obj");
    arguments_add_line(&p->scratch, &lld.arguments, options);
    char *wanted = process_run(&p->scratch, &lld).errors;
    p->linker_name = "lld-link-19";
    assert_int_equal(program_try_link(p, options), 1);
    size_t count = 0;
    for (char *line = strtok(wanted, "\n"); line; line = strtok(NULL, "\n")) {
        bool is_first = strstr(line, " symbol: ");
        assert_contains(p->link.errors, scratch_format(&p->scratch, is_first ? "%s [LNK" : "%s\n", line));
        count += is_first;
    }
    return count;
}

static void cpp_names_are_shown_as_lld_shows_them(void **state)
{
    struct program *p = program(state);
    assert_int_equal(says_what_lld_says(p, START " /FORCE:MULTIPLE"), 13);
    assert_contains(p->link.errors, "undefined symbol: int __cdecl f(int) [LNK2019]\n>>> referenced by a.obj:(");
    assert_contains(p->link.errors, "undefined symbol: __declspec(dllimport) int __cdecl imported(int)");
    assert_contains(p->link.errors, "::s::m(struct n::box<struct n::s *> *))\n");
}

static void cpp_names_that_are_defined_twice_are_shown_as_lld_shows_them(void **state)
{
    struct program *p = program(state);
    assert_int_equal(says_what_lld_says(p, START " /FORCE:UNRESOLVED"), 2);
    assert_contains(p->link.errors, "duplicate symbol: int __cdecl twice(int) [LNK2005]\n>>> defined at a.obj\n");
    assert_contains(p->link.errors, "duplicate symbol: struct n::s **both [LNK2005]\n");
}

static void cpp_names_are_shown_as_they_are_when_asked_for(void **state)
{
    struct program *p = program(state);
    assert_int_equal(says_what_lld_says(p, START " /FORCE:MULTIPLE /DEMANGLE:NO"), 13);
    assert_contains(p->link.errors, "undefined symbol: ?f@@YAHH@Z [LNK2019]\n>>> referenced by a.obj:(?m@s@n@@");
    assert_contains(p->link.errors, "undefined symbol: __imp_?imported@@YAHH@Z");
}

// --- together ---

static void all_kinds_of_errors_are_reported_in_one_run(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int missing(void); int twice(void) { return 1; } int start(void) { return missing(); }", "");
    program_compile(p, "int twice(void) { return 2; }", "");
    program_add_input(p, "nowhere.obj");
    program_write(p, "strange.obj", "this is no object");
    program_add_input(p, "strange.obj");
    program_link_fails(p, START, "could not open 'nowhere.obj'");
    assert_contains(p->link.errors, "strange.obj: unknown file type");
    assert_contains(p->link.errors, "duplicate symbol: ");
    assert_contains(p->link.errors, "undefined symbol: ");
}

#define TESTS_ON(f) test_on_x64(f), test_on_x86(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTS_ON(who_asks_is_named_with_object_and_function),
        TESTS_ON(who_asks_is_named_with_library_and_member),
        TESTS_ON(data_that_asks_is_named),
        test_on_x64(three_who_ask_are_named_and_the_rest_counted),
        test_on_x64(a_function_is_named_once),
        test_on_x64(all_are_reported_in_the_order_of_objects),
        test_on_x64(errors_are_shown_up_to_the_limit),
        TESTS_ON(entry_points_and_exports_have_to_be_there),
        TESTS_ON(two_definitions_are_an_error_that_names_both),
        test_on_x64(a_variable_and_a_function_of_one_name_are_two_definitions),
        TESTS_ON(a_member_can_bring_a_second_definition),
        test_on_x64(a_library_is_not_asked_for_what_is_defined),
        TESTS_ON(forced_the_image_is_made_without_the_symbol),
        TESTS_ON(forced_the_first_of_two_definitions_wins),
        TESTS_ON(cpp_names_are_shown_as_lld_shows_them),
        TESTS_ON(cpp_names_that_are_defined_twice_are_shown_as_lld_shows_them),
        TESTS_ON(cpp_names_are_shown_as_they_are_when_asked_for),
        test_on_x64(all_kinds_of_errors_are_reported_in_one_run),
    };
    return cmocka_run_group_tests_name("unresolved", tests, NULL, NULL);
}
