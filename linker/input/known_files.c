// A build names each object once, so nearly every look-up finds nothing; there are as many as inputs.
#include "linker/input/known_files.h"

#include "common/file.h"
#include "linker/link.h"

static bool is_same_file(const struct file *a, const struct file *b)
{
    return a->inode == b->inode && a->device == b->device && a->size == b->size;
}

static const struct file **known_place(const struct known_files *known, const struct file *file)
{
    size_t mask = known->capacity - 1;
    size_t at = (size_t)((file->inode ^ file->device << 48) * 0x9e3779b97f4a7c15u >> 20) & mask;
    while (known->places[at] && !is_same_file(known->places[at], file))
        at = (at + 1) & mask;
    return &known->places[at];
}

static void known_files_grow(struct link *link)
{
    struct known_files old = link->known_files, *known = &link->known_files;
    known->capacity = old.capacity ? 2 * old.capacity : 64;
    known->places = arena_array(link_arena(link), const struct file *, known->capacity);
    for (size_t i = 0; i < old.capacity; i++)
        if (old.places[i])
            *known_place(known, old.places[i]) = old.places[i];
}

const struct file *known_file_add(struct link *link, const struct file *file)
{
    struct known_files *known = &link->known_files;
    if (2 * (known->count + 1) > known->capacity)
        known_files_grow(link);
    const struct file **place = known_place(known, file);
    if (*place)
        return *place;
    *place = file;
    known->count++;
    return NULL;
}
