// Binding: an object says which names it defines and which it asks for. All objects do so at the same time; who wins a
// name is decided by rank, and a COMDAT whose leader loses takes its section out at once, so that most copies of inline
// functions are never looked at again.
#include <stdatomic.h>

#include "common/parallel.h"
#include "linker/input/import.h"
#include "linker/input/input.h"
#include "linker/input/object_reader.h"
#include "linker/link.h"
#include "linker/symbols/resolution.h"
#include "linker/symbols/symbols.h"
#include "linker/time_report.h"

// Claims a symbol for a definition. Returns false where a better one is there already; the reverse is certain only when
// all have claimed. Two definitions of which one is not a COMDAT of selection ANY are looked at later, by name
// (comdat.c).
static bool symbol_claim(struct link *link, struct symbol *symbol, uint64_t rank)
{
    uint64_t seen = atomic_load_explicit(&symbol->rank, memory_order_relaxed);
    while (rank < seen && !atomic_compare_exchange_weak_explicit(&symbol->rank, &seen, rank, memory_order_relaxed,
                                                                 memory_order_relaxed)) {
    }
    // `seen` is now what was there before, or what was better.
    if (rank_kind(seen) == SYMBOL_DEFINED && rank_kind(rank) == SYMBOL_DEFINED && !(seen & rank & SYMBOL_RANK_ANY) &&
        rank_order(seen) != SYMBOL_ORDER_SYNTHETIC)
        array_push(link_arena(link), &link->resolution->contested[thread_index()], symbol);
    return rank < seen;
}

static void symbol_ask(struct symbol *symbol, uint32_t object_order)
{
    uint32_t seen = atomic_load_explicit(&symbol->first_reference, memory_order_relaxed);
    while (object_order < seen && !atomic_compare_exchange_weak_explicit(&symbol->first_reference, &seen, object_order,
                                                                         memory_order_relaxed, memory_order_relaxed)) {
    }
}

// A static symbol with an auxiliary section definition tells a COMDAT's selection and, for an associative one, what it
// belongs to.
static bool bind_section_definition(struct link *link, struct object *object, uint32_t index, uint32_t number)
{
    const struct coff_aux_section *aux = object_auxiliary_at(object, index, 0);
    struct section_claim *claim = &object->claims[number];
    if (!aux || !claim->is_for_image || !(le32_get(object_header(object, number)->characteristics) & SECTION_COMDAT))
        return true;
    if (aux->selection < COMDAT_NO_DUPLICATES || aux->selection > COMDAT_NEWEST) {
        report_error(link->diagnostics, 1143,
                     "%.*s: invalid or corrupt object: section %u has the COMDAT selection %u, which does not exist",
                     TEXT_ARGUMENT(object->display), number, aux->selection);
        return false;
    }
    claim->selection = aux->selection;
    if (aux->selection != COMDAT_ASSOCIATIVE)
        return true;
    uint32_t parent = le16_get(aux->number_low);
    if (object->is_bigobj)
        parent |= (uint32_t)le16_get(aux->number_high) << 16;
    if (parent == 0 || parent > object->section_count || parent == number) {
        report_error(link->diagnostics, 1143,
                     "%.*s: invalid or corrupt object: section %u is associated with section %u, which does not exist",
                     TEXT_ARGUMENT(object->display), number, parent);
        return false;
    }
    claim->link = parent;
    // What belongs to something that never comes into the image (debug information) does not either.
    claim->is_discarded |= !object->claims[parent].is_for_image;
    return true;
}

static void bind_weak_external(struct link *link, struct object *object, uint32_t index, struct symbol *symbol)
{
    const struct coff_aux_weak_external *aux = object_auxiliary_at(object, index, 0);
    uint32_t tag = aux ? le32_get(aux->tag_index) : UINT32_MAX;
    if (tag >= object->symbol_count) {
        report_error(link->diagnostics, 1235,
                     "%.*s: invalid or corrupt object: weak external %.*s has no default symbol",
                     TEXT_ARGUMENT(object->display), TEXT_ARGUMENT(symbol_display(link, symbol)));
        return;
    }
    symbol_claim(link, symbol, symbol_rank_of(SYMBOL_WEAK, object->order, index));
    symbol_ask(symbol, object->order);
    // A default that is a weak external or undefined is asked for by its own record.
}

static bool section_number_is_valid(struct link *link, struct object *object, uint32_t index, int32_t number)
{
    if (number >= COFF_DEBUG && number <= (int64_t)object->section_count)
        return true;
    struct text name = object_symbol_name(object, index);
    report_error(link->diagnostics, 1235,
                 "%.*s: invalid or corrupt object: symbol %u (%.*s) is in section %d, which does not exist",
                 TEXT_ARGUMENT(object->display), index, TEXT_ARGUMENT(name), number);
    return false;
}

// The first symbol of a COMDAT section behind its definition is its leader: the name under which copies are compared.
static void bind_leader(struct section_claim *claim, uint32_t index)
{
    if (claim->selection && claim->selection != COMDAT_ASSOCIATIVE && !claim->link)
        claim->link = index + 1;
}

// An external name in a section. A COMDAT's leader that finds its name taken by a better one takes its section out.
static void bind_definition(struct link *link, struct object *object, uint32_t index,
                            const struct object_symbol *record, struct symbol *symbol)
{
    uint64_t rank = symbol_rank_of(SYMBOL_DEFINED, object->order, index);
    struct section_claim *claim = record->section_number > 0 ? &object->claims[record->section_number] : NULL;
    if (claim && claim->selection == COMDAT_ANY)
        rank |= SYMBOL_RANK_ANY;
    if (!symbol_claim(link, symbol, rank) && claim && section_claim_leader(claim) == index + 1)
        claim->is_discarded = true;
}

static void bind_external(struct link *link, struct object *object, uint32_t index, struct symbol *symbol)
{
    struct object_symbol record = object_symbol_fields(object, index);
    object->names[index] = (uint64_t)(uintptr_t)symbol;
    if (record.storage_class == STORAGE_WEAK_EXTERNAL && record.section_number == COFF_UNDEFINED) {
        bind_weak_external(link, object, index, symbol);
    } else if (record.section_number != COFF_UNDEFINED) {
        bind_definition(link, object, index, &record, symbol);
    } else {
        if (record.value) {
            symbol_claim(link, symbol, symbol_rank_of(SYMBOL_COMMON, object->order, index));
            array_push(link_arena(link), &link->resolution->commons[thread_index()],
                       ((struct common){symbol, record.value}));
        }
        symbol_ask(symbol, object->order);
    }
}

// External names of an object, gathered until there are enough to look up together.
struct external_batch {
    uint32_t indexes[SYMBOL_BATCH];
    struct text names[SYMBOL_BATCH];
    size_t count;
};

static void externals_bind(struct link *link, struct object *object, struct external_batch *batch)
{
    struct symbol *symbols[SYMBOL_BATCH];
    symbol_intern_batch(link, batch->names, symbols, batch->count);
    for (size_t i = 0; i < batch->count; i++)
        bind_external(link, object, batch->indexes[i], symbols[i]);
    batch->count = 0;
}

static void external_add(struct link *link, struct object *object, struct external_batch *batch, uint32_t index,
                         struct text name)
{
    batch->indexes[batch->count] = index;
    batch->names[batch->count++] = name;
    if (batch->count == SYMBOL_BATCH)
        externals_bind(link, object, batch);
}

// A symbol in a section of its object: a section's definition, or a name in it.
static bool bind_to_section(struct link *link, struct object *object, uint32_t index,
                            const struct object_symbol *record)
{
    struct section_claim *claim = &object->claims[record->section_number];
    bool is_static = record->storage_class == STORAGE_STATIC;
    if (is_static && record->aux_count && record->value == 0 && !claim->selection)
        return bind_section_definition(link, object, index, (uint32_t)record->section_number);
    if (is_static || record->storage_class == STORAGE_EXTERNAL || record->storage_class == STORAGE_WEAK_EXTERNAL)
        bind_leader(claim, index);
    return true;
}

// Absolute symbols by which compilers say something of the object itself (PE format, "The @feat.00 symbol"; @comp.id is
// who compiled it). They name nothing, whatever their storage class.
static bool bind_object_fact(struct object *object, struct text name, const struct object_symbol *record)
{
    if (text_equal(name, TEXT("@feat.00")))
        object->features = record->value;
    return text_equal(name, TEXT("@feat.00")) || text_equal(name, TEXT("@comp.id"));
}

static bool record_complain(struct link *link, const struct object *object, uint32_t index, const char *form)
{
    report_error(link->diagnostics, 1235, form, TEXT_ARGUMENT(object->display), index);
    return false;
}

// An external name of the object, or what the compiler says of it under an external's storage class.
static bool bind_name(struct link *link, struct object *object, struct external_batch *batch, uint32_t index,
                      const struct object_symbol *record)
{
    if (!record->name.size)
        return record_complain(link, object, index,
                               "%.*s: invalid or corrupt object: symbol %u has no name in the string table");
    if (record->section_number != COFF_ABSOLUTE || !bind_object_fact(object, record->name, record))
        external_add(link, object, batch, index, record->name);
    return true;
}

static bool is_external(const struct object_symbol *record)
{
    return record->storage_class == STORAGE_EXTERNAL || record->storage_class == STORAGE_WEAK_EXTERNAL;
}

// Reads all symbol records; false where one lies.
//
// All names together may be no longer than an object justifies. Names may overlap (the tail of one is another), and a
// small file can so ask for a million names of a megabyte: each pass over names would take longer than any link. Honest
// objects have a string for each name, or share a few.
static bool bind_records(struct link *link, struct object *object, struct external_batch *batch)
{
    uint64_t names_left = ((uint64_t)4 << 20) + (uint64_t)16 * object->content.size;
    for (uint32_t index = 0; index < object->symbol_count; index++) {
        struct object_symbol record = object_symbol_fields(object, index);
        if (record.aux_count >= object->symbol_count - index)
            return record_complain(link, object, index,
                                   "%.*s: invalid or corrupt object: symbol table ends inside symbol %u");
        // Names of sections' symbols are read by nobody here, and most are short.
        if (is_external(&record) || object_symbol_has_long_name(object, index) ||
            record.section_number == COFF_ABSOLUTE)
            record.name = object_symbol_name(object, index);
        if (record.name.size > names_left) {
            report_error(link->diagnostics, 1136,
                         "%.*s: invalid or corrupt object: its symbols' names take far more room than the file has",
                         TEXT_ARGUMENT(object->display));
            return false;
        }
        names_left -= record.name.size;
        if (!section_number_is_valid(link, object, index, record.section_number) ||
            (record.section_number > 0 && !bind_to_section(link, object, index, &record)))
            return false;
        if (is_external(&record)) {
            if (!bind_name(link, object, batch, index, &record))
                return false;
        } else if (record.section_number == COFF_ABSOLUTE) {
            bind_object_fact(object, record.name, &record);
        }
        index += record.aux_count;
    }
    return true;
}

static void bind_coff_object(struct link *link, struct object *object)
{
    struct external_batch batch = {.count = 0};
    uint64_t begin = time_slice_begin(link);
    bool is_read = object_read_tables(link, object);
    time_slice_end(link, begin, "parse", object->display);
    if (!is_read)
        return;
    bind_records(link, object, &batch);
    externals_bind(link, object, &batch);
    object_tables_return(object);
}

static void bind_import(struct link *link, struct object *object)
{
    struct arena *arena = link_arena(link);
    struct import *import = object->import;
    struct text name = import->header.symbol;
    import->slot_symbol = symbol_intern(link, text_format(arena, "__imp_%.*s", TEXT_ARGUMENT(name)));
    symbol_claim(link, import->slot_symbol, symbol_rank_of(SYMBOL_DEFINED, object->order, IMPORT_SLOT_INDEX));
    if (import->header.type == IMPORT_DATA)
        return;
    import->symbol = symbol_intern(link, name);
    symbol_claim(link, import->symbol, symbol_rank_of(SYMBOL_DEFINED, object->order, IMPORT_SYMBOL_INDEX));
}

void objects_bind(struct link *link, size_t first)
{
    size_t count = link->objects.count;
#pragma omp parallel for schedule(dynamic, 4) if (count - first > 8)
    for (size_t i = first; i < count; i++) {
        struct object *object = link->objects.items[i];
        diagnostics_set_order(link->diagnostics, i);
        if (object->is_failed)
            continue;
        uint64_t begin = time_slice_begin(link);
        if (object->import)
            bind_import(link, object);
        else
            bind_coff_object(link, object);
        time_slice_end(link, begin, "bind", object->display);
    }
}
