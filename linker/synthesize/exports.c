// The export directory (PE format, "The .edata Section"), one chunk, because a loader takes an address table entry that
// points between its first and last byte for a forwarder:
//
//   directory         40 bytes: DLL name, ordinal base, counts and RVAs of the three tables
//   address table     le32 RVA by ordinal - base: of the function, or of "OTHER.name" in here; 0 for an ordinal that is not used
//   name table        le32 RVA of each name, sorted by bytes: the loader searches it by halving
//   ordinal table     le16 index into the address table, in the order of names
//   DLL name, names, forwarders: NUL-terminated
//
// Ordinals that the user gave stay; the rest follow the highest of those in the order of names, or fill the gaps when
// that would pass 65,535.
#include "linker/synthesize/exports.h"

#include <stdlib.h>

#include "linker/input/object.h"
#include "linker/link.h"
#include "linker/symbols/symbol.h"
#include "linker/synthesize/special_sections.h"
#include "linker/synthesize/synthesize.h"
#include "linker/target/target.h"

enum { ORDINAL_MAX = 65535 };

struct text exports_dll_name(struct link *link)
{
    const struct options *options = &link->options;
    struct text name = options->library_name;
    if (!name.size)
        name = text_file_name(options->output);
    if (text_find_last(name, '.') < name.size)
        return name;
    return text_format(link_arena(link), "%.*s%s", TEXT_ARGUMENT(name), options->is_dll ? ".dll" : ".exe");
}

// --- ordinals ---

// The given ordinals, as a set; two exports that want the same one are an error.
static uint32_t ordinals_take_given(struct link *link, struct export_state *state, const struct export **by_ordinal)
{
    uint32_t highest = 0;
    for (size_t i = 0; i < state->exports.count; i++) {
        const struct export *export = &state->exports.items[i];
        if (!export->has_given_ordinal)
            continue;
        if (export->ordinal == 0 || export->ordinal > ORDINAL_MAX) {
            report_error(link->diagnostics, 0, "export of %.*s: ordinal %u is not between 1 and 65535",
                         TEXT_ARGUMENT(export->name), export->ordinal);
            continue;
        }
        const struct export *other = by_ordinal[export->ordinal];
        if (other)
            report_error(link->diagnostics, 0, "duplicate export ordinal: %.*s and %.*s have %u",
                         TEXT_ARGUMENT(other->name), TEXT_ARGUMENT(export->name), export->ordinal);
        by_ordinal[export->ordinal] = export;
        if (export->ordinal > highest)
            highest = export->ordinal;
    }
    return highest;
}

static void ordinals_give(struct export_state *state, const struct export **by_ordinal, uint32_t highest)
{
    size_t missing = 0;
    for (size_t i = 0; i < state->exports.count; i++)
        missing += !state->exports.items[i].has_given_ordinal;
    uint32_t next = highest + missing <= ORDINAL_MAX ? highest + 1 : 1;
    for (size_t i = 0; i < state->exports.count; i++) {
        struct export *export = &state->exports.items[i];
        if (export->has_given_ordinal)
            continue;
        while (by_ordinal[next])
            next++;
        export->ordinal = next;
        by_ordinal[next] = export;
    }
}

void exports_number(struct link *link)
{
    struct export_state *state = link->export_state;
    if (state->exports.count > ORDINAL_MAX) {
        report_error(link->diagnostics, 1189, "too many exported symbols (got %zu, max 65535)", state->exports.count);
        state->exports.count = ORDINAL_MAX; // the link goes on to find what else is wrong
    }
    const struct export **by_ordinal = arena_array(link_arena(link), const struct export *, ORDINAL_MAX + 1);
    size_t errors = diagnostics_error_count(link->diagnostics);
    uint32_t highest = ordinals_take_given(link, state, by_ordinal);
    if (diagnostics_error_count(link->diagnostics) != errors)
        return;
    ordinals_give(state, by_ordinal, highest);

    uint32_t lowest = ORDINAL_MAX;
    highest = 0;
    for (size_t i = 0; i < state->exports.count; i++) {
        struct export *export = &state->exports.items[i];
        lowest = export->ordinal < lowest ? export->ordinal : lowest;
        highest = export->ordinal > highest ? export->ordinal : highest;
        if (!export->no_name)
            export->hint = state->name_count++;
    }
    if (!state->exports.count)
        return;
    state->ordinal_base = lowest;
    state->ordinal_count = highest - lowest + 1;
    state->dll_name = exports_dll_name(link);
}

// --- the directory ---

struct export_directory {
    struct chunk chunk;
    const struct export_state *state;
    uint32_t name_table, ordinal_table, strings; // offsets
};

static uint8_t *string_put(uint8_t *at, struct text text)
{
    memcpy(at, text.data, text.size);
    return at + text.size + 1;
}

static uint32_t export_rva(const struct link *link, const struct export *export)
{
    uint64_t rva = symbol_rva(link, symbol_resolve(export->symbol));
    const struct chunk *chunk = export->symbol->chunk;
    if (!export->is_data && (export->symbol->is_function || (chunk && chunk->is_code)))
        rva |= link->target->code_address_bit;
    return (uint32_t)rva;
}

static void directory_write(const struct link *link, const struct chunk *chunk, uint8_t *out)
{
    const struct export_directory *directory = (const struct export_directory *)chunk;
    const struct export_state *state = directory->state;
    uint32_t addresses = sizeof(struct pe_export_directory);
    uint8_t *string = out + directory->strings;
    struct pe_export_directory header = {
        .name_rva = le32_of(chunk->rva + directory->strings),
        .ordinal_base = le32_of(state->ordinal_base),
        .address_count = le32_of(state->ordinal_count),
        .name_count = le32_of(state->name_count),
        .address_table_rva = le32_of(chunk->rva + addresses),
        .name_table_rva = le32_of(chunk->rva + directory->name_table),
        .ordinal_table_rva = le32_of(chunk->rva + directory->ordinal_table),
    };
    memcpy(out, &header, sizeof header);
    string = string_put(string, state->dll_name);

    for (size_t i = 0; i < state->exports.count; i++) {
        const struct export *export = &state->exports.items[i];
        uint32_t index = export->ordinal - state->ordinal_base;
        uint8_t *address = out + addresses + (size_t)index * 4;
        if (export->forward_to.size) {
            store32(address, chunk->rva + (uint32_t)(string - out));
            string = string_put(string, export->forward_to);
        } else {
            store32(address, export_rva(link, export));
        }
        if (export->no_name)
            continue;
        store32(out + directory->name_table + (size_t)export->hint * 4, chunk->rva + (uint32_t)(string - out));
        store16(out + directory->ordinal_table + (size_t)export->hint * 2, (uint16_t)index);
        string = string_put(string, export->name);
    }
}

static const struct chunk_kind directory_kind = {.name = "export directory", .write = directory_write};

// A program may bring an export directory of its own in sections named .edata: it is used as it is.
static bool inputs_have_directory(struct link *link)
{
    const struct special_sections *special = special_sections_of(link);
    for (size_t i = 0; i < special->of[SPECIAL_EXPORT].count; i++) {
        const struct section *section = special->of[SPECIAL_EXPORT].items[i].section;
        if (section && section->chunk.is_live && section->chunk.size)
            return true;
    }
    return false;
}

void exports_create(struct link *link)
{
    struct export_state *state = link->export_state;
    if (!state || !state->exports.count)
        return;
    if (inputs_have_directory(link)) {
        report_warning(link->diagnostics, 0, "literal .edata sections override exports");
        return;
    }
    uint64_t strings = state->dll_name.size + 1;
    for (size_t i = 0; i < state->exports.count; i++) {
        const struct export *export = &state->exports.items[i];
        strings += export->no_name ? 0 : export->name.size + 1;
        strings += export->forward_to.size ? export->forward_to.size + 1 : 0;
    }
    struct export_directory *directory = arena_new(link_arena(link), struct export_directory);
    directory->state = state;
    directory->name_table = (uint32_t)sizeof(struct pe_export_directory) + state->ordinal_count * 4;
    directory->ordinal_table = directory->name_table + state->name_count * 4;
    directory->strings = directory->ordinal_table + state->name_count * 2;
    if (strings > UINT32_MAX - directory->strings) {
        report_error(link->diagnostics, 0, "names of exports are larger than 4 GiB");
        return;
    }
    directory->chunk.kind = &directory_kind;
    directory->chunk.size = directory->strings + (uint32_t)strings;
    directory->chunk.alignment_shift = 2;
    state->directory = &directory->chunk;
    link_add_chunk(link, &directory->chunk, TEXT(".edata"), CHARACTERISTICS_RDATA);
}
