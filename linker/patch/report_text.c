#include "linker/patch/report_text.h"

#define BLOCK_ROOM ((size_t)64 * 1024 - sizeof(struct report_block))

static struct report_block *add_block(struct report_text *text, struct arena *arena, size_t least)
{
    size_t room = least > BLOCK_ROOM ? least : BLOCK_ROOM;
    struct report_block *block = arena_allocate(arena, sizeof *block + room, _Alignof(struct report_block));
    block->room = room;
    if (text->last)
        text->last->next = block;
    else
        text->first = block;
    text->last = block;
    return block;
}

void report_text_add(struct report_text *text, struct arena *arena, struct text more)
{
    struct report_block *block = text->last;
    if (!block || block->room - block->size < more.size)
        block = add_block(text, arena, more.size);
    memcpy(block->data + block->size, more.data, more.size);
    block->size += more.size;
    text->size += more.size;
}

void report_text_add_json(struct report_text *text, struct arena *arena, json_t *value, size_t flags)
{
    struct report_block *block = text->last;
    size_t left = block ? block->room - block->size : 0;
    size_t size = json_dumpb(value, block ? block->data + block->size : NULL, left, flags);
    if (size > left) { // it says how much it wants, and is asked again
        block = add_block(text, arena, size);
        size = json_dumpb(value, block->data, block->room, flags);
    }
    if (block)
        block->size += size;
    text->size += size;
    json_decref(value);
}

void report_text_join(struct report_text *text, struct report_text *more)
{
    if (!more->first)
        return;
    if (text->last)
        text->last->next = more->first;
    else
        text->first = more->first;
    text->last = more->last;
    text->size += more->size;
    *more = (struct report_text){0};
}

void report_text_copy(const struct report_text *text, uint8_t *out)
{
    for (const struct report_block *block = text->first; block; block = block->next) {
        memcpy(out, block->data, block->size);
        out += block->size;
    }
}
