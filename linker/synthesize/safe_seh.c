// SafeSEH: on x86 exception handlers are found through a list on the stack, which an attacker may have written over, so
// an image tells which handlers it really has (link.exe, "/SAFESEH"). Each object lists its own by symbol index in
// .sxdata and says by a bit of @feat.00 that the list is complete; the sorted table of all is what the load
// configuration's SEHandlerTable and SEHandlerCount mean, by `___safe_se_handler_table` and `…_count`.
//
// One object without the bit, and no table can be made: the loader would refuse handlers that are real. Then link.exe
// makes none, or (told /SAFESEH) names the object. When every object is complete and none has a handler, the image says
// so (NO_SEH) and needs no table.
#include "linker/input/object.h"
#include "linker/link.h"
#include "linker/symbols/symbol.h"
#include "linker/synthesize/rva_table.h"
#include "linker/synthesize/special_sections.h"
#include "linker/synthesize/synthesize.h"

// What has no code has no handlers, whatever it says.
static bool object_is_compatible(const struct object *object)
{
    if (object->import || object->is_failed || object->features & FEATURE_SAFE_SEH)
        return true;
    for (uint32_t k = 0; k < object->kept_count; k++) {
        const struct section *section = &object->kept[k];
        if (section->chunk.is_live && section->chunk.is_code && section->chunk.size)
            return false;
    }
    return true;
}

static bool objects_are_compatible(struct link *link)
{
    bool ok = true;
    for (size_t i = 0; i < link->objects.count; i++) {
        const struct object *object = link->objects.items[i];
        if (object_is_compatible(object))
            continue;
        ok = false;
        if (link->options.safe_seh != ON)
            break;
        report_error(link->diagnostics, 2026, "/safeseh: %.*s is not compatible with SEH",
                     TEXT_ARGUMENT(object->display));
    }
    return ok;
}

void safe_seh_create(struct link *link)
{
    if (link->machine != MACHINE_X86 || link->options.safe_seh == OFF)
        return;
    if (link->options.mingw && link->options.safe_seh != ON) // GNU assemblers write no .sxdata
        return;
    if (!objects_are_compatible(link))
        return;
    struct rva_table *table = arena_new(link_arena(link), struct rva_table);
    const struct special_sections *special = special_sections_of(link);
    for (size_t i = 0; i < special->of[SPECIAL_HANDLERS].count; i++) {
        const struct special_section *section = &special->of[SPECIAL_HANDLERS].items[i];
        const struct coff_section_header *header = object_header(section->object, section->number);
        struct bytes content =
            bytes_slice(section->object->content, le32_get(header->raw_offset), le32_get(header->raw_size));
        rva_table_add_symbols(link, table, section->object, content, ".sxdata");
    }
    if (!table->entries.count)
        link->options.no_seh = true;
    rva_table_finish(link, table, TEXT("___safe_se_handler_table"), TEXT("___safe_se_handler_count"));
}
