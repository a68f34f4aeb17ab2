// The report as JSON. Every value and every name goes through jansson; what is written here by hand is the brackets and
// commas around the array of functions, which is too long to be built as one tree: a hundred thousand functions are
// dumped one by one, by all threads, and joined in order, each on a line of its own.
#include "common/coff.h"
#include "common/escape.h"
#include "common/parallel.h"
#include "linker/patch/report.h"
#include "linker/time_report.h"

// Names as text: what is no UTF-8, and control characters, are shown escaped.
static json_t *json_text(struct arena *arena, struct text t)
{
    struct text shown = text_escaped(arena, t);
    json_t *value = json_stringn(shown.data ? shown.data : "", shown.size);
    return value ? value : json_string("");
}

static void set_number(json_t *object, const char *key, uint64_t value)
{
    json_object_set_new_nocheck(object, key, json_integer((json_int_t)value));
}

static json_t *json_reasons_counted(const struct patch_totals *totals)
{
    json_t *reasons = json_object();
    for (int r = 0; r < REASON_COUNT; r++)
        set_number(reasons, reason_name((enum reason)r), totals->reasons[r]);
    return reasons;
}

static json_t *json_totals(const struct patch_totals *totals)
{
    json_t *object = json_object();
    set_number(object, "functions", totals->functions);
    set_number(object, "ready", totals->ready);
    set_number(object, "accepted", totals->accepted);
    set_number(object, "accepted_ready", totals->accepted_ready);
    json_object_set_new_nocheck(object, "reasons", json_reasons_counted(totals));
    set_number(object, "pad_bytes", totals->pad_bytes);
    set_number(object, "code_bytes", totals->code_bytes);
    set_number(object, "image_bytes", totals->image_bytes);
    double share = totals->image_bytes ? (double)totals->pad_bytes / (double)totals->image_bytes : 0;
    json_object_set_new_nocheck(object, "pad_share", json_real(share));
    return object;
}

static json_t *json_function(const struct examination *examination, const struct patch_function *function,
                             struct arena *arena)
{
    json_t *object = json_object();
    json_object_set_new_nocheck(object, "name", json_text(arena, function->name));
    if (function->other_name_count) {
        json_t *names = json_array();
        for (uint32_t i = 0; i < function->other_name_count; i++)
            json_array_append_new(names, json_text(arena, function->other_names[i]));
        json_object_set_new_nocheck(object, "other_names", names);
    }
    if (function->object.size)
        json_object_set_new_nocheck(object, "object", json_text(arena, function->object));
    json_object_set_new_nocheck(object, "section", json_text(arena, examination->sections[function->section].name));
    set_number(object, "rva", function->rva);
    set_number(object, "size", function->size);
    set_number(object, "pad_wanted", examination->pad_wanted);
    set_number(object, "pad_found", function->pad_found);
    set_number(object, "first_instruction", function->first_length);
    if (examination->link)
        json_object_set_new_nocheck(object, "accepted", json_boolean(function->is_accepted));
    json_object_set_new_nocheck(object, "ready", json_boolean(function->reasons == 0));
    json_t *reasons = json_array();
    for (int r = 0; r < REASON_COUNT; r++)
        if (function->reasons >> r & 1)
            json_array_append_new(reasons, json_string_nocheck(reason_name((enum reason)r)));
    json_object_set_new_nocheck(object, "reasons", reasons);
    json_t *sources = json_array();
    for (unsigned s = 0; s < SOURCE_COUNT; s++)
        if (function->sources >> s & 1)
            json_array_append_new(sources, json_string_nocheck(function_source_name(s)));
    json_object_set_new_nocheck(object, "sources", sources);
    char identity[33];
    snprintf(identity, sizeof identity, "%016llx%016llx", (unsigned long long)function->identity[1],
             (unsigned long long)function->identity[0]);
    json_object_set_new_nocheck(object, "identity", json_string_nocheck(identity));
    return object;
}

static json_t *json_sections(const struct examination *examination, struct arena *arena)
{
    json_t *sections = json_array();
    for (size_t i = 0; i < examination->section_count; i++) {
        const struct examined_section *section = &examination->sections[i];
        json_t *object = json_object();
        json_object_set_new_nocheck(object, "name", json_text(arena, section->name));
        set_number(object, "rva", section->rva);
        set_number(object, "size", section->virtual_size);
        json_object_set_new_nocheck(object, "executable", json_boolean(section->is_code));
        json_array_append_new(sections, object);
    }
    return sections;
}

// The functions' objects, by all threads: each takes stretches of the array and leaves a text for each.
static struct report_text functions_json(const struct examination *examination)
{
    enum { STRETCH = 512 };
    size_t stretches = (examination->function_count + STRETCH - 1) / STRETCH;
    struct report_text *texts = arena_array(&examination->arenas[0], struct report_text, stretches);

#pragma omp parallel for schedule(dynamic, 1) if (stretches > 4)
    for (size_t s = 0; s < stretches; s++) {
        struct arena *arena = &examination->arenas[thread_index()];
        uint64_t begin = time_slice_begin(examination->link);
        size_t end = (s + 1) * STRETCH < examination->function_count ? (s + 1) * STRETCH : examination->function_count;
        for (size_t i = s * STRETCH; i < end; i++) {
            report_text_add(&texts[s], arena, i ? TEXT(",\n") : TEXT("\n"));
            report_text_add_json(&texts[s], arena, json_function(examination, &examination->functions[i], arena),
                                 JSON_COMPACT);
        }
        time_slice_end(examination->link, begin, "write functions", TEXT(""));
    }
    struct report_text all = {0};
    for (size_t s = 0; s < stretches; s++)
        report_text_join(&all, &texts[s]);
    return all;
}

struct report_text report_image_json(const struct examination *examination, const struct patch_totals *totals)
{
    struct arena *arena = &examination->arenas[0];
    json_object_seed(0); // from here on objects are made by several threads
    json_t *head = json_object();
    json_object_set_new_nocheck(head, "path", json_text(arena, examination->path));
    json_object_set_new_nocheck(head, "machine", json_string_nocheck(machine_name(examination->machine)));
    char base[24];
    snprintf(base, sizeof base, "0x%llx", (unsigned long long)examination->image_base);
    json_object_set_new_nocheck(head, "image_base", json_string_nocheck(base));
    set_number(head, "timestamp", examination->timestamp);
    json_object_set_new_nocheck(head, "known_from", json_string_nocheck(examination->link ? "link" : "image"));
    json_object_set_new_nocheck(head, "identity_from",
                                json_string_nocheck(examination->identity_of_link ? "relocations" : "image"));
    json_object_set_new_nocheck(head, "totals", json_totals(totals));
    json_object_set_new_nocheck(head, "sections", json_sections(examination, arena));

    struct report_text functions = functions_json(examination);
    struct report_text text = {0};
    report_text_add(&text, arena, TEXT("{"));
    report_text_add_json(&text, arena, head, JSON_COMPACT | JSON_EMBED);
    report_text_add(&text, arena, TEXT(",\"functions\":["));
    report_text_join(&text, &functions);
    report_text_add(&text, arena, TEXT("]}"));
    return text;
}

// What each reason that occurs means and what to do about it.
static json_t *json_remedies(const struct report *report, const struct patch_totals *totals)
{
    bool pad_was_asked = true;
    for (size_t i = 0; i < report->image_count; i++)
        pad_was_asked &= report->images[i].pad_was_asked;
    json_t *remedies = json_object();
    for (int r = 0; r < REASON_COUNT; r++) {
        if (totals->reasons[r] == 0)
            continue;
        json_t *words = json_object();
        json_object_set_new_nocheck(words, "meaning", json_string_nocheck(reason_meaning((enum reason)r)));
        json_object_set_new_nocheck(words, "remedy", json_string_nocheck(reason_remedy((enum reason)r, pad_was_asked)));
        json_object_set_new_nocheck(remedies, reason_name((enum reason)r), words);
    }
    return remedies;
}

static json_t *json_failures(const struct report *report, struct arena *arena)
{
    json_t *failures = json_array();
    for (size_t i = 0; i < report->failure_count; i++) {
        json_t *object = json_object();
        json_object_set_new_nocheck(object, "path", json_text(arena, report->failures[i].path));
        json_object_set_new_nocheck(object, "error", json_text(arena, report->failures[i].error));
        json_array_append_new(failures, object);
    }
    return failures;
}

struct report_text report_document(const struct report *report, struct arena *arena)
{
    struct patch_totals totals = {0};
    for (size_t i = 0; i < report->image_count; i++)
        totals_add(&totals, &report->images[i].totals);
    json_t *head = json_object();
    json_object_set_new_nocheck(head, "schema", json_string_nocheck("mylink-patch-report"));
    set_number(head, "version", PATCH_REPORT_VERSION);
    json_object_set_new_nocheck(head, "generator", json_string_nocheck("mylink " MYLINK_VERSION));
    json_object_set_new_nocheck(head, "totals", json_totals(&totals));
    json_object_set_new_nocheck(head, "remedies", json_remedies(report, &totals));
    json_object_set_new_nocheck(head, "failures", json_failures(report, arena));

    struct report_text text = {0};
    report_text_add(&text, arena, TEXT("{"));
    report_text_add_json(&text, arena, head, JSON_COMPACT | JSON_EMBED);
    report_text_add(&text, arena, TEXT(",\"images\":["));
    for (size_t i = 0; i < report->image_count; i++) {
        report_text_add(&text, arena, i ? TEXT(",\n") : TEXT("\n"));
        report_text_join(&text, &report->images[i].json);
    }
    report_text_add(&text, arena, TEXT("]}\n"));
    return text;
}
