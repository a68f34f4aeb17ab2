// The compile record of an object (.debug$S): was it compiled for hot patching? Microsoft's cvinfo.h has the layouts:
//
//     COMPILESYM3  kind, flags (32), machine (16), front end and back end versions, version string
//     COMPILESYM   the same with shorter versions (S_COMPILE2)
//     flags        bits 0-7 language, 8 edit and continue, 9 no debug information, 10 LTCG, 11 /bzalign,
//                  12 managed code, 13 /GS, 14 hot patch, ...
//
// The flags of both begin alike, so one reader serves. A subsection whose type has the top bit is to be ignored.
#include "common/codeview.h"

enum {
    SIGNATURE_C13 = 4,
    SUBSECTION_SYMBOLS = 0xf1,
    FLAGS_LANGUAGE = 0xff,
    FLAGS_HOTPATCH = 1 << 14,
};

// Looks through one symbols subsection. NULL, or what is wrong.
static const char *find_in_symbols(struct bytes symbols, struct codeview_compile_record *out)
{
    struct reader r = reader_of(symbols);
    while (reader_left(&r) >= 4) {     // less is padding
        uint16_t size = read_le16(&r); // of kind and data
        struct reader record = reader_of(read_bytes(&r, size));
        uint16_t kind = read_le16(&record);
        if (r.failed || record.failed)
            return "a debug symbol record is cut short";
        if (kind != S_COMPILE3 && kind != S_COMPILE2)
            continue;
        uint32_t flags = read_le32(&record);
        if (record.failed)
            return "a compile record is cut short";
        *out = (struct codeview_compile_record){
            .found = true,
            .hotpatch = (flags & FLAGS_HOTPATCH) != 0,
            .language = flags & FLAGS_LANGUAGE,
        };
        return NULL;
    }
    return NULL;
}

const char *codeview_find_compile_record(struct bytes debug_s, struct codeview_compile_record *out)
{
    *out = (struct codeview_compile_record){0};
    if (debug_s.size == 0)
        return NULL;
    struct reader r = reader_of(debug_s);
    uint32_t signature = read_le32(&r);
    if (r.failed)
        return "debug section is cut short";
    if (signature != SIGNATURE_C13)
        return NULL; // an older form, which has no such record

    while (!out->found && reader_left(&r) >= 8) {
        uint32_t type = read_le32(&r);
        uint32_t size = read_le32(&r);
        struct bytes content = read_bytes(&r, size);
        if (r.failed)
            return "a debug subsection is cut short";
        const char *problem = type == SUBSECTION_SYMBOLS ? find_in_symbols(content, out) : NULL;
        if (problem)
            return problem;
        size_t padding = align_up(size, 4) - size;
        read_bytes(&r, padding < reader_left(&r) ? padding : reader_left(&r));
    }
    return NULL;
}
