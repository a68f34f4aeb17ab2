// Which stretches of x86 code can't name a guarded byte, found without decoding them.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct examination;
struct examined_section;

// Whether any branch or PC-relative operand in [rva, end) could make a hit: false is certain, true means that it has to be decoded. The stretch begins with an
// entry, or with none; x86 and x64 only.
bool sweep_may_hit(const struct examination *examination, const struct examined_section *section, uint32_t rva,
                   uint32_t end);
