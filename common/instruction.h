// What a patcher asks of one instruction, the same for every machine: how long it is, where it may go, and which bytes
// of it depend on where it lies. The decoders (x86_instructions.h, arm64_instructions.h, thumb_instructions.h) fill it
// in; none of them knows what an instruction computes.
#pragma once

#include "common/bytes.h"

enum instruction_kind {
    INSTRUCTION_OTHER,
    INSTRUCTION_JUMP,             // direct, always taken
    INSTRUCTION_CONDITIONAL_JUMP, // direct, may fall through
    INSTRUCTION_CALL,             // direct: comes back
    INSTRUCTION_INDIRECT_JUMP,    // to a place that its bytes do not say, or a return
    INSTRUCTION_TABLE_JUMP,       // Thumb's TBB and TBH: the table lies behind it
    INSTRUCTION_TRAP,             // int3, ud2, brk, udf: made to be never executed
};

struct instruction {
    uint8_t length;     // bytes; 0: the bytes are no instruction
    uint8_t kind;       // enum instruction_kind
    bool has_target;    // a direct branch: `target` is where it goes
    bool has_reference; // names data or code by its distance from here: `reference` is that address
    uint8_t field;      // offset in the instruction of the bytes that depend on its place
    uint8_t field_size; // and how many these are; 0: none
    uint64_t target;    // in the terms of the `address` given to the decoder
    uint64_t reference;
};

static inline bool instruction_is_jump(const struct instruction *instruction)
{
    return instruction->kind == INSTRUCTION_JUMP || instruction->kind == INSTRUCTION_CONDITIONAL_JUMP;
}
