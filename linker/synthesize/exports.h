// What the image exports, bound: the list behind the export directory, the import library, the map file and the patch
// report.
#pragma once

#include "common/arena.h"
#include "common/coff.h"
#include "linker/chunk.h"

struct export_request;
struct link;
struct symbol;

struct export
{
    struct text name;       // as the image's name table has it. Of a no_name export: as it was asked for, in no table
    struct symbol *symbol;  // what it stands for, defined; NULL: a forwarder
    struct text forward_to; // "OTHER.name", "OTHER.#3", or empty
    uint32_t ordinal;       // 1 … 65535
    uint32_t hint;          // index in the name table; 0 of a no_name export
    bool has_given_ordinal; // the user chose it: it is part of the DLL's contract
    bool no_name, is_data, is_constant, is_private;
    // For the import library, which leaves out what is_private:
    struct text import_symbol; // as compilers decorate it; __imp_ is to be put in front for the slot's name
    enum import_name_type import_name_type;
};

struct export_state {
    // Sorted by name, no_name ones included; each name once.
    array_of(struct export) exports;
    uint32_t ordinal_base, ordinal_count; // of the address table
    uint32_t name_count;                  // of the name table
    struct text dll_name;
    struct chunk *directory; // NULL: no export directory is made

    // while symbols are resolved (export_names.c)
    array_of(struct export_wish) wishes; // one for each request of the options, in order
    size_t open_wishes;                  // without a symbol yet
    size_t seen_objects, seen_libraries; // when decorated forms were last looked for
};

// A request with the names that it can mean.
struct export_wish {
    const struct export_request *request;
    struct text wanted;    // symbol's name as C code decorates it
    struct text external;  // the exported name, likewise
    struct text name;      // in the image
    struct symbol *symbol; // asked for, or NULL: nothing that fits was found yet
    bool is_doubtful;      // several decorated forms fit equally well: none is taken
};

// Gives each export its ordinal and hint (exports.c).
void exports_number(struct link *link);

// link->export_state, made on first use.
struct export_state *export_state_of(struct link *link);

// The name under which other images know this one: the LIBRARY or NAME of the .def file (".dll" or ".exe" added where
// it has no extension), or the output's file name. For an import library it always has an extension.
struct text exports_dll_name(struct link *link);
