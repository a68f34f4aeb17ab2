// Chunks become output sections. The rules (PE format, "Grouped Sections"; link.exe, "/MERGE", "/SECTION"):
// - ".text$mn" goes to ".text"; what stands behind the `$` orders the contributions, by bytes, none first;
// - within one full name, input order;
// - /MERGE renames an output section into another, and a few merges are always there unless the user says otherwise;
// - sections of one name and different characteristics stay apart, as the loader protects them differently.
// Long import libraries rely on one rule more, that of GNU ld's scripts: contributions to `.idata$…` are sorted by the
// file they come from, because the tables of one DLL must lie together, its head first and its terminator last.
#include <stdlib.h>

#include "linker/input/object.h"
#include "linker/link.h"
#include "linker/sections/contributions.h"
#include "linker/sections/mingw_names.h"
#include "linker/sections/order_file.h"
#include "linker/sections/sections.h"

// --- names ---

static struct text base_name(struct text full_name)
{
    return text_prefix(full_name, text_find(full_name, '$'));
}

// Merges that are always there, behind the user's own (lld-link has the same; link.exe's start-up libraries ask for
// most of them by directives). In MinGW mode tables stay where GNU ld has them.
static const struct {
    const char *from, *to;
    bool in_mingw, in_msvc;
} default_merges[] = {
    {".idata", ".rdata", false, true},  {".didat", ".rdata", false, true}, {".edata", ".rdata", false, true},
    {".xdata", ".rdata", false, true},  {".00cfg", ".rdata", true, true},  {".bss", ".data", false, true},
    {".ctors", ".rdata", true, false},  {".dtors", ".rdata", true, false}, {".CRT", ".rdata", true, false},
    {".gfids", ".rdata", true, true},   {".giats", ".rdata", true, true},  {".gljmp", ".rdata", true, true},
    {".gehcont", ".rdata", true, true},
};

static struct text merge_target(const struct link *link, struct text name)
{
    const struct options *options = &link->options;
    const struct name_pair *merge = options_find_merge(options, name);
    if (merge)
        return merge->to;
    for (size_t i = 0; i < sizeof default_merges / sizeof *default_merges; i++)
        if (text_equal(text_of(default_merges[i].from), name) &&
            (options->mingw ? default_merges[i].in_mingw : default_merges[i].in_msvc))
            return text_of(default_merges[i].to);
    return name;
}

// Where each of the user's merges leads in the end, once a section was seen to go there: chains are as long as an
// object likes.
struct merge_end {
    struct text name;
    bool is_known;
};

// The end of the user's merge of this section, or NULL where the user says nothing of it.
static struct merge_end *merge_end_of(const struct link *link, struct merge_end *ends, struct text name)
{
    const struct name_pair *merge = options_find_merge(&link->options, name);
    return merge ? &ends[merge - link->options.merges.items] : NULL;
}

// Where a section ends up after all merges. Merges that go in a circle are an error (link.exe's LNK1272 family) and end
// where they began.
static struct text merged_name(struct link *link, struct merge_end *ends, struct text name)
{
    struct text end = name;
    size_t steps = 0;
    for (; steps <= link->options.merges.count + 16; steps++) {
        const struct merge_end *known = merge_end_of(link, ends, end);
        struct text next = known && known->is_known ? known->name : merge_target(link, end);
        if (text_equal(next, end))
            break;
        end = next;
    }
    if (steps > link->options.merges.count + 16) {
        report_error(link->diagnostics, 1272, "/merge: cycle found for input section %.*s", TEXT_ARGUMENT(name));
        end = name;
    }
    // All on the way lead there as well.
    struct text at = name;
    for (size_t i = 0; i <= steps; i++, at = merge_target(link, at)) {
        struct merge_end *passed = merge_end_of(link, ends, at);
        if (passed && passed->is_known)
            break;
        if (passed)
            *passed = (struct merge_end){end, true};
    }
    return end;
}

static uint32_t user_characteristics(const struct link *link, struct text name, uint32_t characteristics)
{
    const struct section_attributes *attributes = options_find_section_attributes(&link->options, name);
    return attributes ? (characteristics & ~attributes->clear) | attributes->set : characteristics;
}

// /SECTION:name,ALIGN=n: the section's first byte is at a multiple of n, which counts where n is more than /ALIGN.
static void user_alignments_apply(struct link *link)
{
    for (size_t i = 0; i < link->output_sections.count; i++) {
        struct output_section *output = link->output_sections.items[i];
        const struct section_attributes *attributes = options_find_section_attributes(&link->options, output->name);
        if (!attributes || !output->chunk_count)
            continue;
        uint8_t *shift = &output->chunks[0]->alignment_shift;
        while ((1u << *shift) < attributes->alignment)
            ++*shift;
    }
}

// --- sorting ---

struct group_key { // a group with the place it takes
    uint32_t group;
    struct output_section *output;
    uint32_t output_order; // when its output section first appeared
    bool is_merged;        // comes from another name: behind the section's own
    bool is_uninitialized; // takes no room in the file: behind what does
    struct text name;      // full name, in the section's own order
};

static int group_key_compare(const void *a, const void *b)
{
    const struct group_key *x = a, *y = b;
    if (x->output_order != y->output_order)
        return x->output_order < y->output_order ? -1 : 1;
    if (x->is_uninitialized != y->is_uninitialized)
        return x->is_uninitialized ? 1 : -1;
    if (x->is_merged != y->is_merged)
        return x->is_merged ? 1 : -1;
    int by_name = text_compare(x->name, y->name);
    return by_name ? by_name : (x->group < y->group ? -1 : x->group > y->group);
}

// The order of output sections: code, constants, data, then tables in the order of appearance, the loader's throw-away
// sections last. Neither link.exe nor lld-link promises one; programs don't see it.
static uint32_t output_section_weight(const struct output_section *output)
{
    static const char *const first[] = {".text", ".rdata", ".buildid", ".data", ".bss", ".pdata"};
    for (uint32_t i = 0; i < sizeof first / sizeof *first; i++)
        if (text_equal(output->name, text_of(first[i])))
            return i + (i ? 1 : 0);
    if (output->characteristics & SECTION_CODE)
        return 1;
    if (text_equal(output->name, TEXT(".rsrc")))
        return 20;
    if (text_equal(output->name, TEXT(".reloc")))
        return 30;
    if (output->characteristics & SECTION_DISCARDABLE)
        return 40;
    return 10;
}

static int output_section_compare(const void *a, const void *b)
{
    const struct output_section *x = *(struct output_section *const *)a, *y = *(struct output_section *const *)b;
    uint32_t p = output_section_weight(x), q = output_section_weight(y);
    if (p != q)
        return p < q ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index; // order of appearance, until headers number them
}

// What a section of a well-known name is everywhere (PE format, "Special Sections").
static uint32_t usual_characteristics(struct text name, uint32_t characteristics)
{
    if (text_equal(name, TEXT(".rdata")))
        return CHARACTERISTICS_RDATA;
    if (text_equal(name, TEXT(".data")))
        return CHARACTERISTICS_DATA;
    return text_equal(name, TEXT(".text")) ? CHARACTERISTICS_TEXT : characteristics;
}

// Output sections by name while they are made: open addressing, each place the first of those that share a name.
struct output_table {
    struct output_section **places;
    size_t capacity; // a power of two, more than twice the sections that there can be
};

static struct output_section **output_place(const struct output_table *table, struct text name)
{
    size_t at = (size_t)text_hash(name) & (table->capacity - 1);
    while (table->places[at] && !text_equal(table->places[at]->name, name))
        at = (at + 1) & (table->capacity - 1);
    return &table->places[at];
}

static struct output_section *output_section_for(struct link *link, const struct output_table *table, struct text name,
                                                 uint32_t characteristics, bool is_merged)
{
    struct output_section **place = output_place(table, name), *same_name = *place, *last = NULL;
    for (struct output_section *output = same_name; output; output = output->next_same_name) {
        if (output->characteristics == characteristics)
            return output;
        last = output;
    }
    // What is merged takes on the protection of what it is merged into, whether or not an input has a section of that
    // name: import tables do not make constants writable.
    if (is_merged && same_name)
        return same_name;
    if (is_merged)
        characteristics = usual_characteristics(name, characteristics);
    struct output_section *output = arena_new(link_arena(link), struct output_section);
    output->name = name;
    output->characteristics = characteristics;
    output->index = (uint32_t)link->output_sections.count;
    array_push(link_arena(link), &link->output_sections, output);
    *(last ? &last->next_same_name : place) = output;
    return output;
}

// --- from groups to output sections ---

// Gives each group its output section. Own names first, so that a section that is there under its own name decides the
// characteristics of what is merged into it.
static size_t group_keys_make(struct link *link, struct group_key *keys)
{
    size_t count = 0;
    struct output_table table = {.capacity = 16};
    while (table.capacity <= 2 * link->groups.count)
        table.capacity *= 2;
    table.places = arena_array(link_arena(link), struct output_section *, table.capacity);
    struct merge_end *ends = arena_array(link_arena(link), struct merge_end, link->options.merges.count);
    for (int merged = 0; merged < 2; merged++) {
        for (uint32_t i = 0; i < link->groups.count; i++) {
            struct chunk_group *group = &link->groups.items[i];
            struct text base = base_name(group->name), name = merged_name(link, ends, base);
            bool is_merged = !text_equal(base, name);
            if (!group->chunk_count || is_merged != (merged == 1))
                continue;
            uint32_t characteristics = user_characteristics(link, name, group->characteristics);
            struct output_section *output = output_section_for(link, &table, name, characteristics, is_merged);
            group->output = output;
            keys[count++] = (struct group_key){
                .group = i,
                .output = output,
                .output_order = output->index,
                .is_merged = is_merged,
                .is_uninitialized = (group->characteristics & SECTION_UNINITIALIZED_DATA) != 0,
                .name = group->name,
            };
        }
    }
    if (count)
        qsort(keys, count, sizeof *keys, group_key_compare);
    return count;
}

static int import_chunk_compare(const void *a, const void *b)
{
    const struct chunk *x = *(struct chunk *const *)a, *y = *(struct chunk *const *)b;
    if (x->is_section != y->is_section)
        return x->is_section ? -1 : 1;
    if (!x->is_section)
        return 0;
    const struct object *p = section_of_chunk(x)->object, *q = section_of_chunk(y)->object;
    if (p->library_order != q->library_order)
        return p->library_order < q->library_order ? -1 : 1;
    int by_name = text_compare(p->member, q->member);
    if (by_name)
        return by_name;
    return x->order < y->order ? -1 : x->order > y->order;
}

// qsort is not stable: sections of one member in one group keep their order through their object's, synthesized chunks
// are last and stay.
static void import_groups_sort(struct link *link)
{
    for (size_t i = 0; i < link->groups.count; i++) {
        struct chunk_group *group = &link->groups.items[i];
        struct chunk **chunks = link->ordered_chunks + group->chunk_first;
        size_t sections = 0;
        while (sections < group->chunk_count && chunks[sections]->is_section)
            sections++;
        if (text_starts_with(group->name, TEXT(".idata$")) && sections > 1)
            qsort(chunks, sections, sizeof *chunks, import_chunk_compare);
    }
}

static void empty_sections_drop(struct link *link)
{
    size_t kept = 0;
    uint64_t *sizes = arena_array(link_arena(link), uint64_t, link->output_sections.count); // by order of making
    for (size_t i = 0; i < link->groups.count; i++)
        if (link->groups.items[i].output)
            sizes[link->groups.items[i].output->index] += link->groups.items[i].size;
    for (size_t i = 0; i < link->output_sections.count; i++) {
        struct output_section *output = link->output_sections.items[i];
        if (sizes[output->index] == 0)
            continue;
        output->index = (uint32_t)kept + 1;
        link->output_sections.items[kept++] = output;
    }
    link->output_sections.count = kept;
    // One may still come: .reloc.
    if (kept >= COFF_SECTIONS_MAX)
        report_error(link->diagnostics, 0, "too many sections: the image would have %zu, .reloc not counted; %d fit",
                     kept, COFF_SECTIONS_MAX - 1);
}

void sections_group(struct link *link)
{
    struct arena *arena = link_arena(link);
    struct contributions *contributions = contributions_count(link);
    struct group_key *keys = arena_array(arena, struct group_key, link->groups.count + 1);
    size_t key_count = group_keys_make(link, keys);

    size_t total = 0;
    for (size_t i = 0; i < key_count; i++) {
        struct chunk_group *group = &link->groups.items[keys[i].group];
        group->chunk_first = (uint32_t)total;
        total += group->chunk_count;
        keys[i].output->chunk_count += group->chunk_count;
    }
    link->ordered_chunks = arena_array(arena, struct chunk *, total);
    link->ordered_chunk_count = total;
    contributions_put(link, contributions);
    import_groups_sort(link);

    for (size_t i = 0; i < key_count; i++) {
        struct chunk_group *group = &link->groups.items[keys[i].group];
        struct output_section *output = keys[i].output;
        if (!output->chunks)
            output->chunks = link->ordered_chunks + group->chunk_first;
    }
    order_file_apply(link);
    user_alignments_apply(link);
    if (link->output_sections.count)
        qsort(link->output_sections.items, link->output_sections.count, sizeof *link->output_sections.items,
              output_section_compare);
    empty_sections_drop(link);
    diagnostics_flush(link->diagnostics);
}

struct output_section *output_section_find(const struct link *link, struct text name)
{
    for (size_t i = 0; i < link->output_sections.count; i++)
        if (text_equal(link->output_sections.items[i]->name, name))
            return link->output_sections.items[i];
    return NULL;
}

struct chunk_range section_group_range(const struct link *link, struct text full_name)
{
    struct chunk_range range = {0};
    for (size_t i = 0; i < link->groups.count; i++) {
        const struct chunk_group *group = &link->groups.items[i];
        if (!text_equal(group->name, full_name) || !group->chunk_count)
            continue;
        struct chunk **chunks = link->ordered_chunks + group->chunk_first;
        if (!range.chunks) {
            range.chunks = chunks;
            range.rva = chunks[0]->rva;
        }
        const struct chunk *last = chunks[group->chunk_count - 1];
        range.count += group->chunk_count;
        range.size = last->rva + last->size - range.rva;
    }
    return range;
}
