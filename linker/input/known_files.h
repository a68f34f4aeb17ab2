// Which files are in the link already, whatever they were called: told by device, inode and size.
#pragma once

#include <stddef.h>

struct file;
struct link;

struct known_files {
    const struct file **places; // open addressing; NULL is empty
    size_t count, capacity;
};

// The same file given before, or NULL, and then it is known from now on.
const struct file *known_file_add(struct link *link, const struct file *file);
