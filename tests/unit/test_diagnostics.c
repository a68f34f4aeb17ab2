// Diagnostics: one order whatever the threads do, the limit, warnings, and names that mean no good.
#include "tests/unit/test_common.h"

static void one_form(void **state)
{
    struct fixture *f = *state;
    report_error(f->diagnostics, 2019, "undefined symbol: %s\n>>> referenced by a.obj\n>>> referenced by b.obj", "foo");
    report_warning(f->diagnostics, 4099, "no debug information");
    report_error(f->diagnostics, 0, "no number");
    report_note(f->diagnostics, "a note");
    assert_string_equal(messages(f), "mylink: error: undefined symbol: foo [LNK2019]\n"
                                     ">>> referenced by a.obj\n"
                                     ">>> referenced by b.obj\n"
                                     "mylink: warning: no debug information [LNK4099]\n"
                                     "mylink: error: no number\n"
                                     "mylink: note: a note\n");
    assert_int_equal(diagnostics_error_count(f->diagnostics), 2);
    assert_string_equal(messages(f), "");
    assert_int_equal(diagnostics_error_count(f->diagnostics), 2);
}

// Says what the tasks of a pass would, from as many threads, between words of serial code. Without OpenMP the order
// of a loop is that of its tasks, so they go up.
static void say_in_parallel(struct diagnostics *diagnostics, int threads, int tasks)
{
    (void)threads;
    report_warning(diagnostics, 0, "before");
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (int i = 0; i < tasks; i++) {
        diagnostics_set_order(diagnostics, (uint64_t)i);
        report_error(diagnostics, 1, "task %d says a", i);
        report_warning(diagnostics, 0, "task %d says b", i);
    }
    report_warning(diagnostics, 0, "after");
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (int i = 0; i < tasks; i++) {
        diagnostics_set_order(diagnostics, (uint64_t)i);
        report_error(diagnostics, 2, "second pass, task %d", i);
    }
}

static char *said_with(struct fixture *f, int threads, int tasks, unsigned limit)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    struct diagnostics *diagnostics = diagnostics_create("mylink", stream, threads);
    diagnostics_set_error_limit(diagnostics, limit);
    say_in_parallel(diagnostics, threads, tasks);
    assert_int_equal(diagnostics_error_count(diagnostics), 2 * tasks);
    diagnostics_flush(diagnostics);
    assert_int_equal(diagnostics_error_count(diagnostics), 2 * tasks);
    diagnostics_release(diagnostics);
    fclose(stream);
    char *out = scratch_format(&f->scratch, "%s", text);
    free(text);
    return out;
}

static void order_is_not_the_threads(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(said_with(f, 4, 2, 0), "mylink: warning: before\n"
                                               "mylink: error: task 0 says a [LNK0001]\n"
                                               "mylink: warning: task 0 says b\n"
                                               "mylink: error: task 1 says a [LNK0001]\n"
                                               "mylink: warning: task 1 says b\n"
                                               "mylink: warning: after\n"
                                               "mylink: error: second pass, task 0 [LNK0002]\n"
                                               "mylink: error: second pass, task 1 [LNK0002]\n");
    for (unsigned limit = 0; limit < 120; limit += 23) {
        const char *expected = said_with(f, 1, 50, limit);
        for (int threads = 2; threads <= 16; threads *= 2)
            assert_same_text(said_with(f, threads, 50, limit), expected);
    }
}

#ifdef _OPENMP
// What tasks announce counts, not when they are run.
static void order_is_what_tasks_announce(void **state)
{
    struct fixture *f = *state;
#pragma omp parallel for if (0)
    for (int i = 0; i < 3; i++) {
        diagnostics_set_order(f->diagnostics, (uint64_t)(10 - i));
        report_warning(f->diagnostics, 0, "%d", 10 - i);
    }
    assert_string_equal(messages(f), "mylink: warning: 8\nmylink: warning: 9\nmylink: warning: 10\n");
}
#endif

static const char too_many[] =
    "mylink: error: too many errors emitted, stopping now (use /errorlimit:0 to see all errors)\n";

static void the_limit_is_said_once_and_counting_goes_on(void **state)
{
    struct fixture *f = *state;
    diagnostics_set_error_limit(f->diagnostics, 3);
    for (int i = 0; i < 2; i++)
        report_error(f->diagnostics, 0, "e%d", i);
    assert_string_equal(messages(f), "mylink: error: e0\nmylink: error: e1\n");
    report_error(f->diagnostics, 0, "e2");
    assert_string_equal(messages(f), "mylink: error: e2\n"); // as many as there may be, no more
    for (int i = 3; i < 1000; i++)
        report_error(f->diagnostics, 0, "e%d", i);
    report_warning(f->diagnostics, 0, "still warned");
    assert_string_equal(messages(f), scratch_format(&f->scratch, "mylink: warning: still warned\n%s", too_many));
    report_error(f->diagnostics, 0, "more");
    assert_string_equal(messages(f), "");
    assert_int_equal(diagnostics_error_count(f->diagnostics), 1001);
}

static void warnings_can_be_errors_or_nothing(void **state)
{
    struct fixture *f = *state;
    report_warning(f->diagnostics, 4217, "said before the options were read");
    diagnostics_ignore(f->diagnostics, 4217);
    report_warning(f->diagnostics, 4217, "and behind");
    report_warning(f->diagnostics, 0, "no number can be ignored");
    assert_string_equal(messages(f), "mylink: warning: no number can be ignored\n");
    assert_int_equal(diagnostics_error_count(f->diagnostics), 0);

    diagnostics_treat_warnings_as_errors(f->diagnostics, true);
    diagnostics_treat_warning_as_error(f->diagnostics, 4099, false);
    report_warning(f->diagnostics, 4098, "w");
    report_warning(f->diagnostics, 4099, "x");
    report_warning(f->diagnostics, 4217, "ignored");
    assert_int_equal(diagnostics_error_count(f->diagnostics), 1);
    assert_string_equal(messages(f), "mylink: error: w [LNK4098]\nmylink: warning: x [LNK4099]\n");

    diagnostics_treat_warnings_as_errors(f->diagnostics, false);
    diagnostics_treat_warning_as_error(f->diagnostics, 4099, true);
    report_warning(f->diagnostics, 4099, "y");
    report_warning(f->diagnostics, 4098, "z");
    assert_string_equal(messages(f), "mylink: error: y [LNK4099]\nmylink: warning: z [LNK4098]\n");
    assert_int_equal(diagnostics_error_count(f->diagnostics), 2);
}

// Escapes, line breaks and direction marks in a name are shown and not obeyed.
static void names_are_shown_not_obeyed(void **state)
{
    struct fixture *f = *state;
    report_error(f->diagnostics, 0, "bad '%s'", "\x1b[31m\a\nmylink: error: forged\r\t\x7f");
    report_error(f->diagnostics, 0, "bad '%s'",
                 "\xc2\x9b"
                 "1m \xe2\x80\xae \xff \xc3 \xed\xa0\x80");
    report_error(f->diagnostics, 0, "good '%s'", "gr\xc3\xbc\xc3\x9f \xe4\xb8\xad \xf0\x9f\x94\xa7 ?f@@YAXXZ \\x");
    assert_string_equal(messages(f),
                        "mylink: error: bad '\\x1B[31m\\x07\\x0Amylink: error: forged\\x0D\\x09\\x7F'\n"
                        "mylink: error: bad '\\xC2\\x9B1m \\xE2\\x80\\xAE \\xFF \\xC3 \\xED\\xA0\\x80'\n"
                        "mylink: error: good 'gr\xc3\xbc\xc3\x9f \xe4\xb8\xad \xf0\x9f\x94\xa7 ?f@@YAXXZ \\x'\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(one_form),
        fixture_test(order_is_not_the_threads),
#ifdef _OPENMP
        fixture_test(order_is_what_tasks_announce),
#endif
        fixture_test(the_limit_is_said_once_and_counting_goes_on),
        fixture_test(warnings_can_be_errors_or_nothing),
        fixture_test(names_are_shown_not_obeyed),
    };
    return cmocka_run_group_tests_name("diagnostics", tests, NULL, NULL);
}
