// The symbols of the map file, gathered and in order (map_file.c writes them).
#pragma once

#include "linker/output/image_symbols.h"

struct map_symbols {
    struct image_symbol *publics,
        *statics; // absolute ones first, then by RVA; one RVA: input order, the linker's own last
    size_t public_count, static_count;
};

void map_symbols_gather(struct link *link, struct map_symbols *out);
