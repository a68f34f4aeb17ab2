// /DELAYLOAD: a DLL that is loaded when its first function is called (PE format, "Delay-Load Import Tables"; MSVC's
// delayimp.h). The loader knows nothing of it; the program's own __delayLoadHelper2 does the work:
//
//   call [slot] ──► thunk of the import:  register = &slot; jump to the DLL's tail
//                   tail of the DLL:      save argument registers; call __delayLoadHelper2(descriptor, &slot); jump to the result
//
// A slot begins as the VA of its thunk (so it has a base relocation) and lies in writable memory, because the helper
// stores the function's address in it. What the descriptor points at, all of it by RVA (attributes 1):
//
//   name, module handle, address table (slots), name table (as at import lookup tables)
//   bound table   as large as the address table, for a binding tool to fill; left out by /DELAY:NOBIND
//   unload table  a copy of the address table as it was at first, for __FUnloadDelayLoadedDLL2; by /DELAY:UNLOAD
#include "linker/input/object.h"
#include "linker/link.h"
#include "linker/symbols/symbol.h"
#include "linker/synthesize/imports.h"
#include "linker/synthesize/synthesize.h"
#include "linker/target/target.h"

struct delay_tail {
    struct chunk chunk;
    const struct import_list *list;
    uint32_t dll_index;
};

struct delay_unwind { // the tail's record in .pdata
    struct chunk chunk;
    const struct chunk *tail, *unwind_data;
};

static void pointer_store(const struct link *link, uint8_t *out, uint64_t value)
{
    if (link->target->pointer_size == 8)
        store64(out, value);
    else
        store32(out, (uint32_t)value);
}

static uint64_t thunk_address(const struct link *link, const struct delay_thunk *thunk)
{
    return (link->image_base + thunk->chunk.rva) | link->target->code_address_bit;
}

// --- slots ---

static void slot_write(const struct link *link, const struct chunk *chunk, uint8_t *out)
{
    const struct import *import = import_of_slot(chunk);
    pointer_store(link, out, thunk_address(link, &import->dll->thunks[import->dll_index]));
}

static void slot_base_relocations(const struct link *link, const struct chunk *chunk,
                                  void (*site)(void *context, struct base_relocation_site), void *context)
{
    (void)chunk;
    site(context, (struct base_relocation_site){0, link->target->base_relocation_pointer});
}

const struct chunk_kind delay_slot_kind = {
    .name = "delay-load import address",
    .write = slot_write,
    .base_relocations = slot_base_relocations,
};

// --- code ---

static void thunk_write(const struct link *link, const struct chunk *chunk, uint8_t *out)
{
    const struct delay_thunk *thunk = (const struct delay_thunk *)chunk;
    link->target->write_delay_thunk(out, chunk->rva, thunk->import->slot.rva, thunk->tail->rva, link->image_base);
}

static void thunk_base_relocations(const struct link *link, const struct chunk *chunk,
                                   void (*site)(void *context, struct base_relocation_site), void *context)
{
    (void)chunk;
    const struct target *target = link->target;
    if (target->delay_thunk_base_relocation.type != BASE_ABSOLUTE)
        site(context, (struct base_relocation_site){target->delay_thunk_base_relocation.offset,
                                                    target->delay_thunk_base_relocation.type});
}

static const struct chunk_kind thunk_kind = {
    .name = "delay-load thunk",
    .write = thunk_write,
    .base_relocations = thunk_base_relocations,
};

static void tail_write(const struct link *link, const struct chunk *chunk, uint8_t *out)
{
    const struct delay_tail *tail = (const struct delay_tail *)chunk;
    uint64_t descriptor_rva = tail->list->directory.chunk.rva + tail->dll_index * sizeof(struct pe_delay_descriptor);
    uint64_t helper_rva = symbol_rva(link, symbol_resolve(link->import_state->delay_helper));
    link->target->write_delay_tail(out, chunk->rva, descriptor_rva, helper_rva, link->image_base);
}

static void tail_base_relocations(const struct link *link, const struct chunk *chunk,
                                  void (*site)(void *context, struct base_relocation_site), void *context)
{
    (void)chunk;
    const struct target *target = link->target;
    if (target->delay_tail_base_relocation.type != BASE_ABSOLUTE)
        site(context, (struct base_relocation_site){target->delay_tail_base_relocation.offset,
                                                    target->delay_tail_base_relocation.type});
}

static const struct chunk_kind tail_kind = {
    .name = "delay-load tail",
    .write = tail_write,
    .base_relocations = tail_base_relocations,
};

static void unwind_write(const struct link *link, const struct chunk *chunk, uint8_t *out)
{
    const struct delay_unwind *unwind = (const struct delay_unwind *)chunk;
    store32(out, unwind->tail->rva | link->target->code_address_bit);
    if (link->target->unwind_record_size == 12) // x64 names the end too; the others keep the length in .xdata
        store32(out + 4, unwind->tail->rva + unwind->tail->size);
    store32(out + link->target->unwind_record_size - 4, unwind->unwind_data->rva);
}

static const struct chunk_kind unwind_kind = {.name = "delay-load unwind record", .write = unwind_write};

// The name under which maps and debuggers know a function made here, as link.exe calls it.
static void function_name(struct link *link, struct text name, struct chunk *chunk)
{
    if (symbol_define(link, name, chunk, 0))
        symbol_find(link, name)->is_function = true;
}

static void tail_add(struct link *link, struct import_list *list, uint32_t dll_index)
{
    struct arena *arena = link_arena(link);
    struct imported_dll *dll = list->dlls.items[dll_index];
    struct delay_tail *tail = arena_new(arena, struct delay_tail);
    *tail = (struct delay_tail){.list = list, .dll_index = dll_index};
    tail->chunk.kind = &tail_kind;
    tail->chunk.size = link->target->delay_tail_size;
    dll->tail = &tail->chunk;
    import_function_add(link, &tail->chunk);

    struct text name = text_format(arena, "__tailMerge_%.*s", TEXT_ARGUMENT(text_lower(arena, dll->name)));
    for (size_t i = 0; i < name.size; i++)
        if (name.data[i] == '.')
            ((char *)(uintptr_t)name.data)[i] = '_';
    function_name(link, name, &tail->chunk);

    if (!link->target->delay_tail_unwind.size)
        return;
    struct delay_unwind *unwind = arena_new(arena, struct delay_unwind);
    unwind->tail = &tail->chunk;
    unwind->unwind_data =
        link_add_data(link, link->target->delay_tail_unwind, 4, TEXT(".xdata"), CHARACTERISTICS_RDATA);
    unwind->chunk.kind = &unwind_kind;
    unwind->chunk.size = link->target->unwind_record_size;
    unwind->chunk.alignment_shift = 2;
    link_add_chunk(link, &unwind->chunk, TEXT(".pdata"), CHARACTERISTICS_RDATA);
}

static void thunks_add(struct link *link, struct imported_dll *dll)
{
    struct arena *arena = link_arena(link);
    dll->thunks = arena_array(arena, struct delay_thunk, dll->imports.count);
    for (size_t i = 0; i < dll->imports.count; i++) {
        struct delay_thunk *thunk = &dll->thunks[i];
        struct import *import = dll->imports.items[i];
        *thunk = (struct delay_thunk){.import = import, .tail = dll->tail};
        thunk->chunk.kind = &thunk_kind;
        thunk->chunk.size = link->target->delay_thunk_size;
        import_function_add(link, &thunk->chunk);
        function_name(link, text_format(arena, "__imp_load_%.*s", TEXT_ARGUMENT(import->header.symbol)), &thunk->chunk);
    }
}

static void slots_add(struct link *link, struct imported_dll *dll)
{
    unsigned pointer_size = link->target->pointer_size;
    uint8_t pointer_shift = pointer_size == 8 ? 3 : 2;
    for (size_t i = 0; i < dll->imports.count; i++) {
        struct chunk *slot = &dll->imports.items[i]->slot;
        slot->kind = &delay_slot_kind;
        slot->size = pointer_size;
        slot->alignment_shift = pointer_shift;
        link_add_chunk(link, slot, TEXT(".data"), CHARACTERISTICS_DATA);
    }
    static const uint8_t zero[8];
    link_add_data(link, (struct bytes){zero, pointer_size}, pointer_size, TEXT(".data"), CHARACTERISTICS_DATA);
    dll->module_handle =
        link_add_data(link, (struct bytes){zero, pointer_size}, pointer_size, TEXT(".data"), CHARACTERISTICS_DATA);
}

// --- tables ---

static void directory_write(const struct link *link, const struct chunk *chunk, uint8_t *out)
{
    (void)link;
    const struct import_list *list = ((const struct import_table_chunk *)chunk)->list;
    for (size_t i = 0; i < list->dlls.count; i++) {
        const struct imported_dll *dll = list->dlls.items[i];
        struct pe_delay_descriptor descriptor = {
            .attributes = le32_of(1),
            .name_rva = le32_of(list->names.chunk.rva + dll->name_offset),
            .module_handle_rva = le32_of(dll->module_handle->rva),
            .address_table_rva = le32_of(dll->address_table->rva),
            .name_table_rva = le32_of(list->lookups.chunk.rva + dll->lookup_offset),
        };
        if (list->bound.chunk.size)
            descriptor.bound_table_rva = le32_of(list->bound.chunk.rva + dll->address_offset);
        if (list->unload.chunk.size)
            descriptor.unload_table_rva = le32_of(list->unload.chunk.rva + dll->address_offset);
        memcpy(out + i * sizeof descriptor, &descriptor, sizeof descriptor);
    }
}

static void unload_write(const struct link *link, const struct chunk *chunk, uint8_t *out)
{
    const struct import_list *list = ((const struct import_table_chunk *)chunk)->list;
    for (size_t i = 0; i < list->dlls.count; i++) {
        const struct imported_dll *dll = list->dlls.items[i];
        for (size_t k = 0; k < dll->imports.count; k++)
            pointer_store(link, out + dll->address_offset + k * link->target->pointer_size,
                          thunk_address(link, &dll->thunks[k]));
    }
}

static void unload_base_relocations(const struct link *link, const struct chunk *chunk,
                                    void (*site)(void *context, struct base_relocation_site), void *context)
{
    const struct import_list *list = ((const struct import_table_chunk *)chunk)->list;
    for (size_t i = 0; i < list->dlls.count; i++) {
        const struct imported_dll *dll = list->dlls.items[i];
        for (uint32_t k = 0; k < dll->imports.count; k++)
            site(context, (struct base_relocation_site){dll->address_offset + k * link->target->pointer_size,
                                                        link->target->base_relocation_pointer});
    }
}

static const struct chunk_kind directory_kind = {.name = "delay-load directory", .write = directory_write};
static const struct chunk_kind bound_kind = {.name = "delay-load bound tables"};
static const struct chunk_kind unload_kind = {
    .name = "delay-load unload tables",
    .write = unload_write,
    .base_relocations = unload_base_relocations,
};

static void table_add(struct link *link, struct import_list *list, struct import_table_chunk *table,
                      const struct chunk_kind *kind, uint32_t size, const char *section)
{
    table->list = list;
    table->chunk.kind = kind;
    table->chunk.size = size;
    table->chunk.alignment_shift = link->target->pointer_size == 8 ? 3 : 2;
    link_add_chunk(link, &table->chunk, text_of(section), CHARACTERISTICS_RDATA);
}

static void tables_add(struct link *link, struct import_list *list)
{
    uint32_t addresses = 0;
    for (size_t i = 0; i < list->dlls.count; i++) {
        list->dlls.items[i]->address_offset = addresses;
        addresses += (uint32_t)(list->dlls.items[i]->imports.count + 1) * link->target->pointer_size;
    }
    uint32_t directory = (uint32_t)((list->dlls.count + 1) * sizeof(struct pe_delay_descriptor)); // and an empty one
    table_add(link, list, &list->directory, &directory_kind, directory, ".didat$2");
    import_list_add_tables(link, list, ".didat$4", ".didat$6", ".didat$7", CHARACTERISTICS_RDATA);
    if (!link->options.delay_no_bind)
        table_add(link, list, &list->bound, &bound_kind, addresses, ".didat$8");
    if (link->options.delay_unload)
        table_add(link, list, &list->unload, &unload_kind, addresses, ".didat$9");
}

// --- what the user asked for ---

// A variable can't be loaded late: code reads it without a call that a thunk could catch.
static void data_imports_refuse(struct link *link, const struct import_list *list)
{
    for (size_t i = 0; i < list->dlls.count; i++) {
        const struct imported_dll *dll = list->dlls.items[i];
        for (size_t k = 0; k < dll->imports.count; k++)
            if (dll->imports.items[k]->header.type != IMPORT_CODE)
                report_error(link->diagnostics, 1194, "cannot delay-load %.*s due to import of data: %.*s",
                             TEXT_ARGUMENT(dll->imports.items[k]->object->display),
                             TEXT_ARGUMENT(dll->imports.items[k]->header.symbol));
    }
}

static void unused_requests_warn(struct link *link, const struct import_list *list)
{
    for (size_t i = 0; i < link->options.delay_loads.count; i++) {
        struct text name = link->options.delay_loads.items[i];
        bool is_used = false;
        for (size_t k = 0; k < list->dlls.count && !is_used; k++)
            is_used = text_equal_ignoring_case(list->dlls.items[k]->name, name);
        if (!is_used)
            report_warning(link->diagnostics, 4199, "/DELAYLOAD:%.*s ignored; no imports found from %.*s",
                           TEXT_ARGUMENT(name), TEXT_ARGUMENT(name));
    }
}

void delay_imports_create(struct link *link)
{
    struct import_state *state = import_state_of(link);
    struct import_list *list = &state->delayed;
    import_list_gather(link, list, true);
    data_imports_refuse(link, list);
    unused_requests_warn(link, list);
    if (!list->dlls.count || !state->delay_helper)
        return;
    for (uint32_t i = 0; i < list->dlls.count; i++) {
        struct imported_dll *dll = list->dlls.items[i];
        slots_add(link, dll);
        tail_add(link, list, i);
        thunks_add(link, dll);
    }
    tables_add(link, list);
}
