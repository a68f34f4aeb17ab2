// What the linker makes itself: tables that no object holds. One file per table; each is called at the point of link.c
// at which what it needs is known. Functions report what is wrong and go on.
//
// What this room relies on elsewhere: contributions to `.idata$…` are sorted by library and member (sections/group.c),
// because the objects of a long import library are the pieces of one DLL's tables; chunks made here come behind those
// of objects, in the order of making; names that only a linker knows (symbols/linker_defined.c) are 0 until a table
// here gives them a place.
#pragma once

#include "common/text.h"

struct link;

// --- while symbols are resolved ---

// Asks for (symbol_require) every symbol that an export needs. Called again when directives or a .def file have added
// requests: requests already seen are skipped.
void exports_require(struct link *link);

// Asks for what the linker's own tables refer to: the TLS directory (_tls_used, where an input has one), load
// configuration, the delay-load helper.
void synthesized_symbols_require(struct link *link);

// --- once symbols are settled ---

// Binds each export to its symbol (x86 decoration rules, forwarders), gives ordinals, reports what is undefined or
// exported twice, marks what is exported as used. Before liveness.
void exports_bind(struct link *link);

// --- after liveness and folding, before grouping: pass 7 ---

void imports_create(struct link *link);       // import directory, lookup and address tables, thunks of live imports
void delay_imports_create(struct link *link); // the same for /DELAYLOAD
void exports_create(struct link *link);       // export directory of link->exports, as bound
void safe_seh_create(struct link *link);      // x86: handler table, from objects' .sxdata
void guard_tables_create(struct link *link);  // /GUARD: function, long jump, import address and EH continuation tables
void exception_table_prepare(struct link *link); // contributions to .pdata lie together, without gaps
void resources_create(struct link *link);        // .res inputs, .rsrc$01/$02 of objects and the manifest, as one tree
void debug_directory_create(struct link *link);  // repro, extended DLL characteristics, CodeView when there is a PDB

// --- after layout ---

// Sizes the .reloc section from the chunks' base relocations, parallel. Adds it as the last output section (RVA and
// size set).
void base_relocations_create(struct link *link);

// Fills link->directories: RVA and size of each table, the program's own TLS directory and load configuration included.
void directories_settle(struct link *link);

// --- on the written image, before it is hashed ---

// Sorts the unwind table (.pdata) by function RVA.
void exception_table_sort(struct link *link);
// Says in the program's own TLS directory how its template is aligned.
void tls_directory_finish(struct link *link);
// Checks that the program's own load configuration names the tables made for it (guard tables, SafeSEH table), and sets
// the field that /DEPENDENTLOADFLAG is about.
void load_config_finish(struct link *link);
// Puts the image's timestamp into the debug directory's entries: once it is known, before the checksum.
void debug_directory_stamp(struct link *link, uint32_t timestamp);
