// See image_place.h.
#include "linker/synthesize/image_place.h"

#include "linker/link.h"

static bool group_has_base(const struct chunk_group *group, struct text base_name)
{
    return group->chunk_count && text_starts_with(group->name, base_name) &&
           (group->name.size == base_name.size || group->name.data[base_name.size] == '$');
}

static void span_add(struct group_span *span, const struct chunk *chunk)
{
    if (!span->count)
        span->output = chunk->output;
    if (chunk->output != span->output) {
        span->is_split = true;
        return;
    }
    uint32_t end = span->count ? span->rva + span->span : chunk->rva;
    if (!span->count || chunk->rva < span->rva)
        span->rva = chunk->rva;
    if (chunk->rva + chunk->size > end)
        end = chunk->rva + chunk->size;
    span->span = end - span->rva;
    span->bytes += chunk->size;
    span->count++;
    if (chunk->alignment_shift > span->alignment_shift)
        span->alignment_shift = chunk->alignment_shift;
}

struct group_span group_span_of(const struct link *link, struct text base_name)
{
    struct group_span span = {0};
    for (size_t i = 0; i < link->groups.count; i++) {
        const struct chunk_group *group = &link->groups.items[i];
        if (!group_has_base(group, base_name))
            continue;
        for (size_t k = 0; k < group->chunk_count; k++)
            span_add(&span, link->ordered_chunks[group->chunk_first + k]);
    }
    return span;
}

uint8_t *image_bytes_at(const struct link *link, uint32_t rva, uint64_t size)
{
    for (size_t i = 0; i < link->output_sections.count; i++) {
        const struct output_section *output = link->output_sections.items[i];
        if (rva < output->rva || rva - output->rva >= output->virtual_size)
            continue;
        uint32_t offset = rva - output->rva;
        if (offset > output->raw_size || size > output->raw_size - offset)
            return NULL;
        return link->image + output->file_offset + offset;
    }
    return NULL;
}
