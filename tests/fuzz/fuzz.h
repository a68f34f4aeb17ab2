// What the fuzzers share. Each fuzz_NAME.c is one libFuzzer program: it gives bytes to one reader (or to a whole link)
// and expects nothing but that it comes back; the sanitizers say whether it behaved. tests/fuzz/run builds, seeds and
// runs them.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/bytes.h"
#include "common/diagnostics.h"
#include "common/text.h"

struct link;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// A folder in memory (/dev/shm), the process's own, removed at its end. Paths stay valid.
const char *fuzz_folder(void);
struct text fuzz_path(struct arena *arena, const char *name);

// Makes a file of that name in the folder, with these bytes; what was there is replaced.
void fuzz_write_file(const char *name, struct bytes content);

// Diagnostics that are formatted, and shown to nobody.
struct diagnostics *fuzz_diagnostics(void);

// Reads every byte, so that a view that reaches where it must not is found out.
void fuzz_read_all(struct bytes view);
void fuzz_read_text(struct text text);

// Gives back everything that a link holds: links in a program are many here.
void fuzz_link_release(struct link *link);
