// A link, told as a list of passes. Read this file first: every pass is one call, in the only order that works, and its
// comment says what holds once it has run. Where a pass finds something wrong it reports it and goes on, so that a user
// sees all errors of a stage in one run; the story stops at the points where going on would only repeat them.
#include "linker/link.h"

#include "common/output_file.h"
#include "common/parallel.h"
#include "linker/gnu/gnu.h"
#include "linker/input/input.h"
#include "linker/output/output.h"
#include "linker/patch/patch.h"
#include "linker/patch/readiness.h"
#include "linker/sections/sections.h"
#include "linker/settings.h"
#include "linker/symbols/symbols.h"
#include "linker/synthesize/synthesize.h"
#include "linker/time_report.h"
#include "linker/verbose.h"

static bool has_errors(const struct link *link)
{
    diagnostics_flush(link->diagnostics);
    return diagnostics_error_count(link->diagnostics) != 0;
}

// Names get their meaning in rounds. What came in last says what it defines and what it asks for; exports and tables
// that the linker makes ask for names as well; libraries have members for what nobody defines. It ends when a round
// brings in nothing.
static void resolve_names(struct link *link)
{
    do {
        symbols_bind_new(link);
        exports_require(link);
        synthesized_symbols_require(link);
    } while (symbols_pull_members(link) || symbols_ask_for_defaults(link) || gnu_ask_for_imports(link));
}

// From names on a command line to symbols that are all defined.
static bool resolve(struct link *link)
{
    // Every file named so far is open, and it is known what it is; nothing of it is read.
    pass_begin(link, "read inputs");
    inputs_load(link);
    if (!machine_settle(link))
        return false;

    // Each name has one winner, every library member that anyone needs is in, and so is every file that a directive in
    // those asked for. What the entry point is called depends on what was found; asking for it may pull the start-up
    // code.
    pass_begin(link, "resolve symbols");
    symbols_begin(link);
    gnu_symbols_define(link);
    resolve_names(link);
    entry_infer(link);
    resolve_names(link);

    // All members are in: a library that gave none is not needed, which /VERBOSE tells.
    verbose_unused_libraries(link);

    // No option changes any more: what one leaves open is decided, and what contradicts is reported.
    settings_settle(link);

    // Every name has its final winner: copies that have to be compared were, and duplicates are reported.
    pass_begin(link, "select COMDATs");
    comdats_select(link);

    // Of each COMDAT one copy is left, and what belongs to the others is gone with them. What is left is in memory,
    // checked: sections with bytes and relocations, and the places of symbols in them.
    pass_begin(link, "keep sections");
    objects_keep(link);

    // Every symbol is a place: a chunk and an offset, or a number.
    pass_begin(link, "settle symbols");
    symbols_settle(link);
    gnu_automatic_imports_settle(link);
    gnu_export_all(link);
    exports_bind(link);
    return undefined_symbols_report(link);
}

// From sections of objects to an image of which every byte has an address.
static bool arrange(struct link *link)
{
    // What nobody reaches is dead; what is identical is one.
    pass_begin(link, "find what is live");
    sections_mark_live(link);
    pass_begin(link, "fold what is identical");
    if (link->options.opt_icf == ON)
        sections_fold_identical(link);
    verbose_dead_sections(link);
    verbose_folded_sections(link);

    // Each function that may be patched has its pad reserved: from here on a chunk's size and pad are what it will take
    // in the image.
    pass_begin(link, "reserve pads");
    acceptance_read(link);
    pads_reserve(link);

    // Tables that no object holds are chunks like all others.
    pass_begin(link, "make tables");
    symbols_create_chunks(link);
    gnu_chunks_create(link);
    imports_create(link);
    delay_imports_create(link);
    exports_create(link);
    safe_seh_create(link);
    guard_tables_create(link);
    exception_table_prepare(link);
    resources_create(link);
    debug_directory_create(link);

    // Every chunk is in an output section, in its order.
    pass_begin(link, "group sections");
    sections_group(link);

    // Every chunk has its RVA, pads and thunks included.
    pass_begin(link, "lay out");
    headers_reserve(link);
    sections_lay_out(link);
    if (has_errors(link))
        return false;

    // Every size is known: base relocations, symbols and directories complete the headers.
    pass_begin(link, "base relocations");
    base_relocations_create(link);
    coff_symbols_settle(link);
    directories_settle(link);
    return !has_errors(link);
}

// From an arranged image to files, none of which is in place yet.
static bool write(struct link *link)
{
    // Every byte of the image is final but for those that depend on all others.
    pass_begin(link, "write image");
    image_create(link);
    if (!link->image)
        return false;
    image_write(link);
    exception_table_sort(link);
    tls_directory_finish(link);
    load_config_finish(link);

    // The image says which build it is.
    pass_begin(link, "hash image");
    image_finish(link);

    // What goes beside the image is written aside like it.
    pass_begin(link, "write other files");
    import_library_write(link);
    map_file_write(link);
    manifest_file_write(link);
    return !has_errors(link);
}

// What the final bytes prove about each function. False where the user asked for the link to fail on it.
static bool prove(struct link *link)
{
    pass_begin(link, "decide patch readiness");
    bool is_ready = readiness_decide(link);
    pass_begin(link, "write patch report");
    readiness_report(link);
    return is_ready && readiness_gate(link) && !has_errors(link);
}

bool link_image(struct link *link)
{
    bool ok = resolve(link) && arrange(link) && write(link) && prove(link);
    return !has_errors(link) && ok;
}

bool link_finish(struct link *link, bool ok)
{
    // Every output is whole on its disk, under a name that nobody asked for.
    pass_begin(link, "write outputs");
    ok = ok && output_set_write(link->outputs);

    // What tells of the link is written aside, too, for a link that failed as well. Where that can't be had, the link
    // has failed.
    link_repro_write(link);
    time_trace_write(link);
    ok = !has_errors(link) && ok;

    // All outputs are in place together, or none is.
    pass_begin(link, "put in place");
    bool is_told = output_set_commit(link->records);
    ok = is_told && ok && output_set_commit(link->outputs);
    output_set_discard(link->records);
    output_set_discard(link->outputs);
    return !has_errors(link) && ok;
}
