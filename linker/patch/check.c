// Images are examined in parallel, the largest first so that no core waits at the end; what each has to say is printed
// in the order of the command line.
#include "linker/patch/check.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "common/diagnostics.h"
#include "common/file.h"
#include "common/output_file.h"
#include "common/parallel.h"
#include "linker/options/option_table.h"
#include "linker/patch/check_image.h"

enum { STATUS_READY = 0, STATUS_NOT_READY = 1, STATUS_TROUBLE = 2 };

struct check {
    struct arena *arenas; // [thread_limit()]
    struct diagnostics *diagnostics;
    struct check_request request;
    struct text report_path;
    bool wants_help;
    array_of(struct checked_image) images;
};

static void print_help(const char *program)
{
    printf(
        "usage: %s /PATCHCHECK [/FUNCTIONPADMIN:n] [/PATCHREPORT:file] [/THREADS:n] image...\n"
        "Says of every function of the images whether it can be patched while it runs.\n"
        "  /FUNCTIONPADMIN:n   bytes wanted before each function (x86 5, x64 6, ARM 8, ARM64 16)\n"
        "  /PATCHREPORT:file   write a report: JSON, a page where the name ends in .html, gzip where it ends in .gz\n"
        "  /THREADS:n          examine with n threads\n"
        "Exit status: 0 all functions are ready, 1 some are not, 2 trouble.\n",
        program);
}

// The part of "/NAME:value" behind the colon, where the option is NAME.
static bool option_value(struct text argument, struct text name, struct text *value)
{
    struct text option = text_skip(argument, 1);
    size_t colon = text_find(option, ':');
    *value = text_skip(option, colon + 1);
    return text_equal_ignoring_case(text_prefix(option, colon), name);
}

static bool read_number(struct check *check, struct text argument, struct text value, uint64_t most, uint64_t *number)
{
    if (text_to_number(value, number) && *number >= 1 && *number <= most)
        return true;
    report_error(check->diagnostics, 0, "%.*s: a number is wanted from 1 to %llu", TEXT_ARGUMENT(argument),
                 (unsigned long long)most);
    return false;
}

static void read_option(struct check *check, struct text argument)
{
    const uint64_t longest_pad = 4096, most_threads = 256; // as far as pads are measured: sweep.c
    struct text value;
    uint64_t number = 0;
    if (option_value(argument, TEXT("PATCHCHECK"), &value) || option_value(argument, TEXT("NOLOGO"), &value)) {
        return;
    } else if (option_value(argument, TEXT("FUNCTIONPADMIN"), &value)) {
        if (value.size == 0) // the machine's default, as in a link
            check->request.pad = 0;
        else if (read_number(check, argument, value, longest_pad, &number))
            check->request.pad = (uint32_t)number;
    } else if (option_value(argument, TEXT("PATCHREPORT"), &value)) {
        check->report_path = value.size ? value : TEXT("patch-report.json");
        check->request.wants_report = true;
    } else if (option_value(argument, TEXT("THREADS"), &value)) {
        if (read_number(check, argument, value, most_threads, &number)) {
#ifdef _OPENMP
            omp_set_num_threads((int)number);
#endif
        }
    } else if (option_value(argument, TEXT("?"), &value) || option_value(argument, TEXT("HELP"), &value)) {
        check->wants_help = true;
    } else {
        report_error(check->diagnostics, 0, "unknown option for /patchcheck: %.*s", TEXT_ARGUMENT(argument));
    }
}

static void add_image(struct check *check, struct text path)
{
    struct stat status;
    struct checked_image image = {.path = text_copy(&check->arenas[0], path)};
    if (stat(image.path.data, &status) == 0)
        image.file_size = (uint64_t)status.st_size;
    array_push(&check->arenas[0], &check->images, image);
}

// "-option", or "/option" unless a file of that name is there. A path that does not exist is no option either, which it
// shows by a second slash: it is an image that can't be opened.
static bool is_option(struct text argument)
{
    if (argument.size < 2 || (argument.data[0] != '-' && argument.data[0] != '/'))
        return false;
    struct text name = text_prefix(argument, text_find(argument, ':'));
    bool is_path = argument.data[0] == '/' && text_find(text_skip(name, 1), '/') < name.size - 1;
    return argument.data[0] == '-' || (!is_path && !file_exists(argument));
}

static void read_arguments(struct check *check, int count, char **arguments)
{
    struct arena *arena = &check->arenas[0];
    text_array given = {0}, expanded = {0};
    for (int i = 1; i < count; i++)
        array_push(arena, &given, text_of(arguments[i]));
    if (!response_files_expand(&given, &expanded, false, arena, check->diagnostics))
        return;
    for (size_t i = 0; i < expanded.count; i++) {
        if (is_option(expanded.items[i]))
            read_option(check, expanded.items[i]);
        else
            add_image(check, expanded.items[i]);
    }
    if (check->images.count == 0 && !check->wants_help)
        report_error(check->diagnostics, 0, "/patchcheck: no image is named");
}

static int compare_sizes(const void *a, const void *b)
{
    const struct checked_image *left = *(struct checked_image *const *)a, *right = *(struct checked_image *const *)b;
    if (left->file_size != right->file_size)
        return left->file_size > right->file_size ? -1 : 1;
    return left < right ? -1 : left > right;
}

static void examine_all(struct check *check)
{
    size_t count = check->images.count;
    struct checked_image **order = arena_array(&check->arenas[0], struct checked_image *, count);
    for (size_t i = 0; i < count; i++)
        order[i] = &check->images.items[i];
    qsort(order, count, sizeof *order, compare_sizes);

#pragma omp parallel for schedule(dynamic, 1) if (count > 1)
    for (size_t i = 0; i < count; i++) {
        diagnostics_set_order(check->diagnostics, (uint64_t)(order[i] - check->images.items));
        check_image(order[i], &check->request, &check->arenas[thread_index()], check->diagnostics);
    }
}

// One image has a summary with reasons and remedies; many have a line each, and a last line for all.
static void print_summaries(const struct check *check)
{
    struct patch_totals all = {0};
    bool is_one = check->images.count == 1;
    for (size_t i = 0; i < check->images.count; i++) {
        const struct checked_image *image = &check->images.items[i];
        size_t shown = is_one ? image->summary.size : text_find(image->summary, '\n');
        printf("%.*s%s", (int)shown, image->summary.data, is_one || !image->summary.size ? "" : "\n");
        totals_add(&all, &image->report.totals);
    }
    if (!is_one)
        printf("%zu images: %llu of %llu functions are ready to be patched\n", check->images.count,
               (unsigned long long)all.ready, (unsigned long long)all.functions);
}

static bool write_report(struct check *check)
{
    struct arena *arena = &check->arenas[0];
    size_t count = check->images.count;
    struct report report = {.images = arena_array(arena, struct report_image, count),
                            .failures = arena_array(arena, struct report_failure, count)};
    for (size_t i = 0; i < count; i++) {
        const struct checked_image *image = &check->images.items[i];
        if (image->is_examined)
            report.images[report.image_count++] = image->report;
        else
            report.failures[report.failure_count++] = (struct report_failure){image->path, image->error};
    }
    struct output_set *outputs = output_set_create(arena, check->diagnostics);
    if (report_write(outputs, check->report_path, &report, arena, check->diagnostics))
        return output_set_commit(outputs);
    output_set_discard(outputs);
    return false;
}

static int status_of(const struct check *check)
{
    int status = STATUS_READY;
    for (size_t i = 0; i < check->images.count; i++) {
        const struct checked_image *image = &check->images.items[i];
        if (!image->is_examined)
            return STATUS_TROUBLE;
        if (image->report.totals.ready != image->report.totals.functions)
            status = STATUS_NOT_READY;
    }
    return diagnostics_error_count(check->diagnostics) ? STATUS_TROUBLE : status;
}

int patch_check_main(int argument_count, char **arguments)
{
    struct text program = text_file_name(text_of(arguments[0]));
    struct check check = {0};
    // Threads may be limited by an option: room for all that the machine would start.
    struct arena first = {0};
    struct arena *arenas = arena_array(&first, struct arena, 256 + (size_t)thread_limit());
    check.arenas = arenas;
    check.diagnostics = diagnostics_create(program.data, stderr, 256 + thread_limit());
    read_arguments(&check, argument_count, arguments);
    if (check.wants_help) {
        print_help(program.data);
        return STATUS_READY;
    }
    if (diagnostics_error_count(check.diagnostics) == 0) {
        examine_all(&check);
        print_summaries(&check);
        fflush(stdout);
        if (check.request.wants_report)
            write_report(&check);
    }
    diagnostics_flush(check.diagnostics);
    return status_of(&check);
}
