// Automatic imports. Code compiled without dllimport refers to a variable of a DLL by its own name, and no import
// library can define that: the variable's address is known only when the program runs. GNU's answer (ld,
// "--enable-auto-import"): the reference is linked to the slot of the import address table instead, and a list of such
// places, the pseudo relocations, tells MinGW-w64's start-up code (pseudo-reloc.c) to add what the slot holds by then.
//
// A version 2 list is {0, 0, 1} and records of three 32-bit words: RVA of the slot, RVA of the place, width of the
// place in bits. Compilers avoid most of them by reading a pointer `.refptr.name` from a COMDAT of their own: where
// `name` is imported so, that pointer is the slot itself.
#include <stdlib.h>

#include "linker/gnu/gnu.h"
#include "linker/input/object.h"
#include "linker/link.h"
#include "linker/symbols/symbol_table.h"
#include "linker/symbols/symbols.h"
#include "linker/target/target.h"

static bool is_automatic(const struct link *link)
{
    return link->options.mingw && link->options.auto_import;
}

static bool is_wanted(const struct symbol *symbol)
{
    return rank_kind(symbol->rank) == SYMBOL_UNDEFINED && (symbol->first_reference != UINT32_MAX || symbol->is_used) &&
           !symbol->is_import_asked && !text_starts_with(symbol_name(symbol), TEXT("__imp_"));
}

static struct text slot_name(struct link *link, const struct symbol *symbol)
{
    return text_format(link_arena(link), "__imp_%.*s", TEXT_ARGUMENT(symbol_name(symbol)));
}

bool gnu_ask_for_imports(struct link *link)
{
    if (!is_automatic(link))
        return false;
    struct text *wanted = NULL;
    array_of(struct text) names = {0};
    for (size_t list = 0; list < symbol_table_list_count(link); list++) {
        const symbol_array *symbols = symbol_table_list(link, list);
        for (size_t i = 0; i < symbols->count; i++) {
            if (!is_wanted(symbols->items[i]))
                continue;
            symbols->items[i]->is_import_asked = true;
            array_push(link_arena(link), &names, slot_name(link, symbols->items[i]));
        }
    }
    // Asking makes symbols, so it waits until the walk over them is done.
    wanted = names.items;
    bool any = false;
    for (size_t i = 0; i < names.count; i++) {
        if (!symbol_is_available(link, wanted[i]))
            continue;
        struct symbol *slot = symbol_intern(link, wanted[i]);
        any |= rank_kind(slot->rank) == SYMBOL_UNDEFINED && !slot->is_used;
        slot->is_used = rank_kind(slot->rank) == SYMBOL_UNDEFINED || slot->is_used;
    }
    return any;
}

// `.refptr.name` reads what the slot holds: it becomes the slot.
static void refptr_redirect(struct link *link, const struct symbol *symbol, const struct symbol *slot)
{
    struct text name = text_format(link_arena(link), ".refptr.%.*s", TEXT_ARGUMENT(symbol_name(symbol)));
    struct symbol *refptr = symbol_find(link, name);
    if (!refptr || !refptr->chunk || !refptr->chunk->is_section)
        return;
    section_of_chunk(refptr->chunk)->is_discarded = true;
    refptr->chunk->is_live = false;
    refptr->chunk = slot->chunk;
    refptr->value = slot->value;
}

void gnu_automatic_imports_settle(struct link *link)
{
    if (!is_automatic(link))
        return;
    for (size_t list = 0; list < symbol_table_list_count(link); list++) {
        const symbol_array *symbols = symbol_table_list(link, list);
        for (size_t i = 0; i < symbols->count; i++) {
            struct symbol *symbol = symbols->items[i];
            if (symbol->kind != SYMBOL_UNDEFINED || symbol->alias)
                continue;
            struct symbol *slot = symbol_find(link, slot_name(link, symbol));
            if (!slot || !symbol_is_defined(slot) || !slot->chunk)
                continue;
            symbol->kind = SYMBOL_DEFINED;
            symbol->chunk = slot->chunk;
            symbol->value = slot->value;
            symbol->is_pseudo = true;
            link->gnu_has_pseudo_symbols = true;
            refptr_redirect(link, symbol, slot);
        }
    }
}

// --- the list ---

struct pseudo_site {
    struct place slot;
    const struct section *section;
    uint32_t offset; // in the section, bytes
    uint32_t bits;
};

struct pseudo_list {
    struct chunk chunk;
    array_of(struct pseudo_site) sites;
};

static void pseudo_list_write(const struct link *link, const struct chunk *chunk, uint8_t *out)
{
    (void)link;
    const struct pseudo_list *list = (const struct pseudo_list *)chunk;
    store32(out, 0);
    store32(out + 4, 0);
    store32(out + 8, 1);
    out += 12;
    for (size_t i = 0; i < list->sites.count; i++, out += 12) {
        const struct pseudo_site *site = &list->sites.items[i];
        store32(out, (uint32_t)(site->slot.chunk->rva + site->slot.value));
        store32(out + 4, site->section->chunk.rva + site->offset);
        store32(out + 8, site->bits);
    }
}

static const struct chunk_kind pseudo_list_kind = {.name = "pseudo relocations", .write = pseudo_list_write};

static void section_sites_gather(struct link *link, const struct section *section, struct pseudo_list *list)
{
    for (uint32_t i = 0; i < section->relocation_count; i++) {
        const struct coff_relocation *relocation = &section->relocations[i];
        struct place place = object_symbol_place(section->object, le32_get(relocation->symbol));
        if (!place.symbol || !place.symbol->is_pseudo)
            continue;
        struct relocation_traits traits = link->target->relocation_traits(le16_get(relocation->type));
        if (!traits.size || traits.is_section_relative || (link->target->branch_reaches && traits.size != 8)) {
            report_error(link->diagnostics, 0,
                         "%.*s: automatic import of %.*s by a relocation that can't be done at run time (%s); "
                         "declare it with __declspec(dllimport)",
                         TEXT_ARGUMENT(section->object->display), TEXT_ARGUMENT(symbol_name(place.symbol)),
                         traits.name ? traits.name : "unknown");
            continue;
        }
        struct pseudo_site site = {place, section, le32_get(relocation->offset), traits.size * 8u};
        array_push(link_arena(link), &list->sites, site);
    }
}

static bool is_loaded(const struct section *section)
{
    return section->chunk.is_live && !(section->characteristics & SECTION_DISCARDABLE);
}

void pseudo_relocations_create(struct link *link)
{
    struct text begin = symbol_decorate(link, TEXT("__RUNTIME_PSEUDO_RELOC_LIST__"));
    struct text end = symbol_decorate(link, TEXT("__RUNTIME_PSEUDO_RELOC_LIST_END__"));
    struct pseudo_list *list = arena_new(link_arena(link), struct pseudo_list);
    for (size_t i = 0; link->gnu_has_pseudo_symbols && i < link->objects.count; i++) {
        struct object *object = link->objects.items[i];
        for (uint32_t k = 0; k < object->kept_count; k++)
            if (is_loaded(&object->kept[k]))
                section_sites_gather(link, &object->kept[k], list);
    }
    // Without any the list is empty, and the start-up code sees that its ends are one.
    list->chunk.kind = &pseudo_list_kind;
    list->chunk.alignment_shift = 2;
    list->chunk.size = list->sites.count ? (uint32_t)(12 + 12 * list->sites.count) : 0;
    link_add_chunk(link, &list->chunk, TEXT(".rdata"), CHARACTERISTICS_RDATA);
    symbol_define(link, begin, &list->chunk, 0);
    symbol_define(link, end, &list->chunk, list->chunk.size);
    // A program without the code that applies them would read slots for variables.
    struct symbol *code = symbol_find(link, symbol_decorate(link, TEXT("_pei386_runtime_relocator")));
    if (list->sites.count && (!code || !symbol_is_defined(code)))
        report_warning(
            link->diagnostics, 0,
            "automatic imports need MinGW-w64's start-up code: _pei386_runtime_relocator is not in this link");
}
