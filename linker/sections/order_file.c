// /ORDER:@file (link.exe): one COMDAT's name a line, "object:name" for a static one, ';' begins a comment. Named
// COMDATs are put at the beginning of their output section, in the file's order; all others follow as they were.
#include "linker/sections/order_file.h"

#include "common/file.h"
#include "common/unicode.h"
#include "linker/input/object.h"
#include "linker/link.h"
#include "linker/symbols/symbols.h"

static struct text trim(struct text line)
{
    line = text_prefix(line, text_find(line, ';'));
    while (line.size && (line.data[0] == ' ' || line.data[0] == '\t'))
        line = text_skip(line, 1);
    while (line.size && strchr(" \t\r", line.data[line.size - 1]))
        line.size--;
    return line;
}

// "a.obj" or "a", of a file or a library's member.
static bool object_is_called(const struct object *object, struct text name)
{
    struct text own = text_file_name(object->member.size ? object->member : object->path);
    return text_equal_ignoring_case(own, name) ||
           text_equal_ignoring_case(text_prefix(own, text_find_last(own, '.')), name);
}

// The section of a name in one object, static or not; NULL where it has none.
static struct section *object_find_section(const struct object *object, struct text name)
{
    for (uint32_t index = 0; index < object->symbol_count; index++) {
        struct object_symbol record = object_symbol_fields(object, index);
        bool is_name = record.storage_class == STORAGE_STATIC || record.storage_class == STORAGE_EXTERNAL;
        if (is_name && record.section_number > 0 && text_equal(object_symbol_name(object, index), name)) {
            struct section *section = object_section(object, (uint32_t)record.section_number);
            if (section)
                return section;
        }
        index += record.aux_count;
    }
    return NULL;
}

static struct section *objects_find_section(const struct link *link, struct text object_name, struct text name)
{
    for (size_t i = 0; i < link->objects.count; i++) {
        const struct object *object = link->objects.items[i];
        struct section *section =
            !object->import && object_is_called(object, object_name) ? object_find_section(object, name) : NULL;
        if (section)
            return section;
    }
    return NULL;
}

static struct section *symbol_section(struct link *link, struct text name)
{
    struct symbol *symbol = symbol_find(link, name);
    if (!symbol || !symbol->chunk)
        symbol = symbol_find_by_user_name(link, name);
    return symbol && symbol->chunk && symbol->chunk->is_section ? section_of_chunk(symbol->chunk) : NULL;
}

// The COMDAT that a line of the file means, or NULL.
static struct section *line_section(struct link *link, struct text line)
{
    // C++ names have colons only as "::", which no decorated name contains.
    size_t colon = text_find(line, ':');
    struct section *section = colon < line.size
                                  ? objects_find_section(link, text_prefix(line, colon), text_skip(line, colon + 1))
                                  : symbol_section(link, line);
    return section && section->folded_into ? section->folded_into : section;
}

// Named chunks in the file's order, then the rest as they were.
static void output_section_reorder(struct link *link, struct output_section *output, struct section **named,
                                   size_t named_count)
{
    struct chunk **ordered = arena_array(link_arena(link), struct chunk *, output->chunk_count);
    size_t count = 0;
    for (size_t i = 0; i < named_count; i++)
        if (named[i]->chunk.output == output)
            ordered[count++] = &named[i]->chunk;
    if (!count)
        return;
    for (size_t i = 0; i < output->chunk_count; i++)
        if (!output->chunks[i]->is_ordered)
            ordered[count++] = output->chunks[i];
    memcpy(output->chunks, ordered, count * sizeof *ordered);
}

void order_file_apply(struct link *link)
{
    struct arena *arena = link_arena(link);
    struct file file;
    if (!link->options.order_file.size || !file_map(&file, link->options.order_file, arena, link->diagnostics))
        return;
    array_of(struct section *) named = {0};
    struct text rest = unicode_read_text_file(file.content, arena);
    while (rest.size) {
        size_t end = text_find(rest, '\n');
        struct text line = trim(text_prefix(rest, end));
        rest = text_skip(rest, end + 1);
        if (!line.size)
            continue;
        struct section *section = line_section(link, line);
        if (!section)
            report_warning(link->diagnostics, 4037, "%.*s: missing symbol: %.*s", TEXT_ARGUMENT(file.path),
                           TEXT_ARGUMENT(line));
        else if (section->chunk.is_live && !section->chunk.is_ordered) {
            section->chunk.is_ordered = true;
            array_push(arena, &named, section);
        }
    }
    for (size_t i = 0; i < link->output_sections.count; i++)
        output_section_reorder(link, link->output_sections.items[i], named.items, named.count);
}
