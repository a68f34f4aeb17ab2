// Reading a part costs a call; mapping it costs a fault for every sixteen pages, and the pages stay.
#include "linker/input/object_reader.h"

#include "common/file.h"
#include "common/parallel.h"
#include "linker/link.h"

enum { BORROWED_MAX = 64 << 20 };

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

bool object_fetch(struct link *link, const struct object *object, uint64_t offset, uint8_t *out, size_t size)
{
    if (object->file)
        return file_read(object->file, object->file_base + offset, out, size, link->diagnostics);
    if (size)
        memcpy(out, object->content.data + offset, size);
    return true;
}

uint8_t *object_buffer_reserve(struct link *link, struct object_buffer *buffer, size_t size)
{
    if (size > buffer->capacity) {
        buffer->capacity = size + size / 2;
        buffer->data = arena_array(link_arena(link), uint8_t, buffer->capacity);
    }
    return buffer->data;
}

static size_t headers_size(const struct object *object)
{
    return object->section_count * sizeof(struct coff_section_header);
}

static size_t symbols_size(const struct object *object)
{
    return (size_t)object->symbol_count * object->symbol_size;
}

bool object_tables_borrow(struct link *link, struct object *object, unsigned tables)
{
    if (!object->file)
        return true;
    // Strings follow symbols in the file, so they do here.
    size_t headers = tables & TABLE_HEADERS ? headers_size(object) : 0;
    size_t symbols = tables & TABLE_SYMBOLS ? symbols_size(object) : 0;
    size_t strings = tables & TABLE_STRINGS ? object->strings.size : 0;
    uint64_t symbols_at = tables & TABLE_SYMBOLS ? object->symbols_offset : object_strings_offset(object);
    if (headers + symbols + strings == 0)
        return true;
    uint8_t *out = object_buffer_reserve(link, &link->table_buffers[thread_index()], headers + symbols + strings);
    if (!object_fetch(link, object, object->headers_offset, out, headers) ||
        !object_fetch(link, object, symbols_at, out + headers, symbols + strings))
        return false;
    if (headers)
        object->headers = (const void *)out;
    if (symbols)
        object->symbols = out + headers;
    if (strings)
        object->strings.data = out + headers + symbols;
    return true;
}

void object_tables_return(struct object *object)
{
    object->headers = (const void *)bytes_slice(object->content, object->headers_offset, headers_size(object)).data;
    object->symbols = bytes_slice(object->content, object->symbols_offset, symbols_size(object)).data;
    object->strings = bytes_slice(object->content, object_strings_offset(object), object->strings.size);
}

void object_debug_borrow(struct link *link, struct object *object, struct object_buffer *buffer)
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
    uint8_t *out = object_buffer_reserve(link, buffer, (size_t)all.size);
    if (object_fetch(link, object, all.offset, out, (size_t)all.size))
        object->borrowed = (struct file_part){all.offset, {out, (size_t)all.size}};
}

void object_debug_return(struct object *object)
{
    object->borrowed = (struct file_part){0};
}

struct bytes object_bytes(const struct object *object, uint64_t offset, uint64_t size)
{
    const struct file_part *borrowed = &object->borrowed;
    if (borrowed->bytes.size && offset >= borrowed->offset) {
        struct bytes bytes = bytes_slice(borrowed->bytes, offset - borrowed->offset, size);
        if (bytes.size)
            return bytes;
    }
    return bytes_slice(object->content, offset, size);
}
