// Where resources come from. A .res file is a list. An object made of one (by cvtres, windres, llvm-cvtres) has the
// finished tree instead, in .rsrc or .rsrc$01, whose leaves refer to their data by relocation:
//
//   table    16 bytes, le16 counts of names and ids at 12 and 14, then entries of 8: le32 id or name, le32 offset
//            a set top bit says: a name at this offset (le16 length, UTF-16); a table at this offset; else the offset of a leaf
//   leaf     le32 RVA (relocated), size, code page, 0
//
// Three levels: type, name, language. One object alone is taken as it is, as lld-link does, but not unread: whoever
// reads the image must not go in circles. Several trees, or a tree and a list, are made into one. MinGW compilers link
// a default manifest into every program, which gives way to any other.
#include <stdlib.h>

#include "common/unicode.h"
#include "linker/input/object.h"
#include "linker/input/resource_file.h"
#include "linker/symbols/symbols.h"
#include "linker/synthesize/manifest.h"
#include "linker/synthesize/resources.h"
#include "linker/synthesize/special_sections.h"
#include "linker/target/target.h"

static void leaf_add(struct link *link, struct resource_list *list, struct resource_leaf leaf)
{
    leaf.order = (uint32_t)list->leaves.count;
    array_push(link_arena(link), &list->leaves, leaf);
}

// --- .res files ---

static void file_gather(struct link *link, struct resource_list *list, const struct resource_file *file)
{
    size_t offset = 0;
    struct resource resource;
    const char *error = NULL;
    while (resource_next(file->content, &offset, &resource, &error)) {
        struct resource_leaf leaf = {
            .type = resource.type,
            .name = resource.name,
            .language = resource.language,
            .data = resource.data,
            .source = file->path,
        };
        leaf_add(link, list, leaf);
    }
    if (error)
        report_error(link->diagnostics, 1123, "%.*s: invalid or corrupt resource file: %s", TEXT_ARGUMENT(file->path),
                     error);
}

// --- trees of objects ---

struct tree_reader {
    struct link *link;
    struct resource_list *list;
    const struct section *section;
    struct bytes content;
    const struct coff_relocation **relocations; // of the section, by offset
    size_t entries_left; // a tree can't have more entries than its bytes: one that goes in circles would
    const char *problem;
};

static int relocation_compare(const void *a, const void *b)
{
    uint32_t x = le32_get((*(const struct coff_relocation *const *)a)->offset);
    uint32_t y = le32_get((*(const struct coff_relocation *const *)b)->offset);
    return x < y ? -1 : x > y;
}

static bool tree_fail(struct tree_reader *reader, const char *problem)
{
    reader->problem = problem;
    return false;
}

static const struct coff_relocation *relocation_at(const struct tree_reader *reader, uint32_t offset)
{
    size_t low = 0, high = reader->section->relocation_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        uint32_t at = le32_get(reader->relocations[middle]->offset);
        if (at == offset)
            return reader->relocations[middle];
        if (at < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static bool read_id(struct tree_reader *reader, uint32_t name_or_id, struct resource_id *id)
{
    if (!(name_or_id >> 31)) {
        *id = (struct resource_id){.is_number = true, .number = (uint16_t)name_or_id};
        return true;
    }
    uint32_t offset = name_or_id & 0x7fffffff;
    struct bytes length = bytes_slice(reader->content, offset, 2);
    if (!length.size)
        return tree_fail(reader, "a name is outside the section");
    uint64_t size = (uint64_t)load16(length.data) * 2;
    if (!bytes_contain(reader->content, (uint64_t)offset + 2, size))
        return tree_fail(reader, "a name is outside the section");
    *id = (struct resource_id){.name = bytes_slice(reader->content, (uint64_t)offset + 2, size)};
    return true;
}

static bool read_leaf(struct tree_reader *reader, uint32_t offset, struct resource_leaf *leaf)
{
    struct bytes record = bytes_slice(reader->content, offset, sizeof(struct pe_resource_data));
    const struct coff_relocation *relocation = relocation_at(reader, offset);
    if (!record.size)
        return tree_fail(reader, "a data entry is outside the section");
    if (!relocation)
        return tree_fail(reader, "a data entry has no relocation");
    struct pe_resource_data data;
    memcpy(&data, record.data, sizeof data);
    struct place place = object_symbol_place(reader->section->object, le32_get(relocation->symbol));
    if (!place.chunk || !place.chunk->is_section)
        return tree_fail(reader, "a data entry refers to no section");
    struct bytes content = section_content(section_of_chunk(place.chunk));
    uint64_t start = place.value + le32_get(data.rva);
    if (!bytes_contain(content, start, le32_get(data.size)))
        return tree_fail(reader, "a resource's data is outside its section");
    leaf->data = bytes_slice(content, start, le32_get(data.size));
    leaf->code_page = le32_get(data.code_page);
    leaf_add(reader->link, reader->list, *leaf);
    return true;
}

// Levels: 0 type, 1 name, 2 language. `leaf` has what the levels above said.
static bool read_table(struct tree_reader *reader, uint32_t offset, int level, struct resource_leaf leaf)
{
    struct bytes header = bytes_slice(reader->content, offset, sizeof(struct pe_resource_directory));
    if (!header.size)
        return tree_fail(reader, "a table is outside the section");
    uint32_t count = (uint32_t)load16(header.data + 12) + load16(header.data + 14);
    uint64_t first = (uint64_t)offset + sizeof(struct pe_resource_directory);
    struct bytes entries = bytes_slice(reader->content, first, (uint64_t)count * sizeof(struct pe_resource_entry));
    if (!entries.data || entries.size != count * sizeof(struct pe_resource_entry))
        return tree_fail(reader, "a table is outside the section");
    if (count > reader->entries_left)
        return tree_fail(reader, "its tables go in circles");
    reader->entries_left -= count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t name_or_id = load32(entries.data + (size_t)i * 8), target = load32(entries.data + (size_t)i * 8 + 4);
        struct resource_id id;
        if (!read_id(reader, name_or_id, &id))
            return false;
        bool is_table = target >> 31;
        if (is_table != (level < 2))
            return tree_fail(reader, "its tree has not three levels");
        if (level == 0)
            leaf.type = id;
        else if (level == 1)
            leaf.name = id;
        else
            leaf.language = id.number;
        if (!(is_table ? read_table(reader, target & 0x7fffffff, level + 1, leaf) : read_leaf(reader, target, &leaf)))
            return false;
    }
    return true;
}

static void tree_gather(struct link *link, struct resource_list *list, const struct section *section)
{
    struct tree_reader reader = {.link = link, .list = list, .section = section, .content = section_content(section)};
    reader.entries_left = reader.content.size / sizeof(struct pe_resource_entry);
    reader.relocations = arena_array(link_arena(link), const struct coff_relocation *, section->relocation_count);
    for (uint32_t i = 0; i < section->relocation_count; i++)
        reader.relocations[i] = &section->relocations[i];
    if (section->relocation_count)
        qsort(reader.relocations, section->relocation_count, sizeof *reader.relocations, relocation_compare);
    struct resource_leaf leaf = {.source = section->object->display};
    if (!read_table(&reader, 0, 0, leaf))
        report_error(link->diagnostics, 1123, "%.*s: invalid or corrupt resource section: %s",
                     TEXT_ARGUMENT(section->object->display), reader.problem);
}

static bool section_is_resource(const struct special_section *special)
{
    return special->section && special->section->chunk.is_live && special->section->chunk.size;
}

static bool section_is_tree(const struct special_section *special)
{
    struct text name = section_name(special->section);
    return section_is_resource(special) && (text_equal(name, TEXT(".rsrc")) || text_equal(name, TEXT(".rsrc$01")));
}

static size_t tree_count(struct link *link)
{
    const struct special_sections *special = special_sections_of(link);
    size_t count = 0;
    for (size_t i = 0; i < special->of[SPECIAL_RESOURCE].count; i++)
        count +=
            special->of[SPECIAL_RESOURCE].items[i].section && section_is_tree(&special->of[SPECIAL_RESOURCE].items[i]);
    return count;
}

static void trees_gather(struct link *link, struct resource_list *list)
{
    const struct special_sections *special = special_sections_of(link);
    for (size_t i = 0; i < special->of[SPECIAL_RESOURCE].count; i++) {
        const struct special_section *one = &special->of[SPECIAL_RESOURCE].items[i];
        if (one->section && section_is_tree(one))
            tree_gather(link, list, one->section);
    }
}

// What was made into one tree goes.
static void trees_drop(struct link *link)
{
    const struct special_sections *special = special_sections_of(link);
    for (size_t i = 0; i < special->of[SPECIAL_RESOURCE].count; i++)
        if (special->of[SPECIAL_RESOURCE].items[i].section)
            special->of[SPECIAL_RESOURCE].items[i].section->chunk.is_live = false;
}

// --- the manifest ---

static void manifest_gather(struct link *link, struct resource_list *list)
{
    struct text text = manifest_text(link);
    if (!text.size)
        return;
    struct resource_leaf leaf = {
        .type = {.is_number = true, .number = RESOURCE_MANIFEST},
        .name = {.is_number = true, .number = (uint16_t)link->options.manifest_id},
        .language = 1033, // American English, as link.exe has it
        .data = {(const uint8_t *)text.data, text.size},
        .source = TEXT("the manifest that /manifest:embed makes"),
    };
    leaf_add(link, list, leaf);
}

static bool leaf_is_manifest(const struct resource_leaf *leaf)
{
    return leaf->type.is_number && leaf->type.number == RESOURCE_MANIFEST && leaf->name.is_number &&
           leaf->name.number == 1;
}

// MinGW's default manifest has no language: it goes when there is another, and a second copy of it is no mistake.
static void default_manifests_drop(struct resource_list *list)
{
    size_t defaults = 0, others = 0, kept = 0;
    for (size_t i = 0; i < list->leaves.count; i++)
        if (leaf_is_manifest(&list->leaves.items[i]))
            *(list->leaves.items[i].language ? &others : &defaults) += 1;
    for (size_t i = 0; i < list->leaves.count; i++) {
        const struct resource_leaf *leaf = &list->leaves.items[i];
        bool is_default = leaf_is_manifest(leaf) && leaf->language == 0;
        if (is_default && (others || defaults-- > 1))
            continue;
        list->leaves.items[kept++] = *leaf;
    }
    list->leaves.count = kept;
}

struct resource_list resources_gather(struct link *link)
{
    struct resource_list list = {0};
    for (size_t i = 0; i < link->resources.count; i++)
        file_gather(link, &list, link->resources.items[i]);
    if (link->options.manifest == MANIFEST_EMBED)
        manifest_gather(link, &list);
    size_t trees = tree_count(link);
    struct resource_list unused = {0};
    bool is_alone = trees == 1 && !list.leaves.count;
    trees_gather(link, is_alone ? &unused : &list);
    if (trees && !is_alone)
        trees_drop(link);
    if (link->options.mingw)
        default_manifests_drop(&list);
    return list;
}
