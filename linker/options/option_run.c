// Options about patching, and about how the linker itself behaves.
#include "linker/options/option_table.h"

// /FUNCTIONPADMIN[:n]: bytes before each function, decimal or 0x hexadecimal; without a number the machine's default,
// which layout knows. The last one given wins (design, "Pads: the contract").
void set_function_pad(const struct option_call *call)
{
    uint64_t size = 0;
    if (call->has_value && !number_parse(call->value, UINT32_MAX, &size)) {
        option_invalid_argument(call, call->value);
        return;
    }
    call->options->function_pad = true;
    call->options->function_pad_given_size = call->has_value;
    call->options->function_pad_size = (uint32_t)size;
}

void set_patch_ready(const struct option_call *call)
{
    if (!call->has_value)
        call->options->patch_gate = PATCH_GATE_ERROR;
    else if (text_equal_ignoring_case(call->value, TEXT("warn")))
        call->options->patch_gate = PATCH_GATE_WARN;
    else if (text_equal_ignoring_case(call->value, TEXT("no")))
        call->options->patch_gate = PATCH_GATE_NONE;
    else
        option_invalid_argument(call, call->value);
}

void set_patch_report(const struct option_call *call)
{
    call->options->patch_report = true;
    call->options->patch_report_file = call->value;
}

void set_error_limit(const struct option_call *call)
{
    uint64_t limit;
    if (!number_parse(call->value, UINT32_MAX, &limit)) {
        option_error(call, 1117, "/errorlimit: number expected, but got %.*s", TEXT_ARGUMENT(call->value));
        return;
    }
    call->options->error_limit = (unsigned)limit;
    diagnostics_set_error_limit(call->diagnostics, (unsigned)limit);
}

// "4099" or "LNK4099"; 0 for names that other linkers give to their warnings.
static unsigned warning_number(struct text name)
{
    uint64_t number;
    if (text_starts_with_ignoring_case(name, TEXT("lnk")))
        name = text_skip(name, 3);
    return number_parse(name, 65535, &number) ? (unsigned)number : 0;
}

void set_ignore(const struct option_call *call)
{
    struct text rest = call->value;
    while (rest.size) {
        unsigned number = warning_number(text_split(&rest, ','));
        if (number) // others are names of lld-link's warnings, which have no number
            diagnostics_ignore(call->diagnostics, number);
    }
}

// /WX, /WX:NO, /WX:4099,4217, /WX:NO:4099
void set_warnings_as_errors(const struct option_call *call)
{
    struct text rest = call->value;
    bool on = true;
    if (text_equal_ignoring_case(rest, TEXT("no")) || text_starts_with_ignoring_case(rest, TEXT("no:"))) {
        on = false;
        rest = text_skip(rest, 3);
    }
    if (rest.size == 0) {
        diagnostics_treat_warnings_as_errors(call->diagnostics, on);
        return;
    }
    while (rest.size) {
        struct text name = text_split(&rest, ',');
        unsigned number = warning_number(name);
        if (number)
            diagnostics_treat_warning_as_error(call->diagnostics, number, on);
        else
            option_error(call, 1117, "syntax error in option '%.*s'", TEXT_ARGUMENT(call->argument));
    }
}

#define THREADS_USEFUL 256 // more are taken for this many: a link has an arena for each

void set_threads(const struct option_call *call)
{
    uint64_t threads;
    if (!number_parse(call->value, 65535, &threads) || threads == 0) {
        struct text name = text_lower(call->arena, text_of(call->option->name));
        option_error(call, 1117, "/%.*s: expected a positive integer, but got '%.*s'", TEXT_ARGUMENT(name),
                     TEXT_ARGUMENT(call->value));
        return;
    }
    call->options->threads = threads < THREADS_USEFUL ? (unsigned)threads : THREADS_USEFUL;
}

// /VERBOSE, or /VERBOSE:LIB and its like for some of it. CLR, INCR and SAFESEH are link.exe's too, and tell of what is
// not done here.
void set_verbose(const struct option_call *call)
{
    static const struct {
        const char *name;
        unsigned topics;
    } topics[] = {
        {"CLR", 0},
        {"ICF", VERBOSE_ICF},
        {"INCR", 0},
        {"LIB", VERBOSE_LIB},
        {"REF", VERBOSE_REF},
        {"SAFESEH", 0},
        {"UNUSEDDELAYLOAD", 0},
        {"UNUSEDLIBS", VERBOSE_UNUSED_LIBS},
    };
    if (!call->value.size) {
        call->options->verbose = true;
        call->options->verbose_topics = VERBOSE_LIB | VERBOSE_REF | VERBOSE_ICF | VERBOSE_UNUSED_LIBS;
        return;
    }
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        if (text_equal_ignoring_case(call->value, text_of(topics[i].name))) {
            call->options->verbose_topics |= topics[i].topics;
            return;
        }
    option_error(call, 1117, "/verbose: invalid argument: %.*s", TEXT_ARGUMENT(call->value));
}

// /TIMETRACE:file, --time-trace=file; --time-trace alone writes beside the output, which has no name yet.
void set_time_trace(const struct option_call *call)
{
    if (call->value.size)
        call->options->time_trace = call->value;
    else
        call->options->time_trace_beside_output = true;
}

void set_ignore_environment(const struct option_call *call)
{
    call->options->state->ignores_environment = true; // acted upon before the command line was read
}

void set_quoting(const struct option_call *call)
{
    if (!text_equal(call->value, TEXT("windows")) && !text_equal(call->value, TEXT("posix")))
        option_error(call, 1117, "invalid response file quoting: %.*s", TEXT_ARGUMENT(call->value));
}

void set_profile(const struct option_call *call)
{
    call->options->state->profile = true;
}

void warn_lib_not_first(const struct option_call *call)
{
    option_warning(call, 4044, "ignoring %.*s since it's not the first argument", TEXT_ARGUMENT(call->argument));
}

void warn_infer_asan(const struct option_call *call)
{
    if (!call->has_value && call->origin == ORIGIN_COMMAND_LINE)
        option_warning(call, 4044, "ignoring '%.*s', this flag is not supported", TEXT_ARGUMENT(call->argument));
}
