// How the parts of an object come into memory. An object's file is mostly debug information that a link never looks at;
// the rest lies in a few dense pieces (the section table, the sections for the image with their relocations, the
// symbols with their names), each of which is read with one call.
#pragma once

#include "common/bytes.h"
#include "linker/input/object.h"

struct file;
struct link;

// Where an object's bytes come from while it is parsed. Without a file everything is in the object's content: small
// objects are read whole, members of thin archives are mapped.
struct object_source {
    const struct file *file; // open: the object's, or its library's
    uint64_t base;           // where the object begins in there
    struct bytes head;       // its first bytes, gone once the object is parsed
};

// [offset, offset + size) of the object, which must lie inside its content, in memory of the arena. False where it
// could not be read, which was reported.
bool object_source_take(struct link *link, const struct object *object, const struct object_source *source,
                        struct arena *arena, uint64_t offset, size_t size, struct bytes *out);

// The section table at this file offset, which must lie inside the content, becomes object->headers. Most of what it
// says is told by kept sections once these are made, so its memory is given back then (object_tables_release).
bool object_source_take_headers(struct link *link, struct object *object, const struct object_source *source,
                                uint64_t offset);

// Gives back the section tables of all objects, unless readiness is asked for. Who asks for a header from now on reads
// it from the file's mapping.
void object_tables_release(struct link *link);

// Reads ahead what sections for the image and directives consist of; claims have to be made. What lies too far apart,
// or is too large for a copy, stays in the mapping. False as above.
bool object_source_read_ahead(struct link *link, struct object *object, const struct object_source *source);

// A thread's memory for the debug sections of one object after the other.
struct debug_buffer {
    uint8_t *data;
    size_t capacity;
};

// Brings an object's .debug$S sections into the buffer, where object_bytes finds them until they are returned:
// readiness reads all of them, and mapping them would cost more than anything else it does. Where they are too large,
// or the object's file is not open, they stay in the mapping. Any thread.
void object_debug_borrow(struct link *link, struct object *object, struct debug_buffer *buffer);
void object_debug_return(struct object *object);
