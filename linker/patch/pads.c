// A hotpatch needs two things of an image: room for a long jump right before a function, and a first instruction that a
// two-byte branch can replace in one store. The compiler gives the second (/hotpatch); this file gives the first
// (/FUNCTIONPADMIN).
//
//        ...  CC CC CC CC CC | 8B FF  55 8B EC ...
//                 the pad    ^ entry
//
// The pad is part of the layout in front of a chunk, and the entry is aligned after it, so the gap is at least as large
// as asked. The first function of an output section has one too, as with link.exe. Which objects are accepted, and why
// an assembler's is not: acceptance.c.
#include "linker/input/object.h"
#include "linker/link.h"
#include "linker/patch/patch.h"
#include "linker/symbols/symbol.h"
#include "linker/target/target.h"

static void pad_size_settle(struct link *link)
{
    const struct pad_rule *rule = &link->target->pad;
    uint32_t wanted = link->options.function_pad_given_size ? link->options.function_pad_size : rule->default_size;
    uint64_t size = align_up(wanted, rule->multiple);
    link->pads.size = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size; // layout refuses what is too large for an image
    if (link->pads.size != wanted && link->options.verbose)
        report_note(link->diagnostics,
                    "/functionpadmin:%u is rounded up to %u, a multiple of an instruction's %u bytes", wanted,
                    link->pads.size, rule->multiple);
}

static bool section_is_excluded(const struct link *link, struct text full_name)
{
    struct text base = text_prefix(full_name, text_find(full_name, '$'));
    for (size_t i = 0; i < link->options.no_pad_sections.count; i++) {
        struct text name = link->options.no_pad_sections.items[i];
        if (text_equal(name, full_name) || text_equal(name, base))
            return true;
    }
    return false;
}

uint32_t pads_of_function(const struct link *link, struct text section_name)
{
    return section_is_excluded(link, section_name) ? 0 : link->pads.size;
}

static void object_pads_reserve(const struct link *link, struct object *object, struct pad_statistics *statistics)
{
    bool is_accepted = link->options.function_pad_all || object_is_accepted(object);
    for (uint32_t k = 0; k < object->kept_count; k++) {
        struct section *section = &object->kept[k];
        if (!section->chunk.is_live || !section->chunk.is_code || !section->chunk.size)
            continue;
        if (!is_accepted) {
            statistics->left_out_not_accepted++;
        } else if (link->options.no_pad_sections.count && section_is_excluded(link, section_name(section))) {
            statistics->left_out_excluded++;
        } else {
            section->chunk.pad = link->pads.size;
            statistics->padded_functions++;
        }
    }
}

void pads_reserve(struct link *link)
{
    if (!link->options.function_pad)
        return;
    pad_size_settle(link);
    uint64_t padded = 0, not_accepted = 0, excluded = 0;
#pragma omp parallel for schedule(dynamic, 4) reduction(+ : padded, not_accepted, excluded) if (link->objects.count > 8)
    for (size_t i = 0; i < link->objects.count; i++) {
        struct pad_statistics statistics = {0};
        if (link->objects.items[i]->import || link->objects.items[i]->is_failed)
            continue;
        object_pads_reserve(link, link->objects.items[i], &statistics);
        padded += statistics.padded_functions;
        not_accepted += statistics.left_out_not_accepted;
        excluded += statistics.left_out_excluded;
    }
    link->pads.padded_functions = padded;
    link->pads.left_out_not_accepted = not_accepted;
    link->pads.left_out_excluded = excluded;
}

// What layout made of it: thunks of the linker's own have pads too, and a gap that alignment would have left anyway
// cost nothing.
static void pads_count(const struct link *link, uint64_t *functions, uint64_t *bytes, uint64_t *image_code)
{
    for (size_t s = 0; s < link->output_sections.count; s++) {
        const struct output_section *output = link->output_sections.items[s];
        if (!(output->characteristics & SECTION_CODE))
            continue;
        uint64_t end = output->rva;
        *image_code += output->virtual_size;
        for (size_t i = 0; i < output->chunk_count; i++) {
            const struct chunk *chunk = output->chunks[i];
            uint64_t bare = align_up(end, 1u << chunk->alignment_shift);
            end = (uint64_t)chunk->rva + chunk->size;
            if (!chunk->pad)
                continue;
            (*functions)++;
            *bytes += chunk->rva - bare;
        }
    }
}

// Functions behind the first one of their section stand in its middle, where no pad can be made. Counted only to be
// told.
static bool is_not_separable(const struct object *object, uint64_t name)
{
    const struct symbol *symbol = name_global(name);
    if (symbol) {
        const struct chunk *chunk = symbol->chunk;
        return symbol->is_function && symbol->value > 0 && !symbol->alias && chunk && chunk->is_section &&
               section_of_chunk(chunk)->object == object && chunk->is_live && chunk->is_code;
    }
    if (!name_is_local(name))
        return false;
    struct local_place local = name_local(name);
    const struct chunk *chunk = local.kept ? &object->kept[local.kept - 1].chunk : NULL;
    return local.is_function && local.value > 0 && chunk && chunk->is_live && chunk->is_code;
}

static uint64_t not_separable_count(const struct object *object)
{
    uint64_t count = 0;
    for (uint32_t index = 0; index < object->symbol_count; index++)
        count += is_not_separable(object, object->names[index]);
    return count;
}

void pads_print_summary(const struct link *link)
{
    if (!link->options.function_pad)
        return;
    uint64_t functions = 0, bytes = 0, code = 0;
    pads_count(link, &functions, &bytes, &code);
    uint64_t not_separable = 0;
    for (size_t i = 0; i < link->objects.count; i++)
        not_separable += not_separable_count(link->objects.items[i]);
    printf("%s: function pads: %llu functions padded with %u bytes each, %llu bytes in all (%.1f%% of %llu bytes of "
           "code)\n",
           link->program_name, (unsigned long long)functions, link->pads.size, (unsigned long long)bytes,
           code ? 100.0 * (double)bytes / (double)code : 0.0, (unsigned long long)code);
    printf("%s: without a pad: %llu not compiled for hot patching, %llu excluded by /nofunctionpadsection, %llu behind "
           "another function of their section\n",
           link->program_name, (unsigned long long)link->pads.left_out_not_accepted,
           (unsigned long long)link->pads.left_out_excluded, (unsigned long long)not_separable);
}
