// What is in the image: /OPT:REF leaves out COMDATs that nobody refers to, /ORDER puts COMDATs in an order of the
// user's (link.exe, "/OPT", "/ORDER"). The symbol table that /DEBUG:SYMTAB leaves in the image tells what is there.

#include <string.h>

#include "tests/support/program.h"

#define START "/ENTRY:start /SUBSYSTEM:CONSOLE /DEBUG:SYMTAB"

static const char *symbol(struct program *p, const char *name)
{
    return p->platform == &platform_x86 ? scratch_format(&p->scratch, "_%s", name) : name;
}

static bool has(struct program *p, const char *name)
{
    return image_has_symbol(p->image, symbol(p, name));
}

static uint32_t rva(struct program *p, const char *name)
{
    return image_symbol_rva(p->image, symbol(p, name));
}

static const char chain[] =
    "int deep(int n) { return n + 3; } int used(int n) { return deep(n) * 2; } int unused(int n) { return n - 7; }\n"
    "int unused_too(int n) { return unused(n) * 5; } int variable = 4, unused_variable = 6;\n"
    "const int table[] = {1, 2, 3}; int start(void) { return used(variable); }";

static void what_nobody_refers_to_is_left_out(void **state)
{
    struct program *p = program(state);
    program_compile(p, chain, "/O1 /Ob0 /Gy /Gw");
    program_link(p, START " /OPT:REF,NOICF");
    assert_true(has(p, "used") && has(p, "deep") && has(p, "variable"));
    assert_false(has(p, "unused") || has(p, "unused_too") || has(p, "unused_variable") || has(p, "table"));
    assert_int_equal(program_run(p, ""), 14);
    program_link(p, START " /OPT:NOREF");
    assert_true(has(p, "unused") && has(p, "unused_too") && has(p, "unused_variable") && has(p, "table"));
    assert_int_equal(program_run(p, ""), 14);
}

// A section that is no COMDAT is in the image whatever happens, with all that it refers to.
static void ordinary_sections_stay(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int only_here(int); int start(void) { return 5; } int ordinary(int n) { return only_here(n); }",
                    "/O1 /Gy-");
    program_compile(p, "int only_here(int n) { return n * 2; } int nobody(int n) { return n * 3; }", "/O1 /Gy");
    program_link(p, START " /OPT:REF");
    assert_true(has(p, "ordinary") && has(p, "only_here"));
    assert_false(has(p, "nobody"));
}

static void when_it_is_left_out(void **state)
{
    struct program *p = program(state);
    program_compile(p, chain, "/O1 /Ob0 /Gy /Gw");
    static const struct {
        const char *options;
        bool is_there;
    } cases[] = {
        {"", false},
        {"/OPT:REF", false},
        {"/OPT:NOREF", true},
        {"/DEBUG", true},
        {"/DEBUG /OPT:REF", false},
        {"/PROFILE", false},
        {"/INCLUDE:unused", true},
        {"/EXPORT:unused", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        program_link(p, scratch_format(&p->scratch, "/ENTRY:start /SUBSYSTEM:CONSOLE %s", cases[i].options));
        // lea eax, [rcx - 7]: the body of `unused`.
        bool is_there = memmem(p->image->file, p->image->file_size, "\x8d\x41\xf9", 3) != NULL;
        if (is_there != cases[i].is_there)
            fail_with("%s: %s", cases[i].options, is_there ? "there" : "left out");
    }
}

// Unwind data lives with its function.
static void unwind_data_of_dead_functions_is_dead(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "void touch(volatile char *p) { p[3] = 1; }\n"
                    "int start(void) { volatile char room[50]; touch(room); return room[3]; }\n"
                    "int unused(void) { volatile char room[60]; touch(room); return room[3]; }",
                    "/O1 /Ob0 /Gy");
    program_link(p, START " /OPT:REF");
    assert_int_equal(p->image->directories[IMAGE_DIRECTORY_EXCEPTIONS].size, 12);
    program_link(p, START " /OPT:NOREF");
    assert_int_equal(p->image->directories[IMAGE_DIRECTORY_EXCEPTIONS].size, 24);
}

static void common_symbols_and_pointers_are_left_out_too(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "char room[100000]; __declspec(dllimport) int local(void); int local(void);\n"
                    "int unused(void) { return room[5] + local(); } int start(void) { return 6; }",
                    "/O1 /Gy /clang:-fcommon");
    program_compile(p, "int local(void) { return 1; }", "/O1 /Gy");
    program_link(p, START " /OPT:REF");
    assert_true(p->image->size_of_image < 100000);
    assert_int_equal(image_base_relocation_count(p->image), 0);
    assert_int_equal(program_run(p, ""), 6);
}

// --- /ORDER ---

static const char three_functions[] =
    "int first(int n) { return n + 1; } int second(int n) { return n + 2; } int third(int n) { return n + 3; }\n"
    "static int hidden(int n) { return n + 4; } int (*volatile pointer)(int) = hidden;\n"
    "int start(void) { return first(1) + second(1) + third(1) + pointer(1); }";

static void functions_are_put_in_order(void **state)
{
    struct program *p = program(state);
    program_compile(p, three_functions, "/O1 /Ob0 /Gy");
    program_link(p, START);
    assert_true(rva(p, "first") < rva(p, "second") && rva(p, "second") < rva(p, "third"));
    program_write(p, "order.txt",
                  scratch_format(&p->scratch, "%s\r\n; a comment\n\n  %s ; and another\n", symbol(p, "third"),
                                 symbol(p, "second")));
    program_link(p, START " /ORDER:@order.txt");
    assert_same_text(p->link.errors, "");
    assert_true(rva(p, "third") < rva(p, "second") && rva(p, "second") < rva(p, "first"));
    assert_int_equal(rva(p, "third"), image_section(p->image, ".text")->rva);
    assert_int_equal(program_run(p, ""), 2 + 3 + 4 + 5);
}

static void a_static_function_is_named_with_its_object(void **state)
{
    struct program *p = program(state);
    program_compile(p, three_functions, "/O1 /Ob0 /Gy");
    program_compile(p, "static int hidden(int n) { return n + 9; } int (*volatile other)(int) = hidden;", "/O1 /Gy");
    program_write(p, "order.txt",
                  scratch_format(&p->scratch, "2.obj:%s\n1.obj:%s\n", symbol(p, "hidden"), symbol(p, "hidden")));
    program_link(p, START " /ORDER:@order.txt /OPT:NOICF");
    assert_same_text(p->link.errors, "");
    uint32_t text = image_section(p->image, ".text")->rva;
    uint64_t other = image_pointer(p->image, rva(p, "other")) - p->image->base;
    uint64_t pointer = image_pointer(p->image, rva(p, "pointer")) - p->image->base;
    assert_int_equal(other, text);
    assert_true(pointer > other && pointer < rva(p, "first"));
    assert_int_equal(program_run(p, ""), 2 + 3 + 4 + 5);
}

static void what_is_ordered_and_not_there_is_a_warning(void **state)
{
    struct program *p = program(state);
    program_compile(p, three_functions, "/O1 /Ob0 /Gy");
    program_write(p, "order.txt", "nowhere\n");
    program_link(p, START " /ORDER:@order.txt");
    assert_contains(p->link.errors, "warning: order.txt: missing symbol: nowhere [LNK4037]");
    program_link_fails(p, START " /ORDER:@nofile.txt", "nofile.txt");
    program_link_fails(p, START " /ORDER:order.txt", "/order");
}

#define TESTS_ON(f) test_on_x64(f), test_on_x86(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTS_ON(what_nobody_refers_to_is_left_out),
        test_on_x64(ordinary_sections_stay),
        test_on_x64(when_it_is_left_out),
        test_on_x64(unwind_data_of_dead_functions_is_dead),
        test_on_x64(common_symbols_and_pointers_are_left_out_too),
        TESTS_ON(functions_are_put_in_order),
        TESTS_ON(a_static_function_is_named_with_its_object),
        test_on_x64(what_is_ordered_and_not_there_is_a_warning),
    };
    return cmocka_run_group_tests_name("liveness", tests, NULL, NULL);
}
