// What archive.c asks of archive_index.c and archive_members.c: the symbols of a library, from the index that it
// brings or from its members.
#pragma once

#include "common/archive.h"

// Contents of a library's special members, in front of all others; empty where it has none.
struct archive_special {
    struct bytes first_linker_member, second_linker_member, sym64;
    uint64_t first_offset, second_offset, sym64_offset; // file offsets of these contents
};

// Fills archive->symbols and the hash table over them. What the index says of offsets is checked against the file;
// whether a member is there is checked when it is asked for. False, having said why, where the index lies.
bool archive_read_index(struct archive *archive, const struct archive_special *special, struct arena *arena,
                        struct diagnostics *diagnostics);

// Says that the library is not what it should be at a file offset. False, to be returned.
bool archive_report(const struct archive *archive, uint64_t offset, const char *what, struct diagnostics *diagnostics);

// archive_next, for a caller who has to know why there is no more.
enum archive_step { ARCHIVE_STEP_MEMBER, ARCHIVE_STEP_END, ARCHIVE_STEP_LIE };
enum archive_step archive_step(const struct archive *archive, uint64_t *offset, struct archive_member *member,
                               struct diagnostics *diagnostics);

// Where there is no index: fills archive->symbols from what the members define. archive_members.c.
bool archive_read_members_symbols(struct archive *archive, struct arena *arena, struct diagnostics *diagnostics);
