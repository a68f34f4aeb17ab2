// CodeView debug information in objects (.debug$S): how an object was compiled. Layout after Microsoft's published
// cvinfo.h: a signature (4), then subsections of {type, size, data}, aligned to 4; the symbols subsection (0xF1) holds
// records of {size, kind, data}.
#pragma once

#include "common/text.h"

enum codeview_symbol_kind {
    S_OBJNAME = 0x1101,
    S_COMPILE2 = 0x1116,
    S_COMPILE3 = 0x113c,
    S_LPROC32 = 0x110f,
    S_GPROC32 = 0x1110,
    S_LPROC32_ID = 0x1146,
    S_GPROC32_ID = 0x1147,
};

struct codeview_compile_record {
    bool found;
    bool hotpatch; // fHotPatch: compiled for hot patching
    uint8_t language;
};

// Looks for the first S_COMPILE3 or S_COMPILE2 in the content of one .debug$S section. NULL when all is well (found or
// not), or what is wrong with the bytes.
const char *codeview_find_compile_record(struct bytes debug_s, struct codeview_compile_record *out);
