// A procedure record names its place by a pair of relocated fields, the offset (SECREL) and the section (SECTION): the
// object's bytes there are zero or an addend, and the symbol of the relocation says which section is meant. Relocations
// of a debug section come in the order of their offsets, as compilers write them in one go; where they don't, the
// search begins anew, but not for ever.
#include "linker/patch/codeview_functions.h"

#include "common/codeview.h"
#include "linker/input/object.h"

enum {
    SUBSECTION_SYMBOLS = 0xf1,
    PROCEDURE_LENGTH = 12, // offsets in the data behind {size, kind}
    PROCEDURE_OFFSET = 28,
    PROCEDURE_NAME = 35,
    MOST_RESTARTS = 64,
};

struct procedure_walk {
    const struct object *object;
    const struct coff_section_header *header;
    struct bytes content; // of the section
    const struct coff_relocation *relocations;
    uint32_t relocation_count, next;
    uint32_t last; // offset of the last relocation: no procedure begins behind it
    unsigned restarts;
    bool is_done; // a COMDAT's debug section tells of one function, and has
    void (*found)(void *context, const struct codeview_function *function);
    void *context;
};

static bool relocations_find(struct procedure_walk *walk)
{
    const struct coff_section_header *header = walk->header;
    uint32_t count = le16_get(header->relocation_count), offset = le32_get(header->relocation_offset);
    bool is_extended = count == 0xffff && (le32_get(header->characteristics) & SECTION_MORE_RELOCATIONS);
    if (is_extended) { // the first record's offset holds the count, itself included
        struct bytes first = object_bytes(walk->object, offset, sizeof(struct coff_relocation));
        if (first.size == 0)
            return false;
        count = load32(first.data);
    }
    struct bytes records = object_bytes(walk->object, offset, (uint64_t)count * sizeof(struct coff_relocation));
    walk->relocations = (const struct coff_relocation *)records.data;
    walk->relocation_count = records.size ? count : 0;
    if (walk->relocation_count)
        walk->last = le32_get(walk->relocations[count - 1].offset) - le32_get(header->virtual_address);
    return walk->relocation_count > 0;
}

// The relocation of the field at `offset` of the section, or NULL.
static const struct coff_relocation *relocation_at(struct procedure_walk *walk, uint32_t offset)
{
    uint32_t base = le32_get(walk->header->virtual_address);
    if (walk->next > 0 && le32_get(walk->relocations[walk->next - 1].offset) - base >= offset) {
        if (walk->restarts++ == MOST_RESTARTS)
            walk->relocation_count = walk->next = 0;
        walk->next = 0;
    }
    while (walk->next < walk->relocation_count && le32_get(walk->relocations[walk->next].offset) - base < offset)
        walk->next++;
    if (walk->next == walk->relocation_count || le32_get(walk->relocations[walk->next].offset) - base != offset)
        return NULL;
    return &walk->relocations[walk->next];
}

static void look_at_procedure(struct procedure_walk *walk, struct bytes data)
{
    struct bytes name = bytes_from(data, PROCEDURE_NAME);
    if (!name.data)
        return;
    uint32_t place = (uint32_t)(data.data - walk->content.data) + PROCEDURE_OFFSET;
    const struct coff_relocation *relocation = relocation_at(walk, place);
    if (!relocation || le32_get(relocation->symbol) >= walk->object->symbol_count)
        return;
    struct object_symbol symbol = object_symbol_at(walk->object, le32_get(relocation->symbol));
    struct codeview_function function = {
        .name = text_until_nul(name),
        .section_number = symbol.section_number,
        .value = symbol.value + load32(data.data + PROCEDURE_OFFSET),
        .size = load32(data.data + PROCEDURE_LENGTH),
    };
    walk->found(walk->context, &function);
    walk->is_done = (le32_get(walk->header->characteristics) & SECTION_COMDAT) != 0;
}

// Most records are types' names, thousands in an object, and have no relocations: compilers write them last, and they
// are not looked at.
static void walk_symbols(struct procedure_walk *walk, struct bytes symbols)
{
    while (symbols.size >= 4 && !walk->is_done && (size_t)(symbols.data - walk->content.data) < walk->last) {
        size_t size = load16(symbols.data); // of what follows it
        if (size < 2 || size > symbols.size - 2)
            return;
        switch (load16(symbols.data + 2)) {
        case S_LPROC32:
        case S_GPROC32:
        case S_LPROC32_ID:
        case S_GPROC32_ID: look_at_procedure(walk, (struct bytes){symbols.data + 4, size - 2}); break;
        default: break;
        }
        symbols = (struct bytes){symbols.data + 2 + size, symbols.size - 2 - size};
    }
}

static void walk_section(struct procedure_walk *walk)
{
    enum { SIGNATURE = 4 };
    struct reader subsections = reader_of(walk->content);
    if (read_le32(&subsections) != SIGNATURE)
        return;
    while (reader_left(&subsections) >= 8 && !walk->is_done && subsections.position < walk->last) {
        uint32_t type = read_le32(&subsections), size = read_le32(&subsections);
        struct bytes data = read_bytes(&subsections, size);
        if (subsections.failed)
            return;
        if (type == SUBSECTION_SYMBOLS)
            walk_symbols(walk, data);
        size_t padding = (4 - size % 4) % 4;
        if (padding <= reader_left(&subsections))
            read_bytes(&subsections, padding);
    }
}

bool codeview_section_matters(const struct object *object, uint32_t number, uint32_t symbol)
{
    const struct coff_section_header *header = object_header(object, number);
    if (load64((const uint8_t *)header->name) != load64((const uint8_t *)".debug$S"))
        return false;
    const struct coff_aux_section *definition = object_auxiliary_at(object, symbol, 0);
    if (!definition || definition->selection != COMDAT_ASSOCIATIVE)
        return true;
    uint32_t parent = le16_get(definition->number_low);
    if (object->is_bigobj)
        parent |= (uint32_t)le16_get(definition->number_high) << 16;
    return object_section(object, parent) != NULL;
}

void codeview_functions_find(const struct object *object, uint32_t number,
                             void (*found)(void *context, const struct codeview_function *function), void *context)
{
    const struct coff_section_header *header = object_header(object, number);
    struct procedure_walk walk = {.object = object, .header = header, .found = found, .context = context};
    walk.content = object_bytes(object, le32_get(header->raw_offset), le32_get(header->raw_size));
    if (walk.content.size && relocations_find(&walk))
        walk_section(&walk);
}
