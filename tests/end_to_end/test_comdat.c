// COMDATs: sections of which one copy is kept, and by what rule (PE format, "COMDAT Sections (Object Only)"). The
// assembler writes each selection; what was selected is seen by running the image and by the sizes of its sections.

#include <stdio.h>
#include <string.h>

#include "tests/support/program.h"

#define START "/ENTRY:start /SUBSYSTEM:CONSOLE"

// An object with a COMDAT `value` of this selection, a function that returns `number`; `more` goes behind it.
static void add_copy(struct program *p, const char *name, const char *selection, int number, const char *more)
{
    program_compile_as(
        p, name,
        scratch_format(&p->scratch,
                       ".section .text,\"xr\",%s,value\n.globl value\n.p2align 4\nvalue:\n movl $%d, %%eax\n ret\n%s",
                       selection, number, more),
        "");
}

static void add_start(struct program *p)
{
    program_compile(p, "int value(void); int start(void) { return value(); }", "");
}

static void of_any_the_first_copy_is_kept(void **state)
{
    struct program *p = program(state);
    add_start(p);
    add_copy(p, "a.s", "discard", 1, " nop\n");
    add_copy(p, "b.s", "discard", 2, "");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 1);
    // The order of the command line, not of threads or names.
    p->inputs.items[1] = "b.obj";
    p->inputs.items[2] = "a.obj";
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 2);
}

static void an_object_comes_before_a_member(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int other(void); int value(void); int start(void) { return value() + other(); }", "");
    add_copy(p, "a.s", "discard", 1, " .text\n .globl other\nother:\n movl $10, %eax\n ret\n");
    p->inputs.count = 1;
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:a.lib a.obj");
    program_add_input(p, "a.lib");
    add_copy(p, "b.s", "discard", 2, "");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 12);
}

static void inline_functions_and_selected_data_are_merged(void **state)
{
    struct program *p = program(state);
    static const char *const header = "inline int counter() { static int n = 0; return ++n; }\n"
                                      "template <class T> T twice(T n) { return n + n; }\n"
                                      "extern const int limit; __declspec(selectany) extern const int limit = 7;\n";
    program_compile_as(
        p, "a.cpp",
        scratch_format(&p->scratch,
                       "%s int other(); extern \"C\" int start() { return other() * 100 + counter() * 10 + limit; }",
                       header),
        "/Zc:threadSafeInit-");
    program_compile_as(p, "b.cpp",
                       scratch_format(&p->scratch, "%s int other() { return counter() - twice(limit) + 14; }", header),
                       "/Zc:threadSafeInit-");
    program_link(p, START " /OPT:NOICF");
    assert_int_equal(program_run(p, ""), 100 + 20 + 7);
}

static void one_only_means_one(void **state)
{
    struct program *p = program(state);
    add_start(p);
    add_copy(p, "a.s", "one_only", 1, "");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 1);
    add_copy(p, "b.s", "one_only", 1, "");
    program_link_fails(p, START, "duplicate symbol: value [LNK2005]\n>>> defined at a.obj\n>>> defined at b.obj\n");
}

static void same_size_wants_the_same_size(void **state)
{
    struct program *p = program(state);
    add_start(p);
    add_copy(p, "a.s", "same_size", 1, "");
    add_copy(p, "b.s", "same_size", 2, "");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 1);
    add_copy(p, "c.s", "same_size", 1, " nop\n");
    program_link_fails(p, START, "duplicate symbol: value [LNK2005]\n>>> defined at a.obj\n>>> defined at c.obj\n");
    assert_lacks(p->link.errors, "b.obj");
}

static void same_contents_wants_the_same_bytes(void **state)
{
    struct program *p = program(state);
    add_start(p);
    add_copy(p, "a.s", "same_contents", 1, "");
    add_copy(p, "b.s", "same_contents", 1, "");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 1);
    add_copy(p, "c.s", "same_contents", 2, "");
    program_link_fails(p, START, "duplicate symbol: value [LNK2005]\n>>> defined at a.obj\n>>> defined at c.obj\n");
    assert_lacks(p->link.errors, "b.obj");
}

static void of_largest_the_largest_is_kept(void **state)
{
    struct program *p = program(state);
    add_start(p);
    add_copy(p, "a.s", "largest", 1, " nop\n");
    add_copy(p, "b.s", "largest", 2, " nop\n nop\n nop\n");
    add_copy(p, "c.s", "largest", 3, "");
    add_copy(p, "d.s", "largest", 4, " nop\n nop\n nop\n");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 2);
    // Microsoft's compiler writes "any" in one object and "largest" in another for tables of virtual functions.
    add_copy(p, "e.s", "discard", 5, " nop\n nop\n nop\n nop\n");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 5);
}

// A copy's timestamp is in its object's header.
static void of_newest_the_newest_is_kept(void **state)
{
    struct program *p = program(state);
    static const char *const names[] = {"a.obj", "b.obj", "c.obj"};
    static const uint32_t times[] = {1000, 3000, 2000};
    add_start(p);
    add_copy(p, "a.s", "newest", 1, "");
    add_copy(p, "b.s", "newest", 2, "");
    add_copy(p, "c.s", "newest", 3, "");
    for (int i = 0; i < 3; i++) {
        size_t size;
        uint8_t *object = folder_read_file(&p->scratch, program_path(p, names[i]), &size);
        memcpy(object + 4, &times[i], 4);
        folder_write_file(program_path(p, names[i]), object, size);
    }
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 2);
}

static void a_comdat_and_an_ordinary_definition_are_two(void **state)
{
    struct program *p = program(state);
    add_start(p);
    add_copy(p, "a.s", "discard", 1, "");
    program_compile_as(p, "b.c", "int value(void) { return 2; }", "");
    program_link_fails(p, START, "duplicate symbol: value [LNK2005]\n>>> defined at a.obj\n>>> defined at b.obj\n");
    program_link(p, START " /FORCE:MULTIPLE");
    assert_int_equal(program_run(p, ""), 1);
}

// --- what belongs to a COMDAT ---

static const char associated[] = " .section .mine$m,\"dr\",associative,value\n .ascii \"%s\"\n"
                                 " .section .mine$n,\"dr\",associative,value\n .ascii \"%s\"\n";

// Every copy brings 3 + 2 bytes of its own.
static void what_is_associated_stays_with_the_copy_that_is_kept(void **state)
{
    struct program *p = program(state);
    add_start(p);
    add_copy(p, "a.s", "discard", 1, scratch_format(&p->scratch, associated, "AAA", "aa"));
    add_copy(p, "b.s", "discard", 2, scratch_format(&p->scratch, associated, "BBB", "bb"));
    program_link(p, START);
    const struct image_section *mine = image_section(p->image, ".mine");
    assert_int_equal(mine->virtual_size, 5);
    assert_memory_equal(image_at(p->image, mine->rva, 5), "AAAaa", 5);
    assert_int_equal(program_run(p, ""), 1);
}

static void what_is_associated_follows_the_largest(void **state)
{
    struct program *p = program(state);
    add_start(p);
    add_copy(p, "a.s", "largest", 1, scratch_format(&p->scratch, associated, "AAA", "aa"));
    add_copy(p, "b.s", "largest", 2,
             scratch_format(&p->scratch, " nop\n .section .mine$m,\"dr\",associative,value\n .ascii \"BBBB\"\n"));
    program_link(p, START);
    const struct image_section *mine = image_section(p->image, ".mine");
    assert_int_equal(mine->virtual_size, 4);
    assert_memory_equal(image_at(p->image, mine->rva, 4), "BBBB", 4);
    assert_int_equal(program_run(p, ""), 2);
}

static void what_is_associated_dies_with_what_nobody_needs(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int start(void) { return 5; }", "");
    add_copy(p, "a.s", "discard", 1, scratch_format(&p->scratch, associated, "AAA", "aa"));
    program_link(p, START " /OPT:NOREF");
    assert_non_null(image_find_section(p->image, ".mine"));
    program_link(p, START " /OPT:REF");
    assert_null(image_find_section(p->image, ".mine"));
}

// Unwind data of inline functions: one record for each function that is kept.
static void unwind_records_are_those_of_the_copies_that_are_kept(void **state)
{
    struct program *p = program(state);
    static const char *const header =
        "void touch(volatile char *); inline int f() { volatile char a[64]; touch(a); return a[1]; }\n"
        "inline int g() { volatile char a[80]; touch(a); return a[2] + f(); }\n";
    program_compile_as(
        p, "a.cpp",
        scratch_format(&p->scratch, "%s int other(); extern \"C\" int start() { return f() + other(); }", header),
        "/O1 /Ob0");
    program_compile_as(
        p, "b.cpp",
        scratch_format(&p->scratch,
                       "%s int other() { return f() + g(); } void touch(volatile char *p) { p[1] = 3; p[2] = 4; }",
                       header),
        "/O1 /Ob0");
    program_link(p, START " /OPT:NOICF");
    const char *listing = read_back_with(&p->scratch, p->folder, "llvm-readobj-19 --unwind program.exe");
    size_t records = 0;
    for (const char *at = listing; (at = strstr(at, "RuntimeFunction {")); at++)
        records++;
    assert_int_equal(records, 4); // f, g, start, other; touch is a leaf
    assert_int_equal(p->image->directories[IMAGE_DIRECTORY_EXCEPTIONS].size, 4 * 12);
    assert_int_equal(program_run(p, ""), 3 + 3 + 4 + 3);
}

// --- names ---

// A name that only the copy that lost has, beside its leader: nobody defines it any more but the object that keeps its
// own.
static void a_second_name_in_a_copy_that_lost_is_taken_from_elsewhere(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int value(void); int second(void); int start(void) { return value() + second(); }", "");
    add_copy(p, "a.s", "discard", 1, " .globl second\nsecond:\n movl $10, %eax\n ret\n");
    add_copy(p, "b.s", "discard", 2, " .globl second\nsecond:\n movl $20, %eax\n ret\n");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 11);
    p->inputs.count = 1;
    add_copy(p, "c.s", "discard", 3, "");
    program_add_input(p, "b.obj");
    program_link_fails(p, START, "undefined symbol: second");
}

static void comdats_of_static_functions_do_not_meet(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "static int mine(int n) { return n + 1; } int other(void);\n"
                    "int start(void) { int (*volatile f)(int) = mine; return f(10) + other(); }",
                    "/Gy");
    program_compile(
        p, "static int mine(int n) { return n + 2; } int other(void) { int (*volatile f)(int) = mine; return f(20); }",
        "/Gy");
    program_link(p, START " /OPT:REF,ICF");
    assert_int_equal(program_run(p, ""), 11 + 22);
}

enum { INTERLEAVED = 300, ARGUMENT = 7 };

// A large object (it is read in parts) in which each second function is a copy that another object has, too.
static void compile_interleaved(struct program *p, const char *name, char operation)
{
    size_t size = 0, capacity = 300 * INTERLEAVED;
    char *source = scratch_allocate(&p->scratch, capacity);
    for (int i = 0; i < INTERLEAVED; i++)
        size += (size_t)snprintf(source + size, capacity - size,
                                 "__declspec(noinline) inline int shared_%d(int k) { return k * %d + 1; }\n"
                                 "__declspec(noinline) static int %s_%d(int k) { return shared_%d(k) %c %d; }\n",
                                 i, i, name, i, i, operation, i);
    size += (size_t)snprintf(source + size, capacity - size, "int %s(int k) { int sum = 0;\n", name);
    for (int i = 0; i < INTERLEAVED; i++)
        size += (size_t)snprintf(source + size, capacity - size, "sum += %s_%d(k);\n", name, i);
    snprintf(source + size, capacity - size, "return sum; }\n");
    program_compile_as(p, scratch_format(&p->scratch, "%s.cpp", name), source, "/O1 /Gy /Z7");
}

static void copies_that_lost_lie_between_what_is_kept(void **state)
{
    struct program *p = program(state);
    compile_interleaved(p, "first", '^');
    compile_interleaved(p, "second", '|');
    program_compile_as(p, "start.cpp",
                       scratch_format(&p->scratch,
                                      "int first(int), second(int);\n"
                                      "extern \"C\" int start() { return (first(%d) ^ second(%d)) %% 251; }",
                                      ARGUMENT, ARGUMENT),
                       "");
    int first = 0, second = 0;
    for (int i = 0; i < INTERLEAVED; i++) {
        first += (ARGUMENT * i + 1) ^ i;
        second += (ARGUMENT * i + 1) | i;
    }
    program_link(p, START);
    assert_int_equal(program_run(p, ""), (first ^ second) % 251);
}

#define TESTS_ON(f) test_on_x64(f), test_on_x86(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_x64(of_any_the_first_copy_is_kept),
        test_on_x64(an_object_comes_before_a_member),
        TESTS_ON(inline_functions_and_selected_data_are_merged),
        test_on_x64(one_only_means_one),
        test_on_x64(same_size_wants_the_same_size),
        test_on_x64(same_contents_wants_the_same_bytes),
        test_on_x64(of_largest_the_largest_is_kept),
        test_on_x64(of_newest_the_newest_is_kept),
        test_on_x64(a_comdat_and_an_ordinary_definition_are_two),
        test_on_x64(what_is_associated_stays_with_the_copy_that_is_kept),
        test_on_x64(what_is_associated_follows_the_largest),
        test_on_x64(what_is_associated_dies_with_what_nobody_needs),
        test_on_x64(unwind_records_are_those_of_the_copies_that_are_kept),
        TESTS_ON(copies_that_lost_lie_between_what_is_kept),
        test_on_x64(a_second_name_in_a_copy_that_lost_is_taken_from_elsewhere),
        TESTS_ON(comdats_of_static_functions_do_not_meet),
    };
    return cmocka_run_group_tests_name("COMDATs", tests, NULL, NULL);
}
