// Writes static libraries in the form that lib.exe and llvm-lib give them: a first linker member (symbols in the order
// of members, big-endian), a second one (symbols sorted, little-endian, members by a 16-bit index), long names in "//",
// then the members, each at an even offset (PE format, "Archive (Library) File Format"). GNU ld reads the first linker
// member, link.exe and lld the second. Dates are 0: the same members give the same bytes.
//
// An index of 16 bits can't name more than 65,534 members (the next number is one too many for llvm-lib as well). A
// library that is larger is written as GNU ar writes it, with the first linker member only: all readers know that form
// too.
#pragma once

#include "common/text.h"

struct arena;

struct archive_writer_member {
    struct text name; // a file name, of any length
    struct bytes content;
    const struct text *symbols; // that the member defines, for the index
    size_t symbol_count;
};

// The whole library as bytes in the arena. {NULL, 0} where it would be larger than 4 GiB, which is what an index can
// reach: nothing else fails.
struct bytes archive_build(const struct archive_writer_member *members, size_t member_count, struct arena *arena);
