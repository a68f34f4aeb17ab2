// Gathering is parallel over objects; each leaves two lists, which are put behind each other in the order of objects
// and then sorted by RVA with a radix sort: stable, so what shares an RVA stays in that order, and quick for a million
// symbols. Symbols stay where they were gathered; pointers move.
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

// What is absolute or in the headers (__ImageBase) stands before all sections.
struct sort_item {
    const struct image_symbol *symbol;
    uint32_t rva;
};

// The symbols of one list of all objects, and of the linker.
struct sort_list {
    struct sort_item *items, *scratch;
    size_t count;
};

// Four rounds, so the result ends in `items` again.
static void radix_sort(struct sort_list *list)
{
    for (unsigned shift = 0; shift < 32; shift += 8) {
        size_t starts[257] = {0};
        for (size_t i = 0; i < list->count; i++)
            starts[(list->items[i].rva >> shift & 0xff) + 1]++;
        for (size_t i = 1; i < 257; i++)
            starts[i] += starts[i - 1];
        for (size_t i = 0; i < list->count; i++)
            list->scratch[starts[list->items[i].rva >> shift & 0xff]++] = list->items[i];
        struct sort_item *swap = list->items;
        list->items = list->scratch;
        list->scratch = swap;
    }
}

static int compare_absolute(const void *a, const void *b)
{
    const struct image_symbol *left = *(const struct image_symbol *const *)a;
    const struct image_symbol *right = *(const struct image_symbol *const *)b;
    if (left->value != right->value)
        return left->value < right->value ? -1 : 1;
    return text_compare(left->name, right->name);
}

static struct sort_list list_of(struct arena *arena, size_t capacity)
{
    return (struct sort_list){arena_array(arena, struct sort_item, capacity),
                              arena_array(arena, struct sort_item, capacity), 0};
}

static void list_add(struct sort_list *list, const struct image_symbol *symbols, size_t count)
{
    for (size_t i = 0; i < count; i++)
        list->items[list->count++] = (struct sort_item){&symbols[i], (uint32_t)symbols[i].value};
}

static const struct image_symbol **list_sort(struct arena *arena, struct sort_list *list)
{
    const struct image_symbol **sorted = arena_array(arena, const struct image_symbol *, list->count);
    size_t first = 0, placed = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].symbol->output)
            list->items[placed++] = list->items[i];
        else
            sorted[first++] = list->items[i].symbol;
    }
    if (first)
        qsort(sorted, first, sizeof *sorted, compare_absolute);
    list->count = placed;
    radix_sort(list);
    for (size_t i = 0; i < placed; i++)
        sorted[first + i] = list->items[i].symbol;
    return sorted;
}

void map_symbols_gather(struct link *link, struct map_symbols *out)
{
    struct arena *arena = link_arena(link);
    size_t object_count = link->objects.count;
    struct gathered *gathered = arena_array(arena, struct gathered, object_count);
#pragma omp parallel for schedule(dynamic, 4) if (object_count > 16)
    for (size_t i = 0; i < object_count; i++)
        gather_object(link, link->objects.items[i], &gathered[i]);
    size_t own_count;
    const struct image_symbol *own = image_symbols_of_linker(link, &own_count);

    *out = (struct map_symbols){.public_count = own_count};
    for (size_t i = 0; i < object_count; i++) {
        out->public_count += gathered[i].publics.count;
        out->static_count += gathered[i].statics.count;
    }
    struct sort_list publics = list_of(arena, out->public_count), statics = list_of(arena, out->static_count);
    for (size_t i = 0; i < object_count; i++) {
        list_add(&publics, gathered[i].publics.items, gathered[i].publics.count);
        list_add(&statics, gathered[i].statics.items, gathered[i].statics.count);
    }
    list_add(&publics, own, own_count);
    out->publics = list_sort(arena, &publics);
    out->statics = list_sort(arena, &statics);
}
