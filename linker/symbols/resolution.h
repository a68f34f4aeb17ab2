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
    symbol_array *orphans;   // by thread: names whose winner's section was discarded
    common_array *commons;   // by thread: every tentative definition
    array_of(struct chunk *) common_chunks,
        pointer_chunks;                           // made by common.c and local_import.c: in the image where live
    size_t objects_bound;                         // of link->objects
    size_t includes_seen, default_libraries_seen; // requests that were applied
};

// Binds the names of link->objects from index `first` on: bind.c.
void objects_bind(struct link *link, size_t first);

// Libraries came late: they are searched for everything that is still undefined. libraries.c.
void libraries_were_added(struct link *link);

// Takes out the COMDATs of an object that lost, now that it is known which, and what is associated with them (comdat.c).
// Any thread.
void object_comdats_discard(struct link *link, struct object *object);

// Where an object's local symbols are, and the names that it won (settle.c). Its sections are made and its symbol records
// borrowed. Any thread.
void object_places_settle(struct link *link, struct object *object);

// Room for commons, and pointers for local __imp_ names, while symbols are settled; `left` are the symbols that are not
// defined yet, by name.
void commons_settle(struct link *link);
void commons_create_chunks(struct link *link);
void local_imports_settle(struct link *link, const symbol_array *left);
void local_imports_create_chunks(struct link *link);

// Every definition of some symbols, in the order of symbol rank: how the rare cases find all candidates.
struct definition {
    struct symbol *symbol;
    struct object *object;
    uint32_t index;
};
typedef array_of(struct definition) definition_array;

// Gathers the definitions in sections (or absolute ones) of the symbols whose is_contested is set, sorted by name, then
// rank. Parallel over objects; imports are included.
definition_array definitions_gather(struct link *link);

// The claim of the section that a definition is in; NULL of an absolute one or an import.
struct section_claim *definition_claim(const struct definition *definition);

// Hangs MinGW's `.pdata$X` and its like on `.text$X` of their object. While COMDATs are selected, for each object by
// itself: mingw_unwind.c.
void mingw_unwind_sections_associate(const struct object *object);
