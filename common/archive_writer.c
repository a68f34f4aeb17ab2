// Layout first, then bytes: every member's offset is in both indexes, which stand before the members.
#include "common/archive_writer.h"

#include "common/arena.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAGIC_SIZE = 8, HEADER_SIZE = 60, LONGEST_SHORT_NAME = 15, MOST_MEMBERS = 0xfffe };

struct layout {
    const struct archive_writer_member *members;
    size_t member_count;
    uint32_t *member_offset;       // [member_count], of the header, from the archive's start
    uint32_t *long_name_offset;    // [member_count], in the long names member; UINT32_MAX: the name is short
    struct indexed_symbol *sorted; // for the second linker member: no name twice
    size_t symbol_count, sorted_count;
    uint64_t symbol_names_size, sorted_names_size, long_names_size; // bytes, with each name's end
    bool has_second;
};

struct indexed_symbol {
    struct text name;
    uint32_t member; // from 0
};

static int compare_symbols(const void *a, const void *b)
{
    const struct indexed_symbol *left = a, *right = b;
    int order = text_compare(left->name, right->name);
    if (order)
        return order;
    return left->member < right->member ? -1 : left->member > right->member;
}

// The sorted index has each name once; where two members define it, the first has it.
static void sort_symbols(struct layout *layout, struct arena *arena)
{
    layout->sorted = arena_array(arena, struct indexed_symbol, layout->symbol_count);
    size_t count = 0;
    for (size_t i = 0; i < layout->member_count; i++)
        for (size_t j = 0; j < layout->members[i].symbol_count; j++)
            layout->sorted[count++] = (struct indexed_symbol){layout->members[i].symbols[j], (uint32_t)i};
    if (count)
        qsort(layout->sorted, count, sizeof *layout->sorted, compare_symbols);
    for (size_t i = 0; i < count; i++) {
        if (layout->sorted_count && text_equal(layout->sorted[layout->sorted_count - 1].name, layout->sorted[i].name))
            continue;
        layout->sorted[layout->sorted_count++] = layout->sorted[i];
        layout->sorted_names_size += layout->sorted[i].name.size + 1;
    }
}

// A short name is followed by '/' in its 16-byte field; one that is longer, or has a '/' of its own, is kept in "//".
// Members of an import library all have one name: it is kept once as long as it does not change.
static void place_long_names(struct layout *layout)
{
    size_t end_size = layout->has_second ? 1 : 2; // NUL, or GNU's "/\n"
    size_t last = SIZE_MAX;
    for (size_t i = 0; i < layout->member_count; i++) {
        struct text name = layout->members[i].name;
        layout->long_name_offset[i] = UINT32_MAX;
        if (name.size <= LONGEST_SHORT_NAME && name.size && text_find(name, '/') == name.size)
            continue;
        if (last != SIZE_MAX && text_equal(name, layout->members[last].name)) {
            layout->long_name_offset[i] = layout->long_name_offset[last];
            continue;
        }
        last = i;
        layout->long_name_offset[i] = (uint32_t)layout->long_names_size;
        layout->long_names_size += name.size + end_size;
    }
}

static uint64_t member_size(uint64_t content)
{
    return content ? HEADER_SIZE + align_up(content, 2) : 0;
}

static uint64_t first_linker_member_size(const struct layout *layout)
{
    return 4 + 4 * (uint64_t)layout->symbol_count + layout->symbol_names_size;
}

static uint64_t second_linker_member_size(const struct layout *layout)
{
    if (!layout->has_second)
        return 0;
    return 8 + 4 * (uint64_t)layout->member_count + 2 * (uint64_t)layout->sorted_count + layout->sorted_names_size;
}

// Returns the archive's size, or 0 where offsets do not fit 32 bits.
static uint64_t place_members(struct layout *layout)
{
    uint64_t offset = MAGIC_SIZE + member_size(first_linker_member_size(layout)) +
                      member_size(second_linker_member_size(layout)) + member_size(layout->long_names_size);
    for (size_t i = 0; i < layout->member_count; i++) {
        layout->member_offset[i] = (uint32_t)offset;
        offset += HEADER_SIZE + align_up(layout->members[i].content.size, 2);
    }
    return offset <= UINT32_MAX ? offset : 0;
}

struct writer {
    uint8_t *next;
};

static void put(struct writer *w, const void *data, size_t size)
{
    if (size)
        memcpy(w->next, data, size);
    w->next += size;
}

static void put_be32(struct writer *w, uint32_t value)
{
    put(w, (uint8_t[]){(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value}, 4);
}

static void put_le32(struct writer *w, uint32_t value)
{
    struct le32 v = le32_of(value);
    put(w, &v, sizeof v);
}

static void put_le16(struct writer *w, uint16_t value)
{
    struct le16 v = le16_of(value);
    put(w, &v, sizeof v);
}

static void put_name(struct writer *w, struct text name)
{
    put(w, name.data, name.size);
    *w->next++ = 0;
}

// name(16) date(12) user(6) group(6) mode(8) size(10), text padded with blanks, then "`\n". A size is below 4 GiB, as
// the archive is.
static void put_header(struct writer *w, const char *name, const char *date, const char *mode, uint64_t size)
{
    char header[HEADER_SIZE + 1];
    const char *owner = *date ? "0" : "";
    snprintf(header, sizeof header, "%-16.16s%-12s%-6s%-6s%-8s%-10u`\n", name, date, owner, owner, mode,
             (unsigned)size);
    put(w, header, HEADER_SIZE);
}

static void put_even(struct writer *w, uint64_t size, char fill)
{
    if (size % 2)
        *w->next++ = (uint8_t)fill;
}

static void put_first_linker_member(struct writer *w, const struct layout *layout)
{
    uint64_t size = first_linker_member_size(layout);
    put_header(w, "/", "0", "0", size);
    put_be32(w, (uint32_t)layout->symbol_count);
    for (size_t i = 0; i < layout->member_count; i++)
        for (size_t j = 0; j < layout->members[i].symbol_count; j++)
            put_be32(w, layout->member_offset[i]);
    for (size_t i = 0; i < layout->member_count; i++)
        for (size_t j = 0; j < layout->members[i].symbol_count; j++)
            put_name(w, layout->members[i].symbols[j]);
    put_even(w, size, '\n');
}

static void put_second_linker_member(struct writer *w, const struct layout *layout)
{
    if (!layout->has_second)
        return;
    uint64_t size = second_linker_member_size(layout);
    put_header(w, "/", "0", "0", size);
    put_le32(w, (uint32_t)layout->member_count);
    for (size_t i = 0; i < layout->member_count; i++)
        put_le32(w, layout->member_offset[i]);
    put_le32(w, (uint32_t)layout->sorted_count);
    for (size_t i = 0; i < layout->sorted_count; i++)
        put_le16(w, (uint16_t)(layout->sorted[i].member + 1));
    for (size_t i = 0; i < layout->sorted_count; i++)
        put_name(w, layout->sorted[i].name);
    put_even(w, size, '\n');
}

static void put_long_names(struct writer *w, const struct layout *layout)
{
    if (!layout->long_names_size)
        return;
    put_header(w, "//", "", "", layout->long_names_size);
    uint64_t written = 0;
    for (size_t i = 0; i < layout->member_count; i++) {
        if (layout->long_name_offset[i] != written)
            continue;
        struct text name = layout->members[i].name;
        put(w, name.data, name.size);
        put(w, layout->has_second ? "" : "/\n", layout->has_second ? 1 : 2);
        written += name.size + (layout->has_second ? 1 : 2);
    }
    put_even(w, layout->long_names_size, '\n');
}

static void put_member(struct writer *w, const struct layout *layout, size_t index)
{
    const struct archive_writer_member *member = &layout->members[index];
    char name[32];
    if (layout->long_name_offset[index] != UINT32_MAX)
        snprintf(name, sizeof name, "/%u", layout->long_name_offset[index]);
    else
        snprintf(name, sizeof name, "%.*s/", TEXT_ARGUMENT(member->name));
    put_header(w, name, "0", "644", member->content.size);
    put(w, member->content.data, member->content.size);
    put_even(w, member->content.size, '\n');
}

struct bytes archive_build(const struct archive_writer_member *members, size_t member_count, struct arena *arena)
{
    struct layout layout = {.members = members,
                            .member_count = member_count,
                            .member_offset = arena_array(arena, uint32_t, member_count),
                            .long_name_offset = arena_array(arena, uint32_t, member_count),
                            .has_second = member_count <= MOST_MEMBERS};
    for (size_t i = 0; i < member_count; i++) {
        layout.symbol_count += members[i].symbol_count;
        for (size_t j = 0; j < members[i].symbol_count; j++)
            layout.symbol_names_size += members[i].symbols[j].size + 1;
    }
    sort_symbols(&layout, arena);
    place_long_names(&layout);
    uint64_t size = place_members(&layout);
    if (!size)
        return (struct bytes){NULL, 0};

    uint8_t *out = arena_allocate(arena, (size_t)size, 1);
    struct writer w = {out};
    put(&w, "!<arch>\n", MAGIC_SIZE);
    put_first_linker_member(&w, &layout);
    put_second_linker_member(&w, &layout);
    put_long_names(&w, &layout);
    for (size_t i = 0; i < member_count; i++)
        put_member(&w, &layout, i);
    return (struct bytes){out, (size_t)size};
}
