// Where a report goes, in which form. The name of the file decides.
#ifdef HAVE_ZLIB
#include <zlib.h>
#endif

#include "common/diagnostics.h"
#include "common/output_file.h"
#include "linker/patch/report.h"

#ifdef HAVE_ZLIB
bool report_compress(const struct report_text *text, struct arena *arena, struct bytes *out)
{
    enum {
        GZIP = 16 + MAX_WBITS,
        LEVEL = 3,
        MEMORY = 8
    }; // level 3: a tenth of the size in a tenth of the best level's time
    z_stream stream = {0};
    if (deflateInit2(&stream, LEVEL, Z_DEFLATED, GZIP, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    size_t room = deflateBound(&stream, (uLong)text->size);
    uint8_t *data = arena_allocate(arena, room, 1);
    stream.next_out = data;
    bool is_well = true;
    uint64_t left = room;
    for (const struct report_block *block = text->first; is_well; block = block->next) {
        stream.next_in = block ? (z_const Bytef *)block->data : NULL;
        stream.avail_in = block ? (uInt)block->size : 0;
        bool is_last = !block || !block->next;
        int result;
        do { // a text of more than 4 GiB leaves in several strides
            stream.avail_out = left > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uInt)left;
            uInt before = stream.avail_out;
            result = deflate(&stream, is_last ? Z_FINISH : Z_NO_FLUSH);
            left -= before - stream.avail_out;
        } while (result == Z_OK && (stream.avail_in > 0 || is_last) && left > 0);
        is_well = result == Z_OK || result == Z_STREAM_END;
        if (is_last)
            break;
    }
    *out = (struct bytes){data, room - (size_t)left};
    deflateEnd(&stream);
    return is_well;
}
#else
bool report_compress(const struct report_text *text, struct arena *arena, struct bytes *out)
{
    (void)text;
    (void)arena;
    (void)out;
    return false;
}
#endif

bool report_write(struct output_set *outputs, struct text path, const struct report *report, struct arena *arena,
                  struct diagnostics *diagnostics)
{
    bool is_compressed = text_ends_with_ignoring_case(path, TEXT(".gz"));
    struct text name = is_compressed ? text_prefix(path, path.size - 3) : path;
#ifndef HAVE_ZLIB
    if (is_compressed) {
        report_error(diagnostics, 0, "/PATCHREPORT:%.*s: this mylink was built without zlib and writes no .gz",
                     TEXT_ARGUMENT(path));
        return false;
    }
#endif
    struct report_text text = report_document(report, arena);
    if (text_ends_with_ignoring_case(name, TEXT(".html")) || text_ends_with_ignoring_case(name, TEXT(".htm")))
        text = report_page(text, arena);
    if (is_compressed) {
        struct bytes content;
        if (!report_compress(&text, arena, &content)) {
            report_error(diagnostics, 0, "/PATCHREPORT:%.*s: out of memory", TEXT_ARGUMENT(path));
            return false;
        }
        return output_file_write(outputs, path, content);
    }
    struct output_file *file = output_file_create(outputs, path, text.size, false);
    if (!file)
        return false;
    report_text_copy(&text, output_file_data(file));
    return true;
}
