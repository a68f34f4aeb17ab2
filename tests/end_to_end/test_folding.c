// Identical code folding, /OPT:ICF: what no program can tell apart but by its address is one. Each case is a pair of
// COMDATs whose names are exported; they are one when their RVAs are.

#include <string.h>

#include "tests/support/program.h"

static bool are_one(struct program *p, const char *a, const char *b)
{
    return image_export_rva(p->image, a) == image_export_rva(p->image, b);
}

// A DLL that exports `f` and `g`, and folds.
static void link_pair(struct program *p)
{
    program_link(p, "/DLL /NOENTRY /EXPORT:f /EXPORT:g /OPT:REF,ICF");
}

static void same_functions_are_one(void **state)
{
    struct program *p = program(state);
    program_compile(
        p, "int f(int n) { return 3 * n + 1; } int g(int n) { return 3 * n + 1; } int h(int n) { return 3 * n + 2; }",
        "/O1 /Gy");
    program_compile(p, "int elsewhere(int n) { return 3 * n + 1; }", "/O1 /Gy");
    program_link(p, "/DLL /NOENTRY /EXPORT:f /EXPORT:g /EXPORT:h /EXPORT:elsewhere /OPT:REF,ICF");
    assert_true(are_one(p, "f", "g"));
    assert_true(are_one(p, "f", "elsewhere"));
    assert_false(are_one(p, "f", "h"));
    assert_int_equal((int)program_call(p, "g", 5), 16);
    assert_int_equal((int)program_call(p, "h", 5), 17);
}

static void when_it_folds(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int f(int n) { return 3 * n; } int g(int n) { return 3 * n; }", "/O1 /Gy");
    static const struct {
        const char *options;
        bool folds;
    } cases[] = {
        {"", true},
        {"/OPT:NOICF", false},
        {"/OPT:ICF", true},
        {"/OPT:ICF=4", true},
        {"/OPT:NOREF", false},
        {"/OPT:NOREF,ICF", true},
        {"/DEBUG", false},
        {"/DEBUG /OPT:REF", true},
        {"/DEBUG /OPT:ICF", true},
        {"/OPT:REF,NOICF", false},
        {"/PROFILE", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        program_link(p, scratch_format(&p->scratch, "/DLL /NOENTRY /EXPORT:f /EXPORT:g %s", cases[i].options));
        if (are_one(p, "f", "g") != cases[i].folds)
            fail_with("%s: %s", cases[i].options, cases[i].folds ? "not folded" : "folded");
    }
}

// Without /Gy functions share a section: there is nothing to fold.
static void ordinary_sections_are_not_folded(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int f(int n) { return 3 * n; }", "/O1 /Gy-");
    program_compile(p, "int g(int n) { return 3 * n; }", "/O1 /Gy-");
    link_pair(p);
    assert_false(are_one(p, "f", "g"));
}

static void functions_that_refer_to_other_things_stay_apart(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "int a = 1, b = 2; int f(void) { return a; } int g(void) { return b; }\n"
                    "int h(void) { return a; } int i(void) { return *(&a + 1); }",
                    "/O1 /Gy");
    program_link(p, "/DLL /NOENTRY /EXPORT:f /EXPORT:g /EXPORT:h /EXPORT:i /OPT:REF,ICF");
    assert_false(are_one(p, "f", "g"));
    assert_true(are_one(p, "f", "h"));
    assert_false(are_one(p, "f", "i"));
}

// f1 and g1 call f2 and g2, which call f3 and g3, which are the same: then all are.
static void sameness_goes_up_chains_of_calls(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "int f3(int n) { return n * 7; } int g3(int n) { return n * 7; }\n"
                    "int f2(int n) { return f3(n) + 2; } int g2(int n) { return g3(n) + 2; }\n"
                    "int f(int n) { return f2(n) + 1; } int g(int n) { return g2(n) + 1; }",
                    "/O1 /Ob0 /Gy");
    link_pair(p);
    assert_true(are_one(p, "f", "g"));
    assert_int_equal((int)program_call(p, "g", 1), 10);
    // One difference at the bottom keeps all of them apart.
    p->inputs.count = 0;
    program_compile(p,
                    "int f3(int n) { return n * 7; } int g3(int n) { return n * 8; }\n"
                    "int f2(int n) { return f3(n) + 2; } int g2(int n) { return g3(n) + 2; }\n"
                    "int f(int n) { return f2(n) + 1; } int g(int n) { return g2(n) + 1; }",
                    "/O1 /Ob0 /Gy");
    link_pair(p);
    assert_false(are_one(p, "f", "g"));
    assert_int_equal((int)program_call(p, "f", 1), 10);
    assert_int_equal((int)program_call(p, "g", 1), 11);
}

static void functions_that_call_each_other_are_one(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "int g(int n); int f(int n) { return n < 2 ? 1 : n * g(n - 1); } int g(int n) { return n < 2 ? 1 : "
                    "n * f(n - 1); }\n"
                    "int self(int n) { return n < 2 ? 1 : n * self(n - 1); }",
                    "/O1 /Ob0 /Gy -fno-optimize-sibling-calls -Xclang -disable-llvm-passes");
    program_link(p, "/DLL /NOENTRY /EXPORT:f /EXPORT:g /EXPORT:self /OPT:REF,ICF");
    assert_true(are_one(p, "f", "g"));
    assert_int_equal((int)program_call(p, "f", 5), 120);
    assert_int_equal((int)program_call(p, "self", 5), 120);
}

// --- unwind data ---

// A function of a COMDAT of its own: the same five bytes always, and what its unwind data says of them.
static const char *function_text(struct program *p, const char *name, const char *unwind)
{
    return scratch_format(&p->scratch,
                          ".section .text,\"xr\",one_only,%s\n.globl %s\n.seh_proc %s\n%s:\n"
                          " pushq %%rbx\n%s popq %%rbx\n movl $1, %%eax\n ret\n.seh_endproc\n",
                          name, name, name, name, unwind);
}

static void check_unwind(void **state, const char *f, const char *g, bool one)
{
    struct program *p = program(state);
    program_compile_as(p, "a.s",
                       scratch_format(&p->scratch,
                                      "%s%s.section .text,\"xr\",one_only,handler\nhandler: ret\n.section "
                                      ".text,\"xr\",one_only,other\nother: nop\n ret\n",
                                      function_text(p, "f", f), function_text(p, "g", g)),
                       "");
    link_pair(p);
    assert_int_equal(are_one(p, "f", "g"), one);
    // Each function that is there has one record.
    assert_int_equal(p->image->directories[IMAGE_DIRECTORY_EXCEPTIONS].size, one ? 12 : 24);
}

static void same_unwind_data(void **state)
{
    check_unwind(state, ".seh_pushreg %rbx\n.seh_endprologue\n", ".seh_pushreg %rbx\n.seh_endprologue\n", true);
}

static void other_unwind_codes(void **state)
{
    check_unwind(state, ".seh_pushreg %rbx\n.seh_endprologue\n", ".seh_pushreg %rsi\n.seh_endprologue\n", false);
}

static void other_handlers(void **state)
{
    check_unwind(state, ".seh_handler handler, @except\n.seh_pushreg %rbx\n.seh_endprologue\n",
                 ".seh_handler other, @except\n.seh_pushreg %rbx\n.seh_endprologue\n", false);
}

static void same_handlers(void **state)
{
    check_unwind(state, ".seh_handler handler, @except\n.seh_pushreg %rbx\n.seh_endprologue\n",
                 ".seh_handler handler, @except\n.seh_pushreg %rbx\n.seh_endprologue\n", true);
}

static void unwind_data_and_none(void **state)
{
    struct program *p = program(state);
    program_compile_as(
        p, "a.s",
        scratch_format(
            &p->scratch,
            "%s.section .text,\"xr\",one_only,g\n.globl g\ng:\n pushq %%rbx\n popq %%rbx\n movl $1, %%eax\n ret\n",
            function_text(p, "f", ".seh_pushreg %rbx\n.seh_endprologue\n")),
        "");
    link_pair(p);
    assert_false(are_one(p, "f", "g"));
}

// --- what else belongs to a function ---

// Registration data hangs on each function: both have to stay.
static void functions_with_associated_data_stay_apart(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "a.s",
                       ".section .text,\"xr\",one_only,f\n.globl f\nf: movl $1, %eax\n ret\n"
                       ".section .mine$m,\"dr\",associative,f\n.ascii \"one\"\n"
                       ".section .text,\"xr\",one_only,g\n.globl g\ng: movl $1, %eax\n ret\n"
                       ".section .mine$m,\"dr\",associative,g\n.ascii \"two\"\n",
                       "");
    link_pair(p);
    assert_false(are_one(p, "f", "g"));
    assert_int_equal(image_section(p->image, ".mine")->virtual_size, 6);
}

// --- data ---

static void constants_are_folded_and_variables_are_not(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "a.s",
                       ".section .rdata,\"dr\",one_only,f\n.globl f\nf: .long 1, 2, 3\n"
                       ".section .rdata,\"dr\",one_only,g\n.globl g\ng: .long 1, 2, 3\n"
                       ".section .data,\"dw\",one_only,h\n.globl h\nh: .long 1, 2, 3\n"
                       ".section .data,\"dw\",one_only,i\n.globl i\ni: .long 1, 2, 3\n",
                       "");
    program_link(p, "/DLL /NOENTRY /EXPORT:f,DATA /EXPORT:g,DATA /EXPORT:h,DATA /EXPORT:i,DATA /OPT:REF,ICF");
    assert_true(are_one(p, "f", "g"));
    assert_false(are_one(p, "h", "i"));
}

// Tables of virtual functions of classes with the same functions.
static void tables_of_functions_are_folded(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "a.s",
                       ".section .text,\"xr\",one_only,m1\nm1: movl $1, %eax\n ret\n"
                       ".section .text,\"xr\",one_only,m2\nm2: movl $1, %eax\n ret\n"
                       ".section .rdata,\"dr\",one_only,f\n.globl f\nf: .quad m1, m2\n"
                       ".section .rdata,\"dr\",one_only,g\n.globl g\ng: .quad m2, m1\n"
                       ".section .rdata,\"dr\",one_only,h\n.globl h\nh: .quad m2, h\n",
                       "");
    program_link(p, "/DLL /NOENTRY /EXPORT:f,DATA /EXPORT:g,DATA /EXPORT:h,DATA /OPT:REF,ICF");
    assert_true(are_one(p, "f", "g"));
    assert_false(are_one(p, "f", "h"));
}

static void the_largest_alignment_is_kept(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "a.s",
                       ".section .text,\"xr\",one_only,pad\n.globl pad\npad: nop\n ret\n"
                       ".section .text,\"xr\",one_only,f\n.globl f\nf: movl $1, %eax\n ret\n"
                       ".section .text,\"xr\",one_only,g\n.globl g\n.p2align 6\ng: movl $1, %eax\n ret\n",
                       "");
    program_link(p, "/DLL /NOENTRY /EXPORT:pad /EXPORT:f /EXPORT:g /OPT:REF,ICF");
    if (are_one(p, "f", "g"))
        assert_int_equal(image_export_rva(p->image, "f") % 64, 0);
    assert_int_equal(image_export_rva(p->image, "g") % 64, 0);
}

// Names of the linker's own that get their places last are not all the same zero.
static void pointers_to_the_linkers_names_stay_apart(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "a.s",
                       ".section .rdata,\"dr\",one_only,f\n.globl f\nf: .quad __guard_fids_table\n"
                       ".section .rdata,\"dr\",one_only,g\n.globl g\ng: .quad __guard_iat_table\n"
                       ".section .rdata,\"dr\",one_only,h\n.globl h\nh: .quad __guard_fids_table\n",
                       "");
    program_link(p, "/DLL /NOENTRY /EXPORT:f,DATA /EXPORT:g,DATA /EXPORT:h,DATA /OPT:REF,ICF");
    assert_false(are_one(p, "f", "g"));
    assert_true(are_one(p, "f", "h"));
}

#define TESTS_ON(f) test_on_x64(f), test_on_x86(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTS_ON(same_functions_are_one),
        test_on_x64(when_it_folds),
        test_on_x64(ordinary_sections_are_not_folded),
        TESTS_ON(functions_that_refer_to_other_things_stay_apart),
        TESTS_ON(sameness_goes_up_chains_of_calls),
        TESTS_ON(functions_that_call_each_other_are_one),
        test_on_x64(same_unwind_data),
        test_on_x64(other_unwind_codes),
        test_on_x64(other_handlers),
        test_on_x64(same_handlers),
        test_on_x64(unwind_data_and_none),
        test_on_x64(functions_with_associated_data_stay_apart),
        test_on_x64(constants_are_folded_and_variables_are_not),
        test_on_x64(tables_of_functions_are_folded),
        test_on_x64(the_largest_alignment_is_kept),
        test_on_x64(pointers_to_the_linkers_names_stay_apart),
    };
    return cmocka_run_group_tests_name("folding", tests, NULL, NULL);
}
