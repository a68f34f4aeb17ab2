// Identical code folding: sections that no program can tell apart, but for their addresses, become one (link.exe,
// "/OPT:ICF": functions and read-only data in COMDATs).
//
// Two sections are the same when their bytes are, when their relocations are of the same types at the same places, and
// when those refer to the same thing or to things that are the same themselves. The last clause makes it a question
// about all sections at once, answered from above: begin by holding the same whatever looks alike on its own, then
// split each class whose members refer to different classes, until no class splits. Unwind data counts: a section
// associated with a function is compared as if the function referred to it.
//
// Classes begin from a hash. Before anything is folded, members are compared byte for byte, so a collision costs a
// fold, not correctness.
#include <stdlib.h>
#include <xxhash.h>

#include "common/parallel.h"
#include "linker/input/object.h"
#include "linker/link.h"
#include "linker/sections/prefetch.h"
#include "linker/sections/sections.h"
#include "linker/symbols/symbols.h"
#include "linker/time_report.h"

struct candidate {
    struct section *section;
    uint64_t key;   // what members of its class are split by
    uint32_t index; // in contribution order: the smallest of a class is kept
};

// What a candidate refers to, as far as that may be folded itself: candidate indexes in order, found once and compared
// by class in every round.
struct references {
    const uint32_t *items;
    uint32_t count;
};

struct folding {
    struct candidate *candidates;  // all, by index; then those that are like others, by class
    struct references *references; // by candidate index
    size_t count;
    uint32_t *class_of, *next_class_of; // by candidate index: the position at which its class begins, or beyond all
    struct class_range {
        uint32_t begin, end;
    } *classes, *next_classes; // those of two and more
    size_t class_count;
};

static bool is_foldable_data(struct text name)
{
    static const char *const names[] = {".rdata", ".xdata", ".pdata", ".eh_frame"};
    struct text base = text_prefix(name, text_find(name, '$'));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (text_equal(base, text_of(names[i])))
            return true;
    return false;
}

static bool is_compared_associate(const struct section *section)
{
    return section->fold_index != 0;
}

static bool is_foldable(const struct section *section, struct text name)
{
    uint32_t characteristics = section->characteristics;
    if (!section->chunk.is_live || !(characteristics & SECTION_COMDAT) || section->chunk.size == 0 ||
        characteristics & (SECTION_WRITE | SECTION_UNINITIALIZED_DATA | SECTION_DISCARDABLE))
        return false;
    return characteristics & SECTION_CODE || is_foldable_data(name);
}

// Debug information and guard tables describe a function and are no part of it.
static bool is_description(struct text name)
{
    static const char *const tables[] = {".gfids$y", ".giats$y", ".gljmp$y", ".gehcont$y"};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (text_equal(name, text_of(tables[i])))
            return true;
    return text_starts_with(name, TEXT(".debug"));
}

// A candidate may have no associated section that can't be compared: what that is for, only the program knows.
static bool is_candidate(const struct section *section)
{
    if (!is_foldable(section, section_name(section)))
        return false;
    for (const struct section *child = section->first_associate; child; child = child->next_associate) {
        struct text name = section_name(child);
        if (child->chunk.is_live && !is_foldable(child, name) && !is_description(name))
            return false;
    }
    return true;
}

// Marks an object's candidates; how many they are.
static uint32_t candidates_mark(struct object *object)
{
    uint32_t count = 0;
    for (uint32_t k = 0; k < object->kept_count; k++) {
        object->kept[k].fold_index = is_candidate(&object->kept[k]);
        count += object->kept[k].fold_index;
    }
    return count;
}

// Numbers them from `first` on.
static void candidates_number(struct object *object, struct candidate *out, uint32_t first)
{
    for (uint32_t k = 0; k < object->kept_count; k++) {
        struct section *section = &object->kept[k];
        if (!section->fold_index)
            continue;
        out[first] = (struct candidate){section, 0, first};
        section->fold_index = ++first;
    }
}

// Every candidate in contribution order, numbered so. Objects are counted first, so that all can be filled in side by
// side.
static struct candidate *candidates_gather(struct link *link, size_t *count)
{
    size_t objects = link->objects.count;
    uint32_t *firsts = arena_array(link_arena(link), uint32_t, objects + 1);
#pragma omp parallel for schedule(dynamic, 8) if (objects > 16)
    for (size_t i = 0; i < objects; i++)
        firsts[i + 1] = candidates_mark(link->objects.items[i]);
    for (size_t i = 0; i < objects; i++)
        firsts[i + 1] += firsts[i];
    struct candidate *out = arena_array(link_arena(link), struct candidate, firsts[objects]);
#pragma omp parallel for schedule(dynamic, 8) if (objects > 16)
    for (size_t i = 0; i < objects; i++)
        candidates_number(link->objects.items[i], out, firsts[i]);
    *count = firsts[objects];
    return out;
}

// --- what a section is on its own ---

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

// A name of the linker's own may get its place later, when tables are made: until then it is like nothing but itself.
static bool is_to_be_defined(const struct place *place)
{
    return !place->chunk && place->symbol && place->symbol->is_synthetic;
}

// A target as the first classes see it: one that may be folded itself is anybody; else it is who it is.
static uint64_t target_identity(const struct place *place)
{
    if (place->chunk && place->chunk->is_section && section_of_chunk(place->chunk)->fold_index)
        return 1;
    if (is_to_be_defined(place))
        return (uint64_t)(uintptr_t)place->symbol;
    return place->chunk ? (uint64_t)(uintptr_t)place->chunk : 2;
}

static uint32_t associates_count(const struct section *section)
{
    uint32_t count = 0;
    for (const struct section *child = section->first_associate; child; child = child->next_associate)
        count += is_compared_associate(child);
    return count;
}

// Hashes a candidate without what it refers to, and notes what that is.
static uint64_t section_own_hash(const struct link *link, struct section *section, struct references *references)
{
    struct bytes content = section_content(section);
    uint64_t hash = XXH3_64bits(content.data, content.size);
    hash = mix(hash, section->characteristics);
    hash = mix(hash, section->relocation_count);
    size_t most = (size_t)section->relocation_count + associates_count(section);
    uint32_t *items = arena_array(link_arena(link), uint32_t, most);
    for (uint32_t i = 0; i < section->relocation_count; i++) {
        const struct coff_relocation *relocation = &section->relocations[i];
        struct place place = object_symbol_place(section->object, le32_get(relocation->symbol));
        hash = mix(hash, le32_get(relocation->offset) | (uint64_t)le16_get(relocation->type) << 32);
        hash = mix(hash, target_identity(&place));
        hash = mix(hash, place.value);
        if (place.chunk && place.chunk->is_section && section_of_chunk(place.chunk)->fold_index)
            items[references->count++] = section_of_chunk(place.chunk)->fold_index - 1;
    }
    for (const struct section *child = section->first_associate; child; child = child->next_associate)
        if (is_compared_associate(child))
            items[references->count++] = child->fold_index - 1;
    references->items = items;
    return mix(hash, references->count);
}

// --- what it refers to ---

// The classes of all that a candidate refers to, in order, as one number.
static uint64_t references_hash(const struct folding *folding, uint32_t candidate)
{
    const struct references *references = &folding->references[candidate];
    uint64_t hash = 0;
    for (uint32_t i = 0; i < references->count; i++)
        hash = mix(hash, folding->class_of[references->items[i]]);
    return hash;
}

static int candidate_compare(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

// Cuts [begin, end), sorted by key, into classes of one key; keeps those of two and more at `out`. Returns how many.
static size_t classes_cut(struct folding *folding, uint32_t begin, uint32_t end, struct class_range *out)
{
    size_t count = 0;
    for (uint32_t i = begin; i < end;) {
        uint32_t last = i + 1;
        while (last < end && folding->candidates[last].key == folding->candidates[i].key)
            last++;
        for (uint32_t k = i; k < last; k++)
            folding->next_class_of[folding->candidates[k].index] = i;
        if (last - i > 1)
            out[count++] = (struct class_range){i, last};
        i = last;
    }
    return count;
}

enum { CANDIDATES_A_TASK = 512 };

static void candidates_prefetch(const struct candidate *candidates, size_t at, size_t end)
{
    if (at + AHEAD_SECTION < end)
        chunk_prefetch(&candidates[at + AHEAD_SECTION].section->chunk);
    if (at + AHEAD_RELOCATIONS < end)
        section_prefetch_bytes(candidates[at + AHEAD_RELOCATIONS].section);
    if (at + AHEAD_SYMBOLS < end)
        section_prefetch_symbols(candidates[at + AHEAD_SYMBOLS].section);
    if (at + AHEAD_CHUNKS < end)
        section_prefetch_chunks(candidates[at + AHEAD_CHUNKS].section);
}

// Candidates are put into classes by key, in parallel: all with one key are in one part, by its top bits, and a part is
// one thread's. The number of parts is fixed, so the order of classes is.
enum { PART_BITS = 5, PARTS = 1 << PART_BITS };

struct grouping {
    const struct candidate *all; // by index
    size_t count;
    uint32_t (*counts)[PARTS]; // by task: how many of its candidates are in each part; then where these go in `items`
    struct grouped {           // all candidates by part, in order
        uint64_t key;
        uint32_t index; // of the candidate
        uint32_t first; // place in here of the first with the same key
        uint32_t size;  // of a first one: how many have its key
        uint32_t class; // of a first one that others are like: which class that is
    } *items;
    struct grouping_part {
        uint32_t begin, end;       // in `items`
        uint32_t members, classes; // of classes of two and more
        uint32_t first_member, first_class;
    } parts[PARTS];
};

static size_t part_of(uint64_t key)
{
    return (size_t)(key >> (64 - PART_BITS));
}

static size_t task_end(size_t first, size_t count)
{
    return first + CANDIDATES_A_TASK < count ? first + CANDIDATES_A_TASK : count;
}

static void candidates_hash(const struct link *link, struct folding *folding, struct grouping *grouping, size_t first)
{
    uint64_t begin = time_slice_begin(link);
    size_t end = task_end(first, folding->count);
    uint32_t *counts = grouping->counts[first / CANDIDATES_A_TASK];
    for (size_t i = first; i < end; i++) {
        struct candidate *candidate = &folding->candidates[i];
        candidates_prefetch(folding->candidates, i, end);
        candidate->key = section_own_hash(link, candidate->section, &folding->references[candidate->index]);
        counts[part_of(candidate->key)]++;
    }
    time_slice_end(link, begin, "hash sections", (struct text){NULL, 0});
}

// Where each task's candidates of each part go.
static void parts_place(struct grouping *grouping)
{
    uint32_t next = 0;
    size_t tasks = (grouping->count + CANDIDATES_A_TASK - 1) / CANDIDATES_A_TASK;
    for (size_t part = 0; part < PARTS; part++) {
        grouping->parts[part].begin = next;
        for (size_t task = 0; task < tasks; task++) {
            uint32_t count = grouping->counts[task][part];
            grouping->counts[task][part] = next;
            next += count;
        }
        grouping->parts[part].end = next;
    }
}

static void candidates_spread(struct grouping *grouping, size_t first)
{
    uint32_t *next = grouping->counts[first / CANDIDATES_A_TASK];
    for (size_t i = first; i < task_end(first, grouping->count); i++) {
        uint64_t key = grouping->all[i].key;
        grouping->items[next[part_of(key)]++] = (struct grouped){.key = key, .index = (uint32_t)i};
    }
}

// Finds for each candidate of the part the first with its key.
static void part_find(const struct link *link, struct grouping *grouping, size_t which)
{
    struct grouping_part *part = &grouping->parts[which];
    struct grouped *items = grouping->items;
    size_t capacity = 64;
    while (capacity < 2 * (size_t)(part->end - part->begin))
        capacity *= 2;
    uint32_t *table = arena_array(link_arena(link), uint32_t, capacity); // places, plus 1
    for (uint32_t at = part->begin; at < part->end; at++) {
        size_t slot = (size_t)items[at].key & (capacity - 1);
        while (table[slot] && items[table[slot] - 1].key != items[at].key)
            slot = (slot + 1) & (capacity - 1);
        if (!table[slot])
            table[slot] = at + 1;
        uint32_t first = table[slot] - 1, size = ++items[first].size;
        items[at].first = first;
        part->classes += size == 2;
        part->members += size == 2 ? 2 : size > 2;
    }
}

// Lists the part's classes in the order of their first members.
static void part_list(struct folding *folding, struct grouping *grouping, size_t which)
{
    const struct grouping_part *part = &grouping->parts[which];
    uint32_t next = part->first_member, class = part->first_class;
    for (uint32_t at = part->begin; at < part->end; at++) {
        struct grouped *item = &grouping->items[at], *first = &grouping->items[item->first];
        if (first->size == 1) {
            folding->class_of[item->index] = (uint32_t)grouping->count + item->index;
            continue;
        }
        if (first == item) {
            folding->classes[class] = (struct class_range){next, next};
            item->class = class ++;
            next += item->size;
        }
        struct class_range *range = &folding->classes[first->class];
        folding->candidates[range->end++] = grouping->all[item->index];
        folding->class_of[item->index] = range->begin;
    }
}

static void candidates_group(struct link *link, struct folding *folding, struct grouping *grouping)
{
    struct arena *arena = link_arena(link);
    size_t count = folding->count;
    grouping->items = arena_array(arena, struct grouped, count);
    parts_place(grouping);
#pragma omp parallel for schedule(static) if (count > 4096)
    for (size_t i = 0; i < count; i += CANDIDATES_A_TASK)
        candidates_spread(grouping, i);
#pragma omp parallel for schedule(dynamic, 1) if (count > 4096)
    for (size_t part = 0; part < PARTS; part++)
        part_find(link, grouping, part);

    uint32_t members = 0, classes = 0;
    for (size_t part = 0; part < PARTS; part++) {
        grouping->parts[part].first_member = members;
        grouping->parts[part].first_class = classes;
        members += grouping->parts[part].members;
        classes += grouping->parts[part].classes;
    }
    folding->candidates = arena_array(arena, struct candidate, members);
    folding->classes = arena_array(arena, struct class_range, members / 2 + 1);
    folding->next_classes = arena_array(arena, struct class_range, members / 2 + 1);
    folding->class_count = classes;
#pragma omp parallel for schedule(dynamic, 1) if (count > 4096)
    for (size_t part = 0; part < PARTS; part++)
        part_list(folding, grouping, part);
}

static void classes_begin(struct link *link, struct folding *folding)
{
    struct arena *arena = link_arena(link);
    size_t count = folding->count;
    struct grouping grouping = {.all = folding->candidates, .count = count};
    grouping.counts = arena_allocate_array(arena, count / CANDIDATES_A_TASK + 1, sizeof *grouping.counts, 4);
    folding->references = arena_array(arena, struct references, count);
#pragma omp parallel for schedule(dynamic, 1) if (count > (size_t)2 * CANDIDATES_A_TASK)
    for (size_t i = 0; i < count; i += CANDIDATES_A_TASK)
        candidates_hash(link, folding, &grouping, i);
    folding->class_of = arena_array(arena, uint32_t, count);
    folding->next_class_of = arena_array(arena, uint32_t, count);
    candidates_group(link, folding, &grouping);
    memcpy(folding->next_class_of, folding->class_of, count * sizeof *folding->class_of);
}

// One round: each class is split by what its members refer to. Returns whether any was.
static bool classes_split(struct folding *folding)
{
#pragma omp parallel for schedule(dynamic, 64) if (folding->class_count > 256)
    for (size_t c = 0; c < folding->class_count; c++) {
        struct class_range range = folding->classes[c];
        bool is_one = true;
        for (uint32_t i = range.begin; i < range.end; i++) {
            folding->candidates[i].key = references_hash(folding, folding->candidates[i].index);
            is_one &= folding->candidates[i].key == folding->candidates[range.begin].key;
        }
        if (!is_one)
            qsort(&folding->candidates[range.begin], range.end - range.begin, sizeof(struct candidate),
                  candidate_compare);
    }
    struct class_range *old = folding->classes;
    size_t old_count = folding->class_count, count = 0;
    bool any = false;
    for (size_t c = 0; c < old_count; c++) {
        struct class_range range = old[c];
        bool is_one = folding->candidates[range.begin].key == folding->candidates[range.end - 1].key;
        if (is_one) {
            folding->next_classes[count++] = range;
            continue;
        }
        any = true;
        count += classes_cut(folding, range.begin, range.end, &folding->next_classes[count]);
    }
    folding->classes = folding->next_classes;
    folding->next_classes = old;
    folding->class_count = count;
    return any;
}

// --- folding ---

static bool relocations_are_same(const struct folding *folding, const struct section *a, const struct section *b)
{
    if (a->relocation_count != b->relocation_count)
        return false;
    for (uint32_t i = 0; i < a->relocation_count; i++) {
        const struct coff_relocation *x = &a->relocations[i], *y = &b->relocations[i];
        if (le32_get(x->offset) != le32_get(y->offset) || le16_get(x->type) != le16_get(y->type))
            return false;
        struct place p = object_symbol_place(a->object, le32_get(x->symbol));
        struct place q = object_symbol_place(b->object, le32_get(y->symbol));
        if (p.value != q.value || p.is_absolute != q.is_absolute)
            return false;
        if ((is_to_be_defined(&p) || is_to_be_defined(&q)) && p.symbol != q.symbol)
            return false;
        if (p.chunk == q.chunk)
            continue;
        if (!p.chunk || !q.chunk || !p.chunk->is_section || !q.chunk->is_section)
            return false;
        uint32_t s = section_of_chunk(p.chunk)->fold_index, t = section_of_chunk(q.chunk)->fold_index;
        if (!s || !t || folding->class_of[s - 1] != folding->class_of[t - 1])
            return false;
    }
    return true;
}

static bool sections_are_same(const struct folding *folding, const struct section *a, const struct section *b)
{
    struct bytes x = section_content(a), y = section_content(b);
    return a->characteristics == b->characteristics && a->chunk.size == b->chunk.size && x.size == y.size &&
           (x.size == 0 || memcmp(x.data, y.data, x.size) == 0) && relocations_are_same(folding, a, b);
}

static void section_fold(struct section *section, struct section *leader)
{
    section->folded_into = leader;
    section->chunk.is_live = false;
    if (leader->chunk.alignment_shift < section->chunk.alignment_shift)
        leader->chunk.alignment_shift = section->chunk.alignment_shift;
    for (struct section *child = section->first_associate; child; child = child->next_associate)
        if (!is_compared_associate(child))
            child->chunk.is_live = false;
}

void sections_fold_identical(struct link *link)
{
    struct folding folding = {0};
    folding.candidates = candidates_gather(link, &folding.count);
    if (folding.count < 2)
        return;
    classes_begin(link, &folding);
    while (classes_split(&folding))
        memcpy(folding.class_of, folding.next_class_of, folding.count * sizeof *folding.class_of);

#pragma omp parallel for schedule(dynamic, 64) if (folding.class_count > 256)
    for (size_t c = 0; c < folding.class_count; c++) {
        struct class_range range = folding.classes[c];
        struct section *leader = folding.candidates[range.begin].section;
        for (uint32_t i = range.begin + 1; i < range.end; i++)
            if (sections_are_same(&folding, leader, folding.candidates[i].section)) {
                section_fold(folding.candidates[i].section, leader);
                array_push(link_arena(link), &link->folded[thread_index()], folding.candidates[i].section);
            }
    }
}
