// How names get their meaning: what link.c calls of this room, in this order.
#pragma once

#include "linker/symbols/symbol.h"

struct object;
struct section;

// Defines what only a linker knows (__ImageBase, __safe_se_handler_table, …), behind every input: linker_defined.c.
void linker_symbols_define(struct link *link);

// An empty table of names with those that only a linker can define: resolve.c.
void symbols_begin(struct link *link);

// One round of resolution. New inputs are read, say what they define and ask for, and their directives are obeyed;
// repeated while directives name further files: resolve.c, bind.c.
void symbols_bind_new(struct link *link);
// Library members that define what nobody else does become objects; whether there were any: libraries.c.
bool symbols_pull_members(struct link *link);
// What is undefined all the same may have an alternate name, what is optional may be there to be had; whether anything
// was asked for: resolve.c.
bool symbols_ask_for_defaults(struct link *link);

// Which of several definitions of one name is kept, where selections say so; duplicates are reported: comdat.c.
void comdats_select(struct link *link);

// COMDATs that lost are discarded, with everything associated. What is left of each object is read: sections with their
// bytes and relocations, and where its symbols are: keep.c.
void objects_keep(struct link *link);

// Each symbol that no definition has settled gets what stands for it: commons get room; weak externals and alternate names stand for
// their defaults; __imp_ names of local definitions get a pointer: settle.c.
void symbols_settle(struct link *link);

// Puts the room of live common symbols and the live pointers behind local __imp_ names among the link's chunks. After
// liveness: common.c, local_import.c.
void symbols_create_chunks(struct link *link);

// Reports what is still undefined, with who asks for it. False where the link can't go on: undefined.c.
bool undefined_symbols_report(struct link *link);

// Infers subsystem and entry point where options leave them open: entry.c. While symbols are resolved.
void entry_infer(struct link *link);

// Whether some input, or a member of a library that would be pulled, defines the name.
bool symbol_is_available(struct link *link, struct text name);

// The name under which some input, or a member of a library that would be pulled, defines what a user calls `name`:
// decorated for C, one of the other forms that symbol_find_by_user_name knows, or as it is. Empty where nobody does.
struct text symbol_name_of_user(struct link *link, struct text name);

// --- between the files of this room ---

// What a symbol index of an object stands for: a global symbol settled, or a local one's place.
struct place {
    struct chunk *chunk; // NULL: absolute, or undefined
    uint64_t value;
    bool is_absolute;
    bool is_function;
    const struct symbol *symbol; // of a global one
};
// The place that relocation `symbol_index` of an object means. An index out of range gives {NULL, 0}.
struct place object_symbol_place(const struct object *object, uint32_t symbol_index);

// The section that a relocation refers to, or NULL: liveness and folding follow it.
struct section *relocation_target_section(const struct object *object, uint32_t symbol_index);
