#include "tests/support/checks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// MYLINK_TESTS='adds*' in the environment runs only the tests whose names match, in any program.
__attribute__((constructor)) static void filter_tests(void)
{
    const char *pattern = getenv("MYLINK_TESTS");
    if (pattern)
        cmocka_set_test_filter(pattern);
}

void check_failed(const char *file, int line, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fflush(stdout);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
    _fail(file, line);
    abort(); // cmocka jumps out of the test; its declaration does not say so
}

void check_contains(const char *text, const char *part, const char *file, int line)
{
    if (strstr(text, part))
        return;
    check_failed(file, line, "expected to find:\n  %s\nin:\n%s", part, text);
}

void check_lacks(const char *text, const char *part, const char *file, int line)
{
    if (!strstr(text, part))
        return;
    check_failed(file, line, "expected not to find:\n  %s\nin:\n%s", part, text);
}

void check_same_text(const char *text, const char *expected, const char *file, int line)
{
    if (strcmp(text, expected) == 0)
        return;
    size_t same = 0, line_number = 1, line_start = 0;
    for (; text[same] && text[same] == expected[same]; same++) {
        if (text[same] == '\n') {
            line_number++;
            line_start = same + 1;
        }
    }
    const char *got = text + line_start, *wanted = expected + line_start;
    check_failed(file, line, "line %zu differs\n  got:      %.*s\n  expected: %.*s\nthe whole text was:\n%s",
                 line_number, (int)strcspn(got, "\n"), got, (int)strcspn(wanted, "\n"), wanted, text);
}
