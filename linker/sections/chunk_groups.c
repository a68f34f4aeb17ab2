// Groups: what has one full section name and one set of characteristics, the unit that `$` grouping sorts. Chunks that
// the linker makes are put into theirs as they are made; sections of objects when all are known (group.c).
#include "linker/link.h"

// Bits that make two groups of one name different. Alignment and COMDAT are a contribution's own affair.
#define GROUP_CHARACTERISTICS                                                                                          \
    (SECTION_CODE | SECTION_INITIALIZED_DATA | SECTION_UNINITIALIZED_DATA | SECTION_DISCARDABLE | SECTION_NOT_CACHED | \
     SECTION_NOT_PAGED | SECTION_SHARED | SECTION_EXECUTE | SECTION_READ | SECTION_WRITE)

static uint64_t group_hash(struct text name, uint32_t characteristics)
{
    return text_hash(name) ^ characteristics * 0x9e3779b97f4a7c15u;
}

static uint32_t *group_place(struct link *link, struct text name, uint32_t characteristics)
{
    size_t mask = link->group_table_size - 1;
    for (size_t at = group_hash(name, characteristics) & mask;; at = (at + 1) & mask) {
        uint32_t *place = &link->group_table[at];
        if (!*place)
            return place;
        const struct chunk_group *group = &link->groups.items[*place - 1];
        if (group->characteristics == characteristics && text_equal(group->name, name))
            return place;
    }
}

static void group_table_grow(struct link *link)
{
    link->group_table_size = link->group_table_size ? 2 * link->group_table_size : 256;
    link->group_table = arena_array(link_arena(link), uint32_t, link->group_table_size);
    for (size_t i = 0; i < link->groups.count; i++)
        *group_place(link, link->groups.items[i].name, link->groups.items[i].characteristics) = (uint32_t)i + 1;
}

uint32_t group_characteristics(uint32_t characteristics)
{
    return characteristics & GROUP_CHARACTERISTICS;
}

uint32_t link_group(struct link *link, struct text name, uint32_t characteristics)
{
    characteristics = group_characteristics(characteristics);
    // Import libraries of different makers say different things of their tables, which have to be contiguous all the
    // same.
    if (text_starts_with(name, TEXT(".idata$")))
        characteristics = CHARACTERISTICS_DATA;
    if (2 * (link->groups.count + 1) > link->group_table_size)
        group_table_grow(link);
    uint32_t *place = group_place(link, name, characteristics);
    if (!*place) {
        struct chunk_group group = {.name = name, .characteristics = characteristics};
        array_push(link_arena(link), &link->groups, group);
        *place = (uint32_t)link->groups.count;
    }
    return *place - 1;
}

void link_add_chunk(struct link *link, struct chunk *chunk, struct text section_name, uint32_t characteristics)
{
    chunk->group = link_group(link, section_name, characteristics);
    chunk->is_live = true;
    chunk->is_code = (characteristics & SECTION_CODE) != 0;
    chunk->order = UINT32_MAX; // behind every input
    array_push(link_arena(link), &link->synthesized, chunk);
}

static void data_write(const struct link *link, const struct chunk *chunk, uint8_t *out)
{
    (void)link;
    const struct data_chunk *data = (const struct data_chunk *)chunk;
    memcpy(out, data->content.data, data->content.size);
}

const struct chunk_kind data_chunk_kind = {.name = "data", .write = data_write};

struct chunk *link_add_data(struct link *link, struct bytes content, unsigned alignment, struct text section_name,
                            uint32_t characteristics)
{
    struct data_chunk *data = arena_new(link_arena(link), struct data_chunk);
    data->chunk.kind = &data_chunk_kind;
    data->chunk.size = (uint32_t)content.size;
    while ((1u << data->chunk.alignment_shift) < alignment)
        data->chunk.alignment_shift++;
    data->content = content;
    link_add_chunk(link, &data->chunk, section_name, characteristics);
    return &data->chunk;
}
