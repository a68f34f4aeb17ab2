// An index for a library that came without one, made of what its members define.
//
// A COFF object defines its external symbols that are in a section, absolute or common, and the weak externals that
// are aliases; an import object defines __imp_NAME, and NAME too unless it is data. It is what lib.exe and llvm-lib
// would have written (llvm: COFFObjectFile::getSymbolFlags, and COFFImportFile). Members of another kind define
// nothing.
#include "common/archive_index.h"

#include "common/arena.h"
#include "common/coff.h"
#include "common/diagnostics.h"
#include "common/import_object.h"

// A symbol table of either width, checked against its file.
struct coff_symbols {
    struct bytes records;
    size_t record_size; // bytes
    uint32_t count;
    struct bytes strings; // string table, its length field included
    uint64_t name_budget; // bytes of names that may still be read: names share at most their tails
};

// One record, its name not looked up.
struct coff_record {
    const struct coff_symbol *symbol; // up to `value` both widths are the same
    int32_t section_number;
    uint8_t storage_class, aux_count;
};

static bool is_known_machine(uint16_t machine)
{
    return machine == MACHINE_UNKNOWN || machine == MACHINE_X86 || machine == MACHINE_X64 || machine == MACHINE_ARM ||
           machine == MACHINE_ARM64 || machine == MACHINE_ARM64EC || machine == MACHINE_ARM64X;
}

static const struct coff_bigobj_header *bigobj_header(struct bytes content)
{
    const struct coff_bigobj_header *header = (const void *)content.data;
    bool is_bigobj = content.size >= sizeof *header && le16_get(header->signature1) == 0 &&
                     le16_get(header->signature2) == 0xffff && le16_get(header->version) >= 2 &&
                     memcmp(header->class_id, COFF_BIGOBJ_CLASS_ID, sizeof header->class_id) == 0;
    return is_bigobj ? header : NULL;
}

// Finds the symbol table of an object; one without symbols where the content is no object. NULL, or what is wrong.
static const char *coff_find_symbols(struct bytes content, struct coff_symbols *out)
{
    *out = (struct coff_symbols){.record_size = sizeof(struct coff_symbol), .name_budget = 4 * content.size};
    uint32_t offset = 0;
    const struct coff_header *header = (const void *)content.data;
    const struct coff_bigobj_header *big = bigobj_header(content);
    if (big) {
        out->record_size = sizeof(struct coff_symbol_big);
        out->count = le32_get(big->symbol_count);
        offset = le32_get(big->symbol_table_offset);
    } else if (content.size >= sizeof *header && is_known_machine(le16_get(header->machine)) &&
               le16_get(header->section_count) != 0xffff) {
        out->count = le32_get(header->symbol_count);
        offset = le32_get(header->symbol_table_offset);
    }
    if (out->count == 0)
        return NULL;
    uint64_t size = (uint64_t)out->count * out->record_size;
    if (!bytes_contain(content, offset, size))
        return "symbol table is outside of the file";
    out->records = bytes_slice(content, offset, size);
    out->strings = bytes_from(content, offset + size);
    if (out->strings.size >= 4)
        out->strings = bytes_slice(out->strings, 0, load32(out->strings.data));
    return NULL;
}

static struct coff_record coff_record_at(const struct coff_symbols *symbols, uint32_t index)
{
    const void *at = symbols->records.data + index * symbols->record_size;
    if (symbols->record_size == sizeof(struct coff_symbol)) {
        const struct coff_symbol *s = at;
        return (struct coff_record){s, coff_section_number(le16_get(s->section_number)), s->storage_class,
                                    s->aux_count};
    }
    const struct coff_symbol_big *s = at;
    return (struct coff_record){at, (int32_t)le32_get(s->section_number), s->storage_class, s->aux_count};
}

static struct text coff_record_name(const struct coff_symbols *symbols, const struct coff_symbol *symbol)
{
    if (le32_get(symbol->name.long_name.zeroes) == 0)
        return text_until_nul(bytes_from(symbols->strings, le32_get(symbol->name.long_name.offset)));
    return text_until_nul((struct bytes){(const uint8_t *)symbol->name.short_name, sizeof symbol->name.short_name});
}

// Whether a library's index would name this symbol.
static bool coff_record_defines(const struct coff_symbols *symbols, uint32_t index, struct coff_record record)
{
    if (record.storage_class == STORAGE_EXTERNAL)
        return record.section_number != COFF_UNDEFINED || le32_get(record.symbol->value) != 0;
    if (record.storage_class != STORAGE_WEAK_EXTERNAL || record.aux_count == 0 || index + 1 >= symbols->count)
        return false;
    const struct coff_aux_weak_external *weak =
        (const void *)(symbols->records.data + (index + 1) * symbols->record_size);
    return le32_get(weak->characteristics) == WEAK_SEARCH_ALIAS;
}

typedef array_of(struct archive_symbol) symbol_array;

static void add_symbol(symbol_array *symbols, struct text name, const struct archive_member *member,
                       struct arena *arena)
{
    struct archive_symbol symbol = {name, text_hash(name), member->header_offset};
    if (name.size)
        array_push(arena, symbols, symbol);
}

static const char *add_import_symbols(symbol_array *symbols, const struct archive_member *member, struct arena *arena)
{
    struct import_object import;
    const char *problem = import_object_parse(member->content, &import);
    if (problem)
        return problem;
    add_symbol(symbols, text_format(arena, "__imp_%.*s", TEXT_ARGUMENT(import.symbol)), member, arena);
    if (import.type != IMPORT_DATA)
        add_symbol(symbols, import.symbol, member, arena);
    return NULL;
}

// Adds what one member defines. NULL, or what is wrong with it.
static const char *add_member_symbols(symbol_array *symbols, const struct archive_member *member, struct arena *arena)
{
    if (import_object_is(member->content))
        return add_import_symbols(symbols, member, arena);
    struct coff_symbols table;
    const char *problem = coff_find_symbols(member->content, &table);
    if (problem)
        return problem;
    for (uint64_t i = 0, next; i < table.count; i = next) {
        struct coff_record record = coff_record_at(&table, (uint32_t)i);
        next = i + 1 + record.aux_count;
        if (!coff_record_defines(&table, (uint32_t)i, record))
            continue;
        struct text name = coff_record_name(&table, record.symbol);
        if (name.size > table.name_budget)
            return "symbol names overlap more than they can in an honest file";
        table.name_budget -= name.size;
        add_symbol(symbols, name, member, arena);
    }
    return NULL;
}

bool archive_read_members_symbols(struct archive *archive, struct arena *arena, struct diagnostics *diagnostics)
{
    symbol_array symbols = {0};
    struct archive_member member;
    uint64_t offset = 0;
    enum archive_step step;
    bool is_good = true;
    while ((step = archive_step(archive, &offset, &member, diagnostics)) == ARCHIVE_STEP_MEMBER) {
        if (!archive_map_member(archive, &member, arena, diagnostics)) {
            is_good = false;
            continue;
        }
        const char *problem = add_member_symbols(&symbols, &member, arena);
        if (problem) {
            report_error(diagnostics, 1107, "%.*s(%.*s): %s", TEXT_ARGUMENT(archive->path), TEXT_ARGUMENT(member.name),
                         problem);
            is_good = false;
        }
    }
    archive->symbols = symbols.items;
    archive->symbol_count = symbols.count;
    return is_good && step == ARCHIVE_STEP_END;
}
