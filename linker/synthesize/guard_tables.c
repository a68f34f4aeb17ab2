// Control Flow Guard and EH continuation metadata: tables of the places that an indirect call, a longjmp or an
// exception handler may go to (Microsoft, "PE Metadata"; link.exe, "/GUARD"). Compilers list them by symbol index, each
// kind in a section of its own that never comes into the image:
//
//   .gfids$y    functions whose address is taken          __guard_fids_table       always with /GUARD:CF
//   .giats$y    the same of imports                       __guard_iat_table
//   .gljmp$y    places behind a call of setjmp            __guard_longjmp_table    /GUARD:LONGJMP
//   .gehcont$y  places where a handler lets code go on    __guard_eh_cont_table    /GUARD:EHCONT
//
// The names on the right, with their counts and `__guard_flags`, are what the C run time's load configuration is made
// of. An object that was compiled without the lists (@feat.00 says so) may take the address of any function that it
// refers to, so each such function is listed. Exported functions and the entry point are always called from outside.
// The loader marks targets in units of 16 bytes: listed functions are aligned to that.
#include "linker/input/import.h"
#include "linker/input/object.h"
#include "linker/link.h"
#include "linker/symbols/symbols.h"
#include "linker/synthesize/exports.h"
#include "linker/synthesize/imports.h"
#include "linker/synthesize/rva_table.h"
#include "linker/synthesize/special_sections.h"
#include "linker/synthesize/synthesize.h"
#include "linker/target/target.h"

enum guard_flags { // GuardFlags of the load configuration
    GUARD_INSTRUMENTED = 0x100,
    GUARD_FUNCTION_TABLE_PRESENT = 0x400,
    GUARD_LONG_JUMP_TABLE_PRESENT = 0x10000,
    GUARD_EH_CONTINUATION_TABLE_PRESENT = 0x400000,
};

// Lists a place if it is a function: code that a symbol names as such, or a thunk.
static void function_add(struct link *link, struct rva_table *functions, const struct place *place)
{
    if (!place->chunk || !place->is_function || !place->chunk->is_code)
        return;
    rva_table_add(link, functions, place->chunk, place->value);
}

static void symbol_function_add(struct link *link, struct rva_table *functions, const struct symbol *symbol)
{
    struct place place = {symbol->chunk, symbol->value, symbol->is_absolute, symbol->is_function, symbol};
    function_add(link, functions, &place);
}

// On x86 a relative reference is a call or a jump; elsewhere code takes addresses by them too.
static bool relocation_takes_address(const struct link *link, uint16_t type)
{
    return link->machine != MACHINE_X86 || type != REL_I386_REL32;
}

static void object_functions_add(struct link *link, struct rva_table *functions, const struct object *object)
{
    for (uint32_t k = 0; k < object->kept_count; k++) {
        const struct section *section = &object->kept[k];
        if (!section->chunk.is_live)
            continue;
        for (uint32_t i = 0; i < section->relocation_count; i++) {
            if (!relocation_takes_address(link, le16_get(section->relocations[i].type)))
                continue;
            struct place place = object_symbol_place(object, le32_get(section->relocations[i].symbol));
            function_add(link, functions, &place);
        }
    }
}

// The lists of one kind, of objects that have it.
static void lists_add(struct link *link, struct rva_table *table, enum special_kind kind, uint32_t feature,
                      const char *name)
{
    const struct special_sections *special = special_sections_of(link);
    for (size_t i = 0; i < special->of[kind].count; i++) {
        const struct special_section *list = &special->of[kind].items[i];
        // Dead with what it belongs to, such as a vtable that nobody uses.
        if (!list->section || !list->section->chunk.is_live || !(list->object->features & feature))
            continue;
        rva_table_add_symbols(link, table, list->object, section_content(list->section), name);
    }
}

// A slot of a delay-loaded DLL leads to a thunk at first, which is called through it.
static void delay_thunks_add(struct link *link, struct rva_table *functions, const struct rva_table *slots)
{
    for (size_t i = 0; i < slots->entries.count; i++) {
        const struct chunk *slot = slots->entries.items[i].chunk;
        if (slot->kind != &delay_slot_kind)
            continue;
        const struct import *import = import_of_slot(slot);
        if (import->dll)
            rva_table_add(link, functions, &import->dll->thunks[import->dll_index].chunk, 0);
    }
}

static void functions_gather(struct link *link, struct rva_table *functions)
{
    lists_add(link, functions, SPECIAL_GUARD_FUNCTIONS, FEATURE_GUARD_CF, ".gfids$y");
    for (size_t i = 0; i < link->objects.count; i++) {
        const struct object *object = link->objects.items[i];
        if (!object->import && !(object->features & FEATURE_GUARD_CF))
            object_functions_add(link, functions, object);
    }
    if (link->entry)
        symbol_function_add(link, functions, link->entry);
    for (size_t i = 0; link->export_state && i < link->export_state->exports.count; i++)
        if (link->export_state->exports.items[i].symbol)
            symbol_function_add(link, functions, link->export_state->exports.items[i].symbol);
}

static void functions_align(const struct rva_table *functions)
{
    for (size_t i = 0; i < functions->entries.count; i++)
        if (functions->entries.items[i].chunk->alignment_shift < 4)
            functions->entries.items[i].chunk->alignment_shift = 4;
}

static void table_finish(struct link *link, struct rva_table *table, const char *table_name, const char *count_name)
{
    rva_table_finish(link, table, symbol_decorate(link, text_of(table_name)),
                     symbol_decorate(link, text_of(count_name)));
}

static void tables_make(struct link *link)
{
    struct rva_table *tables = arena_array(link_arena(link), struct rva_table, 4);
    struct rva_table *functions = &tables[0], *slots = &tables[1], *long_jumps = &tables[2],
                     *continuations = &tables[3];
    functions_gather(link, functions);
    lists_add(link, slots, SPECIAL_GUARD_IMPORTS, FEATURE_GUARD_CF, ".giats$y");
    delay_thunks_add(link, functions, slots);
    functions_align(functions);
    table_finish(link, functions, "__guard_fids_table", "__guard_fids_count");
    table_finish(link, slots, "__guard_iat_table", "__guard_iat_count");

    uint64_t flags = GUARD_INSTRUMENTED | GUARD_FUNCTION_TABLE_PRESENT;
    if (link->options.guard_long_jump) {
        lists_add(link, long_jumps, SPECIAL_GUARD_LONG_JUMPS, FEATURE_GUARD_CF, ".gljmp$y");
        table_finish(link, long_jumps, "__guard_longjmp_table", "__guard_longjmp_count");
        flags |= GUARD_LONG_JUMP_TABLE_PRESENT;
    }
    if (link->options.guard_ehcont) {
        lists_add(link, continuations, SPECIAL_GUARD_CONTINUATIONS, FEATURE_GUARD_EHCONT, ".gehcont$y");
        table_finish(link, continuations, "__guard_eh_cont_table", "__guard_eh_cont_count");
        flags |= GUARD_EH_CONTINUATION_TABLE_PRESENT;
    }
    symbol_define_absolute(link, symbol_decorate(link, TEXT("__guard_flags")), flags);
}

static void lists_drop(struct link *link)
{
    const struct special_sections *special = special_sections_of(link);
    for (int kind = SPECIAL_GUARD_FUNCTIONS; kind <= SPECIAL_GUARD_CONTINUATIONS; kind++)
        for (size_t i = 0; i < special->of[kind].count; i++)
            if (special->of[kind].items[i].section)
                special->of[kind].items[i].section->chunk.is_live = false;
}

void guard_tables_create(struct link *link)
{
    if (link->options.guard_cf)
        tables_make(link);
    lists_drop(link);
}
