// .pdata, the unwind table: one record for each function that needs unwinding, which the system searches by halving, so
// it has to be sorted by the function's RVA (PE format, "The .pdata Section"). Contributions come in the order of
// objects, which is nearly that of their functions: one pass finds that nothing is to do, or how the table consists of
// a few sorted runs, which are merged.
//
//   x64          12 bytes: begin, end, unwind data (RVAs)
//   ARM, ARM64    8 bytes: begin (ARM: bit 0 set for Thumb), unwind data or packed
//
// Contributions have to lie together: one that asks for more than the 4 bytes that its records need would leave a gap,
// which reads as records of zeros.
#include "linker/synthesize/exception_table.h"

#include "common/parallel.h"
#include "linker/input/object.h"
#include "linker/link.h"
#include "linker/synthesize/image_place.h"
#include "linker/synthesize/special_sections.h"
#include "linker/synthesize/synthesize.h"
#include "linker/target/target.h"

struct records {
    uint8_t *data;
    size_t count, size; // size of one, bytes
};

static uint32_t record_begin(const struct records *records, size_t index)
{
    return load32(records->data + index * records->size);
}

// --- sorting ---

static size_t run_end(const struct records *records, size_t first, size_t limit)
{
    size_t end = first + 1;
    while (end < limit && record_begin(records, end - 1) <= record_begin(records, end))
        end++;
    return end;
}

// Merges from[first, middle) and from[middle, end) into `to` at the same place.
static void runs_merge(const struct records *from, const struct records *to, size_t first, size_t middle, size_t end)
{
    size_t a = first, b = middle, size = from->size;
    for (size_t out = first; out < end; out++) {
        bool take_a = a < middle && (b >= end || record_begin(from, a) <= record_begin(from, b));
        memcpy(to->data + out * size, from->data + (take_a ? a++ : b++) * size, size);
    }
}

// Sorts by merging neighbouring runs, pass after pass; the pairs of a pass are independent. `starts` has the first
// index of each run, and the count behind the last.
static void runs_sort(struct link *link, struct records *records, size_t *starts, size_t run_count)
{
    struct records other = *records, *from = records, *to = &other;
    other.data = arena_array(link_arena(link), uint8_t, records->count * records->size);
    while (run_count > 1) {
        size_t pairs = (run_count + 1) / 2;
#pragma omp parallel for schedule(dynamic, 1) if (records->count > 10000)
        for (size_t i = 0; i < pairs; i++) {
            size_t first = starts[2 * i], middle = starts[2 * i + 1];
            size_t end = 2 * i + 2 <= run_count ? starts[2 * i + 2] : middle;
            runs_merge(from, to, first, middle, end);
        }
        for (size_t i = 0; i < pairs; i++)
            starts[i] = starts[2 * i];
        starts[pairs] = records->count;
        run_count = pairs;
        struct records *swap = from;
        from = to;
        to = swap;
    }
    if (from != records)
        memcpy(records->data, from->data, records->count * records->size);
}

static void records_sort(struct link *link, struct records *records)
{
    array_of(size_t) starts = {0};
    struct arena *arena = link_arena(link);
    for (size_t first = 0; first < records->count; first = run_end(records, first, records->count))
        array_push(arena, &starts, first);
    size_t run_count = starts.count;
    if (run_count < 2)
        return;
    array_push(arena, &starts, records->count);
    runs_sort(link, records, starts.items, run_count);
}

// --- before layout ---

void exception_table_prepare(struct link *link)
{
    const struct special_sections *special = special_sections_of(link);
    for (size_t i = 0; link->target->unwind_record_size && i < special->of[SPECIAL_WIDE_UNWIND].count; i++) {
        struct section *section = special->of[SPECIAL_WIDE_UNWIND].items[i].section;
        if (section)
            section->chunk.alignment_shift = 2;
    }
}

// --- what others ask ---

struct directory exception_table_directory(struct link *link)
{
    uint16_t record_size = link->target->unwind_record_size;
    struct group_span span = group_span_of(link, TEXT(".pdata"));
    if (!record_size || !span.bytes)
        return (struct directory){0, 0};
    if (span.is_split)
        report_warning(link->diagnostics, 0,
                       "sections named .pdata have different attributes: only the first of them is searched for unwind "
                       "information");
    if (span.span % record_size)
        report_error(link->diagnostics, 0, "unexpected .pdata size: %u is not a multiple of %u", span.span,
                     record_size);
    return (struct directory){span.rva, span.span};
}

void exception_table_sort(struct link *link)
{
    struct directory directory = link->directories[DIRECTORY_EXCEPTION];
    if (!directory.size)
        return;
    struct group_span span = group_span_of(link, TEXT(".pdata"));
    struct records records = {.size = link->target->unwind_record_size};
    records.data = image_bytes_at(link, span.rva, span.span);
    records.count = span.span / records.size;
    if (!records.data)
        return;
    records_sort(link, &records);
}
