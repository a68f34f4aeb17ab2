// Reading ahead: which pieces of a file are worth a call of their own. Compilers write a section's relocations behind its bytes and sections in the order of
// their making, so those for the image stand together (clang: all of them, then the debug sections, then unwind data) or with small debug
// sections between them (MSVC). Neighbours with little between them become one piece.
#include "linker/input/object_reader.h"

#include "common/file.h"
#include "common/parallel.h"
#include "linker/link.h"

enum {
    GAP_MAX = 16 << 10, // bytes between two sections that are read all the same: cheaper than a second call
    PART_MAX = 4 << 20, // a section that is larger is better mapped: it would be in memory twice
};

bool object_source_take(struct link *link, const struct object *object, const struct object_source *source,
                        struct arena *arena, uint64_t offset, size_t size, struct bytes *out)
{
    *out = bytes_slice(object->content, offset, size);
    if (!source->file || !size)
        return true;
    uint8_t *copy = arena_array(arena, uint8_t, size);
    *out = (struct bytes){copy, size};
    struct bytes known = bytes_slice(source->head, offset, size);
    if (!known.size)
        return file_read(source->file, offset, copy, size, link->diagnostics);
    memcpy(copy, known.data, size);
    return true;
}

bool object_source_take_headers(struct link *link, struct object *object, const struct object_source *source,
                                uint64_t offset)
{
    struct bytes headers;
    size_t size = object->section_count * sizeof(struct coff_section_header);
    object->headers_offset = offset;
    if (!object_source_take(link, object, source, &link->table_arenas[thread_index()], offset, size, &headers))
        return false;
    object->headers = (const void *)headers.data;
    return true;
}

void object_tables_release(struct link *link)
{
    for (size_t i = 0; i < link->objects.count; i++) {
        struct object *object = link->objects.items[i];
        size_t size = object->section_count * sizeof(struct coff_section_header);
        object->headers = (const void *)bytes_slice(object->content, object->headers_offset, size).data;
    }
    for (int thread = 0; thread < link->thread_count; thread++)
        arena_release(&link->table_arenas[thread]);
}

struct extent { // in the file; empty where end is 0
    uint64_t begin, end;
};

// Adds a piece to the extent that it is near to, or makes it a new one. What is near to none and finds no place is left out.
static void extents_add(struct extent extents[OBJECT_PARTS], uint64_t offset, uint64_t size)
{
    if (!size)
        return;
    for (size_t i = 0; i < OBJECT_PARTS; i++) {
        struct extent *extent = &extents[i];
        if (!extent->end)
            *extent = (struct extent){offset, offset + size};
        uint64_t begin = offset < extent->begin ? offset : extent->begin;
        uint64_t end = offset + size > extent->end ? offset + size : extent->end;
        bool is_near = offset <= extent->end + GAP_MAX && extent->begin <= offset + size + GAP_MAX;
        if (is_near && end - begin <= PART_MAX) {
            *extent = (struct extent){begin, end};
            return;
        }
    }
}

bool object_source_read_ahead(struct link *link, struct object *object, const struct object_source *source)
{
    struct extent extents[OBJECT_PARTS] = {{0}};
    if (!source->file)
        return true;
    for (uint32_t number = 1; number <= object->section_count; number++) {
        if (!object->claims[number].is_for_image && number != object->directives_section)
            continue;
        const struct coff_section_header *header = object_header(object, number);
        if (!(le32_get(header->characteristics) & SECTION_UNINITIALIZED_DATA))
            extents_add(extents, le32_get(header->raw_offset), le32_get(header->raw_size));
        extents_add(extents, le32_get(header->relocation_offset),
                    (uint64_t)le16_get(header->relocation_count) * sizeof(struct coff_relocation));
    }
    for (size_t i = 0; i < OBJECT_PARTS; i++) {
        uint64_t size = extents[i].end - extents[i].begin;
        // A lie is found when sections are kept; it is no part.
        if (!bytes_contain(object->content, extents[i].begin, size) || !size)
            continue;
        object->parts[i].offset = extents[i].begin;
        if (!object_source_take(link, object, source, link_arena(link), extents[i].begin, (size_t)size,
                                &object->parts[i].bytes))
            return false;
    }
    return true;
}

struct bytes object_bytes(const struct object *object, uint64_t offset, uint64_t size)
{
    for (size_t i = 0; i < OBJECT_PARTS; i++) {
        const struct file_part *part = &object->parts[i];
        if (offset >= part->offset && bytes_contain(part->bytes, offset - part->offset, size) && part->bytes.size)
            return bytes_slice(part->bytes, offset - part->offset, size);
    }
    return bytes_slice(object->content, offset, size);
}
