// One image of a /PATCHCHECK: from a path to totals, a summary and its part of the report.
#pragma once

#include "linker/patch/report.h"

struct diagnostics;

struct check_request {
    uint32_t pad; // 0: the machine's default
    bool wants_report;
};

struct checked_image {
    struct text path;
    uint64_t file_size; // for the order of work; 0 where it is not known
    bool is_examined;
    struct text error; // why it is not
    struct report_image report;
    struct text summary; // lines for standard output
};

// Examines the image at image->path. What it leaves (texts, report) is in `arena`; the image itself is given back.
void check_image(struct checked_image *image, const struct check_request *request, struct arena *arena,
                 struct diagnostics *diagnostics);
