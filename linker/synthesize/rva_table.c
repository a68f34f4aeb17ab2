// See rva_table.h. Entries are made unique by place, since two names may stand for one function; a binary search in the
// loader needs them sorted.
#include "linker/synthesize/rva_table.h"

#include <stdlib.h>

#include "linker/input/object.h"
#include "linker/link.h"
#include "linker/symbols/symbols.h"

void rva_table_add(struct link *link, struct rva_table *table, struct chunk *chunk, uint64_t offset)
{
    if (chunk->is_section && section_of_chunk(chunk)->folded_into)
        chunk = &section_of_chunk(chunk)->folded_into->chunk;
    if (!chunk->is_live)
        return;
    struct rva_table_entry entry = {chunk, offset};
    array_push(link_arena(link), &table->entries, entry);
}

void rva_table_add_symbols(struct link *link, struct rva_table *table, const struct object *object,
                           struct bytes indexes, const char *section_name)
{
    if (indexes.size % 4) {
        report_warning(link->diagnostics, 0, "ignoring %s symbol table index section in object %.*s", section_name,
                       TEXT_ARGUMENT(object->display));
        return;
    }
    for (size_t i = 0; i < indexes.size; i += 4) {
        uint32_t index = load32(indexes.data + i);
        if (index >= object->symbol_count) {
            report_warning(link->diagnostics, 0, "ignoring invalid symbol table index in section %s in object %.*s",
                           section_name, TEXT_ARGUMENT(object->display));
            continue;
        }
        struct place place = object_symbol_place(object, index);
        if (place.chunk)
            rva_table_add(link, table, place.chunk, place.value);
    }
}

static int entry_compare(const void *a, const void *b)
{
    const struct rva_table_entry *x = a, *y = b;
    if (x->chunk != y->chunk)
        return (uintptr_t)x->chunk < (uintptr_t)y->chunk ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

// Entries are in no order that lasts: only which are there counts.
static void entries_make_unique(struct rva_table *table)
{
    if (table->entries.count)
        qsort(table->entries.items, table->entries.count, sizeof *table->entries.items, entry_compare);
    size_t kept = 1;
    for (size_t i = 1; i < table->entries.count; i++)
        if (entry_compare(&table->entries.items[i], &table->entries.items[kept - 1]) != 0)
            table->entries.items[kept++] = table->entries.items[i];
    table->entries.count = kept;
}

static int rva_compare(const void *a, const void *b)
{
    uint32_t x = load32(a), y = load32(b);
    return x < y ? -1 : x > y;
}

static void table_write(const struct link *link, const struct chunk *chunk, uint8_t *out)
{
    (void)link;
    const struct rva_table *table = (const struct rva_table *)chunk;
    for (size_t i = 0; i < table->entries.count; i++)
        store32(out + 4 * i, table->entries.items[i].chunk->rva + (uint32_t)table->entries.items[i].offset);
    qsort(out, table->entries.count, 4, rva_compare);
}

static const struct chunk_kind rva_table_kind = {.name = "table of RVAs", .write = table_write};

void rva_table_finish(struct link *link, struct rva_table *table, struct text table_name, struct text count_name)
{
    if (!table->entries.count)
        return;
    entries_make_unique(table);
    if (table->entries.count > UINT32_MAX / 4)
        return;
    table->chunk.kind = &rva_table_kind;
    table->chunk.size = (uint32_t)table->entries.count * 4;
    table->chunk.alignment_shift = 2;
    link_add_chunk(link, &table->chunk, TEXT(".rdata"), CHARACTERISTICS_RDATA);
    symbol_define(link, table_name, &table->chunk, 0);
    symbol_define_absolute(link, count_name, table->entries.count);
}
