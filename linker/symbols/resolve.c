// Resolution. Each object says what it defines and what it asks for (bind, in parallel); directives may name more libraries; libraries
// are searched for what nobody defines; members that define it are pulled and bound like any object; and so on until a round adds nothing.
//
// Order of search (link.exe, ".lib files as linker input"): what an object asks for is looked up in the libraries in their order; what a
// member asks for is looked up in its own library first, then in those behind it, then from the beginning. Members that one
// round pulls become objects in the order of library and member, so that the outcome depends on no thread.
#include <stdatomic.h>
#include <stdlib.h>

#include "common/archive.h"
#include "common/parallel.h"
#include "linker/gnu/gnu.h"
#include "linker/input/import.h"
#include "linker/input/input.h"
#include "linker/link.h"
#include "linker/symbols/resolution.h"
#include "linker/symbols/symbol_table.h"
#include "linker/symbols/symbols.h"
#include "linker/synthesize/synthesize.h"

// Claims a symbol for a definition. Returns false where a better one is there already; the reverse is certain only when all have
// claimed. Two definitions of which one is not a COMDAT of selection ANY are looked at later, by name (comdat.c).
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

struct symbol *symbol_require(struct link *link, struct text name)
{
    struct symbol *symbol = symbol_intern(link, name);
    symbol->is_used = true;
    return symbol;
}

// --- binding: one object ---

// A static symbol with an auxiliary section definition tells a COMDAT's selection and, for an associative one, what it belongs to.
static bool bind_section_definition(struct link *link, struct object *object, uint32_t index, uint32_t number)
{
    const struct coff_aux_section *aux = object_auxiliary_at(object, index, 0);
    struct section_claim *claim = &object->claims[number];
    if (!aux || !claim->is_for_image || !(le32_get(object->headers[number - 1].characteristics) & SECTION_COMDAT))
        return true;
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
                     TEXT_ARGUMENT(object->display), TEXT_ARGUMENT(symbol_name(symbol)));
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
    *object_global_slot(object, index) = symbol;
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

static void external_add(struct link *link, struct object *object, struct external_batch *batch, uint32_t index)
{
    batch->indexes[batch->count] = index;
    batch->names[batch->count++] = object_symbol_name(object, index);
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

// Reads all symbol records; false where one lies.
static bool bind_records(struct link *link, struct object *object, struct external_batch *batch)
{
    for (uint32_t index = 0; index < object->symbol_count; index++) {
        struct object_symbol record = object_symbol_fields(object, index);
        if (record.aux_count >= object->symbol_count - index) {
            report_error(link->diagnostics, 1235, "%.*s: invalid or corrupt object: symbol table ends inside symbol %u",
                         TEXT_ARGUMENT(object->display), index);
            return false;
        }
        if (!section_number_is_valid(link, object, index, record.section_number) ||
            (record.section_number > 0 && !bind_to_section(link, object, index, &record)))
            return false;
        if (record.storage_class == STORAGE_EXTERNAL || record.storage_class == STORAGE_WEAK_EXTERNAL)
            external_add(link, object, batch, index);
        else if (record.section_number == COFF_ABSOLUTE &&
                 text_equal(object_symbol_name(object, index), TEXT("@feat.00")))
            object->features = record.value;
        index += record.aux_count;
    }
    return true;
}

static void bind_coff_object(struct link *link, struct object *object)
{
    struct external_batch batch = {.count = 0};
    bind_records(link, object, &batch);
    externals_bind(link, object, &batch);
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

static void bind_objects(struct link *link, size_t first)
{
    size_t count = link->objects.count;
#pragma omp parallel for schedule(dynamic, 4) if (count - first > 8)
    for (size_t i = first; i < count; i++) {
        struct object *object = link->objects.items[i];
        diagnostics_set_order(link->diagnostics, i);
        if (object->is_failed)
            continue;
        if (object->import)
            bind_import(link, object);
        else
            bind_coff_object(link, object);
    }
}

// --- directives ---

// What is new among the names that options ask for: each list is walked once, from where the last round stopped.
static void requests_apply(struct link *link)
{
    struct options *options = &link->options;
    struct resolution *done = link->resolution;
    for (; done->includes_seen < options->includes.count; done->includes_seen++)
        symbol_require(link, options->includes.items[done->includes_seen]);
    for (; done->default_libraries_seen < options->default_libraries.count; done->default_libraries_seen++)
        input_add_default_library(link, options->default_libraries.items[done->default_libraries_seen]);
    exports_require(link);
    synthesized_symbols_require(link);
}

static void directives_read(struct link *link, size_t first)
{
    for (size_t i = first; i < link->objects.count; i++) {
        struct object *object = link->objects.items[i];
        if (object->directives.size && !object->is_failed)
            options_read_directives(&link->options, object->directives, object->display, link_arena(link),
                                    link->diagnostics);
    }
    requests_apply(link);
}

// --- libraries ---

struct pull { // a member that a round wants
    uint32_t library;
    uint64_t header_offset;
};

static int pull_compare(const void *a, const void *b)
{
    const struct pull *x = a, *y = b;
    if (x->library != y->library)
        return x->library < y->library ? -1 : 1;
    return x->header_offset < y->header_offset ? -1 : x->header_offset > y->header_offset;
}

// Searches the libraries from `start` on, in a circle. An offset of 0: nobody has it.
static struct pull libraries_find(const struct link *link, struct text name, uint64_t hash, uint32_t start)
{
    size_t count = link->libraries.count;
    for (size_t i = 0; i < count; i++) {
        size_t at = (start + i) % count;
        uint64_t offset = archive_find(link->libraries.items[at]->archive, name, hash);
        if (offset)
            return (struct pull){(uint32_t)at, offset};
    }
    return (struct pull){0, 0};
}

// Undefined and asked for; a weak external only when its record wants libraries searched (PE format, "Weak Externals": NOLIBRARY and
// ALIAS don't).
static bool symbol_wants_library(struct link *link, struct symbol *symbol)
{
    uint64_t rank = atomic_load_explicit(&symbol->rank, memory_order_relaxed);
    uint32_t reference = atomic_load_explicit(&symbol->first_reference, memory_order_relaxed);
    if (symbol->is_library_searched || rank_kind(rank) < SYMBOL_WEAK || (reference == UINT32_MAX && !symbol->is_used))
        return false;
    if (rank_kind(rank) == SYMBOL_UNDEFINED)
        return true;
    const struct object *object = link->objects.items[rank_order(rank)];
    const struct coff_aux_weak_external *aux = object_auxiliary_at(object, rank_index(rank), 0);
    return le32_get(aux->characteristics) == WEAK_SEARCH_LIBRARY;
}

static struct pull symbol_find_member(struct link *link, struct symbol *symbol)
{
    uint32_t reference = atomic_load_explicit(&symbol->first_reference, memory_order_relaxed);
    uint32_t start = reference == UINT32_MAX ? 0 : link->objects.items[reference]->library_order;
    return libraries_find(link, symbol_name(symbol), symbol->hash, start == UINT32_MAX ? 0 : start);
}

// One round: every symbol that wants it is looked up, members are pulled in order. Returns whether any was new.
static bool libraries_search(struct link *link)
{
    if (!link->libraries.count)
        return false;
    array_of(struct pull) pulls = {0};
    struct arena *arena = link_arena(link);
    for (size_t list = 0; list < symbol_table_list_count(link); list++) {
        const symbol_array *symbols = symbol_table_list(link, list);
        for (size_t i = 0; i < symbols->count; i++) {
            struct symbol *symbol = symbols->items[i];
            if (!symbol_wants_library(link, symbol))
                continue;
            symbol->is_library_searched = true;
            struct pull pull = symbol_find_member(link, symbol);
            if (pull.header_offset)
                array_push(arena, &pulls, pull);
        }
    }
    if (pulls.count)
        qsort(pulls.items, pulls.count, sizeof *pulls.items, pull_compare);
    bool any = false;
    for (size_t i = 0; i < pulls.count; i++) {
        struct pull pull = pulls.items[i];
        any |= input_pull_member(link, link->libraries.items[pull.library], pull.library, pull.header_offset);
    }
    return any;
}

bool symbol_is_available(struct link *link, struct text name)
{
    const struct symbol *symbol = symbol_find(link, name);
    if (symbol && rank_kind(atomic_load_explicit(&symbol->rank, memory_order_relaxed)) < SYMBOL_WEAK)
        return true;
    return libraries_find(link, name, text_hash(name), 0).header_offset != 0;
}

// A library that came late is searched for everything that is still undefined.
static void libraries_were_added(struct link *link)
{
    for (size_t list = 0; list < symbol_table_list_count(link); list++) {
        const symbol_array *symbols = symbol_table_list(link, list);
        for (size_t i = 0; i < symbols->count; i++)
            symbols->items[i]->is_library_searched = false;
    }
}

// --- alternate names ---

// /ALTERNATENAME:from=to: an undefined `from` asks for `to`, which may be in a library. Returns whether anything was asked for.
static bool alternate_names_ask(struct link *link)
{
    bool any = false;
    for (size_t i = 0; i < link->options.alternate_names.count; i++) {
        struct name_pair *pair = &link->options.alternate_names.items[i];
        struct symbol *from = symbol_find(link, pair->from);
        if (!from || from->alias || rank_kind(from->rank) != SYMBOL_UNDEFINED ||
            (from->first_reference == UINT32_MAX && !from->is_used))
            continue;
        from->alias = symbol_require(link, pair->to);
        any = true;
    }
    return any;
}

// /INCLUDEOPTIONAL: asked for like /INCLUDE's names, but only once somebody has them. Returns whether any was asked for.
static bool optional_includes_ask(struct link *link)
{
    bool any = false;
    for (size_t i = 0; i < link->options.optional_includes.count; i++) {
        struct text name = link->options.optional_includes.items[i];
        const struct symbol *symbol = symbol_find(link, name);
        if ((symbol && symbol->is_used) || !symbol_is_available(link, name))
            continue;
        symbol_require(link, name);
        any = true;
    }
    return any;
}

// --- the loop ---

// Objects from `first` on, and everything they ask for, until a round adds nothing.
static void resolve_rounds(struct link *link, size_t first)
{
    for (bool more = true; more;) {
        size_t library_count = link->libraries.count;
        inputs_parse_objects(link, first);
        bind_objects(link, first);
        directives_read(link, first);
        first = link->objects.count;
        inputs_load(link); // parses what it adds itself
        bind_objects(link, first);
        directives_read(link, first);
        first = link->objects.count;
        if (link->libraries.count != library_count)
            libraries_were_added(link);
        more = libraries_search(link) || link->inputs_loaded < link->options.inputs.count;
        if (!more)
            more = alternate_names_ask(link) | optional_includes_ask(link) | gnu_ask_for_imports(link);
    }
}

void symbols_resolve(struct link *link)
{
    link->symbols = symbol_table_create(link);
    link->resolution = arena_new(link_arena(link), struct resolution);
    link->resolution->contested = arena_array(link_arena(link), symbol_array, (size_t)link->thread_count);
    link->resolution->commons = arena_array(link_arena(link), common_array, (size_t)link->thread_count);
    linker_symbols_define(link);
    bind_objects(link, 0);
    directives_read(link, 0);
    resolve_rounds(link, link->objects.count);
    // What the entry point is called depends on what was found so far; asking for it may pull the start-up code.
    entry_infer(link);
    resolve_rounds(link, link->objects.count);
    diagnostics_flush(link->diagnostics);
}
