// The import directory of what short import objects name (PE format, "Import Library Format", "The .idata Section"). A
// table by name, each a group of its own, so that long import libraries, whose members bring the same groups as
// ordinary sections, fit in between:
//
//   .idata$2  descriptors: one a DLL, pointing at its lookup table, name and address table
//   .idata$3  the empty descriptor that ends the directory
//   .idata$4  lookup tables      .idata$5  address tables ("slots")      .idata$6  hints and names      .idata$7  DLL names
//
// Sections of objects come before what is made here, so `.idata$3` ends both. The members that a library of short
// import objects has for linkers without these tables (__IMPORT_DESCRIPTOR_name and its like) are left out when
// something pulled them (/WHOLEARCHIVE): they would say the same a second time.
#include "linker/synthesize/imports.h"

#include "common/archive.h"
#include "linker/input/object.h"
#include "linker/link.h"
#include "linker/symbols/symbol.h"
#include "linker/synthesize/special_sections.h"
#include "linker/synthesize/synthesize.h"
#include "linker/target/target.h"

// --- slots and thunks ---

static void slot_write(const struct link *link, const struct chunk *chunk, uint8_t *out)
{
    import_entry_write(link, &link->import_state->regular, import_of_slot(chunk), out);
}

const struct chunk_kind import_slot_kind = {.name = "import address", .write = slot_write};

static void thunk_write(const struct link *link, const struct chunk *chunk, uint8_t *out)
{
    link->target->write_import_thunk(out, chunk->rva, import_of_thunk(chunk)->slot.rva, link->image_base);
}

static void thunk_base_relocations(const struct link *link, const struct chunk *chunk,
                                   void (*site)(void *context, struct base_relocation_site), void *context)
{
    (void)chunk;
    if (link->target->import_thunk_base_relocation.type != BASE_ABSOLUTE)
        site(context, (struct base_relocation_site){link->target->import_thunk_base_relocation.offset,
                                                    link->target->import_thunk_base_relocation.type});
}

static struct chunk *thunk_reference(const struct chunk *chunk)
{
    return &import_of_thunk(chunk)->slot;
}

const struct chunk_kind import_thunk_kind = {
    .name = "import thunk",
    .write = thunk_write,
    .base_relocations = thunk_base_relocations,
    .reference = thunk_reference,
};

static void slots_add(struct link *link, const struct import_list *list, uint32_t characteristics)
{
    unsigned pointer_size = link->target->pointer_size;
    for (size_t i = 0; i < list->dlls.count; i++) {
        const struct imported_dll *dll = list->dlls.items[i];
        for (size_t k = 0; k < dll->imports.count; k++) {
            struct chunk *slot = &dll->imports.items[k]->slot;
            slot->size = pointer_size;
            slot->alignment_shift = pointer_size == 8 ? 3 : 2;
            link_add_chunk(link, slot, TEXT(".idata$5"), characteristics);
        }
        static const uint8_t zero[8];
        link_add_data(link, (struct bytes){zero, pointer_size}, pointer_size, TEXT(".idata$5"), characteristics);
    }
}

// Functions that call by name go through a thunk, wherever the DLL is loaded from.
static void thunks_add(struct link *link)
{
    for (size_t i = 0; i < link->imports.count; i++) {
        struct import *import = link->imports.items[i];
        if (!import->thunk.is_live || import->header.type != IMPORT_CODE)
            continue;
        import->thunk.size = link->target->import_thunk_size;
        import_function_add(link, &import->thunk);
    }
}

// --- the directory ---

static void directory_write(const struct link *link, const struct chunk *chunk, uint8_t *out)
{
    (void)link;
    const struct import_list *list = ((const struct import_table_chunk *)chunk)->list;
    for (size_t i = 0; i < list->dlls.count; i++) {
        const struct imported_dll *dll = list->dlls.items[i];
        struct pe_import_descriptor descriptor = {
            .lookup_table_rva = le32_of(list->lookups.chunk.rva + dll->lookup_offset),
            .name_rva = le32_of(list->names.chunk.rva + dll->name_offset),
            .address_table_rva = le32_of(dll->address_table->rva),
        };
        memcpy(out + i * sizeof descriptor, &descriptor, sizeof descriptor);
    }
}

static const struct chunk_kind directory_kind = {.name = "import directory", .write = directory_write};

// --- what long import libraries bring ---

struct long_imports {
    bool has_descriptors; // a live .idata$2
    bool has_end;         // a live .idata$3
};

// Whether the object is one of the three that go in front of a library of short import objects: lib.exe, llvm-lib and
// mylink name them like this and only them.
static bool object_is_import_preamble(const struct object *object)
{
    for (uint32_t index = 0; index < object->symbol_count; index++) {
        struct object_symbol symbol = object_symbol_at(object, index);
        bool is_name = text_starts_with(symbol.name, TEXT("__IMPORT_DESCRIPTOR_")) ||
                       text_equal(symbol.name, TEXT("__NULL_IMPORT_DESCRIPTOR")) ||
                       (symbol.name.size && symbol.name.data[0] == '\x7f' &&
                        text_ends_with(symbol.name, TEXT("_NULL_THUNK_DATA")));
        if (is_name && symbol.section_number > 0)
            return true;
        index += symbol.aux_count;
    }
    return false;
}

static bool library_has_short_imports(const struct link *link, const struct archive *library)
{
    for (size_t i = 0; i < link->imports.count; i++)
        if (link->imports.items[i]->object->library == library)
            return true;
    return false;
}

// Looks through the .idata$ sections of objects: drops those of preambles, and aligns slots as their size wants
// (dlltool says 4 bytes where 8 are needed; ARM64 code can't even say such an address).
static struct long_imports long_imports_settle(struct link *link)
{
    struct long_imports found = {0};
    const struct special_sections *special = special_sections_of(link);
    const struct object *last = NULL;
    bool is_preamble = false;
    for (size_t i = 0; i < special->of[SPECIAL_IMPORT].count; i++) {
        struct section *section = special->of[SPECIAL_IMPORT].items[i].section;
        if (!section || !section->chunk.is_live)
            continue;
        struct object *object = section->object;
        if (object != last)
            is_preamble = object->library && object_is_import_preamble(object) &&
                          library_has_short_imports(link, object->library);
        last = object;
        if (is_preamble) {
            section->chunk.is_live = false;
            continue;
        }
        char table = section->name[7];
        if (table == '2' && section->chunk.size)
            found.has_descriptors = true;
        else if (table == '3' && section->chunk.size)
            found.has_end = true;
        else if ((table == '4' || table == '5') && link->target->pointer_size == 8 && section->chunk.size % 8 == 0 &&
                 section->chunk.alignment_shift < 3)
            section->chunk.alignment_shift = 3;
    }
    return found;
}

void imports_create(struct link *link)
{
    struct import_state *state = import_state_of(link);
    struct import_list *list = &state->regular;
    struct long_imports found = long_imports_settle(link);

    // In MinGW mode .idata is a section of its own, written to by the loader alone, as GNU ld has it: long libraries
    // say "writable" there, and all parts of a table must say the same.
    uint32_t characteristics = link->options.mingw ? CHARACTERISTICS_DATA : CHARACTERISTICS_RDATA;
    import_list_gather(link, list, false);
    if (list->dlls.count) {
        list->directory.list = list;
        list->directory.chunk.kind = &directory_kind;
        list->directory.chunk.size = (uint32_t)(list->dlls.count * sizeof(struct pe_import_descriptor));
        list->directory.chunk.alignment_shift = 2;
        link_add_chunk(link, &list->directory.chunk, TEXT(".idata$2"), characteristics);
        slots_add(link, list, characteristics);
        import_list_add_tables(link, list, ".idata$4", ".idata$6", ".idata$7", characteristics);
    }
    if ((list->dlls.count || found.has_descriptors) && !found.has_end) {
        static const uint8_t end[sizeof(struct pe_import_descriptor)];
        link_add_data(link, (struct bytes){end, sizeof end}, 4, TEXT(".idata$3"), characteristics);
    }
    thunks_add(link);
}
