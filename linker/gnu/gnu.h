// What MinGW-w64's objects expect of their linker and MSVC's don't, all of it behind /MINGW: lists of constructors,
// names that programs of both worlds define differently, automatic imports with pseudo relocations, exports of
// everything.
#pragma once

#include "common/text.h"

struct link;

// Names that GNU ld's scripts define (__CTOR_LIST__, ___RUNTIME_PSEUDO_RELOC_LIST__, …): among the linker's own, before
// resolution.
void gnu_symbols_define(struct link *link);

// A name that is undefined but that a library has as `__imp_name` is asked for there (automatic import). While symbols
// are resolved; returns whether anything was asked for. Does nothing without /MINGW.
bool gnu_ask_for_imports(struct link *link);

// Undefined names with a defined `__imp_name` stand for what that points to: they get a place, and relocations to them
// a pseudo relocation.
void gnu_automatic_imports_settle(struct link *link);

// The list of pseudo relocations and the lists of constructors as chunks; .ctors and .dtors in their order. Pass 7.
void gnu_chunks_create(struct link *link);

// Without any export of a DLL, all its own definitions are exported (GNU ld's --export-all-symbols). Before exports are
// bound.
void gnu_export_all(struct link *link);
