// How parts of an object's file come into memory. Most of a file is debug information that a link never looks at, so it
// is mapped; the dense pieces (section table, symbols with their names) are read by whoever looks at all of them, into a
// buffer that a thread uses for one object after the other. A link of a thousand objects has two of them in memory.
#pragma once

#include "common/bytes.h"
#include "linker/input/object.h"

struct link;

// A thread's memory for parts of one object after the other.
struct object_buffer {
    uint8_t *data;
    size_t capacity; // bytes
};

// Room for `size` bytes in the buffer; what was there is gone.
uint8_t *object_buffer_reserve(struct link *link, struct object_buffer *buffer, size_t size);

// Reads [offset, offset + size) of the object's file, which must lie inside its content. False where it could not be
// read, which was reported.
bool object_fetch(struct link *link, const struct object *object, uint64_t offset, uint8_t *out, size_t size);

// Tables of an object. Who asks for records or names while they are not borrowed reads them from the file's mapping:
// good for a few.
enum object_tables { TABLE_HEADERS = 1, TABLE_SYMBOLS = 2, TABLE_STRINGS = 4 };

// Brings tables into the calling thread's buffer, where the object's fields point until they are returned or it borrows
// another object's. What is in memory already stays where it is. False as above.
bool object_tables_borrow(struct link *link, struct object *object, unsigned tables);
void object_tables_return(struct object *object);

// Brings an object's .debug$S sections into the buffer, where object_bytes finds them until they are returned:
// readiness reads all of them, and mapping them would cost more than anything else it does. Where they are too large,
// or the object's file is not open, they stay in the mapping. Any thread.
void object_debug_borrow(struct link *link, struct object *object, struct object_buffer *buffer);
void object_debug_return(struct object *object);
