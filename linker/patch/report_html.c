// The report as one page: report_page.html, with the JSON document put in place of its marker. Packed and written as
// base64 the document can hold no markup; without zlib it stands there as it is, but for '<', which JSON can write as
// \u003c too.
#include "linker/patch/report.h"

extern const char report_page_html[]; // made from report_page.html by text_to_c
extern const size_t report_page_html_size;

static const struct text encoding_marker = {"@ENCODING@", 10}, report_marker = {"@REPORT@", 8};

// The page up to the marker; *page is what comes behind it.
static struct text take_up_to(struct text *page, struct text marker)
{
    const char *found = memmem(page->data, page->size, marker.data, marker.size);
    size_t before = found ? (size_t)(found - page->data) : page->size;
    struct text taken = text_prefix(*page, before);
    *page = text_skip(*page, before + marker.size);
    return taken;
}

static void add_base64(struct report_text *out, struct arena *arena, struct bytes content)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char line[4096];
    size_t used = 0;
    for (size_t i = 0; i < content.size; i += 3) {
        size_t left = content.size - i;
        uint32_t group = (uint32_t)content.data[i] << 16 | (left > 1 ? (uint32_t)content.data[i + 1] << 8 : 0) |
                         (left > 2 ? content.data[i + 2] : 0);
        line[used++] = digits[group >> 18];
        line[used++] = digits[group >> 12 & 63];
        line[used++] = left > 1 ? digits[group >> 6 & 63] : '=';
        line[used++] = left > 2 ? digits[group & 63] : '=';
        if (used == sizeof line || left <= 3) {
            report_text_add(out, arena, (struct text){line, used});
            used = 0;
        }
    }
}

static void add_without_markup(struct report_text *out, struct arena *arena, const struct report_text *document)
{
    for (const struct report_block *block = document->first; block; block = block->next) {
        struct text left = {block->data, block->size};
        while (left.size) {
            size_t plain = text_find(left, '<');
            report_text_add(out, arena, text_prefix(left, plain));
            if (plain < left.size)
                report_text_add(out, arena, TEXT("\\u003c"));
            left = text_skip(left, plain + 1);
        }
    }
}

struct report_text report_page(struct report_text document, struct arena *arena)
{
    struct text page = {report_page_html, report_page_html_size};
    struct report_text out = {0};
    struct bytes packed;
    bool is_packed = report_compress(&document, arena, &packed);
    report_text_add(&out, arena, take_up_to(&page, encoding_marker));
    report_text_add(&out, arena, is_packed ? TEXT("gzip-base64") : TEXT("json"));
    report_text_add(&out, arena, take_up_to(&page, report_marker));
    if (is_packed)
        add_base64(&out, arena, packed);
    else
        add_without_markup(&out, arena, &document);
    report_text_add(&out, arena, page);
    return out;
}
