// UTF-16 and UTF-8, and the ways in which Windows' tools write text files: UTF-8 or UTF-16 with a byte-order mark, or
// the bytes as they are.
#pragma once

#include "common/text.h"

struct arena;

// Takes the first character of a text that isn't empty. UNICODE_INVALID where it is ill-formed; then what is taken is
// the longest part that could have begun a character, at least one byte.
uint32_t unicode_take_character(struct text *rest);
#define UNICODE_INVALID UINT32_MAX

// The text of a response, .def or list file as UTF-8 (without a mark). Unpaired surrogates become U+FFFD. A UTF-16
// file of an odd size loses its last byte.
struct text unicode_read_text_file(struct bytes content, struct arena *arena);

struct text unicode_utf16_to_utf8(struct bytes utf16, struct arena *arena);
// UTF-16LE without a NUL; invalid UTF-8 becomes U+FFFD.
struct bytes unicode_utf8_to_utf16(struct text utf8, struct arena *arena);
