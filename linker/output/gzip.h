// gzip'd outputs, where the build has zlib.
#pragma once

#include "common/bytes.h"

struct arena;

// Whether this build can compress.
bool gzip_is_available(void);

// The pieces, one behind the other, as one gzip file without name or date. False where there is no zlib, or no memory
// for it.
bool gzip_compress(const struct bytes *pieces, size_t piece_count, struct arena *arena, struct bytes *out);
