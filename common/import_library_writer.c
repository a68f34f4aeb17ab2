#include "common/import_library_writer.h"

#include "common/archive_writer.h"
#include "common/arena.h"

// What differs by machine in the three objects.
struct machine_traits {
    uint32_t pointer_size;
    uint16_t rva_relocation; // type that stores a 32-bit RVA
    uint16_t characteristics;
};

enum { CHARACTERISTIC_32BIT_MACHINE = 0x100, SECTION_ALIGN_SHIFT = 20 };

static struct machine_traits traits_of_machine(uint16_t machine)
{
    switch (machine) {
    case MACHINE_X86: return (struct machine_traits){4, REL_I386_DIR32NB, CHARACTERISTIC_32BIT_MACHINE};
    case MACHINE_ARM: return (struct machine_traits){4, REL_ARM_ADDR32NB, CHARACTERISTIC_32BIT_MACHINE};
    case MACHINE_ARM64: return (struct machine_traits){8, REL_ARM64_ADDR32NB, 0};
    default: return (struct machine_traits){8, REL_AMD64_ADDR32NB, 0};
    }
}

struct new_section {
    const char *name; // at most 8 characters
    struct bytes content;
    unsigned alignment_shift;
    const struct coff_relocation *relocations;
    uint16_t relocation_count;
};

struct new_symbol {
    struct text name;
    uint16_t section_number;
    uint8_t storage_class;
};

struct new_object {
    const struct new_section *sections;
    const struct new_symbol *symbols;
    uint16_t section_count;
    uint32_t symbol_count;
};

// File offsets: headers, then each section's content and relocations, then symbols and strings.
static void put_sections(uint8_t *out, const struct new_object *object, uint32_t content_offset)
{
    struct coff_section_header *headers = (struct coff_section_header *)(out + sizeof(struct coff_header));
    for (uint16_t i = 0; i < object->section_count; i++) {
        const struct new_section *section = &object->sections[i];
        struct coff_section_header *header = &headers[i];
        memcpy(header->name, section->name, strlen(section->name));
        header->raw_size = le32_of((uint32_t)section->content.size);
        header->raw_offset = le32_of(content_offset);
        memcpy(out + content_offset, section->content.data, section->content.size);
        content_offset += (uint32_t)section->content.size;
        if (section->relocation_count) {
            uint32_t size = section->relocation_count * (uint32_t)sizeof(struct coff_relocation);
            header->relocation_offset = le32_of(content_offset);
            header->relocation_count = le16_of(section->relocation_count);
            memcpy(out + content_offset, section->relocations, size);
            content_offset += size;
        }
        header->characteristics = le32_of(SECTION_INITIALIZED_DATA | SECTION_READ | SECTION_WRITE |
                                          (section->alignment_shift + 1) << SECTION_ALIGN_SHIFT);
    }
}

static void put_symbols(uint8_t *out, const struct new_object *object, uint32_t symbol_offset)
{
    struct coff_symbol *symbols = (struct coff_symbol *)(out + symbol_offset);
    uint8_t *strings = (uint8_t *)(symbols + object->symbol_count);
    uint32_t strings_size = 4;
    for (uint32_t i = 0; i < object->symbol_count; i++) {
        const struct new_symbol *symbol = &object->symbols[i];
        if (symbol->name.size <= sizeof symbols[i].name.short_name) {
            memcpy(symbols[i].name.short_name, symbol->name.data, symbol->name.size);
        } else {
            symbols[i].name.long_name.offset = le32_of(strings_size);
            memcpy(strings + strings_size, symbol->name.data, symbol->name.size);
            strings_size += (uint32_t)symbol->name.size + 1;
        }
        symbols[i].section_number = le16_of(symbol->section_number);
        symbols[i].storage_class = symbol->storage_class;
    }
    store32(strings, strings_size);
}

static struct bytes build_object(const struct new_object *object, uint16_t machine, struct arena *arena)
{
    uint32_t content_offset =
        (uint32_t)(sizeof(struct coff_header) + object->section_count * sizeof(struct coff_section_header));
    uint32_t symbol_offset = content_offset;
    for (uint16_t i = 0; i < object->section_count; i++)
        symbol_offset += (uint32_t)(object->sections[i].content.size +
                                    object->sections[i].relocation_count * sizeof(struct coff_relocation));
    size_t size = symbol_offset + object->symbol_count * sizeof(struct coff_symbol) + 4;
    for (uint32_t i = 0; i < object->symbol_count; i++)
        if (object->symbols[i].name.size > 8)
            size += object->symbols[i].name.size + 1;

    uint8_t *out = arena_allocate(arena, size, 1);
    *(struct coff_header *)out = (struct coff_header){
        .machine = le16_of(machine),
        .section_count = le16_of(object->section_count),
        .symbol_table_offset = le32_of(symbol_offset),
        .symbol_count = le32_of(object->symbol_count),
        .characteristics = le16_of(traits_of_machine(machine).characteristics),
    };
    put_sections(out, object, content_offset);
    put_symbols(out, object, symbol_offset);
    return (struct bytes){out, size};
}

// Names of the three objects: "a.b.dll" gives "a.b".
static struct text library_stem(struct text dll)
{
    size_t dot = text_find_last(dll, '.');
    return dot < dll.size && dot ? text_prefix(dll, dot) : dll;
}

static struct text null_thunk_name(struct text dll, struct arena *arena)
{
    return text_format(arena, "\177%.*s_NULL_THUNK_DATA", TEXT_ARGUMENT(library_stem(dll)));
}

static struct text import_descriptor_name(struct text dll, struct arena *arena)
{
    return text_format(arena, "__IMPORT_DESCRIPTOR_%.*s", TEXT_ARGUMENT(library_stem(dll)));
}

#define NULL_IMPORT_DESCRIPTOR TEXT("__NULL_IMPORT_DESCRIPTOR")

static const uint8_t zeros[20];

// The directory entry: RVAs of the name and of this DLL's part of .idata$4 and .idata$5. Those two symbols are of
// section class and undefined here: a linker sees in them the start of the sections of this name that belong to the
// DLL.
static struct bytes build_import_descriptor(struct text dll, uint16_t machine, struct arena *arena)
{
    uint16_t type = traits_of_machine(machine).rva_relocation;
    enum { NAME_SYMBOL = 2, LOOKUP_TABLE_SYMBOL = 3, ADDRESS_TABLE_SYMBOL = 4 };
    const struct coff_relocation relocations[] = {
        {le32_of(12), le32_of(NAME_SYMBOL), le16_of(type)},
        {le32_of(0), le32_of(LOOKUP_TABLE_SYMBOL), le16_of(type)},
        {le32_of(16), le32_of(ADDRESS_TABLE_SYMBOL), le16_of(type)},
    };
    uint8_t *name = arena_allocate(arena, dll.size + 1, 1);
    memcpy(name, dll.data, dll.size);
    const struct new_section sections[] = {
        {".idata$2", {zeros, 20}, 2, relocations, 3},
        {".idata$6", {name, dll.size + 1}, 1, NULL, 0},
    };
    const struct new_symbol symbols[] = {
        {import_descriptor_name(dll, arena), 1, STORAGE_EXTERNAL},
        {TEXT(".idata$2"), 1, STORAGE_SECTION},
        {TEXT(".idata$6"), 2, STORAGE_STATIC},
        {TEXT(".idata$4"), COFF_UNDEFINED, STORAGE_SECTION},
        {TEXT(".idata$5"), COFF_UNDEFINED, STORAGE_SECTION},
        {NULL_IMPORT_DESCRIPTOR, COFF_UNDEFINED, STORAGE_EXTERNAL},
        {null_thunk_name(dll, arena), COFF_UNDEFINED, STORAGE_EXTERNAL},
    };
    return build_object(&(struct new_object){sections, symbols, 2, 7}, machine, arena);
}

static struct bytes build_null_import_descriptor(uint16_t machine, struct arena *arena)
{
    const struct new_section section = {".idata$3", {zeros, 20}, 2, NULL, 0};
    const struct new_symbol symbol = {NULL_IMPORT_DESCRIPTOR, 1, STORAGE_EXTERNAL};
    return build_object(&(struct new_object){&section, &symbol, 1, 1}, machine, arena);
}

static struct bytes build_null_thunk(struct text dll, uint16_t machine, struct arena *arena)
{
    uint32_t size = traits_of_machine(machine).pointer_size;
    unsigned shift = size == 8 ? 3 : 2;
    const struct new_section sections[] = {
        {".idata$5", {zeros, size}, shift, NULL, 0},
        {".idata$4", {zeros, size}, shift, NULL, 0},
    };
    const struct new_symbol symbol = {null_thunk_name(dll, arena), 1, STORAGE_EXTERNAL};
    return build_object(&(struct new_object){sections, &symbol, 2, 1}, machine, arena);
}

static struct bytes build_import_object(const struct import_library_entry *entry, struct text dll, uint16_t machine,
                                        struct arena *arena)
{
    bool has_name = entry->name_type == IMPORT_NAME_EXPORT_AS;
    size_t data_size = entry->symbol.size + 1 + dll.size + 1 + (has_name ? entry->exported_name.size + 1 : 0);
    uint8_t *out = arena_allocate(arena, sizeof(struct coff_import_header) + data_size, 1);
    *(struct coff_import_header *)out = (struct coff_import_header){
        .signature2 = le16_of(0xffff),
        .machine = le16_of(machine),
        .data_size = le32_of((uint32_t)data_size),
        .ordinal_or_hint = le16_of(entry->ordinal_or_hint),
        .type = le16_of((uint16_t)((unsigned)entry->type | (unsigned)entry->name_type << 2)),
    };
    uint8_t *strings = out + sizeof(struct coff_import_header);
    memcpy(strings, entry->symbol.data, entry->symbol.size);
    memcpy(strings + entry->symbol.size + 1, dll.data, dll.size);
    if (has_name)
        memcpy(strings + entry->symbol.size + 1 + dll.size + 1, entry->exported_name.data, entry->exported_name.size);
    return (struct bytes){out, sizeof(struct coff_import_header) + data_size};
}

// What an import object defines: the address table's slot, and what stands for the name itself (a thunk, or for a
// constant the slot again). Data has only the slot.
static size_t index_import_object(const struct import_library_entry *entry, struct text *symbols, struct arena *arena)
{
    symbols[0] = text_format(arena, "__imp_%.*s", TEXT_ARGUMENT(entry->symbol));
    symbols[1] = entry->symbol;
    return entry->type == IMPORT_DATA ? 1 : 2;
}

struct bytes import_library_build(struct text dll, uint16_t machine, const struct import_library_entry *entries,
                                  size_t entry_count, struct arena *arena)
{
    enum { DESCRIPTORS = 3 };
    struct archive_writer_member *members = arena_array(arena, struct archive_writer_member, entry_count + DESCRIPTORS);
    struct text *symbols = arena_array(arena, struct text, 2 * entry_count + DESCRIPTORS);
    symbols[0] = import_descriptor_name(dll, arena);
    symbols[1] = NULL_IMPORT_DESCRIPTOR;
    symbols[2] = null_thunk_name(dll, arena);
    members[0].content = build_import_descriptor(dll, machine, arena);
    members[1].content = build_null_import_descriptor(machine, arena);
    members[2].content = build_null_thunk(dll, machine, arena);
    for (size_t i = 0; i < DESCRIPTORS; i++) {
        members[i].symbols = &symbols[i];
        members[i].symbol_count = 1;
    }

    struct text *next = symbols + DESCRIPTORS;
    for (size_t i = 0; i < entry_count; i++) {
        struct archive_writer_member *member = &members[DESCRIPTORS + i];
        member->content = build_import_object(&entries[i], dll, machine, arena);
        member->symbols = next;
        member->symbol_count = index_import_object(&entries[i], next, arena);
        next += member->symbol_count;
    }
    for (size_t i = 0; i < entry_count + DESCRIPTORS; i++)
        members[i].name = dll;
    return archive_build(members, entry_count + DESCRIPTORS, arena);
}

struct text import_name_of_symbol(enum import_name_type type, struct text symbol)
{
    if (type == IMPORT_NAME)
        return symbol;
    if (type != IMPORT_NAME_NO_PREFIX && type != IMPORT_NAME_UNDECORATE)
        return (struct text){NULL, 0};
    if (symbol.size && (symbol.data[0] == '?' || symbol.data[0] == '@' || symbol.data[0] == '_'))
        symbol = text_skip(symbol, 1);
    return type == IMPORT_NAME_UNDECORATE ? text_prefix(symbol, text_find(symbol, '@')) : symbol;
}
