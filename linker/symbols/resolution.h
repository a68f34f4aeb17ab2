// What resolving keeps between its rounds and hands to the passes behind it. Private to this room.
#pragma once

#include "linker/symbols/symbol_table.h"

struct object;

struct common { // one object's tentative definition
    struct symbol *symbol;
    uint32_t size; // bytes
};
typedef array_of(struct common) common_array;

struct resolution {
    symbol_array *contested; // by thread: names that got two definitions of which one is no COMDAT of selection ANY
    common_array *commons;   // by thread: every tentative definition
    array_of(struct chunk *) own_chunks; // commons and pointers to local definitions: in the image where they are live
    size_t includes_seen, default_libraries_seen; // requests that were applied
};

// Every definition of some symbols, in the order of symbol rank: how the rare cases find all candidates.
struct definition {
    struct symbol *symbol;
    struct object *object;
    uint32_t index;
};
typedef array_of(struct definition) definition_array;

// Gathers the definitions in sections (or absolute ones) of the symbols whose is_contested is set, sorted by name, then rank. Parallel over objects;
// imports are included.
definition_array definitions_gather(struct link *link);

// The claim of the section that a definition is in; NULL of an absolute one or an import.
struct section_claim *definition_claim(const struct definition *definition);
