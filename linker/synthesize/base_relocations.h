// Base relocations, gathered: what directories and the patch report ask of them.
#pragma once

#include "linker/chunk.h"

struct base_relocation_state {
    struct chunk chunk; // the whole .reloc section
    struct reloc_slice *slices;
    size_t slice_count;
    struct reloc_block *blocks;
    size_t block_count;
    uint64_t site_count;
};
