// A chunk is one contiguous piece of an output section: an input section that is kept (input/object.h embeds one), or a
// piece that the linker made. Whatever is in the image is a chunk that knows its size and writes itself, so that
// layout, writing, the map file and the patch report walk one array and ask nothing special.
#pragma once

#include "common/text.h"

struct chunk;
struct link;
struct output_section;

// Where the loader has to add the difference when an image moves; offset in bytes from the chunk's start.
struct base_relocation_site {
    uint32_t offset;
    uint8_t type; // enum pe_base_relocation
};

struct chunk_kind {
    const char *name; // for the map file and diagnostics: "section", "import thunk"
    // Writes chunk->size bytes (the pad is written by the caller) to `out`, which is zero (code: fill bytes) on entry.
    // NULL for a chunk whose bytes stay zero.
    void (*write)(const struct link *link, const struct chunk *chunk, uint8_t *out);
    // Calls `site` for each place in the chunk that holds a VA. Called twice (to count, to write), so it must say the
    // same each time. NULL where there are none.
    void (*base_relocations)(const struct link *link, const struct chunk *chunk,
                             void (*site)(void *context, struct base_relocation_site), void *context);
    // The chunk that has to be live when this one is (an import thunk's slot). NULL where there is none. Sections say
    // what they refer to by their relocations.
    struct chunk *(*reference)(const struct chunk *chunk);
};

struct chunk {
    const struct chunk_kind *kind;
    struct output_section *output; // set when chunks are grouped; NULL: not in the image
    uint32_t group;                // index into link->groups: full section name and characteristics
    uint32_t rva;                  // of the first byte behind the pad; set by layout
    uint32_t size;                 // bytes in the image, pad excluded
    uint32_t pad;                  // bytes reserved before it for hotpatching
    uint32_t order;                // contribution order among chunks of one group: input order, then place in its input
    uint8_t alignment_shift;       // log2 of the alignment in bytes
    _Atomic bool is_live;          // in the image, unless folded; set by many threads when liveness is found
    bool is_code : 1;              // its group has SECTION_CODE
    bool is_section : 1;           // embedded in a struct section
    bool is_ordered : 1;           // named by /ORDER: placed before all others
    bool is_function : 1;          // a synthesized chunk that is a function (import thunk, range thunk): padded as one
};
_Static_assert(sizeof(struct chunk) == 40, "a link has hundreds of thousands of chunks");

// A chunk that only holds bytes known when it is made.
struct data_chunk {
    struct chunk chunk;
    struct bytes content;
};
extern const struct chunk_kind data_chunk_kind;
