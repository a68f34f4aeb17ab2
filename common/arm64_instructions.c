// Branches of A64 carry a signed count of words; which bits hold it depends on the group. Everything else here sorts
// words into groups by bits 25 to 28, as the manual's first table does.
#include "common/arm64_instructions.h"

// Bits `low` … `low + width - 1` of the word as a signed number.
static int64_t signed_field(uint32_t word, unsigned low, unsigned width)
{
    uint32_t value = word >> low & ((1u << width) - 1);
    return (int64_t)value - ((int64_t)(value >> (width - 1)) << width);
}

static bool is_allocated(uint32_t word)
{
    switch (word >> 25 & 15) {
    case 0: // UDF below 0x10000; with the top bit, the matrix extension
        return word >> 31 != 0 || word >> 16 == 0;
    case 1:
    case 3: return false;
    case 8:
    case 9: // data processing, immediate: opcode 111 holds bit-field extraction, of which one operation exists
        return (word >> 23 & 7) != 7 || (word >> 29 & 3) == 0 || (word >> 29 & 3) == 3;
    case 10:
    case 11: // branches, exceptions, system: conditional branches (2) use half of their group, 3 and 7 are empty
        return word >> 29 != 7 && word >> 29 != 3 && (word >> 29 != 2 || (word >> 25 & 1) == 0);
    default: return true;
    }
}

static void decode_branch(uint32_t word, uint64_t address, struct instruction *out)
{
    int64_t words = 0;
    if ((word & 0x7c000000) == 0x14000000) { // B, BL
        out->kind = word >> 31 ? INSTRUCTION_CALL : INSTRUCTION_JUMP;
        words = signed_field(word, 0, 26);
    } else if ((word & 0xff000000) == 0x54000000) { // B.cond, BC.cond
        out->kind = INSTRUCTION_CONDITIONAL_JUMP;
        words = signed_field(word, 5, 19);
    } else if ((word & 0x7e000000) == 0x34000000) { // CBZ, CBNZ
        out->kind = INSTRUCTION_CONDITIONAL_JUMP;
        words = signed_field(word, 5, 19);
    } else if ((word & 0x7e000000) == 0x36000000) { // TBZ, TBNZ
        out->kind = INSTRUCTION_CONDITIONAL_JUMP;
        words = signed_field(word, 5, 14);
    } else {
        uint32_t operation = word >> 21 & 15;
        if ((word & 0xfe000000) == 0xd6000000 && (operation & 7) != 1) // BR, RET, ERET and their like; 1 is BLR
            out->kind = INSTRUCTION_INDIRECT_JUMP;
        else if ((word & 0xffe0001f) == 0xd4200000) // BRK
            out->kind = INSTRUCTION_TRAP;
        return;
    }
    out->has_target = true;
    out->target = address + (uint64_t)(words * 4);
    out->field_size = 4;
}

static void decode_reference(uint32_t word, uint64_t address, struct instruction *out)
{
    if ((word & 0x1f000000) == 0x10000000) { // ADR, ADRP: the two lowest bits lie apart
        int64_t value = signed_field(word, 5, 19) * 4 + (word >> 29 & 3);
        bool is_page = word >> 31;
        out->reference = is_page ? (address & ~UINT64_C(4095)) + (uint64_t)(value * 4096) : address + (uint64_t)value;
    } else if ((word & 0x3b000000) == 0x18000000) { // LDR (literal), PRFM (literal)
        out->reference = address + (uint64_t)(signed_field(word, 5, 19) * 4);
    } else {
        return;
    }
    out->has_reference = true;
    out->field_size = 4;
}

struct instruction arm64_decode(uint32_t word, uint64_t address)
{
    struct instruction out = {0};
    if (!is_allocated(word))
        return out;
    out.length = ARM64_INSTRUCTION_SIZE;
    switch (word >> 25 & 15) {
    case 0:
        if (word >> 16 == 0)
            out.kind = INSTRUCTION_TRAP; // UDF
        break;
    case 10:
    case 11: decode_branch(word, address, &out); break;
    default: decode_reference(word, address, &out); break;
    }
    return out;
}
