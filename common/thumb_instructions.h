// Thumb-2 instructions, the only ones that ARM images of Windows have, as far as a patcher needs them: lengths, direct
// branches, PC-relative addresses, table jumps, traps (Arm Architecture Reference Manual, "T32 instruction set
// encoding").
#pragma once

#include "common/instruction.h"

// Decodes the instruction at the front of `code`, which lies at `address` (even, without the Thumb bit). Length 0:
// fewer bytes than the instruction has, or an encoding that the architecture leaves undefined at the level this looks
// at. The target of a BLX, which ends in ARM state, is given like any other. A TBB or TBH is a table jump; its table,
// whose length no bytes tell, lies behind it.
struct instruction thumb_decode(struct bytes code, uint64_t address);

// The 32-bit number that a MOVW and the MOVT behind it load, at the front of `pair` (8 bytes); 0 where they are not
// that pair.
uint32_t thumb_pair_value(struct bytes pair);
