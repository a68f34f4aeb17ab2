// ARM64: relocations against lld-link; each instruction's field at the edges of its range against what llvm-mc
// makes of the same instruction with a number; thunks as llvm-objdump reads them.

#include "tests/support/checks.h"
#include "tests/unit/target_truth.h"

#include "common/pe.h"

#define BASE 0x140000000

static int set_up(void **state)
{
    static struct scratch scratch;
    *state = &scratch;
    return 0;
}

static int tear_down(void **state)
{
    scratch_free(*state);
    return 0;
}

static const char object_source[] = ".section .code,\"xr\"\n"
                                    "f: b g\n"
                                    "   bl h\n"
                                    "   b.ne h\n"
                                    "   cbz x3, h\n"
                                    "   tbnz x3, #33, h\n"
                                    "   adrp x0, d\n"
                                    "   adrp x0, d+0x1008\n"
                                    "   adrp x0, d-0x1008\n"
                                    "   adr x1, h+3\n"
                                    "   add x0, x0, :lo12:d\n"
                                    "   add x0, x0, :lo12:d+0x108\n"
                                    "   ldrb w0, [x0, :lo12:d+3]\n"
                                    "   ldrh w0, [x0, :lo12:d+2]\n"
                                    "   ldrsw x0, [x0, :lo12:d+4]\n"
                                    "   ldr x0, [x0, :lo12:d]\n"
                                    "   str x0, [x0, :lo12:d+8]\n"
                                    "   prfm pldl1keep, [x0, :lo12:d+8]\n"
                                    "   ldr b0, [x0, :lo12:d+1]\n"
                                    "   ldr h0, [x0, :lo12:d+2]\n"
                                    "   ldr s0, [x0, :lo12:d+4]\n"
                                    "   ldr d0, [x0, :lo12:d+8]\n"
                                    "   ldr q0, [x0, :lo12:d+16]\n"
                                    "   str q0, [x0, :lo12:d+32]\n"
                                    "   add x0, x0, :secrel_hi12:e\n"
                                    "   add x0, x0, :secrel_lo12:e\n"
                                    "   ldr x0, [x0, :secrel_lo12:e]\n"
                                    "   ldr q0, [x0, :secrel_lo12:e+16]\n"
                                    "g: ret\n"
                                    ".section .far,\"xr\"\n"
                                    "   .zero 0x5430\n"
                                    "h: bl f\n"
                                    "   ret\n"
                                    ".section .var,\"dw\"\n"
                                    "   .p2align 4\n"
                                    "   .zero 0x3560\n"
                                    "d: .quad f, d-1, absolute\n"
                                    "   .long f@IMGREL, d@IMGREL+12, f-.\n"
                                    "   .secrel32 d\n"
                                    "   .secidx h\n"
                                    "   .secidx absolute\n"
                                    "   .zero 0x9f00\n"
                                    "   .p2align 4\n"
                                    "e: .quad 0x1122334455667788\n"
                                    ".section .types,\"dr\"\n"
                                    "   .long absolute, absolute-1\n";

static void writes_what_lld_writes(void **state)
{
    uint32_t covered = 0;
    truth_compare_with_lld(*state, &truth_arm64, object_source, NULL, BASE, "", &covered);
    assert_int_equal(covered, 0x3ffff & ~(1u << REL_ARM64_ABSOLUTE | 1u << REL_ARM64_TOKEN));
}

#define CHECK(cases) truth_check_cases(*state, &truth_arm64, BASE, cases, sizeof(cases) / sizeof *(cases))

static void branches_at_the_edges(void **state)
{
    const uint64_t far = 0x10000000; // place, with room below it
    const struct truth_case cases[] = {
        {REL_ARM64_BRANCH26, "b #0", "b #134217724", far, far + 134217724, .result = RELOCATION_DONE},
        {REL_ARM64_BRANCH26, "bl #0", "bl #-134217728", far, far - 134217728, .result = RELOCATION_DONE},
        {REL_ARM64_BRANCH26, "bl #8", "bl #134217724", far, far + 134217716, .result = RELOCATION_DONE},
        {REL_ARM64_BRANCH26, "b #-8", "b #4", far, far + 12, .result = RELOCATION_DONE},
        {REL_ARM64_BRANCH26, "b #0", NULL, far, far + 134217728, .result = RELOCATION_OUT_OF_RANGE},
        {REL_ARM64_BRANCH26, "b #0", NULL, far, far - 134217732, .result = RELOCATION_OUT_OF_RANGE},
        {REL_ARM64_BRANCH26, "b #4", NULL, far, far + 134217724, .result = RELOCATION_OUT_OF_RANGE},
        {REL_ARM64_BRANCH26, "b #0", NULL, far, far + 2, .result = RELOCATION_MISALIGNED},
        {REL_ARM64_BRANCH26, "b #0", NULL, far + 2, far + 2, .result = RELOCATION_MISALIGNED},
        {REL_ARM64_BRANCH19, "b.ne #0", "b.ne #1048572", far, far + 1048572, .result = RELOCATION_DONE},
        {REL_ARM64_BRANCH19, "cbz x7, #0", "cbz x7, #-1048576", far, far - 1048576, .result = RELOCATION_DONE},
        {REL_ARM64_BRANCH19, "b.ne #0", NULL, far, far + 1048576, .result = RELOCATION_OUT_OF_RANGE},
        {REL_ARM64_BRANCH19, "b.ne #0", NULL, far, far - 1048580, .result = RELOCATION_OUT_OF_RANGE},
        {REL_ARM64_BRANCH19, "b.ne #0", NULL, far, far + 1, .result = RELOCATION_MISALIGNED},
        {REL_ARM64_BRANCH14, "tbz x7, #5, #0", "tbz x7, #5, #32764", far, far + 32764, .result = RELOCATION_DONE},
        {REL_ARM64_BRANCH14, "tbnz x7, #44, #0", "tbnz x7, #44, #-32768", far, far - 32768, .result = RELOCATION_DONE},
        {REL_ARM64_BRANCH14, "tbz x7, #5, #0", NULL, far, far + 32768, .result = RELOCATION_OUT_OF_RANGE},
        {REL_ARM64_BRANCH14, "tbz x7, #5, #0", NULL, far, far - 32772, .result = RELOCATION_OUT_OF_RANGE},
        {REL_ARM64_BRANCH14, "tbz x7, #5, #0", NULL, far + 1, far + 1, .result = RELOCATION_MISALIGNED},
    };
    CHECK(cases);
    // What can't be applied is what needs a thunk, and nothing else is.
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (strcmp(cases[i].before, "b #4") == 0 || strcmp(cases[i].before, "bl #8") == 0)
            continue; // an addend is no thunk's business
        assert_int_equal(target_arm64.branch_reaches(cases[i].type, cases[i].place_rva, cases[i].target_rva),
                         cases[i].result != RELOCATION_OUT_OF_RANGE);
    }
}

static void addresses_at_the_edges(void **state)
{
    const uint64_t far = 0x10000ff8, page = 0x10000000;
    const struct truth_case cases[] = {
        {REL_ARM64_REL21, "adr x1, #0", "adr x1, #1048575", far, far + 1048575, .result = RELOCATION_DONE},
        {REL_ARM64_REL21, "adr x1, #0", "adr x1, #-1048576", far, far - 1048576, .result = RELOCATION_DONE},
        {REL_ARM64_REL21, "adr x1, #-1", "adr x1, #1048575", far, far + 1048576, .result = RELOCATION_DONE},
        {REL_ARM64_REL21, "adr x1, #0", NULL, far, far + 1048576, .result = RELOCATION_OUT_OF_RANGE},
        {REL_ARM64_REL21, "adr x1, #0", NULL, far, far - 1048577, .result = RELOCATION_OUT_OF_RANGE},
        {REL_ARM64_REL21, "adr x1, #0", NULL, far + 2, far, .result = RELOCATION_MISALIGNED},
        // adrp counts pages from its own page; its immediate in an object is an addend in bytes.
        {REL_ARM64_PAGEBASE_REL21, "adrp x1, #0", "adrp x1, #4294963200", far, page + 4294963200 + 0xfff,
         .result = RELOCATION_DONE},
        {REL_ARM64_PAGEBASE_REL21, "adrp x1, #0", "adrp x1, #-4294967296", far, page - 4294967296,
         .result = RELOCATION_DONE},
        {REL_ARM64_PAGEBASE_REL21, "adrp x1, #0", NULL, far, page + 4294967296, .result = RELOCATION_OUT_OF_RANGE},
        {REL_ARM64_PAGEBASE_REL21, "adrp x1, #0", NULL, far, page - 4294967297, .result = RELOCATION_OUT_OF_RANGE},
    };
    CHECK(cases);
}

static void page_offsets(void **state)
{
    const uint64_t far = 0x5000;
    const struct truth_case cases[] = {
        {REL_ARM64_PAGEOFFSET_12A, "add x1, x2, #0", "add x1, x2, #0xfff", far, 0x7fff, .result = RELOCATION_DONE},
        // The sum leaves the page, and the adrp that goes with it, having the same addend, counts one more.
        {REL_ARM64_PAGEOFFSET_12A, "add x1, x2, #8", "add x1, x2, #7", far, 0x7fff, .result = RELOCATION_DONE},
        {REL_ARM64_PAGEOFFSET_12L, "ldrb w1, [x2]", "ldrb w1, [x2, #0xfff]", far, 0x7fff, .result = RELOCATION_DONE},
        {REL_ARM64_PAGEOFFSET_12L, "ldrh w1, [x2]", "ldrh w1, [x2, #0xffe]", far, 0x7ffe, .result = RELOCATION_DONE},
        {REL_ARM64_PAGEOFFSET_12L, "ldr w1, [x2]", "ldr w1, [x2, #0xffc]", far, 0x7ffc, .result = RELOCATION_DONE},
        {REL_ARM64_PAGEOFFSET_12L, "str x1, [x2]", "str x1, [x2, #0xff8]", far, 0x7ff8, .result = RELOCATION_DONE},
        {REL_ARM64_PAGEOFFSET_12L, "ldr q1, [x2]", "ldr q1, [x2, #0xff0]", far, 0x7ff0, .result = RELOCATION_DONE},
        {REL_ARM64_PAGEOFFSET_12L, "str q1, [x2, #16]", "str q1, [x2]", far, 0x7ff0, .result = RELOCATION_DONE},
        {REL_ARM64_PAGEOFFSET_12L, "ldr b1, [x2]", "ldr b1, [x2, #0x7]", far, 0x7007, .result = RELOCATION_DONE},
        {REL_ARM64_PAGEOFFSET_12L, "ldr d1, [x2]", "ldr d1, [x2, #0x8]", far, 0x7008, .result = RELOCATION_DONE},
        {REL_ARM64_PAGEOFFSET_12L, "ldrh w1, [x2]", NULL, far, 0x7fff, .result = RELOCATION_MISALIGNED},
        {REL_ARM64_PAGEOFFSET_12L, "ldr w1, [x2]", NULL, far, 0x7ffe, .result = RELOCATION_MISALIGNED},
        {REL_ARM64_PAGEOFFSET_12L, "ldr x1, [x2]", NULL, far, 0x7ffc, .result = RELOCATION_MISALIGNED},
        {REL_ARM64_PAGEOFFSET_12L, "ldr q1, [x2]", NULL, far, 0x7ff8, .result = RELOCATION_MISALIGNED},
        {REL_ARM64_PAGEOFFSET_12L, "ldr x1, [x2]", NULL, far + 2, 0x7000, .result = RELOCATION_MISALIGNED},
        {REL_ARM64_PAGEOFFSET_12A, "add x1, x2, #0", NULL, far + 2, 0x7000, .result = RELOCATION_MISALIGNED},
    };
    CHECK(cases);
}

static enum relocation_result apply_section_offset(uint16_t type, uint32_t instruction, uint32_t offset,
                                                   uint32_t *value)
{
    uint8_t place[4];
    store32(place, instruction);
    struct relocation_site site = {
        .place = place,
        .room = 4,
        .type = type,
        .place_rva = 0x1000,
        .target_section = 2,
        .target_offset = offset,
        .image_base = BASE,
    };
    enum relocation_result result = target_arm64.apply(&site);
    *value = load32(place);
    return result;
}

static void section_offsets_at_the_edges(void **state)
{
    struct bytes code = truth_assemble(*state, &truth_arm64,
                                       ".text\n"
                                       "add x1, x2, #0, lsl #12\n"
                                       "add x1, x2, #0xfff, lsl #12\n"
                                       "add x1, x2, #1, lsl #12\n"
                                       "ldr x1, [x2]\n");
    uint32_t value, none = load32(code.data), all = load32(code.data + 4), one = load32(code.data + 8);
    assert_int_equal(apply_section_offset(REL_ARM64_SECREL_HIGH12A, none, 0xffffff, &value), RELOCATION_DONE);
    assert_int_equal(value, all);
    assert_int_equal(apply_section_offset(REL_ARM64_SECREL_HIGH12A, one, 0xffefff, &value), RELOCATION_DONE);
    assert_int_equal(value, all);
    assert_int_equal(apply_section_offset(REL_ARM64_SECREL_HIGH12A, none, 0x1000000, &value), RELOCATION_OUT_OF_RANGE);
    assert_int_equal(value, none);
    assert_int_equal(apply_section_offset(REL_ARM64_SECREL_HIGH12A, one, 0xfff000, &value), RELOCATION_OUT_OF_RANGE);
    assert_int_equal(value, one);
    assert_int_equal(apply_section_offset(REL_ARM64_SECREL_LOW12L, load32(code.data + 12), 0x1234, &value),
                     RELOCATION_MISALIGNED);
}

static void data_at_the_edges(void **state)
{
    const uint64_t place = 0x1000;
    const struct truth_case cases[] = {
        {REL_ARM64_REL32, ".long 0", ".long 0x7fffffff", place, 0x80001003, .result = RELOCATION_DONE},
        {REL_ARM64_REL32, ".long 0", NULL, place, 0x80001004, .result = RELOCATION_OUT_OF_RANGE},
        {REL_ARM64_REL32, ".long 4", ".long 0x80000000", place, (uint64_t)0x1000 - 0x80000000,
         .result = RELOCATION_DONE},
        {REL_ARM64_ADDR32NB, ".long 0", ".long 0xffffffff", place, 0xffffffff, .result = RELOCATION_DONE},
        {REL_ARM64_ADDR32NB, ".long 1", NULL, place, 0xffffffff, .result = RELOCATION_OUT_OF_RANGE},
        {REL_ARM64_ADDR32, ".long 0", NULL, place, 0x1000, .result = RELOCATION_OUT_OF_RANGE},
        {REL_ARM64_ADDR32, ".long 0", ".long 0x12345678", place, 0x12345678 - (uint64_t)BASE,
         .result = RELOCATION_DONE},
        {REL_ARM64_ADDR64, ".quad 1", ".quad 0x140002001", place, 0x2000, .result = RELOCATION_DONE},
    };
    CHECK(cases);
}

static void room_and_unknown_types(void **state)
{
    (void)state;
    truth_check_room_and_unknown_types(&truth_arm64);
    assert_null(target_arm64.relocation_traits(REL_ARM64_TOKEN).name);
    assert_int_equal(target_arm64.relocation_traits(REL_ARM64_ADDR64).base_relocation, BASE_DIR64);
    assert_true(target_arm64.relocation_traits(REL_ARM64_BRANCH26).is_branch);
    assert_false(target_arm64.relocation_traits(REL_ARM64_REL21).is_branch);
}

static void thunks(void **state)
{
    uint8_t code[12];
    target_arm64.write_import_thunk(code, 0x1ffc, 0x5ff8, BASE);
    assert_string_equal(truth_disassemble(*state, &truth_arm64, code, target_arm64.import_thunk_size, BASE + 0x1ffc),
                        "adrp x16, 0x140005000\n"
                        "ldr x16, [x16, #0xff8]\n"
                        "br x16\n");
    // Backwards, further than any branch.
    target_arm64.write_range_thunk(code, 0x20001000, 0x1234);
    assert_string_equal(truth_disassemble(*state, &truth_arm64, code, target_arm64.range_thunk_size, BASE + 0x20001000),
                        "adrp x16, 0x140001000\n"
                        "add x16, x16, #0x234\n"
                        "br x16\n");
    target_arm64.write_delay_thunk(code, 0x3000, 0x6018, 0x2ff0, BASE);
    assert_string_equal(truth_disassemble(*state, &truth_arm64, code, target_arm64.delay_thunk_size, BASE + 0x3000),
                        "adrp x17, 0x140006000\n"
                        "add x17, x17, #0x18\n"
                        "b 0x140002ff0\n");
}

static void delay_tail_keeps_arguments(void **state)
{
    uint8_t code[256];
    assert_in_range(target_arm64.delay_tail_size, 1, sizeof code);
    target_arm64.write_delay_tail(code, 0x1000, 0x6040, 0x20000900, BASE);
    assert_string_equal(truth_disassemble(*state, &truth_arm64, code, target_arm64.delay_tail_size, BASE + 0x1000),
                        "stp x29, x30, [sp, #-0xe0]!\n"
                        "mov x29, sp\n"
                        "stp x0, x1, [sp, #0x10]\n"
                        "stp x2, x3, [sp, #0x20]\n"
                        "stp x4, x5, [sp, #0x30]\n"
                        "stp x6, x7, [sp, #0x40]\n"
                        "str x8, [sp, #0x50]\n"
                        "stp q0, q1, [sp, #0x60]\n"
                        "stp q2, q3, [sp, #0x80]\n"
                        "stp q4, q5, [sp, #0xa0]\n"
                        "stp q6, q7, [sp, #0xc0]\n"
                        "mov x1, x17\n"
                        "adrp x0, 0x140006000\n"
                        "add x0, x0, #0x40\n"
                        "adrp x16, 0x160000000\n"
                        "add x16, x16, #0x900\n"
                        "blr x16\n"
                        "mov x16, x0\n"
                        "ldp q6, q7, [sp, #0xc0]\n"
                        "ldp q4, q5, [sp, #0xa0]\n"
                        "ldp q2, q3, [sp, #0x80]\n"
                        "ldp q0, q1, [sp, #0x60]\n"
                        "ldr x8, [sp, #0x50]\n"
                        "ldp x6, x7, [sp, #0x40]\n"
                        "ldp x4, x5, [sp, #0x30]\n"
                        "ldp x2, x3, [sp, #0x20]\n"
                        "ldp x0, x1, [sp, #0x10]\n"
                        "ldp x29, x30, [sp], #0xe0\n"
                        "br x16\n");
}

static void delay_tail_unwinds(void **state)
{
    assert_string_equal(
        truth_describe_unwind(*state, &truth_arm64, target_arm64.delay_tail_size, target_arm64.delay_tail_unwind),
        "FunctionLength: 116\n"
        "Version: 0\n"
        "ExceptionData: No\n"
        "EpiloguePacked: Yes\n"
        "EpilogueOffset: 1\n"
        "ByteCodeLength: 4\n"
        "Prologue [\n"
        "0xe1                ; mov fp, sp\n"
        "0x9b                ; stp x29, x30, [sp, #-224]!\n"
        "0xe4                ; end\n"
        "]\n"
        "Epilogue [\n"
        "0x9b                ; ldp x29, x30, [sp], #224\n"
        "0xe4                ; end\n"
        "]\n"
        "}\n"
        "}\n"
        "]\n");
    assert_int_equal(target_arm64.delay_tail_size, 116);
}

static void fill(void **state)
{
    uint8_t out[12] = {0};
    target_fill(&target_arm64, out, 8);
    assert_string_equal(truth_disassemble(*state, &truth_arm64, out, 8, 0x1000), "brk #0xf000\nbrk #0xf000\n");
    assert_int_equal(load32(out + 8), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_what_lld_writes),
        cmocka_unit_test(branches_at_the_edges),
        cmocka_unit_test(addresses_at_the_edges),
        cmocka_unit_test(page_offsets),
        cmocka_unit_test(section_offsets_at_the_edges),
        cmocka_unit_test(data_at_the_edges),
        cmocka_unit_test(room_and_unknown_types),
        cmocka_unit_test(thunks),
        cmocka_unit_test(delay_tail_keeps_arguments),
        cmocka_unit_test(delay_tail_unwinds),
        cmocka_unit_test(fill),
    };
    return cmocka_run_group_tests_name("target arm64", tests, set_up, tear_down);
}
