// The COFF symbol table of an image, behind its sections: deprecated by the PE format, but what GNU's debuggers and
// profilers read names from (/DEBUG:SYMTAB, and /DEBUG:DWARF, whose readers expect both). Its string table also has the
// section names that are longer than the 8 characters of a section header.
//
// link.exe cuts such names to 8 ("executable images do not use a string table", PE format, "Section Table"), and so
// does a link here, unless the image is for GNU's tools: with a symbol table or /MINGW, a section that isn't mapped at
// run time (.debug_info and its like) is named "/offset" as GNU ld and lld do. A section that is mapped keeps eight
// characters always: libunwind looks for ".eh_fram" in memory, where there is no string table.
//
// Objects are walked twice: to count, so that each knows where its records and names go, and to write, side by side.
#include "common/parallel.h"
#include "linker/input/object.h"
#include "linker/link.h"
#include "linker/output/image_symbols.h"
#include "linker/output/output.h"

struct extent {
    uint32_t records; // symbols
    uint64_t strings; // bytes, with each name's NUL
};

struct coff_symbol_state {
    struct extent *starts; // [object_count + 1]: where each object's part begins; the last: the linker's own
    struct extent total;
    struct image_symbol *own;
    size_t own_count;
    uint64_t section_names_size; // bytes, at the start of the string table behind its length
    bool has_symbols;
};

enum { SHORT_NAME = 8, STRING_TABLE_LENGTH = 4 };

static bool is_written(const struct image_symbol *symbol)
{
    return symbol->output || (symbol->is_absolute && symbol->object);
}

static void extent_add(struct extent *extent, const struct image_symbol *symbol)
{
    extent->records++;
    if (symbol->name.size > SHORT_NAME)
        extent->strings += symbol->name.size + 1;
}

static struct extent measure_object(const struct link *link, const struct object *object)
{
    struct extent extent = {0};
    struct image_symbol_walk walk = {link, object, 0};
    struct image_symbol symbol;
    while (image_symbol_next(&walk, &symbol))
        if (is_written(&symbol))
            extent_add(&extent, &symbol);
    return extent;
}

// Offsets of all objects' parts, from their sizes.
static void settle_symbols(struct link *link, struct coff_symbol_state *state)
{
    size_t object_count = link->objects.count;
    state->starts = arena_array(link_arena(link), struct extent, object_count + 1);
#pragma omp parallel for schedule(dynamic, 4) if (object_count > 16)
    for (size_t i = 0; i < object_count; i++)
        state->starts[i] = measure_object(link, link->objects.items[i]);

    struct extent at = {0, STRING_TABLE_LENGTH + state->section_names_size};
    for (size_t i = 0; i <= object_count; i++) {
        struct extent size = state->starts[i];
        state->starts[i] = at;
        at.records += size.records;
        at.strings += size.strings;
    }
    state->own = image_symbols_of_linker(link, &state->own_count);
    for (size_t i = 0; i < state->own_count; i++)
        if (is_written(&state->own[i]))
            extent_add(&at, &state->own[i]);
    state->total = at;
}

static void settle_section_names(struct link *link, struct coff_symbol_state *state)
{
    for (size_t i = 0; i < link->output_sections.count; i++) {
        struct output_section *output = link->output_sections.items[i];
        if (output->name.size <= SHORT_NAME || !(output->characteristics & SECTION_DISCARDABLE))
            continue;
        output->name_offset = (uint32_t)(STRING_TABLE_LENGTH + state->section_names_size);
        state->section_names_size += output->name.size + 1;
    }
}

void coff_symbols_settle(struct link *link)
{
    enum debug_level debug = link->options.debug;
    bool has_symbols = debug == DEBUG_SYMTAB || debug == DEBUG_DWARF;
    if (!has_symbols && !link->options.mingw)
        return;
    struct coff_symbol_state *state = arena_new(link_arena(link), struct coff_symbol_state);
    state->has_symbols = has_symbols;
    settle_section_names(link, state);
    state->total.strings = STRING_TABLE_LENGTH + state->section_names_size;
    if (has_symbols)
        settle_symbols(link, state);
    if (state->total.strings > UINT32_MAX) {
        report_error(link->diagnostics, 0, "names of the COFF symbol table take more than 4 GiB");
        return;
    }
    if (state->total.records || state->section_names_size)
        link->coff_symbol_state = state;
}

uint64_t coff_symbols_size(const struct link *link)
{
    const struct coff_symbol_state *state = link->coff_symbol_state;
    return state ? state->total.records * sizeof(struct coff_symbol) + state->total.strings : 0;
}

uint32_t coff_symbols_count(const struct link *link)
{
    return link->coff_symbol_state ? link->coff_symbol_state->total.records : 0;
}

// Puts one symbol at `at` and moves on. Values are from the start of the output section.
static void put_symbol(struct coff_symbol *records, uint8_t *strings, struct extent *at,
                       const struct image_symbol *symbol)
{
    struct coff_symbol *record = &records[at->records++];
    *record = (struct coff_symbol){
        .value = le32_of((uint32_t)(symbol->value - (symbol->output ? symbol->output->rva : 0))),
        .section_number = le16_of(symbol->output ? (uint16_t)symbol->output->index : (uint16_t)COFF_ABSOLUTE),
        .type = le16_of(symbol->is_function ? COFF_TYPE_FUNCTION : symbol->type),
        .storage_class = symbol->is_external ? STORAGE_EXTERNAL : STORAGE_STATIC,
    };
    if (symbol->name.size <= SHORT_NAME) {
        memcpy(record->name.short_name, symbol->name.data, symbol->name.size);
        return;
    }
    record->name.long_name.offset = le32_of((uint32_t)at->strings);
    memcpy(strings + at->strings, symbol->name.data, symbol->name.size);
    strings[at->strings + symbol->name.size] = 0;
    at->strings += symbol->name.size + 1;
}

static void put_object(const struct link *link, const struct object *object, struct extent at,
                       struct coff_symbol *records, uint8_t *strings)
{
    struct image_symbol_walk walk = {link, object, 0};
    struct image_symbol symbol;
    while (image_symbol_next(&walk, &symbol))
        if (is_written(&symbol))
            put_symbol(records, strings, &at, &symbol);
}

static void put_section_names(const struct link *link, uint8_t *strings)
{
    for (size_t i = 0; i < link->output_sections.count; i++) {
        const struct output_section *output = link->output_sections.items[i];
        if (!output->name_offset)
            continue;
        memcpy(strings + output->name_offset, output->name.data, output->name.size);
        strings[output->name_offset + output->name.size] = 0;
    }
}

void coff_symbols_write(struct link *link)
{
    struct coff_symbol_state *state = link->coff_symbol_state;
    if (!state)
        return;
    uint8_t *out = link->image + (link->image_file_size - coff_symbols_size(link));
    struct coff_symbol *records = (struct coff_symbol *)out;
    uint8_t *strings = out + state->total.records * sizeof(struct coff_symbol);
    store32(strings, (uint32_t)state->total.strings);
    put_section_names(link, strings);
    if (!state->has_symbols)
        return;

    size_t object_count = link->objects.count;
#pragma omp parallel for schedule(dynamic, 4) if (object_count > 16)
    for (size_t i = 0; i < object_count; i++)
        put_object(link, link->objects.items[i], state->starts[i], records, strings);
    struct extent at = state->starts[object_count];
    for (size_t i = 0; i < state->own_count; i++)
        if (is_written(&state->own[i]))
            put_symbol(records, strings, &at, &state->own[i]);
}
