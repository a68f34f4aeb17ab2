// How bytes and relocations of kept sections come into memory.
#pragma once

#include "common/arena.h"
#include "linker/input/object.h"
#include "linker/input/object_reader.h"

struct link;

// A part of the file that is read with one call.
struct file_run {
    uint64_t offset, size;
    uint64_t wanted; // bytes of it that are pieces
    const uint8_t *bytes;
    bool is_sparse; // its bytes are gone when the next object is read: pieces are copied
};

// What has to be read of a section.
struct section_piece {
    uint64_t offset, size; // in the file; it is inside
    struct section *section;
    uint32_t run; // index
    bool is_relocations;
};

// What a thread needs for one object after the other.
struct section_reader {
    array_of(struct file_run) runs;
    array_of(struct section_piece) pieces;
    struct object_buffer buffer;
};

// Brings the bytes and relocations of the object's kept sections into memory, checked against the file. A section that
// lies is reported and has no relocations. Any thread.
void object_read_sections(struct link *link, struct object *object, struct section_reader *reader);
