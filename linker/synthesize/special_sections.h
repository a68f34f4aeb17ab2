// Sections of objects that are parts of tables: what the linker reads, merges with its own, or leaves out. Found by
// name in one parallel walk over all section headers, since a large link has hundreds of thousands of them and a
// handful of these.
#pragma once

#include "common/arena.h"

struct link;
struct object;
struct section;

enum special_kind {
    SPECIAL_IMPORT,              // .idata$2 … $7: long import libraries
    SPECIAL_EXPORT,              // .edata: an export directory written by hand
    SPECIAL_RESOURCE,            // .rsrc, .rsrc$01, .rsrc$02: cvtres, windres
    SPECIAL_HANDLERS,            // .sxdata: symbol indexes of exception handlers (x86)
    SPECIAL_WIDE_UNWIND,         // .pdata with an alignment of more than its records need
    SPECIAL_GUARD_FUNCTIONS,     // .gfids$y: symbol indexes of functions whose address is taken
    SPECIAL_GUARD_IMPORTS,       // .giats$y: the same for import address table entries
    SPECIAL_GUARD_LONG_JUMPS,    // .gljmp$y: places that longjmp may go to
    SPECIAL_GUARD_CONTINUATIONS, // .gehcont$y: places where an exception handler may let execution go on
    SPECIAL_KIND_COUNT,
};

struct special_section {
    struct object *object;
    struct section *section; // NULL where the section is of a kind that never comes into the image (.sxdata)
    uint32_t number;
};

struct special_sections {
    array_of(struct special_section) of[SPECIAL_KIND_COUNT]; // in input order; dead ones included
};

// Made on first use, once all objects are in.
const struct special_sections *special_sections_of(struct link *link);
