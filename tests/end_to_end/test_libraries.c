// Static libraries: every form that librarians write, and what comes out of them for whom. Written by LLVM's and GNU's
// librarians, linked, run by Wine. Where libraries are looked for: test_library_search.c.

#include <string.h>

#include "tests/support/program.h"

#define START "/ENTRY:start /SUBSYSTEM:CONSOLE"

// Compiles without adding the object to the inputs.
static const char *object(struct program *p, const char *name, const char *source)
{
    size_t count = p->inputs.count;
    const char *made = program_compile_as(p, name, source, "/O1");
    p->inputs.count = count;
    return made;
}

// Three members, one with a long name; `start` needs two of them.
static void make_members(struct program *p)
{
    program_compile(p, "int first(void); int start(void) { return first(); }", "");
    object(p, "one.c", "int second(void); int first(void) { return 40 + second(); }");
    object(p, "a_member_with_a_name_longer_than_sixteen.c", "int second(void) { return 2; }");
    object(p, "unused.c", "int nowhere(void); int unused(void) { return nowhere(); }");
}

#define MEMBERS "one.obj a_member_with_a_name_longer_than_sixteen.obj unused.obj"

static void check_archive(struct program *p, const char *command)
{
    make_members(p);
    process_must_run(&p->scratch, p->folder, "%s " MEMBERS, command);
    program_add_input(p, "library");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 42);
}

// Both linker members, as Microsoft's librarian writes them. The file's name says nothing.
static void a_library_of_llvm_lib(void **state)
{
    check_archive(program(state), "llvm-lib-19 /out:library");
}

static void an_archive_of_llvm_ar(void **state)
{
    check_archive(program(state), "llvm-ar-19 rcs --format=gnu library");
}

static void an_archive_of_gnu_ar(void **state)
{
    struct program *p = program(state);
    check_archive(p, scratch_format(&p->scratch, "%s-ar rcs library", p->platform->mingw));
}

static void an_archive_without_an_index(void **state)
{
    check_archive(program(state), "llvm-ar-19 rcS --format=gnu library");
}

// The index for archives over 4 GB: numbers of 64 bits under the name "/SYM64/".
static void an_archive_with_a_wide_index(void **state)
{
    check_archive(program(state), "env SYM64_THRESHOLD=0 llvm-ar-19 rcs --format=gnu library");
}

static void a_thin_archive_of_llvm_ar(void **state)
{
    check_archive(program(state), "llvm-ar-19 rcs --thin library");
}

static void a_thin_archive_of_gnu_ar(void **state)
{
    struct program *p = program(state);
    check_archive(p, scratch_format(&p->scratch, "%s-ar rcs --thin library", p->platform->mingw));
}

static void a_thin_archive_without_an_index(void **state)
{
    check_archive(program(state), "llvm-ar-19 rcS --thin library");
}

// Members of a thin archive are named relative to the archive, wherever the linker runs.
static void a_thin_archive_in_another_folder(void **state)
{
    struct program *p = program(state);
    make_members(p);
    process_must_run(&p->scratch, p->folder, "mkdir -p build/objects build/lib");
    process_must_run(&p->scratch, p->folder, "mv " MEMBERS " build/objects");
    process_must_run(&p->scratch, p->folder,
                     "sh -c \"cd build/lib && llvm-ar-19 rcs --thin all.lib ../objects/one.obj "
                     "../objects/a_member_with_a_name_longer_than_sixteen.obj ../objects/unused.obj\"");
    program_add_input(p, "build/lib/all.lib");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 42);
}

static void a_thin_archive_whose_member_is_gone(void **state)
{
    struct program *p = program(state);
    make_members(p);
    process_must_run(&p->scratch, p->folder, "llvm-ar-19 rcs --thin library " MEMBERS);
    process_must_run(&p->scratch, p->folder, "rm one.obj");
    program_add_input(p, "library");
    program_link_fails(p, START, "one.obj");
    assert_contains(p->link.errors, "note: one.obj is a member of the thin archive library");
}

static void an_archive_without_members(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int start(void) { return 5; }", "");
    program_write(p, "empty.lib", "!<arch>\n");
    program_add_input(p, "empty.lib");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 5);
}

// --- what is pulled ---

static void only_what_is_asked_for_is_pulled(void **state)
{
    struct program *p = program(state);
    check_archive(p, "llvm-lib-19 /out:library");
    program_link(p, START " /DEBUG:SYMTAB /OPT:NOREF");
    const char *u = p->platform == &platform_x86 ? "_" : "";
    assert_true(image_has_symbol(p->image, scratch_format(&p->scratch, "%ssecond", u)));
    assert_false(image_has_symbol(p->image, scratch_format(&p->scratch, "%sunused", u)));
}

// What an object defines, no library is asked for; what is in two libraries comes from the first.
static void libraries_are_asked_in_their_order(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int value(void); int start(void) { return value(); }", "");
    object(p, "a.c", "int value(void) { return 1; }");
    object(p, "b.c", "int value(void) { return 2; }");
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:a.lib a.obj");
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:b.lib b.obj");
    program_add_input(p, "b.lib");
    program_add_input(p, "a.lib");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 2);
    // A library before the objects is asked all the same.
    p->inputs.items[0] = "a.lib";
    p->inputs.items[2] = "1.obj";
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 1);
}

// link.exe: what a member asks for is searched in its own library first, then in those behind it, then from the
// beginning.
static void a_members_own_library_is_asked_first(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int wanted(void); int start(void) { return wanted(); }", "");
    object(p, "detail1.c", "int detail(void) { return 1; }");
    object(p, "behind1.c", "int behind(void) { return 10; }");
    object(p, "before1.c", "int before(void) { return 100; }");
    object(p, "detail2.c", "int detail(void) { return 2; }");
    object(p, "behind3.c", "int behind(void) { return 30; }");
    object(p, "wanted.c",
           "int detail(void); int behind(void); int before(void);\n"
           "int wanted(void) { return detail() + behind() + before(); }");
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:1.lib detail1.obj behind1.obj before1.obj");
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:2.lib wanted.obj detail2.obj");
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:3.lib behind3.obj");
    program_add_input(p, "1.lib");
    program_add_input(p, "2.lib");
    program_add_input(p, "3.lib");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 2 + 30 + 100);
}

static void libraries_may_need_each_other(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int f1(int); int start(void) { return f1(1); }", "");
    object(p, "f1.c", "int f2(int); int f1(int n) { return f2(n * 2); }");
    object(p, "f2.c", "int f3(int); int f2(int n) { return f3(n * 3); }");
    object(p, "f3.c", "int f4(int); int f3(int n) { return f4(n * 5); }");
    object(p, "f4.c", "int f4(int n) { return n * 7; }");
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:a.lib f2.obj f4.obj");
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:b.lib f1.obj f3.obj");
    program_add_input(p, "a.lib");
    program_add_input(p, "b.lib");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 210);
}

// Of two members of one library that define a name the first is meant.
static void the_first_member_that_defines_a_name_is_pulled(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int value(void); int start(void) { return value(); }", "");
    object(p, "z.c", "int value(void) { return 3; }");
    object(p, "a.c", "int value(void) { return 4; }");
    process_must_run(&p->scratch, p->folder, "llvm-ar-19 rcs --format=gnu two.a z.obj a.obj");
    program_add_input(p, "two.a");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 3);
}

// --- whole libraries ---

// Constructors that nobody refers to.
static void make_registry(struct program *p)
{
    program_compile(p, "int registered; int start(void) { return registered; }", "/clang:-fcommon");
    object(p, "a.c", "int registered = 33;");
    object(p, "b.c", "int also_here(void) { return 1; }");
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:whole.lib a.obj b.obj");
    object(p, "c.c", "int from_elsewhere(void) { return 1; }");
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:other.lib c.obj");
    program_add_input(p, "whole.lib");
    program_add_input(p, "other.lib");
}

static void check_whole(struct program *p, const char *options, bool whole, bool other)
{
    const char *u = p->platform == &platform_x86 ? "_" : "";
    program_link(p, scratch_format(&p->scratch, START " /DEBUG:SYMTAB %s", options));
    assert_int_equal(image_has_symbol(p->image, scratch_format(&p->scratch, "%salso_here", u)), whole);
    assert_int_equal(image_has_symbol(p->image, scratch_format(&p->scratch, "%sfrom_elsewhere", u)), other);
    assert_int_equal(program_run(p, ""), whole ? 33 : 0);
}

static void whole_archive_pulls_every_member(void **state)
{
    struct program *p = program(state);
    make_registry(p);
    check_whole(p, "", false, false);
    check_whole(p, "/WHOLEARCHIVE", true, true);
    check_whole(p, "/WHOLEARCHIVE:whole.lib", true, false);
    check_whole(p, "/WHOLEARCHIVE:WHOLE", true, false);
}

// A library that only /WHOLEARCHIVE names is an input.
static void whole_archive_names_an_input(void **state)
{
    struct program *p = program(state);
    make_registry(p);
    p->inputs.count = 1;
    check_whole(p, "/WHOLEARCHIVE:whole.lib", true, false);
}

// --- given twice ---

static void a_library_given_twice_is_read_once(void **state)
{
    struct program *p = program(state);
    make_registry(p);
    process_must_run(&p->scratch, p->folder, "ln -s whole.lib link.lib");
    program_add_input(p, "whole.lib");
    program_add_input(p, "link.lib");
    program_add_input(p, "./whole.lib");
    check_whole(p, "/WHOLEARCHIVE", true, true);
    assert_same_text(p->link.errors, "");
}

static void an_object_given_twice_is_linked_once_and_told(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int start(void) { return 5; }", "");
    program_add_input(p, "./1.obj");
    program_link(p, START);
    assert_contains(p->link.errors, "warning: ./1.obj: object specified more than once; extras ignored [LNK4042]");
    assert_int_equal(program_run(p, ""), 5);
}

#define TESTS_ON(f) test_on_x64(f), test_on_x86(f)

// No object says what the image is for. link.exe takes its own host's machine then, with a warning (LNK4068); a
// library's members know better.
static void a_library_alone_names_the_machine(void **state)
{
    struct program *p = program(state);
    object(p, "start.c", "int start(void) { return 46; }");
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:all.lib start.obj");
    program_add_input(p, "all.lib");
    program_link(p, START);
    assert_contains(p->link.errors, "/machine is not specified; defaulting to");
    assert_contains(p->link.errors, "[LNK4068]");
    assert_int_equal(program_run(p, ""), 46);
    assert_int_equal(p->image->machine, p->platform->coff_machine);
}

// Members of all sizes: read whole, read in parts (their tables are behind more than is read first), in parts that are
// mapped.
static void large_members(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "int small(int), medium(int), large(int), huge(int);\n"
                    "int start(void) { return small(1) + medium(2) + large(3) + huge(4); }",
                    "");
    static const struct {
        const char *name;
        int size;
    } members[] = {{"small", 2000}, {"medium", 20000}, {"large", 200000}, {"huge", 6000000}};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        object(p, scratch_format(&p->scratch, "%s.c", members[i].name),
               scratch_format(&p->scratch,
                              "char %s_data[%d] = {7, 7};\n"
                              "int %s(int i) { return ((volatile char *)%s_data)[i - 1] + %s_data[%d]; }",
                              members[i].name, members[i].size, members[i].name, members[i].name, members[i].name,
                              members[i].size - 1));
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:sizes.lib small.obj medium.obj large.obj huge.obj");
    program_add_input(p, "sizes.lib");
    program_link(p, START " /PATCHREPORT:report.json");
    assert_int_equal(program_run(p, ""), 14);
    assert_contains(program_read(p, "report.json"), "huge");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTS_ON(a_library_of_llvm_lib),
        TESTS_ON(an_archive_of_llvm_ar),
        test_on_x64(an_archive_of_gnu_ar),
        test_on_x64(an_archive_without_an_index),
        test_on_x64(an_archive_with_a_wide_index),
        test_on_x64(a_thin_archive_of_llvm_ar),
        test_on_x64(a_thin_archive_of_gnu_ar),
        test_on_x64(a_thin_archive_without_an_index),
        test_on_x64(a_thin_archive_in_another_folder),
        test_on_x64(a_thin_archive_whose_member_is_gone),
        test_on_x64(an_archive_without_members),
        TESTS_ON(only_what_is_asked_for_is_pulled),
        test_on_x64(libraries_are_asked_in_their_order),
        test_on_x64(a_members_own_library_is_asked_first),
        test_on_x64(libraries_may_need_each_other),
        test_on_x64(the_first_member_that_defines_a_name_is_pulled),
        TESTS_ON(whole_archive_pulls_every_member),
        test_on_x64(whole_archive_names_an_input),
        test_on_x64(a_library_given_twice_is_read_once),
        test_on_x64(an_object_given_twice_is_linked_once_and_told),
        TESTS_ON(a_library_alone_names_the_machine),
        test_on_x64(large_members),
    };
    return cmocka_run_group_tests_name("libraries", tests, NULL, NULL);
}
