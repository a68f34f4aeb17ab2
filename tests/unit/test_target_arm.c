// ARM (Thumb-2): relocations against lld-link; each instruction's field at the edges of its range against what
// llvm-mc makes of the same instruction with a number; thunks as llvm-objdump reads them.

#include "tests/support/checks.h"
#include "tests/unit/target_truth.h"

#include "common/pe.h"

#define BASE 0x400000

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

static const char object_source[] = ".syntax unified\n"
                                    ".thumb\n"
                                    ".section .code,\"xr\"\n"
                                    "f: bl h\n"
                                    "   b.w h\n"
                                    "   beq.w h\n"
                                    "   movw r0, :lower16:h\n"
                                    "   movt r0, :upper16:h\n"
                                    "   movw r7, :lower16:(d+0xff00)\n"
                                    "   movt r7, :upper16:(d+0xff00)\n"
                                    "   movw r12, :lower16:absolute\n"
                                    "   movt r12, :upper16:absolute\n"
                                    "   bx lr\n"
                                    ".section .far,\"xr\"\n"
                                    "   .zero 0x5432\n"
                                    "h: bl f\n"
                                    "   bx lr\n"
                                    ".section .var,\"dw\"\n"
                                    "   .zero 0x2340\n"
                                    "d: .long f, d-1, h+4, absolute\n"
                                    "   .rva f, d\n"
                                    "   .secrel32 d\n"
                                    "   .secidx h\n"
                                    "   .secidx absolute\n"
                                    ".section .types,\"dr\"\n"
                                    "   .long f, d\n";

// lld-link 19 drops the addend of a branch, so there is none here; below there is.
static void writes_what_lld_writes(void **state)
{
    static const uint16_t types[] = {REL_ARM_REL32, REL_ARM_REL32, UINT16_MAX};
    uint32_t covered = 0;
    truth_compare_with_lld(*state, &truth_arm, object_source, types, BASE, "", &covered);
    assert_int_equal(covered, 1u << REL_ARM_ADDR32 | 1u << REL_ARM_ADDR32NB | 1u << REL_ARM_REL32 |
                                  1u << REL_ARM_SECTION | 1u << REL_ARM_SECREL | 1u << REL_ARM_MOV32T |
                                  1u << REL_ARM_BRANCH20T | 1u << REL_ARM_BRANCH24T);
}

#define CHECK(cases) truth_check_cases(*state, &truth_arm, BASE, cases, sizeof(cases) / sizeof *(cases))

#define DONE         .target_is_code = true, .result = RELOCATION_DONE
#define OUT_OF_RANGE .target_is_code = true, .result = RELOCATION_OUT_OF_RANGE
#define MISALIGNED   .target_is_code = true, .result = RELOCATION_MISALIGNED
#define WRONG        .target_is_code = true, .result = RELOCATION_WRONG_INSTRUCTION

// Distances count from 4 bytes behind the place. A conditional branch of more than 256 KB shows the order of
// J1 and J2, which lld-link 19 has the wrong way round (Arm Architecture Reference Manual, B, encoding T3).
static void branches_at_the_edges(void **state)
{
    const uint64_t far = 0x2000002, pc = far + 4;
    const struct truth_case cases[] = {
        {REL_ARM_BRANCH24T, "bl #0", "bl #16777214", far, pc + 16777214, DONE},
        {REL_ARM_BRANCH24T, "bl #0", "bl #-16777216", far, pc - 16777216, DONE},
        {REL_ARM_BRANCH24T, "b.w #0", "b.w #16777214", far, pc + 16777214, DONE},
        {REL_ARM_BRANCH24T, "b.w #0", "b.w #-16777216", far, pc - 16777216, DONE},
        {REL_ARM_BRANCH24T, "b.w #0", "b.w #4194304", far, pc + 4194304, DONE},
        {REL_ARM_BRANCH24T, "b.w #0", "b.w #8388608", far, pc + 8388608, DONE},
        {REL_ARM_BRANCH24T, "bl #-8", "bl #16777214", far, pc + 16777222, DONE},
        {REL_ARM_BRANCH24T, "bl #8", NULL, far, pc + 16777214, OUT_OF_RANGE},
        {REL_ARM_BRANCH24T, "bl #0", NULL, far, pc + 16777216, OUT_OF_RANGE},
        {REL_ARM_BRANCH24T, "bl #0", NULL, far, pc - 16777218, OUT_OF_RANGE},
        {REL_ARM_BRANCH24T, "bl #0", NULL, far + 1, pc, MISALIGNED},
        {REL_ARM_BRANCH24T, "beq.w #0", NULL, far, pc, WRONG},
        {REL_ARM_BRANCH24T, "movw r0, #0", NULL, far, pc, WRONG},
        {REL_ARM_BLX23T, "bl #0", "bl #16777214", far, pc + 16777214, DONE},
        {REL_ARM_BLX23T, "bl #0", NULL, far, pc + 16777216, OUT_OF_RANGE},
        {REL_ARM_BRANCH11, "bl #0", "bl #4194302", far, pc + 4194302, DONE},
        {REL_ARM_BRANCH11, "bl #0", "bl #-4194304", far, pc - 4194304, DONE},
        {REL_ARM_BRANCH11, "bl #0", NULL, far, pc + 4194304, OUT_OF_RANGE},
        {REL_ARM_BRANCH11, "bl #0", NULL, far, pc - 4194306, OUT_OF_RANGE},
        {REL_ARM_BRANCH20T, "beq.w #0", "beq.w #1048574", far, pc + 1048574, DONE},
        {REL_ARM_BRANCH20T, "bne.w #0", "bne.w #-1048576", far, pc - 1048576, DONE},
        {REL_ARM_BRANCH20T, "bgt.w #0", "bgt.w #262144", far, pc + 262144, DONE},
        {REL_ARM_BRANCH20T, "ble.w #0", "ble.w #524288", far, pc + 524288, DONE},
        {REL_ARM_BRANCH20T, "ble.w #0", "ble.w #-262146", far, pc - 262146, DONE},
        {REL_ARM_BRANCH20T, "beq.w #-300000", "beq.w #100000", far, pc + 400000, DONE},
        {REL_ARM_BRANCH20T, "beq.w #0", NULL, far, pc + 1048576, OUT_OF_RANGE},
        {REL_ARM_BRANCH20T, "beq.w #0", NULL, far, pc - 1048578, OUT_OF_RANGE},
        {REL_ARM_BRANCH20T, "beq.w #0", NULL, far + 1, pc, MISALIGNED},
        {REL_ARM_BRANCH20T, "b.w #0", NULL, far, pc, WRONG},
    };
    CHECK(cases);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (strchr(cases[i].before, '0') && cases[i].result != RELOCATION_WRONG_INSTRUCTION &&
            cases[i].place_rva == far)
            assert_int_equal(target_arm.branch_reaches(cases[i].type, far, cases[i].target_rva),
                             cases[i].result != RELOCATION_OUT_OF_RANGE);
}

// The same calls with bit 0 of the target set, and with a field that a compiler has left all clear.
static void calls_ignore_bit_0_and_empty_fields(void **state)
{
    const uint64_t far = 0x2000002, pc = far + 4;
    const struct truth_case cases[] = {
        {REL_ARM_BRANCH24T, "bl #0", "bl #1000", far, pc + 1001, DONE},
        {REL_ARM_BRANCH24T, "bl #0", "bl #1000", far, pc + 1001, .target_is_code = false},
        {REL_ARM_BRANCH20T, "beq.w #0", "beq.w #1000", far, pc + 1001, DONE},
        {REL_ARM_BRANCH24T, ".short 0xf000, 0xd000", "bl #1000", far, pc + 1000, DONE},
        {REL_ARM_BRANCH24T, ".short 0xf000, 0x9000", "b.w #-1000", far, pc - 1000, DONE},
    };
    CHECK(cases);
}

// BLX goes to ARM code. What is Thumb is called with BL; lld-link 19 leaves the BLX, which would run it as ARM.
static void exchanging_calls(void **state)
{
    const uint64_t far = 0x2000002, pc = 0x2000004; // the PC's low bits are dropped
    const struct truth_case cases[] = {
        {REL_ARM_BLX23T, "blx #0", "bl #1002", far, far + 4 + 1002, DONE},
        {REL_ARM_BLX23T, "blx #0", "bl #-2", far, far + 2, DONE},
        {REL_ARM_BLX23T, "blx #0", "bl #2", far, far + 4 + 3, .target_is_code = false},
        {REL_ARM_BLX23T, "blx #0", "blx #1000", far, pc + 1000, .target_is_code = false},
        {REL_ARM_BLX23T, "blx #8", "blx #1008", far, pc + 1000, .target_is_code = false},
        {REL_ARM_BLX23T, "blx #0", "blx #16777212", far, pc + 16777212, .target_is_code = false},
        {REL_ARM_BLX23T, "blx #0", "blx #-16777216", far, pc - 16777216, .target_is_code = false},
        {REL_ARM_BLX23T, "blx #0", NULL, far, pc + 16777216, .result = RELOCATION_OUT_OF_RANGE},
        {REL_ARM_BLX23T, "blx #0", NULL, far, pc + 1002, .result = RELOCATION_MISALIGNED},
    };
    CHECK(cases);
}

static void addresses(void **state)
{
    const uint64_t place = 0x1000;
    const struct truth_case cases[] = {
        {REL_ARM_MOV32T, "movw r3, #0\nmovt r3, #0", "movw r3, #0x5679\nmovt r3, #0x1234", place, 0x12345678 - BASE,
         DONE},
        {REL_ARM_MOV32T, "movw r3, #0\nmovt r3, #0", "movw r3, #0x5678\nmovt r3, #0x1234", place, 0x12345678 - BASE,
         .target_is_code = false},
        {REL_ARM_MOV32T, "movw r3, #0xffff\nmovt r3, #0xffff", "movw r3, #0xffff\nmovt r3, #0x7fff", place,
         0x80000000 - BASE, .target_is_code = false},
        {REL_ARM_MOV32T, "movw r12, #0x8000\nmovt r12, #1", "movw r12, #0\nmovt r12, #0x42", place, 0x8000,
         .target_is_code = false},
        {REL_ARM_MOV32T, "movw r3, #0\nmovt r3, #0", "movw r3, #0xffff\nmovt r3, #0xffff", place, 0xffffffff - BASE,
         DONE},
        {REL_ARM_MOV32T, "movw r3, #0\nmovt r3, #0", NULL, place, 0x100000000 - BASE, OUT_OF_RANGE},
        {REL_ARM_MOV32T, "movw r3, #0\nmovt r3, #0", NULL, place + 1, 0x1000, MISALIGNED},
        {REL_ARM_MOV32T, "movt r3, #0\nmovw r3, #0", NULL, place, 0x1000, WRONG},
        {REL_ARM_MOV32T, "movw r3, #0\nadd.w r3, r3, #0", NULL, place, 0x1000, WRONG},
        {REL_ARM_ADDR32, ".long 0", ".long 0x402001", place, 0x2000, DONE},
        {REL_ARM_ADDR32, ".long 4", ".long 0x402005", place, 0x2000, DONE},
        {REL_ARM_ADDR32, ".long 4", ".long 0x402004", place, 0x2000, .target_is_code = false},
        {REL_ARM_ADDR32, ".long 0", NULL, place, 0x100000000, OUT_OF_RANGE},
        {REL_ARM_ADDR32NB, ".long 0", ".long 0x2001", place, 0x2000, DONE},
        {REL_ARM_REL32, ".long 0", ".long -0x1003", place, 1, DONE},
    };
    CHECK(cases);
}

// Types of the ARM instruction set.
static void arm_instruction_set(void **state)
{
    struct truth arm = {&target_arm, NULL, "armv7-linux-gnueabihf"};
    const uint64_t far = 0x4000000, pc = far + 8;
    const struct truth_case cases[] = {
        {REL_ARM_BRANCH24, "bl #0", "bl #33554428", far, pc + 33554428, .result = RELOCATION_DONE},
        {REL_ARM_BRANCH24, "bne #0", "bne #-33554432", far, pc - 33554432, .result = RELOCATION_DONE},
        {REL_ARM_BRANCH24, "b #-8", "b #-4", far, pc + 4, .result = RELOCATION_DONE},
        {REL_ARM_BRANCH24, "b #0", NULL, far, pc + 33554432, .result = RELOCATION_OUT_OF_RANGE},
        {REL_ARM_BRANCH24, "b #0", NULL, far, pc - 33554436, .result = RELOCATION_OUT_OF_RANGE},
        {REL_ARM_BRANCH24, "b #0", NULL, far, pc + 2, .result = RELOCATION_MISALIGNED},
        {REL_ARM_BRANCH24, "b #0", NULL, far + 2, pc + 2, .result = RELOCATION_MISALIGNED},
        {REL_ARM_BRANCH24, "mov r0, r1", NULL, far, pc, .result = RELOCATION_WRONG_INSTRUCTION},
        {REL_ARM_MOV32A, "movw r3, #0\nmovt r3, #0", "movw r3, #0x5678\nmovt r3, #0x1234", far, 0x12345678 - BASE,
         .result = RELOCATION_DONE},
        {REL_ARM_MOV32A, "movw r3, #0x8001\nmovt r3, #0x1", "movw r3, #1\nmovt r3, #0x42", far, 0x8000,
         .result = RELOCATION_DONE},
        {REL_ARM_MOV32A, "movt r3, #0\nmovw r3, #0", NULL, far, 0, .result = RELOCATION_WRONG_INSTRUCTION},
        {REL_ARM_MOV32A, "movw r3, #0\nmovt r3, #0", NULL, far + 2, 0, .result = RELOCATION_MISALIGNED},
    };
    truth_check_cases(*state, &arm, BASE, cases, sizeof cases / sizeof *cases);
}

static void room_and_unknown_types(void **state)
{
    (void)state;
    truth_check_room_and_unknown_types(&truth_arm);
    assert_null(target_arm.relocation_traits(REL_ARM_TOKEN).name);
    assert_null(target_arm.relocation_traits(REL_ARM_PAIR).name);
    assert_int_equal(target_arm.relocation_traits(REL_ARM_ADDR32).base_relocation, BASE_HIGHLOW);
    assert_int_equal(target_arm.relocation_traits(REL_ARM_MOV32T).base_relocation, BASE_THUMB_MOV32);
    assert_int_equal(target_arm.relocation_traits(REL_ARM_MOV32A).base_relocation, BASE_ARM_MOV32);
    assert_int_equal(target_arm.relocation_traits(REL_ARM_REL32).base_relocation, BASE_ABSOLUTE);
    assert_true(target_arm.relocation_traits(REL_ARM_BLX23T).is_branch);
}

static void thunks(void **state)
{
    uint8_t code[12];
    target_arm.write_import_thunk(code, 0x1234, 0x5678, BASE);
    assert_string_equal(truth_disassemble(*state, &truth_arm, code, target_arm.import_thunk_size, BASE + 0x1234),
                        "movw r12, #0x5678\n"
                        "movt r12, #0x40\n"
                        "ldr.w pc, [r12]\n");
    assert_int_equal(target_arm.import_thunk_base_relocation.offset, 0);

    // The add is 8 bytes into the thunk and reads a PC 4 bytes further: 0x2001000 + 12 + 0xfe000228 = 0x1234.
    target_arm.write_range_thunk(code, 0x2001000, 0x1235);
    assert_string_equal(truth_disassemble(*state, &truth_arm, code, target_arm.range_thunk_size, BASE + 0x2001000),
                        "movw r12, #0x228\n"
                        "movt r12, #0xfe00\n"
                        "add pc, r12\n");
    target_arm.write_delay_thunk(code, 0x3000, 0x6018, 0x2ff0, BASE);
    assert_string_equal(truth_disassemble(*state, &truth_arm, code, target_arm.delay_thunk_size, BASE + 0x3000),
                        "movw r12, #0x6018\n"
                        "movt r12, #0x40\n"
                        "b.w 0x402ff0\n");
    assert_int_equal(target_arm.delay_thunk_base_relocation.offset, 0);
}

static void delay_tail_keeps_arguments(void **state)
{
    uint8_t code[256];
    assert_in_range(target_arm.delay_tail_size, 1, sizeof code);
    target_arm.write_delay_tail(code, 0x1000, 0x6040, 0x2001220, BASE);
    // The add reads a PC of 0x1022: 0x1022 + 0x20001ff = 0x2001221, the helper with its Thumb bit.
    assert_string_equal(truth_disassemble(*state, &truth_arm, code, target_arm.delay_tail_size, BASE + 0x1000),
                        "push.w {r0, r1, r2, r3, r11, lr}\n"
                        "addw r11, sp, #0x10\n"
                        "vpush {d0, d1, d2, d3, d4, d5, d6, d7}\n"
                        "mov r1, r12\n"
                        "movw r0, #0x6040\n"
                        "movt r0, #0x40\n"
                        "movw r12, #0x1ff\n"
                        "movt r12, #0x200\n"
                        "add r12, pc\n"
                        "blx r12\n"
                        "mov r12, r0\n"
                        "vpop {d0, d1, d2, d3, d4, d5, d6, d7}\n"
                        "pop.w {r0, r1, r2, r3, r11, lr}\n"
                        "bx r12\n");
    assert_int_equal(target_arm.delay_tail_base_relocation.offset, 0xe);
}

static void delay_tail_unwinds(void **state)
{
    assert_string_equal(
        truth_describe_unwind(*state, &truth_arm, target_arm.delay_tail_size, target_arm.delay_tail_unwind),
        "FunctionLength: 46\n"
        "Version: 0\n"
        "ExceptionData: No\n"
        "EpiloguePacked: Yes\n"
        "Fragment: No\n"
        "EpilogueOffset: 6\n"
        "ByteCodeLength: 12\n"
        "Prologue [\n"
        "0xf5 0x07           ; vpush {d0-d7}\n"
        "0xfc                ; nop.w\n"
        "0xa8 0x0f           ; push.w {r0-r3, r11, lr}\n"
        "]\n"
        "Epilogue [\n"
        "0xf5 0x07           ; vpop {d0-d7}\n"
        "0xa8 0x0f           ; pop.w {r0-r3, r11, pc}\n"
        "0xfd                ; bx <reg>\n"
        "]\n"
        "}\n"
        "}\n"
        "]\n");
    assert_int_equal(target_arm.delay_tail_size, 46);
}

static void fill(void **state)
{
    uint8_t out[8] = {0};
    target_fill(&target_arm, out, 6);
    struct bytes expected = truth_assemble(*state, &truth_arm, ".text\nudf #0xfe\nudf #0xfe\nudf #0xfe\n");
    assert_int_equal(expected.size, 6);
    assert_memory_equal(out, expected.data, 6);
    assert_int_equal(load16(out + 6), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_what_lld_writes),
        cmocka_unit_test(branches_at_the_edges),
        cmocka_unit_test(calls_ignore_bit_0_and_empty_fields),
        cmocka_unit_test(exchanging_calls),
        cmocka_unit_test(addresses),
        cmocka_unit_test(arm_instruction_set),
        cmocka_unit_test(room_and_unknown_types),
        cmocka_unit_test(thunks),
        cmocka_unit_test(delay_tail_keeps_arguments),
        cmocka_unit_test(delay_tail_unwinds),
        cmocka_unit_test(fill),
    };
    return cmocka_run_group_tests_name("target arm", tests, set_up, tear_down);
}
