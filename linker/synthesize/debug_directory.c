// The debug directory (PE format, "Debug Directory"): 28-byte entries, each with a type and where its data is, by RVA
// and by file offset. Here:
//
//   16  repro: the header's timestamp is a hash of the content and no time (/Brepro); no data of its own
//   20  extended DLL characteristics: le32 of flags for which the optional header has no room (/CETCOMPAT, /HOTPATCHCOMPATIBLE)
//
// CodeView, which leads a debugger to the PDB, comes with the PDB.
#include "linker/synthesize/debug_directory.h"

#include "linker/link.h"
#include "linker/synthesize/image_place.h"
#include "linker/synthesize/synthesize.h"

static void directory_write(const struct link *link, const struct chunk *chunk, uint8_t *out)
{
    (void)chunk;
    const struct debug_state *state = link->debug_state;
    for (uint32_t i = 0; i < state->entry_count; i++) {
        struct pe_debug_directory entry = {.type = le32_of(state->entries[i].type)};
        const struct chunk *content = state->entries[i].content;
        if (content) {
            entry.size = le32_of(content->size);
            entry.rva = le32_of(content->rva);
            entry.file_offset = le32_of(content->output->file_offset + (content->rva - content->output->rva));
        }
        memcpy(out + i * sizeof entry, &entry, sizeof entry);
    }
}

static const struct chunk_kind directory_kind = {.name = "debug directory", .write = directory_write};

static uint32_t extended_characteristics(const struct link *link)
{
    uint32_t flags = 0;
    if (link->options.cet_compat)
        flags |= EXTENDED_CET_COMPAT;
    if (link->options.hotpatch_compatible)
        flags |= EXTENDED_HOTPATCH_COMPATIBLE;
    return flags;
}

void debug_directory_create(struct link *link)
{
    struct arena *arena = link_arena(link);
    struct debug_state *state = arena_new(arena, struct debug_state);
    // Where GNU tools look for a build's identity, they want a section of its own.
    struct text section = link->options.mingw ? TEXT(".buildid") : TEXT(".rdata");
    uint32_t flags = extended_characteristics(link);
    if (!flags && !link->options.brepro)
        return;
    link->debug_state = state;
    state->directory.kind = &directory_kind;
    state->directory.alignment_shift = 2;
    link_add_chunk(link, &state->directory, section, CHARACTERISTICS_RDATA);
    if (flags) {
        uint8_t *content = arena_array(arena, uint8_t, 4);
        store32(content, flags);
        state->entries[state->entry_count++] =
            (struct debug_entry){DEBUG_EXTENDED_DLL_CHARACTERISTICS,
                                 link_add_data(link, (struct bytes){content, 4}, 4, section, CHARACTERISTICS_RDATA)};
    }
    if (link->options.brepro)
        state->entries[state->entry_count++] = (struct debug_entry){DEBUG_REPRO, NULL};
    state->directory.size = state->entry_count * (uint32_t)sizeof(struct pe_debug_directory);
}

void debug_directory_stamp(struct link *link, uint32_t timestamp)
{
    if (!link->debug_state)
        return;
    const struct chunk *directory = &link->debug_state->directory;
    uint8_t *bytes = image_bytes_at(link, directory->rva, directory->size);
    for (uint32_t i = 0; bytes && i < link->debug_state->entry_count; i++)
        store32(bytes + i * sizeof(struct pe_debug_directory) + offsetof(struct pe_debug_directory, timestamp),
                timestamp);
}
