// A function or a template that many objects carry is in a COMDAT section, and one copy goes into the image. Which, the
// section's selection says (PE format, "COMDAT Sections"): any, one of the same size, one with the same bytes, the
// largest; "no duplicates" and an ordinary definition tolerate no second one (LNK2005).
//
// Binding has decided the usual case already: the first object wins, and later leaders took their sections out. What is
// left is to compare where a selection asks for it, and then, for each object by itself when its sections are kept, to
// take out those that lost to one that claimed later but ranks before them, and to let associated sections (unwind data,
// debug information) follow what they belong to.
#include <stdlib.h>

#include "linker/input/import.h"
#include "linker/input/object_reader.h"
#include "linker/link.h"
#include "linker/symbols/resolution.h"
#include "linker/symbols/symbols.h"

static uint32_t definition_section_number(const struct definition *definition)
{
    if (definition->object->import)
        return 0;
    int32_t number = object_symbol_fields(definition->object, definition->index).section_number;
    return number > 0 ? (uint32_t)number : 0;
}

struct section_claim *definition_claim(const struct definition *definition)
{
    uint32_t number = definition_section_number(definition);
    return number ? &definition->object->claims[number] : NULL;
}

static int definition_compare(const void *a, const void *b)
{
    const struct definition *x = a, *y = b;
    if (x->symbol != y->symbol)
        return text_compare(symbol_name(x->symbol), symbol_name(y->symbol));
    if (x->object != y->object)
        return x->object->order < y->object->order ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static void definitions_of_object(struct object *object, struct arena *arena, definition_array *out)
{
    if (object->import && !object->is_failed) {
        struct symbol *symbols[2] = {object->import->slot_symbol, object->import->symbol};
        for (uint32_t i = 0; i < 2; i++)
            if (symbols[i] && symbols[i]->is_contested)
                array_push(arena, out, ((struct definition){symbols[i], object, i}));
    }
    for (uint32_t index = 0; index < object->symbol_count; index++) {
        struct symbol *symbol = object_global(object, index);
        if (!symbol || !symbol->is_contested)
            continue;
        if (object_symbol_fields(object, index).section_number != COFF_UNDEFINED)
            array_push(arena, out, ((struct definition){symbol, object, index}));
    }
}

definition_array definitions_gather(struct link *link)
{
    struct arena *arena = link_arena(link);
    definition_array all = {0};
    for (size_t i = 0; i < link->objects.count; i++)
        definitions_of_object(link->objects.items[i], arena, &all);
    if (all.count)
        qsort(all.items, all.count, sizeof *all.items, definition_compare);
    return all;
}

static void duplicate_report(struct link *link, const struct definition *first, const struct definition *second)
{
    const char *form = "duplicate symbol: %.*s\n>>> defined at %.*s\n>>> defined at %.*s";
    struct text name = symbol_display(link, first->symbol);
    struct text a = first->object->display, b = second->object->display;
    if (link->options.force_multiple)
        report_warning(link->diagnostics, 4006, form, TEXT_ARGUMENT(name), TEXT_ARGUMENT(a), TEXT_ARGUMENT(b));
    else
        report_error(link->diagnostics, 2005, form, TEXT_ARGUMENT(name), TEXT_ARGUMENT(a), TEXT_ARGUMENT(b));
}

static uint32_t definition_size(const struct definition *definition)
{
    uint32_t number = definition_section_number(definition);
    return number ? le32_get(object_header(definition->object, number)->raw_size) : 0;
}

static bool definitions_have_same_bytes(const struct definition *a, const struct definition *b)
{
    struct bytes x = object_section_content(a->object, definition_section_number(a));
    struct bytes y = object_section_content(b->object, definition_section_number(b));
    return definition_size(a) == definition_size(b) && x.size == y.size &&
           (x.size == 0 || memcmp(x.data, y.data, x.size) == 0);
}

static bool either_is(uint8_t a, uint8_t b, enum comdat_selection selection)
{
    return a == selection || b == selection;
}

// Whether a second definition is allowed beside the winner.
static bool definitions_agree(const struct definition *winner, const struct definition *other)
{
    const struct section_claim *a = definition_claim(winner), *b = definition_claim(other);
    if (!a && !b && !winner->object->import && !other->object->import)
        return object_symbol_fields(winner->object, winner->index).value ==
               object_symbol_fields(other->object, other->index).value;
    if (!a || !b || !a->selection || !b->selection)
        return false;
    if (a->selection == COMDAT_ASSOCIATIVE || b->selection == COMDAT_ASSOCIATIVE)
        return true;
    if (either_is(a->selection, b->selection, COMDAT_NO_DUPLICATES))
        return false;
    if (either_is(a->selection, b->selection, COMDAT_EXACT_MATCH))
        return definitions_have_same_bytes(winner, other);
    if (either_is(a->selection, b->selection, COMDAT_SAME_SIZE))
        return definition_size(winner) == definition_size(other);
    return true;
}

static uint32_t definition_timestamp(const struct definition *definition)
{
    return definition->object->timestamp; // 0 of an import
}

static bool any_is(const struct definition *definitions, size_t count, enum comdat_selection selection)
{
    for (size_t i = 0; i < count; i++) {
        const struct section_claim *claim = definition_claim(&definitions[i]);
        if (claim && claim->selection == selection)
            return true;
    }
    return false;
}

static size_t definitions_maximum(const struct definition *definitions, size_t count,
                                  uint32_t (*measure)(const struct definition *))
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (measure(&definitions[i]) > measure(&definitions[best]))
            best = i;
    return best;
}

// The winner among definitions of one symbol: the first, unless a selection of "largest" or "newest" is among them. Age
// is told by the timestamps of the objects (winnt.h has the selection, the PE format does not say more; compilers don't
// write it).
static size_t definitions_winner(const struct definition *definitions, size_t count)
{
    if (any_is(definitions, count, COMDAT_LARGEST))
        return definitions_maximum(definitions, count, definition_size);
    if (any_is(definitions, count, COMDAT_NEWEST))
        return definitions_maximum(definitions, count, definition_timestamp);
    return 0;
}

static void definitions_decide(struct link *link, const struct definition *definitions, size_t count)
{
    size_t winner = definitions_winner(definitions, count);
    for (size_t i = 0; i < count; i++) {
        const struct definition *definition = &definitions[i];
        struct section_claim *claim = definition_claim(definition);
        if (claim && section_claim_leader(claim) == definition->index + 1)
            claim->is_discarded = i != winner;
        if (i != winner && !definitions_agree(&definitions[winner], definition))
            duplicate_report(link, &definitions[winner], definition);
    }
    struct symbol *symbol = definitions[winner].symbol;
    symbol->rank = symbol_rank_of(SYMBOL_DEFINED, definitions[winner].object->order, definitions[winner].index);
    symbol->is_contested = false;
}

static void contested_decide(struct link *link)
{
    size_t contested = 0;
    for (int thread = 0; thread < link->thread_count; thread++) {
        symbol_array *list = &link->resolution->contested[thread];
        contested += list->count;
        for (size_t i = 0; i < list->count; i++)
            list->items[i]->is_contested = true;
    }
    if (!contested)
        return;
    definition_array all = definitions_gather(link);
    for (size_t i = 0; i < all.count;) {
        size_t end = i + 1;
        while (end < all.count && all.items[end].symbol == all.items[i].symbol)
            end++;
        definitions_decide(link, &all.items[i], end - i);
        i = end;
    }
}

// Leaders that claimed first and were overtaken by an object before theirs.
static void overtaken_discard(struct object *object)
{
    for (uint32_t number = 1; number <= object->section_count; number++) {
        struct section_claim *claim = &object->claims[number];
        uint32_t leader = section_claim_leader(claim);
        if (!leader || claim->is_discarded)
            continue;
        const struct symbol *symbol = object_global(object, leader - 1);
        if (symbol && (rank_order(symbol->rank) != object->order || rank_index(symbol->rank) != leader - 1))
            claim->is_discarded = true;
    }
}

// Whether what an associated section belongs to, and what that belongs to, is discarded. A circle ends after as many
// steps as there can be.
static bool parent_is_discarded(const struct object *object, uint32_t number)
{
    for (unsigned steps = 0; section_claim_parent(&object->claims[number]) && steps < 64; steps++) {
        number = section_claim_parent(&object->claims[number]);
        if (object->claims[number].is_discarded)
            return true;
    }
    return false;
}

static void associates_discard(struct object *object)
{
    for (uint32_t number = 1; number <= object->section_count; number++)
        if (parent_is_discarded(object, number))
            object->claims[number].is_discarded = true;
}

// What MinGW's unwind sections belong to is told by their names.
static void unwind_sections_associate(struct link *link, struct object *object)
{
    if (object_tables_borrow(link, object, TABLE_HEADERS | TABLE_STRINGS))
        mingw_unwind_sections_associate(object);
    object_tables_return(object);
}

void comdats_select(struct link *link)
{
    contested_decide(link);
    diagnostics_flush(link->diagnostics);
}

void object_comdats_discard(struct link *link, struct object *object)
{
    overtaken_discard(object);
    if (link->options.mingw)
        unwind_sections_associate(link, object);
    associates_discard(object);
}
