// 32-bit ARM as Windows has it: Thumb-2 only. Two things are peculiar to it.
//
// An address of a function has bit 0 set, which says Thumb to whatever jumps there through a register. So each
// relocation that stores an address sets the bit where its target is code; branches leave it out, as their fields count
// halfwords.
//
// A 32-bit instruction is two halfwords, the one with the opcode first, and its immediate is scattered over both (Arm
// Architecture Reference Manual for ARMv7-A, "Thumb instruction set encoding"):
//
//        B.W, BL, BLX   11110 S imm10        1 x J1 y J2 imm11      S:I1:I2:imm10:imm11:0, In = NOT(Jn EOR S)
//        B<cond>.W      11110 S cond imm6    1 0 J1 0 J2 imm11      S:J2:J1:imm6:imm11:0
//        MOVW, MOVT     11110 i 10x100 imm4  0 imm3 Rd imm8         imm4:i:imm3:imm8
//
// BRANCH24 and MOV32A are for the ARM instruction set, which Windows never runs, and BRANCH11 is Thumb's first BL. They
// are in the PE format ("ARM Processors"), so they are applied as it says.

#include "linker/target/field.h"

#include "common/pe.h"

static const struct relocation_traits traits[] = {
    [REL_ARM_ABSOLUTE] = {.name = "IMAGE_REL_ARM_ABSOLUTE"},
    [REL_ARM_ADDR32] = {.name = "IMAGE_REL_ARM_ADDR32", .size = 4, .base_relocation = BASE_HIGHLOW},
    [REL_ARM_ADDR32NB] = {.name = "IMAGE_REL_ARM_ADDR32NB", .size = 4},
    [REL_ARM_BRANCH24] = {.name = "IMAGE_REL_ARM_BRANCH24", .size = 4},
    [REL_ARM_BRANCH11] = {.name = "IMAGE_REL_ARM_BRANCH11", .size = 4, .is_branch = true},
    [REL_ARM_REL32] = {.name = "IMAGE_REL_ARM_REL32", .size = 4},
    [REL_ARM_SECTION] = {.name = "IMAGE_REL_ARM_SECTION", .size = 2, .is_section_relative = true},
    [REL_ARM_SECREL] = {.name = "IMAGE_REL_ARM_SECREL", .size = 4, .is_section_relative = true},
    [REL_ARM_MOV32A] = {.name = "IMAGE_REL_ARM_MOV32A", .size = 8, .base_relocation = BASE_ARM_MOV32},
    [REL_ARM_MOV32T] = {.name = "IMAGE_REL_ARM_MOV32T", .size = 8, .base_relocation = BASE_THUMB_MOV32},
    [REL_ARM_BRANCH20T] = {.name = "IMAGE_REL_ARM_BRANCH20T", .size = 4, .is_branch = true},
    [REL_ARM_BRANCH24T] = {.name = "IMAGE_REL_ARM_BRANCH24T", .size = 4, .is_branch = true},
    [REL_ARM_BLX23T] = {.name = "IMAGE_REL_ARM_BLX23T", .size = 4, .is_branch = true},
};
enum { TYPE_COUNT = sizeof traits / sizeof *traits };

static struct relocation_traits arm_traits(uint16_t type)
{
    return type < TYPE_COUNT ? traits[type] : (struct relocation_traits){0};
}

// --- instruction fields ---

static inline bool fits_signed(int64_t value, unsigned bits)
{
    return value >= -((int64_t)1 << (bits - 1)) && value < (int64_t)1 << (bits - 1);
}

// A 32-bit Thumb instruction with its first halfword on top, as the manual draws it.
static inline uint32_t load_thumb(const uint8_t *place)
{
    return (uint32_t)load16(place) << 16 | load16(place + 2);
}

static inline void store_thumb(uint8_t *place, uint32_t instruction)
{
    store16(place, (uint16_t)(instruction >> 16));
    store16(place + 2, (uint16_t)instruction);
}

#define BRANCH24_FIELDS 0x07ff2fffu // S, imm10, J1, J2, imm11

// B.W, BL and BLX: a distance in bytes, 25 bits with a sign.
static inline int64_t branch24_distance(uint32_t instruction)
{
    // Compilers leave the whole field clear for a call to be filled in. Taken at its word that would be 12 MB forward,
    // as the J bits are stored inverted.
    if (!(instruction & BRANCH24_FIELDS))
        return 0;
    uint32_t sign = instruction >> 26 & 1;
    uint32_t i1 = ~(instruction >> 13 ^ sign) & 1;
    uint32_t i2 = ~(instruction >> 11 ^ sign) & 1;
    uint32_t value = i1 << 23 | i2 << 22 | (instruction >> 16 & 0x3ff) << 12 | (instruction & 0x7ff) << 1;
    return (int64_t)value - ((int64_t)sign << 24);
}

static inline uint32_t branch24_with_distance(uint32_t instruction, int64_t distance)
{
    uint32_t value = (uint32_t)distance;
    uint32_t sign = value >> 24 & 1;
    uint32_t j1 = (~(value >> 23) ^ sign) & 1;
    uint32_t j2 = (~(value >> 22) ^ sign) & 1;
    return (instruction & ~BRANCH24_FIELDS) | sign << 26 | (value >> 12 & 0x3ff) << 16 | j1 << 13 | j2 << 11 |
           (value >> 1 & 0x7ff);
}

#define BRANCH20_FIELDS 0x043f2fffu // S, imm6, J1, J2, imm11

// B<cond>.W: 21 bits with a sign. J1 and J2 are stored as they are, the upper one second.
static inline int64_t branch20_distance(uint32_t instruction)
{
    uint32_t value = (instruction >> 11 & 1) << 19 | (instruction >> 13 & 1) << 18 | (instruction >> 16 & 0x3f) << 12 |
                     (instruction & 0x7ff) << 1;
    return (int64_t)value - ((int64_t)(instruction >> 26 & 1) << 20);
}

static inline uint32_t branch20_with_distance(uint32_t instruction, int64_t distance)
{
    uint32_t value = (uint32_t)distance;
    return (instruction & ~BRANCH20_FIELDS) | (value >> 20 & 1) << 26 | (value >> 12 & 0x3f) << 16 |
           (value >> 18 & 1) << 13 | (value >> 19 & 1) << 11 | (value >> 1 & 0x7ff);
}

#define MOVE_FIELDS 0x040f70ffu // i, imm4, imm3, imm8

static inline uint32_t move_immediate(uint32_t instruction)
{
    return (instruction >> 16 & 0xf) << 12 | (instruction >> 26 & 1) << 11 | (instruction >> 12 & 7) << 8 |
           (instruction & 0xff);
}

static inline uint32_t move_with_immediate(uint32_t instruction, uint32_t value)
{
    return (instruction & ~MOVE_FIELDS) | (value >> 12 & 0xf) << 16 | (value >> 11 & 1) << 26 | (value >> 8 & 7) << 12 |
           (value & 0xff);
}

// --- relocations ---

static enum relocation_result add_move32_thumb(uint8_t *place, uint32_t value)
{
    uint32_t low = load_thumb(place), high = load_thumb(place + 4);
    if ((low & 0xfbf08000) != 0xf2400000 || (high & 0xfbf08000) != 0xf2c00000)
        return RELOCATION_WRONG_INSTRUCTION;
    uint32_t sum = value + (move_immediate(low) | move_immediate(high) << 16);
    store_thumb(place, move_with_immediate(low, sum & 0xffff));
    store_thumb(place + 4, move_with_immediate(high, sum >> 16));
    return RELOCATION_DONE;
}

static enum relocation_result add_move32_arm(uint8_t *place, uint32_t value)
{
    uint32_t low = load32(place), high = load32(place + 4);
    if ((low & 0x0ff00000) != 0x03000000 || (high & 0x0ff00000) != 0x03400000)
        return RELOCATION_WRONG_INSTRUCTION;
    uint32_t fields = 0x000f0fff;
    uint32_t sum = value + ((low >> 4 & 0xf000) | (low & 0xfff) | (high >> 4 & 0xf000) << 16 | (high & 0xfff) << 16);
    store32(place, (low & ~fields) | (sum & 0xf000) << 4 | (sum & 0xfff));
    store32(place + 4, (high & ~fields) | (sum >> 16 & 0xf000) << 4 | (sum >> 16 & 0xfff));
    return RELOCATION_DONE;
}

static enum relocation_result add_branch_arm(const struct relocation_site *site)
{
    uint32_t instruction = load32(site->place);
    if ((instruction & 0x0e000000) != 0x0a000000)
        return RELOCATION_WRONG_INSTRUCTION;
    int64_t addend = ((int64_t)(instruction & 0xffffff) ^ 0x800000) - 0x800000;
    int64_t distance = (int64_t)(site->target_rva - (site->place_rva + 8)) + addend * 4;
    if (!fits_signed(distance, 26))
        return RELOCATION_OUT_OF_RANGE;
    if (distance & 3)
        return RELOCATION_MISALIGNED;
    store32(site->place, (instruction & 0xff000000) | ((uint32_t)(distance >> 2) & 0xffffff));
    return RELOCATION_DONE;
}

// Where a branch of Thumb goes from: the PC reads as 4 bytes ahead. Bit 0 of the target says Thumb and is no part of
// the distance.
static inline int64_t thumb_distance(const struct relocation_site *site)
{
    return (int64_t)((site->target_rva & ~(uint64_t)1) - (site->place_rva + 4));
}

static enum relocation_result add_branch20(const struct relocation_site *site)
{
    uint32_t instruction = load_thumb(site->place);
    if ((instruction & 0xf800d000) != 0xf0008000)
        return RELOCATION_WRONG_INSTRUCTION;
    int64_t distance = thumb_distance(site) + branch20_distance(instruction);
    if (!fits_signed(distance, 21))
        return RELOCATION_OUT_OF_RANGE;
    store_thumb(site->place, branch20_with_distance(instruction, distance));
    return RELOCATION_DONE;
}

// BLX leaves Thumb, from an address whose low two bits are dropped, for one that is a multiple of 4.
static enum relocation_result add_exchange(const struct relocation_site *site, uint32_t instruction)
{
    uint64_t from = (site->place_rva + 4) & ~(uint64_t)3;
    int64_t distance = (int64_t)(site->target_rva - from) + branch24_distance(instruction);
    if (!fits_signed(distance, 25))
        return RELOCATION_OUT_OF_RANGE;
    if (distance & 3)
        return RELOCATION_MISALIGNED;
    store_thumb(site->place, branch24_with_distance(instruction, distance));
    return RELOCATION_DONE;
}

// B.W and BL, `bits` bits of distance. BLX to Thumb code becomes BL, which stays in Thumb: all code of an image is
// Thumb, so this is what a compiler that can't know its target relies on.
static enum relocation_result add_branch24(const struct relocation_site *site, unsigned bits)
{
    uint32_t instruction = load_thumb(site->place);
    if ((instruction & 0xf8008000) != 0xf0008000 || (instruction & 0x5000) == 0)
        return RELOCATION_WRONG_INSTRUCTION;
    if ((instruction & 0x5000) == 0x4000) {
        if (!site->target_is_code && !(site->target_rva & 1))
            return add_exchange(site, instruction);
        instruction |= 0x1000;
    }
    int64_t distance = thumb_distance(site) + branch24_distance(instruction);
    if (!fits_signed(distance, bits))
        return RELOCATION_OUT_OF_RANGE;
    store_thumb(site->place, branch24_with_distance(instruction, distance));
    return RELOCATION_DONE;
}

static inline bool is_place_misaligned(const struct relocation_site *site)
{
    switch (site->type) {
    case REL_ARM_BRANCH24:
    case REL_ARM_MOV32A: return site->place_rva & 3;
    case REL_ARM_BRANCH11:
    case REL_ARM_BRANCH20T:
    case REL_ARM_BRANCH24T:
    case REL_ARM_BLX23T:
    case REL_ARM_MOV32T: return site->place_rva & 1;
    default: return false;
    }
}

static enum relocation_result arm_apply(const struct relocation_site *site)
{
    if (site->type >= TYPE_COUNT)
        return RELOCATION_UNKNOWN;
    if (site->room < traits[site->type].size)
        return RELOCATION_NO_ROOM;
    if (is_place_misaligned(site))
        return RELOCATION_MISALIGNED;
    uint64_t target_va = site_target_va(site) | site->target_is_code;
    uint64_t target_rva = site->target_rva | site->target_is_code;
    if (target_va > UINT32_MAX) // sums below are modulo 2^32, so that this is the one thing to overflow
        return RELOCATION_OUT_OF_RANGE;

    switch (site->type) {
    case REL_ARM_BRANCH24T:
    case REL_ARM_BLX23T: return add_branch24(site, 25);
    case REL_ARM_MOV32T: return add_move32_thumb(site->place, (uint32_t)target_va);
    case REL_ARM_ADDR32: return field_add_modulo32(site->place, target_va);
    case REL_ARM_ADDR32NB: return field_add_modulo32(site->place, target_rva);
    case REL_ARM_REL32: return field_add_modulo32(site->place, target_rva - (site->place_rva + 4));
    case REL_ARM_BRANCH20T: return add_branch20(site);
    case REL_ARM_BRANCH11: return add_branch24(site, 23);
    case REL_ARM_BRANCH24: return add_branch_arm(site);
    case REL_ARM_MOV32A: return add_move32_arm(site->place, (uint32_t)target_va);
    case REL_ARM_SECTION: return field_add_section(site);
    case REL_ARM_SECREL: return field_add_section_offset(site);
    case REL_ARM_ABSOLUTE: return RELOCATION_DONE;
    default: return RELOCATION_UNKNOWN;
    }
}

static bool arm_branch_reaches(uint16_t type, uint64_t place_rva, uint64_t target_rva)
{
    int64_t distance = (int64_t)((target_rva & ~(uint64_t)1) - (place_rva + 4));
    switch (type) {
    case REL_ARM_BRANCH24T:
    case REL_ARM_BLX23T: return fits_signed(distance, 25);
    case REL_ARM_BRANCH11: return fits_signed(distance, 23);
    case REL_ARM_BRANCH20T: return fits_signed(distance, 21);
    default: return true;
    }
}

static int64_t arm_branch_addend(uint16_t type, const uint8_t *place)
{
    switch (type) {
    case REL_ARM_BRANCH24T:
    case REL_ARM_BLX23T:
    case REL_ARM_BRANCH11: return branch24_distance(load_thumb(place));
    case REL_ARM_BRANCH20T: return branch20_distance(load_thumb(place));
    default: return 0;
    }
}

// --- thunks ---

// Puts a value into the MOVW and MOVT at `out`, whose immediates are 0.
static void set_move32(uint8_t *out, uint32_t value)
{
    store_thumb(out, move_with_immediate(load_thumb(out), value & 0xffff));
    store_thumb(out + 4, move_with_immediate(load_thumb(out + 4), value >> 16));
}

static void arm_write_import_thunk(uint8_t *out, uint64_t thunk_rva, uint64_t slot_rva, uint64_t image_base)
{
    (void)thunk_rva;
    static const uint8_t code[] = {
        0x40, 0xf2, 0x00, 0x0c, // movw ip, #lower16(slot)
        0xc0, 0xf2, 0x00, 0x0c, // movt ip, #upper16(slot)
        0xdc, 0xf8, 0x00, 0xf0, // ldr.w pc, [ip]
    };
    memcpy(out, code, sizeof code);
    set_move32(out, (uint32_t)(image_base + slot_rva));
}

// By distance, so that it needs no base relocation. The add reads a PC of 12 bytes into the thunk and, unlike bx, stays
// in Thumb.
static void arm_write_range_thunk(uint8_t *out, uint64_t thunk_rva, uint64_t target_rva)
{
    static const uint8_t code[] = {
        0x40, 0xf2, 0x00, 0x0c, // movw ip, #lower16(target - (thunk + 12))
        0xc0, 0xf2, 0x00, 0x0c, // movt ip, #upper16(target - (thunk + 12))
        0xe7, 0x44,             // add pc, ip
    };
    memcpy(out, code, sizeof code);
    set_move32(out, (uint32_t)((target_rva & ~(uint64_t)1) - (thunk_rva + 12)));
}

static void arm_write_delay_thunk(uint8_t *out, uint64_t thunk_rva, uint64_t slot_rva, uint64_t tail_rva,
                                  uint64_t image_base)
{
    static const uint8_t code[] = {
        0x40, 0xf2, 0x00, 0x0c, // movw ip, #lower16(slot)
        0xc0, 0xf2, 0x00, 0x0c, // movt ip, #upper16(slot)
        0x00, 0xf0, 0x00, 0xb8, // b.w tail
    };
    memcpy(out, code, sizeof code);
    set_move32(out, (uint32_t)(image_base + slot_rva));
    store_thumb(out + 8, branch24_with_distance(load_thumb(out + 8), (int64_t)(tail_rva - (thunk_rva + 12))));
}

// The helper is called by distance through a register: it may be anywhere in a large image.
static const uint8_t delay_tail[] = {
    0x2d, 0xe9, 0x0f, 0x48, // 00 push.w {r0-r3, r11, lr}
    0x0d, 0xf2, 0x10, 0x0b, // 04 addw r11, sp, #16
    0x2d, 0xed, 0x10, 0x0b, // 08 vpush {d0-d7}
    0x61, 0x46,             // 0c mov r1, ip: the slot
    0x40, 0xf2, 0x00, 0x00, // 0e movw r0, #lower16(descriptor)
    0xc0, 0xf2, 0x00, 0x00, // 12 movt r0, #upper16(descriptor)
    0x40, 0xf2, 0x00, 0x0c, // 16 movw ip, #lower16(helper + 1 - (tail + 0x22))
    0xc0, 0xf2, 0x00, 0x0c, // 1a movt ip, #upper16(helper + 1 - (tail + 0x22))
    0xfc, 0x44,             // 1e add ip, pc
    0xe0, 0x47,             // 20 blx ip
    0x84, 0x46,             // 22 mov ip, r0
    0xbd, 0xec, 0x10, 0x0b, // 24 vpop {d0-d7}
    0xbd, 0xe8, 0x0f, 0x48, // 28 pop.w {r0-r3, r11, lr}
    0x60, 0x47,             // 2c bx ip
};

// .xdata (ARM exception handling, ".xdata records"): function length in halfwords; E, one epilogue at the end; its
// codes start at index 6; three words of codes.
#define DELAY_TAIL_UNWIND_HEADER (sizeof delay_tail / 2 | 1u << 21 | 6u << 23 | 3u << 28)
static const uint8_t delay_tail_unwind[] = {
    DELAY_TAIL_UNWIND_HEADER & 0xff,
    DELAY_TAIL_UNWIND_HEADER >> 8 & 0xff,
    DELAY_TAIL_UNWIND_HEADER >> 16 & 0xff,
    DELAY_TAIL_UNWIND_HEADER >> 24,
    0xf5, // prologue, last instruction first: vpop {d0-d7}
    0x07,
    0xfc, // a 32-bit nop: r11 is restored below
    0xa8, // pop {r0-r3, r11, lr}
    0x0f,
    0xff, // end
    0xf5, // epilogue: the same without the frame pointer, then a 16-bit branch
    0x07,
    0xa8,
    0x0f,
    0xfd,
    0xff, // to the word's end
};

static void arm_write_delay_tail(uint8_t *out, uint64_t tail_rva, uint64_t descriptor_rva, uint64_t helper_rva,
                                 uint64_t image_base)
{
    memcpy(out, delay_tail, sizeof delay_tail);
    set_move32(out + 0x0e, (uint32_t)(image_base + descriptor_rva));
    set_move32(out + 0x16, (uint32_t)((helper_rva | 1) - (tail_rva + 0x22)));
}

const struct target target_arm = {
    .machine = MACHINE_ARM,
    .name = "arm",
    .pointer_size = 4,
    .default_base_exe = 0x400000,
    .default_base_dll = 0x10000000,
    .pad = {.default_size = 8, .multiple = 4, .fill = {0xfe, 0xde}, .fill_size = 2}, // udf #0xfe
    .base_relocation_pointer = BASE_HIGHLOW,
    .code_address_bit = 1,
    .unwind_record_size = 8,
    .relocation_rva32 = REL_ARM_ADDR32NB,
    .relocation_traits = arm_traits,
    .apply = arm_apply,
    .import_thunk_size = 12,
    .import_thunk_alignment = 4,
    .write_import_thunk = arm_write_import_thunk,
    .import_thunk_base_relocation = {0, BASE_THUMB_MOV32},
    .delay_thunk_size = 12,
    .delay_tail_size = sizeof delay_tail,
    .delay_tail_unwind = {delay_tail_unwind, sizeof delay_tail_unwind},
    .write_delay_thunk = arm_write_delay_thunk,
    .write_delay_tail = arm_write_delay_tail,
    .delay_thunk_base_relocation = {0, BASE_THUMB_MOV32},
    .delay_tail_base_relocation = {0x0e, BASE_THUMB_MOV32},
    .branch_reaches = arm_branch_reaches,
    .branch_addend = arm_branch_addend,
    .range_thunk_size = 10,
    .range_thunk_alignment = 4,
    .write_range_thunk = arm_write_range_thunk,
};
