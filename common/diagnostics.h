// What a run has to say to its user. A diagnostic may come from any thread of a parallel pass; it is kept
// until the pass is over and then printed in an order that no thread decides: by the `order` that its
// task announced (an input's order on the command line), then as the task said them.
//
// Form: `mylink: error: undefined symbol: foo [LNK2019]`, then continuation lines (`>>> referenced by …`), which the
// message carries behind its first newline; each begins with ">>> " (a line break before anything else is a name's,
// and shown escaped). Names from files may hold control characters, escapes or broken
// UTF-8: these are shown escaped, here and in no other place.
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct arena;

enum severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR };

struct diagnostics;

// `program_name` is the name the program was called by. `stream` gets the text (stderr).
struct diagnostics *diagnostics_create(const char *program_name, FILE *stream, int thread_count);

// Gives back its memory, saying nothing: for programs that go on.
void diagnostics_release(struct diagnostics *diagnostics);

// What options say about diagnostics (/ERRORLIMIT, /IGNORE, /WX). A limit of 0 shows all errors.
void diagnostics_set_error_limit(struct diagnostics *diagnostics, unsigned limit);
void diagnostics_ignore(struct diagnostics *diagnostics, unsigned number);
void diagnostics_treat_warnings_as_errors(struct diagnostics *diagnostics, bool all);
void diagnostics_treat_warning_as_error(struct diagnostics *diagnostics, unsigned number, bool on);

// Called by a task of a parallel loop before its work: what it says sorts by `order`, then as it said it. Each task
// has an order of its own. Code outside of parallel loops needs none: it speaks in program order.
void diagnostics_set_order(struct diagnostics *diagnostics, uint64_t order);

// `number` is link.exe's number (1104 prints "[LNK1104]"), or 0 where it has none.
void report_error(struct diagnostics *diagnostics, unsigned number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void report_warning(struct diagnostics *diagnostics, unsigned number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void report_note(struct diagnostics *diagnostics, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Prints what was gathered. Only between parallel loops.
void diagnostics_flush(struct diagnostics *diagnostics);

// Errors said so far (printed or not); warnings that count as errors included.
size_t diagnostics_error_count(const struct diagnostics *diagnostics);

// Writes `text` so that a terminal, a map file or a log shows it as it is and obeys nothing in it: control
// characters and bytes that are no UTF-8 become \xNN.
void write_escaped(FILE *stream, const char *text, size_t size);
