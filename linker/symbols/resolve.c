// Resolution, in rounds that link.c drives: what came in last says what it defines and asks for, its directives name
// more libraries and more names, and libraries are searched for what nobody defines; until a round adds nothing.
#include <stdatomic.h>

#include "linker/input/input.h"
#include "linker/link.h"
#include "linker/symbols/resolution.h"
#include "linker/symbols/symbols.h"

struct symbol *symbol_require(struct link *link, struct text name)
{
    struct symbol *symbol = symbol_intern(link, name);
    symbol->is_used = true;
    return symbol;
}

// What is new among the names that options ask for: each list is walked once, from where the last round stopped.
static void requests_apply(struct link *link)
{
    struct options *options = &link->options;
    struct resolution *done = link->resolution;
    for (; done->includes_seen < options->includes.count; done->includes_seen++)
        symbol_require(link, options->includes.items[done->includes_seen]);
    for (; done->default_libraries_seen < options->default_libraries.count; done->default_libraries_seen++)
        input_add_default_library(link, options->default_libraries.items[done->default_libraries_seen]);
}

static void directives_read(struct link *link, size_t first)
{
    for (size_t i = first; i < link->objects.count; i++) {
        struct object *object = link->objects.items[i];
        if (object->directives.size && !object->is_failed)
            options_read_directives(&link->options, object->directives, object->display, link_arena(link),
                                    link->diagnostics);
    }
    requests_apply(link);
}

// /ALTERNATENAME:from=to: an undefined `from` asks for `to`, which may be in a library. Returns whether anything was
// asked for.
static bool alternate_names_ask(struct link *link)
{
    bool any = false;
    for (size_t i = 0; i < link->options.alternate_names.count; i++) {
        struct name_pair *pair = &link->options.alternate_names.items[i];
        struct symbol *from = symbol_find(link, pair->from);
        if (!from || from->alias || rank_kind(from->rank) != SYMBOL_UNDEFINED ||
            (from->first_reference == UINT32_MAX && !from->is_used))
            continue;
        from->alias = symbol_require(link, pair->to);
        any = true;
    }
    return any;
}

// /INCLUDEOPTIONAL: asked for like /INCLUDE's names, but only once somebody has them. Returns whether any was asked
// for.
static bool optional_includes_ask(struct link *link)
{
    bool any = false;
    for (size_t i = 0; i < link->options.optional_includes.count; i++) {
        struct text name = link->options.optional_includes.items[i];
        const struct symbol *symbol = symbol_find(link, name);
        if ((symbol && symbol->is_used) || !symbol_is_available(link, name))
            continue;
        symbol_require(link, name);
        any = true;
    }
    return any;
}

bool symbols_ask_for_defaults(struct link *link)
{
    // Both are asked: the one does not wait for the other's libraries.
    bool alternates = alternate_names_ask(link);
    return optional_includes_ask(link) || alternates;
}

void symbols_begin(struct link *link)
{
    struct arena *arena = link_arena(link);
    link->symbols = symbol_table_create(link);
    link->resolution = arena_new(arena, struct resolution);
    link->resolution->contested = arena_array(arena, symbol_array, (size_t)link->thread_count);
    link->resolution->orphans = arena_array(arena, symbol_array, (size_t)link->thread_count);
    link->resolution->commons = arena_array(arena, common_array, (size_t)link->thread_count);
    linker_symbols_define(link);
}

void symbols_bind_new(struct link *link)
{
    struct resolution *resolution = link->resolution;
    size_t library_count = link->libraries.count;
    do {
        inputs_load(link);
        size_t first = resolution->objects_bound;
        resolution->objects_bound = link->objects.count;
        objects_bind(link, first);
        directives_read(link, first);
    } while (link->inputs_loaded < link->options.inputs.count || resolution->objects_bound < link->objects.count);
    if (link->libraries.count != library_count)
        libraries_were_added(link);
    diagnostics_flush(link->diagnostics);
}
