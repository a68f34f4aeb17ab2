// Options that wait for others. /DEBUG turns off what makes debugging hard, unless it was asked for; /FIXED and /DYNAMICBASE exclude each
// other; what a machine can do decides the rest. Where link.exe's reference and link.exe disagree the program is followed, as
// lld-link does: /FIXED:NO is the default for programs too.
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

// "By default, /OPT:REF,ICF; with /DEBUG, /OPT:NOREF,NOICF", and an explicit REF brings ICF with it (link.exe, "/OPT"). A profiler wants
// every function where its name says it is.
static void settle_optimizations(struct options *options)
{
    bool keeps_all = options->debug == DEBUG_FULL || options->debug == DEBUG_DWARF;
    bool profile = options->state->profile;
    settle_default(&options->opt_ref, !keeps_all || profile);
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
    settle_default(&options->terminal_server_aware, !options->is_dll && !options->is_driver);
    settle_default(&options->large_address_aware, is_64_bit(machine));
    settle_default(&options->high_entropy, true);
    if (!is_64_bit(machine) || options->dynamic_base == OFF)
        options->high_entropy = OFF;
    settle_default(&options->safe_seh, !options->mingw);
    if (machine != MACHINE_X86)
        options->safe_seh = OFF;
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
    check_contradictions(options, diagnostics);
    if (options->manifest_id == 0)
        options->manifest_id = options->is_dll ? 2 : 1;
}
