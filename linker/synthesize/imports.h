// What the linker knows of the DLLs that the image imports from: one struct imported_dll each, with its imports in the
// order in which they came, and the tables that lists of DLLs are made of. /DELAYLOAD'ed DLLs have a list of their own:
// the same names and lookup tables, but slots that lead to thunks and a helper of the program's instead of the loader.
#pragma once

#include "common/arena.h"
#include "linker/chunk.h"
#include "linker/input/import.h"

struct link;
struct symbol;

// A function that the first call through a slot of a delay-loaded DLL ends up in.
struct delay_thunk {
    struct chunk chunk;
    const struct import *import;
    const struct chunk *tail; // common to the DLL's thunks
};

struct imported_dll {
    struct text name; // as the first import object spells it
    array_of(struct import *) imports;
    uint32_t *hint_offsets;      // [imports.count] in the chunk of hints and names; IMPORT_BY_ORDINAL
    uint32_t name_offset;        // of the DLL's name, in the chunk of DLL names
    uint32_t lookup_offset;      // of its lookup table, in the chunk of all of them
    struct chunk *address_table; // its first slot
    struct chunk *module_handle; // delayed: where the helper keeps the loaded DLL's handle
    struct delay_thunk *thunks;  // delayed: [imports.count]
    struct chunk *tail;          // delayed: the code behind the thunks
    uint32_t address_offset;     // delayed: of its table in the chunks of bound and unload tables
};
#define IMPORT_BY_ORDINAL UINT32_MAX

// A table chunk that covers a whole list.
struct import_table_chunk {
    struct chunk chunk;
    const struct import_list *list;
};

struct import_list {
    array_of(struct imported_dll *) dlls;    // in order of first appearance
    struct import_table_chunk directory;     // the descriptors
    struct import_table_chunk lookups;       // lookup tables, each ended by a zero
    struct import_table_chunk hints;         // hint, name, padding to 2, of every import by name
    struct import_table_chunk names;         // DLL names
    struct import_table_chunk bound, unload; // delayed
};

struct import_state {
    struct import_list regular, delayed;
    struct symbol *delay_helper;
};

// link->import_state, made on first use.
struct import_state *import_state_of(struct link *link);

// --- import_tables.c: what both kinds of list share ---

// Puts the link's live imports whose is_delayed is as given into the list, by DLL (ASCII case of names ignored), and
// gives each its `dll` and `dll_index`.
void import_list_gather(struct link *link, struct import_list *list, bool is_delayed);

// Adds the chunks of lookup tables, hints and DLL names to the given sections.
void import_list_add_tables(struct link *link, struct import_list *list, const char *lookup_section,
                            const char *hint_section, const char *name_section, uint32_t characteristics);

// The value of an unresolved slot or lookup entry: RVA of hint and name, or the ordinal with the top bit set;
// pointer_size bytes.
void import_entry_write(const struct link *link, const struct import_list *list, const struct import *import,
                        uint8_t *out);

// The slot of a /DELAYLOAD'ed import (delay_imports.c): holds the VA of its thunk until the helper replaces it.
extern const struct chunk_kind delay_slot_kind;

// Gives a function that is made here its pad, counts it, and adds it to .text.
void import_function_add(struct link *link, struct chunk *function);

static inline struct import *import_of_slot(const struct chunk *slot)
{
    return (struct import *)((char *)(uintptr_t)slot - offsetof(struct import, slot));
}

static inline struct import *import_of_thunk(const struct chunk *thunk)
{
    return (struct import *)((char *)(uintptr_t)thunk - offsetof(struct import, thunk));
}
