// /TIMETRACE as its readers want it: the Trace Event Format's complete events, read back with jansson.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/output_file.h"
#include "common/parallel.h"
#include "linker/link.h"
#include "linker/time_report.h"

struct fixture {
    struct link link;
    struct arena report_arena;
    char trace[32];
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    strcpy(f->trace, "/tmp/mylink-trace-XXXXXX");
    close(mkstemp(f->trace));
    f->link.thread_count = 64;
    f->link.arenas = calloc(64, sizeof(struct arena));
    f->link.diagnostics = diagnostics_create("mylink", stderr, 64);
    f->link.records = output_set_create(&f->report_arena, f->link.diagnostics);
    f->link.time_report = time_report_create(&f->report_arena);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    unlink(f->trace);
    diagnostics_release(f->link.diagnostics);
    for (int i = 0; i < 64; i++)
        arena_release(&f->link.arenas[i]);
    arena_release(&f->report_arena);
    free(f->link.arenas);
    free(f);
    return 0;
}

static void wait_milliseconds(long milliseconds)
{
    nanosleep(&(struct timespec){0, milliseconds * 1000000}, NULL);
}

static json_t *find_event(json_t *events, const char *name, const char *phase)
{
    size_t i;
    json_t *event;
    json_array_foreach(events, i, event)
    {
        if (strcmp(json_string_value(json_object_get(event, "name")), name) == 0 &&
            strcmp(json_string_value(json_object_get(event, "ph")), phase) == 0)
            return event;
    }
    return NULL;
}

static double number(json_t *event, const char *key)
{
    assert_true(json_is_number(json_object_get(event, key)));
    return json_number_value(json_object_get(event, key));
}

static void a_trace_has_passes_and_slices(void **state)
{
    struct fixture *f = *state;
    f->link.options.time_trace = text_of(f->trace);
    pass_begin(&f->link, "first");
    wait_milliseconds(2);
    pass_begin(&f->link, "second");
#pragma omp parallel for schedule(static, 1) num_threads(2)
    for (int i = 0; i < 2; i++) {
        uint64_t begin = time_slice_begin(&f->link);
        wait_milliseconds(1);
        time_slice_end(&f->link, begin, "work", i ? TEXT("b\xff\x01") : TEXT("a.obj"));
    }
    time_trace_write(&f->link);
    assert_true(output_set_commit(f->link.records));

    json_t *trace = json_load_file(f->trace, 0, NULL);
    assert_non_null(trace);
    json_t *events = json_object_get(trace, "traceEvents");
    json_t *first = find_event(events, "first", "X"), *second = find_event(events, "second", "X");
    assert_non_null(first);
    assert_non_null(second);
    assert_true(number(first, "dur") >= 2000.0); // microseconds
    assert_true(number(second, "ts") >= number(first, "ts") + number(first, "dur"));
    assert_true(number(first, "ts") == 0.0);

    int slices = 0;
    size_t i;
    json_t *event;
    json_array_foreach(events, i, event)
    {
        if (strcmp(json_string_value(json_object_get(event, "name")), "work") != 0)
            continue;
        slices++;
        assert_true(number(event, "ts") >= number(second, "ts"));
        assert_true(number(event, "ts") + number(event, "dur") <= number(second, "ts") + number(second, "dur"));
        const char *detail = json_string_value(json_object_get(json_object_get(event, "args"), "detail"));
        assert_true(strcmp(detail, "a.obj") == 0 || strcmp(detail, "b\\xFF\\x01") == 0);
        assert_int_equal(number(event, "tid"), detail[0] == 'a' ? 0 : thread_limit() > 1 ? 1 : 0);
    }
    assert_int_equal(slices, 2);
    assert_non_null(find_event(events, "thread_name", "M"));
    json_decref(trace);
}

static void nothing_is_kept_or_written_when_nobody_asks(void **state)
{
    struct fixture *f = *state;
    pass_begin(&f->link, "first");
    assert_true(time_slice_begin(&f->link) == 0);
    time_slice_end(&f->link, 0, "work", TEXT(""));
    pass_end(&f->link);
    pass_end(&f->link); // no pass is running: nothing to do
    time_trace_write(&f->link);
    assert_true(output_set_commit(f->link.records));
    FILE *file = fopen(f->trace, "rb");
    assert_int_equal(fgetc(file), EOF);
    fclose(file);
    assert_int_equal(diagnostics_error_count(f->link.diagnostics), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_trace_has_passes_and_slices, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_kept_or_written_when_nobody_asks, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("time report", tests, NULL, NULL);
}
