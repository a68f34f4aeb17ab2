// The resource section (PE format, "The .rsrc Section"): a tree of three levels, type, name and language, searched by
// halving, so each table is sorted: names first, by UTF-16 unit (resource compilers write them in capitals), then ids.
// In .rsrc$01 the tables, level by level, the leaves, the names; in .rsrc$02 the data, each aligned to 8.
// resource_inputs.c tells what a table and a leaf look like.
//
// The same type, name and language twice is an error that names both files (CVTRES's CVT1100, told by link.exe as
// LNK1123).
#include "linker/synthesize/resources.h"

#include <stdlib.h>

#include "common/unicode.h"
#include "linker/synthesize/image_place.h"
#include "linker/synthesize/synthesize.h"

enum { TABLE_SIZE = sizeof(struct pe_resource_directory), ENTRY_SIZE = 8, LEAF_SIZE = 16, DATA_ALIGNMENT = 8 };
#define TOP_BIT 0x80000000u

// --- order ---

static uint16_t upper(uint16_t unit)
{
    return unit >= 'a' && unit <= 'z' ? (uint16_t)(unit - 'a' + 'A') : unit;
}

int resource_id_compare(const struct resource_id *a, const struct resource_id *b)
{
    if (a->is_number != b->is_number)
        return a->is_number ? 1 : -1;
    if (a->is_number)
        return a->number < b->number ? -1 : a->number > b->number;
    for (size_t i = 0; i + 2 <= a->name.size && i + 2 <= b->name.size; i += 2) {
        uint16_t x = upper(load16(a->name.data + i)), y = upper(load16(b->name.data + i));
        if (x != y)
            return x < y ? -1 : 1;
    }
    return a->name.size < b->name.size ? -1 : a->name.size > b->name.size;
}

static int leaf_compare_names(const struct resource_leaf *a, const struct resource_leaf *b)
{
    int by_type = resource_id_compare(&a->type, &b->type);
    if (by_type)
        return by_type;
    int by_name = resource_id_compare(&a->name, &b->name);
    if (by_name)
        return by_name;
    return a->language < b->language ? -1 : a->language > b->language;
}

static int leaf_compare(const void *a, const void *b)
{
    const struct resource_leaf *x = a, *y = b;
    int by_names = leaf_compare_names(x, y);
    return by_names ? by_names : (x->order < y->order ? -1 : x->order > y->order);
}

// --- duplicates ---

static struct text type_text(struct arena *arena, const struct resource_id *type)
{
    static const char *const names[] = {
        [1] = "CURSOR",        [2] = "BITMAP",        [3] = "ICON",        [4] = "MENU",         [5] = "DIALOG",
        [6] = "STRINGTABLE",   [7] = "FONTDIR",       [8] = "FONT",        [9] = "ACCELERATOR",  [10] = "RCDATA",
        [11] = "MESSAGETABLE", [12] = "GROUP_CURSOR", [14] = "GROUP_ICON", [16] = "VERSIONINFO", [17] = "DLGINCLUDE",
        [19] = "PLUGPLAY",     [20] = "VXD",          [21] = "ANICURSOR",  [22] = "ANIICON",     [23] = "HTML",
        [24] = "MANIFEST",
    };
    if (!type->is_number)
        return text_format(arena, "\"%.*s\"", TEXT_ARGUMENT(unicode_utf16_to_utf8(type->name, arena)));
    if (type->number < sizeof names / sizeof *names && names[type->number])
        return text_format(arena, "%s (ID %u)", names[type->number], type->number);
    return text_format(arena, "ID %u", type->number);
}

static struct text name_text(struct arena *arena, const struct resource_id *name)
{
    if (name->is_number)
        return text_format(arena, "ID %u", name->number);
    return text_format(arena, "\"%.*s\"", TEXT_ARGUMENT(unicode_utf16_to_utf8(name->name, arena)));
}

static void duplicate_report(struct link *link, const struct resource_leaf *first, const struct resource_leaf *second)
{
    struct arena *arena = link_arena(link);
    struct text type = type_text(arena, &first->type), name = name_text(arena, &first->name);
    struct text message = text_format(arena, "duplicate resource: type %.*s/name %.*s/language %u, in %.*s and in %.*s",
                                      TEXT_ARGUMENT(type), TEXT_ARGUMENT(name), first->language,
                                      TEXT_ARGUMENT(first->source), TEXT_ARGUMENT(second->source));
    if (link->options.force_multiple_resolution)
        report_warning(link->diagnostics, 1123, "%.*s", TEXT_ARGUMENT(message));
    else
        report_error(link->diagnostics, 1123, "%.*s", TEXT_ARGUMENT(message));
}

// Sorts, and keeps the first of what is there twice.
static void leaves_sort(struct link *link, struct resource_list *list)
{
    if (list->leaves.count)
        qsort(list->leaves.items, list->leaves.count, sizeof *list->leaves.items, leaf_compare);
    size_t kept = 1;
    for (size_t i = 1; i < list->leaves.count; i++) {
        if (leaf_compare_names(&list->leaves.items[kept - 1], &list->leaves.items[i]) == 0)
            duplicate_report(link, &list->leaves.items[kept - 1], &list->leaves.items[i]);
        else
            list->leaves.items[kept++] = list->leaves.items[i];
    }
    list->leaves.count = kept;
}

// --- the tree ---

// A table of the second or third level: leaves [first, first + count) are below it.
struct resource_node {
    const struct resource_id *id;
    uint32_t first, count;
    uint32_t first_child, child_count; // names below a type
    uint32_t offset;                   // of its table
    uint32_t name_offset;              // of its id's name
};

struct resource_tree {
    struct chunk chunk;
    struct resource_list list;
    array_of(struct resource_node) types, names;
    uint32_t leaves_offset;
    struct chunk *data;
};

struct resource_data {
    struct chunk chunk;
    const struct resource_tree *tree;
};

static void nodes_make(struct link *link, struct resource_tree *tree)
{
    struct arena *arena = link_arena(link);
    for (uint32_t i = 0; i < tree->list.leaves.count; i++) {
        const struct resource_leaf *leaf = &tree->list.leaves.items[i];
        struct resource_node *type = tree->types.count ? &tree->types.items[tree->types.count - 1] : NULL;
        struct resource_node *name = tree->names.count ? &tree->names.items[tree->names.count - 1] : NULL;
        bool is_new_type = !type || resource_id_compare(type->id, &leaf->type) != 0;
        if (is_new_type) {
            struct resource_node node = {.id = &leaf->type, .first = i, .first_child = (uint32_t)tree->names.count};
            // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): an arena never gives NULL
            array_push(arena, &tree->types, node);
            type = &tree->types.items[tree->types.count - 1];
        }
        // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a type that is not new has a name
        if (is_new_type || resource_id_compare(name->id, &leaf->name) != 0) {
            struct resource_node node = {.id = &leaf->name, .first = i};
            array_push(arena, &tree->names, node);
            name = &tree->names.items[tree->names.count - 1];
            type->child_count++;
        }
        type->count++;
        name->count++;
    }
}

static uint64_t name_place(struct resource_node *node, uint64_t offset)
{
    if (node->id->is_number)
        return offset;
    node->name_offset = (uint32_t)offset;
    return offset + 2 + node->id->name.size;
}

// Offsets of tables, leaves and names; returns the size of all.
static uint64_t tree_place(struct resource_tree *tree)
{
    uint64_t offset = TABLE_SIZE + tree->types.count * ENTRY_SIZE;
    for (size_t i = 0; i < tree->types.count; i++) {
        tree->types.items[i].offset = (uint32_t)offset;
        offset += TABLE_SIZE + (uint64_t)tree->types.items[i].child_count * ENTRY_SIZE;
    }
    for (size_t i = 0; i < tree->names.count; i++) {
        tree->names.items[i].offset = (uint32_t)offset;
        offset += TABLE_SIZE + (uint64_t)tree->names.items[i].count * ENTRY_SIZE;
    }
    tree->leaves_offset = (uint32_t)offset;
    offset += tree->list.leaves.count * LEAF_SIZE;
    for (size_t i = 0; i < tree->types.count; i++)
        offset = name_place(&tree->types.items[i], offset);
    for (size_t i = 0; i < tree->names.count; i++)
        offset = name_place(&tree->names.items[i], offset);
    return align_up(offset, 4);
}

// A table's header; returns where its entries go.
static uint8_t *table_write(uint8_t *out, uint32_t names, uint32_t ids)
{
    store16(out + offsetof(struct pe_resource_directory, named_count), (uint16_t)names);
    store16(out + offsetof(struct pe_resource_directory, id_count), (uint16_t)ids);
    return out + TABLE_SIZE;
}

static uint8_t *entry_write(uint8_t *out, uint32_t name_or_id, uint32_t target)
{
    store32(out, name_or_id);
    store32(out + 4, target);
    return out + ENTRY_SIZE;
}

// The table above these nodes, and their names.
static void nodes_write(uint8_t *out, uint32_t table, const struct resource_node *nodes, uint32_t count)
{
    uint32_t names = 0;
    while (names < count && !nodes[names].id->is_number)
        names++;
    uint8_t *entry = table_write(out + table, names, count - names);
    for (uint32_t i = 0; i < count; i++) {
        const struct resource_id *id = nodes[i].id;
        entry =
            entry_write(entry, id->is_number ? id->number : nodes[i].name_offset | TOP_BIT, nodes[i].offset | TOP_BIT);
        if (id->is_number)
            continue;
        store16(out + nodes[i].name_offset, (uint16_t)(id->name.size / 2));
        memcpy(out + nodes[i].name_offset + 2, id->name.data, id->name.size);
    }
}

static void tree_write(const struct link *link, const struct chunk *chunk, uint8_t *out)
{
    (void)link;
    const struct resource_tree *tree = (const struct resource_tree *)chunk;
    nodes_write(out, 0, tree->types.items, (uint32_t)tree->types.count);
    for (size_t i = 0; i < tree->types.count; i++) {
        const struct resource_node *type = &tree->types.items[i];
        nodes_write(out, type->offset, &tree->names.items[type->first_child], type->child_count);
    }
    for (size_t i = 0; i < tree->names.count; i++) {
        const struct resource_node *name = &tree->names.items[i];
        uint8_t *entry = table_write(out + name->offset, 0, name->count);
        for (uint32_t k = name->first; k < name->first + name->count; k++)
            entry = entry_write(entry, tree->list.leaves.items[k].language, tree->leaves_offset + k * LEAF_SIZE);
    }
    for (size_t i = 0; i < tree->list.leaves.count; i++) {
        const struct resource_leaf *leaf = &tree->list.leaves.items[i];
        struct pe_resource_data record = {
            .rva = le32_of(tree->data->rva + leaf->offset),
            .size = le32_of((uint32_t)leaf->data.size),
            .code_page = le32_of(leaf->code_page),
        };
        memcpy(out + tree->leaves_offset + i * LEAF_SIZE, &record, sizeof record);
    }
}

static void data_write(const struct link *link, const struct chunk *chunk, uint8_t *out)
{
    (void)link;
    const struct resource_list *list = &((const struct resource_data *)chunk)->tree->list;
    for (size_t i = 0; i < list->leaves.count; i++)
        if (list->leaves.items[i].data.size)
            memcpy(out + list->leaves.items[i].offset, list->leaves.items[i].data.data,
                   list->leaves.items[i].data.size);
}

static const struct chunk_kind tree_kind = {.name = "resource tree", .write = tree_write};
static const struct chunk_kind data_kind = {.name = "resource data", .write = data_write};

static uint64_t data_place(struct resource_list *list)
{
    uint64_t offset = 0;
    for (size_t i = 0; i < list->leaves.count; i++) {
        list->leaves.items[i].offset = (uint32_t)offset;
        offset += align_up(list->leaves.items[i].data.size, DATA_ALIGNMENT);
    }
    return offset;
}

// The format has 16 bits for the counts of names and ids of a table.
static bool tree_fits(struct link *link, const struct resource_tree *tree, uint64_t tree_size, uint64_t data_size)
{
    bool fits = tree_size < INT32_MAX && data_size < INT32_MAX && tree->types.count <= UINT16_MAX;
    for (size_t i = 0; i < tree->types.count; i++)
        fits &= tree->types.items[i].child_count <= UINT16_MAX;
    if (!fits)
        report_error(link->diagnostics, 1123, "resources are more than a resource section can hold");
    return fits;
}

void resources_create(struct link *link)
{
    struct arena *arena = link_arena(link);
    struct resource_list list = resources_gather(link);
    if (!list.leaves.count)
        return;
    struct resource_tree *tree = arena_new(arena, struct resource_tree);
    struct resource_data *data = arena_new(arena, struct resource_data);
    leaves_sort(link, &list);
    tree->list = list;
    nodes_make(link, tree);
    uint64_t tree_size = tree_place(tree), data_size = data_place(&tree->list);
    if (!tree_fits(link, tree, tree_size, data_size))
        return;
    tree->data = &data->chunk;
    tree->chunk.kind = &tree_kind;
    tree->chunk.size = (uint32_t)tree_size;
    tree->chunk.alignment_shift = 3;
    data->tree = tree;
    data->chunk.kind = &data_kind;
    data->chunk.size = (uint32_t)data_size;
    data->chunk.alignment_shift = 3;
    link_add_chunk(link, &tree->chunk, TEXT(".rsrc$01"), CHARACTERISTICS_RDATA);
    link_add_chunk(link, &data->chunk, TEXT(".rsrc$02"), CHARACTERISTICS_RDATA);
}

struct directory resource_directory(struct link *link)
{
    struct group_span span = group_span_of(link, TEXT(".rsrc"));
    return span.bytes ? (struct directory){span.rva, span.span} : (struct directory){0, 0};
}
