// Readiness in a link: what the final bytes of the image prove about every function (design, "Readiness: the
// contract"). link.c calls these three, in this order, once the image is written and before any output is put in place.
//
// Where the story goes on: functions.h (what a function is and where it is known from), sweep.h (which branches there
// are), decide.h (the verdict), report.h (what is told), check.h (the same for an image of anybody's).
#pragma once

#include <stdbool.h>

struct link;

// Whether any option asks for readiness: /PATCHREPORT, /PATCHREADY, /HOTPATCHCOMPATIBLE, or /VERBOSE with pads.
bool readiness_is_wanted(const struct link *link);

// Decides every function of link->image, in parallel. Does nothing where nobody asks. False, and an error, where the
// image can't be read back.
bool readiness_decide(struct link *link);

// Writes what /PATCHREPORT asks for and the summary on standard output. The report is one of the link's outputs, unless
// the gate is going to fail: then it is one of link->records, so that a pipeline can show why.
void readiness_report(struct link *link);

// /PATCHREADY, /HOTPATCHCOMPATIBLE: names each accepted function that is not ready. False, after errors, where the link
// has to fail.
bool readiness_gate(struct link *link);
