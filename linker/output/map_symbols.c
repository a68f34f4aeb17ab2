// Gathering is parallel over objects; each leaves two lists, which are put behind each other in the order of objects and then sorted
// by RVA with a radix sort: stable, so what shares an RVA stays in that order, and quick for a million symbols.
#include "linker/output/map_symbols.h"

#include <stdlib.h>

#include "common/parallel.h"
#include "linker/input/object.h"
#include "linker/link.h"

typedef array_of(struct image_symbol) image_symbol_array;

struct gathered {
    image_symbol_array publics, statics;
};

static void gather_object(const struct link *link, const struct object *object, struct gathered *out)
{
    struct image_symbol_walk walk = {link, object, 0};
    struct image_symbol symbol;
    while (image_symbol_next(&walk, &symbol)) {
        if (symbol.is_external)
            array_push(link_arena(link), &out->publics, symbol);
        else if (!symbol.is_absolute)
            array_push(link_arena(link), &out->statics, symbol);
    }
}

// By section and RVA: what lies in the headers (__ImageBase) or is absolute stands before all sections.
struct sort_item {
    uint32_t key, index;
};

static void radix_sort(struct sort_item *items, struct sort_item *scratch, size_t count)
{
    for (unsigned shift = 0; shift < 32; shift += 8) {
        size_t starts[257] = {0};
        for (size_t i = 0; i < count; i++)
            starts[(items[i].key >> shift & 0xff) + 1]++;
        for (size_t i = 1; i < 257; i++)
            starts[i] += starts[i - 1];
        for (size_t i = 0; i < count; i++)
            scratch[starts[items[i].key >> shift & 0xff]++] = items[i];
        struct sort_item *swap = items;
        items = scratch;
        scratch = swap;
    }
}

static int compare_absolute(const void *a, const void *b)
{
    const struct image_symbol *left = a, *right = b;
    if (left->value != right->value)
        return left->value < right->value ? -1 : 1;
    return text_compare(left->name, right->name);
}

// An even number of rounds leaves the result in `items`.
static struct image_symbol *sort_symbols(struct link *link, const image_symbol_array *symbols)
{
    struct arena *arena = link_arena(link);
    struct sort_item *items = arena_array(arena, struct sort_item, symbols->count);
    struct sort_item *scratch = arena_array(arena, struct sort_item, symbols->count);
    struct image_symbol *sorted = arena_array(arena, struct image_symbol, symbols->count);
    size_t first = 0, count = 0;
    for (size_t i = 0; i < symbols->count; i++) {
        if (symbols->items[i].output)
            items[count++] = (struct sort_item){(uint32_t)symbols->items[i].value, (uint32_t)i};
        else
            sorted[first++] = symbols->items[i];
    }
    if (first)
        qsort(sorted, first, sizeof *sorted, compare_absolute);
    radix_sort(items, scratch, count);
    for (size_t i = 0; i < count; i++)
        sorted[first + i] = symbols->items[items[i].index];
    return sorted;
}

static void append(struct arena *arena, image_symbol_array *to, const struct image_symbol *symbols, size_t count)
{
    for (size_t i = 0; i < count; i++)
        array_push(arena, to, symbols[i]);
}

void map_symbols_gather(struct link *link, struct map_symbols *out)
{
    struct arena *arena = link_arena(link);
    size_t object_count = link->objects.count;
    struct gathered *gathered = arena_array(arena, struct gathered, object_count);
#pragma omp parallel for schedule(dynamic, 4) if (object_count > 16)
    for (size_t i = 0; i < object_count; i++)
        gather_object(link, link->objects.items[i], &gathered[i]);

    image_symbol_array publics = {0}, statics = {0};
    for (size_t i = 0; i < object_count; i++) {
        append(arena, &publics, gathered[i].publics.items, gathered[i].publics.count);
        append(arena, &statics, gathered[i].statics.items, gathered[i].statics.count);
    }
    size_t own_count;
    const struct image_symbol *own = image_symbols_of_linker(link, &own_count);
    append(arena, &publics, own, own_count);

    *out =
        (struct map_symbols){sort_symbols(link, &publics), sort_symbols(link, &statics), publics.count, statics.count};
}
