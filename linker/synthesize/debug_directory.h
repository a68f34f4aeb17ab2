// The debug directory, as other rooms see it.
#pragma once

#include "linker/chunk.h"

struct debug_state {
    struct chunk directory;
    struct debug_entry {
        uint32_t type;               // enum pe_debug_type
        const struct chunk *content; // NULL: an entry without data
    } entries[4];
    uint32_t entry_count;
};
