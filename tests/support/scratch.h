#ifndef TESTS_SUPPORT_SCRATCH_H
#define TESTS_SUPPORT_SCRATCH_H

#include <stdarg.h>
#include <stddef.h>

// Memory that lives as long as one test. Everything the harness hands out (paths, outputs, images)
// comes from the test's scratch, so a test never frees anything, also when an assertion leaves it
// halfway. All functions fail the test when memory runs out; none returns NULL.

struct scratch_block;

struct scratch {
    struct scratch_block *blocks;
};

void *scratch_allocate(struct scratch *scratch, size_t size);

// `block` came from `scratch` (or is NULL); the result replaces it.
void *scratch_resize(struct scratch *scratch, void *block, size_t size);

char *scratch_format(struct scratch *scratch, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *scratch_format_list(struct scratch *scratch, const char *format, va_list list);

void scratch_free(struct scratch *scratch);

#endif
