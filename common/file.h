// Input files: mapped read-only, or read in parts. A file that changes its size behind a mapping can't be guarded
// against; what is no regular file (a directory, a FIFO) or can't be read is said so. An empty file is well:
// whether that makes sense is for the caller to say.
//
// Mapped pages are free where few are touched, as in a library. Where most of a part is read, a copy of it is cheaper:
// a page fault brings sixteen pages and costs what copying fifty takes (under a hypervisor, several hundred).
#pragma once

#include "common/text.h"

struct arena;
struct diagnostics;

struct file {
    struct text path;       // as the user wrote it or as the search found it
    struct bytes content;   // the mapping; empty where the file is, or before it is mapped
    uint64_t device, inode; // the same file under two names is one file
    uint64_t size;          // bytes
    int descriptor;         // of an open file; -1
};

// Opens the file. On failure reports `could not open 'path': reason [LNK1104]` and returns false, as the others here
// do.
bool file_open(struct file *file, struct text path, struct arena *arena, struct diagnostics *diagnostics);

// Reads bytes of an open file; [offset, offset + size) must lie in it. False (reported) where that fails or the file
// has become shorter.
bool file_read(const struct file *file, uint64_t offset, uint8_t *out, size_t size, struct diagnostics *diagnostics);

// Maps the content of an open file.
bool file_map_content(struct file *file, struct diagnostics *diagnostics);

// Closes the file; its content stays mapped.
void file_close(struct file *file);

// All of that for a file that is only mapped.
bool file_map(struct file *file, struct text path, struct arena *arena, struct diagnostics *diagnostics);

// Gives the mapping back, for tools that look at many files: nothing may point into it any more.
void file_unmap(struct file *file);

// Makes room for so many open files at once. Linux grows a process's table of them in steps of two, and once there are
// several threads each step waits until every processor has seen the new one: some milliseconds each. So it is asked
// for before threads start. No more than a wish.
void files_expect(size_t count);

// Whether a regular file (or a link to one) is at `path`.
bool file_exists(struct text path);
