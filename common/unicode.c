// UTF-8 and UTF-16, forgiving: what is ill-formed becomes U+FFFD, one for each part that could have begun a character
// ("maximal subpart", The Unicode Standard, section 3.9), as Windows and Python do it. Well-formed UTF-8 is that
// standard's table 3-7.
#include "common/unicode.h"

#include "common/arena.h"

#define REPLACEMENT 0xfffdu

uint32_t unicode_take_character(struct text *rest)
{
    const uint8_t *s = (const uint8_t *)rest->data;
    uint8_t lead = s[0];
    size_t length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    uint32_t character = length == 1 ? lead : lead & (0x7fu >> length);
    // The second byte's range keeps out longer forms than needed, surrogates, and what is above U+10FFFF.
    uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    size_t used = 1;
    while (used < length && used < rest->size && s[used] >= low && s[used] <= high) {
        character = character << 6 | (s[used++] & 0x3f);
        low = 0x80;
        high = 0xbf;
    }
    *rest = text_skip(*rest, used);
    return used == length ? character : UNICODE_INVALID;
}

static size_t append_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(0xf00u >> length | c); // 110, 1110 or 11110 and the rest of the bits
    return length;
}

// A unit of UTF-16 is at most three bytes of UTF-8, a pair four.
static struct text utf16_to_utf8(struct bytes utf16, bool is_big_endian, struct arena *arena)
{
    size_t count = utf16.size / 2;
    char *out = arena_allocate_array(arena, count + 1, 3, 1);
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *at = utf16.data + 2 * i;
        uint32_t unit = is_big_endian ? (uint32_t)(at[0] << 8 | at[1]) : load16(at);
        bool is_low = (unit & 0xfc00) == 0xdc00;
        if ((unit & 0xfc00) == 0xd800 && i + 1 < count) {
            uint32_t next = is_big_endian ? (uint32_t)(at[2] << 8 | at[3]) : load16(at + 2);
            if ((next & 0xfc00) == 0xdc00) {
                size += append_utf8(out + size, 0x10000 + ((unit & 0x3ff) << 10 | (next & 0x3ff)));
                i++;
                continue;
            }
        }
        bool is_alone = is_low || (unit & 0xfc00) == 0xd800;
        size += append_utf8(out + size, is_alone ? REPLACEMENT : unit);
    }
    out[size] = 0;
    return (struct text){out, size};
}

struct text unicode_utf16_to_utf8(struct bytes utf16, struct arena *arena)
{
    return utf16_to_utf8(utf16, false, arena);
}

struct bytes unicode_utf8_to_utf16(struct text utf8, struct arena *arena)
{
    uint8_t *out = arena_allocate_array(arena, utf8.size, 2, 2);
    size_t size = 0;
    while (utf8.size) {
        uint32_t c = unicode_take_character(&utf8);
        if (c == UNICODE_INVALID)
            c = REPLACEMENT;
        if (c >= 0x10000) {
            store16(out + size, (uint16_t)(0xd800 | (c - 0x10000) >> 10));
            size += 2;
            c = 0xdc00 | (c & 0x3ff);
        }
        store16(out + size, (uint16_t)c);
        size += 2;
    }
    return (struct bytes){out, size};
}

struct text unicode_read_text_file(struct bytes content, struct arena *arena)
{
    struct text text = {(const char *)content.data, content.size};
    if (text_starts_with(text, TEXT("\xff\xfe")))
        return utf16_to_utf8(bytes_from(content, 2), false, arena);
    if (text_starts_with(text, TEXT("\xfe\xff")))
        return utf16_to_utf8(bytes_from(content, 2), true, arena);
    return text_starts_with(text, TEXT("\xef\xbb\xbf")) ? text_skip(text, 3) : text;
}
