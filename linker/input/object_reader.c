// Reading ahead: which pieces of a file are worth a call of their own. Compilers write a section's relocations behind
// its bytes and sections in the order of their making, so those for the image stand together (clang: all of them, then
// the debug sections, then unwind data) or with small debug sections between them (MSVC). Neighbours with little
// between them become one piece.
#include "linker/input/object_reader.h"

#include "common/file.h"
#include "common/parallel.h"
#include "linker/link.h"

enum {
    GAP_MAX = 16 << 10, // bytes between two sections that are read all the same: cheaper than a second call
    BORROWED_MAX = 64 << 20,
    PART_MAX = 4 << 20, // a section that is larger is better mapped: it would be in memory twice
};

// Makes an extent, empty where its size is 0, reach over another piece too.
static void file_extent_add(struct file_extent *extent, uint64_t offset, uint64_t size)
{
    if (!size)
        return;
    uint64_t end = extent->offset + extent->size, begin = extent->size ? extent->offset : offset;
    if (!extent->size || offset + size > end)
        end = offset + size;
    if (offset < begin)
        begin = offset;
    *extent = (struct file_extent){begin, end - begin};
}

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
        return file_read(source->file, source->base + offset, copy, size, link->diagnostics);
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
    if (options_want_readiness(&link->options)) // which looks at debug sections, and they are not kept
        return;
    for (size_t i = 0; i < link->objects.count; i++) {
        struct object *object = link->objects.items[i];
        size_t size = object->section_count * sizeof(struct coff_section_header);
        object->headers = (const void *)bytes_slice(object->content, object->headers_offset, size).data;
    }
    for (int thread = 0; thread < link->thread_count; thread++)
        arena_release(&link->table_arenas[thread]);
}

void object_debug_borrow(struct link *link, struct object *object, struct debug_buffer *buffer)
{
    struct file_extent all = {0};
    for (uint32_t number = 1; object->file && number <= object->section_count; number++) {
        const struct coff_section_header *header = object_header(object, number);
        if (memcmp(header->name, ".debug$S", 8) != 0)
            continue;
        uint64_t relocations = (uint64_t)le16_get(header->relocation_count) * sizeof(struct coff_relocation);
        file_extent_add(&all, le32_get(header->raw_offset), le32_get(header->raw_size));
        file_extent_add(&all, le32_get(header->relocation_offset), relocations);
    }
    if (!all.size || all.size > BORROWED_MAX || !bytes_contain(object->content, all.offset, all.size))
        return;
    if (all.size > buffer->capacity) {
        buffer->capacity = (size_t)all.size + all.size / 2;
        buffer->data = arena_array(link_arena(link), uint8_t, buffer->capacity);
    }
    if (file_read(object->file, object->file_base + all.offset, buffer->data, (size_t)all.size, link->diagnostics))
        object->borrowed = (struct file_part){all.offset, {buffer->data, (size_t)all.size}};
}

void object_debug_return(struct object *object)
{
    object->borrowed = (struct file_part){0};
}

// Adds a piece to the extent that it is near to, or makes it a new one. What is near to none and finds no place is left
// out.
static void extents_add(struct file_extent extents[OBJECT_PARTS], uint64_t offset, uint64_t size)
{
    for (size_t i = 0; i < OBJECT_PARTS && size; i++) {
        struct file_extent both = extents[i];
        file_extent_add(&both, offset, size);
        bool is_near = both.size <= extents[i].size + size + GAP_MAX;
        if ((!extents[i].size || is_near) && both.size <= PART_MAX) {
            extents[i] = both;
            return;
        }
    }
}

bool object_source_read_ahead(struct link *link, struct object *object, const struct object_source *source)
{
    struct file_extent extents[OBJECT_PARTS] = {{0}};
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
    if (options_want_acceptance(&link->options))
        extents_add(extents, object->codeview.offset, object_codeview_start_size(object));
    for (size_t i = 0; i < OBJECT_PARTS; i++) {
        uint64_t offset = extents[i].offset, size = extents[i].size;
        // A lie is found when sections are kept; it is no part.
        if (!size || !bytes_contain(object->content, offset, size))
            continue;
        object->parts[i].offset = offset;
        if (!object_source_take(link, object, source, link_arena(link), offset, (size_t)size, &object->parts[i].bytes))
            return false;
    }
    return true;
}

static bool part_contains(const struct file_part *part, uint64_t offset, uint64_t size)
{
    return part->bytes.size && offset >= part->offset && bytes_contain(part->bytes, offset - part->offset, size);
}

struct bytes object_bytes(const struct object *object, uint64_t offset, uint64_t size)
{
    for (size_t i = 0; i < OBJECT_PARTS; i++) {
        const struct file_part *part = &object->parts[i];
        if (part_contains(part, offset, size))
            return bytes_slice(part->bytes, offset - part->offset, size);
    }
    if (part_contains(&object->borrowed, offset, size))
        return bytes_slice(object->borrowed.bytes, offset - object->borrowed.offset, size);
    return bytes_slice(object->content, offset, size);
}
