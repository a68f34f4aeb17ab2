// Strings with their length: comparing, searching, copying, numbers, and the one hash of names.
//
// Case is ASCII's only. Windows compares file names by its own table for all of Unicode, but option names, library
// names and section names in real inputs are ASCII, and a table that depends on a locale would make the output
// depend on it too.
#include "common/text.h"

#include <stdio.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "common/arena.h"

static char lower_of(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

int text_compare(struct text a, struct text b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common ? memcmp(a.data, b.data, common) : 0;
    if (order)
        return order;
    return (a.size > b.size) - (a.size < b.size);
}

bool text_equal_ignoring_case(struct text a, struct text b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (lower_of(a.data[i]) != lower_of(b.data[i]))
            return false;
    return true;
}

bool text_starts_with_ignoring_case(struct text t, struct text prefix)
{
    return text_equal_ignoring_case(text_prefix(t, prefix.size), prefix);
}

bool text_ends_with_ignoring_case(struct text t, struct text suffix)
{
    return t.size >= suffix.size && text_equal_ignoring_case(text_skip(t, t.size - suffix.size), suffix);
}

size_t text_find(struct text t, char character)
{
    const char *found = t.size ? memchr(t.data, character, t.size) : NULL;
    return found ? (size_t)(found - t.data) : t.size;
}

size_t text_find_last(struct text t, char character)
{
    const char *found = t.size ? memrchr(t.data, character, t.size) : NULL;
    return found ? (size_t)(found - t.data) : t.size;
}

struct text text_file_name(struct text path)
{
    for (size_t i = path.size; i > 0; i--)
        if (path.data[i - 1] == '/' || path.data[i - 1] == '\\')
            return text_skip(path, i);
    return path;
}

struct text text_copy(struct arena *arena, struct text t)
{
    char *copy = arena_allocate(arena, t.size + 1, 1);
    if (t.size)
        memcpy(copy, t.data, t.size);
    copy[t.size] = 0;
    return (struct text){copy, t.size};
}

struct text text_lower(struct arena *arena, struct text t)
{
    char *copy = arena_allocate(arena, t.size + 1, 1);
    for (size_t i = 0; i < t.size; i++)
        copy[i] = lower_of(t.data[i]);
    copy[t.size] = 0;
    return (struct text){copy, t.size};
}

struct text text_format(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct text out = text_format_arguments(arena, format, arguments);
    va_end(arguments);
    return out;
}

struct text text_format_arguments(struct arena *arena, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, again);
    va_end(again);

    // Negative only for more than INT_MAX characters: such a text is of no use to anyone.
    size_t length = size < 0 ? 0 : (size_t)size;
    char *out = arena_allocate(arena, length + 1, 1);
    if (length)
        vsnprintf(out, length + 1, format, arguments);
    return (struct text){out, length};
}

// The value of `c` as a digit, or 255 where it is none in any base up to 16.
static unsigned digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    c = lower_of(c);
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a') + 10;
    return 255;
}

bool text_to_number(struct text t, uint64_t *value)
{
    unsigned base = 10;
    if (text_starts_with_ignoring_case(t, TEXT("0x"))) {
        base = 16;
        t = text_skip(t, 2);
    } else if (t.size > 1 && t.data[0] == '0') {
        base = 8;
        t = text_skip(t, 1);
    }
    if (t.size == 0)
        return false;

    uint64_t sum = 0;
    for (size_t i = 0; i < t.size; i++) {
        unsigned digit = digit_of(t.data[i]);
        if (digit >= base || __builtin_mul_overflow(sum, (uint64_t)base, &sum) ||
            __builtin_add_overflow(sum, (uint64_t)digit, &sum))
            return false;
    }
    *value = sum;
    return true;
}

uint64_t text_hash(struct text t)
{
    return XXH3_64bits(t.data, t.size);
}
