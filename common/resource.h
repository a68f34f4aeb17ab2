// Compiled resources (.res): records of a header {data size, header size, type, name, version, memory flags,
// language, version, characteristics}, aligned to 4, the first an empty marker (Microsoft, "RESOURCEHEADER").
#pragma once

#include "common/text.h"

struct resource_id {
    bool is_number;
    uint16_t number;
    struct bytes name; // UTF-16LE without its NUL, in place
};

struct resource {
    struct resource_id type, name;
    uint16_t language;
    uint16_t memory_flags;
    uint32_t version, characteristics;
    struct bytes data;
};

bool resource_file_is(struct bytes content);

// Reads the record at *offset and moves on: true with `out` filled; false at the end, or with *error saying what is
// wrong. The marker at the file's start is skipped. Start with *offset 0.
bool resource_next(struct bytes content, size_t *offset, struct resource *out, const char **error);
