// Exports, imports and the COFF symbol table of an image.
//
// Their tables point to names anywhere in the image, and nothing keeps a lie from pointing a million times to the
// same long name, or a thousand descriptors to the same long table. Each walk therefore has a budget of the bytes and
// entries that an honest file of this size can have.
#include "common/pe_image.h"

#include "common/arena.h"

// Bytes of names that a walk may read: an honest linker shares at most the tails of names.
static uint64_t name_budget_of(const struct pe_image *image)
{
    return 4 * (uint64_t)image->content.size;
}

// The NUL-terminated name at `rva`.
static bool read_name(const struct pe_image *image, uint64_t rva, uint64_t *budget, struct text *name,
                      struct pe_problem *problem)
{
    struct bytes there = pe_image_from_rva(image, rva);
    *name = text_until_nul(there);
    if (name->size == there.size)
        return pe_fail(problem, there.size ? "a name has no end" : "a name is outside of the image", rva, true);
    if (name->size >= *budget)
        return pe_fail(problem, "names overlap more than they can in an honest image", rva, true);
    *budget -= name->size + 1;
    return true;
}

// --- exports ---

bool pe_exports_open(struct pe_exports *exports, const struct pe_image *image, struct arena *arena)
{
    *exports = (struct pe_exports){.image = image, .name_budget = name_budget_of(image)};
    struct pe_range range = image->directories[DIRECTORY_EXPORT];
    if (range.rva == 0)
        return true;
    struct bytes view = pe_image_at_rva(image, range.rva, sizeof(struct pe_export_directory));
    if (!view.size)
        return pe_fail(&exports->problem, "the export directory is outside of the image", range.rva, true);
    const struct pe_export_directory *directory = (const void *)view.data;
    uint32_t address_count = le32_get(directory->address_count);
    uint32_t name_count = le32_get(directory->name_count);
    uint32_t addresses = le32_get(directory->address_table_rva);
    uint32_t names = le32_get(directory->name_table_rva);
    uint32_t ordinals = le32_get(directory->ordinal_table_rva);
    exports->ordinal_base = le32_get(directory->ordinal_base);
    exports->addresses = pe_image_at_rva(image, addresses, (uint64_t)address_count * 4);
    exports->names = pe_image_at_rva(image, names, (uint64_t)name_count * 4);
    exports->name_ordinals = pe_image_at_rva(image, ordinals, (uint64_t)name_count * 2);
    if (address_count && !exports->addresses.size)
        return pe_fail(&exports->problem, "the export address table is outside of the image", addresses, true);
    if (name_count && !exports->names.size)
        return pe_fail(&exports->problem, "the export name table is outside of the image", names, true);
    if (name_count && !exports->name_ordinals.size)
        return pe_fail(&exports->problem, "the export ordinal table is outside of the image", ordinals, true);
    exports->is_named = arena_array(arena, uint8_t, address_count / 8 + 1);
    uint32_t dll = le32_get(directory->name_rva);
    return dll == 0 || read_name(image, dll, &exports->name_budget, &exports->dll, &exports->problem);
}

// Fills in what the address table has at `index`. An address inside the export directory is a forwarder's name.
static bool read_export(struct pe_exports *exports, uint32_t index, struct pe_export *out)
{
    struct pe_range range = exports->image->directories[DIRECTORY_EXPORT];
    out->ordinal = exports->ordinal_base + index;
    out->rva = load32(exports->addresses.data + 4 * (size_t)index);
    if (out->rva < range.rva || out->rva - range.rva >= range.size)
        return true;
    uint32_t rva = out->rva;
    out->rva = 0;
    return read_name(exports->image, rva, &exports->name_budget, &out->forwarder, &exports->problem);
}

bool pe_exports_next(struct pe_exports *exports, struct pe_export *out)
{
    *out = (struct pe_export){0};
    size_t address_count = exports->addresses.size / 4;
    if (exports->problem.what)
        return false;
    if (exports->next_name < exports->names.size / 4) {
        size_t i = exports->next_name++;
        uint32_t name = load32(exports->names.data + 4 * i);
        uint16_t index = load16(exports->name_ordinals.data + 2 * i);
        if (index >= address_count)
            return pe_fail(&exports->problem, "an exported name's ordinal is behind the address table", name, true);
        exports->is_named[index / 8] |= (uint8_t)(1 << index % 8);
        return read_name(exports->image, name, &exports->name_budget, &out->name, &exports->problem) &&
               read_export(exports, index, out);
    }
    while (exports->next_address < address_count) {
        uint32_t index = exports->next_address++;
        bool is_named = exports->is_named[index / 8] >> index % 8 & 1;
        if (!is_named && load32(exports->addresses.data + 4 * (size_t)index) != 0) // else a gap between ordinals
            return read_export(exports, index, out);
    }
    return false;
}

// --- imports ---

static bool imports_open(struct pe_imports *imports, const struct pe_image *image, enum pe_directory directory)
{
    // Tables may share entries as little as names: each entry is 4 bytes or more.
    *imports = (struct pe_imports){
        .image = image,
        .is_delayed = directory == DIRECTORY_DELAY_IMPORT,
        .entry_budget = image->content.size / 4,
        .name_budget = name_budget_of(image),
    };
    struct pe_range range = image->directories[directory];
    if (range.rva == 0)
        return true;
    // The size is not to be relied upon (the loader doesn't): the array ends in an empty descriptor.
    imports->descriptors = pe_image_from_rva(image, range.rva);
    if (!imports->descriptors.size)
        return pe_fail(&imports->problem, "the import directory is outside of the image", range.rva, true);
    return true;
}

bool pe_imports_open(struct pe_imports *imports, const struct pe_image *image)
{
    return imports_open(imports, image, DIRECTORY_IMPORT);
}

bool pe_delay_imports_open(struct pe_imports *imports, const struct pe_image *image)
{
    return imports_open(imports, image, DIRECTORY_DELAY_IMPORT);
}

// A delay descriptor's address: an RVA where attribute bit 0 says so, else (Visual C++ 6) a VA.
static uint64_t delay_rva(const struct pe_image *image, const struct pe_delay_descriptor *descriptor, struct le32 field)
{
    uint64_t value = le32_get(field);
    return le32_get(descriptor->attributes) & 1 || value == 0 ? value : value - image->image_base;
}

// The RVAs of a descriptor: DLL name, lookup table, address table. All 0 at the array's end.
static void read_descriptor(const struct pe_imports *imports, const uint8_t *at, uint64_t rva[3])
{
    if (imports->is_delayed) {
        const struct pe_delay_descriptor *d = (const void *)at;
        rva[0] = delay_rva(imports->image, d, d->name_rva);
        rva[1] = delay_rva(imports->image, d, d->name_table_rva);
        rva[2] = delay_rva(imports->image, d, d->address_table_rva);
    } else {
        const struct pe_import_descriptor *d = (const void *)at;
        rva[0] = le32_get(d->name_rva);
        rva[1] = le32_get(d->lookup_table_rva);
        rva[2] = le32_get(d->address_table_rva);
    }
}

// Begins the next DLL. False at the end.
static bool next_descriptor(struct pe_imports *imports)
{
    size_t size = imports->is_delayed ? sizeof(struct pe_delay_descriptor) : sizeof(struct pe_import_descriptor);
    uint64_t rva[3];
    if (!imports->descriptors.data)
        return false;
    struct bytes view = bytes_slice(imports->descriptors, 0, size);
    if (!view.size)
        return pe_fail(&imports->problem, "the import directory has no end",
                       imports->image->directories[imports->is_delayed ? DIRECTORY_DELAY_IMPORT : DIRECTORY_IMPORT].rva,
                       true);
    read_descriptor(imports, view.data, rva);
    imports->descriptors = bytes_from(imports->descriptors, size);
    if (rva[0] == 0 || rva[2] == 0) {
        imports->descriptors = (struct bytes){NULL, 0};
        return false;
    }
    imports->lookup_rva = rva[1] ? rva[1] : rva[2];
    imports->slot_rva = rva[2];
    return read_name(imports->image, rva[0], &imports->name_budget, &imports->dll, &imports->problem);
}

// Fills in one entry of a lookup table.
static bool read_import(struct pe_imports *imports, uint64_t entry, struct pe_import *out)
{
    uint64_t by_ordinal = imports->image->is_64 ? (uint64_t)1 << 63 : (uint64_t)1 << 31;
    if (entry & by_ordinal) {
        out->is_by_ordinal = true;
        out->ordinal_or_hint = (uint16_t)entry;
        return true;
    }
    uint64_t rva = entry & 0x7fffffff;
    struct bytes hint = pe_image_at_rva(imports->image, rva, 2);
    if (!hint.size)
        return pe_fail(&imports->problem, "an imported name is outside of the image", rva, true);
    out->ordinal_or_hint = load16(hint.data);
    return read_name(imports->image, rva + 2, &imports->name_budget, &out->name, &imports->problem);
}

bool pe_imports_next(struct pe_imports *imports, struct pe_import *out)
{
    size_t size = imports->image->is_64 ? 8 : 4;
    while (!imports->problem.what && (imports->dll.data || next_descriptor(imports))) {
        struct bytes view = pe_image_at_rva(imports->image, imports->lookup_rva, size);
        if (!view.size)
            return pe_fail(&imports->problem, "an import lookup table has no end", imports->lookup_rva, true);
        if (imports->entry_budget-- == 0)
            return pe_fail(&imports->problem, "import tables overlap", imports->lookup_rva, true);
        uint64_t entry = size == 8 ? load64(view.data) : load32(view.data);
        if (entry == 0) {
            imports->dll = (struct text){NULL, 0};
            continue;
        }
        *out = (struct pe_import){.dll = imports->dll, .slot_rva = (uint32_t)imports->slot_rva};
        imports->lookup_rva += size;
        imports->slot_rva += size;
        return read_import(imports, entry, out);
    }
    return false;
}

// --- symbols ---

bool pe_symbols_open(struct pe_symbols *symbols, const struct pe_image *image)
{
    *symbols = (struct pe_symbols){.image = image, .count = image->symbol_count, .name_budget = name_budget_of(image)};
    if (image->symbol_table_offset == 0)
        symbols->count = 0;
    uint64_t size = (uint64_t)symbols->count * sizeof(struct coff_symbol);
    symbols->records = bytes_slice(image->content, image->symbol_table_offset, size);
    if (size && !symbols->records.size)
        return pe_fail(&symbols->problem, "the symbol table is outside of the file", image->symbol_table_offset, false);
    return true;
}

static struct text symbol_name(const struct pe_image *image, const struct coff_symbol *symbol)
{
    if (le32_get(symbol->name.long_name.zeroes) == 0)
        return text_until_nul(bytes_from(image->strings, le32_get(symbol->name.long_name.offset)));
    return text_until_nul((struct bytes){(const uint8_t *)symbol->name.short_name, sizeof symbol->name.short_name});
}

bool pe_symbols_next(struct pe_symbols *symbols, struct pe_symbol *out)
{
    if (symbols->problem.what || symbols->next >= symbols->count)
        return false;
    const struct pe_image *image = symbols->image;
    const struct coff_symbol *symbol = (const struct coff_symbol *)(const void *)symbols->records.data + symbols->next;
    *out = (struct pe_symbol){
        .name = symbol_name(image, symbol),
        .index = symbols->next,
        .value = le32_get(symbol->value),
        .section_number = coff_section_number(le16_get(symbol->section_number)),
        .type = le16_get(symbol->type),
        .storage_class = symbol->storage_class,
        .aux_count = symbol->aux_count,
        .rva = UINT64_MAX,
    };
    if (out->section_number > 0 && (uint32_t)out->section_number <= image->section_count) {
        const struct pe_section *section = &image->sections[out->section_number - 1];
        out->rva = (uint64_t)section->rva + out->value;
    }
    if (out->name.size >= symbols->name_budget)
        return pe_fail(&symbols->problem, "names overlap more than they can in an honest image",
                       (uint64_t)((const uint8_t *)symbol - image->content.data), false);
    symbols->name_budget -= out->name.size + 1;
    uint64_t next = (uint64_t)symbols->next + 1 + symbol->aux_count;
    symbols->next = next < symbols->count ? (uint32_t)next : symbols->count;
    return true;
}
