// The link's symbols: one record for each external name, made once, filled by many threads at the same time. Who
// defines a symbol is decided by rank, an integer that puts kinds before input order; the smallest wins, so the outcome
// does not depend on which thread came first.
#pragma once

#include "common/text.h"

struct chunk;
struct link;
struct object;

enum symbol_kind {  // in the order in which they win
    SYMBOL_DEFINED, // in a section (or absolute), a synthesized chunk, or an import
    SYMBOL_COMMON,  // tentative: the largest wins when no definition is there
    SYMBOL_WEAK,    // weak external: stands for its alias unless someone defines it
    SYMBOL_UNDEFINED,
};

struct symbol {
    _Alignas(64) const char *name; // one cache line: most looks at a symbol find it in none
    uint32_t name_size;
    _Atomic uint32_t first_reference; // order of the first object that asks for it; UINT32_MAX: nobody
    _Atomic uint64_t rank;            // kind << 60 | object order << 32 | symbol index; see symbol_rank
    struct chunk *chunk;              // where it is; NULL: absolute or undefined. Set once symbols are settled
    uint64_t value;                   // offset in bytes from the chunk's start, or the absolute value
    struct symbol *alias;             // of a weak external: its default
    uint64_t hash;                    // text_hash(name)
    uint8_t kind;                     // enum symbol_kind, set once symbols are settled
    uint8_t weak_search;              // enum weak_search of the alias
    bool is_absolute : 1;
    bool is_import : 1;   // an import thunk or address table entry (of a short import object)
    bool is_function : 1; // its COFF type says so
    bool is_exported : 1;
    bool is_used : 1;      // asked for by name on the command line, a directive or the linker itself
    bool is_synthetic : 1; // defined by the linker
    bool is_library_searched : 1;
    bool is_import_asked : 1; // MinGW: libraries were asked for its __imp_ name
    bool is_pseudo : 1;       // MinGW: stands for a slot; relocations to it need a pseudo relocation
    bool is_contested : 1;    // several definitions, to be compared (comdat.c)
    _Atomic bool is_reached;  // what it names is live; set by many threads when liveness is found
};
_Static_assert(sizeof(struct symbol) == 64, "a link has hundreds of thousands of symbols");

static inline struct text symbol_name(const struct symbol *symbol)
{
    return (struct text){symbol->name, symbol->name_size};
}

// The symbol of this name, made on first use. Any thread.
struct symbol *symbol_intern(struct link *link, struct text name);
// The symbol of this name, or NULL where nobody has mentioned it.
struct symbol *symbol_find(const struct link *link, struct text name);

// Follows weak externals to what stands for the symbol: itself, or the end of its alias chain.
struct symbol *symbol_resolve(struct symbol *symbol);

static inline bool symbol_is_defined(const struct symbol *symbol)
{
    return symbol->kind == SYMBOL_DEFINED || symbol->kind == SYMBOL_COMMON;
}

// Asks for a symbol by name, as /INCLUDE does: libraries are searched for it, its section is live, and it is an error
// when nobody defines it.
struct symbol *symbol_require(struct link *link, struct text name);

// Defines a symbol at an offset in a chunk that the linker made, unless an input has defined it (then false).
bool symbol_define(struct link *link, struct text name, struct chunk *chunk, uint64_t offset);
// The same with a value that is no address.
bool symbol_define_absolute(struct link *link, struct text name, uint64_t value);

// RVA of a settled, laid-out symbol; of an absolute one, value - image base, as relocations see it.
uint64_t symbol_rva(const struct link *link, const struct symbol *symbol);

// The name as a C programmer on x86 would write it gets its underscore: "main" is "_main" there, and "main" elsewhere.
struct text symbol_decorate(const struct link *link, struct text name);

// The defined symbol that a user means by an undecorated name: the name itself, decorated, or on x86 a __stdcall or
// __fastcall form ("_name@8", "@name@8"), or a C++ one ("?name@@Y..."). NULL where none or no single one is there.
struct symbol *symbol_find_by_user_name(struct link *link, struct text name);

// The name as a reader wants it in a message, in lld-link's form: Microsoft's C++ names (which begin with '?') as they
// were written, "__declspec(dllimport) " for the "__imp_" of a pointer to what is imported, and all else, C's
// decorations and GNU's C++ names included, as it is. With /DEMANGLE:NO every name is as it is.
struct text symbol_display(struct link *link, const struct symbol *symbol);
struct text symbol_display_name(struct link *link, struct text name);
