// What is told about readiness: a JSON document (patch-report.schema.json says its form), the same as a page of HTML,
// and a few lines on standard output.
#pragma once

#include <stdio.h>

#include "linker/patch/decide.h"
#include "linker/patch/report_text.h"

struct diagnostics;
struct output_set;

// Version of the schema: raised when a reader of the old one would misread a report.
#define PATCH_REPORT_VERSION 1

// What is kept of one image when its examination is gone.
struct report_image {
    struct report_text json; // its object in the document's "images"
    struct patch_totals totals;
    bool pad_was_asked;
};

// An image that could not be examined.
struct report_failure {
    struct text path, error;
};

struct report {
    struct report_image *images;
    size_t image_count;
    struct report_failure *failures;
    size_t failure_count;
};

// The image's object in the report. Parallel over functions; allocates from the examination's arenas.
struct report_text report_image_json(const struct examination *examination, const struct patch_totals *totals);

// The whole document.
struct report_text report_document(const struct report *report, struct arena *arena);

// The document inside a page: report_html.c.
struct report_text report_page(struct report_text document, struct arena *arena);

// Writes the report to `path`, in the form that its name asks for: .html a page, .gz behind anything gzip, else JSON.
// False and an error where that can't be done.
bool report_write(struct output_set *outputs, struct text path, const struct report *report, struct arena *arena,
                  struct diagnostics *diagnostics);

// gzip of the text; false where this build has no zlib.
bool report_compress(const struct report_text *text, struct arena *arena, struct bytes *out);

// A few lines for a person: how many functions are ready, the commonest reasons, each with an example and the remedy.
void summary_print(FILE *stream, const struct examination *examination, const struct patch_totals *totals);
