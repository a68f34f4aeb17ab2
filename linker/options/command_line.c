// argv becomes options and inputs. An argument is, in this order:
//   @file           more arguments
//   /name, -name    an option that the table knows
//   /a/b, /a.obj    a file: a second slash before any colon, or something that is there. An option's name has no
//                   slash, and on this host absolute paths begin with one
//   /foo, -foo      an unknown option: a warning, and the link goes on, as with link.exe
//   anything else   a file
// What the user wrote twice is asked for twice: later options replace earlier ones, in the handlers.
#include "linker/options/option_table.h"

#include "common/file.h"

static bool is_path(struct text argument)
{
    if (argument.size < 2 || argument.data[0] != '/')
        return false;
    struct text name = text_skip(argument, 1);
    name = text_prefix(name, text_find(name, ':'));
    return text_find(name, '/') < name.size || file_exists(argument);
}

static bool looks_like_option(struct text argument)
{
    return argument.size > 1 && (argument.data[0] == '/' || argument.data[0] == '-');
}

// The two options that decide how the command line itself is read.
static void read_reading_options(struct options *options, int argument_count, char **arguments)
{
    for (int i = 0; i < argument_count; i++) {
        struct text argument = text_of(arguments[i]);
        if (text_equal_ignoring_case(argument, TEXT("/lldignoreenv")) ||
            text_equal_ignoring_case(argument, TEXT("-lldignoreenv")))
            options->state->ignores_environment = true;
        if (text_starts_with(argument, TEXT("--rsp-quoting=")))
            options->state->posix_quotes = text_equal(text_skip(argument, 14), TEXT("posix"));
    }
}

// What changes how messages are counted or shown (/WX, /IGNORE, /ERRORLIMIT) holds for those about the command line
// too, wherever it stands.
static void apply_early_option(struct option_call call)
{
    if (option_split(call.argument, &call) && call.option && (call.option->flags & OPTION_EARLY))
        option_run(&call);
}

static void apply_argument(struct option_call call)
{
    if (option_split(call.argument, &call) && call.option) {
        if (!(call.option->flags & OPTION_EARLY))
            option_run(&call);
    } else if (looks_like_option(call.argument) && !is_path(call.argument)) {
        report_warning(call.diagnostics, 4044, "ignoring unknown argument '%.*s'", TEXT_ARGUMENT(call.argument));
    } else {
        array_push(call.arena, &call.options->inputs, ((struct input_request){.path = call.argument}));
    }
}

static void apply_arguments(struct options *options, const text_array *arguments, void apply(struct option_call call),
                            struct arena *arena, struct diagnostics *diagnostics)
{
    struct option_call call = {
        .options = options, .origin = ORIGIN_COMMAND_LINE, .arena = arena, .diagnostics = diagnostics};
    for (size_t i = 0; i < arguments->count; i++) {
        call.argument = arguments->items[i];
        apply(call);
    }
}

bool options_read_command_line(struct options *options, int argument_count, char **arguments, struct arena *arena,
                               struct diagnostics *diagnostics)
{
    read_reading_options(options, argument_count, arguments);
    bool has_environment = !options->state->ignores_environment;

    text_array written = {0};
    if (has_environment)
        environment_add_arguments("LINK", &written, arena);
    for (int i = 0; i < argument_count; i++)
        array_push(arena, &written, text_of(arguments[i]));
    if (has_environment)
        environment_add_arguments("_LINK_", &written, arena);

    text_array expanded = {0};
    bool all_read = response_files_expand(&written, &expanded, options->state->posix_quotes, arena, diagnostics);
    options->arguments = expanded;

    apply_arguments(options, &expanded, apply_early_option, arena, diagnostics);
    apply_arguments(options, &expanded, apply_argument, arena, diagnostics);
    if (has_environment)
        environment_add_library_paths(options, arena);
    return all_read;
}
