#include "common/text_buffer.h"

#include <stdarg.h>

#include "common/arena.h"

// Room for `size` more characters. What is outgrown stays in the arena: at most as much again.
static char *reserve(struct text_buffer *buffer, size_t size)
{
    if (size > buffer->capacity - buffer->size) {
        size_t capacity = buffer->capacity ? buffer->capacity * 2 : 4096;
        if (capacity < buffer->size + size)
            capacity = buffer->size + size;
        char *data = arena_allocate(buffer->arena, capacity, 1);
        if (buffer->size)
            memcpy(data, buffer->data, buffer->size);
        buffer->data = data;
        buffer->capacity = capacity;
    }
    return buffer->data + buffer->size;
}

void text_buffer_put(struct text_buffer *buffer, struct text t)
{
    char *to = reserve(buffer, t.size);
    if (t.size)
        memcpy(to, t.data, t.size);
    buffer->size += t.size;
}

void text_buffer_put_padded(struct text_buffer *buffer, struct text t, size_t width)
{
    text_buffer_put(buffer, t);
    if (t.size >= width)
        return;
    memset(reserve(buffer, width - t.size), ' ', width - t.size);
    buffer->size += width - t.size;
}

void text_buffer_put_hex(struct text_buffer *buffer, uint64_t value, unsigned digits)
{
    char *to = reserve(buffer, digits);
    for (unsigned i = digits; i-- > 0; value >>= 4)
        to[i] = "0123456789abcdef"[value & 15];
    buffer->size += digits;
}

void text_buffer_format(struct text_buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_buffer_put(buffer, text_format_arguments(buffer->arena, format, arguments));
    va_end(arguments);
}
