// Arenas: bump allocation from large blocks that the kernel gives zeroed.
//
// Blocks come straight from mmap, so their pages cost nothing until they are touched and need no clearing by us. They
// start at 1 MiB and grow fourfold up to 16 MiB: a small link stays small, a large one asks the kernel rarely and soon
// gets huge pages. A request that a fresh block would mostly be spent on gets a mapping of its own, so that what is
// left of the current block is not thrown away for it.
//
// Under AddressSanitizer every piece stands between poisoned bytes, as if it had come from malloc.
#include "common/arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/output_file.h"
#include "common/pages.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISON
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define ARENA_POISON
#endif

#ifdef ARENA_POISON
#include <sanitizer/asan_interface.h>
#define GUARD_SIZE 32
#else
#define GUARD_SIZE                           0
#define ASAN_POISON_MEMORY_REGION(p, size)   ((void)(p), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(p, size) ((void)(p), (void)(size))
#endif

enum {
    SMALLEST_BLOCK = 1 << 20,
    LARGEST_BLOCK = 16 << 20,
    PAGE_SIZE = 4096,
    LARGEST_ALIGNMENT = 64,
};

// Stands at the start of its own mapping.
struct arena_block {
    alignas(LARGEST_ALIGNMENT) struct arena_block *older;
    size_t size; // of the whole mapping, in bytes
};
_Static_assert(sizeof(struct arena_block) == LARGEST_ALIGNMENT, "what follows the header is aligned");

// No pass can do anything useful without memory, so nobody is asked to handle this. Only calls that need no memory
// themselves.
_Noreturn void out_of_memory(void)
{
    static const char message[] = "mylink: error: out of memory\n";
    ssize_t written = write(STDERR_FILENO, message, sizeof message - 1);
    (void)written;
    output_files_remove_temporary();
    _exit(1);
}

void *allocate_or_end(size_t size)
{
    void *memory = malloc(size);
    if (!memory && size)
        out_of_memory();
    return memory;
}

// A zeroed mapping of `size` bytes, a multiple of the page size, its header filled in.
static struct arena_block *block_map(size_t size)
{
    struct arena_block *block = pages_map(size);
    if (!block)
        out_of_memory();
    block->size = size;
    ASAN_POISON_MEMORY_REGION(block + 1, size - sizeof *block);
    return block;
}

// Makes a block that has room for `size` bytes the current one.
static void arena_add_block(struct arena *arena)
{
    size_t size = SMALLEST_BLOCK;
    if (arena->blocks) {
        size_t current = (size_t)(arena->end - (uint8_t *)arena->blocks);
        size = current < LARGEST_BLOCK ? current * 4 : LARGEST_BLOCK;
    }
    struct arena_block *block = block_map(size);
    block->older = arena->blocks;
    arena->blocks = block;
    arena->next = (uint8_t *)(block + 1);
    arena->end = (uint8_t *)block + size;
}

// A request of its own mapping, put behind the current block in the list.
static void *arena_allocate_large(struct arena *arena, size_t size)
{
    size_t total;
    if (__builtin_add_overflow(size, sizeof(struct arena_block) + PAGE_SIZE - 1, &total))
        out_of_memory();
    if (!arena->blocks)
        arena_add_block(arena);
    struct arena_block *block = block_map(total & ~(size_t)(PAGE_SIZE - 1));
    block->older = arena->blocks->older;
    arena->blocks->older = block;
    ASAN_UNPOISON_MEMORY_REGION(block + 1, size);
    return block + 1;
}

// Where a piece of this alignment would start in the current block.
static uintptr_t arena_aligned_next(const struct arena *arena, size_t alignment)
{
    return ((uintptr_t)arena->next + GUARD_SIZE + alignment - 1) & ~(uintptr_t)(alignment - 1);
}

static bool arena_has_room(const struct arena *arena, size_t size, size_t alignment)
{
    uintptr_t start = arena_aligned_next(arena, alignment);
    uintptr_t end = (uintptr_t)arena->end;
    return start <= end && size <= end - start;
}

void *arena_allocate(struct arena *arena, size_t size, size_t alignment)
{
    size += size == 0; // so that a new arena gives a pointer for nothing, too
    if (!arena_has_room(arena, size, alignment)) {
        if (size > SMALLEST_BLOCK / 4)
            return arena_allocate_large(arena, size);
        arena_add_block(arena);
    }
    uint8_t *out = (uint8_t *)arena_aligned_next(arena, alignment);
    arena->next = out + size;
    ASAN_UNPOISON_MEMORY_REGION(out, size);
    return out;
}

void *arena_allocate_array(struct arena *arena, size_t count, size_t size, size_t alignment)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        out_of_memory();
    return arena_allocate(arena, total, alignment);
}

void *arena_grow_array(struct arena *arena, const void *items, size_t count, size_t *capacity, size_t size,
                       size_t alignment)
{
    size_t grown = *capacity ? *capacity : 8;
    if (*capacity && __builtin_add_overflow(*capacity, *capacity, &grown))
        out_of_memory();

    // The arena's last piece grows where it is. The product fits: that much is allocated already.
    size_t held = *capacity * size;
    if (held && (const uint8_t *)items + held == arena->next && held <= (size_t)(arena->end - arena->next)) {
        ASAN_UNPOISON_MEMORY_REGION(arena->next, held);
        arena->next += held;
        *capacity = grown;
        return arena->next - 2 * held;
    }

    uint8_t *out = arena_allocate_array(arena, grown, size, alignment);
    if (count)
        memcpy(out, items, count * size);
    *capacity = grown;
    return out;
}

void arena_release(struct arena *arena)
{
    for (struct arena_block *block = arena->blocks; block;) {
        struct arena_block *older = block->older;
        size_t size = block->size;
        ASAN_UNPOISON_MEMORY_REGION(block, size);
        pages_unmap(block, size);
        block = older;
    }
    *arena = (struct arena){NULL, NULL, NULL};
}
