// Where everything is. Output sections follow each other at multiples of the section alignment, chunks inside them at
// their own; in front of a chunk that has a pad, the pad is reserved first and the entry is aligned after it, so the
// gap is never smaller than asked (design, "Pads: the contract"). Uninitialised data has RVAs and no place in the file:
// what stands behind the last byte that has one is left out of it.
//
// A branch that can't reach its target needs a thunk, a thunk moves what is behind it, and what moved may be out of
// reach: on machines with short branches layout is repeated until nothing changes (range_thunks.c).
#include "common/parallel.h"
#include "linker/input/object.h"
#include "linker/link.h"
#include "linker/sections/range_thunks.h"
#include "linker/sections/sections.h"
#include "linker/target/target.h"

static bool chunk_is_in_file(const struct link *link, const struct chunk *chunk)
{
    return chunk->size && !(link->groups.items[chunk->group].characteristics & SECTION_UNINITIALIZED_DATA);
}

// RVAs of one output section's chunks. Returns false where it leaves the 32-bit range that RVAs have.
static bool output_section_lay_out(const struct link *link, struct output_section *output, uint64_t rva)
{
    uint64_t at = rva, file_end = rva;
    for (size_t i = 0; i < output->chunk_count; i++) {
        struct chunk *chunk = output->chunks[i];
        at = align_up(at + chunk->pad, 1u << chunk->alignment_shift);
        chunk->rva = (uint32_t)at;
        at += chunk->size;
        if (chunk_is_in_file(link, chunk))
            file_end = at;
        if (at > INT32_MAX)
            return false;
    }
    output->rva = (uint32_t)rva;
    output->virtual_size = (uint32_t)(at - rva);
    output->raw_size = (uint32_t)align_up(file_end - rva, link->options.file_alignment);
    return true;
}

// Output sections from index `first` on, the first at `rva`. An image and all offsets in it stay below 2 GiB (PE
// format: RVAs are added to as signed numbers; link.exe's LNK1248).
static bool sections_assign_from(struct link *link, size_t first, uint64_t rva)
{
    for (size_t i = first; i < link->output_sections.count; i++) {
        struct output_section *output = link->output_sections.items[i];
        output->index = (uint32_t)i + 1;
        if (!output_section_lay_out(link, output, rva)) {
            report_error(link->diagnostics, 1248, "image size exceeds maximum allowable size (0x80000000)");
            return false;
        }
        rva = align_up(rva + output->virtual_size, link->options.section_alignment);
    }
    link->image_size = (uint32_t)rva;
    return true;
}

static bool sections_assign(struct link *link)
{
    return sections_assign_from(link, 0, align_up(link->headers_size, link->options.section_alignment));
}

// What was folded is where its leader is: from here on relocations need not ask.
static void folded_sections_place(struct link *link)
{
#pragma omp parallel for schedule(dynamic, 1)
    for (int list = 0; list < link->thread_count; list++)
        for (size_t i = 0; i < link->folded[list].count; i++) {
            struct chunk *chunk = &link->folded[list].items[i]->chunk;
            const struct chunk *leader = &link->folded[list].items[i]->folded_into->chunk;
            chunk->rva = leader->rva;
            chunk->output = leader->output;
        }
}

static void file_offsets_assign(struct link *link)
{
    uint32_t offset = link->headers_size;
    for (size_t i = 0; i < link->output_sections.count; i++) {
        struct output_section *output = link->output_sections.items[i];
        output->file_offset = output->raw_size ? offset : 0;
        offset += output->raw_size;
    }
    link->sections_end = offset;
}

void sections_lay_out(struct link *link)
{
    bool ok = sections_assign(link);
    while (ok && range_thunks_place(link))
        ok = sections_assign(link);
    if (!ok)
        return;
    folded_sections_place(link);
    file_offsets_assign(link);
}

// Where a section goes that the loader needs: before those at the end that it throws away (debug information), so that
// stripping these leaves no hole in the image.
static size_t loaded_section_count(const struct link *link)
{
    size_t count = link->output_sections.count;
    while (count && link->output_sections.items[count - 1]->characteristics & SECTION_DISCARDABLE)
        count--;
    return count;
}

static uint32_t rva_behind(const struct link *link, size_t count)
{
    if (!count)
        return (uint32_t)align_up(link->headers_size, link->options.section_alignment);
    const struct output_section *last = link->output_sections.items[count - 1];
    return (uint32_t)align_up((uint64_t)last->rva + last->virtual_size, link->options.section_alignment);
}

struct output_section *output_section_append(struct link *link, struct text name, uint32_t characteristics,
                                             struct chunk *chunk)
{
    struct arena *arena = link_arena(link);
    struct output_section *output = arena_new(arena, struct output_section);
    chunk->group = link_group(link, name, characteristics);
    chunk->is_live = true;
    chunk->output = output;
    output->name = name;
    output->characteristics = characteristics;
    output->chunks = arena_array(arena, struct chunk *, 1);
    output->chunks[0] = chunk;
    output->chunk_count = 1;

    size_t place = loaded_section_count(link);
    array_push(arena, &link->output_sections, output);
    struct output_section **items = link->output_sections.items;
    memmove(&items[place + 1], &items[place], (link->output_sections.count - 1 - place) * sizeof *items);
    items[place] = output;
    if (!sections_assign_from(link, place, rva_behind(link, place)))
        return output;
    folded_sections_place(link);
    file_offsets_assign(link);
    return output;
}
