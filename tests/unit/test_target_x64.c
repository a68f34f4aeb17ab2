// x64: relocations against lld-link and at the edges of their ranges; thunks as llvm-objdump reads them.

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
                                    "   leaq d+16(%rip), %rax\n"
                                    "   movl $5, d(%rip)\n"
                                    "   movb $5, d-8(%rip)\n"
                                    "   movabsq $d+4, %rcx\n"
                                    "   movl $absolute, %eax\n"
                                    "g: ret\n"
                                    ".section .far,\"xr\"\n"
                                    "   .zero 0x5432\n"
                                    "h: call f\n"
                                    "   ret\n"
                                    ".section .var,\"dw\"\n"
                                    "   .quad f, d-1, absolute\n"
                                    "   .long f@IMGREL, d@IMGREL+12, f-.\n"
                                    "   .secrel32 d\n"
                                    "   .secidx h\n"
                                    "   .secidx absolute\n"
                                    "d: .quad 0x1122334455667788\n"
                                    ".section .types,\"dr\"\n"
                                    "   .long f, f, f, f, f, f+100, absolute-1, f@IMGREL\n";

static void writes_what_lld_writes(void **state)
{
    static const uint16_t types[] = {
        REL_AMD64_REL32 + 1, REL_AMD64_REL32 + 2, REL_AMD64_REL32 + 3, REL_AMD64_REL32 + 4,
        REL_AMD64_REL32_5,   REL_AMD64_REL32 + 3, REL_AMD64_ADDR32,    UINT16_MAX,
    };
    uint32_t covered = 0;
    truth_compare_with_lld(*state, &truth_x64, object_source, types, 0x140000000, "", &covered);
    assert_int_equal(covered, 0x0fff & ~1u);
}

// A VA fits 32 bits in an image that lies low.
static void low_image_has_short_pointers(void **state)
{
    static const uint16_t types[] = {REL_AMD64_ADDR32, REL_AMD64_ADDR32, REL_AMD64_ADDR32, UINT16_MAX};
    uint32_t covered = 0;
    truth_compare_with_lld(*state, &truth_x64, object_source, types, 0x400000, "/largeaddressaware:no", &covered);
    assert_true(covered & 1u << REL_AMD64_ADDR32);
}

// One site with 0 in its place, at RVA 0x1000 of an image at 4 GB.
static enum relocation_result apply_at(uint16_t type, uint64_t target_rva, uint32_t addend, uint64_t *value)
{
    uint8_t place[8] = {0};
    store32(place, addend);
    struct relocation_site site = {
        .place = place,
        .room = 8,
        .type = type,
        .place_rva = 0x1000,
        .target_rva = target_rva,
        .image_base = 0x100000000,
    };
    enum relocation_result result = target_x64.apply(&site);
    *value = load64(place);
    return result;
}

static void distances_fit_31_bits_and_a_sign(void **state)
{
    (void)state;
    uint64_t value;
    for (uint16_t extra = 0; extra <= 5; extra++) {
        uint16_t type = (uint16_t)(REL_AMD64_REL32 + extra);
        uint64_t end = 0x1004 + extra;
        assert_int_equal(apply_at(type, end + 0x7fffffff, 0, &value), RELOCATION_DONE);
        assert_int_equal(value, 0x7fffffff);
        assert_int_equal(apply_at(type, end + 0x80000000, 0, &value), RELOCATION_OUT_OF_RANGE);
        assert_int_equal(value, 0);
        assert_int_equal(apply_at(type, end + 0x80000000, (uint32_t)-1, &value), RELOCATION_DONE);
        assert_int_equal(value, 0x7fffffff);
        assert_int_equal(apply_at(type, end + 0x7fffffff, 1, &value), RELOCATION_OUT_OF_RANGE);
        assert_int_equal(value, 1);
        // An absolute symbol can lie before the image: its RVA is negative.
        assert_int_equal(apply_at(type, end - 0x80000000, 0, &value), RELOCATION_DONE);
        assert_int_equal(value, 0x80000000);
        assert_int_equal(apply_at(type, end - 0x80000001, 0, &value), RELOCATION_OUT_OF_RANGE);
    }
}

static void addresses_fit_32_bits(void **state)
{
    (void)state;
    uint64_t value, base = 0x100000000;
    // Every address of an image at 4 GB is too much; link.exe says LNK2017 there.
    assert_int_equal(apply_at(REL_AMD64_ADDR32, 0, 0, &value), RELOCATION_OUT_OF_RANGE);
    assert_int_equal(apply_at(REL_AMD64_ADDR32, 0xffffffff - base, 0, &value), RELOCATION_DONE);
    assert_int_equal(value, 0xffffffff);
    assert_int_equal(apply_at(REL_AMD64_ADDR32, 0xffffffff - base, 1, &value), RELOCATION_OUT_OF_RANGE);
    assert_int_equal(apply_at(REL_AMD64_ADDR32, 4 - base, (uint32_t)-8, &value), RELOCATION_DONE);
    assert_int_equal(value, 0xfffffffc);

    assert_int_equal(apply_at(REL_AMD64_ADDR32NB, 0xffffffff, 0, &value), RELOCATION_DONE);
    assert_int_equal(value, 0xffffffff);
    assert_int_equal(apply_at(REL_AMD64_ADDR32NB, 0x100000000, 0, &value), RELOCATION_OUT_OF_RANGE);
    assert_int_equal(apply_at(REL_AMD64_ADDR32NB, 0x10 - base, 0, &value), RELOCATION_OUT_OF_RANGE);
}

static void sections_and_offsets(void **state)
{
    (void)state;
    uint8_t place[4] = {0};
    struct relocation_site site = {.place = place, .room = 4, .target_section = 0xffff, .target_offset = 0x7f};
    site.type = REL_AMD64_SECTION;
    assert_int_equal(target_x64.apply(&site), RELOCATION_DONE);
    assert_int_equal(load32(place), 0xffff);
    assert_int_equal(target_x64.apply(&site), RELOCATION_OUT_OF_RANGE); // the sum with what is there
    assert_int_equal(load32(place), 0xffff);

    // Seven bits of a byte whose eighth is somebody else's.
    store32(place, 0xaabbcc80);
    site.type = REL_AMD64_SECREL7;
    assert_int_equal(target_x64.apply(&site), RELOCATION_DONE);
    assert_int_equal(load32(place), 0xaabbccff);
    store32(place, 0xaabbcc81);
    assert_int_equal(target_x64.apply(&site), RELOCATION_OUT_OF_RANGE);
    assert_int_equal(load32(place), 0xaabbcc81);

    // Only an address in a section has an offset; an absolute symbol has but a section index.
    site.target_is_absolute = true;
    assert_int_equal(target_x64.apply(&site), RELOCATION_NO_SECTION);
    site.type = REL_AMD64_SECREL;
    assert_int_equal(target_x64.apply(&site), RELOCATION_NO_SECTION);
    site.target_is_absolute = false;
    site.target_section = 0;
    assert_int_equal(target_x64.apply(&site), RELOCATION_NO_SECTION);
    site.type = REL_AMD64_SECTION;
    assert_int_equal(target_x64.apply(&site), RELOCATION_NO_SECTION);
}

static void room_and_unknown_types(void **state)
{
    (void)state;
    truth_check_room_and_unknown_types(&truth_x64);
    assert_string_equal(target_x64.relocation_traits(REL_AMD64_REL32_5).name, "IMAGE_REL_AMD64_REL32_5");
    assert_int_equal(target_x64.relocation_traits(REL_AMD64_ADDR64).base_relocation, BASE_DIR64);
    assert_int_equal(target_x64.relocation_traits(REL_AMD64_ADDR32).base_relocation, BASE_HIGHLOW);
    assert_int_equal(target_x64.relocation_traits(REL_AMD64_ADDR32NB).base_relocation, BASE_ABSOLUTE);
}

static void thunks(void **state)
{
    uint8_t code[12];
    uint64_t base = 0x140000000;
    target_x64.write_import_thunk(code, 0x1230, 0x5008, base);
    assert_string_equal(truth_disassemble(*state, &truth_x64, code, target_x64.import_thunk_size, base + 0x1230),
                        "jmp qword ptr [rip + 0x3dd2] # 0x140005008\n");
    target_x64.write_delay_thunk(code, 0x5000, 0x2008, 0x1000, base);
    assert_string_equal(truth_disassemble(*state, &truth_x64, code, target_x64.delay_thunk_size, base + 0x5000),
                        "lea rax, [rip - 0x2fff] # 0x140002008\n"
                        "jmp 0x140001000\n");
}

// Arguments in registers are kept over the call, in the caller's home space and the frame; the helper has its own home
// space, at the bottom of the frame.
static void delay_tail_keeps_arguments(void **state)
{
    uint8_t code[256];
    assert_in_range(target_x64.delay_tail_size, 1, sizeof code);
    target_x64.write_delay_tail(code, 0x1000, 0x6000, 0x900, 0x140000000);
    assert_string_equal(truth_disassemble(*state, &truth_x64, code, target_x64.delay_tail_size, 0x140001000),
                        "mov qword ptr [rsp + 0x8], rcx\n"
                        "mov qword ptr [rsp + 0x10], rdx\n"
                        "mov qword ptr [rsp + 0x18], r8\n"
                        "mov qword ptr [rsp + 0x20], r9\n"
                        "sub rsp, 0x68\n"
                        "movdqa xmmword ptr [rsp + 0x20], xmm0\n"
                        "movdqa xmmword ptr [rsp + 0x30], xmm1\n"
                        "movdqa xmmword ptr [rsp + 0x40], xmm2\n"
                        "movdqa xmmword ptr [rsp + 0x50], xmm3\n"
                        "mov rdx, rax\n"
                        "lea rcx, [rip + 0x4fc6] # 0x140006000\n"
                        "call 0x140000900\n"
                        "movdqa xmm0, xmmword ptr [rsp + 0x20]\n"
                        "movdqa xmm1, xmmword ptr [rsp + 0x30]\n"
                        "movdqa xmm2, xmmword ptr [rsp + 0x40]\n"
                        "movdqa xmm3, xmmword ptr [rsp + 0x50]\n"
                        "mov rcx, qword ptr [rsp + 0x70]\n"
                        "mov rdx, qword ptr [rsp + 0x78]\n"
                        "mov r8, qword ptr [rsp + 0x80]\n"
                        "mov r9, qword ptr [rsp + 0x88]\n"
                        "add rsp, 0x68\n"
                        "jmp rax\n");
}

// llvm-mc writes the same unwind record for a function with this prologue.
static void delay_tail_unwinds(void **state)
{
    struct bytes unwind = truth_unwind(*state, &truth_x64,
                                       ".text\n"
                                       ".def f; .scl 2; .type 32; .endef\n"
                                       ".globl f\n"
                                       "f:\n"
                                       ".seh_proc f\n"
                                       "  movq %rcx, 8(%rsp)\n"
                                       "  movq %rdx, 16(%rsp)\n"
                                       "  movq %r8, 24(%rsp)\n"
                                       "  movq %r9, 32(%rsp)\n"
                                       "  subq $0x68, %rsp\n"
                                       "  .seh_stackalloc 0x68\n"
                                       "  .seh_endprologue\n"
                                       "  nop\n"
                                       "  addq $0x68, %rsp\n"
                                       "  jmpq *%rax\n"
                                       ".seh_endproc\n");
    assert_int_equal(unwind.size, target_x64.delay_tail_unwind.size);
    assert_memory_equal(unwind.data, target_x64.delay_tail_unwind.data, unwind.size);
}

static void fill(void **state)
{
    uint8_t out[8] = {0};
    target_fill(&target_x64, out, 7);
    assert_string_equal(truth_disassemble(*state, &truth_x64, out, 7, 0x1000),
                        "int3\nint3\nint3\nint3\nint3\nint3\nint3\n");
    assert_int_equal(out[7], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_what_lld_writes),
        cmocka_unit_test(low_image_has_short_pointers),
        cmocka_unit_test(distances_fit_31_bits_and_a_sign),
        cmocka_unit_test(addresses_fit_32_bits),
        cmocka_unit_test(sections_and_offsets),
        cmocka_unit_test(room_and_unknown_types),
        cmocka_unit_test(thunks),
        cmocka_unit_test(delay_tail_keeps_arguments),
        cmocka_unit_test(delay_tail_unwinds),
        cmocka_unit_test(fill),
    };
    return cmocka_run_group_tests_name("target x64", tests, set_up, tear_down);
}
