// Which subsystem, and where the program starts, when options leave it open. link.exe ("/SUBSYSTEM", "/ENTRY"): a DLL starts in
// _DllMainCRTStartup and is a Windows program; otherwise main or wmain make a console program, WinMain or wWinMain a Windows one, and the start-up
// function is the CRT's of that name, the wide one where the wide function is what the program has.
#include "linker/link.h"
#include "linker/symbols/symbols.h"
#include "linker/target/target.h"

// A function of the user's, in C or (without `extern "C"`, or __stdcall on x86) another form; in an object or a library.
static bool user_has(struct link *link, const char *name)
{
    struct text text = text_of(name);
    return symbol_is_available(link, symbol_decorate(link, text)) || symbol_find_by_user_name(link, text);
}

static void subsystem_infer(struct link *link)
{
    struct options *options = &link->options;
    if (options->subsystem)
        return;
    if (options->is_driver)
        options->subsystem = SUBSYSTEM_NATIVE;
    else if (options->is_dll || (options->no_entry && !options->entry.size))
        options->subsystem = SUBSYSTEM_WINDOWS;
    else if (user_has(link, "main") || user_has(link, "wmain"))
        options->subsystem = SUBSYSTEM_CONSOLE;
    else if (user_has(link, "WinMain") || user_has(link, "wWinMain"))
        options->subsystem = SUBSYSTEM_WINDOWS;
    else if (options->entry
                 .size) // a start of one's own and nothing to tell by: link.exe asks, lld-link takes the console
        options->subsystem = SUBSYSTEM_CONSOLE;
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
        // Decorated where objects have it so: "/ENTRY:start" is _start, _start@8 … on x86.
        struct text name = options->entry;
        if (!symbol_is_available(link, name) && symbol_is_available(link, symbol_decorate(link, name))) {
            name = symbol_decorate(link, name);
        } else if (!symbol_is_available(link, name)) {
            struct symbol *symbol = symbol_find_by_user_name(link, name);
            name = symbol ? symbol_name(symbol) : symbol_decorate(link, name);
        }
        link->entry = symbol_require(link, name);
        return;
    }
    if (options->no_entry || link->machine == MACHINE_UNKNOWN)
        return;
    const char *entry = default_entry(link);
    if (!entry) {
        report_error(link->diagnostics, 1561,
                     "entry point must be defined: none of main, wmain, WinMain and wWinMain was found");
        return;
    }
    link->entry = symbol_require(link, text_of(entry));
}
