// Strings with their length. Names come out of files in pieces that end in a NUL, in a field's end
// or nowhere at all, so a name is a view here and is printed with "%.*s" and TEXT_ARGUMENT.
#pragma once

#include <stdarg.h>

#include "common/bytes.h"

struct arena;

struct text {
    const char *data;
    size_t size;
};

#define TEXT(literal)    ((struct text){(literal), sizeof(literal) - 1})
// For "%.*s", which takes an int: a text of more than 2 GiB is cut.
#define TEXT_ARGUMENT(t) (int)((t).size < 0x7fffffff ? (t).size : 0x7fffffff), (t).data

static inline struct text text_of(const char *string)
{
    return (struct text){string, strlen(string)};
}

static inline bool text_equal(struct text a, struct text b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool text_starts_with(struct text t, struct text prefix)
{
    return t.size >= prefix.size && (prefix.size == 0 || memcmp(t.data, prefix.data, prefix.size) == 0);
}

static inline bool text_ends_with(struct text t, struct text suffix)
{
    return t.size >= suffix.size &&
           (suffix.size == 0 || memcmp(t.data + t.size - suffix.size, suffix.data, suffix.size) == 0);
}

// The text from its `count`th character on; empty where it is shorter.
static inline struct text text_skip(struct text t, size_t count)
{
    if (count > t.size)
        count = t.size;
    return (struct text){count ? t.data + count : t.data, t.size - count}; // NULL has no part behind it
}

static inline struct text text_prefix(struct text t, size_t count)
{
    return (struct text){t.data, count < t.size ? count : t.size};
}

// The text up to its first NUL, or all of it: how fixed-size name fields and string tables end.
static inline struct text text_until_nul(struct bytes field)
{
    if (field.size == 0)
        return TEXT(""); // not NULL, which memcmp and its like don't take
    const void *nul = memchr(field.data, 0, field.size);
    return (struct text){(const char *)field.data, nul ? (size_t)((const uint8_t *)nul - field.data) : field.size};
}

// Byte order, a shorter text before the longer one that it starts.
int text_compare(struct text a, struct text b);

// ASCII letters only: option names, library names and Windows paths.
bool text_equal_ignoring_case(struct text a, struct text b);
bool text_starts_with_ignoring_case(struct text t, struct text prefix);
bool text_ends_with_ignoring_case(struct text t, struct text suffix);

// Index of the first (last) `character`, or t.size where there is none.
size_t text_find(struct text t, char character);
size_t text_find_last(struct text t, char character);

// The part behind the last '/' or '\\'.
struct text text_file_name(struct text path);

// A copy in the arena, NUL-terminated behind its size.
struct text text_copy(struct arena *arena, struct text t);
struct text text_lower(struct arena *arena, struct text t);
// printf into the arena, NUL-terminated behind its size.
struct text text_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct text text_format_arguments(struct arena *arena, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0), nonnull(2)));

// Reads the whole text as a number: decimal, 0x hexadecimal or (C's way) octal with a leading 0. False where
// it is empty, has other characters or does not fit.
bool text_to_number(struct text t, uint64_t *value);

// Name hash used by the symbol table and by archive indexes alike, so that a name is hashed once.
uint64_t text_hash(struct text t);
