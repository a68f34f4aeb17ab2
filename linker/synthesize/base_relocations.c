// .reloc: every place of the image that holds an address, for the loader to correct when the image is not at its base
// (PE format, "The .reloc Section"). One block a 4 KiB page that has any, in the order of pages:
//
//   le32 page RVA, le32 size of the block   then le16 entries: type << 12 | offset in the page; an entry of 0 pads the block to 4 bytes
//
// A large image has millions. Chunks lie in the order of RVAs and know their sites in that order (nearly always), so
// the entries come out sorted: chunks are read once, in parallel slices, each making its part of the final entries and
// a list of the pages they are on; what is left is to find where each part goes and to copy it there.
#include "linker/synthesize/base_relocations.h"

#include <stdlib.h>

#include "common/parallel.h"
#include "linker/link.h"
#include "linker/sections/sections.h"
#include "linker/synthesize/synthesize.h"

enum { SLICE_CHUNKS = 512 };

struct reloc_run { // entries of one slice on one page
    uint32_t page;
    uint32_t count;
    uint32_t out_offset; // in the section, bytes
};

struct reloc_block {
    uint32_t page, offset, count;
};

struct reloc_slice {
    struct chunk **chunks;
    size_t chunk_count;
    struct le16 *entries;
    struct reloc_run *runs;
    size_t entry_count, run_count;
};

// --- gathering: one slice ---

struct gatherer { // a thread's, used for slice after slice
    struct arena *arena;
    array_of(struct le16) entries;
    array_of(struct reloc_run) runs;
    array_of(uint64_t) unsorted; // RVA << 8 | type, of a chunk whose sites are not in order
    uint32_t chunk_rva, last_rva;
    bool is_unsorted;
};

static void entry_add(struct gatherer *gatherer, uint32_t rva, uint8_t type)
{
    uint32_t page = rva / PE_PAGE_SIZE;
    if (!gatherer->runs.count || gatherer->runs.items[gatherer->runs.count - 1].page != page) {
        struct reloc_run run = {.page = page};
        array_push(gatherer->arena, &gatherer->runs, run);
    }
    gatherer->runs.items[gatherer->runs.count - 1].count++;
    array_push(gatherer->arena, &gatherer->entries, le16_of((uint16_t)((uint32_t)type << 12 | rva % PE_PAGE_SIZE)));
}

static void site_add(void *context, struct base_relocation_site site)
{
    struct gatherer *gatherer = context;
    uint32_t rva = gatherer->chunk_rva + site.offset;
    if (rva < gatherer->last_rva)
        gatherer->is_unsorted = true;
    gatherer->last_rva = rva;
    if (!gatherer->is_unsorted)
        entry_add(gatherer, rva, site.type);
}

static void unsorted_site_add(void *context, struct base_relocation_site site)
{
    struct gatherer *gatherer = context;
    uint64_t key = (uint64_t)(gatherer->chunk_rva + site.offset) << 8 | site.type;
    array_push(gatherer->arena, &gatherer->unsorted, key);
}

static int key_compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void chunk_gather(const struct link *link, const struct chunk *chunk, struct gatherer *gatherer)
{
    if (!chunk->kind->base_relocations)
        return;
    size_t entry_count = gatherer->entries.count, run_count = gatherer->runs.count;
    uint32_t last_run_entries = run_count ? gatherer->runs.items[run_count - 1].count : 0;
    gatherer->chunk_rva = gatherer->last_rva = chunk->rva;
    gatherer->is_unsorted = false;
    chunk->kind->base_relocations(link, chunk, site_add, gatherer);
    if (!gatherer->is_unsorted)
        return;

    // As if nothing had come of it, and once more the slow way.
    gatherer->entries.count = entry_count;
    gatherer->runs.count = run_count;
    if (run_count)
        gatherer->runs.items[run_count - 1].count = last_run_entries;
    gatherer->unsorted.count = 0;
    chunk->kind->base_relocations(link, chunk, unsorted_site_add, gatherer);
    if (gatherer->unsorted.count)
        qsort(gatherer->unsorted.items, gatherer->unsorted.count, sizeof *gatherer->unsorted.items, key_compare);
    for (size_t i = 0; i < gatherer->unsorted.count; i++)
        entry_add(gatherer, (uint32_t)(gatherer->unsorted.items[i] >> 8), (uint8_t)gatherer->unsorted.items[i]);
}

static void slice_gather(const struct link *link, struct reloc_slice *slice, struct gatherer *gatherer)
{
    gatherer->entries.count = gatherer->runs.count = 0;
    for (size_t i = 0; i < slice->chunk_count; i++)
        chunk_gather(link, slice->chunks[i], gatherer);
    slice->entry_count = gatherer->entries.count;
    slice->run_count = gatherer->runs.count;
    if (!slice->entry_count)
        return;
    slice->entries = arena_array(gatherer->arena, struct le16, slice->entry_count);
    slice->runs = arena_array(gatherer->arena, struct reloc_run, slice->run_count);
    memcpy(slice->entries, gatherer->entries.items, slice->entry_count * sizeof *slice->entries);
    memcpy(slice->runs, gatherer->runs.items, slice->run_count * sizeof *slice->runs);
}

// DWARF is in the file for debuggers, which know the base that it was linked for. Other sections that may be discarded,
// such as a driver's INIT, run first.
static bool output_section_has_sites(const struct output_section *output)
{
    return !(output->characteristics & SECTION_DISCARDABLE && text_starts_with(output->name, TEXT(".debug")));
}

static void slices_make(struct link *link, struct base_relocation_state *state)
{
    size_t count = 0;
    for (size_t i = 0; i < link->output_sections.count; i++)
        count += link->output_sections.items[i]->chunk_count / SLICE_CHUNKS + 1;
    state->slices = arena_array(link_arena(link), struct reloc_slice, count);
    for (size_t i = 0; i < link->output_sections.count; i++) {
        const struct output_section *output = link->output_sections.items[i];
        if (!output_section_has_sites(output))
            continue;
        for (size_t first = 0; first < output->chunk_count; first += SLICE_CHUNKS) {
            size_t left = output->chunk_count - first;
            state->slices[state->slice_count++] = (struct reloc_slice){
                .chunks = output->chunks + first, .chunk_count = left < SLICE_CHUNKS ? left : SLICE_CHUNKS};
        }
    }
}

static void slices_gather(struct link *link, struct base_relocation_state *state)
{
    struct gatherer *gatherers = arena_array(link_arena(link), struct gatherer, (size_t)link->thread_count);
#pragma omp parallel for schedule(dynamic, 1) if (state->slice_count > 4)
    for (size_t i = 0; i < state->slice_count; i++) {
        struct gatherer *gatherer = &gatherers[thread_index()];
        gatherer->arena = link_arena(link);
        slice_gather(link, &state->slices[i], gatherer);
    }
}

// --- placing ---

// Gives each run its place and each page its block; returns the section's size. A page whose entries come from several
// slices has one block.
static uint64_t blocks_make(struct link *link, struct base_relocation_state *state)
{
    size_t run_count = 0;
    for (size_t i = 0; i < state->slice_count; i++)
        run_count += state->slices[i].run_count;
    state->blocks = arena_array(link_arena(link), struct reloc_block, run_count);
    uint64_t size = 0;
    for (size_t i = 0; i < state->slice_count; i++) {
        struct reloc_slice *slice = &state->slices[i];
        state->site_count += slice->entry_count;
        for (size_t k = 0; k < slice->run_count; k++) {
            struct reloc_run *run = &slice->runs[k];
            struct reloc_block *block = state->block_count ? &state->blocks[state->block_count - 1] : NULL;
            if (!block || block->page != run->page) {
                size = align_up(size, 4);
                block = &state->blocks[state->block_count++];
                *block = (struct reloc_block){.page = run->page, .offset = (uint32_t)size};
                size += sizeof(struct pe_base_relocation_block);
            }
            run->out_offset = (uint32_t)size;
            block->count += run->count;
            size += (uint64_t)run->count * sizeof(struct le16);
        }
    }
    return align_up(size, 4);
}

static void reloc_write(const struct link *link, const struct chunk *chunk, uint8_t *out)
{
    (void)chunk;
    const struct base_relocation_state *state = link->base_relocation_state;
    for (size_t i = 0; i < state->block_count; i++) {
        const struct reloc_block *block = &state->blocks[i];
        uint64_t size = align_up(sizeof(struct pe_base_relocation_block) + block->count * sizeof(struct le16), 4);
        store32(out + block->offset, block->page * PE_PAGE_SIZE);
        store32(out + block->offset + 4, (uint32_t)size);
    }
    for (size_t i = 0; i < state->slice_count; i++) {
        const struct le16 *entries = state->slices[i].entries;
        for (size_t k = 0; k < state->slices[i].run_count; k++) {
            const struct reloc_run *run = &state->slices[i].runs[k];
            memcpy(out + run->out_offset, entries, run->count * sizeof *entries);
            entries += run->count;
        }
    }
}

static const struct chunk_kind reloc_kind = {.name = "base relocations", .write = reloc_write};

void base_relocations_create(struct link *link)
{
    if (link->options.fixed == ON)
        return;
    struct base_relocation_state *state = arena_new(link_arena(link), struct base_relocation_state);
    slices_make(link, state);
    slices_gather(link, state);
    uint64_t size = blocks_make(link, state);
    if (size > INT32_MAX) {
        report_error(link->diagnostics, 1248, "base relocations need %llu bytes: more than an image can have",
                     (unsigned long long)size);
        return;
    }
    if (!size)
        return;
    link->base_relocation_state = state;
    state->chunk.kind = &reloc_kind;
    state->chunk.size = (uint32_t)size;
    state->chunk.alignment_shift = 2;
    output_section_append(link, TEXT(".reloc"), SECTION_INITIALIZED_DATA | SECTION_DISCARDABLE | SECTION_READ,
                          &state->chunk);
}
