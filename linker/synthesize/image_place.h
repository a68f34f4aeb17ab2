// Places of the laid-out image by group of sections, for tables that are made of contributions: where they are, and
// (once the image is written) their bytes.
#pragma once

#include "linker/chunk.h"

struct link;

// The chunks of all groups of one base name (".pdata" and ".pdata$foo"), from the first RVA to the end of the last;
// `bytes` is the sum of their sizes, the same as `span` where there are no gaps. count 0: none.
struct group_span {
    uint32_t rva, span, bytes;
    size_t count;
    uint8_t alignment_shift;       // the largest
    struct output_section *output; // of the first chunk
    bool is_split;                 // over several output sections: span and bytes are of the first alone
};
struct group_span group_span_of(const struct link *link, struct text base_name);

// The written image's bytes at an RVA, `size` of them; NULL where they are not all in one output section's part of the
// file.
uint8_t *image_bytes_at(const struct link *link, uint32_t rva, uint64_t size);
