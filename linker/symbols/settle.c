// Every symbol becomes a place: a chunk and an offset in it, or an absolute value. From here on a relocation costs two
// loads.
//
// The order of the rules: who has the smallest rank is it; a common symbol without a definition gets zeroed room, as
// large as the largest that was asked for; a weak external or an alternate name stands for its default; `__imp_name` of
// a name that is defined in this image is a pointer to it, made here, with link.exe's warning LNK4217, because code
// compiled for dllimport works that way, only slower.
#include <stdatomic.h>
#include <stdlib.h>

#include "common/parallel.h"
#include "linker/input/import.h"
#include "linker/input/object.h"
#include "linker/link.h"
#include "linker/symbols/resolution.h"
#include "linker/symbols/symbols.h"
#include "linker/target/target.h"

// --- what a relocation means ---

struct place object_symbol_place(const struct object *object, uint32_t symbol_index)
{
    uint64_t name = object_name(object, symbol_index);
    const struct symbol *symbol = name_global(name);
    if (symbol)
        return (struct place){symbol->chunk, symbol->value, symbol->is_absolute, symbol->is_function, symbol};
    if (!name_is_local(name))
        return (struct place){0};
    struct local_place local = name_local(name);
    struct chunk *chunk = local.kept ? &object->kept[local.kept - 1].chunk : NULL;
    return (struct place){chunk, local.value, !chunk, local.is_function, NULL};
}

struct section *relocation_target_section(const struct object *object, uint32_t symbol_index)
{
    struct chunk *chunk = object_symbol_place(object, symbol_index).chunk;
    return chunk && chunk->is_section ? section_of_chunk(chunk) : NULL;
}

// What a local symbol's record names: a place in a kept section, or a value; nothing where it is in what can't be in the
// image.
static uint64_t local_name(const struct object *object, const struct object_symbol *record)
{
    const struct section *section = object_section(object, record->section_number);
    if (!section && record->section_number != COFF_ABSOLUTE)
        return 0;
    return name_of_local((struct local_place){
        .value = record->value,
        .kept = section ? (uint32_t)(section - object->kept) + 1 : 0,
        .is_function = section && record->type == COFF_TYPE_FUNCTION,
    });
}

// --- winners ---

static void symbol_settle_import(struct symbol *symbol, struct import *import, uint32_t index)
{
    symbol->kind = SYMBOL_DEFINED;
    symbol->is_import = true;
    symbol->chunk = &import->slot;
    if (index == IMPORT_SLOT_INDEX)
        return;
    // A constant is read where the loader wrote its address: its name is the slot (PE format, IMPORT_CONST).
    if (import->header.type == IMPORT_CODE) {
        symbol->chunk = &import->thunk;
        symbol->is_function = true;
    }
}

// False where the winner's section was discarded: a name in a COMDAT that another object's copy does not have.
static bool symbol_settle_definition(struct link *link, struct symbol *symbol, uint64_t rank)
{
    struct object *object = link->objects.items[rank_order(rank)];
    if (object->import) {
        symbol_settle_import(symbol, object->import, rank_index(rank));
        return true;
    }
    struct object_symbol record = object_symbol_fields(object, rank_index(rank));
    symbol->kind = SYMBOL_DEFINED;
    symbol->is_function = record.type == COFF_TYPE_FUNCTION;
    symbol->value = record.value;
    if (record.section_number <= 0) {
        symbol->is_absolute = true;
        return true;
    }
    struct section *section = object_section(object, record.section_number);
    if (!section && object->claims[record.section_number].is_discarded)
        return false;
    symbol->chunk = section ? &section->chunk : NULL;
    symbol->is_absolute = !section; // in debug information: an offset and no address
    return true;
}

static void winner_settle(struct link *link, struct symbol *symbol, uint64_t rank)
{
    if (!symbol_settle_definition(link, symbol, rank))
        array_push(link_arena(link), &link->resolution->orphans[thread_index()], symbol);
}

static bool symbol_has_rank(const struct symbol *symbol, const struct object *object, uint32_t index)
{
    uint64_t rank = atomic_load_explicit(&symbol->rank, memory_order_relaxed);
    return rank_kind(rank) == SYMBOL_DEFINED && rank_order(rank) == object->order && rank_index(rank) == index;
}

static void import_settle(struct object *object)
{
    struct import *import = object->import;
    if (import->slot_symbol && symbol_has_rank(import->slot_symbol, object, IMPORT_SLOT_INDEX))
        symbol_settle_import(import->slot_symbol, import, IMPORT_SLOT_INDEX);
    if (import->symbol && symbol_has_rank(import->symbol, object, IMPORT_SYMBOL_INDEX))
        symbol_settle_import(import->symbol, import, IMPORT_SYMBOL_INDEX);
}

void object_places_settle(struct link *link, struct object *object)
{
    if (object->import) {
        import_settle(object);
        return;
    }
    uint8_t aux_count;
    for (uint64_t index = 0; index < object->symbol_count; index += (uint64_t)1 + aux_count) {
        struct object_symbol record = object_symbol_fields(object, (uint32_t)index);
        struct symbol *symbol = object_global(object, (uint32_t)index);
        aux_count = record.aux_count;
        if (!symbol)
            object->names[index] = local_name(object, &record);
        else if (record.section_number != COFF_UNDEFINED && symbol_has_rank(symbol, object, (uint32_t)index))
            winner_settle(link, symbol, symbol->rank);
    }
}

// Names whose winner was discarded: the first definition that is kept is taken instead; without one they are undefined.
static void orphans_settle(struct link *link)
{
    const symbol_array *orphans = link->resolution->orphans;
    size_t count = 0;
    for (int thread = 0; thread < link->thread_count; thread++)
        for (size_t i = 0; i < orphans[thread].count; i++, count++) {
            struct symbol *symbol = orphans[thread].items[i];
            symbol->is_contested = true;
            symbol->kind = SYMBOL_UNDEFINED;
            symbol->chunk = NULL;
        }
    if (!count)
        return;
    definition_array all = definitions_gather(link);
    for (size_t i = 0; i < all.count; i++) {
        const struct definition *definition = &all.items[i];
        const struct section_claim *claim = definition_claim(definition);
        if (!definition->symbol->is_contested || (claim && claim->is_discarded))
            continue;
        definition->symbol->is_contested = false;
        definition->symbol->rank = symbol_rank_of(SYMBOL_DEFINED, definition->object->order, definition->index);
        symbol_settle_definition(link, definition->symbol, definition->symbol->rank);
    }
}

// --- defaults ---

enum { ALIAS_STEPS_MAX = 4096 };

// The end of a chain of defaults: `symbol` becomes what it stands for. A chain that leads back to itself defines
// nothing: it is cut here, so that this name is reported, and chains that lead to it end.
static void alias_settle(struct link *link, struct symbol *symbol)
{
    struct place place = {0};
    struct symbol *at = symbol;
    for (unsigned steps = 0;; steps++) {
        if (steps == ALIAS_STEPS_MAX) {
            symbol->kind = SYMBOL_UNDEFINED;
            symbol->alias = NULL;
            break;
        }
        if (at != symbol && symbol_is_defined(at)) {
            place = (struct place){at->chunk, at->value, at->is_absolute, at->is_function, at};
            break;
        }
        if (at->kind == SYMBOL_WEAK) {
            const struct object *object = link->objects.items[rank_order(at->rank)];
            const struct coff_aux_weak_external *aux = object_auxiliary_at(object, rank_index(at->rank), 0);
            uint32_t tag = le32_get(aux->tag_index);
            if (!object_global(object, tag)) {
                place = object_symbol_place(object, tag);
                break;
            }
            at->alias = object_global(object, tag);
        }
        if (!at->alias)
            break;
        at = at->alias;
    }
    if (!place.chunk && !place.is_absolute)
        return;
    symbol->kind = SYMBOL_DEFINED;
    symbol->chunk = place.chunk;
    symbol->value = place.value;
    symbol->is_absolute = place.is_absolute;
    symbol->is_function = place.is_function;
    symbol->is_import = place.symbol && place.symbol->is_import;
}

struct symbol *symbol_resolve(struct symbol *symbol)
{
    for (unsigned steps = 0; symbol->alias && steps < 64; steps++)
        symbol = symbol->alias;
    return symbol;
}

static int symbol_compare(const void *a, const void *b)
{
    return text_compare(symbol_name(*(struct symbol *const *)a), symbol_name(*(struct symbol *const *)b));
}

// What no definition has settled: the symbol's kind is that of its winner. Gives those that need a rule, by name.
static symbol_array symbols_left(struct link *link)
{
    symbol_array left = {0};
    for (size_t list = 0; list < symbol_table_list_count(link); list++) {
        const symbol_array *symbols = symbol_table_list(link, list);
        for (size_t i = 0; i < symbols->count; i++) {
            struct symbol *symbol = symbols->items[i];
            if (symbol->kind == SYMBOL_DEFINED)
                continue;
            enum symbol_kind kind = rank_kind(atomic_load_explicit(&symbol->rank, memory_order_relaxed));
            symbol->kind = (uint8_t)(kind == SYMBOL_DEFINED ? SYMBOL_UNDEFINED : kind); // an orphan's was defined
            if (symbol->kind != SYMBOL_COMMON)
                array_push(link_arena(link), &left, symbol);
        }
    }
    if (left.count)
        qsort(left.items, left.count, sizeof *left.items, symbol_compare);
    return left;
}

void symbols_settle(struct link *link)
{
    orphans_settle(link);
    symbol_array left = symbols_left(link);
    commons_settle(link);
    for (size_t i = 0; i < left.count; i++)
        alias_settle(link, left.items[i]);
    local_imports_settle(link, &left);
    diagnostics_flush(link->diagnostics);
}

void symbols_create_chunks(struct link *link)
{
    commons_create_chunks(link);
    local_imports_create_chunks(link);
}

uint64_t symbol_rva(const struct link *link, const struct symbol *symbol)
{
    return symbol->chunk ? symbol->chunk->rva + symbol->value : symbol->value - link->image_base;
}
