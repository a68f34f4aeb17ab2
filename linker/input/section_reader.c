// What is kept is read: bytes and relocations of sections, once it is known which these are. Of a large program's objects
// that is a small part, as most of them are debug information and copies of inline functions.
//
// Compilers write a section's relocations behind its bytes, or all relocations behind all bytes, and sections in the
// order of their making, code here and unwind data there. So there are a few places in the file at which one piece
// follows the other: each is a run, which ends where too much that is not wanted lies between two pieces.
#include "linker/input/section_reader.h"

#include "linker/input/input.h"
#include "linker/input/object_reader.h"
#include "linker/link.h"

enum {
    GAP_MAX = 2 << 10, // bytes between two pieces that are read all the same: cheaper than a second call
    RUN_MAX = 4 << 20, // bytes; a piece that is larger is better mapped: it would be in memory twice
    OPEN_RUNS_MAX = 4, // the last ones, to which a piece may be added
};

// Relocations of a section, with the count that SECTION_MORE_RELOCATIONS hides in the first record.
static bool relocations_find(struct link *link, struct section *section, struct file_extent *extent)
{
    const struct object *object = section->object;
    uint64_t count = section->relocation_count, offset = section->relocation_offset;
    section->relocation_count = 0;
    if (section->characteristics & SECTION_MORE_RELOCATIONS && count == 0xffff) {
        struct bytes first = bytes_slice(object->content, offset, sizeof(struct coff_relocation));
        if (!first.size)
            return section_complain(link, object, section->number, "has relocations past the end of the file");
        count = le32_get(((const struct coff_relocation *)(const void *)first.data)->offset);
        if (count == 0)
            return section_complain(link, object, section->number, "has a relocation count of 0 in its first record");
        count--;
        offset += sizeof(struct coff_relocation);
    }
    *extent = (struct file_extent){offset, count * sizeof(struct coff_relocation)};
    if (count && !bytes_contain(object->content, extent->offset, extent->size))
        return section_complain(link, object, section->number, "has relocations past the end of the file");
    section->relocation_count = (uint32_t)count;
    return true;
}

// Makes the run reach over a piece in it or behind it, if that is near.
static bool run_extend(struct file_run *run, uint64_t offset, uint64_t size)
{
    uint64_t run_end = run->offset + run->size, end = offset + size > run_end ? offset + size : run_end;
    if (offset < run->offset || offset > run_end + GAP_MAX || end - run->offset > RUN_MAX)
        return false;
    run->size = end - run->offset;
    run->wanted += size;
    return true;
}

// The run that the piece belongs to: one of the last, or a new one.
static uint32_t run_of_piece(struct link *link, struct section_reader *reader, uint64_t offset, uint64_t size)
{
    size_t count = reader->runs.count;
    for (size_t i = count; i > 0 && i + OPEN_RUNS_MAX > count; i--)
        if (run_extend(&reader->runs.items[i - 1], offset, size))
            return (uint32_t)(i - 1);
    array_push(link_arena(link), &reader->runs, ((struct file_run){.offset = offset, .size = size, .wanted = size}));
    return (uint32_t)count;
}

static void piece_add(struct link *link, struct section_reader *reader, struct section *section, bool is_relocations,
                      uint64_t offset, uint64_t size)
{
    if (!size)
        return;
    uint32_t run = run_of_piece(link, reader, offset, size);
    array_push(link_arena(link), &reader->pieces, ((struct section_piece){offset, size, section, run, is_relocations}));
}

static void pieces_gather(struct link *link, struct section_reader *reader, struct object *object)
{
    reader->runs.count = reader->pieces.count = 0;
    for (uint32_t k = 0; k < object->kept_count; k++) {
        struct section *section = &object->kept[k];
        struct file_extent relocations = {0};
        if (section->raw_offset && !(section->characteristics & SECTION_UNINITIALIZED_DATA))
            piece_add(link, reader, section, false, section->raw_offset, section->chunk.size);
        if (relocations_find(link, section, &relocations))
            piece_add(link, reader, section, true, relocations.offset, relocations.size);
    }
}

// Whether a run is read or stays in the mapping. Sections may lie over each other, and a small file can have a million of
// its own size: no object is read more often than twice. Runs of which much is not wanted are marked.
static bool run_is_read(struct file_run *run, const struct object *object, uint64_t *left)
{
    if (!object->file || run->size > RUN_MAX || run->size > *left)
        return false;
    *left -= run->size;
    run->is_sparse = run->wanted < run->size - run->size / 4;
    return true;
}

// Brings the runs into memory, the sparse ones into the buffer.
static void runs_read(struct link *link, struct section_reader *reader, const struct object *object)
{
    uint64_t left = 2 * (uint64_t)object->content.size, in_buffer = 0, sparse = 0;
    for (size_t i = 0; i < reader->runs.count; i++) {
        struct file_run *run = &reader->runs.items[i];
        if (!run_is_read(run, object, &left))
            run->bytes = bytes_slice(object->content, run->offset, run->size).data;
        sparse += run->is_sparse ? run->size : 0;
    }
    uint8_t *buffer = object_buffer_reserve(link, &reader->buffer, (size_t)sparse);
    for (size_t i = 0; i < reader->runs.count; i++) {
        struct file_run *run = &reader->runs.items[i];
        if (run->bytes)
            continue;
        uint8_t *out = run->is_sparse ? buffer + in_buffer
                                      : arena_allocate(link_arena(link), (size_t)run->size, _Alignof(uint64_t));
        in_buffer += run->is_sparse ? run->size : 0;
        if (!object_fetch(link, object, run->offset, out, (size_t)run->size))
            memset(out, 0, (size_t)run->size); // reported: an error that ends the stage
        run->bytes = out;
    }
}

static uint64_t sparse_wanted(const struct section_reader *reader)
{
    uint64_t wanted = 0;
    for (size_t i = 0; i < reader->runs.count; i++)
        wanted += reader->runs.items[i].is_sparse ? reader->runs.items[i].wanted : 0;
    return wanted;
}

void object_read_sections(struct link *link, struct object *object, struct section_reader *reader)
{
    pieces_gather(link, reader, object);
    runs_read(link, reader, object);
    uint8_t *next = arena_allocate(link_arena(link), (size_t)sparse_wanted(reader), 1);
    for (size_t i = 0; i < reader->pieces.count; i++) {
        const struct section_piece *piece = &reader->pieces.items[i];
        const struct file_run *run = &reader->runs.items[piece->run];
        const uint8_t *bytes = run->bytes + (piece->offset - run->offset);
        if (run->is_sparse) {
            bytes = memcpy(next, bytes, (size_t)piece->size);
            next += piece->size;
        }
        if (piece->is_relocations)
            piece->section->relocations = (const void *)bytes;
        else
            piece->section->content = bytes;
    }
}
