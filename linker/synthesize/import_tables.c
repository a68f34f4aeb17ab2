// The tables of names behind every list of imports, loaded at start or delayed (PE format, "The .idata Section"):
//
//   lookup table of a DLL          one entry of pointer size an import, then a zero
//     entry by name                  RVA of a hint/name record
//     entry by ordinal               top bit set, ordinal in the low 16 bits
//   hint/name record               le16 hint (a guess at the index in the DLL's name table), name, NUL, padded to 2 bytes
//   DLL name                       name, NUL
//
// The address table ("slots") begins as a copy of the lookup table. Its entries are chunks of their own, as each is
// what `__imp_name` means. DLLs are listed in the order in which their first import came, which is the order of
// libraries on the command line: a program may depend on it, since DLLs are initialised in that order.
#include "linker/synthesize/imports.h"

#include "linker/link.h"
#include "linker/patch/patch.h"
#include "linker/target/target.h"

struct import_state *import_state_of(struct link *link)
{
    if (!link->import_state)
        link->import_state = arena_new(link_arena(link), struct import_state);
    return link->import_state;
}

static struct imported_dll *import_list_dll(struct link *link, struct import_list *list, struct text name)
{
    for (size_t i = list->dlls.count; i-- > 0;) // imports of one DLL tend to come together: newest first
        if (text_equal_ignoring_case(list->dlls.items[i]->name, name))
            return list->dlls.items[i];
    struct imported_dll *dll = arena_new(link_arena(link), struct imported_dll);
    dll->name = name;
    array_push(link_arena(link), &list->dlls, dll);
    return dll;
}

void import_list_gather(struct link *link, struct import_list *list, bool is_delayed)
{
    for (size_t i = 0; i < link->imports.count; i++) {
        struct import *import = link->imports.items[i];
        if (!import->slot.is_live || import->is_delayed != is_delayed)
            continue;
        struct imported_dll *dll = import_list_dll(link, list, import->header.dll);
        import->dll = dll;
        import->dll_index = (uint32_t)dll->imports.count;
        array_push(link_arena(link), &dll->imports, import);
        if (!dll->address_table)
            dll->address_table = &import->slot;
    }
}

static bool import_is_by_ordinal(const struct import *import)
{
    return import->header.name_type == IMPORT_ORDINAL;
}

void import_entry_write(const struct link *link, const struct import_list *list, const struct import *import,
                        uint8_t *out)
{
    bool is_wide = link->target->pointer_size == 8;
    uint64_t value;
    if (import_is_by_ordinal(import))
        value = (is_wide ? UINT64_C(1) << 63 : UINT64_C(1) << 31) | import->header.ordinal_or_hint;
    else
        value = list->hints.chunk.rva + import->dll->hint_offsets[import->dll_index];
    if (is_wide)
        store64(out, value);
    else
        store32(out, (uint32_t)value);
}

static const struct import_list *list_of(const struct chunk *chunk)
{
    return ((const struct import_table_chunk *)chunk)->list;
}

static void lookups_write(const struct link *link, const struct chunk *chunk, uint8_t *out)
{
    const struct import_list *list = list_of(chunk);
    for (size_t i = 0; i < list->dlls.count; i++) {
        const struct imported_dll *dll = list->dlls.items[i];
        for (size_t k = 0; k < dll->imports.count; k++)
            import_entry_write(link, list, dll->imports.items[k],
                               out + dll->lookup_offset + k * link->target->pointer_size);
    }
}

static void hints_write(const struct link *link, const struct chunk *chunk, uint8_t *out)
{
    (void)link;
    const struct import_list *list = list_of(chunk);
    for (size_t i = 0; i < list->dlls.count; i++) {
        const struct imported_dll *dll = list->dlls.items[i];
        for (size_t k = 0; k < dll->imports.count; k++) {
            const struct import_object *header = &dll->imports.items[k]->header;
            if (dll->hint_offsets[k] == IMPORT_BY_ORDINAL)
                continue;
            uint8_t *record = out + dll->hint_offsets[k];
            store16(record, header->ordinal_or_hint);
            memcpy(record + 2, header->exported_name.data, header->exported_name.size);
        }
    }
}

static void names_write(const struct link *link, const struct chunk *chunk, uint8_t *out)
{
    (void)link;
    const struct import_list *list = list_of(chunk);
    for (size_t i = 0; i < list->dlls.count; i++)
        memcpy(out + list->dlls.items[i]->name_offset, list->dlls.items[i]->name.data, list->dlls.items[i]->name.size);
}

static const struct chunk_kind lookups_kind = {.name = "import lookup tables", .write = lookups_write};
static const struct chunk_kind hints_kind = {.name = "import hints and names", .write = hints_write};
static const struct chunk_kind names_kind = {.name = "imported DLL names", .write = names_write};

static void table_add(struct link *link, struct import_list *list, struct import_table_chunk *table,
                      const struct chunk_kind *kind, uint64_t size, uint8_t alignment_shift, const char *section,
                      uint32_t characteristics)
{
    if (size > UINT32_MAX) {
        report_error(link->diagnostics, 0, "%s are larger than 4 GiB", kind->name);
        return;
    }
    if (!size)
        return;
    table->list = list;
    table->chunk.kind = kind;
    table->chunk.size = (uint32_t)size;
    table->chunk.alignment_shift = alignment_shift;
    link_add_chunk(link, &table->chunk, text_of(section), characteristics);
}

void import_list_add_tables(struct link *link, struct import_list *list, const char *lookup_section,
                            const char *hint_section, const char *name_section, uint32_t characteristics)
{
    uint64_t lookups = 0, hints = 0, names = 0;
    for (size_t i = 0; i < list->dlls.count; i++) {
        struct imported_dll *dll = list->dlls.items[i];
        dll->lookup_offset = (uint32_t)lookups;
        lookups += (dll->imports.count + 1) * link->target->pointer_size;
        dll->name_offset = (uint32_t)names;
        names += align_up(dll->name.size + 1, 2);
        dll->hint_offsets = arena_array(link_arena(link), uint32_t, dll->imports.count);
        for (size_t k = 0; k < dll->imports.count; k++) {
            const struct import *import = dll->imports.items[k];
            dll->hint_offsets[k] = import_is_by_ordinal(import) ? IMPORT_BY_ORDINAL : (uint32_t)hints;
            if (!import_is_by_ordinal(import))
                hints += align_up(2 + import->header.exported_name.size + 1, 2);
        }
    }
    uint8_t pointer_shift = link->target->pointer_size == 8 ? 3 : 2;
    table_add(link, list, &list->lookups, &lookups_kind, lookups, pointer_shift, lookup_section, characteristics);
    table_add(link, list, &list->hints, &hints_kind, hints, 1, hint_section, characteristics);
    table_add(link, list, &list->names, &names_kind, names, 1, name_section, characteristics);
}

void import_function_add(struct link *link, struct chunk *function)
{
    function->is_function = true;
    function->pad = pads_of_function(link, TEXT(".text"));
    while ((1u << function->alignment_shift) < link->target->import_thunk_alignment)
        function->alignment_shift++;
    link_add_chunk(link, function, TEXT(".text"), CHARACTERISTICS_TEXT);
}
