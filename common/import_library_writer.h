// Writes import libraries: a static library with one short import object for each name that a DLL exports, and in front
// of them the three objects of which the import directory is made where a linker has no tables of its own for that
// (link.exe and GNU ld: PE format, "Import Library Format", and "The .idata Section"):
//
//   __IMPORT_DESCRIPTOR_name         .idata$2  this DLL's entry of the import directory, and its name in .idata$6
//   __NULL_IMPORT_DESCRIPTOR         .idata$3  the empty entry that ends the directory
//   \177name_NULL_THUNK_DATA         .idata$4, .idata$5  the empty slot that ends this DLL's tables
//
// The first asks for the other two, and linkers ask for the first when they take any short import object of the
// library.
#pragma once

#include "common/coff.h"
#include "common/text.h"

struct arena;

struct import_library_entry {
    struct text symbol;        // as compilers decorate it
    struct text exported_name; // what the loader looks for: written for IMPORT_NAME_EXPORT_AS only
    enum import_type type;
    enum import_name_type name_type;
    uint16_t ordinal_or_hint; // the ordinal for IMPORT_ORDINAL, else a hint: an index into the DLL's name table
};

// The library as bytes in the arena, the same for the same entries; {NULL, 0} where it would be larger than 4 GiB.
// `dll` is a file name with its extension.
struct bytes import_library_build(struct text dll, uint16_t machine, const struct import_library_entry *entries,
                                  size_t entry_count, struct arena *arena);

// The name that the loader looks for when a short import object says `type` of `symbol`; empty for IMPORT_ORDINAL and
// IMPORT_NAME_EXPORT_AS, which don't make it of the symbol.
struct text import_name_of_symbol(enum import_name_type type, struct text symbol);
