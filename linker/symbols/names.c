// Names as programmers write them and as objects carry them. On x86 a C name has a leading underscore, __stdcall adds
// "@bytes", and __fastcall has "@name@bytes" instead; elsewhere a name is itself (Microsoft, "Decorated names").
// Options name functions in the programmer's form, so looking one up tries the forms in the order in which link.exe
// does: as it is, decorated for C, __stdcall, __fastcall, then C++.
#include "common/archive.h"
#include "common/undecorate.h"
#include "linker/link.h"
#include "linker/symbols/symbol_table.h"
#include "linker/symbols/symbols.h"
#include "linker/target/target.h"

struct text symbol_decorate(const struct link *link, struct text name)
{
    if (!link->target || !link->target->has_underscore)
        return name;
    return text_format(link_arena(link), "_%.*s", TEXT_ARGUMENT(name));
}

struct text symbol_display_name(struct link *link, struct text name)
{
    if (!link->options.demangle)
        return name;
    struct arena *arena = link_arena(link);
    if (!text_starts_with(name, TEXT("__imp_")))
        return undecorate(arena, name);
    struct text imported = undecorate(arena, text_skip(name, TEXT("__imp_").size));
    return text_format(arena, "__declspec(dllimport) %.*s", TEXT_ARGUMENT(imported));
}

struct text symbol_display(struct link *link, const struct symbol *symbol)
{
    return symbol_display_name(link, symbol_name(symbol));
}

static bool is_claimed(const struct symbol *symbol)
{
    return symbol && rank_kind(symbol->rank) < SYMBOL_WEAK;
}

// "_name@8" or "@name@8": the prefix, the name, and nothing but digits behind an '@'.
static bool is_form_with_size(struct text candidate, char prefix, struct text name)
{
    if (candidate.size < name.size + 3 || candidate.data[0] != prefix ||
        memcmp(candidate.data + 1, name.data, name.size) != 0 || candidate.data[name.size + 1] != '@')
        return false;
    for (size_t i = name.size + 2; i < candidate.size; i++)
        if (candidate.data[i] < '0' || candidate.data[i] > '9')
            return false;
    return true;
}

// "?name@@Y…": a C++ function outside any class.
static bool is_cpp_function(struct text candidate, struct text name)
{
    return candidate.size > name.size + 4 && candidate.data[0] == '?' &&
           memcmp(candidate.data + 1, name.data, name.size) == 0 &&
           memcmp(candidate.data + 1 + name.size, "@@Y", 3) == 0;
}

static int form_of(const struct link *link, struct text candidate, struct text name)
{
    bool has_forms = link->target && link->target->has_underscore;
    if (has_forms && is_form_with_size(candidate, '_', name))
        return 1;
    if (has_forms && is_form_with_size(candidate, '@', name))
        return 2;
    return is_cpp_function(candidate, name) ? 3 : 0;
}

// Gathers names of the best form there is. An overloaded function is none of its overloads: of several different names
// none is meant.
struct best_form {
    struct text name;
    int form; // 0: none yet
    bool is_ambiguous;
};

static void best_form_take(const struct link *link, struct best_form *best, struct text candidate, struct text name)
{
    int form = form_of(link, candidate, name);
    if (!form || (best->form && form > best->form))
        return;
    best->is_ambiguous = form == best->form && (best->is_ambiguous || !text_equal(best->name, candidate));
    best->form = form;
    best->name = candidate;
}

static void best_form_of_symbols(const struct link *link, struct best_form *best, struct text name)
{
    for (size_t list = 0; list < symbol_table_list_count(link); list++) {
        const symbol_array *symbols = symbol_table_list(link, list);
        for (size_t i = 0; i < symbols->count; i++)
            if (is_claimed(symbols->items[i]))
                best_form_take(link, best, symbol_name(symbols->items[i]), name);
    }
}

static void best_form_of_libraries(const struct link *link, struct best_form *best, struct text name)
{
    for (size_t i = 0; i < link->libraries.count; i++) {
        const struct archive *archive = link->libraries.items[i]->archive;
        for (size_t k = 0; k < archive->symbol_count; k++)
            best_form_take(link, best, archive->symbols[k].name, name);
    }
}

struct symbol *symbol_find_by_user_name(struct link *link, struct text name)
{
    struct symbol *symbol = symbol_find(link, name);
    if (is_claimed(symbol))
        return symbol;
    symbol = symbol_find(link, symbol_decorate(link, name));
    if (is_claimed(symbol))
        return symbol;
    struct best_form best = {0};
    best_form_of_symbols(link, &best, name);
    return best.form && !best.is_ambiguous ? symbol_find(link, best.name) : NULL;
}

struct text symbol_name_of_user(struct link *link, struct text name)
{
    struct text decorated = symbol_decorate(link, name);
    if (symbol_is_available(link, decorated))
        return decorated;
    struct best_form best = {0};
    best_form_of_symbols(link, &best, name);
    if (!best.form)
        best_form_of_libraries(link, &best, name);
    if (best.form && !best.is_ambiguous)
        return best.name;
    return symbol_is_available(link, name) ? name : TEXT("");
}
