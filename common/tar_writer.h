// Writes tar archives: POSIX ustar, with a pax header in front of a file whose name or size ustar can't say ("pax
// Interchange Format", IEEE Std 1003.1). No dates, no owners: the same files give the same bytes. Contents are not
// copied: an archive is a list of pieces to be written one behind the other, or compressed.
#pragma once

#include "common/arena.h"
#include "common/text.h"

struct tar_writer {
    struct arena *arena;
    array_of(struct bytes) pieces;
    uint64_t size; // of all pieces
};

// `name` has '/' between folders and none at its start. `content` has to stay until the pieces are written.
void tar_add_file(struct tar_writer *tar, struct text name, struct bytes content);
// The two empty blocks that end an archive.
void tar_end(struct tar_writer *tar);
