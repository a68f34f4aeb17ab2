// Which subsystem, and where the program starts, when options leave it open. link.exe ("/SUBSYSTEM", "/ENTRY"): a DLL
// starts in _DllMainCRTStartup and is a Windows program; otherwise main or wmain make a console program, WinMain or
// wWinMain a Windows one, and the start-up function is the CRT's of that name, the wide one where the wide function is
// what the program has.
#include "common/pe.h"
#include "linker/link.h"
#include "linker/symbols/symbols.h"
#include "linker/target/target.h"

static bool user_has(struct link *link, const char *name)
{
    return symbol_name_of_user(link, text_of(name)).size != 0;
}

// A program with both kinds of main function is taken for a console program, as with lld-link, which warns of it as
// well.
static enum pe_subsystem subsystem_of_functions(struct link *link)
{
    const char *console = user_has(link, "main") ? "main" : user_has(link, "wmain") ? "wmain" : NULL;
    const char *window = user_has(link, "WinMain") ? "WinMain" : user_has(link, "wWinMain") ? "wWinMain" : NULL;
    if (console && window)
        report_warning(link->diagnostics, 0, "found %s and %s; defaulting to /subsystem:console", console, window);
    if (console)
        return SUBSYSTEM_CONSOLE;
    return window ? SUBSYSTEM_WINDOWS : SUBSYSTEM_UNKNOWN;
}

static void subsystem_infer(struct link *link)
{
    struct options *options = &link->options;
    if (options->subsystem)
        return;
    if (options->is_driver)
        options->subsystem = SUBSYSTEM_NATIVE;
    else if (options->is_dll)
        options->subsystem = SUBSYSTEM_WINDOWS;
    else
        options->subsystem = (uint16_t)subsystem_of_functions(link);
    if (options->subsystem)
        return;
    // GNU ld makes console programs unless it is told otherwise; with a name of one's own for the start, link.exe wants
    // to be told.
    if (options->mingw)
        options->subsystem = SUBSYSTEM_CONSOLE;
    else
        report_error(link->diagnostics, 1221,
                     "subsystem must be defined: there is none of main, wmain, WinMain and wWinMain to tell it by");
}

static const char *dll_entry(const struct link *link)
{
    bool is_x86 = link->target && link->target->has_underscore;
    if (link->options.mingw)
        return is_x86 ? "_DllMainCRTStartup@12" : "DllMainCRTStartup";
    return is_x86 ? "__DllMainCRTStartup@12" : "_DllMainCRTStartup";
}

// The start-up function by default, as objects name it; NULL where there is nothing to go by.
static const char *default_entry(struct link *link)
{
    const struct options *options = &link->options;
    if (options->is_dll)
        return dll_entry(link);
    bool is_x86 = link->target && link->target->has_underscore;
    bool is_wide;
    switch (options->subsystem) {
    case SUBSYSTEM_NATIVE: return is_x86 ? "_NtProcessStartup@4" : "NtProcessStartup";
    case SUBSYSTEM_CONSOLE:
        is_wide = !user_has(link, "main") && user_has(link, "wmain");
        return is_wide ? (is_x86 ? "_wmainCRTStartup" : "wmainCRTStartup")
                       : (is_x86 ? "_mainCRTStartup" : "mainCRTStartup");
    case SUBSYSTEM_WINDOWS:
        is_wide = !user_has(link, "WinMain") && user_has(link, "wWinMain");
        return is_wide ? (is_x86 ? "_wWinMainCRTStartup" : "wWinMainCRTStartup")
                       : (is_x86 ? "_WinMainCRTStartup" : "WinMainCRTStartup");
    default: return NULL;
    }
}

void entry_infer(struct link *link)
{
    struct options *options = &link->options;
    subsystem_infer(link);
    if (options->entry.size) {
        struct text name = symbol_name_of_user(link, options->entry);
        if (!name.size)
            name = symbol_decorate(link, options->entry);
        link->entry = symbol_require(link, name);
        return;
    }
    if (options->no_entry || link->machine == MACHINE_UNKNOWN)
        return;
    const char *entry = default_entry(link);
    if (entry)
        link->entry = symbol_require(link, text_of(entry));
    else if (options->subsystem)
        report_error(link->diagnostics, 1561, "entry point must be defined");
}
