// `__imp_name` of a name that is defined in this image: code compiled for dllimport reads a pointer, so a pointer is
// made. It works, only slower than a direct reference, and link.exe says so (LNK4217).
#include "linker/input/object.h"
#include "linker/link.h"
#include "linker/symbols/resolution.h"
#include "linker/symbols/symbols.h"
#include "linker/target/target.h"

struct pointer_chunk {
    struct chunk chunk;
    struct symbol *target;
};

static void pointer_write(const struct link *link, const struct chunk *chunk, uint8_t *out)
{
    const struct symbol *target = ((const struct pointer_chunk *)chunk)->target;
    uint64_t address = link->image_base + symbol_rva(link, target);
    if (target->is_function || (target->chunk && target->chunk->is_code))
        address |= link->target->code_address_bit;
    if (link->target->pointer_size == 8)
        store64(out, address);
    else
        store32(out, (uint32_t)address);
}

static void pointer_base_relocations(const struct link *link, const struct chunk *chunk,
                                     void (*site)(void *, struct base_relocation_site), void *context)
{
    if (!((const struct pointer_chunk *)chunk)->target->is_absolute)
        site(context, (struct base_relocation_site){0, link->target->base_relocation_pointer});
}

static struct chunk *pointer_reference(const struct chunk *chunk)
{
    return ((const struct pointer_chunk *)chunk)->target->chunk;
}

static const struct chunk_kind pointer_chunk_kind = {
    .name = "pointer to local definition",
    .write = pointer_write,
    .base_relocations = pointer_base_relocations,
    .reference = pointer_reference,
};

static void local_import_settle(struct link *link, struct symbol *symbol, struct symbol *target)
{
    struct arena *arena = link_arena(link);
    struct pointer_chunk *pointer = arena_new(arena, struct pointer_chunk);
    pointer->chunk.kind = &pointer_chunk_kind;
    pointer->chunk.size = link->target->pointer_size;
    pointer->chunk.alignment_shift = link->target->pointer_size == 8 ? 3 : 2;
    pointer->target = target;
    symbol->kind = SYMBOL_DEFINED;
    symbol->chunk = &pointer->chunk;
    symbol->value = 0;
    array_push(arena, &link->resolution->pointer_chunks, &pointer->chunk);

    // MinGW's headers use dllimport for what may be linked statically, so there it is no news.
    if (link->options.mingw || symbol->first_reference == UINT32_MAX)
        return;
    struct text user = link->objects.items[symbol->first_reference]->display;
    struct text definer =
        target->is_synthetic ? TEXT("the linker") : link->objects.items[rank_order(target->rank)]->display;
    report_warning(link->diagnostics, 4217, "%.*s: locally defined symbol imported: %.*s (defined in %.*s)",
                   TEXT_ARGUMENT(user), TEXT_ARGUMENT(symbol_display(link, target)), TEXT_ARGUMENT(definer));
}

void local_imports_settle(struct link *link, const symbol_array *left)
{
    for (size_t i = 0; i < left->count; i++) {
        struct symbol *symbol = left->items[i];
        struct text name = symbol_name(symbol);
        if (symbol->kind != SYMBOL_UNDEFINED || !text_starts_with(name, TEXT("__imp_")))
            continue;
        struct symbol *target = symbol_find(link, text_skip(name, 6));
        if (target && symbol_is_defined(target))
            local_import_settle(link, symbol, target);
    }
}

void local_imports_create_chunks(struct link *link)
{
    for (size_t i = 0; i < link->resolution->pointer_chunks.count; i++) {
        struct chunk *chunk = link->resolution->pointer_chunks.items[i];
        if (chunk->is_live)
            link_add_chunk(link, chunk, TEXT(".rdata"), CHARACTERISTICS_RDATA);
    }
}
