// /VERBOSE: what the linker does, in link.exe's words, on standard output and in an order that no thread decides. Build
// tools and people read it to learn why a library member is in an image, or why a function is not.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct library;
struct link;
struct symbol;

// A member that is about to be pulled, and the name that asked for it: "Found … Referenced in … Loaded …"
// (/VERBOSE:LIB).
void verbose_member(const struct link *link, const struct library *library, uint64_t header_offset,
                    const struct symbol *symbol);

// COMDATs that nobody reaches (/VERBOSE:REF), and those that stand for others (/VERBOSE:ICF). Once folding is done.
void verbose_dead_sections(struct link *link);
void verbose_folded_sections(struct link *link);

// Libraries of which nothing was needed (/VERBOSE:UNUSEDLIBS). Once all members are in.
void verbose_unused_libraries(const struct link *link);
