// Everything that examining takes is in the examination's own arenas and goes away with it, so a run over hundreds of
// images needs the memory of those that are being examined and of the report.
#include "linker/patch/check_image.h"

#include <stdlib.h>

#include "common/diagnostics.h"
#include "common/file.h"
#include "linker/patch/code.h"
#include "linker/patch/examine.h"
#include "linker/patch/image_functions.h"
#include "linker/patch/map_names.h"

static struct report_text copy_text(const struct report_text *from, struct arena *arena)
{
    struct report_text copy = {0};
    for (const struct report_block *block = from->first; block; block = block->next)
        report_text_add(&copy, arena, (struct text){block->data, block->size});
    return copy;
}

static struct text summarize(const struct examination *examination, const struct patch_totals *totals,
                             struct arena *arena)
{
    char *memory = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&memory, &size);
    if (!stream)
        out_of_memory();
    summary_print(stream, examination, totals);
    if (fclose(stream) != 0)
        out_of_memory();
    struct text out = text_copy(arena, (struct text){memory, size});
    free(memory);
    return out;
}

static bool examine(struct examination *examination, struct bytes content, const struct check_request *request,
                    struct diagnostics *diagnostics, struct pe_problem *problem)
{
    struct pe_image image;
    if (!pe_image_is(content)) {
        *problem = (struct pe_problem){.what = "not a PE image"};
        return false;
    }
    if (!pe_image_open(&image, content, &examination->arenas[0], problem) ||
        !image_examine(examination, &image, problem))
        return false;
    examination->pad_wanted =
        request->pad ? code_round_pad(image.machine, request->pad) : code_default_pad(image.machine);
    examination->pad_was_asked = true;
    if (!image_functions_add(examination, &image, true, problem))
        return false;
    map_names_add(examination, &image, diagnostics);
    return examine_decide(examination, &image, problem);
}

void check_image(struct checked_image *image, const struct check_request *request, struct arena *arena,
                 struct diagnostics *diagnostics)
{
    struct examination *examination = examine_begin(image->path);
    struct file file;
    struct pe_problem problem = {0};
    if (!file_map(&file, image->path, &examination->arenas[0], diagnostics)) {
        image->error = TEXT("could not be opened");
    } else if (!examine(examination, file.content, request, diagnostics, &problem)) {
        image->error = problem.at ? pe_problem_text(problem, arena) : text_of(problem.what);
        report_error(diagnostics, 0, "%.*s: %.*s", TEXT_ARGUMENT(image->path), TEXT_ARGUMENT(image->error));
    } else {
        image->is_examined = true;
        image->report.totals = decide_totals(examination);
        image->report.pad_was_asked = true;
        image->summary = summarize(examination, &image->report.totals, arena);
        if (request->wants_report) {
            struct report_text json = report_image_json(examination, &image->report.totals);
            image->report.json = copy_text(&json, arena);
        }
    }
    file_unmap(&file);
    examine_release(examination);
}
