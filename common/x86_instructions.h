// x86 and x64 instructions, decoded by Zydis: this only says what a patcher asks (instruction.h).
#pragma once

#include "common/instruction.h"

enum x86_mode { X86_MODE_32, X86_MODE_64 };

// Decodes the instruction at the front of `code`, which lies at `address`. Length 0: no instruction, or one that
// reaches over the end. In 32-bit mode targets are cut to 32 bits. A target is given for relative branches only; far
// calls and jumps count as indirect. The reference is that of an operand [rip + displacement].
struct instruction x86_decode(enum x86_mode mode, struct bytes code, uint64_t address);
