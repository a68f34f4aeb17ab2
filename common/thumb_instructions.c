// An instruction is one halfword, or two where the first begins with 11101, 11110 or 11111. The PC that an instruction
// sees is its own address + 4; literals count from that rounded down to a word.
#include "common/thumb_instructions.h"

#define PC_AHEAD 4

static uint64_t sign_extend(uint32_t value, unsigned width)
{
    return value - ((uint64_t)(value >> (width - 1)) << width);
}

static void set_target(struct instruction *out, enum instruction_kind kind, uint64_t target)
{
    out->kind = (uint8_t)kind;
    out->has_target = true;
    out->target = target;
    out->field_size = out->length;
}

static void set_reference(struct instruction *out, uint64_t reference)
{
    out->has_reference = true;
    out->reference = reference;
    out->field_size = out->length;
}

// Holes in the table of miscellaneous 16-bit instructions, and a BLX with bits that should be zero.
static bool is_defined16(uint32_t half)
{
    if ((half & 0xff00) == 0xb600) // SETEND, CPS and nothing else
        return (half & 0xfff7) == 0xb650 || (half & 0xffe8) == 0xb660;
    return (half & 0xff00) != 0xb700 && (half & 0xff00) != 0xb800 && ((half & 0xff80) != 0x4780 || (half & 7) == 0);
}

static void decode16(uint32_t half, uint64_t address, struct instruction *out)
{
    uint64_t pc = address + PC_AHEAD;
    if (!is_defined16(half)) {
        out->length = 0;
    } else if ((half & 0xf000) == 0xd000) {
        if ((half >> 8 & 15) == 14) // UDF
            out->kind = INSTRUCTION_TRAP;
        else if ((half >> 8 & 15) != 15) // B, T1; 15 is SVC
            set_target(out, INSTRUCTION_CONDITIONAL_JUMP, pc + sign_extend((half & 0xff) << 1, 9));
    } else if ((half & 0xf800) == 0xe000) { // B, T2
        set_target(out, INSTRUCTION_JUMP, pc + sign_extend((half & 0x7ff) << 1, 12));
    } else if ((half & 0xf500) == 0xb100) { // CBZ, CBNZ: forward only
        set_target(out, INSTRUCTION_CONDITIONAL_JUMP, pc + ((half >> 9 & 1) << 6 | (half >> 3 & 31) << 1));
    } else if ((half & 0xff00) == 0xbe00) { // BKPT
        out->kind = INSTRUCTION_TRAP;
    } else if ((half & 0xf800) == 0x4800) { // LDR (literal)
        set_reference(out, (pc & ~UINT64_C(3)) + ((half & 0xff) << 2));
    } else if ((half & 0xf800) == 0xa000) { // ADR
        set_reference(out, (pc & ~UINT64_C(3)) + ((half & 0xff) << 2));
    } else if ((half & 0xff80) == 0x4700 || (half & 0xff00) == 0xbd00 || (half & 0xff87) == 0x4687 ||
               (half & 0xff87) == 0x4487) { // BX, POP {…, pc}, MOV pc, ADD pc
        out->kind = INSTRUCTION_INDIRECT_JUMP;
    }
}

// B (T3, T4), BL and BLX. Of the two top bits of a long displacement each is told by whether it differs from the sign.
static void decode_branch32(uint32_t word, uint64_t address, struct instruction *out)
{
    uint64_t pc = address + PC_AHEAD;
    uint32_t sign = word >> 26 & 1, j1 = word >> 13 & 1, j2 = word >> 11 & 1, low = word & 0x7ff;
    if ((word & 0xd000) == 0x8000) { // T3; conditions 14 and 15 are the system instructions
        if ((word >> 23 & 7) == 7)
            return;
        uint32_t offset = sign << 20 | j2 << 19 | j1 << 18 | (word >> 16 & 0x3f) << 12 | low << 1;
        set_target(out, INSTRUCTION_CONDITIONAL_JUMP, pc + sign_extend(offset, 21));
        return;
    }
    uint32_t i1 = (j1 ^ sign) ^ 1, i2 = (j2 ^ sign) ^ 1;
    uint32_t offset = sign << 24 | i1 << 23 | i2 << 22 | (word >> 16 & 0x3ff) << 12 | low << 1;
    switch (word >> 12 & 0xd) {
    case 0x9: set_target(out, INSTRUCTION_JUMP, pc + sign_extend(offset, 25)); break; // T4
    case 0xd: set_target(out, INSTRUCTION_CALL, pc + sign_extend(offset, 25)); break; // BL
    case 0xc: // BLX: ends in ARM state, on a word
        if (word & 1)
            out->length = 0;
        else
            set_target(out, INSTRUCTION_CALL, (pc & ~UINT64_C(3)) + sign_extend(offset, 25));
        break;
    default: break;
    }
}

// Loads and address arithmetic that name a place by its distance.
static void decode_reference32(uint32_t word, uint64_t address, struct instruction *out)
{
    uint64_t base = (address + PC_AHEAD) & ~UINT64_C(3);
    bool adds = word >> 23 & 1;
    uint32_t distance;
    if ((word & 0xfe1f0000) == 0xf81f0000) // LDR, LDRB, LDRH, LDRSB, LDRSH; PLD and PLI among them
        distance = word & 0xfff;
    else if ((word & 0xfe5f0000) == 0xe85f0000 && (word & 0x01200000)) // LDRD
        distance = (word & 0xff) << 2;
    else if ((word & 0xff3f0e00) == 0xed1f0a00) // VLDR of 32 or 64 bits
        distance = (word & 0xff) << 2;
    else if ((word & 0xfbff8000) == 0xf20f0000 || (word & 0xfbff8000) == 0xf2af0000) { // ADR, adding and subtracting
        distance = (word >> 26 & 1) << 11 | (word >> 12 & 7) << 8 | (word & 0xff);
        adds = (word & 0x00a00000) == 0;
    } else
        return;
    set_reference(out, adds ? base + distance : base - distance);
}

static bool is_indirect32(uint32_t word)
{
    if ((word & 0xfff0f000) == 0xf8d0f000 || (word & 0xff7ff000) == 0xf85ff000) // LDR pc, [Rn, #imm12] and literal
        return true;
    if ((word & 0xfff0f800) == 0xf850f800 || (word & 0xfff0ffc0) == 0xf850f000) // LDR pc with index
        return true;
    return (word & 0xfe508000) == 0xe8108000 && (word & 0x01800000) != 0 &&
           (word & 0x01800000) != 0x01800000; // LDM and POP with pc
}

static void decode32(uint32_t word, uint64_t address, struct instruction *out)
{
    if ((word & 0xf8008000) == 0xf0008000) { // branches and miscellaneous control
        if ((word & 0xfff0f000) == 0xf7f0a000)
            out->kind = INSTRUCTION_TRAP; // UDF.W
        else if ((word & 0xffffff00) == 0xf3de8f00)
            out->kind = INSTRUCTION_INDIRECT_JUMP; // SUBS pc, lr: return from an exception
        else
            decode_branch32(word, address, out);
    } else if ((word & 0xfff0ffe0) == 0xe8d0f000) {
        out->kind = INSTRUCTION_TABLE_JUMP;
    } else {
        if (is_indirect32(word))
            out->kind = INSTRUCTION_INDIRECT_JUMP;
        decode_reference32(word, address, out);
    }
}

struct instruction thumb_decode(struct bytes code, uint64_t address)
{
    struct instruction out = {0};
    if (code.size < 2)
        return out;
    uint32_t half = load16(code.data);
    if (half < 0xe800) {
        out.length = 2;
        decode16(half, address, &out);
    } else if (code.size >= 4) {
        out.length = 4;
        decode32(half << 16 | load16(code.data + 2), address, &out);
    }
    return out;
}

uint32_t thumb_pair_value(struct bytes pair)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < 2; i++) {
        if (pair.size < 8)
            return 0;
        uint32_t high = load16(pair.data + (size_t)4 * i), low = load16(pair.data + (size_t)4 * i + 2);
        if ((high & 0xfbf0) != (i == 0 ? 0xf240u : 0xf2c0u) || (low & 0x8000))
            return 0;
        uint32_t part = (high & 15) << 12 | (high >> 10 & 1) << 11 | (low >> 12 & 7) << 8 | (low & 0xff);
        value |= part << (16 * i);
    }
    return value;
}
