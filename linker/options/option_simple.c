// Handlers that serve many rows: they put a value into the field that the row names.
#include "linker/options/option_table.h"

static void *option_field(const struct option_call *call)
{
    return (char *)call->options + call->option->field;
}

static bool says_no(const struct option_call *call)
{
    return call->has_value; // the form has been checked: the value can only be NO
}

void set_flag(const struct option_call *call)
{
    *(bool *)option_field(call) = true;
}

void set_flag_or_no(const struct option_call *call)
{
    *(bool *)option_field(call) = !says_no(call);
}

void set_flag_unless_no(const struct option_call *call)
{
    *(bool *)option_field(call) = says_no(call);
}

void set_switch(const struct option_call *call)
{
    *(enum tri_state *)option_field(call) = says_no(call) ? OFF : ON;
}

void set_text(const struct option_call *call)
{
    *(struct text *)option_field(call) = call->value;
}

void set_list_file(const struct option_call *call)
{
    if (call->value.size < 2 || call->value.data[0] != '@') {
        option_invalid_argument(call, call->value);
        return;
    }
    *(struct text *)option_field(call) = text_skip(call->value, 1);
}

void add_text(const struct option_call *call)
{
    text_array *list = option_field(call);
    array_push(call->arena, list, call->value);
}

void warn_no_effect(const struct option_call *call)
{
    if (text_equal_ignoring_case(call->value, TEXT("no")) || text_equal_ignoring_case(call->value, TEXT("disable")))
        return; // asks for what is so anyway
    option_warning(call, 4044, "ignoring '%.*s': it has no effect in this linker", TEXT_ARGUMENT(call->argument));
}
