// Input files: mapped read-only, never copied. A file that changes its size behind a mapping can't be guarded
// against; what is no regular file (a directory, a FIFO) or can't be read is said so. An empty file is mapped well:
// whether that makes sense is for the caller to say.
#pragma once

#include "common/text.h"

struct arena;
struct diagnostics;

struct file {
    struct text path;       // as the user wrote it or as the search found it
    struct bytes content;   // the mapping; empty where the file is
    uint64_t device, inode; // the same file under two names is one file
};

// Maps the file. On failure reports `could not open 'path': reason [LNK1104]` and returns false.
bool file_map(struct file *file, struct text path, struct arena *arena, struct diagnostics *diagnostics);

// Gives the mapping back, for tools that look at many files: nothing may point into it any more.
void file_unmap(struct file *file);

// Whether a regular file (or a link to one) is at `path`.
bool file_exists(struct text path);
