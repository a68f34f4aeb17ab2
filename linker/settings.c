// Choices that options leave open and inputs decide: which machine, where the image is based, what the output is
// called.
#include "linker/settings.h"

#include "common/output_file.h"
#include "common/parallel.h"
#include "linker/input/input.h"
#include "linker/input/object_reader.h"
#include "linker/target/target.h"
#include "linker/time_report.h"

enum { THREADS_MAX = 256 };

struct arena *link_arena(const struct link *link)
{
    return &link->arenas[thread_index()];
}

struct link *link_create(const char *program_name)
{
    struct arena first = {0};
    struct link *link = arena_new(&first, struct link);
    link->program_name = program_name;
    link->thread_count = THREADS_MAX;
    link->arenas = arena_array(&first, struct arena, THREADS_MAX);
    link->arenas[0] = first;
    link->folded = arena_array(&link->arenas[0], section_array, THREADS_MAX);
    link->table_buffers = arena_array(&link->arenas[0], struct object_buffer, THREADS_MAX);
    link->diagnostics = diagnostics_create(program_name, stderr, THREADS_MAX);
    link->outputs = output_set_create(&link->arenas[0], link->diagnostics);
    link->records = output_set_create_beside(link->outputs);
    link->time_report = time_report_create(&link->arenas[0]);
    options_init(&link->options, &link->arenas[0]);
    return link;
}

bool machine_settle(struct link *link)
{
    if (link->options.machine && link->machine == MACHINE_UNKNOWN)
        machine_set(link, link->options.machine);
    if (!link->objects.count && !link->libraries.count && !link->resources.count) {
        if (!diagnostics_error_count(link->diagnostics))
            report_error(link->diagnostics, 1561, "no input files");
        return false;
    }
    if (link->target)
        return true;
    if (diagnostics_error_count(link->diagnostics))
        return false;
    machine_default(link);
    return true;
}

// "dir/a.obj" makes "a.exe" in the current folder (link.exe, "/OUT").
static struct text output_default_name(struct link *link)
{
    const char *extension = link->options.is_dll ? "dll" : "exe";
    struct text name = link->options.library_name;
    if (!name.size && link->options.inputs.count)
        name = text_file_name(link->options.inputs.items[0].path);
    size_t dot = text_find_last(name, '.');
    if (link->options.library_name.size && dot < name.size)
        return name;
    return text_format(link_arena(link), "%.*s.%s", (int)(dot < name.size ? dot : name.size), name.data, extension);
}

static void image_base_settle(struct link *link)
{
    const struct options *options = &link->options;
    link->image_base = options->image_base;
    if (!options->base_given)
        link->image_base = options->is_dll ? link->target->default_base_dll : link->target->default_base_exe;
    if (link->image_base & 0xffff)
        report_error(link->diagnostics, 1285, "/base: 0x%llx is not a multiple of 64K",
                     (unsigned long long)link->image_base);
    if (link->target->pointer_size == 4 && link->image_base > UINT32_MAX)
        report_error(link->diagnostics, 1249, "/base: 0x%llx does not fit an image of this machine",
                     (unsigned long long)link->image_base);
}

void settings_settle(struct link *link)
{
    link->options.machine = link->machine;
    options_settle(&link->options, link->diagnostics);
    image_base_settle(link);
    if (!link->options.output.size)
        link->options.output = output_default_name(link);
    if (link->options.debug_pdb_asked)
        report_warning(link->diagnostics, 0, "/debug: no PDB is made: this linker does not write PDB files yet");
    diagnostics_flush(link->diagnostics);
}
