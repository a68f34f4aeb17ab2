// The library that a program links against to use this image's exports. Made for every image that exports something, as
// link.exe does, and for /IMPLIB in any case; GNU's drivers ask for it by name when they want one.
//
// A library that would be the same bytes as the one that is there is left alone, so that a build system sees nothing to
// do for those that link against it.
#include <stdio.h>

#include "common/import_library_writer.h"
#include "common/output_file.h"
#include "linker/link.h"
#include "linker/output/output.h"
#include "linker/output/output_path.h"
#include "linker/synthesize/exports.h"

static struct import_library_entry entry_of_export(const struct export *export)
{
    return (struct import_library_entry){
        .symbol = export->import_symbol,
        .exported_name = export->name,
        .type = export->is_data       ? IMPORT_DATA
                : export->is_constant ? IMPORT_CONST
                                      : IMPORT_CODE,
        .name_type = export->import_name_type,
        .ordinal_or_hint = (uint16_t)(export->no_name ? export->ordinal : export->hint),
    };
}

// In the order of exports, which is that of names. PRIVATE ones can be had from the image, but nobody links against
// them.
static struct bytes build(struct link *link)
{
    struct arena *arena = link_arena(link);
    const struct export_state *state = link->export_state;
    size_t export_count = state ? state->exports.count : 0, entry_count = 0;
    struct import_library_entry *entries = arena_array(arena, struct import_library_entry, export_count);
    for (size_t i = 0; i < export_count; i++)
        if (!state->exports.items[i].is_private)
            entries[entry_count++] = entry_of_export(&state->exports.items[i]);
    return import_library_build(exports_dll_name(link), link->machine, entries, entry_count, arena);
}

static bool file_has_content(struct arena *arena, struct text path, struct bytes content)
{
    FILE *file = fopen(text_copy(arena, path).data, "rb");
    if (!file)
        return false;
    uint8_t block[16384];
    size_t offset = 0, size = 0;
    bool same = true;
    while (same && !feof(file) && !ferror(file)) {
        size = fread(block, 1, sizeof block, file);
        same = bytes_contain(content, offset, size) && (size == 0 || memcmp(content.data + offset, block, size) == 0);
        offset += size;
    }
    same = same && !ferror(file) && offset == content.size;
    fclose(file);
    return same;
}

void import_library_write(struct link *link)
{
    const struct options *options = &link->options;
    bool has_exports = link->export_state && link->export_state->exports.count;
    if (options->no_import_library || (!options->import_library.size && (!has_exports || options->mingw)))
        return;
    struct text path = options->import_library;
    if (!path.size)
        path = output_path_with_extension(link, ".lib");
    struct bytes library = build(link);
    if (!library.size)
        report_error(link->diagnostics, 0, "import library '%.*s' would be larger than 4 GiB", TEXT_ARGUMENT(path));
    else if (!file_has_content(link_arena(link), path, library))
        output_file_write(link->outputs, path, library);
}
