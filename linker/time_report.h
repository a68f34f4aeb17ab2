// Where a link spends its time. link.c announces each pass; /TIME prints the passes with wall time, CPU time and share,
// and /TIMETRACE:file writes a trace that Chrome (about:tracing) and Perfetto open, with what each thread did inside
// the passes.
//
// A pass costs two clock readings whether anyone asks or not, because /TIME is only known once the first pass has run.
// A slice inside a pass costs one comparison unless a trace was asked for.
#pragma once

#include "common/text.h"

struct arena;
struct link;

// Before the first pass. Memory is taken from `arena` while passes run on one thread.
struct time_report *time_report_create(struct arena *arena);

// Ends the pass before it, if one is running. `name` has to stay: a literal, in a reader's words ("resolve symbols").
// Not from parallel loops.
void pass_begin(struct link *link, const char *name);
void pass_end(struct link *link);

// A piece of work on one thread, from any thread: a file parsed, a block of chunks written. What lasts less than some
// ten microseconds is not worth a slice of its own.
//
//     uint64_t begin = time_slice_begin(link);
//     ... the work ...
//     time_slice_end(link, begin, "parse", object->display);
//
// `name` has to stay; `detail` (may be empty) as long as the link. Without a link (NULL: a tool that shares the code)
// nothing is noted.
uint64_t time_slice_begin(const struct link *link);
void time_slice_end(const struct link *link, uint64_t begin, const char *name, struct text detail);

// Ends the running pass and makes the trace of all that ran so far, one of link->records: a link that failed leaves one
// too, and one that can't leave it has failed. So the renames that put outputs in place are not in it.
void time_trace_write(struct link *link);

// Ends the running pass and prints the table of /TIME to standard output.
void time_report_print(struct link *link);
