// .drectve: options that an object carries (PE format, "The .drectve Section"): which default library it was compiled
// for, what it exports, what must not be mixed with it. link.exe takes only some options from there; anything else is
// a warning that names the object, and a word that does not begin like an option is an error.
//
// A large link reads hundreds of thousands of directives and nearly all repeat others. A section that is byte for
// byte the one of an earlier object has nothing new to say and is skipped as a whole, unless there was something to
// report about it.
#include "linker/options/option_table.h"

static void apply_directive(const struct option_call *where, struct text directive)
{
    struct option_call call = *where;
    if (directive.data[0] != '/' && directive.data[0] != '-') {
        option_error(where, 1276, "invalid directive '%.*s' found; does not start with '/'", TEXT_ARGUMENT(directive));
    } else if (!option_split(directive, &call) || !call.option) {
        if (!call.may_be_unknown)
            option_warning(where, 4229, "invalid directive '%.*s' found; ignored", TEXT_ARGUMENT(directive));
    } else if (!(call.option->flags & OPTION_IN_DIRECTIVE)) {
        option_warning(where, 4229, "'%.*s' is not allowed in .drectve; ignored", TEXT_ARGUMENT(directive));
    } else {
        option_run(&call);
    }
}

void options_read_directives(struct options *options, struct text directives, struct text source, struct arena *arena,
                             struct diagnostics *diagnostics)
{
    struct option_state *state = options->state;
    if (text_starts_with(directives, TEXT("\xef\xbb\xbf"))) // how compilers say that names are UTF-8
        directives = text_skip(directives, 3);
    if (seen_find(&state->seen, SEEN_DIRECTIVES, directives))
        return;

    struct option_call where = {
        .options = options, .origin = ORIGIN_DIRECTIVE, .source = source, .arena = arena, .diagnostics = diagnostics};
    size_t messages = state->message_count;
    struct text rest = directives, directive;
    while (token_next(&rest, &directive, arena))
        if (directive.size)
            apply_directive(&where, directive);
    if (messages == state->message_count) {
        bool is_new;
        seen_add(&state->seen, state->arena, SEEN_DIRECTIVES, directives, &is_new);
    }
}
