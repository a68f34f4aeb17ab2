// ARM64: every instruction has 4 bytes, so an address is spread over two: `adrp` takes the 4 KB page by its distance,
// and an `add` or a load takes the 12 bits inside the page. A load counts those in units of what it loads, so a target
// may be misaligned for it. The addend of an instruction is what its immediate already says (PE format, "ARM64
// Processors").
//
//                   reach         thunk
//   b, bl           +-128 MB      yes
//   b.cond, cbz     +-1 MB        yes
//   tbz, tbnz       +-32 KB       yes
//   adr             +-1 MB        no: it is not a jump
//   adrp            +-4 GB        never needed inside an image
//
// x16 and x17 are the registers that a call may lose on its way (AAPCS64, "intra-procedure-call scratch registers"):
// thunks use them.

#include "linker/target/field.h"

#include "common/pe.h"

static const struct relocation_traits traits[] = {
    [REL_ARM64_ABSOLUTE] = {.name = "IMAGE_REL_ARM64_ABSOLUTE"},
    [REL_ARM64_ADDR32] = {.name = "IMAGE_REL_ARM64_ADDR32", .size = 4, .base_relocation = BASE_HIGHLOW},
    [REL_ARM64_ADDR32NB] = {.name = "IMAGE_REL_ARM64_ADDR32NB", .size = 4},
    [REL_ARM64_BRANCH26] = {.name = "IMAGE_REL_ARM64_BRANCH26", .size = 4, .is_branch = true},
    [REL_ARM64_PAGEBASE_REL21] = {.name = "IMAGE_REL_ARM64_PAGEBASE_REL21", .size = 4},
    [REL_ARM64_REL21] = {.name = "IMAGE_REL_ARM64_REL21", .size = 4},
    [REL_ARM64_PAGEOFFSET_12A] = {.name = "IMAGE_REL_ARM64_PAGEOFFSET_12A", .size = 4},
    [REL_ARM64_PAGEOFFSET_12L] = {.name = "IMAGE_REL_ARM64_PAGEOFFSET_12L", .size = 4},
    [REL_ARM64_SECREL] = {.name = "IMAGE_REL_ARM64_SECREL", .size = 4, .is_section_relative = true},
    [REL_ARM64_SECREL_LOW12A] = {.name = "IMAGE_REL_ARM64_SECREL_LOW12A", .size = 4, .is_section_relative = true},
    [REL_ARM64_SECREL_HIGH12A] = {.name = "IMAGE_REL_ARM64_SECREL_HIGH12A", .size = 4, .is_section_relative = true},
    [REL_ARM64_SECREL_LOW12L] = {.name = "IMAGE_REL_ARM64_SECREL_LOW12L", .size = 4, .is_section_relative = true},
    [REL_ARM64_SECTION] = {.name = "IMAGE_REL_ARM64_SECTION", .size = 2, .is_section_relative = true},
    [REL_ARM64_ADDR64] = {.name = "IMAGE_REL_ARM64_ADDR64", .size = 8, .base_relocation = BASE_DIR64},
    [REL_ARM64_BRANCH19] = {.name = "IMAGE_REL_ARM64_BRANCH19", .size = 4, .is_branch = true},
    [REL_ARM64_BRANCH14] = {.name = "IMAGE_REL_ARM64_BRANCH14", .size = 4, .is_branch = true},
    [REL_ARM64_REL32] = {.name = "IMAGE_REL_ARM64_REL32", .size = 4},
};
enum { TYPE_COUNT = sizeof traits / sizeof *traits };

static struct relocation_traits arm64_traits(uint16_t type)
{
    return type < TYPE_COUNT ? traits[type] : (struct relocation_traits){0};
}

// --- instruction fields ---

// `value`, whose low `bits` bits count, as a signed number.
static inline int64_t sign_extend(uint64_t value, unsigned bits)
{
    return (int64_t)(value << (64 - bits)) >> (64 - bits);
}

static inline bool fits_signed(int64_t value, unsigned bits)
{
    return value >= -((int64_t)1 << (bits - 1)) && value < (int64_t)1 << (bits - 1);
}

// The immediate of adr and adrp: bits 29-30 are the low two, bits 5-23 the other nineteen.
static inline uint32_t adr_with_immediate(uint32_t instruction, int64_t immediate)
{
    uint32_t value = (uint32_t)immediate & 0x1fffff;
    return (instruction & 0x9f00001f) | (value & 3) << 29 | (value >> 2) << 5;
}

static inline int64_t adr_immediate(uint32_t instruction)
{
    return sign_extend((instruction >> 29 & 3) | (instruction >> 5 & 0x7ffff) << 2, 21);
}

// adr takes a distance in bytes (shift 0), adrp one in pages (shift 12). In an object the immediate of both is an
// addend in bytes.
static inline enum relocation_result add_adr(const struct relocation_site *site, unsigned shift)
{
    uint32_t instruction = load32(site->place);
    int64_t target = (int64_t)(site_target_va(site) + (uint64_t)adr_immediate(instruction));
    int64_t place = (int64_t)(site->image_base + site->place_rva);
    int64_t distance = (target >> shift) - (place >> shift);
    if (!fits_signed(distance, 21))
        return RELOCATION_OUT_OF_RANGE;
    store32(site->place, adr_with_immediate(instruction, distance));
    return RELOCATION_DONE;
}

// The unsigned 12-bit immediate of add, sub, loads and stores, bits 10-21.
static inline uint32_t with_immediate12(uint32_t instruction, uint32_t immediate)
{
    return (instruction & ~(0xfffu << 10)) | (immediate & 0xfff) << 10;
}

static inline uint32_t immediate12(uint32_t instruction)
{
    return instruction >> 10 & 0xfff;
}

// The low 12 bits of an address. A sum that leaves the page wraps: the adrp that goes with it, having the same addend,
// is in the next.
static inline enum relocation_result add_low12(uint8_t *place, uint64_t address)
{
    uint32_t instruction = load32(place);
    store32(place, with_immediate12(instruction, (uint32_t)address + immediate12(instruction)));
    return RELOCATION_DONE;
}

// The same in units of what a load or store moves: 1, 2, 4 or 8 bytes by its top two bits, and 16 where the opcode of a
// vector register says so.
static inline enum relocation_result add_low12_scaled(uint8_t *place, uint64_t address)
{
    uint32_t instruction = load32(place);
    unsigned shift = instruction >> 30;
    if ((instruction & 0xc4800000) == 0x04800000)
        shift = 4;
    uint32_t offset = ((uint32_t)address + (immediate12(instruction) << shift)) & 0xfff;
    if (offset & ((1u << shift) - 1))
        return RELOCATION_MISALIGNED;
    store32(place, with_immediate12(instruction, offset >> shift));
    return RELOCATION_DONE;
}

// The upper 12 bits of an offset of 24, for `add ..., lsl #12`.
static inline enum relocation_result add_high12(uint8_t *place, uint32_t offset)
{
    uint32_t instruction = load32(place);
    uint32_t immediate = (offset >> 12) + immediate12(instruction);
    if (immediate > 0xfff)
        return RELOCATION_OUT_OF_RANGE;
    store32(place, with_immediate12(instruction, immediate));
    return RELOCATION_DONE;
}

// A branch: `bits` bits from bit `position` on, a distance in instructions.
static inline int64_t branch_distance(uint32_t instruction, unsigned bits, unsigned position)
{
    return sign_extend(instruction >> position, bits) * 4;
}

static inline enum relocation_result add_branch(const struct relocation_site *site, unsigned bits, unsigned position)
{
    uint32_t instruction = load32(site->place);
    uint32_t mask = ((1u << bits) - 1) << position;
    int64_t distance = (int64_t)(site->target_rva - site->place_rva) + branch_distance(instruction, bits, position);
    if (!fits_signed(distance, bits + 2))
        return RELOCATION_OUT_OF_RANGE;
    if (distance & 3)
        return RELOCATION_MISALIGNED;
    store32(site->place, (instruction & ~mask) | ((uint32_t)(distance >> 2) << position & mask));
    return RELOCATION_DONE;
}

// --- relocations ---

static inline bool is_instruction(uint16_t type)
{
    enum {
        TYPES = 1 << REL_ARM64_BRANCH26 | 1 << REL_ARM64_PAGEBASE_REL21 | 1 << REL_ARM64_REL21 |
                1 << REL_ARM64_PAGEOFFSET_12A | 1 << REL_ARM64_PAGEOFFSET_12L | 1 << REL_ARM64_SECREL_LOW12A |
                1 << REL_ARM64_SECREL_HIGH12A | 1 << REL_ARM64_SECREL_LOW12L | 1 << REL_ARM64_BRANCH19 |
                1 << REL_ARM64_BRANCH14
    };
    return TYPES >> type & 1;
}

static enum relocation_result apply_section_relative(const struct relocation_site *site)
{
    if (site->type == REL_ARM64_SECTION)
        return field_add_section(site);
    if (!site_has_section_offset(site))
        return RELOCATION_NO_SECTION;
    switch (site->type) {
    case REL_ARM64_SECREL_LOW12A: return add_low12(site->place, site->target_offset);
    case REL_ARM64_SECREL_HIGH12A: return add_high12(site->place, site->target_offset);
    case REL_ARM64_SECREL_LOW12L: return add_low12_scaled(site->place, site->target_offset);
    default: return field_add_section_offset(site);
    }
}

static enum relocation_result arm64_apply(const struct relocation_site *site)
{
    if (site->type >= TYPE_COUNT)
        return RELOCATION_UNKNOWN;
    if (site->room < traits[site->type].size)
        return RELOCATION_NO_ROOM;
    if (is_instruction(site->type) && (site->place_rva & 3))
        return RELOCATION_MISALIGNED;

    switch (site->type) {
    case REL_ARM64_BRANCH26: return add_branch(site, 26, 0);
    case REL_ARM64_PAGEBASE_REL21: return add_adr(site, 12);
    case REL_ARM64_PAGEOFFSET_12A: return add_low12(site->place, site_target_va(site));
    case REL_ARM64_PAGEOFFSET_12L: return add_low12_scaled(site->place, site_target_va(site));
    case REL_ARM64_ADDR64: return field_add64(site->place, site_target_va(site));
    case REL_ARM64_ADDR32NB: return field_add_address32(site->place, site->target_rva);
    case REL_ARM64_ADDR32: return field_add_address32(site->place, site_target_va(site));
    case REL_ARM64_REL32: return field_add_distance32(site->place, site->target_rva - (site->place_rva + 4));
    case REL_ARM64_REL21: return add_adr(site, 0);
    case REL_ARM64_BRANCH19: return add_branch(site, 19, 5);
    case REL_ARM64_BRANCH14: return add_branch(site, 14, 5);
    case REL_ARM64_SECREL:
    case REL_ARM64_SECREL_LOW12A:
    case REL_ARM64_SECREL_HIGH12A:
    case REL_ARM64_SECREL_LOW12L:
    case REL_ARM64_SECTION: return apply_section_relative(site);
    case REL_ARM64_ABSOLUTE: return RELOCATION_DONE;
    default: return RELOCATION_UNKNOWN;
    }
}

static bool arm64_branch_reaches(uint16_t type, uint64_t place_rva, uint64_t target_rva)
{
    int64_t distance = (int64_t)(target_rva - place_rva);
    switch (type) {
    case REL_ARM64_BRANCH26: return fits_signed(distance, 28);
    case REL_ARM64_BRANCH19: return fits_signed(distance, 21);
    case REL_ARM64_BRANCH14: return fits_signed(distance, 16);
    default: return true;
    }
}

static int64_t arm64_branch_addend(uint16_t type, const uint8_t *place)
{
    switch (type) {
    case REL_ARM64_BRANCH26: return branch_distance(load32(place), 26, 0);
    case REL_ARM64_BRANCH19: return branch_distance(load32(place), 19, 5);
    case REL_ARM64_BRANCH14: return branch_distance(load32(place), 14, 5);
    default: return 0;
    }
}

// --- thunks ---

static void write_instructions(uint8_t *out, const uint32_t *instructions, size_t count)
{
    for (size_t i = 0; i < count; i++)
        store32(out + 4 * i, instructions[i]);
}

// Turns `adrp Xd, 0` at `out` and the `add Xd, Xn, 0` behind it into the target's address. Pages are 4 KB in RVAs as in
// VAs: an image's base is a multiple of 64 KB.
static void set_address(uint8_t *out, uint64_t rva, uint64_t target_rva)
{
    int64_t pages = (int64_t)(target_rva >> 12) - (int64_t)(rva >> 12);
    store32(out, adr_with_immediate(load32(out), pages));
    store32(out + 4, with_immediate12(load32(out + 4), (uint32_t)target_rva));
}

static void arm64_write_import_thunk(uint8_t *out, uint64_t thunk_rva, uint64_t slot_rva, uint64_t image_base)
{
    (void)image_base;
    static const uint32_t code[] = {
        0x90000010, // adrp x16, slot
        0xf9400210, // ldr x16, [x16, :lo12:slot]
        0xd61f0200, // br x16
    };
    write_instructions(out, code, 3);
    int64_t pages = (int64_t)(slot_rva >> 12) - (int64_t)(thunk_rva >> 12);
    store32(out, adr_with_immediate(code[0], pages));
    store32(out + 4, with_immediate12(code[1], (uint32_t)(slot_rva & 0xfff) >> 3)); // slots are 8-aligned
}

static void arm64_write_range_thunk(uint8_t *out, uint64_t thunk_rva, uint64_t target_rva)
{
    static const uint32_t code[] = {
        0x90000010, // adrp x16, target
        0x91000210, // add x16, x16, :lo12:target
        0xd61f0200, // br x16
    };
    write_instructions(out, code, 3);
    set_address(out, thunk_rva, target_rva);
}

static void arm64_write_delay_thunk(uint8_t *out, uint64_t thunk_rva, uint64_t slot_rva, uint64_t tail_rva,
                                    uint64_t image_base)
{
    (void)image_base;
    static const uint32_t code[] = {
        0x90000011, // adrp x17, slot
        0x91000231, // add x17, x17, :lo12:slot
        0x14000000, // b tail
    };
    write_instructions(out, code, 3);
    set_address(out, thunk_rva, slot_rva);
    store32(out + 8, code[2] | ((uint32_t)(tail_rva - (thunk_rva + 8)) >> 2 & 0x3ffffff));
}

// Keeps what may carry arguments: x0-x7, x8 (where a structure is returned) and q0-q7. The helper is called through a
// register, as it may be anywhere in a large image.
static const uint32_t delay_tail[] = {
    0xa9b27bfd, // 00 stp x29, x30, [sp, #-224]!
    0x910003fd, // 04 mov x29, sp
    0xa90107e0, // 08 stp x0, x1, [sp, #16]
    0xa9020fe2, // 0c stp x2, x3, [sp, #32]
    0xa90317e4, // 10 stp x4, x5, [sp, #48]
    0xa9041fe6, // 14 stp x6, x7, [sp, #64]
    0xf9002be8, // 18 str x8, [sp, #80]
    0xad0307e0, // 1c stp q0, q1, [sp, #96]
    0xad040fe2, // 20 stp q2, q3, [sp, #128]
    0xad0517e4, // 24 stp q4, q5, [sp, #160]
    0xad061fe6, // 28 stp q6, q7, [sp, #192]
    0xaa1103e1, // 2c mov x1, x17: the slot
    0x90000000, // 30 adrp x0, descriptor
    0x91000000, // 34 add x0, x0, :lo12:descriptor
    0x90000010, // 38 adrp x16, helper
    0x91000210, // 3c add x16, x16, :lo12:helper
    0xd63f0200, // 40 blr x16
    0xaa0003f0, // 44 mov x16, x0
    0xad461fe6, // 48 ldp q6, q7, [sp, #192]
    0xad4517e4, // 4c ldp q4, q5, [sp, #160]
    0xad440fe2, // 50 ldp q2, q3, [sp, #128]
    0xad4307e0, // 54 ldp q0, q1, [sp, #96]
    0xf9402be8, // 58 ldr x8, [sp, #80]
    0xa9441fe6, // 5c ldp x6, x7, [sp, #64]
    0xa94317e4, // 60 ldp x4, x5, [sp, #48]
    0xa9420fe2, // 64 ldp x2, x3, [sp, #32]
    0xa94107e0, // 68 ldp x0, x1, [sp, #16]
    0xa8ce7bfd, // 6c ldp x29, x30, [sp], #224
    0xd61f0200, // 70 br x16
};
enum { DELAY_TAIL_SIZE = sizeof delay_tail };

// .xdata (ARM64 exception handling, ".xdata records"): function length in instructions; E, one epilogue at the end; its
// codes start at index 1; one word of codes. The prologue is set_fp, save_fplr_x 224; the epilogue save_fplr_x 224 and
// what `end` stands for.
#define DELAY_TAIL_UNWIND_HEADER (DELAY_TAIL_SIZE / 4 | 1u << 21 | 1u << 22 | 1u << 27)
static const uint8_t delay_tail_unwind[] = {
    DELAY_TAIL_UNWIND_HEADER & 0xff,
    DELAY_TAIL_UNWIND_HEADER >> 8 & 0xff,
    DELAY_TAIL_UNWIND_HEADER >> 16 & 0xff,
    DELAY_TAIL_UNWIND_HEADER >> 24,
    0xe1, // set_fp
    0x9b, // save_fplr_x: [sp, #-(27 + 1) * 8]!
    0xe4, // end
    0xe3, // nop, to the word's end
};

static void arm64_write_delay_tail(uint8_t *out, uint64_t tail_rva, uint64_t descriptor_rva, uint64_t helper_rva,
                                   uint64_t image_base)
{
    (void)image_base;
    write_instructions(out, delay_tail, DELAY_TAIL_SIZE / 4);
    set_address(out + 0x30, tail_rva + 0x30, descriptor_rva);
    set_address(out + 0x38, tail_rva + 0x38, helper_rva);
}

const struct target target_arm64 = {
    .machine = MACHINE_ARM64,
    .name = "arm64",
    .pointer_size = 8,
    .default_base_exe = 0x140000000,
    .default_base_dll = 0x180000000,
    .pad = {.default_size = 16, .multiple = 4, .fill = {0x00, 0x00, 0x3e, 0xd4}, .fill_size = 4}, // brk #0xf000
    .base_relocation_pointer = BASE_DIR64,
    .unwind_record_size = 8,
    .relocation_rva32 = REL_ARM64_ADDR32NB,
    .relocation_traits = arm64_traits,
    .apply = arm64_apply,
    .import_thunk_size = 12,
    .import_thunk_alignment = 4,
    .write_import_thunk = arm64_write_import_thunk,
    .delay_thunk_size = 12,
    .delay_tail_size = DELAY_TAIL_SIZE,
    .delay_tail_unwind = {delay_tail_unwind, sizeof delay_tail_unwind},
    .write_delay_thunk = arm64_write_delay_thunk,
    .write_delay_tail = arm64_write_delay_tail,
    .branch_reaches = arm64_branch_reaches,
    .branch_addend = arm64_branch_addend,
    .range_thunk_size = 12,
    .range_thunk_alignment = 4,
    .write_range_thunk = arm64_write_range_thunk,
};
