// From sections of objects to sections of the image: what link.c calls of this room, in this order.
#pragma once

#include "linker/chunk.h"

struct link;
struct output_section;

// /OPT:REF: marks what the entry point, exports and everything that is no COMDAT reach; with /OPT:NOREF all that was
// not discarded. live.c.
void sections_mark_live(struct link *link);

// /OPT:ICF: sections with the same bytes and the same targets become one. fold.c.
void sections_fold_identical(struct link *link);

// Puts every live chunk into an output section: by name and `$` suffix, /MERGE, /SECTION, then input order; /ORDER.
// Empty sections are dropped. group.c, order_file.c.
void sections_group(struct link *link);

// Assigns RVAs with pads and alignment, places range thunks until nothing moves, and sets sizes and file offsets.
// layout.c.
void sections_lay_out(struct link *link);

// The chunks of one full name in the image (".idata$2"), as a range of RVAs once laid out; size 0 where there are none.
struct chunk_range {
    struct chunk **chunks;
    size_t count;
    uint32_t rva, size; // bytes
};
struct chunk_range section_group_range(const struct link *link, struct text full_name);

// The output section of this name, or NULL; the first where characteristics made several.
struct output_section *output_section_find(const struct link *link, struct text name);

// Adds an output section behind those that the loader keeps, when all are laid out: for .reloc, whose size depends on
// their RVAs. Debug information moves behind it.
struct output_section *output_section_append(struct link *link, struct text name, uint32_t characteristics,
                                             struct chunk *chunk);
