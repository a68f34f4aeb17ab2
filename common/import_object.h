// Short import objects: what lib.exe, llvm-lib and mylink's own import libraries have instead of an object for each
// imported name (PE format, "Import Library Format").
#pragma once

#include "common/coff.h"
#include "common/text.h"

struct import_object {
    uint16_t machine;
    uint16_t ordinal_or_hint;
    enum import_type type;
    enum import_name_type name_type;
    struct text symbol;        // as compilers decorate it
    struct text dll;           // "KERNEL32.dll"
    struct text exported_name; // what the loader looks for; empty for IMPORT_ORDINAL
};

bool import_object_is(struct bytes content);

// NULL when all is well, or what is wrong with the bytes ("import object is cut short").
const char *import_object_parse(struct bytes content, struct import_object *out);
