// Common symbols: C's tentative definitions. One without a definition gets zeroed room, as large as the largest that
// was asked for (PE format, "Symbol Table": an external symbol in no section whose value is a size).
#include <stdlib.h>

#include "linker/link.h"
#include "linker/symbols/resolution.h"
#include "linker/symbols/symbols.h"

static const struct chunk_kind common_chunk_kind = {.name = "common"};

static int common_compare(const void *a, const void *b)
{
    const struct common *x = a, *y = b;
    if (x->symbol->rank != y->symbol->rank)
        return x->symbol->rank < y->symbol->rank ? -1 : 1;
    return x->size > y->size ? -1 : x->size < y->size;
}

// As large as its size rounds up to a power of two, up to 32 bytes (what link.exe and lld-link both give), or as
// -aligncomm asked.
static uint8_t common_alignment_shift(const struct link *link, const struct symbol *symbol, uint32_t size)
{
    uint8_t shift = 0;
    while (shift < 5 && (1u << shift) < size)
        shift++;
    const struct common_alignment *asked = options_find_common_alignment(&link->options, symbol_name(symbol));
    return asked && asked->alignment_shift > shift ? (uint8_t)asked->alignment_shift : shift;
}

void commons_settle(struct link *link)
{
    struct arena *arena = link_arena(link);
    common_array all = {0};
    for (int thread = 0; thread < link->thread_count; thread++) {
        const common_array *list = &link->resolution->commons[thread];
        for (size_t i = 0; i < list->count; i++)
            if (list->items[i].symbol->kind == SYMBOL_COMMON)
                array_push(arena, &all, list->items[i]);
    }
    if (all.count)
        qsort(all.items, all.count, sizeof *all.items, common_compare);
    for (size_t i = 0; i < all.count; i++) {
        struct symbol *symbol = all.items[i].symbol;
        if (symbol->chunk) // the first of its symbol is the largest
            continue;
        struct chunk *chunk = arena_new(arena, struct chunk);
        chunk->kind = &common_chunk_kind;
        chunk->size = all.items[i].size;
        chunk->alignment_shift = common_alignment_shift(link, symbol, chunk->size);
        symbol->chunk = chunk;
        symbol->value = 0;
        array_push(arena, &link->resolution->common_chunks, chunk);
    }
}

void commons_create_chunks(struct link *link)
{
    for (size_t i = 0; i < link->resolution->common_chunks.count; i++) {
        struct chunk *chunk = link->resolution->common_chunks.items[i];
        if (chunk->is_live)
            link_add_chunk(link, chunk, TEXT(".bss"), CHARACTERISTICS_BSS);
    }
}
