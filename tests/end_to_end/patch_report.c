#include "tests/end_to_end/patch_report.h"

#include <stdlib.h>
#include <string.h>

#ifndef SOURCE_FOLDER
#error "the build names the folder of the sources"
#endif

struct outcome mylink_run(struct program *program, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    const char *line = scratch_format_list(&program->scratch, format, list);
    va_end(list);
    struct process process = {.folder = program->folder, .timeout = 120};
    const char *mylink = getenv("MYLINK");
    arguments_add(&program->scratch, &process.arguments, mylink ? mylink : MYLINK_PATH);
    arguments_add_line(&program->scratch, &process.arguments, line);
    return process_run(&program->scratch, &process);
}

json_t *report_read(struct program *program, const char *name)
{
    struct outcome valid = process_must_run(
        &program->scratch, program->folder,
        "/usr/bin/python3 -W ignore -m jsonschema -i %s " SOURCE_FOLDER "/linker/patch/patch-report.schema.json", name);
    assert_string_equal(valid.errors, "");
    json_error_t error;
    json_t *report =
        json_load_file(path_join(&program->scratch, program->folder, name), JSON_REJECT_DUPLICATES, &error);
    if (!report)
        fail_with("%s: line %d: %s", name, error.line, error.text);
    return report;
}

json_t *report_image(json_t *report, size_t index)
{
    json_t *image = json_array_get(json_object_get(report, "images"), index);
    if (!image)
        fail_with("the report has no image %zu", index);
    return image;
}

json_t *report_function_or_null(json_t *report, const char *name)
{
    json_t *function;
    size_t i;
    json_array_foreach(json_object_get(report_image(report, 0), "functions"), i, function)
    {
        const char *found = json_string_value(json_object_get(function, "name"));
        if (strcmp(found, name) == 0 || (found[0] == '_' && strcmp(found + 1, name) == 0))
            return function;
    }
    return NULL;
}

json_t *report_function(json_t *report, const char *name)
{
    json_t *function = report_function_or_null(report, name);
    if (!function)
        fail_with("the report has no function %s", name);
    return function;
}

const char *report_verdict(struct program *program, json_t *report, const char *name)
{
    json_t *function = report_function(report, name), *reason;
    const char *verdict = "";
    size_t i;
    json_array_foreach(json_object_get(function, "reasons"), i, reason)
    {
        verdict = scratch_format(&program->scratch, "%s%s%s", verdict, i ? " " : "", json_string_value(reason));
    }
    bool is_ready = json_is_true(json_object_get(function, "ready"));
    assert_int_equal(is_ready, *verdict == 0);
    return is_ready ? "ready" : verdict;
}

bool report_function_has_source(json_t *function, const char *source)
{
    json_t *found;
    size_t i;
    json_array_foreach(json_object_get(function, "sources"), i, found)
    {
        if (strcmp(json_string_value(found), source) == 0)
            return true;
    }
    return false;
}

json_t *report_of_link(struct program *program, const char *options)
{
    program_link(program, scratch_format(&program->scratch,
                                         "/DLL /NOENTRY /OPT:NOREF /OPT:NOICF /PATCHREPORT:report.json %s", options));
    return report_read(program, "report.json");
}
