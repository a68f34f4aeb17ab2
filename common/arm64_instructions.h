// A64 instructions, as far as a patcher needs them: direct branches, PC-relative addresses, traps, and what is
// certainly no instruction (Arm Architecture Reference Manual for A-profile, "A64 instruction set encoding").
#pragma once

#include "common/instruction.h"

#define ARM64_INSTRUCTION_SIZE 4u

// Decodes the word `word` that lies at `address`. Words in groups that the architecture leaves unallocated give length
// 0; a word that is unallocated deep inside an allocated group gives 4, so a length of 4 is no proof that a core
// executes it. The addresses of ADRP are those of a page.
struct instruction arm64_decode(uint32_t word, uint64_t address);
