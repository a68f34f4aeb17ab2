// Options that wait for others. /DEBUG turns off what makes debugging hard, unless it was asked for; /FIXED and
// /DYNAMICBASE exclude each other; what a machine can do decides the rest. Where link.exe's reference and link.exe
// disagree the program is followed, as lld-link does: /FIXED:NO is the default for programs too.
#include "linker/options/option_table.h"

#include "common/coff.h"

static bool is_64_bit(uint16_t machine)
{
    return machine == MACHINE_X64 || machine == MACHINE_ARM64;
}

static void settle_default(enum tri_state *state, bool on)
{
    if (*state == UNSET)
        *state = on ? ON : OFF;
}

// "By default, /OPT:REF,ICF; with /DEBUG, /OPT:NOREF,NOICF", and an explicit REF brings ICF with it (link.exe,
// "/OPT"). Any kind of /DEBUG counts, as with lld-link. A profiler wants every function where its name says it is.
static void settle_optimizations(struct options *options)
{
    bool profile = options->state->profile;
    settle_default(&options->opt_ref, options->debug == DEBUG_NONE || profile);
    settle_default(&options->opt_icf, options->opt_ref == ON && !profile);
}

static void settle_loading(struct options *options, struct diagnostics *diagnostics)
{
    uint16_t machine = options->machine;
    if (options->state->profile)
        settle_default(&options->fixed, false);
    if (options->fixed == ON && options->dynamic_base == ON)
        report_error(diagnostics, 1295, "/fixed must not be specified with /dynamicbase");
    settle_default(&options->fixed, false);
    settle_default(&options->dynamic_base, options->fixed == OFF);
    if (options->dynamic_base == OFF && (machine == MACHINE_ARM || machine == MACHINE_ARM64))
        report_error(diagnostics, 1295, "/dynamicbase:no is not compatible with %s",
                     machine == MACHINE_ARM ? "arm" : "arm64");

    settle_default(&options->nx_compat, true);
    settle_default(&options->large_address_aware, is_64_bit(machine));
    settle_default(&options->terminal_server_aware, true);
    if (options->is_dll || options->is_driver) // "not valid for drivers or DLLs" (link.exe, "/TSAWARE")
        options->terminal_server_aware = OFF;
    settle_default(&options->high_entropy, true);
    if (!is_64_bit(machine))
        options->high_entropy = OFF;
    // Left open on x86: the table is made when every object can be in it (link.exe, "/SAFESEH"). GNU assemblers write
    // none of what it takes.
    if (machine != MACHINE_X86 || (options->safe_seh == UNSET && options->mingw))
        options->safe_seh = OFF;
}

// A section that is merged into itself, in however many steps, has no place to go. Each pair is visited once: a walk
// ends at what an earlier walk has seen.
static void check_merge_cycles(const struct options *options, struct diagnostics *diagnostics)
{
    const struct option_state *state = options->state;
    size_t *walks = arena_array(state->arena, size_t, options->merges.count);
    for (size_t i = 0; i < options->merges.count; i++) {
        size_t at = i;
        while (walks[at] == 0) {
            walks[at] = i + 1;
            const struct seen_entry *next = seen_find(&state->seen, SEEN_MERGE, options->merges.items[at].to);
            if (!next || next->index == at) // .a=.a says nothing
                break;
            at = next->index;
            if (walks[at] == i + 1)
                report_error(diagnostics, 0, "/merge: cycle found for section '%.*s'",
                             TEXT_ARGUMENT(options->merges.items[at].from));
        }
    }
}

static void check_contradictions(const struct options *options, struct diagnostics *diagnostics)
{
    if (options->no_entry && !options->is_dll)
        report_error(diagnostics, 0, "/noentry must be specified with /dll");
    if (options->no_entry && options->entry.size)
        report_warning(diagnostics, 4075, "ignoring '/entry' due to '/noentry' specification");
    if (options->manifest_inputs.count && options->manifest != MANIFEST_EMBED)
        report_error(diagnostics, 0, "/manifestinput: requires /manifest:embed");
    if (options->section_alignment_given && !options->is_driver)
        report_warning(diagnostics, 4108, "/align specified without /driver; image may not run");
    if (options->stack_commit > options->stack_reserve)
        report_error(diagnostics, 0, "/stack: commit size is larger than the reserve");
    if (options->heap_commit > options->heap_reserve)
        report_error(diagnostics, 0, "/heap: commit size is larger than the reserve");
}

void options_settle(struct options *options, struct diagnostics *diagnostics)
{
    settle_optimizations(options);
    settle_loading(options, diagnostics);
    check_merge_cycles(options, diagnostics);
    check_contradictions(options, diagnostics);
    if (options->subsystem_version_given && !options->os_version_given) { // as lld-link does
        options->os_major = options->subsystem_major;
        options->os_minor = options->subsystem_minor;
    }
    if (options->manifest == MANIFEST_DEFAULT && options->manifest_dependencies.count) // "implies /manifest"
        options->manifest = MANIFEST_SIDE_BY_SIDE;
    if (options->manifest_id == 0)
        options->manifest_id = options->is_dll ? 2 : 1;
}
