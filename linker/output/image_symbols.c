#include "linker/output/image_symbols.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "linker/input/import.h"
#include "linker/input/object.h"
#include "linker/link.h"
#include "linker/symbols/symbol_table.h"

// Sets chunk, output and value of a symbol at an offset in `chunk`; false where the chunk is not in the image.
static bool settle_place(const struct link *link, struct image_symbol *out, const struct chunk *chunk, uint64_t offset)
{
    if (chunk->is_section) {
        const struct section *section = section_of_chunk(chunk);
        out->is_inline = section->object->claims[section->number].selection == COMDAT_ANY;
        while (section->folded_into)
            section = section->folded_into;
        chunk = &section->chunk;
    }
    out->chunk = chunk;
    out->output = chunk->output;
    out->value = chunk->rva + offset;
    out->is_function |= chunk->is_function;
    return chunk->output || chunk == link->headers_chunk;
}

static bool settle_external(const struct link *link, struct image_symbol *out, const struct symbol *symbol)
{
    if (!symbol_is_defined(symbol))
        return false;
    out->name = symbol_name(symbol);
    out->is_external = true;
    out->is_common = symbol->kind == SYMBOL_COMMON;
    out->is_import = symbol->is_import;
    out->is_function = symbol->is_function;
    out->type = symbol->is_function ? COFF_TYPE_FUNCTION : 0;
    if (symbol->chunk)
        return settle_place(link, out, symbol->chunk, symbol->value);
    out->is_absolute = true;
    out->value = symbol->value;
    return symbol->is_absolute;
}

bool image_symbol_of(const struct link *link, const struct symbol *symbol, struct image_symbol *out)
{
    *out = (struct image_symbol){0};
    return settle_external(link, out, symbol);
}

// Whether the symbol's winner is the record at `index` of this object.
static bool object_defines(const struct object *object, uint32_t index, const struct symbol *symbol)
{
    uint64_t rank = atomic_load_explicit(&symbol->rank, memory_order_relaxed);
    return rank_kind(rank) < SYMBOL_UNDEFINED && rank_order(rank) == object->order && rank_index(rank) == index;
}

static bool settle_static(const struct link *link, struct image_symbol *out, const struct object_symbol *record)
{
    bool is_function = record->type == COFF_TYPE_FUNCTION;
    bool names_section = record->aux_count && !is_function;
    if (record->storage_class != STORAGE_STATIC || names_section || !record->name.size)
        return false;
    out->name = record->name;
    out->is_function = is_function;
    out->type = record->type;
    if (record->section_number == COFF_ABSOLUTE) {
        out->is_absolute = true;
        out->value = record->value;
        return !text_equal(record->name, TEXT("@feat.00")) && !text_equal(record->name, TEXT("@comp.id"));
    }
    if (record->section_number <= 0 || (uint32_t)record->section_number > out->object->section_count)
        return false;
    const struct section *section = object_section(out->object, record->section_number);
    return section && settle_place(link, out, &section->chunk, record->value);
}

// A short import object has no records: two symbols, by the indexes under which they rank.
static bool import_symbol_next(struct image_symbol_walk *walk, struct image_symbol *out)
{
    const struct import *import = walk->object->import;
    while (walk->next <= IMPORT_SYMBOL_INDEX) {
        uint32_t index = walk->next++;
        const struct symbol *symbol = index == IMPORT_SLOT_INDEX ? import->slot_symbol : import->symbol;
        *out = (struct image_symbol){.object = walk->object};
        if (symbol && object_defines(walk->object, index, symbol) && settle_external(walk->link, out, symbol))
            return true;
    }
    return false;
}

bool image_symbol_next(struct image_symbol_walk *walk, struct image_symbol *out)
{
    const struct object *object = walk->object;
    if (object->import)
        return import_symbol_next(walk, out);
    while (walk->next < object->symbol_count) {
        uint32_t index = walk->next;
        const struct symbol *symbol = object_global(object, index);
        struct object_symbol record = object_symbol_at(object, index);
        walk->next =
            record.aux_count < object->symbol_count - index ? index + 1 + record.aux_count : object->symbol_count;
        *out = (struct image_symbol){.object = object};
        if (symbol ? object_defines(object, index, symbol) && settle_external(walk->link, out, symbol)
                   : settle_static(walk->link, out, &record))
            return true;
    }
    return false;
}

static int compare_names(const void *a, const void *b)
{
    const struct image_symbol *left = a, *right = b;
    return text_compare(left->name, right->name);
}

struct image_symbol *image_symbols_of_linker(const struct link *link, size_t *count)
{
    array_of(struct image_symbol) symbols = {0};
    for (size_t list = 0; list < symbol_table_list_count(link); list++) {
        const symbol_array *all = symbol_table_list(link, list);
        for (size_t i = 0; i < all->count; i++) {
            const struct symbol *symbol = all->items[i];
            uint64_t rank = atomic_load_explicit(&symbol->rank, memory_order_relaxed);
            struct image_symbol found = {0};
            if (rank_kind(rank) != SYMBOL_UNDEFINED && rank_order(rank) != SYMBOL_ORDER_SYNTHETIC)
                continue;
            if (settle_external(link, &found, symbol))
                array_push(link_arena(link), &symbols, found);
        }
    }
    if (symbols.count)
        qsort(symbols.items, symbols.count, sizeof *symbols.items, compare_names);
    *count = symbols.count;
    return symbols.items;
}
