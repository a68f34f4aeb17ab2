// A kept section in the image: its bytes from the object, with its relocations applied. What a relocation means is
// settled before (symbols/settle.c, sections/layout.c), how it is stored is the target's affair; this file brings the
// two together and says what did not fit.
#include "linker/input/input.h"
#include "linker/link.h"
#include "linker/sections/range_thunks.h"
#include "linker/symbols/symbol_table.h"
#include "linker/symbols/symbols.h"
#include "linker/target/target.h"

static struct text place_name(const struct object *object, uint32_t symbol_index)
{
    if (symbol_index >= object->symbol_count)
        return TEXT("?");
    return object_symbol_at(object, symbol_index).name;
}

struct relocation_error { // where it happened, for messages
    const struct link *link;
    const struct section *section;
    const struct coff_relocation *relocation;
};

static void relocation_complain(const struct relocation_error *at, unsigned number, const char *what)
{
    const struct object *object = at->section->object;
    struct text name = section_name(at->section);
    uint16_t type = le16_get(at->relocation->type);
    struct relocation_traits traits = at->link->target->relocation_traits(type);
    struct text type_name = traits.name ? text_of(traits.name) : text_format(link_arena(at->link), "0x%x", type);
    report_error(at->link->diagnostics, number, "%.*s: %s: %.*s against %.*s\n>>> in section %u (%.*s) at offset 0x%x",
                 TEXT_ARGUMENT(object->display), what, TEXT_ARGUMENT(type_name),
                 TEXT_ARGUMENT(place_name(object, le32_get(at->relocation->symbol))), at->section->number,
                 TEXT_ARGUMENT(name), le32_get(at->relocation->offset));
}

static void relocation_report(const struct relocation_error *at, enum relocation_result result)
{
    switch (result) {
    case RELOCATION_DONE: return;
    case RELOCATION_OUT_OF_RANGE: relocation_complain(at, 2013, "relocation out of range"); return;
    case RELOCATION_MISALIGNED: relocation_complain(at, 2013, "improper alignment for relocation"); return;
    case RELOCATION_UNKNOWN: relocation_complain(at, 1236, "unsupported relocation type"); return;
    case RELOCATION_NO_SECTION:
        relocation_complain(at, 2013, "relocation wants a section, and its target is in none");
        return;
    case RELOCATION_WRONG_INSTRUCTION:
        relocation_complain(at, 1236, "relocation of an instruction that has no such field");
        return;
    case RELOCATION_NO_ROOM: relocation_complain(at, 1236, "relocation reaches past the end of its section"); return;
    }
}

// Debug information and MinGW's .eh_frame describe code that may be gone: what they say of it becomes zero.
static bool tolerates_dead_targets(const struct link *link, const struct section *section)
{
    struct text name = section_name(section);
    return text_starts_with(name, TEXT(".debug")) ||
           (link->options.mingw &&
            (text_starts_with(name, TEXT(".eh_frame")) || text_starts_with(name, TEXT(".gcc_except_table"))));
}

static bool is_in_image(const struct place *place)
{
    return place->is_absolute || (place->chunk && (place->chunk->output || !place->chunk->is_section));
}

static void relocation_to_nowhere(const struct relocation_error *at, const struct place *place, uint8_t *bytes,
                                  size_t room)
{
    const struct object *object = at->section->object;
    uint32_t index = le32_get(at->relocation->symbol);
    if (index >= object->symbol_count) {
        relocation_complain(at, 1236, "relocation names a symbol that does not exist");
    } else if (place->symbol && !place->symbol->chunk && !place->symbol->is_absolute) {
        return; // reported as undefined, or forced
    } else if (!tolerates_dead_targets(at->link, at->section)) {
        relocation_complain(at, 2013, "relocation against symbol in discarded section");
    } else {
        // Zero is what unwinders and debuggers take for "no such code"; an addend left in place would be an address.
        size_t size = at->link->target->relocation_traits(le16_get(at->relocation->type)).size;
        memset(bytes, 0, size < room ? size : room);
    }
}

// A weak name that nobody defines is 0, which a distance in a 64-bit image does not reach. Code that calls it has
// compared its address with 0 before, so the call may go anywhere: here to the image's first byte, where nothing can be
// executed.
static bool is_weak_nothing(const struct place *place)
{
    return place->is_absolute && place->value == 0 && place->symbol && rank_kind(place->symbol->rank) == SYMBOL_WEAK;
}

static enum relocation_result relocation_apply(const struct target *target, const struct relocation_site *site,
                                               const struct place *place)
{
    enum relocation_result result = target->apply(site);
    if (result != RELOCATION_OUT_OF_RANGE || !is_weak_nothing(place))
        return result;
    struct relocation_site elsewhere = *site;
    elsewhere.target_rva = 0;
    return target->apply(&elsewhere);
}

static void section_write(const struct link *link, const struct chunk *chunk, uint8_t *out)
{
    const struct section *section = section_of_chunk(chunk);
    const struct target *target = link->target;
    struct bytes content = section_content(section);
    if (content.size)
        memcpy(out, content.data, content.size);
    uint32_t base = section->address;
    struct relocation_site site = {.image_base = link->image_base};
    for (uint32_t i = 0; i < section->relocation_count; i++) {
        const struct coff_relocation *relocation = &section->relocations[i];
        struct relocation_error at = {link, section, relocation};
        uint32_t offset = le32_get(relocation->offset) - base;
        struct place place = object_symbol_place(section->object, le32_get(relocation->symbol));
        if (offset > chunk->size) {
            relocation_complain(&at, 1236, "relocation outside its section");
            continue;
        }
        if (!is_in_image(&place)) {
            relocation_to_nowhere(&at, &place, out + offset, chunk->size - offset);
            continue;
        }
        site.place = out + offset;
        site.room = chunk->size - offset;
        site.type = le16_get(relocation->type);
        site.place_rva = chunk->rva + (uint64_t)offset;
        // The Thumb bit: an assembler's labels have no type, so what is in code counts as code (lld-link's rule).
        site.target_is_code = place.is_function || (place.chunk && place.chunk->is_code);
        site.target_is_absolute = place.is_absolute;
        if (place.is_absolute) {
            site.target_rva = place.value - link->image_base;
            site.target_section = (uint32_t)link->output_sections.count + 1;
            site.target_offset = 0;
        } else {
            site.target_rva = place.chunk->rva + place.value;
            const struct output_section *output = place.chunk->output;
            site.target_section = output ? output->index : 0;
            site.target_offset = output ? (uint32_t)site.target_rva - output->rva : 0;
        }
        if (target->branch_reaches)
            range_thunk_redirect(link, section, i, &site);
        relocation_report(&at, relocation_apply(target, &site, &place));
    }
}

static void section_base_relocations(const struct link *link, const struct chunk *chunk,
                                     void (*emit)(void *, struct base_relocation_site), void *context)
{
    const struct section *section = section_of_chunk(chunk);
    uint32_t base = section->address;
    for (uint32_t i = 0; i < section->relocation_count; i++) {
        const struct coff_relocation *relocation = &section->relocations[i];
        struct relocation_traits traits = link->target->relocation_traits(le16_get(relocation->type));
        if (traits.base_relocation == BASE_ABSOLUTE)
            continue;
        struct place place = object_symbol_place(section->object, le32_get(relocation->symbol));
        uint32_t offset = le32_get(relocation->offset) - base;
        if (place.is_absolute || !is_in_image(&place) || offset >= chunk->size)
            continue;
        emit(context, (struct base_relocation_site){offset, traits.base_relocation});
    }
}

const struct chunk_kind section_chunk_kind = {
    .name = "section",
    .write = section_write,
    .base_relocations = section_base_relocations,
};
