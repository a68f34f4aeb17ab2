// Which parts of x86 code can't name a guarded byte, found without decoding them.
#pragma once

#include <stdint.h>

struct examination;
struct examined_section;

// The RVA behind the last place in [rva, end) where a branch or a PC-relative operand could make a hit: from there on
// no instruction has to be decoded. `rva` itself where there is none at all. The stretch begins with an entry, or with
// none; x86 and x64 only.
uint32_t sweep_last_suspect(const struct examination *examination, const struct examined_section *section, uint32_t rva,
                            uint32_t end);
