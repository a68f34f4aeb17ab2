// The name of a string literal: "??_C@_", the width of its characters (0: a byte, 1: wchar_t), its size in bytes, a
// checksum, and its first 32 bytes, of which what is no letter or digit is escaped. Of char16_t and char32_t the name
// says nothing: that is guessed from where its zeros are, as llvm-undname does.
#include "common/undecorate_parts.h"

enum {
    BYTES_IN_NAME = 32,
    BYTES_AT_MOST = 4 * BYTES_IN_NAME, // some compilers count characters
};

static unsigned rebased_digit(struct undecorator *u)
{
    char c = undecorate_next(u);
    if (c < 'A' || c > 'P')
        undecorate_fail(u);
    return (unsigned)(c - 'A') & 15;
}

static unsigned literal_byte(struct undecorator *u)
{
    char c = undecorate_next(u);
    if (c != '?')
        return (unsigned char)c;
    c = undecorate_next(u);
    if (c == '$') {
        unsigned high = rebased_digit(u);
        return high << 4 | rebased_digit(u);
    }
    if (c >= '0' && c <= '9')
        return (unsigned char)",/\\:. \n\t'-"[c - '0'];
    if (c >= 'a' && c <= 'z')
        return 0xe1 + (unsigned)(c - 'a');
    if (c >= 'A' && c <= 'Z')
        return 0xc1 + (unsigned)(c - 'A');
    undecorate_fail(u);
    return 0;
}

static void put_character(struct undecorator *u, unsigned c)
{
    static const char escaped[] = "\0\a\b\f\n\r\t\v'\"\\", letters[] = "0abfnrtv'\"\\";
    char out[8] = {'\\'};
    const char *found = c < 0x7f ? memchr(escaped, (int)c, sizeof escaped - 1) : NULL;
    if (found) {
        out[1] = letters[found - escaped];
        undecorate_put(u, (struct text){out, 2});
    } else if (c >= ' ' && c < 0x7f) {
        out[0] = (char)c;
        undecorate_put(u, (struct text){out, 1});
    } else {
        undecorate_put(u, TEXT("\\x"));
        bool has_begun = false;
        for (int shift = 24; shift >= 0; shift -= 8) {
            has_begun |= (c >> shift & 0xff) != 0;
            out[0] = "0123456789ABCDEF"[c >> (shift + 4) & 15];
            out[1] = "0123456789ABCDEF"[c >> shift & 15];
            if (has_begun)
                undecorate_put(u, (struct text){out, 2});
        }
    }
}

static size_t character_size(const uint8_t *bytes, size_t count, uint64_t size_of_string)
{
    size_t zeros = 0, zeros_at_end = 0;
    for (size_t i = 0; i < count; i++) {
        zeros += bytes[i] == 0;
        zeros_at_end = bytes[i] == 0 ? zeros_at_end + 1 : 0;
    }
    if (size_of_string % 2 == 1)
        return 1;
    if (size_of_string < BYTES_IN_NAME) { // the whole string is there, with its terminator
        if (zeros_at_end >= 4 && size_of_string % 4 == 0)
            return 4;
        return zeros_at_end >= 2 ? 2 : 1;
    }
    if (zeros >= 2 * count / 3 && size_of_string % 4 == 0)
        return 4;
    return zeros >= count / 3 ? 2 : 1;
}

static bool put_narrow(struct undecorator *u, uint64_t size_of_string)
{
    uint8_t bytes[BYTES_AT_MOST];
    size_t count = 0;
    while (!u->failed && !undecorate_skip(u, TEXT("@"))) {
        if (count == BYTES_AT_MOST)
            return undecorate_fail(u);
        bytes[count++] = (uint8_t)literal_byte(u);
    }
    if (u->failed)
        return false;
    bool is_cut = size_of_string > count;
    size_t size = character_size(bytes, count, size_of_string);
    undecorate_put(u, size == 1 ? TEXT("\"") : size == 2 ? TEXT("u\"") : TEXT("U\""));
    for (size_t i = 0; i + size <= count; i += size) {
        unsigned c = 0;
        for (size_t k = 0; k < size; k++)
            c |= (unsigned)bytes[i + k] << 8 * k;
        if (i + 2 * size <= count || is_cut) // the last one is the terminator
            put_character(u, c);
    }
    return is_cut;
}

static bool put_wide(struct undecorator *u, uint64_t size_of_string)
{
    bool is_cut = size_of_string > (uint64_t)2 * BYTES_IN_NAME;
    undecorate_put(u, TEXT("L\""));
    while (!u->failed && !undecorate_skip(u, TEXT("@"))) {
        unsigned high = literal_byte(u);
        unsigned c = high << 8 | literal_byte(u);
        if (size_of_string != 2 || is_cut)
            put_character(u, c);
        size_of_string -= 2;
    }
    return is_cut;
}

struct text undecorate_string(struct undecorator *u)
{
    size_t begun = undecorate_begin(u);
    undecorate_expect(u, TEXT("@_"));
    char width = undecorate_next(u);
    uint64_t size = undecorate_unsigned(u);
    if ((width != '0' && width != '1') || size < (width == '1' ? 2 : 1))
        undecorate_fail(u);
    undecorate_simple_name(u); // the checksum
    bool is_cut = width == '1' ? put_wide(u, size) : put_narrow(u, size);
    undecorate_put(u, is_cut ? TEXT("\"...") : TEXT("\""));
    return undecorate_end(u, begun);
}
