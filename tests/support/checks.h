#ifndef TESTS_SUPPORT_CHECKS_H
#define TESTS_SUPPORT_CHECKS_H

// cmocka, in the one order of headers that it wants, and the assertions that it lacks. A program that
// uses them runs only the tests that match the pattern in the environment variable MYLINK_TESTS.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

// Fails the test with a message of any length (cmocka's own fail_msg cuts it at a thousand bytes).
#define fail_with(...) check_failed(__FILE__, __LINE__, __VA_ARGS__)

// Fails the test, showing both, unless `part` occurs in `text`. `assert_lacks` is the contrary.
#define assert_contains(text, part) check_contains((text), (part), __FILE__, __LINE__)
#define assert_lacks(text, part)    check_lacks((text), (part), __FILE__, __LINE__)

// Fails the test, showing the first lines that differ, unless both texts are the same.
#define assert_same_text(text, expected) check_same_text((text), (expected), __FILE__, __LINE__)

void check_failed(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4), noreturn));
void check_contains(const char *text, const char *part, const char *file, int line);
void check_lacks(const char *text, const char *part, const char *file, int line);
void check_same_text(const char *text, const char *expected, const char *file, int line);

#endif
