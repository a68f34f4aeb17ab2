#ifndef TESTS_SUPPORT_FOLDER_H
#define TESTS_SUPPORT_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/support/scratch.h"

// Temporary folders and whole files. Whatever fails, fails the test.

// A new, empty folder; its name is short, without blanks, and absolute.
char *folder_create(struct scratch *scratch);
void folder_remove(const char *folder); // with all that is in it

char *path_join(struct scratch *scratch, const char *folder, const char *name); // `name` alone when absolute
bool path_exists(const char *path);

void folder_write_file(const char *path, const void *content, size_t size);

// The file's bytes, with a NUL behind the last one that `size` does not count. `size` may be NULL.
void *folder_read_file(struct scratch *scratch, const char *path, size_t *size);

#endif
