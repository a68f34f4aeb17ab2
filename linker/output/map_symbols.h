// The symbols of the map file, gathered and in order (map_file.c writes them).
#pragma once

#include "linker/output/image_symbols.h"

// Absolute ones first, then by RVA; of one RVA: input order, the linker's own last.
struct map_symbols {
    const struct image_symbol **publics, **statics;
    size_t public_count, static_count;
};

void map_symbols_gather(struct link *link, struct map_symbols *out);
