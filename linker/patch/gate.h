// The gate: /PATCHREADY and /HOTPATCHCOMPATIBLE fail a link in which an accepted function is not ready, unless
// /PATCHREADYEXCEPT names it.
#pragma once

#include "linker/patch/decide.h"

struct link;

struct gate {
    bool is_error; // what it finds fails the link; else it warns, or is not there at all
    bool is_warning;
    bool is_refused; // the link as a whole can't pass: said by gate_say
    size_t *unready; // indices of functions
    size_t unready_count;
    struct text *stale; // exceptions that no function of the image has the name of
    size_t stale_count;
};

// Which functions the gate is about. Errors only where the file of exceptions can't be read.
struct gate *gate_prepare(struct link *link, const struct examination *examination, const struct patch_totals *totals);

// Whether gate_say will fail the link.
bool gate_will_fail(const struct gate *gate);

// Names each function, its object, the reasons and the remedies. False, after errors, where the link has to fail.
bool gate_say(struct link *link, const struct gate *gate, const struct examination *examination,
              const struct patch_totals *totals);
