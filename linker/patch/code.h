// What a patcher has to know of a machine's code, behind one interface: how to decode it, which bytes are fill, how
// many bytes the branch over an entry takes, and which of these can be stored at once (design, "Pads: the contract").
#pragma once

#include "common/instruction.h"

// Decodes at `rva`; targets and references are RVAs too.
struct instruction code_decode(uint16_t machine, struct bytes code, uint64_t rva);

// Bytes of a step of instructions: 1, 2 (Thumb) or 4 (ARM64).
uint32_t code_step(uint16_t machine);

// How many bytes right before `end` are fill, going back to `start` at most. Only traps count: what cannot be run
// through can be overwritten. A no-operation can be run through, and zeros are an instruction on x86 and on ARM.
uint32_t code_fill_before(uint16_t machine, const uint8_t *start, const uint8_t *end);

// The same for what assemblers and linkers put behind a function: no-operations and zeros count as well.
uint32_t code_slack_before(uint16_t machine, const uint8_t *start, const uint8_t *end);

// Bytes that the branch to the pad takes at an entry.
uint32_t code_replaced_size(uint16_t machine);

// Whether `size` bytes at `rva` can be replaced by one store that other cores see whole. Images are loaded at multiples
// of 64 KiB, so the RVA decides.
bool code_store_is_atomic(uint16_t machine, uint32_t rva, uint32_t size);

// The default of /FUNCTIONPADMIN, and `size` rounded up as the machine asks.
uint32_t code_default_pad(uint16_t machine);
uint32_t code_round_pad(uint16_t machine, uint32_t size);
