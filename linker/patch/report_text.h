// A long text that is built piece by piece, also by several threads (one text each, then joined), and copied once:
// blocks in an arena.
#pragma once

#include <jansson.h>

#include "common/arena.h"
#include "common/text.h"

struct report_block {
    struct report_block *next;
    size_t size, room;
    char data[];
};

struct report_text {
    struct report_block *first, *last;
    uint64_t size; // bytes of all blocks
};

void report_text_add(struct report_text *text, struct arena *arena, struct text more);
// A JSON value as jansson writes it, with its JSON_… flags. Takes over the reference.
void report_text_add_json(struct report_text *text, struct arena *arena, json_t *value, size_t flags);
// Moves all of `more` to the end; `more` is empty then. Both live in arenas that last.
void report_text_join(struct report_text *text, struct report_text *more);
// Copies it all to `out`, which has room for text->size bytes.
void report_text_copy(const struct report_text *text, uint8_t *out);
