#ifndef TESTS_SUPPORT_PROCESS_H
#define TESTS_SUPPORT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/support/scratch.h"

// Running another program and keeping what it said.

// Set in a build with sanitizers (tests/run-sanitized).
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WITH_SANITIZERS
#endif
#endif

// In a shell's script, before a number of kilobytes: no more address space than that. Sanitizers reserve far more than
// they use, so with them nothing is limited.
#ifdef WITH_SANITIZERS
#define LIMIT_MEMORY ": "
#else
#define LIMIT_MEMORY "ulimit -v "
#endif

// A command line, grown argument by argument.
struct arguments {
    const char **items; // NULL behind the last
    size_t count;
};

void arguments_add(struct scratch *scratch, struct arguments *arguments, const char *argument);

// Adds the words of `line`. Words are separated by blanks; double quotes keep blanks inside a word and
// are dropped; there is no other quoting, so a backslash is itself. NULL adds nothing.
void arguments_add_line(struct scratch *scratch, struct arguments *arguments, const char *line);
void arguments_add_all(struct scratch *scratch, struct arguments *arguments, const struct arguments *more);

struct process {
    struct arguments arguments;   // items[0] is what the program sees as its own name
    const char *program;          // path or name to look up in PATH; NULL: items[0]
    const char *folder;           // working directory; NULL: that of the test
    struct arguments environment; // NAME=VALUE sets, NAME alone removes; the rest is inherited
    double timeout;               // seconds; 0: 120
};

struct outcome {
    int status;            // exit status; 128 + n when signal n ended it; -1 when it took too long and was killed
    char *output, *errors; // standard output and error, whole, NUL behind the last byte
    size_t output_size, errors_size;
};

// Runs it to its end with standard input empty. Fails the test only when it cannot be started at all.
// Whatever it leaves running in the background does not hold the test up.
struct outcome process_run(struct scratch *scratch, const struct process *process);

// Runs a command line in `folder` (NULL: the test's) and fails the test, showing what it said, unless
// it ends with status 0. `format` is split like `arguments_add_line`.
struct outcome process_must_run(struct scratch *scratch, const char *folder, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// The command line as one would type it, for messages.
const char *process_describe(struct scratch *scratch, const struct process *process);

// Turns every CR LF into LF: Windows programs write text that way.
void outcome_normalize_lines(struct outcome *outcome);

#endif
