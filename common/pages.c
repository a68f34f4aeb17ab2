// A mapping that is to get huge pages has to begin at a multiple of one. mmap promises less, so more is asked for and
// what sticks out on either side is given back.
#include "common/pages.h"

#include <stdint.h>
#include <sys/mman.h>

enum { HUGE_PAGE_SIZE = 2 << 20 };

static void *map_anonymous(size_t size)
{
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return pages == MAP_FAILED ? NULL : pages;
}

void *pages_map(size_t size)
{
    // Below two huge pages the last, half empty one would be most of it.
    if (size < (size_t)2 * HUGE_PAGE_SIZE || size > PTRDIFF_MAX)
        return map_anonymous(size);
    size_t page_rounded = (size + 4095) & ~(size_t)4095;
    uint8_t *pages = map_anonymous(page_rounded + HUGE_PAGE_SIZE);
    if (!pages)
        return NULL;
    size_t before = -(uintptr_t)pages & (HUGE_PAGE_SIZE - 1);
    if (before)
        munmap(pages, before);
    munmap(pages + before + page_rounded, HUGE_PAGE_SIZE - before);
    madvise(pages + before, page_rounded, MADV_HUGEPAGE); // a wish: without it memory is only slower
    return pages + before;
}

void pages_unmap(void *pages, size_t size)
{
    munmap(pages, size);
}
