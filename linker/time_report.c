// Times are nanoseconds of the monotonic clock; CPU time is the whole process's, so a pass that keeps two threads busy
// shows twice its wall time. The trace is in the "Trace Event Format": complete events ("ph": "X") in microseconds,
// passes and slices nested by time on the thread that ran them.
#include "linker/time_report.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "common/escape.h"
#include "common/output_file.h"
#include "common/parallel.h"
#include "linker/link.h"

struct pass {
    const char *name;
    uint64_t begin, wall, cpu; // ns; `cpu` is the clock at its begin while the pass runs
};

struct slice {
    const char *name;
    struct text detail;
    uint64_t begin, wall;
};

// One per thread, in cache lines of its own.
struct thread_slices {
    _Alignas(64) array_of(struct slice) slices;
};

struct time_report {
    struct arena *arena;
    array_of(struct pass) passes;
    bool is_running;               // the last pass has not ended
    struct thread_slices *threads; // [thread_count]; NULL: no trace
    int thread_count;
};

static uint64_t clock_now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

struct time_report *time_report_create(struct arena *arena)
{
    struct time_report *report = arena_new(arena, struct time_report);
    report->arena = arena;
    return report;
}

// Slices are kept from the first pass on that begins with the options and the threads known.
static void prepare_slices(struct link *link, struct time_report *report)
{
    bool is_asked_for = link->options.time_trace.size || link->options.time_trace_beside_output;
    if (report->threads || !is_asked_for || !link->arenas || link->thread_count < 1)
        return;
    report->thread_count = link->thread_count;
    report->threads = arena_array(report->arena, struct thread_slices, (size_t)link->thread_count);
}

void pass_begin(struct link *link, const char *name)
{
    struct time_report *report = link->time_report;
    if (!report)
        return;
    pass_end(link);
    prepare_slices(link, report);
    struct pass pass = {.name = name, .begin = clock_now(CLOCK_MONOTONIC), .cpu = clock_now(CLOCK_PROCESS_CPUTIME_ID)};
    array_push(report->arena, &report->passes, pass);
    report->is_running = true;
}

void pass_end(struct link *link)
{
    struct time_report *report = link->time_report;
    if (!report || !report->is_running)
        return;
    struct pass *pass = &report->passes.items[report->passes.count - 1];
    pass->wall = clock_now(CLOCK_MONOTONIC) - pass->begin;
    pass->cpu = clock_now(CLOCK_PROCESS_CPUTIME_ID) - pass->cpu;
    report->is_running = false;
}

uint64_t time_slice_begin(const struct link *link)
{
    return link && link->time_report && link->time_report->threads ? clock_now(CLOCK_MONOTONIC) : 0;
}

void time_slice_end(const struct link *link, uint64_t begin, const char *name, struct text detail)
{
    struct time_report *report = link ? link->time_report : NULL;
    int thread = thread_index();
    if (!begin || !report || !report->threads || thread >= report->thread_count)
        return;
    struct slice slice = {name, detail, begin, clock_now(CLOCK_MONOTONIC) - begin};
    array_push(link_arena(link), &report->threads[thread].slices, slice);
}

static double milliseconds(uint64_t nanoseconds)
{
    return (double)nanoseconds / 1e6;
}

static void print_table(const struct time_report *report)
{
    uint64_t wall = 0, cpu = 0;
    for (size_t i = 0; i < report->passes.count; i++) {
        wall += report->passes.items[i].wall;
        cpu += report->passes.items[i].cpu;
    }
    double share = wall ? 100.0 / (double)wall : 0.0;

    printf("  %-36s %10s %8s %10s\n", "pass", "wall ms", "share", "CPU ms");
    for (size_t i = 0; i < report->passes.count; i++) {
        const struct pass *pass = &report->passes.items[i];
        printf("  %-36s %10.3f %7.1f%% %10.3f\n", pass->name, milliseconds(pass->wall), (double)pass->wall * share,
               milliseconds(pass->cpu));
    }
    printf("  %-36s %10.3f %7.1f%% %10.3f\n", "total", milliseconds(wall), (double)wall * share, milliseconds(cpu));

    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        printf("  peak memory %.1f MB, page faults %ld\n", (double)usage.ru_maxrss / 1024.0,
               usage.ru_minflt + usage.ru_majflt);
    fflush(stdout);
}

static void append_event(json_t *events, const char *name, int thread, uint64_t begin, uint64_t wall, uint64_t origin,
                         json_t *arguments)
{
    json_t *event = json_pack("{s:s, s:s, s:i, s:i, s:f, s:f}", "name", name, "ph", "X", "pid", 1, "tid", thread, "ts",
                              (double)(begin - origin) / 1e3, "dur", (double)wall / 1e3);
    if (arguments)
        json_object_set_new(event, "args", arguments);
    json_array_append_new(events, event);
}

static void append_thread_name(json_t *events, int thread)
{
    char name[32];
    snprintf(name, sizeof name, thread ? "thread %d" : "main thread", thread);
    json_array_append_new(events, json_pack("{s:s, s:s, s:i, s:i, s:{s:s}}", "name", "thread_name", "ph", "M", "pid", 1,
                                            "tid", thread, "args", "name", name));
}

static json_t *trace_events(const struct time_report *report)
{
    json_t *events = json_array();
    uint64_t origin = report->passes.items[0].begin;
    append_thread_name(events, 0);
    for (size_t i = 0; i < report->passes.count; i++) {
        const struct pass *pass = &report->passes.items[i];
        append_event(events, pass->name, 0, pass->begin, pass->wall, origin,
                     json_pack("{s:f}", "cpu ms", milliseconds(pass->cpu)));
    }
    for (int thread = 0; thread < report->thread_count; thread++) {
        const struct thread_slices *of_thread = &report->threads[thread];
        if (thread && of_thread->slices.count)
            append_thread_name(events, thread);
        for (size_t i = 0; i < of_thread->slices.count; i++) {
            const struct slice *slice = &of_thread->slices.items[i];
            struct text detail = text_escaped(report->arena, slice->detail);
            append_event(events, slice->name, thread, slice->begin, slice->wall, origin,
                         detail.size ? json_pack("{s:s%}", "detail", detail.data, detail.size) : NULL);
        }
    }
    return events;
}

static void write_trace(struct link *link, const struct time_report *report)
{
    json_t *trace = json_pack("{s:s, s:o}", "displayTimeUnit", "ms", "traceEvents", trace_events(report));
    char *text = trace ? json_dumps(trace, JSON_COMPACT) : NULL;
    json_decref(trace);
    if (!text) {
        report_error(link->diagnostics, 0, "out of memory while writing '%.*s'",
                     TEXT_ARGUMENT(link->options.time_trace));
        return;
    }
    output_file_write(link->records, link->options.time_trace, (struct bytes){(const uint8_t *)text, strlen(text)});
    free(text);
}

// --time-trace without a name: beside the output, once that has one.
static void settle_trace_name(struct link *link, const struct time_report *report)
{
    struct options *options = &link->options;
    if (options->time_trace_beside_output && !options->time_trace.size && options->output.size)
        options->time_trace = text_format(report->arena, "%.*s.time-trace", TEXT_ARGUMENT(options->output));
}

void time_trace_write(struct link *link)
{
    struct time_report *report = link->time_report;
    pass_end(link);
    if (!report || !report->passes.count)
        return;
    settle_trace_name(link, report);
    if (link->options.time_trace.size)
        write_trace(link, report);
}

void time_report_print(struct link *link)
{
    pass_end(link);
    if (link->options.time && link->time_report && link->time_report->passes.count)
        print_table(link->time_report);
}
