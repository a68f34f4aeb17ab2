// Names and where they ended up: the walk that the map file and the COFF symbol table share. After layout. A symbol
// belongs to the object that defines it, so walking objects in their order gives an order that no thread decides, and
// objects can be walked side by side.
#pragma once

#include "common/text.h"

struct chunk;
struct link;
struct object;
struct output_section;
struct symbol;

struct image_symbol {
    struct text name;
    const struct object *object;         // that defines it; NULL: the linker
    const struct chunk *chunk;           // in the image (what it was folded into, too); NULL: absolute
    const struct output_section *output; // NULL: absolute, or in the headers
    uint64_t value;                      // RVA; the value of an absolute symbol
    uint16_t type;                       // as COFF has it
    bool is_external, is_common, is_absolute, is_import;
    bool is_function; // its COFF type says so, or it is a thunk
    bool is_inline;   // of a COMDAT that any object may give
};

struct image_symbol_walk {
    const struct link *link;
    const struct object *object;
    uint32_t next;
};

// The next symbol of the object, external or static, that is in the image or absolute; false at the end. Symbols that
// name a section, labels and what a compiler says of itself (@feat.00) are left out.
bool image_symbol_next(struct image_symbol_walk *walk, struct image_symbol *out);

// Where one external symbol is, `object` left NULL; false where it is undefined or not in the image.
bool image_symbol_of(const struct link *link, const struct symbol *symbol, struct image_symbol *out);

// The symbols that no object defines (the linker's own, alternate names, pointers to local definitions), by name. The
// array is in the calling thread's arena.
struct image_symbol *image_symbols_of_linker(const struct link *link, size_t *count);
