// Output files: written aside, then put in place whole. An output is made as a temporary file in the folder of
// its destination; nothing touches the destination until output_set_commit renames all of them. A run that fails, is
// killed or runs out of disk leaves the previous files byte for byte as they were. The temporary files are removed at
// exit and on SIGINT/SIGTERM/SIGHUP.
#pragma once

#include "common/text.h"

struct arena;
struct diagnostics;

struct output_file;
struct output_set; // all outputs of one run

struct output_set *output_set_create(struct arena *arena, struct diagnostics *diagnostics);

// Another set of the same run, put in place by itself. A file that is an output of `other` already can't be one of
// this.
struct output_set *output_set_create_beside(const struct output_set *other);

// Makes the temporary file for `path`, of exactly `size` bytes, which are zero and in memory until commit. The disk
// space is reserved now, so that a full disk is an error here, before the work is done. NULL (and an error, LNK1104 or
// LNK1180) where that is impossible. `executable` gives the file mode x bits, as a shell under WSL or Wine's binfmt
// wants for images.
struct output_file *output_file_create(struct output_set *set, struct text path, uint64_t size, bool executable);
uint8_t *output_file_data(struct output_file *file);

// An output that is at hand as bytes: created, filled. False (and an error) on failure.
bool output_file_write(struct output_set *set, struct text path, struct bytes content);

// Writes every output to its temporary file: what can fail for want of space has failed after that. Commit does it
// where nobody did; a caller that has more to do in between gets the error before. False, and an error, on failure.
bool output_set_write(struct output_set *set);

// Puts every output in place with a rename, in the order in which they were made. On the first failure the rest is
// left undone, an error says which, and false is returned.
bool output_set_commit(struct output_set *set);

// Removes what was written aside; destinations stay as they were.
void output_set_discard(struct output_set *set);

// Removes the temporary files of every set of this process, and nothing else: what exit, signal handlers and running
// out of memory do. Async-signal-safe.
void output_files_remove_temporary(void);
