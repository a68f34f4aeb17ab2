// Bytes as they lie in a file: little-endian integers of alignment 1, views that carry their
// length, and a reader that remembers its first failure. Every parser stands on these three, so
// that a file is read in place on any host and no offset is followed before it was checked.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// On-disk integers. Read them through le16_get and its like only.
struct le16 {
    uint8_t byte[2];
};
struct le32 {
    uint8_t byte[4];
};
struct le64 {
    uint8_t byte[8];
};

static inline uint16_t le16_get(struct le16 v)
{
    return (uint16_t)(v.byte[0] | v.byte[1] << 8);
}

static inline uint32_t le32_get(struct le32 v)
{
    return (uint32_t)v.byte[0] | (uint32_t)v.byte[1] << 8 | (uint32_t)v.byte[2] << 16 | (uint32_t)v.byte[3] << 24;
}

static inline uint64_t le64_get(struct le64 v)
{
    uint64_t low = 0;
    for (int i = 7; i >= 0; i--)
        low = low << 8 | v.byte[i];
    return low;
}

static inline struct le16 le16_of(uint16_t v)
{
    return (struct le16){{(uint8_t)v, (uint8_t)(v >> 8)}};
}

static inline struct le32 le32_of(uint32_t v)
{
    return (struct le32){{(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)}};
}

static inline struct le64 le64_of(uint64_t v)
{
    struct le64 out;
    for (int i = 0; i < 8; i++)
        out.byte[i] = (uint8_t)(v >> (8 * i));
    return out;
}

// The same for bytes that are in no record: the caller has checked that they are there.
static inline uint16_t load16(const uint8_t *p)
{
    struct le16 v;
    memcpy(&v, p, sizeof v);
    return le16_get(v);
}

static inline uint32_t load32(const uint8_t *p)
{
    struct le32 v;
    memcpy(&v, p, sizeof v);
    return le32_get(v);
}

static inline uint64_t load64(const uint8_t *p)
{
    struct le64 v;
    memcpy(&v, p, sizeof v);
    return le64_get(v);
}

static inline void store16(uint8_t *p, uint16_t value)
{
    struct le16 v = le16_of(value);
    memcpy(p, &v, sizeof v);
}

static inline void store32(uint8_t *p, uint32_t value)
{
    struct le32 v = le32_of(value);
    memcpy(p, &v, sizeof v);
}

static inline void store64(uint8_t *p, uint64_t value)
{
    struct le64 v = le64_of(value);
    memcpy(p, &v, sizeof v);
}

// A view: `size` bytes at `data`, owned by somebody else.
struct bytes {
    const uint8_t *data;
    size_t size;
};

// Whether [offset, offset + size) lies inside the view. Never wraps.
static inline bool bytes_contain(struct bytes view, uint64_t offset, uint64_t size)
{
    return offset <= view.size && size <= view.size - offset;
}

// The part of the view at `offset`, `size` bytes; {NULL, 0} where it is not wholly inside.
static inline struct bytes bytes_slice(struct bytes view, uint64_t offset, uint64_t size)
{
    if (!bytes_contain(view, offset, size))
        return (struct bytes){NULL, 0};
    return (struct bytes){offset ? view.data + offset : view.data, (size_t)size};
}

// The rest of the view from `offset` on; {NULL, 0} where `offset` is past its end.
static inline struct bytes bytes_from(struct bytes view, uint64_t offset)
{
    return offset <= view.size ? bytes_slice(view, offset, view.size - offset) : (struct bytes){NULL, 0};
}

// Reads a view from front to back. After the first read past the end `failed` is set, every later
// read gives zeros or empty views, and the position stays: ask once, at the end.
struct reader {
    struct bytes view;
    size_t position;
    bool failed;
};

static inline struct reader reader_of(struct bytes view)
{
    return (struct reader){view, 0, false};
}

static inline size_t reader_left(const struct reader *r)
{
    return r->failed ? 0 : r->view.size - r->position;
}

static inline struct bytes read_bytes(struct reader *r, uint64_t size)
{
    if (r->failed || !bytes_contain(r->view, r->position, size)) {
        r->failed = true;
        return (struct bytes){NULL, 0};
    }
    struct bytes out = {r->view.data + r->position, (size_t)size};
    r->position += (size_t)size;
    return out;
}

static inline uint8_t read_u8(struct reader *r)
{
    struct bytes b = read_bytes(r, 1);
    return b.size ? b.data[0] : 0;
}

static inline uint16_t read_le16(struct reader *r)
{
    struct bytes b = read_bytes(r, 2);
    return b.size ? load16(b.data) : 0;
}

static inline uint32_t read_le32(struct reader *r)
{
    struct bytes b = read_bytes(r, 4);
    return b.size ? load32(b.data) : 0;
}

static inline uint64_t read_le64(struct reader *r)
{
    struct bytes b = read_bytes(r, 8);
    return b.size ? load64(b.data) : 0;
}

// Archives (and nothing else here) write big-endian counts.
static inline uint32_t read_be32(struct reader *r)
{
    struct bytes b = read_bytes(r, 4);
    if (!b.size)
        return 0;
    return (uint32_t)b.data[0] << 24 | (uint32_t)b.data[1] << 16 | (uint32_t)b.data[2] << 8 | b.data[3];
}

// `value` rounded up to a multiple of `alignment`, a power of two. The caller makes sure that the
// result fits; values here are 64 bits wide and come from 32-bit fields.
static inline uint64_t align_up(uint64_t value, uint64_t alignment)
{
    return (value + alignment - 1) & ~(alignment - 1);
}
