// ARM64 images, linked, run by Wine under qemu and read back: what is peculiar to the machine. What all machines have
// in common is tested where they are, samples (the program that patches itself among them) in test_samples.c.

#include "tests/support/program.h"

#include <stdio.h>

#define ARM64(name) SOURCE_FOLDER "/tests/programs/arm64/" name
#define MSVC(name)  SOURCE_FOLDER "/tests/programs/msvc/" name
#define COMPILATION "/O2 /Gy /hotpatch /Z7"

// --- programs ---

static void thread_local_variables(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, ARM64("thread_local.c"), NULL, COMPILATION);
    program_compile_as(p, MSVC("thread_local_other.c"), NULL, COMPILATION);
    program_compile_as(p, MSVC("tls_support.c"), NULL, COMPILATION);
    program_add_import_library(p, "teb.lib", "LIBRARY ntdll.dll\nEXPORTS\nNtCurrentTeb\n");
    program_link_with_run_time(p, "/FUNCTIONPADMIN");
    assert_same_text(program_output(p, ""), "thread 0: 110 -40 0 5 aligned template\n"
                                            "thread 1: 110 -40 0 5 aligned template\n"
                                            "thread 2: 110 -40 0 5 aligned template\n"
                                            "thread 3: 110 -40 0 5 aligned template\n"
                                            "main: 7 -50\n");
    assert_int_equal(p->image->directories[IMAGE_DIRECTORY_TLS].size, 40);
}

static void exceptions(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, ARM64("exceptions.c"), NULL, COMPILATION);
    program_link_with_run_time(p, "/FUNCTIONPADMIN");
    assert_same_text(program_output(p, ""), "filter: e0001234\nfinally\ncaught\nfilter: e0001234\ncaught again\n");
}

// A jump table of the compiler's and one of pointers, which the loader has to correct in an image that moves.
static void switch_table(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "int twice(int a) { return 2 * a; }\n"
                    "int pick(int a)\n"
                    "{\n"
                    "    switch (a) {\n"
                    "    case 0: return twice(21);\n"
                    "    case 1: return 17;\n"
                    "    case 2: return twice(4);\n"
                    "    case 3: return 1234;\n"
                    "    case 4: return twice(twice(9));\n"
                    "    case 5: return 4;\n"
                    "    default: return -1;\n"
                    "    }\n"
                    "}\n"
                    "static int five(void) { return 5; }\n"
                    "static int six(void) { return 6; }\n"
                    "int (*const table[])(void) = {five, six};\n"
                    "int through_table(int a) { return table[a & 1](); }\n",
                    "/O1 /clang:-fno-inline");
    program_link(p, "/DLL /NOENTRY /EXPORT:pick /EXPORT:through_table /FUNCTIONPADMIN");
    const int expected[] = {42, 17, 8, 1234, 36, 4, -1};
    for (int i = 0; i < 7; i++)
        assert_int_equal((int)program_call(p, "pick", i), expected[i]);
    assert_int_equal((int)program_call(p, "through_table", 3), 6);
    assert_int_equal(image_base_relocation_count(p->image), 2);
}

// Two DLLs want the same address, so that one of them moves; functions and a variable come through mylink's own import
// libraries.
static void own_import_libraries_and_moved_image(void **state)
{
    struct program *p = program(state);
    const char *const source =
        "static int hidden = %d;\n"
        "int *const pointer_%s = &hidden;\n"
        "__declspec(dllexport) int variable_%s = %d;\n"
        "__declspec(dllexport) int function_%s(int a) { return a + *pointer_%s + variable_%s; }\n";
    const char *const names[] = {"one", "two"};
    for (int i = 0; i < 2; i++) {
        const char *n = names[i];
        program_begin_image(p, scratch_format(&p->scratch, "%s.dll", n));
        program_compile(p, scratch_format(&p->scratch, source, 100 * (i + 1), n, n, 1000 * (i + 1), n, n, n), "/Od");
        program_link(p, scratch_format(&p->scratch, "/DLL /NOENTRY /BASE:0x180000000 /IMPLIB:%s.lib", n));
    }
    program_begin_image(p, "program.exe");
    program_compile(p,
                    "#include <stdio.h>\n"
                    "__declspec(dllimport) int variable_one, variable_two;\n"
                    "__declspec(dllimport) int function_one(int);\n"
                    "int function_two(int); // through a thunk\n"
                    "int main(void)\n"
                    "{\n"
                    "    variable_one++;\n"
                    "    printf(\"%d %d\\n\", function_one(7), function_two(8));\n"
                    "    printf(\"%d %d\\n\", variable_one, variable_two);\n"
                    "    return 0;\n"
                    "}\n",
                    "/O2");
    program_add_input(p, "one.lib");
    program_add_input(p, "two.lib");
    program_link_with_run_time(p, "/FUNCTIONPADMIN");
    assert_same_text(program_output(p, ""), "1108 2208\n1001 2000\n");
}

// The tail of a delay-load thunk keeps whatever an argument may be in: eight integers, eight vectors, the stack, and
// the place of a returned structure.
static void delay_loaded_function(void **state)
{
    struct program *p = program(state);
    program_begin_image(p, "late.dll");
    program_compile(p,
                    "struct big { long long a[5]; };\n"
                    "__declspec(dllexport) struct big gather(long long a, long long b, long long c, long long d,\n"
                    "    long long e, long long f, long long g, long long h, double s, double t, double u, double v,\n"
                    "    double w, double x, double y, double z, long long i)\n"
                    "{\n"
                    "    return (struct big){{a + 2 * b + 3 * c + 4 * d, e + 2 * f + 3 * g + 4 * h,\n"
                    "        (long long)(s + 2 * t + 3 * u + 4 * v), (long long)(w + 2 * x + 3 * y + 4 * z), i}};\n"
                    "}\n",
                    "/O2");
    program_link(p, "/DLL /NOENTRY /IMPLIB:late.lib");
    program_begin_image(p, "program.exe");
    program_compile(p,
                    "#include <stdio.h>\n"
                    "#include <windows.h>\n"
                    "struct big { long long a[5]; };\n"
                    "struct big gather(long long, long long, long long, long long, long long, long long, long long,\n"
                    "    long long, double, double, double, double, double, double, double, double, long long);\n"
                    "struct descriptor { DWORD attributes, name, module, addresses, names, bound, unload, time; };\n"
                    "extern char __ImageBase;\n"
                    "static int loads;\n"
                    "FARPROC __delayLoadHelper2(const struct descriptor *d, FARPROC *slot)\n"
                    "{\n"
                    "    char *base = &__ImageBase;\n"
                    "    FARPROC *slots = (FARPROC *)(base + d->addresses);\n"
                    "    ULONG_PTR *names = (ULONG_PTR *)(base + d->names);\n"
                    "    volatile double trash[8] = {1, 2, 3, 4, 5, 6, 7, 8};\n"
                    "    HMODULE module = LoadLibraryA(base + d->name);\n"
                    "    loads++;\n"
                    "    return *slot = GetProcAddress(module, base + names[slot - slots] + 2);\n"
                    "}\n"
                    "int main(void)\n"
                    "{\n"
                    "    for (int i = 0; i < 2; i++) {\n"
                    "        struct big r = gather(1, 2, 3, 4, 5, 6, 7, 8, 1.5, 2, 3, 4, 5, 6, 7, 8.25, 99);\n"
                    "        printf(\"%d %d %d %d %d\\n\", (int)r.a[0], (int)r.a[1], (int)r.a[2], (int)r.a[3],\n"
                    "            (int)r.a[4]);\n"
                    "    }\n"
                    "    printf(\"%d\\n\", loads);\n"
                    "    return 0;\n"
                    "}\n",
                    "/O2");
    program_add_input(p, "late.lib");
    program_link_with_run_time(p, "/FUNCTIONPADMIN /DELAYLOAD:late.dll");
    assert_same_text(program_output(p, ""), "30 70 30 71 99\n30 70 30 71 99\n1\n");
    assert_false(image_imports(p->image, "late.dll", "gather"));
}

// --- range thunks ---

// Where `bits` bits of distance in the instruction at `rva`, from bit `position` on, lead (Arm Architecture Reference
// Manual: B, B.cond, TBZ).
static uint32_t branch_target(const struct image *image, uint32_t rva, unsigned bits, unsigned position)
{
    uint32_t field = image_u32(image, rva) >> position & ((1u << bits) - 1);
    int64_t distance = ((int64_t)field ^ (1 << (bits - 1))) - (1 << (bits - 1));
    return (uint32_t)(rva + 4 * distance);
}

// What a thunk at `rva`, a function with a pad of `pad` bytes, jumps to.
static uint32_t thunk_target(const struct image *image, uint32_t rva, uint32_t pad)
{
    uint32_t adrp = image_u32(image, rva), add = image_u32(image, rva + 4);
    assert_int_equal(adrp & 0x9f00001f, 0x90000010);
    assert_int_equal(add & 0xffc003ff, 0x91000210);
    assert_int_equal(image_u32(image, rva + 8), 0xd61f0200);
    for (uint32_t at = rva - pad; at < rva; at += 4)
        assert_int_equal(image_u32(image, at), 0xd43e0000);
    uint32_t pages = (adrp >> 29 & 3) | (adrp >> 5 & 0x7ffff) << 2;
    pages = (pages ^ 0x100000) - 0x100000;
    return (rva & ~0xfffu) + (pages << 12) + (add >> 10 & 0xfff);
}

// Functions 130 MB apart, so that even `bl` can't reach, in both directions.
static void code_larger_than_every_branch(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "#include <stdio.h>\n"
                    "int classify(int), far_other(int);\n"
                    "int main(void)\n"
                    "{\n"
                    "    for (int i = 0; i < 9; i++)\n"
                    "        printf(\"%d \", classify(i));\n"
                    "    printf(\"%d\\n\", far_other(11));\n"
                    "    return 0;\n"
                    "}\n",
                    "/O2");
    program_compile_as(p, ARM64("far_branches.s"), NULL, NULL);
    program_compile_as(p, ARM64("gap.s"), NULL, NULL);
    program_compile_as(p, ARM64("far_targets.s"), NULL, NULL);
    program_link_with_run_time(p, "/FUNCTIONPADMIN /DEBUG:SYMTAB");
    assert_same_text(program_output(p, ""), "1000 25 2000 65 2000 105 2000 7000 2000 225\n");

    const struct image *image = p->image;
    uint32_t zero = branch_target(image, image_symbol_rva(image, "zero_branch"), 19, 5);
    uint32_t even = branch_target(image, image_symbol_rva(image, "even_branch"), 14, 5);
    uint32_t other = branch_target(image, image_symbol_rva(image, "other_branch"), 26, 0);
    uint32_t back = branch_target(image, image_symbol_rva(image, "call_back"), 26, 0);
    assert_int_equal(thunk_target(image, zero, 16), image_symbol_rva(image, "far_zero"));
    assert_int_equal(thunk_target(image, even, 16), image_symbol_rva(image, "far_even"));
    assert_int_equal(thunk_target(image, other, 16), image_symbol_rva(image, "far_other"));
    assert_int_equal(thunk_target(image, back, 16), image_symbol_rva(image, "near_twice"));
}

static void one_thunk_for_all_that_reach_it(void **state)
{
    struct program *p = program(state);
    // Two calls share a thunk; two short branches, 40 KB apart, can't. The first one's thunk stands before its section,
    // the second one's behind it.
    program_compile_as(p, "branches.s",
                       ".section .text$a,\"xr\"\n"
                       "start: ret\n"
                       ".section .text$b,\"xr\"\n"
                       ".globl first_call, second_call, first_test, second_test\n"
                       "first_call: bl far\n"
                       "first_test: tbz x0, #3, far\n"
                       ".space 40000\n"
                       "second_test: tbnz x1, #9, far\n"
                       "second_call: bl far\n"
                       ".section .text$c,\"xr\"\n"
                       ".space 0x8100000\n"
                       ".section .text$d,\"xr\"\n"
                       ".globl far\n"
                       "far: ret\n",
                       NULL);
    program_link(p, "/DLL /NOENTRY /DEBUG:SYMTAB /OPT:NOREF");
    const struct image *image = p->image;
    uint32_t calls[] = {branch_target(image, image_symbol_rva(image, "first_call"), 26, 0),
                        branch_target(image, image_symbol_rva(image, "second_call"), 26, 0)};
    uint32_t tests[] = {branch_target(image, image_symbol_rva(image, "first_test"), 14, 5),
                        branch_target(image, image_symbol_rva(image, "second_test"), 14, 5)};
    uint32_t far = image_symbol_rva(image, "far");
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(thunk_target(image, calls[i], 0), far);
        assert_int_equal(thunk_target(image, tests[i], 0), far);
        assert_int_equal(calls[i], tests[i]);
    }
    assert_true(tests[0] < image_symbol_rva(image, "first_call"));
    assert_true(tests[1] > image_symbol_rva(image, "second_call"));
}

// Branch number i reaches its target until the thunks of i others have come in between: layouts one after the other
// would find them one at a time. The arithmetic: chunks a(n-1) … a(0), a filler, then 16 bytes for each target t(n-1) …
// t(0), where the distance from a(i) to t(i) is 32764 + 4 - 12 * i, and a thunk takes 12.
static void each_thunk_asks_for_the_next(void **state)
{
    struct program *p = program(state);
    struct scratch *scratch = &p->scratch;
    enum { COUNT = 100 };
    char *source = scratch_format(scratch, ".text\n");
    for (int i = COUNT - 1; i >= 0; i--)
        source = scratch_format(scratch, "%s.section .text$a%04d,\"xr\"\n.globl a%d\na%d: tbz x0, #0, t%d\n", source,
                                COUNT - i, i, i, i);
    source = scratch_format(scratch, "%s.section .text$b,\"xr\"\n.space %d\n", source,
                            32764 + 4 - 12 * (COUNT - 1) - 4 * COUNT);
    for (int i = COUNT - 1; i >= 0; i--)
        source = scratch_format(scratch, "%s.section .text$c%04d,\"xr\"\n.globl t%d\nt%d: ret\nnop\nnop\nnop\n", source,
                                COUNT - i, i, i);
    program_compile_as(p, "chain.s", source, NULL);
    program_link(p, "/DLL /NOENTRY /DEBUG:SYMTAB /OPT:NOREF");
    for (int i = 0; i < COUNT; i++) {
        uint32_t rva = image_symbol_rva(p->image, scratch_format(scratch, "a%d", i));
        uint32_t thunk = branch_target(p->image, rva, 14, 5);
        assert_int_equal(thunk_target(p->image, thunk, 0),
                         image_symbol_rva(p->image, scratch_format(scratch, "t%d", i)));
    }
}

// Just enough room behind a section: of two short branches at its start, the first has its thunk right behind the
// section, where the second one's target is out of reach then; its own thunk stands behind the other's, and reaches as
// far as can be.
static void thunks_stay_where_they_are(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "tight.s",
                       ".section .text$b,\"xr\"\n.globl a, b, end, near, far\n"
                       "a: tbz x0, #0, far\n"
                       "b: tbz x0, #0, near\n"
                       ".space 32756 - 8\n"
                       "end:\n"
                       ".section .text$c,\"xr\"\n.space 12\n"
                       ".section .text$d,\"xr\"\nnear: ret\n"
                       ".section .text$e,\"xr\"\n.space 100000\n"
                       ".section .text$f,\"xr\"\nfar: ret\n",
                       NULL);
    program_link(p, "/DLL /NOENTRY /DEBUG:SYMTAB /OPT:NOREF");
    const struct image *image = p->image;
    uint32_t first = branch_target(image, image_symbol_rva(image, "a"), 14, 5);
    uint32_t second = branch_target(image, image_symbol_rva(image, "b"), 14, 5);
    assert_int_equal(first, image_symbol_rva(image, "end"));
    assert_int_equal(second, first + 12);
    assert_int_equal(thunk_target(image, first, 0), image_symbol_rva(image, "far"));
    assert_int_equal(thunk_target(image, second, 0), image_symbol_rva(image, "near"));
}

// Five hundred functions of all sizes and branches of all lengths between them, by chance (always the same): each gets
// to its target.
static void every_branch_gets_there(void **state)
{
    struct program *p = program(state);
    struct scratch *scratch = &p->scratch;
    enum { FUNCTIONS = 500, BRANCHES = 4 };
    uint32_t chance = 12345;
#define CHANCE(limit) ((chance = chance * 1664525 + 1013904223), (chance >> 8) % (limit))
    static const struct {
        const char *text;
        unsigned bits, position;
    } kinds[] = {{"tbz x0, #1,", 14, 5}, {"cbnz x0,", 19, 5}, {"bl", 26, 0}};
    unsigned targets[FUNCTIONS][BRANCHES], types[FUNCTIONS][BRANCHES];
    char *source = scratch_allocate(scratch, (size_t)FUNCTIONS * (BRANCHES * 40 + 120) + 100), *at = source;
    for (unsigned i = 0; i < FUNCTIONS; i++) {
        at += sprintf(at, ".section .text$%03u,\"xr\"\n.p2align %u\n.globl f%u\nf%u:\n", i, 2 + CHANCE(5), i, i);
        for (unsigned k = 0; k < BRANCHES; k++) {
            targets[i][k] = CHANCE(FUNCTIONS);
            types[i][k] = CHANCE(3);
            at += sprintf(at, "%s f%u\n", kinds[types[i][k]].text, targets[i][k]);
        }
        at += sprintf(at, "ret\n.space %u\n", 4 * CHANCE(2000));
    }
    program_compile_as(p, "chance.s", source, NULL);
    program_link(p, "/DLL /NOENTRY /DEBUG:SYMTAB /OPT:NOREF /FUNCTIONPADMIN");
    uint32_t rvas[FUNCTIONS];
    for (unsigned i = 0; i < FUNCTIONS; i++)
        rvas[i] = image_symbol_rva(p->image, scratch_format(scratch, "f%u", i));
    unsigned through_thunks = 0;
    for (unsigned i = 0; i < FUNCTIONS; i++) {
        for (unsigned k = 0; k < BRANCHES; k++) {
            unsigned bits = kinds[types[i][k]].bits, position = kinds[types[i][k]].position;
            uint32_t to = branch_target(p->image, rvas[i] + 4 * k, bits, position);
            if (to != rvas[targets[i][k]]) {
                through_thunks++;
                to = thunk_target(p->image, to, 16);
            }
            assert_int_equal(to, rvas[targets[i][k]]);
        }
    }
    assert_true(through_thunks > FUNCTIONS / 2 && through_thunks < FUNCTIONS * BRANCHES);
}

// In the middle of a section too large for it a short branch can't be helped.
static void branch_too_far_from_every_thunk(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "branches.s",
                       ".section .text$b,\"xr\"\n"
                       ".space 40000\n"
                       "tbz x0, #3, far\n"
                       ".space 40000\n"
                       ".section .text$d,\"xr\"\n"
                       ".globl far\n"
                       "far: ret\n",
                       NULL);
    program_link_fails(p, "/DLL /NOENTRY /OPT:NOREF", "relocation out of range: IMAGE_REL_ARM64_BRANCH14 against far");
    assert_contains(p->link.errors, "(.text$b) at offset 0x9c40");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_arm64(thread_local_variables),
        test_on_arm64(exceptions),
        test_on_arm64(switch_table),
        test_on_arm64(own_import_libraries_and_moved_image),
        test_on_arm64(delay_loaded_function),
        test_on_arm64(code_larger_than_every_branch),
        test_on_arm64(one_thunk_for_all_that_reach_it),
        test_on_arm64(each_thunk_asks_for_the_next),
        test_on_arm64(thunks_stay_where_they_are),
        test_on_arm64(every_branch_gets_there),
        test_on_arm64(branch_too_far_from_every_thunk),
    };
    return cmocka_run_group_tests_name("arm64", tests, NULL, NULL);
}
