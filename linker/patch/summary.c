// A few lines for a person who looks at a build log.
#include <inttypes.h>

#include "common/diagnostics.h"
#include "linker/patch/report.h"

static const struct patch_function *find_example(const struct examination *examination, enum reason reason)
{
    const struct patch_function *mixed = NULL;
    for (size_t i = 0; i < examination->function_count; i++) {
        const struct patch_function *function = &examination->functions[i];
        if (function->reasons == REASON_BIT(reason))
            return function;
        if (!mixed && (function->reasons >> reason & 1))
            mixed = function;
    }
    return mixed;
}

static void print_reason(FILE *stream, const struct examination *examination, enum reason reason, uint64_t count)
{
    const struct patch_function *example = find_example(examination, reason);
    fprintf(stream, "  %8" PRIu64 "  %s", count, reason_name(reason));
    if (example) {
        fprintf(stream, ", as ");
        write_escaped(stream, example->name.data, example->name.size);
        if (example->object.size) {
            fprintf(stream, " in ");
            write_escaped(stream, example->object.data, example->object.size);
        }
    }
    fprintf(stream, "\n            %s\n", reason_remedy(reason, examination->pad_was_asked));
}

void summary_print(FILE *stream, const struct examination *examination, const struct patch_totals *totals)
{
    enum { MOST_REASONS = 4 };
    write_escaped(stream, examination->path.data, examination->path.size);
    fprintf(stream, ": %" PRIu64 " of %" PRIu64 " functions are ready to be patched", totals->ready, totals->functions);
    if (examination->link)
        fprintf(stream, "; of %" PRIu64 " accepted ones, %" PRIu64, totals->accepted, totals->accepted_ready);
    fprintf(stream, "\n");
    unsigned shown = 0; // bits
    for (int n = 0; n < MOST_REASONS; n++) {
        int commonest = -1;
        for (int r = 0; r < REASON_COUNT; r++)
            if (!(shown >> r & 1) && totals->reasons[r] &&
                (commonest < 0 || totals->reasons[r] > totals->reasons[commonest]))
                commonest = r;
        if (commonest < 0)
            break;
        shown |= 1u << commonest;
        print_reason(stream, examination, (enum reason)commonest, totals->reasons[commonest]);
    }
}
