// /MAP, in the form that link.exe writes and that profilers, crash reporters and disassemblers read (there is no
// specification; its readers cut lines at blanks and at fixed columns, so both have to be right):
//
//    app                                                              the image's name
//
//    Timestamp is 6553f100 (Tue Nov 14 22:13:20 2023)
//
//    Preferred load address is 0000000140000000                       8 digits for 32-bit images
//
//    Start         Length     Name                   Class            each group of an output section: number:offset
//    0001:00000000 00000060H .text$mn                CODE
//
//     Address         Publics by Value              Rva+Base               Lib:Object
//
//    0001:00000000       main                       0000000140001000 f   a.obj          f: a function
//    0001:00000020       twice                      0000000140001020 f i b.obj          f i: inline (any object's copy)
//    0002:000000a0       __imp_ExitProcess          00000001400020a0     kernel32:KERNEL32.dll
//
//    entry point at        0001:00000000
//
//    Static symbols
//
// The date is the timestamp field read as UTC, also where it is a hash of the content: readers expect one.
#include <time.h>

#include "common/archive.h"
#include "common/escape.h"
#include "common/output_file.h"
#include "common/text_buffer.h"
#include "linker/input/import.h"
#include "linker/input/object.h"
#include "linker/link.h"
#include "linker/output/map_symbols.h"
#include "linker/output/output.h"
#include "linker/output/output_path.h"
#include "linker/synthesize/exports.h"
#include "linker/target/target.h"

enum { LINES_PER_BLOCK = 512, GROUP_WIDTH = 23, NAME_WIDTH = 26 };

// What lines need and passes do not keep.
struct map {
    struct link *link;
    struct text *origins;          // [object_count]: "Lib:Object", escaped
    unsigned address_digits;       // of Rva+Base
    array_of(struct piece) pieces; // of the page, in order
};

// A piece of the page: a text that is at hand, or lines of symbols, which are made where they go once every size is
// known.
struct piece {
    struct text text;
    const struct image_symbol *const *symbols;
    size_t symbol_count;
    size_t size, offset; // bytes in the file
};

static unsigned output_number(const struct output_section *output)
{
    return output ? output->index : 0;
}

static uint32_t output_offset(const struct output_section *output, uint64_t rva)
{
    return (uint32_t)(output ? rva - output->rva : rva);
}

// " 0001:00000020"
static void put_place(struct text_buffer *page, const struct output_section *output, uint64_t rva)
{
    text_buffer_put(page, TEXT(" "));
    text_buffer_put_hex(page, output_number(output), 4);
    text_buffer_put(page, TEXT(":"));
    text_buffer_put_hex(page, output_offset(output, rva), 8);
}

// asctime's form with English names, whatever the locale.
static void put_timestamp(struct text_buffer *page, uint32_t timestamp)
{
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = (time_t)timestamp;
    struct tm t;
    gmtime_r(&seconds, &t);
    text_buffer_format(page, " Timestamp is %08x (%s %s %2d %02d:%02d:%02d %d)\n\n", timestamp, days[t.tm_wday],
                       months[t.tm_mon], t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, t.tm_year + 1900);
}

static void put_head(struct text_buffer *page, const struct map *map)
{
    struct link *link = map->link;
    struct text name = text_escaped(link_arena(link), path_stem(link->options.output));
    text_buffer_format(page, " %.*s\n\n", TEXT_ARGUMENT(name));
    put_timestamp(page, link->timestamp);
    text_buffer_put(page, TEXT(" Preferred load address is "));
    text_buffer_put_hex(page, link->image_base, map->address_digits);
    text_buffer_put(page, TEXT("\n\n"));
}

static void put_group(struct text_buffer *page, struct link *link, const struct chunk *first, const struct chunk *last)
{
    const struct chunk_group *group = &link->groups.items[first->group];
    uint32_t begin = first->rva - first->pad;
    put_place(page, first->output, begin);
    text_buffer_put(page, TEXT(" "));
    text_buffer_put_hex(page, last->rva + last->size - begin, 8);
    text_buffer_put(page, TEXT("H "));
    text_buffer_put_padded(page, text_escaped(link_arena(link), group->name), GROUP_WIDTH);
    text_buffer_put(page, group->characteristics & SECTION_CODE ? TEXT(" CODE\n") : TEXT(" DATA\n"));
}

// A group's chunks stand together, so a run of one group is one line.
static void put_groups(struct text_buffer *page, struct link *link)
{
    text_buffer_put(page, TEXT(" Start         Length     Name                   Class\n"));
    for (uint32_t i = 0; i < link->output_sections.count; i++) {
        const struct output_section *output = link->output_sections.items[i];
        for (size_t first = 0, next; first < output->chunk_count; first = next) {
            for (next = first + 1; next < output->chunk_count; next++)
                if (output->chunks[next]->group != output->chunks[first]->group)
                    break;
            put_group(page, link, output->chunks[first], output->chunks[next - 1]);
        }
    }
    text_buffer_put(page, TEXT("\n"));
}

static struct text symbol_origin(const struct map *map, const struct image_symbol *symbol)
{
    if (symbol->is_absolute)
        return TEXT("<absolute>");
    if (symbol->is_common)
        return TEXT("<common>");
    return symbol->object ? map->origins[symbol->object->order] : TEXT("<linker-defined>");
}

static void put_symbol(struct text_buffer *page, const struct map *map, const struct image_symbol *symbol)
{
    uint64_t address = symbol->is_absolute ? symbol->value : map->link->image_base + symbol->value;
    put_place(page, symbol->output, symbol->value);
    text_buffer_put(page, TEXT("       "));
    text_buffer_put_padded(page, text_escaped(page->arena, symbol->name), NAME_WIDTH);
    text_buffer_put(page, TEXT(" "));
    text_buffer_put_hex(page, address, map->address_digits);
    text_buffer_put(page, !symbol->is_function ? TEXT("     ") : symbol->is_inline ? TEXT(" f i ") : TEXT(" f   "));
    text_buffer_put(page, symbol_origin(map, symbol));
    text_buffer_put(page, TEXT("\n"));
}

// What put_symbol puts, in bytes.
static size_t symbol_line_size(const struct map *map, const struct image_symbol *symbol)
{
    size_t name = text_escaped(link_arena(map->link), symbol->name).size;
    size_t place = strlen(" 0001:00000000       "), flags = strlen(" f i ");
    return place + (name < NAME_WIDTH ? NAME_WIDTH : name) + 1 + map->address_digits + flags +
           symbol_origin(map, symbol).size + 1;
}

// Ends the text that is being written; more may follow.
static void end_text(struct map *map, struct text_buffer *page)
{
    struct piece piece = {.text = text_buffer_text(page), .size = page->size};
    array_push(page->arena, &map->pieces, piece);
    *page = (struct text_buffer){.arena = page->arena};
}

// Lines are measured and made in blocks, side by side.
static void put_symbols(struct text_buffer *page, struct map *map, const struct image_symbol *const *symbols,
                        size_t count)
{
    end_text(map, page);
    size_t first_piece = map->pieces.count;
    for (size_t first = 0; first < count; first += LINES_PER_BLOCK) {
        size_t left = count - first;
        struct piece piece = {.symbols = symbols + first,
                              .symbol_count = left < LINES_PER_BLOCK ? left : LINES_PER_BLOCK};
        array_push(page->arena, &map->pieces, piece);
    }
#pragma omp parallel for schedule(dynamic, 4) if (count > (size_t)4 * LINES_PER_BLOCK)
    for (size_t i = first_piece; i < map->pieces.count; i++) {
        struct piece *piece = &map->pieces.items[i];
        for (size_t j = 0; j < piece->symbol_count; j++)
            piece->size += symbol_line_size(map, piece->symbols[j]);
    }
}

static void put_publics(struct text_buffer *page, struct map *map, const struct map_symbols *symbols)
{
    if (map->address_digits == 16)
        text_buffer_put(page,
                        TEXT("  Address         Publics by Value              Rva+Base               Lib:Object\n\n"));
    else
        text_buffer_put(page, TEXT("  Address         Publics by Value              Rva+Base       Lib:Object\n\n"));
    put_symbols(page, map, symbols->publics, symbols->public_count);
}

static void put_entry(struct text_buffer *page, const struct link *link)
{
    struct image_symbol entry = {0};
    if (link->entry)
        image_symbol_of(link, link->entry, &entry);
    text_buffer_put(page, TEXT("\n entry point at       "));
    put_place(page, entry.output, entry.value);
    text_buffer_put(page, TEXT("\n"));
}

// /MAPINFO:EXPORTS, in the order of names.
static void put_exports(struct text_buffer *page, const struct link *link)
{
    const struct export_state *state = link->export_state;
    text_buffer_put(page, TEXT("\n Exports\n\n  ordinal    name\n\n"));
    for (size_t i = 0; state && i < state->exports.count; i++) {
        const struct export *export = &state->exports.items[i];
        text_buffer_format(page, "%9u    ", export->ordinal);
        text_buffer_put(page, text_escaped(page->arena, export->name));
        text_buffer_put(page, TEXT("\n"));
    }
}

// "LIBCMT:exit.obj": the library without folder and extension, the object without folder. An imported name has its DLL.
static struct text object_origin(const struct link *link, const struct object *object)
{
    struct arena *arena = link_arena(link);
    struct text name = text_file_name(object->member.size ? object->member : object->path);
    if (object->import)
        name = object->import->header.dll;
    if (object->library)
        name = text_format(arena, "%.*s:%.*s", TEXT_ARGUMENT(path_stem(object->library->path)), TEXT_ARGUMENT(name));
    return text_escaped(arena, name);
}

static void write_piece(const struct map *map, const struct piece *piece, uint8_t *out)
{
    // Room is exactly what was measured: the buffer never moves.
    struct text_buffer lines = {link_arena(map->link), (char *)out, 0, piece->size};
    for (size_t i = 0; i < piece->symbol_count; i++)
        put_symbol(&lines, map, piece->symbols[i]);
    text_buffer_put(&lines, piece->text);
}

static void write_pieces(const struct map *map)
{
    struct link *link = map->link;
    struct text path = link->options.map_file;
    if (!path.size)
        path = output_path_with_extension(link, ".map");
    size_t size = 0;
    for (size_t i = 0; i < map->pieces.count; i++) {
        map->pieces.items[i].offset = size;
        size += map->pieces.items[i].size;
    }
    struct output_file *file = output_file_create(link->outputs, path, size, false);
    uint8_t *out = file ? output_file_data(file) : NULL;
    if (!out)
        return;
#pragma omp parallel for schedule(dynamic, 4) if (map->pieces.count > 16)
    for (size_t i = 0; i < map->pieces.count; i++)
        write_piece(map, &map->pieces.items[i], out + map->pieces.items[i].offset);
}

void map_file_write(struct link *link)
{
    if (!link->options.map)
        return;
    struct map map = {.link = link,
                      .origins = arena_array(link_arena(link), struct text, link->objects.count),
                      .address_digits = link->target->pointer_size == 8 ? 16 : 8};
    for (size_t i = 0; i < link->objects.count; i++)
        map.origins[i] = object_origin(link, link->objects.items[i]);
    struct map_symbols symbols;
    map_symbols_gather(link, &symbols);

    struct text_buffer page = {.arena = link_arena(link)};
    put_head(&page, &map);
    put_groups(&page, link);
    put_publics(&page, &map, &symbols);
    put_entry(&page, link);
    text_buffer_put(&page, TEXT("\n Static symbols\n\n"));
    put_symbols(&page, &map, symbols.statics, symbols.static_count);
    if (link->options.map_exports)
        put_exports(&page, link);

    end_text(&map, &page);
    write_pieces(&map);
}
