// Diagnostics are gathered per thread and printed between passes.
//
// What a thread says is kept in its own list, in its own arena, so a parallel loop takes no lock and threads share no
// cache line. Printing sorts by three numbers: the epoch, which a message from outside of any parallel region advances
// (serial code speaks in program order); the order that a task announced; and the sequence in which that task
// spoke. None of them depends on which thread took which task.
//
// The number of errors shown is limited as in lld-link; the count goes on.
#include "common/diagnostics.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/parallel.h"
#include "common/text.h"
#include "common/unicode.h"

struct place {
    uint64_t epoch, order, sequence;
};

struct diagnostic {
    struct place place;
    enum severity severity;
    unsigned number;
    struct text message;
};

// One thread's share, on cache lines of its own.
struct diagnostics_slot {
    _Alignas(64) struct arena arena;
    array_of(struct diagnostic) said;
    uint64_t order, sequence;
    size_t error_count;      // said through report_error since the last flush
    size_t kept_error_count; // of these, in `said`
    struct place last_kept;  // the last place among them
};

struct diagnostics {
    const char *program_name;
    FILE *stream;
    struct arena arena;
    struct diagnostics_slot *slots; // [slot_count], by thread_index()
    int slot_count;
    uint64_t epoch; // written by serial code only
    unsigned error_limit;
    size_t flushed_error_count;
    bool all_warnings_are_errors;
    array_of(unsigned) ignored;
    array_of(struct warning_rule {
        unsigned number;
        bool is_error;
    }) warning_rules; // the last one for a number wins
};

struct diagnostics *diagnostics_create(const char *program_name, FILE *stream, int thread_count)
{
    struct arena arena = {0};
    struct diagnostics *diagnostics = arena_new(&arena, struct diagnostics);
    int slot_count = thread_count > thread_limit() ? thread_count : thread_limit();
    diagnostics->program_name = program_name;
    diagnostics->stream = stream;
    diagnostics->slots = arena_array(&arena, struct diagnostics_slot, (size_t)slot_count);
    diagnostics->slot_count = slot_count;
    diagnostics->error_limit = 20;
    diagnostics->arena = arena;
    return diagnostics;
}

void diagnostics_release(struct diagnostics *diagnostics)
{
    for (int i = 0; i < diagnostics->slot_count; i++)
        arena_release(&diagnostics->slots[i].arena);
    struct arena arena = diagnostics->arena; // holds the struct itself
    arena_release(&arena);
}

void diagnostics_set_error_limit(struct diagnostics *diagnostics, unsigned limit)
{
    diagnostics->error_limit = limit;
}

void diagnostics_ignore(struct diagnostics *diagnostics, unsigned number)
{
    array_push(&diagnostics->arena, &diagnostics->ignored, number);
}

void diagnostics_treat_warnings_as_errors(struct diagnostics *diagnostics, bool all)
{
    diagnostics->all_warnings_are_errors = all;
}

void diagnostics_treat_warning_as_error(struct diagnostics *diagnostics, unsigned number, bool on)
{
    struct warning_rule rule = {number, on};
    array_push(&diagnostics->arena, &diagnostics->warning_rules, rule);
}

static bool diagnostics_is_ignored(const struct diagnostics *diagnostics, unsigned number)
{
    for (size_t i = 0; i < diagnostics->ignored.count; i++)
        if (number && diagnostics->ignored.items[i] == number)
            return true;
    return false;
}

// What a diagnostic counts as under /WX.
static enum severity diagnostics_severity(const struct diagnostics *diagnostics, const struct diagnostic *said)
{
    if (said->severity != SEVERITY_WARNING)
        return said->severity;
    bool is_error = diagnostics->all_warnings_are_errors;
    for (size_t i = 0; i < diagnostics->warning_rules.count; i++)
        if (said->number && diagnostics->warning_rules.items[i].number == said->number)
            is_error = diagnostics->warning_rules.items[i].is_error;
    return is_error ? SEVERITY_ERROR : SEVERITY_WARNING;
}

static struct diagnostics_slot *diagnostics_slot(struct diagnostics *diagnostics)
{
    int index = thread_index();
    if (index >= diagnostics->slot_count)
        abort(); // a loop with more threads than the run announced: a mistake in the program
    return &diagnostics->slots[index];
}

void diagnostics_set_order(struct diagnostics *diagnostics, uint64_t order)
{
    struct diagnostics_slot *slot = diagnostics_slot(diagnostics);
    slot->order = order;
    slot->sequence = 0;
}

static int compare_places(const struct place *a, const struct place *b)
{
    if (a->epoch != b->epoch)
        return a->epoch < b->epoch ? -1 : 1;
    if (a->order != b->order)
        return a->order < b->order ? -1 : 1;
    return (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

// Whether an error at this place can still be among the first `error_limit` of all: not where its own thread has as
// many before it. Keeps a link with a million errors from holding a million messages.
static bool slot_wants_error(const struct diagnostics *diagnostics, const struct diagnostics_slot *slot,
                             const struct place *place)
{
    size_t limit = diagnostics->error_limit;
    if (limit == 0 || diagnostics->flushed_error_count + slot->kept_error_count < limit)
        return true;
    return diagnostics->flushed_error_count < limit && compare_places(place, &slot->last_kept) < 0;
}

static void report(struct diagnostics *diagnostics, enum severity severity, unsigned number, const char *format,
                   va_list arguments)
{
    struct diagnostics_slot *slot = diagnostics_slot(diagnostics);
    struct diagnostic said = {.place = {.epoch = diagnostics->epoch}, .severity = severity, .number = number};
    if (thread_is_in_parallel_region()) {
        said.place.order = slot->order;
        said.place.sequence = slot->sequence++;
    } else {
        said.place.epoch++;
        diagnostics->epoch += 2;
    }

    if (severity == SEVERITY_ERROR) {
        slot->error_count++;
        if (!slot_wants_error(diagnostics, slot, &said.place))
            return;
        slot->kept_error_count++;
        if (compare_places(&said.place, &slot->last_kept) > 0)
            slot->last_kept = said.place;
    }
    said.message = text_format_arguments(&slot->arena, format, arguments);
    array_push(&slot->arena, &slot->said, said);
}

void report_error(struct diagnostics *diagnostics, unsigned number, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    report(diagnostics, SEVERITY_ERROR, number, format, arguments);
    va_end(arguments);
}

void report_warning(struct diagnostics *diagnostics, unsigned number, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    report(diagnostics, SEVERITY_WARNING, number, format, arguments);
    va_end(arguments);
}

void report_note(struct diagnostics *diagnostics, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    report(diagnostics, SEVERITY_NOTE, 0, format, arguments);
    va_end(arguments);
}

size_t diagnostics_error_count(const struct diagnostics *diagnostics)
{
    size_t count = diagnostics->flushed_error_count;
    for (int i = 0; i < diagnostics->slot_count; i++) {
        const struct diagnostics_slot *slot = &diagnostics->slots[i];
        count += slot->error_count;
        for (size_t j = 0; j < slot->said.count; j++) {
            const struct diagnostic *said = &slot->said.items[j];
            count += said->severity == SEVERITY_WARNING && !diagnostics_is_ignored(diagnostics, said->number) &&
                     diagnostics_severity(diagnostics, said) == SEVERITY_ERROR;
        }
    }
    return count;
}

static int compare_said(const void *left, const void *right)
{
    const struct diagnostic *a = left;
    const struct diagnostic *b = right;
    int order = compare_places(&a->place, &b->place);
    return order ? order : text_compare(a->message, b->message);
}

// Writes the message's first line with the number behind it, then its continuation lines. A line break counts as one
// only in front of ">>> ": a name with a line break in it can't pass for a message of ours.
static void print_message(FILE *out, struct text message, unsigned number)
{
    bool is_first = true;
    while (is_first || message.size) {
        size_t end = 0;
        do {
            end += text_find(text_skip(message, end), '\n') + 1;
        } while (end <= message.size && !text_starts_with(text_skip(message, end), TEXT(">>> ")));
        write_escaped(out, message.data, end - 1);
        if (is_first && number)
            fprintf(out, " [LNK%04u]", number);
        fputc('\n', out);
        is_first = false;
        message = text_skip(message, end);
    }
}

static void print_diagnostic(const struct diagnostics *diagnostics, FILE *out, enum severity severity,
                             struct text message, unsigned number)
{
    static const char *const severity_names[] = {"note", "warning", "error"};
    write_escaped(out, diagnostics->program_name, strlen(diagnostics->program_name));
    fprintf(out, ": %s: ", severity_names[severity]);
    print_message(out, message, number);
}

// Counts an error; whether it is still to be shown.
static bool count_error(struct diagnostics *diagnostics)
{
    size_t before = diagnostics->flushed_error_count++;
    return diagnostics->error_limit == 0 || before < diagnostics->error_limit;
}

// All threads' diagnostics in one array, in the order in which they are printed.
static struct diagnostic *gather(struct diagnostics *diagnostics, struct arena *arena, size_t *count)
{
    *count = 0;
    for (int i = 0; i < diagnostics->slot_count; i++)
        *count += diagnostics->slots[i].said.count;
    struct diagnostic *all = arena_array(arena, struct diagnostic, *count);
    size_t next = 0;
    for (int i = 0; i < diagnostics->slot_count; i++)
        for (size_t j = 0; j < diagnostics->slots[i].said.count; j++)
            all[next++] = diagnostics->slots[i].said.items[j];
    qsort(all, *count, sizeof *all, compare_said);
    return all;
}

static void print_gathered(struct diagnostics *diagnostics, FILE *out)
{
    size_t before = diagnostics->flushed_error_count;
    struct arena arena = {0};
    size_t count;
    struct diagnostic *all = gather(diagnostics, &arena, &count);
    for (size_t i = 0; i < count; i++) {
        enum severity severity = diagnostics_severity(diagnostics, &all[i]);
        if (all[i].severity == SEVERITY_WARNING && diagnostics_is_ignored(diagnostics, all[i].number))
            continue;
        if (severity == SEVERITY_ERROR && !count_error(diagnostics))
            continue;
        print_diagnostic(diagnostics, out, severity, all[i].message, all[i].number);
    }
    arena_release(&arena);

    // Errors whose text was not kept: there is one only where the limit is reached. That is said last, since which
    // ones they are is up to the threads.
    for (int i = 0; i < diagnostics->slot_count; i++)
        diagnostics->flushed_error_count += diagnostics->slots[i].error_count - diagnostics->slots[i].kept_error_count;
    size_t limit = diagnostics->error_limit;
    if (limit && before <= limit && diagnostics->flushed_error_count > limit)
        print_diagnostic(diagnostics, out, SEVERITY_ERROR,
                         TEXT("too many errors emitted, stopping now (use /errorlimit:0 to see all errors)"), 0);
}

void diagnostics_flush(struct diagnostics *diagnostics)
{
    bool is_empty = true;
    for (int i = 0; i < diagnostics->slot_count; i++)
        is_empty &= diagnostics->slots[i].said.count == 0 && diagnostics->slots[i].error_count == 0;

    if (!is_empty) {
        // One write for all of it: stderr is unbuffered, and two links may share one log.
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        print_gathered(diagnostics, out ? out : diagnostics->stream);
        if (out && fclose(out) != 0)
            out_of_memory();
        fwrite(text, 1, text ? size : 0, diagnostics->stream);
        fflush(diagnostics->stream);
        free(text);
    }
    for (int i = 0; i < diagnostics->slot_count; i++) {
        arena_release(&diagnostics->slots[i].arena);
        diagnostics->slots[i] = (struct diagnostics_slot){0};
    }
}

// Whether a terminal shows the character and does not obey it. Not so for controls (C0, DEL, C1), line and paragraph
// separators, and marks that reverse the direction of what follows.
static bool is_printable(uint32_t character)
{
    bool is_control = character < 0x20 || (character >= 0x7f && character < 0xa0);
    bool is_direction = character == 0x061c || (character >= 0x200e && character <= 0x200f) ||
                        (character >= 0x2028 && character <= 0x202e) || (character >= 0x2066 && character <= 0x2069);
    return character != UNICODE_INVALID && !is_control && !is_direction;
}

void write_escaped(FILE *stream, const char *text, size_t size)
{
    struct text rest = {text, size};
    while (rest.size) {
        // As much as can stay as it is, in one go; then what stopped it, byte by byte.
        struct text plain = rest;
        struct text stop = rest;
        while (rest.size && is_printable(unicode_take_character(&rest)))
            stop = rest;
        fwrite(plain.data, 1, plain.size - stop.size, stream);
        for (size_t i = 0; i < stop.size - rest.size; i++)
            fprintf(stream, "\\x%02X", (unsigned char)stop.data[i]);
    }
}
