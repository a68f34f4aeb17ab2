// An object file becomes sections and symbols, in three steps. Its header says which machine it is for and where its
// tables are; these are read when names are bound; once COMDATs are selected, what is kept becomes sections, whose bytes
// and relocations section_reader.c brings in. What is checked in these two files is trusted by all later passes, so they
// are where a lying object is found out.
//
// Layout and limits: PE Format, "COFF File Header", "Section Table", "COFF Symbol Table". Two rules that surprise: a
// section with more than 65,535 relocations says so by a flag and keeps the true count in its first record; and a
// bigobj hides behind the signature of an import object (machine 0, count 0xffff) with a class id of its own.
#include "linker/input/object.h"

#include "common/archive.h"
#include "linker/input/input.h"
#include "linker/input/object_reader.h"
#include "linker/link.h"

static bool object_complain(struct link *link, const struct object *object, const char *what)
{
    report_error(link->diagnostics, 1136, "%.*s: invalid or corrupt object: %s", TEXT_ARGUMENT(object->display), what);
    return false;
}

bool object_is_bigobj(struct bytes content)
{
    if (content.size < sizeof(struct coff_bigobj_header))
        return false;
    const struct coff_bigobj_header *header = (const void *)content.data;
    return le16_get(header->signature1) == 0 && le16_get(header->signature2) == 0xffff &&
           le16_get(header->version) >= 2 && memcmp(header->class_id, COFF_BIGOBJ_CLASS_ID, 16) == 0;
}

// A string of the table; empty where the offset is outside of it, its length field being no string.
static struct text string_at(const struct object *object, uint64_t offset)
{
    if (offset < 4 || offset >= object->strings.size)
        return TEXT("");
    return text_until_nul(bytes_from(object->strings, offset));
}

struct text object_symbol_name(const struct object *object, uint32_t index)
{
    const struct coff_symbol *symbol = (const void *)(object->symbols + (size_t)index * object->symbol_size);
    if (le32_get(symbol->name.long_name.zeroes) == 0)
        return string_at(object, le32_get(symbol->name.long_name.offset));
    return text_until_nul((struct bytes){(const uint8_t *)symbol->name.short_name, 8});
}

struct object_symbol object_symbol_at(const struct object *object, uint32_t index)
{
    struct object_symbol out = object_symbol_fields(object, index);
    out.name = object_symbol_name(object, index);
    return out;
}

const void *object_auxiliary_at(const struct object *object, uint32_t index, uint32_t number)
{
    uint64_t at = (uint64_t)index + 1 + number;
    return at < object->symbol_count ? object->symbols + (size_t)at * object->symbol_size : NULL;
}

// "/123" is a decimal offset into the string table, "//AAAAAA" the same in base 64 for tables over 10 million bytes.
static bool section_name_offset(struct text name, uint64_t *offset)
{
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (name.size < 2 || name.data[0] != '/')
        return false;
    if (name.data[1] != '/')
        return text_to_number(text_skip(name, 1), offset) && name.data[1] != '+';
    *offset = 0;
    for (size_t i = 2; i < name.size; i++) {
        const char *digit = memchr(base64, name.data[i], 64);
        if (!digit)
            return false;
        *offset = *offset * 64 + (uint64_t)(digit - base64);
    }
    return name.size > 2;
}

static struct text section_name_of(const struct object *object, const char *eight)
{
    struct text name = text_until_nul((struct bytes){(const uint8_t *)eight, 8});
    uint64_t offset;
    struct text long_name = TEXT("");
    if (name.size && name.data[0] == '/' && section_name_offset(name, &offset))
        long_name = string_at(object, offset);
    return long_name.size ? long_name : name;
}

struct text object_section_name(const struct object *object, uint32_t number)
{
    return section_name_of(object, object_header(object, number)->name);
}

struct text section_name(const struct section *section)
{
    return section_name_of(section->object, section->name);
}

struct bytes object_section_content(const struct object *object, uint32_t number)
{
    const struct coff_section_header *header = object_header(object, number);
    uint32_t offset = le32_get(header->raw_offset);
    if (le32_get(header->characteristics) & SECTION_UNINITIALIZED_DATA || offset == 0)
        return (struct bytes){NULL, 0};
    return object_bytes(object, offset, le32_get(header->raw_size));
}

bool object_section_is_codeview(const struct object *object, uint32_t number)
{
    const struct coff_section_header *header = object_header(object, number);
    return memcmp(header->name, ".debug$S", 8) == 0 && !(le32_get(header->characteristics) & SECTION_COMDAT);
}

bool object_is_accepted(const struct object *object)
{
    return object->acceptance == ACCEPTANCE_HOTPATCH_FLAG ||
           (object->acceptance == ACCEPTANCE_NO_RECORD && object->machine != MACHINE_X86);
}

// Machine, counts and places of tables; both header forms.
static void header_take(struct object *object, struct bytes head)
{
    if (object_is_bigobj(head)) {
        const struct coff_bigobj_header *header = (const void *)head.data;
        object->is_bigobj = true;
        object->machine = le16_get(header->machine);
        object->section_count = le32_get(header->section_count);
        object->symbol_count = le32_get(header->symbol_count);
        object->timestamp = le32_get(header->timestamp);
        object->symbol_size = sizeof(struct coff_symbol_big);
        object->headers_offset = sizeof *header;
        object->symbols_offset = le32_get(header->symbol_table_offset);
        return;
    }
    const struct coff_header *header = (const void *)head.data;
    object->machine = le16_get(header->machine);
    object->section_count = le16_get(header->section_count);
    object->symbol_count = le32_get(header->symbol_count);
    object->timestamp = le32_get(header->timestamp);
    object->symbol_size = sizeof(struct coff_symbol);
    object->headers_offset = sizeof *header + (uint64_t)le16_get(header->optional_header_size);
    object->symbols_offset = le32_get(header->symbol_table_offset);
}

static bool header_read(struct link *link, struct object *object, struct bytes head)
{
    if (object->content.size < sizeof(struct coff_header))
        return object_complain(link, object, "file is shorter than a COFF header");
    header_take(object, head);
    if (object->symbols_offset == 0)
        object->symbol_count = 0;
    if (!bytes_contain(object->content, object->headers_offset,
                       (uint64_t)object->section_count * sizeof(struct coff_section_header)))
        return object_complain(link, object, "section table reaches past the end of the file");
    if (object->symbol_count &&
        !bytes_contain(object->content, object->symbols_offset, (uint64_t)object->symbol_count * object->symbol_size))
        return object_complain(link, object, "symbol table reaches past the end of the file");
    object_tables_return(object);
    return true;
}

bool object_fail(struct object *object)
{
    object->is_failed = true;
    object->section_count = object->symbol_count = 0;
    object->strings.size = 0;
    return false;
}

bool object_read_header(struct link *link, struct object *object, struct bytes head)
{
    return header_read(link, object, head) || object_fail(object);
}

// The string table follows the symbols. Its first four bytes are its size, themselves included; a file may end before
// it.
static bool strings_find(struct link *link, struct object *object)
{
    uint64_t offset = object_strings_offset(object);
    uint8_t field[4];
    if (!object->symbol_count || !bytes_contain(object->content, offset, sizeof field))
        return true;
    if (!object_fetch(link, object, offset, field, sizeof field))
        return false;
    uint32_t size = load32(field);
    if (!bytes_contain(object->content, offset, size))
        return object_complain(link, object, "string table reaches past the end of the file");
    object->strings = bytes_slice(object->content, offset, size < 4 ? 4 : size);
    return true;
}

static bool strings_check(struct link *link, const struct object *object)
{
    size_t size = object->strings.size;
    return size <= 4 || object->strings.data[size - 1] == 0 ||
           object_complain(link, object, "string table does not end with a NUL");
}

bool section_complain(struct link *link, const struct object *object, uint32_t number, const char *what)
{
    struct text name = object_section_name(object, number);
    report_error(link->diagnostics, 1136, "%.*s: invalid or corrupt object: section %u (%.*s) %s",
                 TEXT_ARGUMENT(object->display), number, TEXT_ARGUMENT(name), what);
    return false;
}

static uint8_t section_alignment_shift(uint32_t characteristics)
{
    uint32_t field = (characteristics & SECTION_ALIGN_MASK) >> 20;
    return field ? (uint8_t)(field - 1) : 4; // none given: 16 bytes (PE format, "Section Flags"), as link.exe does
}

// A section as its header tells of it.
static bool section_make(struct link *link, struct object *object, struct section *section, uint32_t number)
{
    const struct coff_section_header *header = object_header(object, number);
    uint32_t raw_size = le32_get(header->raw_size), raw_offset = le32_get(header->raw_offset);
    uint32_t characteristics = le32_get(header->characteristics);

    section->object = object;
    memcpy(section->name, header->name, sizeof section->name);
    section->raw_offset = raw_offset;
    section->relocation_offset = le32_get(header->relocation_offset);
    section->relocation_count = le16_get(header->relocation_count);
    section->address = le32_get(header->virtual_address);
    section->number = number;
    section->characteristics = characteristics;
    section->chunk.is_section = true;
    section->chunk.is_code = (characteristics & SECTION_CODE) != 0;
    section->chunk.kind = &section_chunk_kind;
    section->chunk.size = raw_size;
    section->chunk.alignment_shift = section_alignment_shift(characteristics);
    section->chunk.order = object->order;
    section->chunk.is_live = link->options.opt_ref == OFF; // else when something reaches it
    if (section->chunk.alignment_shift > 13)
        return section_complain(link, object, number, "has an alignment that does not exist");
    if (!(characteristics & SECTION_UNINITIALIZED_DATA) && raw_size && raw_offset &&
        !bytes_contain(object->content, raw_offset, raw_size))
        return section_complain(link, object, number, "has bytes past the end of the file");
    return true;
}

// Whether the section can come into the image. .drectve and its like are read here and gone; CodeView goes to a PDB,
// DWARF into the image only where it was asked for.
static bool section_is_for_image(const struct link *link, struct text name, uint32_t characteristics)
{
    if (characteristics & (SECTION_REMOVE | SECTION_INFO))
        return false;
    if (!text_starts_with(name, TEXT(".debug")))
        return true;
    if (text_starts_with(name, TEXT(".debug$")))
        return false;
    return !text_starts_with(name, TEXT(".debug_")) || link->options.debug == DEBUG_DWARF;
}

// A directive section is UTF-8 with an optional mark, or the bytes as they are, padded with NULs or blanks.
static bool directives_read(struct link *link, struct object *object)
{
    uint32_t number = object->directives_section;
    if (!number)
        return true;
    const struct coff_section_header *header = object_header(object, number);
    uint32_t offset = le32_get(header->raw_offset), size = le32_get(header->raw_size);
    if (le32_get(header->characteristics) & SECTION_UNINITIALIZED_DATA || offset == 0)
        size = 0;
    if (size && !bytes_contain(object->content, offset, size))
        return section_complain(link, object, number, "has bytes past the end of the file");
    uint8_t *copy = arena_array(link_arena(link), uint8_t, size);
    if (size && !object_fetch(link, object, offset, copy, size))
        return false;
    struct bytes content = {copy, size};
    if (size >= 3 && memcmp(copy, "\xef\xbb\xbf", 3) == 0)
        content = bytes_from(content, 3);
    object->directives = text_until_nul(content);
    return true;
}

// Whether a section may be of those that special_sections.h looks for. Most objects have none, and then their headers
// are not read again.
static bool may_be_special(struct text name, uint32_t characteristics)
{
    if (name.size < 3 || name.data[0] != '.')
        return false;
    return memchr("iegs", name.data[1], 4) || text_starts_with(name, TEXT(".rs")) ||
           (text_starts_with(name, TEXT(".pdata")) && section_alignment_shift(characteristics) > 2);
}

static bool claims_make(struct link *link, struct object *object)
{
    object->claims = arena_array(link_arena(link), struct section_claim, (size_t)object->section_count + 1);
    for (uint32_t number = 1; number <= object->section_count; number++) {
        const struct coff_section_header *header = object_header(object, number);
        // Half of the sections of a debug build are .debug$S: told by their eight bytes.
        if (memcmp(header->name, ".debug$", 7) == 0) {
            object->has_codeview = true;
            if (!object->codeview.size && object_section_is_codeview(object, number))
                object->codeview = (struct file_extent){le32_get(header->raw_offset), le32_get(header->raw_size)};
            continue;
        }
        struct text name = object_section_name(object, number);
        object->may_have_special |= may_be_special(name, le32_get(header->characteristics));
        uint64_t offset;
        if (name.size && name.data[0] == '/' && section_name_offset(name, &offset))
            return section_complain(link, object, number, "has no name in the string table");
        if (text_equal(name, TEXT(".drectve")))
            object->directives_section = number;
        else
            object->claims[number].is_for_image = section_is_for_image(link, name, le32_get(header->characteristics));
    }
    return true;
}

// Associated sections hang on what they belong to. `parents` has the number of each kept section's, or 0.
static void sections_associate(struct object *object, const uint32_t *parents)
{
    for (uint32_t i = 0; i < object->kept_count; i++) {
        struct section *parent = object_section(object, parents[i]);
        if (!parent)
            continue;
        object->kept[i].next_associate = parent->first_associate;
        parent->first_associate = &object->kept[i];
    }
}

static uint32_t sections_wanted(const struct object *object)
{
    uint32_t wanted = 0;
    for (uint32_t number = 1; number <= object->section_count; number++)
        wanted += object->claims[number].is_for_image && !object->claims[number].is_discarded;
    return wanted;
}

void object_keep_sections(struct link *link, struct object *object)
{
    struct arena *arena = link_arena(link);
    uint32_t wanted = sections_wanted(object), *parents = arena_array(arena, uint32_t, wanted);
    object->kept = arena_array(arena, struct section, wanted);
    for (uint32_t number = 1; number <= object->section_count; number++) {
        struct section_claim *claim = &object->claims[number];
        uint32_t claim_link = claim->link;
        claim->link = 0;
        if (!claim->is_for_image || claim->is_discarded)
            continue;
        struct section *section = &object->kept[object->kept_count];
        if (!section_make(link, object, section, number)) {
            *section = (struct section){0};
            continue;
        }
        parents[object->kept_count] = claim->selection == COMDAT_ASSOCIATIVE ? claim_link : 0;
        claim->link = ++object->kept_count;
    }
    sections_associate(object, parents);
}

bool object_read_tables(struct link *link, struct object *object)
{
    if (!strings_find(link, object) ||
        !object_tables_borrow(link, object, TABLE_HEADERS | TABLE_SYMBOLS | TABLE_STRINGS) ||
        !strings_check(link, object) || !claims_make(link, object) || !directives_read(link, object)) {
        object_tables_return(object);
        return object_fail(object);
    }
    object->names = arena_array(link_arena(link), uint64_t, object->symbol_count);
    return true;
}
