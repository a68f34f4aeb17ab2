// Branches that can't reach. A call of ARM64 goes 128 MB either way, a test-and-branch 32 KB; ARM has 16 MB and 1 MB.
// Where the target is further away the branch goes to a thunk, a few instructions of the linker's own that jump
// anywhere:
//
//     bl far ──► thunk: adrp x16, far; add x16, x16, …; br x16 ──► far:
//
// A thunk stands between two chunks, near the first branch that asks for it, and serves all others of the same target
// that reach it. It takes room, which may put other branches out of reach: so layout is repeated until nothing has to
// be added. Thunks are never taken away again, so this ends, but in sections so full of branches that their thunks push
// each other out of reach.
//
// No relocation remembers its thunk. Whoever applies one asks which thunk of its target is nearest, which is the same
// answer at every time once RVAs are final, and costs nothing for a branch that reaches.
#include "linker/sections/range_thunks.h"

#include <stdlib.h>

#include "common/parallel.h"
#include "linker/input/object.h"
#include "linker/link.h"
#include "linker/patch/patch.h"
#include "linker/symbols/symbols.h"
#include "linker/target/target.h"

// Layouts to try. Three are enough where thunks are few; each further one is for thunks that moved other branches out
// of reach. One at a time they could do so for long, so from a number of layouts on a branch that only just reaches
// counts as one that doesn't.
enum { PASS_LIMIT = 32, GENEROUS_PASSES = 4, MARGIN = 1024, MARGIN_MAX = 16384 };

struct range_thunk {
    struct chunk chunk;
    const struct chunk *target;
    uint64_t value;          // offset in the target: an entry, or beyond it where the branch has an addend
    uint32_t next_of_target; // index + 1 of another thunk of the same target, or 0
    bool is_in_front;        // of the chunk that asked for it; else it stands behind that chunk
};

struct range_thunk_state {
    array_of(struct range_thunk *) thunks;
    uint32_t *table; // of thunks by target: index + 1 of the last one made, or 0
    size_t table_size, target_count;
    unsigned passes;
};

// A branch that was looked at: where it is and where it wants to go.
struct branch {
    uint16_t type;
    uint64_t place_rva;
    const struct chunk *target;
    uint64_t value;
    int64_t addend; // in its field; counted in `value`
};

// --- thunks, found by their target ---

static uint32_t *table_place(const struct range_thunk_state *state, const struct chunk *target, uint64_t value)
{
    uint64_t key[2] = {(uintptr_t)target, value};
    uint64_t hash = text_hash((struct text){(const char *)key, sizeof key});
    size_t mask = state->table_size - 1;
    for (size_t at = hash & mask;; at = (at + 1) & mask) {
        uint32_t *place = &state->table[at];
        if (!*place)
            return place;
        const struct range_thunk *thunk = state->thunks.items[*place - 1];
        if (thunk->target == target && thunk->value == value)
            return place;
    }
}

static void table_grow(struct link *link, struct range_thunk_state *state)
{
    const uint32_t *old = state->table;
    size_t old_size = state->table_size;
    state->table_size = old_size ? 2 * old_size : 64;
    state->table = arena_array(link_arena(link), uint32_t, state->table_size);
    for (size_t i = 0; i < old_size; i++) {
        if (!old[i])
            continue;
        const struct range_thunk *thunk = state->thunks.items[old[i] - 1];
        *table_place(state, thunk->target, thunk->value) = old[i];
    }
}

// Whether the branch reaches an RVA, also when `margin` bytes come in between.
static bool branch_reaches(const struct link *link, const struct branch *branch, uint64_t rva, uint32_t margin)
{
    uint64_t far_rva = rva > branch->place_rva ? rva + margin : rva - margin;
    return link->target->branch_reaches(branch->type, branch->place_rva, far_rva);
}

// Of the branch's target, the nearest thunk that it reaches; of two equally near the older one.
static struct range_thunk *thunk_find(const struct link *link, const struct branch *branch)
{
    const struct range_thunk_state *state = link->range_thunk_state;
    if (!state || !state->table_size)
        return NULL;
    struct range_thunk *nearest = NULL;
    uint64_t nearest_distance = UINT64_MAX;
    for (uint32_t at = *table_place(state, branch->target, branch->value); at;) {
        struct range_thunk *thunk = state->thunks.items[at - 1];
        at = thunk->next_of_target;
        uint64_t rva = thunk->chunk.rva;
        uint64_t distance = rva > branch->place_rva ? rva - branch->place_rva : branch->place_rva - rva;
        if (distance <= nearest_distance && branch_reaches(link, branch, rva, 0)) {
            nearest = thunk;
            nearest_distance = distance;
        }
    }
    return nearest;
}

// --- what a relocation asks for ---

// Reads relocation `index` of a section, one of a type in `is_short`. False where it is not a branch from here to a
// place in the image: nobody gives those a thunk, and applying them says what is wrong.
static bool branch_read(const struct link *link, const struct section *section, uint32_t index, struct branch *branch)
{
    const struct coff_relocation *relocation = &section->relocations[index];
    uint32_t offset = le32_get(relocation->offset) - section->address;
    struct bytes content = section_content(section);
    if (!bytes_contain(content, offset, 4))
        return false;
    struct place place = object_symbol_place(section->object, le32_get(relocation->symbol));
    if (!place.chunk || place.is_absolute)
        return false;
    const struct chunk *target = place.chunk;
    if (target->is_section && section_of_chunk(target)->folded_into)
        target = &section_of_chunk(target)->folded_into->chunk;
    if (!target->output)
        return false;
    branch->type = le16_get(relocation->type);
    branch->place_rva = section->chunk.rva + (uint64_t)offset;
    branch->addend = link->target->branch_addend(branch->type, content.data + offset);
    branch->target = target;
    branch->value = place.value + (uint64_t)branch->addend;
    return true;
}

static bool branch_reaches_target(const struct link *link, const struct branch *branch, uint32_t margin)
{
    return branch_reaches(link, branch, branch->target->rva + branch->value, margin);
}

// --- who needs one ---

// What one look at the image goes by.
struct look {
    bool is_short[64]; // types of branches shorter than the image; all types are small numbers
    bool any_is_short;
    uint32_t margin; // bytes to spare that a branch to its target has to have
};

static struct look look_at(const struct link *link)
{
    struct look look = {0};
    for (uint16_t type = 0; type < 64; type++) {
        look.is_short[type] = link->target->relocation_traits(type).is_branch &&
                              !(link->target->branch_reaches(type, 0, link->image_size) &&
                                link->target->branch_reaches(type, link->image_size, 0));
        look.any_is_short |= look.is_short[type];
    }
    unsigned passes = link->range_thunk_state ? link->range_thunk_state->passes : 0;
    if (passes >= GENEROUS_PASSES) {
        uint64_t margin = (uint64_t)MARGIN << (passes - GENEROUS_PASSES);
        look.margin = margin < MARGIN_MAX ? (uint32_t)margin : MARGIN_MAX;
    }
    return look;
}

// Whether relocation `index` is a branch that reaches neither its target nor a thunk of it; it is read into `branch`.
static bool branch_is_needy(const struct link *link, const struct section *section, uint32_t index,
                            const struct look *look, struct branch *branch)
{
    uint16_t type = le16_get(section->relocations[index].type);
    return type < 64 && look->is_short[type] && branch_read(link, section, index, branch) &&
           !branch_reaches_target(link, branch, look->margin) && !thunk_find(link, branch);
}

static bool chunk_is_needy(const struct link *link, const struct chunk *chunk, const struct look *look)
{
    if (!chunk->is_section)
        return false;
    const struct section *section = section_of_chunk(chunk);
    struct branch branch;
    for (uint32_t i = 0; i < section->relocation_count; i++)
        if (branch_is_needy(link, section, i, look, &branch))
            return true;
    return false;
}

// --- adding ---

static void range_thunk_write(const struct link *link, const struct chunk *chunk, uint8_t *out)
{
    const struct range_thunk *thunk = (const struct range_thunk *)chunk;
    link->target->write_range_thunk(out, chunk->rva, thunk->target->rva + thunk->value);
}

static const struct chunk_kind range_thunk_kind = {.name = "range thunk", .write = range_thunk_write};

static const struct range_thunk *thunk_of_chunk(const struct chunk *chunk)
{
    return chunk->kind == &range_thunk_kind ? (const struct range_thunk *)chunk : NULL;
}

static void thunk_remember(struct link *link, struct range_thunk *thunk)
{
    struct range_thunk_state *state = link->range_thunk_state;
    if (2 * (state->target_count + 1) > state->table_size)
        table_grow(link, state);
    uint32_t *place = table_place(state, thunk->target, thunk->value);
    state->target_count += !*place;
    thunk->next_of_target = *place;
    array_push(link_arena(link), &state->thunks, thunk);
    *place = (uint32_t)state->thunks.count;
}

// A new thunk and what it stands before.
struct insertion {
    size_t before;   // index in link->ordered_chunks
    uint32_t number; // in the order of making
    struct range_thunk *thunk;
};
typedef array_of(struct insertion) insertion_array;

// Where the next thunks of a chunk would be, were nothing else moved. Those behind it follow each other away from it,
// and so do those in front of it: none that is there is ever pushed further from the branches that it serves.
struct island {
    uint32_t pad;
    size_t front_index, behind_index; // in link->ordered_chunks: what they come before
    uint64_t front, behind;           // RVAs where they end and begin, pads included
};

static struct island island_of(const struct link *link, size_t index)
{
    const struct chunk *chunk = link->ordered_chunks[index];
    struct island island = {
        .pad = pads_of_function(link, link->groups.items[chunk->group].name),
        .front_index = index,
        .behind_index = index + 1,
        .front = chunk->rva - (uint64_t)chunk->pad - ((1u << chunk->alignment_shift) - 1),
        .behind = chunk->rva + (uint64_t)chunk->size,
    };
    for (; island.behind_index < link->ordered_chunk_count; island.behind_index++) {
        const struct range_thunk *thunk = thunk_of_chunk(link->ordered_chunks[island.behind_index]);
        if (!thunk || thunk->is_in_front)
            break;
        island.behind = thunk->chunk.rva + (uint64_t)thunk->chunk.size;
    }
    for (; island.front_index > 0; island.front_index--) {
        const struct range_thunk *thunk = thunk_of_chunk(link->ordered_chunks[island.front_index - 1]);
        if (!thunk || !thunk->is_in_front)
            break;
        island.front = thunk->chunk.rva - (uint64_t)thunk->chunk.pad;
    }
    return island;
}

// Makes a thunk for a branch of `chunk`, in its group. Its RVA is a guess until the next layout.
static struct range_thunk *thunk_make(struct link *link, const struct branch *branch, const struct chunk *chunk,
                                      uint64_t rva, bool is_in_front)
{
    struct range_thunk *thunk = arena_new(link_arena(link), struct range_thunk);
    *thunk = (struct range_thunk){.target = branch->target, .value = branch->value, .is_in_front = is_in_front};
    thunk->chunk.kind = &range_thunk_kind;
    thunk->chunk.output = chunk->output;
    thunk->chunk.group = chunk->group;
    thunk->chunk.order = chunk->order;
    thunk->chunk.size = link->target->range_thunk_size;
    while (1u << thunk->chunk.alignment_shift < link->target->range_thunk_alignment)
        thunk->chunk.alignment_shift++;
    thunk->chunk.pad = pads_of_function(link, link->groups.items[chunk->group].name);
    thunk->chunk.is_code = thunk->chunk.is_function = true;
    thunk->chunk.is_live = true;
    thunk->chunk.rva = (uint32_t)rva;
    thunk_remember(link, thunk);
    return thunk;
}

// Gives one branch a thunk, behind its chunk or in front of it. Where neither is in reach the branch stays as it is,
// and applying it reports that.
static void branch_serve(struct link *link, const struct branch *branch, const struct chunk *chunk,
                         struct island *island, insertion_array *insertions)
{
    const struct target *target = link->target;
    uint64_t alignment = target->range_thunk_alignment;
    uint64_t behind = align_up(island->behind + island->pad, alignment);
    uint64_t front = (island->front - target->range_thunk_size) & ~(alignment - 1);
    struct insertion insertion = {.number = (uint32_t)insertions->count};
    if (target->branch_reaches(branch->type, branch->place_rva, behind)) {
        insertion.before = island->behind_index;
        insertion.thunk = thunk_make(link, branch, chunk, behind, false);
        island->behind = behind + target->range_thunk_size;
    } else if (target->branch_reaches(branch->type, branch->place_rva, front)) {
        insertion.before = island->front_index;
        insertion.thunk = thunk_make(link, branch, chunk, front, true);
        island->front = front - island->pad;
    } else {
        return;
    }
    array_push(link_arena(link), insertions, insertion);
}

static void chunk_serve(struct link *link, size_t index, const struct look *look, insertion_array *insertions)
{
    const struct chunk *chunk = link->ordered_chunks[index];
    const struct section *section = section_of_chunk(chunk);
    struct island island = island_of(link, index);
    struct branch branch;
    for (uint32_t i = 0; i < section->relocation_count; i++)
        if (branch_is_needy(link, section, i, look, &branch))
            branch_serve(link, &branch, chunk, &island, insertions);
}

// --- the image's order with new chunks in it ---

static int insertion_compare(const void *a, const void *b)
{
    const struct insertion *x = a, *y = b;
    if (x->before != y->before)
        return x->before < y->before ? -1 : 1;
    if (x->thunk->is_in_front != y->thunk->is_in_front)
        return x->thunk->is_in_front ? 1 : -1;
    bool is_first = x->thunk->is_in_front ? x->number > y->number : x->number < y->number; // away from its chunk
    return is_first ? -1 : x->number != y->number;
}

// How many of the new chunks come before what begins at index `first`, an output section or else a group: one of its
// own in front of its first chunk belongs to it.
static size_t insertions_before(const insertion_array *insertions, size_t first, const struct output_section *output,
                                uint32_t group)
{
    size_t count = 0;
    while (count < insertions->count && insertions->items[count].before < first)
        count++;
    for (; count < insertions->count && insertions->items[count].before == first; count++) {
        const struct chunk *chunk = &insertions->items[count].thunk->chunk;
        if (output ? chunk->output == output : chunk->group == group)
            break;
    }
    return count;
}

// Groups and output sections are ranges of the image's order: they move with it.
static void ranges_move(struct link *link, const insertion_array *insertions, struct chunk **ordered)
{
    for (size_t i = 0; i < link->groups.count; i++) {
        struct chunk_group *group = &link->groups.items[i];
        if (group->chunk_count)
            group->chunk_first += (uint32_t)insertions_before(insertions, group->chunk_first, NULL, (uint32_t)i);
    }
    for (size_t i = 0; i < link->output_sections.count; i++) {
        struct output_section *output = link->output_sections.items[i];
        size_t first = (size_t)(output->chunks - link->ordered_chunks);
        output->chunks = ordered + first + insertions_before(insertions, first, output, 0);
    }
    for (size_t i = 0; i < insertions->count; i++) {
        const struct chunk *chunk = &insertions->items[i].thunk->chunk;
        link->groups.items[chunk->group].chunk_count++;
        chunk->output->chunk_count++;
    }
}

static void insertions_apply(struct link *link, insertion_array *insertions)
{
    if (insertions->count)
        qsort(insertions->items, insertions->count, sizeof *insertions->items, insertion_compare);
    size_t total = link->ordered_chunk_count + insertions->count, next = 0, at = 0;
    struct chunk **ordered = arena_array(link_arena(link), struct chunk *, total);
    for (size_t i = 0; i <= link->ordered_chunk_count; i++) {
        while (next < insertions->count && insertions->items[next].before == i)
            ordered[at++] = &insertions->items[next++].thunk->chunk;
        if (i < link->ordered_chunk_count)
            ordered[at++] = link->ordered_chunks[i];
    }
    ranges_move(link, insertions, ordered);
    link->ordered_chunks = ordered;
    link->ordered_chunk_count = total;
}

bool range_thunks_place(struct link *link)
{
    if (!link->target->branch_reaches)
        return false;
    struct look look = look_at(link);
    if (!look.any_is_short)
        return false;

    bool *is_needy = arena_array(link_arena(link), bool, link->ordered_chunk_count);
    bool any = false;
#pragma omp parallel for schedule(dynamic, 128) reduction(|| : any) if (link->ordered_chunk_count > 256)
    for (size_t i = 0; i < link->ordered_chunk_count; i++) {
        is_needy[i] = chunk_is_needy(link, link->ordered_chunks[i], &look);
        any = any || is_needy[i];
    }
    if (!any)
        return false;

    if (!link->range_thunk_state)
        link->range_thunk_state = arena_new(link_arena(link), struct range_thunk_state);
    if (link->range_thunk_state->passes++ == PASS_LIMIT) {
        report_error(link->diagnostics, 0,
                     "no layout found in which every branch reaches its target: %zu range thunks "
                     "added in %d layouts put other branches out of reach",
                     link->range_thunk_state->thunks.count, PASS_LIMIT);
        return false;
    }
    insertion_array insertions = {0};
    for (size_t i = 0; i < link->ordered_chunk_count; i++)
        if (is_needy[i])
            chunk_serve(link, i, &look, &insertions);
    if (insertions.count)
        insertions_apply(link, &insertions);
    return insertions.count != 0;
}

void range_thunk_redirect(const struct link *link, const struct section *section, uint32_t relocation_index,
                          struct relocation_site *site)
{
    struct branch branch;
    if (!link->range_thunk_state || !link->target->relocation_traits(site->type).is_branch ||
        !branch_read(link, section, relocation_index, &branch) || branch_reaches_target(link, &branch, 0))
        return;
    const struct range_thunk *thunk = thunk_find(link, &branch);
    if (!thunk)
        return;
    site->target_rva = thunk->chunk.rva - (uint64_t)branch.addend;
    site->target_is_code = true;
}
