// What the image needs. A section that is no COMDAT is always in it (link.exe, "/OPT:REF": "eliminates functions and
// data that are never referenced … COMDATs"); a COMDAT is in it when a relocation of something live refers to it.
// Unwind data and its like are associated with their function and live with it.
//
// The walk goes in waves: all sections that the last wave reached are read in parallel, each thread collecting what it
// reached first.
#include <stdatomic.h>

#include "common/parallel.h"
#include "linker/input/object.h"
#include "linker/link.h"
#include "linker/sections/sections.h"
#include "linker/symbols/symbol_table.h"
#include "linker/symbols/symbols.h"
#include "linker/time_report.h"

struct live_walk {
    const struct link *link;
    section_array *reached; // by thread: sections to read in the next wave
};

static bool chunk_claim(struct chunk *chunk)
{
    return !atomic_load_explicit(&chunk->is_live, memory_order_relaxed) &&
           !atomic_exchange_explicit(&chunk->is_live, true, memory_order_relaxed);
}

static void chunk_reach(struct live_walk *walk, struct chunk *chunk)
{
    while (chunk && chunk_claim(chunk)) {
        if (chunk->is_section) {
            array_push(link_arena(walk->link), &walk->reached[thread_index()], section_of_chunk(chunk));
            return;
        }
        chunk = chunk->kind->reference ? chunk->kind->reference(chunk) : NULL;
    }
}

static void section_reach(struct live_walk *walk, struct section *section)
{
    if (!section->is_discarded)
        chunk_reach(walk, &section->chunk);
}

// What a relocation leads to is four reads away (the object's table of symbols, the symbol, the chunk), and none is
// likely to be in a cache. References are gathered over several sections, and each read is done ahead for all of them.
enum { BATCH = 64 };
struct reference_batch {
    const struct object *objects[BATCH];
    uint32_t indexes[BATCH];
    size_t count;
};

// What a symbol index leads to, or NULL where another reference to the same name was there before: most names are asked
// for many times.
static struct chunk *reference_chunk(const struct object *object, uint32_t index)
{
    struct symbol *symbol = object_global(object, index);
    if (!symbol)
        return object_symbol_place(object, index).chunk;
    if (atomic_load_explicit(&symbol->is_reached, memory_order_relaxed))
        return NULL;
    atomic_store_explicit(&symbol->is_reached, true, memory_order_relaxed);
    return symbol->chunk;
}

static void references_follow(struct live_walk *walk, struct reference_batch *batch)
{
    struct chunk *chunks[BATCH];
    for (size_t i = 0; i < batch->count; i++)
        __builtin_prefetch(object_global(batch->objects[i], batch->indexes[i]));
    for (size_t i = 0; i < batch->count; i++) {
        chunks[i] = reference_chunk(batch->objects[i], batch->indexes[i]);
        __builtin_prefetch(chunks[i]);
    }
    for (size_t i = 0; i < batch->count; i++) {
        if (chunks[i] && chunks[i]->is_section)
            section_reach(walk, section_of_chunk(chunks[i]));
        else if (chunks[i])
            chunk_reach(walk, chunks[i]);
    }
    batch->count = 0;
}

static void section_follow(struct live_walk *walk, struct section *section, struct reference_batch *batch)
{
    const struct object *object = section->object;
    for (uint32_t i = 0; i < section->relocation_count; i++) {
        uint32_t index = le32_get(section->relocations[i].symbol);
        __builtin_prefetch(&object->names[index < object->symbol_count ? index : 0]);
        batch->objects[batch->count] = object;
        batch->indexes[batch->count++] = index;
        if (batch->count == BATCH)
            references_follow(walk, batch);
    }
    for (struct section *child = section->first_associate; child; child = child->next_associate)
        section_reach(walk, child);
}

enum { SECTIONS_A_TASK = 64 };

static void wave_follow(struct live_walk *walk, const section_array *wave, size_t first)
{
    uint64_t begin = time_slice_begin(walk->link);
    struct reference_batch batch = {.count = 0};
    size_t end = first + SECTIONS_A_TASK < wave->count ? first + SECTIONS_A_TASK : wave->count;
    for (size_t i = first; i < end; i++) {
        if (i + 8 < end)
            __builtin_prefetch(wave->items[i + 8]);
        if (i + 4 < end)
            __builtin_prefetch(wave->items[i + 4]->relocations);
        section_follow(walk, wave->items[i], &batch);
    }
    references_follow(walk, &batch);
    time_slice_end(walk->link, begin, "follow references", (struct text){NULL, 0});
}

static bool is_root(const struct section *section)
{
    return !section->is_discarded && !(section->characteristics & SECTION_COMDAT);
}

static void roots_reach(struct live_walk *walk)
{
    struct link *link = (struct link *)walk->link;
#pragma omp parallel for schedule(dynamic, 4) if (link->objects.count > 8)
    for (size_t i = 0; i < link->objects.count; i++) {
        struct object *object = link->objects.items[i];
        for (uint32_t k = 0; k < object->kept_count; k++)
            if (is_root(&object->kept[k]))
                chunk_reach(walk, &object->kept[k].chunk);
    }
    for (size_t list = 0; list < symbol_table_list_count(link); list++) {
        const symbol_array *symbols = symbol_table_list(link, list);
        for (size_t i = 0; i < symbols->count; i++)
            if (symbols->items[i]->is_used || symbols->items[i]->is_exported)
                chunk_reach(walk, symbols->items[i]->chunk);
    }
}

// Sections are live since they were kept; commons and import thunks are found by their names.
static void all_reach(struct link *link)
{
    for (size_t list = 0; list < symbol_table_list_count(link); list++) {
        const symbol_array *symbols = symbol_table_list(link, list);
#pragma omp parallel for schedule(static, 4096) if (symbols->count > 20000)
        for (size_t i = 0; i < symbols->count; i++) {
            if (i + 16 < symbols->count)
                __builtin_prefetch(symbols->items[i + 16]->chunk);
            for (struct chunk *chunk = symbols->items[i]->chunk; chunk && !chunk->is_section && chunk_claim(chunk);)
                chunk = chunk->kind->reference ? chunk->kind->reference(chunk) : NULL;
        }
    }
}

// Moves what all threads reached into one array; the order does not matter, as marking is all that comes of it.
static section_array wave_take(struct live_walk *walk)
{
    section_array wave = {0};
    for (int thread = 0; thread < walk->link->thread_count; thread++) {
        section_array *list = &walk->reached[thread];
        if (!wave.count) {
            wave = *list;
            *list = (section_array){0};
            continue;
        }
        for (size_t i = 0; i < list->count; i++)
            array_push(link_arena(walk->link), &wave, list->items[i]);
        list->count = 0;
    }
    return wave;
}

void sections_mark_live(struct link *link)
{
    if (link->options.opt_ref == OFF) {
        all_reach(link);
        return;
    }
    struct live_walk walk = {.link = link};
    walk.reached = arena_array(link_arena(link), section_array, (size_t)link->thread_count);
    roots_reach(&walk);
    for (section_array wave = wave_take(&walk); wave.count; wave = wave_take(&walk)) {
#pragma omp parallel for schedule(dynamic, 1) if (wave.count > (size_t)4 * SECTIONS_A_TASK)
        for (size_t i = 0; i < wave.count; i += SECTIONS_A_TASK)
            wave_follow(&walk, &wave, i);
    }
}
