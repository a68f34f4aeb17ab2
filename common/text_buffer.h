// Text that grows in an arena: for outputs of many short lines, where printf for each would be most of the work.
#pragma once

#include "common/text.h"

struct arena;

struct text_buffer {
    struct arena *arena;
    char *data;
    size_t size, capacity;
};

static inline struct text text_buffer_text(const struct text_buffer *buffer)
{
    return (struct text){buffer->data, buffer->size};
}

void text_buffer_put(struct text_buffer *buffer, struct text t);
// The text, and blanks up to `width` characters where it is shorter.
void text_buffer_put_padded(struct text_buffer *buffer, struct text t, size_t width);
// Exactly `digits` (at most 16) hexadecimal digits, lower case; what lies above them is cut.
void text_buffer_put_hex(struct text_buffer *buffer, uint64_t value, unsigned digits);
// For what is written once: printf.
void text_buffer_format(struct text_buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
