// Memory straight from the kernel: zeroed, and in huge pages where it is large. Each small page costs a fault when it
// is first touched, a thousand times the price of clearing a cache line (and ten times that under a hypervisor); a huge
// page is one fault for five hundred of them.
#pragma once

#include <stddef.h>

// `size` zeroed bytes, aligned to a page, or NULL with errno set. `size` is not 0.
void *pages_map(size_t size);
// Gives them back; the same size.
void pages_unmap(void *pages, size_t size);
