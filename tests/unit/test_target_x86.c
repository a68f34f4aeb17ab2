// x86: relocations against lld-link and at the edges of their ranges; thunks as llvm-objdump reads them.

#include "tests/support/checks.h"
#include "tests/unit/target_truth.h"

#include "common/pe.h"

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
                                    "f: call g\n"
                                    "   jmp h\n"
                                    "   movl d+16, %eax\n"
                                    "   movl d-8(,%ecx,4), %eax\n"
                                    "   movl $d+4, %ecx\n"
                                    "   movl $absolute, %eax\n"
                                    "   movl $absolute+0x90000000, %eax\n"
                                    "g: ret\n"
                                    ".section .far,\"xr\"\n"
                                    "   .zero 0x5432\n"
                                    "h: call f\n"
                                    "   call absolute\n"
                                    "   ret\n"
                                    ".section .var,\"dw\"\n"
                                    "   .long f, d-1, absolute\n"
                                    "   .long f@IMGREL, d@IMGREL+12, f-., absolute@IMGREL\n"
                                    "   .secrel32 d\n"
                                    "   .secidx h\n"
                                    "   .secidx absolute\n"
                                    "d: .quad 0x1122334455667788\n"
                                    ".section .types,\"dr\"\n"
                                    "   .long f\n";

static void writes_what_lld_writes(void **state)
{
    static const uint16_t types[] = {REL_I386_ABSOLUTE, UINT16_MAX};
    uint32_t covered = 0;
    truth_compare_with_lld(*state, &truth_x86, object_source, types, 0x400000, "/safeseh:no", &covered);
    assert_int_equal(covered, 1u << REL_I386_ABSOLUTE | 1u << REL_I386_DIR32 | 1u << REL_I386_DIR32NB |
                                  1u << REL_I386_REL32 | 1u << REL_I386_SECTION | 1u << REL_I386_SECREL);
    // An image in the upper half of the address space.
    truth_compare_with_lld(*state, &truth_x86, object_source, types, 0xc0000000, "/safeseh:no", &covered);
}

// One site at RVA 0x100 of an image at 0: only there is a VA of 16 bits.
static enum relocation_result apply_at(uint16_t type, uint64_t target_rva, uint32_t addend, uint32_t *value)
{
    uint8_t place[4];
    store32(place, addend);
    struct relocation_site site = {
        .place = place,
        .room = 4,
        .type = type,
        .place_rva = 0x100,
        .target_rva = target_rva,
        .target_section = 1,
        .target_offset = (uint32_t)target_rva,
    };
    enum relocation_result result = target_x86.apply(&site);
    *value = load32(place);
    return result;
}

// 32-bit sums are counted modulo 2^32; what does not fit is a VA that the machine does not have.
static void addresses_fit_the_machine(void **state)
{
    (void)state;
    uint32_t value;
    const uint16_t types[] = {REL_I386_DIR32, REL_I386_DIR32NB, REL_I386_REL32};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(apply_at(types[i], 0xffffffff, 0, &value), RELOCATION_DONE);
        assert_int_equal(apply_at(types[i], 0x100000000, 0, &value), RELOCATION_OUT_OF_RANGE);
        assert_int_equal(value, 0);
    }
    assert_int_equal(apply_at(REL_I386_DIR32, 0x1000, (uint32_t)-4, &value), RELOCATION_DONE);
    assert_int_equal(value, 0xffc);
    assert_int_equal(apply_at(REL_I386_DIR32, 0xfffffff8, 16, &value), RELOCATION_DONE);
    assert_int_equal(value, 8);
    assert_int_equal(apply_at(REL_I386_REL32, 0, 0, &value), RELOCATION_DONE);
    assert_int_equal(value, (uint32_t)-0x104);
}

static void short_fields_fit_16_bits(void **state)
{
    (void)state;
    uint32_t value;
    assert_int_equal(apply_at(REL_I386_DIR16, 0xffff, 0x12340000, &value), RELOCATION_DONE);
    assert_int_equal(value, 0x1234ffff);
    assert_int_equal(apply_at(REL_I386_DIR16, 0x10000, 0x12340000, &value), RELOCATION_OUT_OF_RANGE);
    assert_int_equal(value, 0x12340000);
    assert_int_equal(apply_at(REL_I386_DIR16, 0x10000, 0x1234ffff, &value), RELOCATION_DONE);
    assert_int_equal(value, 0x1234ffff);

    assert_int_equal(apply_at(REL_I386_REL16, 0x102 + 0x7fff, 0x12340000, &value), RELOCATION_DONE);
    assert_int_equal(value, 0x12347fff);
    assert_int_equal(apply_at(REL_I386_REL16, 0x102 + 0x8000, 0x12340000, &value), RELOCATION_OUT_OF_RANGE);
    assert_int_equal(value, 0x12340000);
    assert_int_equal(apply_at(REL_I386_REL16, 0, 0x12340000, &value), RELOCATION_DONE);
    assert_int_equal(value, 0x1234fefe);
    assert_int_equal(apply_at(REL_I386_REL16, 0, 0x12348102, &value), RELOCATION_DONE);
    assert_int_equal(value, 0x12348000);
    assert_int_equal(apply_at(REL_I386_REL16, 0, 0x12348101, &value), RELOCATION_OUT_OF_RANGE);

    assert_int_equal(apply_at(REL_I386_SECREL7, 0x7f, 0x80, &value), RELOCATION_DONE);
    assert_int_equal(value, 0xff);
    assert_int_equal(apply_at(REL_I386_SECREL7, 0x80, 0, &value), RELOCATION_OUT_OF_RANGE);
}

static void room_and_unknown_types(void **state)
{
    (void)state;
    truth_check_room_and_unknown_types(&truth_x86);
    assert_null(target_x86.relocation_traits(REL_I386_SEG12).name);
    assert_null(target_x86.relocation_traits(REL_I386_TOKEN).name);
    assert_int_equal(target_x86.relocation_traits(REL_I386_DIR32).base_relocation, BASE_HIGHLOW);
    assert_int_equal(target_x86.relocation_traits(REL_I386_DIR32NB).base_relocation, BASE_ABSOLUTE);
}

static void thunks(void **state)
{
    uint8_t code[32];
    uint64_t base = 0x10000000;
    target_x86.write_import_thunk(code, 0x1230, 0x5008, base);
    assert_string_equal(truth_disassemble(*state, &truth_x86, code, target_x86.import_thunk_size, base + 0x1230),
                        "jmp dword ptr [0x10005008]\n");
    assert_int_equal(load32(code + target_x86.import_thunk_base_relocation.offset), 0x10005008);

    target_x86.write_delay_thunk(code, 0x1230, 0x5008, 0x900, base);
    assert_string_equal(truth_disassemble(*state, &truth_x86, code, target_x86.delay_thunk_size, base + 0x1230),
                        "mov eax, 0x10005008\n"
                        "jmp 0x10000900\n");
    assert_int_equal(load32(code + target_x86.delay_thunk_base_relocation.offset), 0x10005008);

    target_x86.write_delay_tail(code, 0x1230, 0x6000, 0x2000, base);
    assert_string_equal(truth_disassemble(*state, &truth_x86, code, target_x86.delay_tail_size, base + 0x1230),
                        "push ecx\n"
                        "push edx\n"
                        "push eax\n"
                        "push 0x10006000\n"
                        "call 0x10002000\n"
                        "pop edx\n"
                        "pop ecx\n"
                        "jmp eax\n");
    assert_int_equal(load32(code + target_x86.delay_tail_base_relocation.offset), 0x10006000);
}

static void fill(void **state)
{
    uint8_t out[4] = {0};
    target_fill(&target_x86, out, 3);
    assert_string_equal(truth_disassemble(*state, &truth_x86, out, 3, 0x1000), "int3\nint3\nint3\n");
    assert_int_equal(out[3], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_what_lld_writes),
        cmocka_unit_test(addresses_fit_the_machine),
        cmocka_unit_test(short_fields_fit_16_bits),
        cmocka_unit_test(room_and_unknown_types),
        cmocka_unit_test(thunks),
        cmocka_unit_test(fill),
    };
    return cmocka_run_group_tests_name("target x86", tests, set_up, tear_down);
}
