// The verdict on every function of an image.
#pragma once

#include "linker/patch/functions.h"

struct patch_totals {
    uint64_t functions, ready;
    uint64_t accepted, accepted_ready;
    uint64_t reasons[REASON_COUNT]; // a function counts once for each reason that it has
    uint64_t pad_bytes;             // free bytes before functions, up to what is wanted before each
    uint64_t code_bytes;            // of executable sections
    uint64_t image_bytes;           // of the file
};

// Decides all functions, whose entries and pads the sweep has measured, from examination->hits and what the candidates
// said. Drops those that turn out to be none.
void decide_functions(struct examination *examination);

struct patch_totals decide_totals(const struct examination *examination);
void totals_add(struct patch_totals *sum, const struct patch_totals *more);
