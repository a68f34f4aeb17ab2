// Picks the tool: linking is the default; /PATCHCHECK looks at images that exist. The program's name in messages is the
// one it was called by.
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/output_file.h"
#include "linker/patch/check.h"
#include "linker/patch/patch.h"
#include "linker/settings.h"
#include "linker/threads.h"
#include "linker/time_report.h"

static const char *program_name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool is_tool(const char *argument, const char *name)
{
    return (argument[0] == '/' || argument[0] == '-') && strcasecmp(argument + 1, name) == 0;
}

static void summaries_print(struct link *link)
{
    if (link->options.verbose || link->options.time)
        pads_print_summary(link);
    time_report_print(link);
}

int link_main(int argument_count, char **arguments)
{
    struct link *link = link_create(program_name_of(arguments[0]));
    pass_begin(link, "read command line");
    bool ok = options_read_command_line(&link->options, argument_count - 1, arguments + 1, link_arena(link),
                                        link->diagnostics);
    if (link->options.show_version) {
        // Build systems look for the name of a linker whose command line they know (meson: "LLD" in the first line).
        printf("mylink %s (compatible with LLD and link.exe)\n", MYLINK_VERSION);
        return 0;
    }
    if (link->options.show_help) {
        options_print_help(link->program_name);
        return 0;
    }
    if (ok && link->options.definition_file.size)
        options_read_definition_file(&link->options, link->options.definition_file, link_arena(link),
                                     link->diagnostics);
    diagnostics_flush(link->diagnostics);
    threads_set_count(link->options.threads);
    ok = ok && diagnostics_error_count(link->diagnostics) == 0;
    ok = link_finish(link, ok && link_image(link));
    summaries_print(link);
    return ok ? 0 : 1;
}

int main(int argument_count, char **arguments)
{
    json_set_alloc_funcs(allocate_or_end,
                         free); // else a report without memory would lack something, and nobody would know
    if (argument_count > 1 && is_tool(arguments[1], "patchcheck"))
        return patch_check_main(argument_count, arguments);
    return link_main(argument_count, arguments);
}
