// Contributions: counted side by side, an object each; put behind each other by one thread, a dozen an object; and
// written into the lists of their groups side by side again, as by then each section knows its place.
#include "linker/sections/contributions.h"

#include "common/parallel.h"
#include "linker/input/object.h"
#include "linker/link.h"
#include "linker/sections/mingw_names.h"

// One object's contributions while they are counted: an open-addressing table of places, plus 1, by name and
// characteristics.
struct counting {
    array_of(struct contribution) found;
    uint32_t *places;
    size_t capacity; // of places; a power of two
};

// Room for as many contributions as the object has sections, none of them there.
static void counting_begin(struct link *link, struct counting *counting, const struct object *object)
{
    size_t capacity = counting->capacity ? counting->capacity : 64;
    while (capacity < (size_t)2 * object->kept_count)
        capacity *= 2;
    if (capacity != counting->capacity)
        counting->places = arena_array(link_arena(link), uint32_t, capacity);
    else
        memset(counting->places, 0, capacity * sizeof *counting->places);
    counting->capacity = capacity;
    counting->found.count = 0;
}

// The contribution of which this section is one, made where it is the first. Its place among the found ones.
static uint32_t contribution_of(struct link *link, struct counting *counting, const struct section *section,
                                uint32_t index)
{
    struct contribution wanted = {.characteristics = group_characteristics(section->characteristics), .section = index};
    memcpy(wanted.name, section->name, sizeof wanted.name);
    wanted.is_list_end = link->options.mingw && mingw_section_is_list_end(section);
    uint64_t key = load64((const uint8_t *)wanted.name) ^ wanted.characteristics ^ wanted.is_list_end;
    size_t mask = counting->capacity - 1, at = (size_t)(key * 0x9e3779b97f4a7c15u >> 32) & mask;
    for (; counting->places[at]; at = (at + 1) & mask) {
        const struct contribution *found = &counting->found.items[counting->places[at] - 1];
        if (found->characteristics == wanted.characteristics && found->is_list_end == wanted.is_list_end &&
            memcmp(found->name, wanted.name, sizeof wanted.name) == 0)
            return counting->places[at] - 1;
    }
    array_push(link_arena(link), &counting->found, wanted);
    counting->places[at] = (uint32_t)counting->found.count;
    return counting->places[at] - 1;
}

// Counts an object's live sections. Each remembers its contribution as its group, and its place there as its RVA, which
// it does not have yet.
static struct contributions object_count(struct link *link, struct counting *counting, struct object *object)
{
    counting_begin(link, counting, object);
    for (uint32_t k = 0; k < object->kept_count; k++) {
        struct section *section = &object->kept[k];
        if (!section->chunk.is_live)
            continue;
        section->chunk.group = contribution_of(link, counting, section, k);
        struct contribution *contribution = &counting->found.items[section->chunk.group];
        section->chunk.rva = contribution->count++;
        contribution->size += section->chunk.size;
    }
    size_t count = counting->found.count;
    struct contributions out = {arena_array(link_arena(link), struct contribution, count), count};
    if (count)
        memcpy(out.items, counting->found.items, count * sizeof *out.items);
    return out;
}

static void group_add(struct link *link, uint32_t group, uint32_t count, uint64_t size)
{
    link->groups.items[group].chunk_count += count;
    link->groups.items[group].size += size;
}

// Which contribution of which object came last to each group, both plus 1.
struct last_contribution {
    size_t object, contribution;
};
typedef array_of(struct last_contribution) last_contribution_array;

// Finds the groups of an object's contributions. Two of them may be to one group, as names may be written in several
// ways (the same text in two places of the string table): the later is told which is the earlier. Returns whether any
// is so.
static bool groups_find(struct link *link, size_t index, struct contributions *contributions,
                        last_contribution_array *last)
{
    const struct object *object = link->objects.items[index];
    bool any = false;
    for (size_t c = 0; c < contributions->count; c++) {
        struct contribution *contribution = &contributions->items[c];
        const struct section *section = &object->kept[contribution->section];
        struct text name = link->options.mingw ? mingw_section_name(link, section) : section_name(section);
        contribution->group = link_group(link, name, contribution->characteristics);
        while (last->count <= contribution->group)
            array_push(link_arena(link), last, ((struct last_contribution){0}));
        struct last_contribution *earlier = &last->items[contribution->group];
        if (earlier->object == index + 1) {
            contribution->same_as = (uint32_t)earlier->contribution;
            any = true;
        } else {
            *earlier = (struct last_contribution){index + 1, c + 1};
        }
    }
    return any;
}

// Counts again, contributions to one group as one: its sections are in the order of the object, not of contributions.
static void object_count_again(struct object *object, struct contributions *contributions)
{
    for (size_t c = 0; c < contributions->count; c++) {
        struct contribution *contribution = &contributions->items[c];
        if (contribution->same_as)
            contributions->items[contribution->same_as - 1].size += contribution->size;
        contribution->count = 0;
    }
    for (uint32_t k = 0; k < object->kept_count; k++) {
        struct chunk *chunk = &object->kept[k].chunk;
        if (!chunk->is_live)
            continue;
        if (contributions->items[chunk->group].same_as)
            chunk->group = contributions->items[chunk->group].same_as - 1;
        chunk->rva = contributions->items[chunk->group].count++;
    }
}

static void object_place(struct link *link, size_t index, struct contributions *contributions,
                         last_contribution_array *last)
{
    if (groups_find(link, index, contributions, last))
        object_count_again(link->objects.items[index], contributions);
    for (size_t c = 0; c < contributions->count; c++) {
        struct contribution *contribution = &contributions->items[c];
        if (contribution->same_as)
            continue;
        contribution->first = link->groups.items[contribution->group].chunk_count;
        group_add(link, contribution->group, contribution->count, contribution->size);
    }
}

struct contributions *contributions_count(struct link *link)
{
    struct arena *arena = link_arena(link);
    struct contributions *all = arena_array(arena, struct contributions, link->objects.count);
    struct counting *countings = arena_array(arena, struct counting, (size_t)link->thread_count);
#pragma omp parallel for schedule(dynamic, 4) if (link->objects.count > 8)
    for (size_t i = 0; i < link->objects.count; i++)
        all[i] = object_count(link, &countings[thread_index()], link->objects.items[i]);

    last_contribution_array last = {0};
    for (size_t i = 0; i < link->objects.count; i++)
        object_place(link, i, &all[i], &last);
    for (size_t i = 0; i < link->synthesized.count; i++) {
        const struct chunk *chunk = link->synthesized.items[i];
        if (chunk->is_live)
            group_add(link, chunk->group, 1, chunk->size);
    }
    return all;
}

static void chunk_put(struct link *link, struct chunk *chunk, uint32_t group, uint32_t place)
{
    link->ordered_chunks[link->groups.items[group].chunk_first + place] = chunk;
    chunk->group = group;
    chunk->output = link->groups.items[group].output;
}

static void object_put(struct link *link, struct object *object, const struct contributions *contributions)
{
    for (uint32_t k = 0; k < object->kept_count; k++) {
        struct chunk *chunk = &object->kept[k].chunk;
        if (!chunk->is_live)
            continue;
        const struct contribution *contribution = &contributions->items[chunk->group];
        chunk_put(link, chunk, contribution->group, contribution->first + chunk->rva);
        chunk->rva = 0;
    }
}

// The linker's own chunks come behind all objects'.
static void synthesized_put(struct link *link)
{
    uint32_t *left = arena_array(link_arena(link), uint32_t, link->groups.count);
    for (size_t i = 0; i < link->synthesized.count; i++)
        left[link->synthesized.items[i]->group] += link->synthesized.items[i]->is_live;
    for (size_t i = 0; i < link->synthesized.count; i++) {
        struct chunk *chunk = link->synthesized.items[i];
        if (chunk->is_live)
            chunk_put(link, chunk, chunk->group, link->groups.items[chunk->group].chunk_count - left[chunk->group]--);
    }
}

void contributions_put(struct link *link, struct contributions *all)
{
#pragma omp parallel for schedule(dynamic, 4) if (link->objects.count > 8)
    for (size_t i = 0; i < link->objects.count; i++)
        object_put(link, link->objects.items[i], &all[i]);
    synthesized_put(link);
}
