// What the linker's own tables ask of the program while symbols are resolved: the TLS directory and the load
// configuration are written by the C run time and found by name (`_tls_used`, `_load_config_used`; PE format, "The .tls
// Section", "The Load Configuration Structure"), and delay-loaded imports need the helper that loads them.
//
// The TLS directory comes in with the code that uses thread-local data, so it is only kept; the load configuration is
// taken from whatever library has one, as nothing refers to it.
#include "linker/link.h"
#include "linker/symbols/symbol_table.h"
#include "linker/symbols/symbols.h"
#include "linker/synthesize/imports.h"
#include "linker/synthesize/synthesize.h"
#include "linker/target/target.h"

static bool is_claimed(const struct symbol *symbol)
{
    return symbol && rank_kind(symbol->rank) < SYMBOL_WEAK;
}

static void tls_directory_require(struct link *link)
{
    if (link->tls_used)
        return;
    struct text name = symbol_decorate(link, TEXT("_tls_used"));
    if (is_claimed(symbol_find(link, name)))
        link->tls_used = symbol_require(link, name);
}

static void load_config_require(struct link *link)
{
    if (link->load_config_used)
        return;
    struct text name = symbol_decorate(link, TEXT("_load_config_used"));
    if (symbol_is_available(link, name))
        link->load_config_used = symbol_require(link, name);
}

static bool dll_is_delayed(const struct link *link, struct text dll)
{
    for (size_t i = 0; i < link->options.delay_loads.count; i++)
        if (text_equal_ignoring_case(link->options.delay_loads.items[i], dll))
            return true;
    return false;
}

static void delay_helper_require(struct link *link)
{
    if (!link->options.delay_loads.count)
        return;
    struct import_state *state = import_state_of(link);
    bool any = false;
    for (size_t i = 0; i < link->imports.count; i++) {
        struct import *import = link->imports.items[i];
        if (!import->is_delayed)
            import->is_delayed = dll_is_delayed(link, import->header.dll);
        any |= import->is_delayed;
    }
    // On x86 it is __stdcall with two arguments.
    if (any && !state->delay_helper)
        state->delay_helper = symbol_require(link, link->target->has_underscore ? TEXT("___delayLoadHelper2@8")
                                                                                : TEXT("__delayLoadHelper2"));
}

void synthesized_symbols_require(struct link *link)
{
    if (!link->target) // no object has said for which machine
        return;
    tls_directory_require(link);
    load_config_require(link);
    delay_helper_require(link);
}
