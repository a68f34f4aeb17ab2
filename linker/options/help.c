// /?: the option table, as a page.
#include "linker/options/option_table.h"

#include <stdio.h>

#define HELP_COLUMN 34

static void print_option(const struct option *option)
{
    const char *value = option->form == VALUE_SWITCH ? "NO" : option->value_help;
    bool is_optional = option->form != VALUE_REQUIRED;
    char left[128];
    if (value)
        snprintf(left, sizeof left, "  /%s%s:%s%s", option->name, is_optional ? "[" : "", value,
                 is_optional ? "]" : "");
    else
        snprintf(left, sizeof left, "  /%s", option->name);
    if (strlen(left) < HELP_COLUMN)
        printf("%-*s%s\n", HELP_COLUMN, left, option->help);
    else
        printf("%s\n%*s%s\n", left, HELP_COLUMN, "", option->help);
}

void options_print_help(const char *program_name)
{
    printf(
        "Links COFF objects and libraries to a Windows program or DLL whose functions can be patched while it runs.\n\n"
        "usage: %s [options] file...\n\n"
        "An option begins with / or -, in any case. @file stands for the arguments in a file; LINK and _LINK_ hold\n"
        "arguments that come before and after those of the command line, LIB folders of libraries.\n\n",
        program_name);
    for (size_t i = 0; i < option_table_count; i++)
        if (option_table[i].help)
            print_option(&option_table[i]);
}
