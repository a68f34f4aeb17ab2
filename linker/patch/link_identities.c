// The identity of a function's body, made from the object's bytes: what the linker decides (addresses) is zero in it,
// what the compiler wrote is not, so two builds can be compared function by function.
#include <xxhash.h>

#include "common/parallel.h"
#include "linker/input/object.h"
#include "linker/link.h"
#include "linker/patch/link_functions.h"
#include "linker/target/target.h"

static void mask_relocations(const struct link *link, const struct section *section, uint8_t *bytes, size_t size)
{
    for (uint32_t i = 0; i < section->relocation_count; i++) {
        const struct coff_relocation *relocation = &section->relocations[i];
        uint64_t offset = (uint64_t)le32_get(relocation->offset) - section->address;
        uint64_t width = link->target->relocation_traits(le16_get(relocation->type)).size;
        if (offset < size)
            memset(bytes + offset, 0, width < size - offset ? (size_t)width : size - (size_t)offset);
    }
}

// All functions of one section, which follow each other: one masked copy serves them all.
static void section_identities_make(struct examination *examination, const struct link *link, size_t first, size_t end,
                                    struct arena *arena)
{
    const struct section *section = section_of_chunk(examination->functions[first].chunk);
    struct bytes content = section_content(section);
    size_t size = content.size < section->chunk.size ? content.size : section->chunk.size;
    uint8_t *masked = arena_allocate(arena, size, 1);
    if (size)
        memcpy(masked, content.data, size);
    mask_relocations(link, section, masked, size);
    for (size_t i = first; i < end; i++) {
        struct patch_function *function = &examination->functions[i];
        size_t start = function->rva - section->chunk.rva;
        size_t length = start < size && function->size < size - start ? function->size
                        : start < size                                ? size - start
                                                                      : 0;
        XXH128_hash_t hash = XXH3_128bits(masked + (length ? start : 0), length);
        function->identity[0] = hash.low64;
        function->identity[1] = hash.high64;
    }
}

void link_identities_make(struct examination *examination, const struct link *link)
{
    size_t count = examination->function_count;
    const struct patch_function *functions = examination->functions;
#pragma omp parallel for schedule(dynamic, 512) if (count > 2048)
    for (size_t i = 0; i < count; i++) {
        const struct chunk *chunk = functions[i].chunk;
        if (!chunk || !chunk->is_section || (i > 0 && functions[i - 1].chunk == chunk))
            continue;
        size_t end = i + 1;
        while (end < count && functions[end].chunk == chunk)
            end++;
        section_identities_make(examination, link, i, end, &examination->arenas[thread_index()]);
    }
}
