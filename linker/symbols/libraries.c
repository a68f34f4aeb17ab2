// Library members come in because somebody asks for a name that nobody defines.
//
// Order of search (link.exe, ".lib files as linker input"): what an object asks for is looked up in the libraries in
// their order; what a member asks for is looked up in its own library first, then in those behind it, then from the
// beginning. Members that one round pulls become objects in the order of library and member, so that the outcome
// depends on no thread.
#include <stdatomic.h>
#include <stdlib.h>

#include "common/archive.h"
#include "linker/input/input.h"
#include "linker/link.h"
#include "linker/symbols/resolution.h"
#include "linker/symbols/symbols.h"
#include "linker/verbose.h"

struct pull { // a member that a round wants
    uint32_t library;
    uint64_t header_offset;
    const struct symbol *symbol; // that asks for it
};

static int pull_compare(const void *a, const void *b)
{
    const struct pull *x = a, *y = b;
    if (x->library != y->library)
        return x->library < y->library ? -1 : 1;
    if (x->header_offset != y->header_offset)
        return x->header_offset < y->header_offset ? -1 : 1;
    return text_compare(symbol_name(x->symbol), symbol_name(y->symbol));
}

// Searches the libraries from `start` on, in a circle. An offset of 0: nobody has it.
static struct pull libraries_find(const struct link *link, struct text name, uint64_t hash, uint32_t start)
{
    size_t count = link->libraries.count;
    for (size_t i = 0; i < count; i++) {
        size_t at = (start + i) % count;
        uint64_t offset = archive_find(link->libraries.items[at]->archive, name, hash);
        if (offset)
            return (struct pull){.library = (uint32_t)at, .header_offset = offset};
    }
    return (struct pull){.library = 0};
}

// Undefined and asked for; a weak external only when its record wants libraries searched (PE format, "Weak Externals":
// NOLIBRARY and ALIAS don't).
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

bool symbols_pull_members(struct link *link)
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
            pull.symbol = symbol;
            if (pull.header_offset)
                array_push(arena, &pulls, pull);
        }
    }
    if (pulls.count)
        qsort(pulls.items, pulls.count, sizeof *pulls.items, pull_compare);
    bool any = false;
    for (size_t i = 0; i < pulls.count; i++) {
        struct pull pull = pulls.items[i];
        struct library *library = link->libraries.items[pull.library];
        if (!input_pull_member(link, library, pull.library, pull.header_offset))
            continue;
        any = true;
        verbose_member(link, library, pull.header_offset, pull.symbol);
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

void libraries_were_added(struct link *link)
{
    for (size_t list = 0; list < symbol_table_list_count(link); list++) {
        const symbol_array *symbols = symbol_table_list(link, list);
        for (size_t i = 0; i < symbols->count; i++)
            symbols->items[i]->is_library_searched = false;
    }
}
