// "Accepted" is a matter of the object (design, "Pads: the contract"): a function compiled for hot patching that has no
// pad because nobody asked for pads, or because its section is excluded, is not ready and fails the gate too. So a link
// that passes has every accepted function ready but those that the user named.
#include "linker/patch/gate.h"

#include <stdlib.h>

#include "common/escape.h"
#include "common/file.h"
#include "common/unicode.h"
#include "linker/link.h"

struct exception {
    struct text name;
    bool is_used;
};

struct exceptions {
    array_of(struct exception) names; // sorted
};

static int compare_exceptions(const void *a, const void *b)
{
    return text_compare(((const struct exception *)a)->name, ((const struct exception *)b)->name);
}

static struct text trim(struct text line)
{
    while (line.size && (line.data[0] == ' ' || line.data[0] == '\t'))
        line = text_skip(line, 1);
    while (line.size && strchr(" \t\r", line.data[line.size - 1]))
        line.size--;
    return line;
}

// One name a line; what begins with '#' or ';' is a comment.
static void exceptions_read(struct exceptions *exceptions, struct link *link)
{
    struct arena *arena = link_arena(link);
    struct file file;
    if (link->options.patch_ready_except.size == 0 ||
        !file_map(&file, link->options.patch_ready_except, arena, link->diagnostics))
        return;
    struct text left = unicode_read_text_file(file.content, arena);
    while (left.size) {
        size_t end = text_find(left, '\n');
        struct exception exception = {.name = trim(text_prefix(left, end))};
        left = text_skip(left, end + 1);
        if (exception.name.size && exception.name.data[0] != '#' && exception.name.data[0] != ';')
            array_push(arena, &exceptions->names, exception);
    }
    if (exceptions->names.count)
        qsort(exceptions->names.items, exceptions->names.count, sizeof(struct exception), compare_exceptions);
}

static bool except_name(struct exceptions *exceptions, struct text name)
{
    struct exception key = {.name = name};
    if (exceptions->names.count == 0)
        return false;
    struct exception *found =
        bsearch(&key, exceptions->names.items, exceptions->names.count, sizeof key, compare_exceptions);
    if (found)
        found->is_used = true;
    return found != NULL;
}

// As the image has the name, or as a C programmer writes it on x86.
static bool except_spelling(struct exceptions *exceptions, const struct examination *examination, struct text name)
{
    bool found = except_name(exceptions, name);
    if (examination->machine == MACHINE_X86 && name.size > 1 && name.data[0] == '_')
        found |= except_name(exceptions, text_skip(name, 1));
    return found;
}

static bool is_excepted(struct exceptions *exceptions, const struct examination *examination,
                        const struct patch_function *function)
{
    bool found = except_spelling(exceptions, examination, function->name);
    for (uint32_t i = 0; i < function->other_name_count && exceptions->names.count; i++)
        found |= except_spelling(exceptions, examination, function->other_names[i]);
    return found;
}

static void stale_collect(struct gate *gate, const struct exceptions *exceptions, struct arena *arena)
{
    gate->stale = arena_array(arena, struct text, exceptions->names.count);
    for (size_t i = 0; i < exceptions->names.count; i++)
        if (!exceptions->names.items[i].is_used)
            gate->stale[gate->stale_count++] = exceptions->names.items[i].name;
}

struct gate *gate_prepare(struct link *link, const struct examination *examination, const struct patch_totals *totals)
{
    struct arena *arena = link_arena(link);
    struct gate *gate = arena_new(arena, struct gate);
    gate->is_error = link->options.patch_gate == PATCH_GATE_ERROR || link->options.hotpatch_compatible;
    gate->is_warning = !gate->is_error && link->options.patch_gate == PATCH_GATE_WARN;
    if (!gate->is_error && !gate->is_warning)
        return gate;
    struct exceptions exceptions = {0};
    exceptions_read(&exceptions, link);
    gate->unready = arena_array(arena, size_t, totals->accepted - totals->accepted_ready);
    for (size_t i = 0; i < examination->function_count; i++) {
        const struct patch_function *function = &examination->functions[i];
        bool is_excused = is_excepted(&exceptions, examination, function);
        if (function->is_accepted && function->reasons && !is_excused)
            gate->unready[gate->unready_count++] = i;
    }
    stale_collect(gate, &exceptions, arena);
    // Nothing to prove is no proof.
    gate->is_refused = totals->functions > 0 && totals->accepted == 0;
    return gate;
}

bool gate_will_fail(const struct gate *gate)
{
    return gate->is_error && (gate->unready_count > 0 || gate->is_refused);
}

static struct text describe(struct arena *arena, const struct examination *examination,
                            const struct patch_function *function)
{
    struct text name = text_escaped(arena, function->name);
    struct text out = text_format(arena, "function is not ready to be patched: %.*s", TEXT_ARGUMENT(name));
    if (function->object.size)
        out = text_format(arena, "%.*s\n>>> defined in %.*s", TEXT_ARGUMENT(out), TEXT_ARGUMENT(function->object));
    for (int r = 0; r < REASON_COUNT; r++) {
        if (!(function->reasons >> r & 1))
            continue;
        enum reason reason = (enum reason)r;
        const char *meaning = reason == REASON_NOT_ACCEPTED && !examination->pad_was_asked ? "the pad was not asked for"
                                                                                           : reason_meaning(reason);
        out = text_format(arena, "%.*s\n>>> %s: %s\n>>> %s", TEXT_ARGUMENT(out), reason_name(reason), meaning,
                          reason_remedy(reason, examination->pad_was_asked));
    }
    return out;
}

static void say(struct diagnostics *diagnostics, const struct gate *gate, struct text message)
{
    if (gate->is_error)
        report_error(diagnostics, 0, "%.*s", TEXT_ARGUMENT(message));
    else
        report_warning(diagnostics, 0, "%.*s", TEXT_ARGUMENT(message));
}

bool gate_say(struct link *link, const struct gate *gate, const struct examination *examination,
              const struct patch_totals *totals)
{
    struct diagnostics *diagnostics = link->diagnostics;
    for (size_t i = 0; i < gate->stale_count; i++)
        report_warning(diagnostics, 0, "/patchreadyexcept: the image has no function %.*s",
                       TEXT_ARGUMENT(gate->stale[i]));
    for (size_t i = 0; i < gate->unready_count; i++) {
        struct text message = describe(link_arena(link), examination, &examination->functions[gate->unready[i]]);
        say(diagnostics, gate, message);
    }
    if (gate->is_refused) {
        struct text message = text_format(
            link_arena(link), "%s: none of the image's %llu functions was compiled for hot patching\n>>> %s",
            link->options.hotpatch_compatible ? "/hotpatchcompatible" : "/patchready",
            (unsigned long long)totals->functions, reason_remedy(REASON_NOT_ACCEPTED, true));
        say(diagnostics, gate, message);
    }
    return !gate_will_fail(gate);
}
