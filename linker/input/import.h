// An imported name, made of a short import object: it defines `__imp_name`, the entry of the import address table, and
// for code `name`, a thunk that jumps through it. Both are chunks from the start, so a symbol that is imported is
// nothing special to relocations; synthesize/imports.c gives the chunks their bytes and the tables around them.
#pragma once

#include "common/import_object.h"
#include "linker/chunk.h"

struct imported_dll;
struct object;
struct symbol;

struct import {
    struct import_object header;
    struct object *object; // the member it came as: objects of this kind have no sections
    struct chunk slot; // entry of the import address table, pointer_size bytes; is_live when anything live refers to it
    struct chunk thunk;         // code only: size 0 for data; is_live likewise (then the slot is live too)
    struct symbol *slot_symbol; // __imp_name
    struct symbol *symbol;      // name; NULL for IMPORT_DATA
    bool is_delayed;            // its DLL was named by /DELAYLOAD
    struct imported_dll *dll;   // of synthesize/imports.h, where it is live: its place is dll->imports.items[dll_index]
    uint32_t dll_index;
};

// Symbol indexes under which an import object's definitions rank (symbol.h).
enum { IMPORT_SLOT_INDEX = 0, IMPORT_SYMBOL_INDEX = 1 };

// Kinds of the two chunks, set when the import object is read: synthesize/imports.c.
extern const struct chunk_kind import_slot_kind, import_thunk_kind;
