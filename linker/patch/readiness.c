// Readiness in a link. The image is read back from its final bytes by the same code that reads anybody's image, and
// what only a link knows is added: names and lengths from every object, acceptance, exclusion, folding.
#include "linker/patch/readiness.h"

#include "common/output_file.h"
#include "linker/link.h"
#include "linker/output/output_path.h"
#include "linker/patch/code.h"
#include "linker/patch/examine.h"
#include "linker/patch/gate.h"
#include "linker/patch/image_functions.h"
#include "linker/patch/link_functions.h"
#include "linker/patch/report.h"

struct readiness {
    struct examination *examination;
    struct patch_totals totals;
    struct gate *gate;
};

bool readiness_is_wanted(const struct link *link)
{
    return options_want_readiness(&link->options);
}

static bool examine_link(struct link *link, struct examination *examination)
{
    struct arena *arena = link_arena(link);
    struct pe_image image;
    struct pe_problem problem = {0};
    examination->link = link;
    examination->identity_of_link = true;
    examination->pad_was_asked = link->pads.size != 0;
    bool ok = pe_image_open(&image, (struct bytes){link->image, (size_t)link->image_file_size}, arena, &problem) &&
              image_examine(examination, &image, &problem);
    if (ok) {
        examination->pad_wanted = link->pads.size ? link->pads.size : code_default_pad(examination->machine);
        link_functions_add(examination, link);
        ok = image_functions_add(examination, &image, false, &problem) && examine_decide(examination, &image, &problem);
    }
    if (!ok)
        report_error(link->diagnostics, 0, "the image that was linked can't be read back: %.*s",
                     TEXT_ARGUMENT(pe_problem_text(problem, arena)));
    return ok;
}

bool readiness_decide(struct link *link)
{
    if (!readiness_is_wanted(link))
        return true;
    struct readiness *readiness = arena_new(link_arena(link), struct readiness);
    readiness->examination = examine_begin(link->options.output);
    if (!examine_link(link, readiness->examination))
        return false;
    readiness->totals = decide_totals(readiness->examination);
    readiness->gate = gate_prepare(link, readiness->examination, &readiness->totals);
    link->readiness = readiness;
    return true;
}

// Without a name the report goes beside the image: program.exe has program.patch.json.
static struct text report_path(struct link *link)
{
    if (link->options.patch_report_file.size)
        return link->options.patch_report_file;
    return output_path_with_extension(link, ".patch.json");
}

static void write_report(struct link *link, bool will_fail)
{
    struct arena *arena = link_arena(link);
    struct readiness *readiness = link->readiness;
    link_identities_make(readiness->examination, link); // nobody but a reader of the report asks for them
    struct report_image image = {
        .json = report_image_json(readiness->examination, &readiness->totals),
        .totals = readiness->totals,
        .pad_was_asked = readiness->examination->pad_was_asked,
    };
    struct report report = {.images = &image, .image_count = 1};
    struct output_set *outputs = will_fail ? link->records : link->outputs;
    report_write(outputs, report_path(link), &report, arena, link->diagnostics);
}

void readiness_report(struct link *link)
{
    if (!link->readiness)
        return;
    const struct examination *examination = link->readiness->examination;
    if (link->options.patch_report)
        write_report(link, gate_will_fail(link->readiness->gate));
    if (link->options.patch_gate != PATCH_GATE_NONE || link->options.verbose)
        summary_print(stdout, examination, &link->readiness->totals);
}

bool readiness_gate(struct link *link)
{
    if (!link->readiness)
        return true;
    return gate_say(link, link->readiness->gate, link->readiness->examination, &link->readiness->totals);
}
