// One pass over all code of an image that finds every branch and every PC-relative address that matters for patching:
// those that name a byte of a pad or of the bytes to replace. Each instruction is decoded once, in parallel, whatever
// the number of functions.
#pragma once

struct examination;

#include <stdint.h>

// Decodes each first instruction and measures each pad, as far as bytes alone tell: sets first_length, replaced,
// pad_found. Then marks which bytes matter.
void sweep_entries(struct examination *examination);

// The loader relocates a field at `site`, which holds the address `target` (RVAs): the field is no instruction, and a
// pointer into a pad or into replaced bytes is a hit. Between sweep_entries and sweep_code; not from parallel loops.
void sweep_note_pointer(struct examination *examination, uint64_t site, uint64_t target);

// Fills examination->hits, in order of source; and, unless the identities come from a link, each function's identity.
void sweep_code(struct examination *examination);
