// Compiled resources, record by record. A .res file is a row of
//
//     data size, header size (32 each), type, name, padding to 4, data version (32), memory flags (16), language (16),
//     version (32), characteristics (32); the data, padding to 4
//
// where type and name are each 0xffff and a number, or UTF-16 up to a NUL (Microsoft, "RESOURCEHEADER"). The first
// record is empty and marks the file as one of 32 bits; files that were put one behind the other have more of those.
#include "common/resource.h"

static const uint8_t marker[] = {0, 0, 0, 0, 0x20, 0, 0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff, 0, 0};

bool resource_file_is(struct bytes content)
{
    return content.size >= sizeof marker && memcmp(content.data, marker, sizeof marker) == 0;
}

static struct resource_id read_id(struct reader *r)
{
    uint16_t first = read_le16(r);
    if (first == 0xffff)
        return (struct resource_id){.is_number = true, .number = read_le16(r)};
    struct resource_id id = {.name = {r->view.data + r->position - 2, 0}};
    for (; first && !r->failed; first = read_le16(r))
        id.name.size += 2;
    return id;
}

static bool is_marker(const struct resource *resource)
{
    return resource->data.size == 0 && resource->type.is_number && resource->type.number == 0 &&
           resource->name.is_number && resource->name.number == 0;
}

// Reads the record at the front of `record`; `next` is where the one behind it starts. NULL, or what is wrong.
static const char *read_record(struct bytes record, struct resource *out, size_t *next)
{
    struct reader r = reader_of(record);
    uint32_t data_size = read_le32(&r);
    uint32_t header_size = read_le32(&r);
    if (r.failed)
        return "resource header is cut short";
    struct reader header = reader_of(bytes_slice(record, 0, header_size));
    read_bytes(&header, 8);
    if (header.failed)
        return "resource header's size can't be";

    *out = (struct resource){.type = read_id(&header), .name = read_id(&header)};
    read_bytes(&header, align_up(header.position, 4) - header.position);
    read_le32(&header); // data version
    out->memory_flags = read_le16(&header);
    out->language = read_le16(&header);
    out->version = read_le32(&header);
    out->characteristics = read_le32(&header);
    if (header.failed)
        return "resource header's size can't be";
    if (!bytes_contain(record, header_size, data_size))
        return "resource data is cut short";
    out->data = bytes_slice(record, header_size, data_size);

    uint64_t end = align_up((uint64_t)header_size + data_size, 4);
    *next = end < record.size ? (size_t)end : record.size;
    return NULL;
}

bool resource_next(struct bytes content, size_t *offset, struct resource *out, const char **error)
{
    *error = NULL;
    while (*offset < content.size) {
        size_t size;
        *error = read_record(bytes_from(content, *offset), out, &size);
        if (*error)
            return false;
        *offset += size;
        if (!is_marker(out))
            return true;
    }
    return false;
}
