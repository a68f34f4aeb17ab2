// Memory that lives as long as the link. Nothing is freed one by one: an arena hands out pieces of
// large zeroed blocks. One arena belongs to one thread (struct arenas gives each its own), so that no
// allocation takes a lock. Running out of memory ends the process with a message and status 1, having
// removed what was half written (see output_file.h): no caller has to ask.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct arena_block;

struct arena {
    struct arena_block *blocks;
    uint8_t *next;
    uint8_t *end;
};

// Zeroed memory; `alignment` is a power of two, at most 64. `size` 0 gives a valid pointer.
void *arena_allocate(struct arena *arena, size_t size, size_t alignment);
// The same for count * size bytes, where the product may not overflow.
void *arena_allocate_array(struct arena *arena, size_t count, size_t size, size_t alignment);
void arena_release(struct arena *arena);

// For what allocates elsewhere (other libraries, streams in memory): the same end, and malloc that comes to it.
_Noreturn void out_of_memory(void);
void *allocate_or_end(size_t size);

#define arena_new(arena, type)          ((type *)arena_allocate((arena), sizeof(type), _Alignof(type)))
#define arena_array(arena, type, count) ((type *)arena_allocate_array((arena), (count), sizeof(type), _Alignof(type)))

// A growable array in an arena: declare one with array_of(type), add with array_push. What it outgrows
// stays in the arena, so it never costs more than twice its size.
#define array_of(type)                                                                                                 \
    struct {                                                                                                           \
        type *items;                                                                                                   \
        size_t count, capacity;                                                                                        \
    }

#define array_push(arena, array, item)                                                                                 \
    do {                                                                                                               \
        if ((array)->count == (array)->capacity)                                                                       \
            (array)->items = arena_grow_array((arena), (array)->items, (array)->count, &(array)->capacity,             \
                                              sizeof *(array)->items, _Alignof(max_align_t));                          \
        (array)->items[(array)->count] = (item); /* which may read the count */                                        \
        (array)->count++;                                                                                              \
    } while (0)

void *arena_grow_array(struct arena *arena, const void *items, size_t count, size_t *capacity, size_t size,
                       size_t alignment);
