#include "tests/support/scratch.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/support/checks.h"

// Blocks hang in a doubly linked ring-less list, so that one can be moved by realloc.
struct scratch_block {
    struct scratch_block *previous, *next;
    max_align_t content[];
};

static void link_block(struct scratch *scratch, struct scratch_block *block)
{
    block->previous = NULL;
    block->next = scratch->blocks;
    if (block->next)
        block->next->previous = block;
    scratch->blocks = block;
}

static void unlink_block(struct scratch *scratch, struct scratch_block *block)
{
    if (block->previous)
        block->previous->next = block->next;
    else
        scratch->blocks = block->next;
    if (block->next)
        block->next->previous = block->previous;
}

void *scratch_resize(struct scratch *scratch, void *content, size_t size)
{
    struct scratch_block *block = NULL;
    if (content) {
        block = (struct scratch_block *)((char *)content - offsetof(struct scratch_block, content));
        unlink_block(scratch, block);
    }
    block = realloc(block, sizeof *block + size);
    if (!block)
        fail_with("out of memory: %zu bytes", size);
    link_block(scratch, block);
    return block->content;
}

void *scratch_allocate(struct scratch *scratch, size_t size)
{
    return scratch_resize(scratch, NULL, size);
}

char *scratch_format_list(struct scratch *scratch, const char *format, va_list list)
{
    va_list again;
    va_copy(again, list);
    int length = vsnprintf(NULL, 0, format, list);
    assert_true(length >= 0);
    char *text = scratch_allocate(scratch, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

char *scratch_format(struct scratch *scratch, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    char *text = scratch_format_list(scratch, format, list);
    va_end(list);
    return text;
}

void scratch_free(struct scratch *scratch)
{
    while (scratch->blocks) {
        struct scratch_block *block = scratch->blocks;
        scratch->blocks = block->next;
        free(block);
    }
}
