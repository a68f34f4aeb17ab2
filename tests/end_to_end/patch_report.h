#ifndef TESTS_END_TO_END_PATCH_REPORT_H
#define TESTS_END_TO_END_PATCH_REPORT_H

#include <jansson.h>

#include "tests/support/program.h"

// What tests ask of a patch report.

// Reads a report in the program's folder: JSON, validated by an independent validator against the schema in the
// sources.
json_t *report_read(struct program *program, const char *name);

// Runs mylink with a command line in the program's folder, whatever its status.
struct outcome mylink_run(struct program *program, const char *format, ...) __attribute__((format(printf, 2, 3)));

// The first image of the report; its function of that name, with or without x86's underscore. Fail the test when it is
// not there.
json_t *report_image(json_t *report, size_t index);
json_t *report_function(json_t *report, const char *name);
json_t *report_function_or_null(json_t *report, const char *name);

// The function's reasons in the order of the contract, blanks between; "ready" where it has none.
const char *report_verdict(struct program *program, json_t *report, const char *name);
bool report_function_has_source(json_t *function, const char *source);

// Links what the program's inputs are into a DLL without entry point that keeps every function, with `options`, and
// reads its report.
json_t *report_of_link(struct program *program, const char *options);

#define assert_verdict(program, report, name, verdict)                                                                 \
    assert_string_equal(report_verdict((program), (report), (name)), (verdict))

#endif
