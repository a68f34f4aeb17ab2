// Static libraries. "!<arch>\n" and members with a 60-byte text header, as MSVC's lib, llvm-lib, GNU ar and
// llvm-ar write them: with two linker members (the second sorted, little-endian), with one (GNU's symbol table,
// big-endian), with GNU's 64-bit table (/SYM64/), with none at all; long names in "//"; thin archives, whose
// members are other files. Whatever index the file has is read once into a hash table of our own, so an unsorted or
// missing one costs nothing later (PE format, "Archive (Library) File Format").
#pragma once

#include "common/text.h"

struct arena;
struct diagnostics;

struct archive_member {
    struct text name;       // without the trailing '/', long names looked up
    struct bytes content;   // empty in a thin archive: the caller maps `name`, relative to the archive's folder
    uint64_t header_offset; // file offset of the member's header: its identity
};

struct archive_symbol {
    struct text name;
    uint64_t hash;          // text_hash(name)
    uint64_t header_offset; // of the member that defines it
};

struct archive {
    struct text path;
    struct bytes content;
    bool is_thin;
    struct bytes long_names;
    struct archive_symbol *symbols; // in the index's order
    size_t symbol_count;
    uint32_t *buckets;   // open addressing by hash: symbol index + 1, or 0
    size_t bucket_count; // a power of two
};

// A member that may be named itself, or hold another library, is handed out as it is: nothing here looks into a
// member but for the symbols of COFF and import objects, so a library that lists itself costs one look.

// Whether the bytes begin like a library, ordinary or thin.
bool archive_is(struct bytes content);

// Reads headers and index. An archive without an index has one built from its members' external symbols. Where
// the index lies (an offset outside, a count that can't be) an error is reported and false returned.
bool archive_open(struct archive *archive, struct text path, struct bytes content, struct arena *arena,
                  struct diagnostics *diagnostics);

// Reads the file of a thin archive's member, whose name is relative to the archive's folder, into member->content. An
// error and false where it can't be read. Any other member has its content already.
bool archive_map_member(const struct archive *archive, struct archive_member *member, struct arena *arena,
                        struct diagnostics *diagnostics);

// File offset of the header of the member that defines `name`, or 0 (no member starts there) where none does. The
// first in the index's order wins.
uint64_t archive_find(const struct archive *archive, struct text name, uint64_t hash);

// The member whose header is at `header_offset`; false and an error where there is none.
bool archive_member_at(const struct archive *archive, uint64_t header_offset, struct archive_member *member,
                       struct diagnostics *diagnostics);

// Walks all members that are files (not linker members or name tables): start with *offset 0; true while there is a
// member. A header that lies ends the walk with an error.
bool archive_next(const struct archive *archive, uint64_t *offset, struct archive_member *member,
                  struct diagnostics *diagnostics);
