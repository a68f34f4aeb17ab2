// Names as programmers write them and as objects carry them. On x86 a C name has a leading underscore, __stdcall adds "@bytes", and __fastcall
// has "@name@bytes" instead; elsewhere a name is itself (Microsoft, "Decorated names"). Options name functions in the programmer's form, so looking one up
// tries the forms in the order in which link.exe does: as it is, decorated for C, __stdcall, __fastcall, then C++.
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

struct text symbol_display(struct link *link, const struct symbol *symbol)
{
    (void)link;
    return symbol_name(symbol);
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

struct symbol *symbol_find_by_user_name(struct link *link, struct text name)
{
    struct symbol *symbol = symbol_find(link, name);
    if (is_claimed(symbol))
        return symbol;
    symbol = symbol_find(link, symbol_decorate(link, name));
    if (is_claimed(symbol))
        return symbol;

    // Best form, and how many have it: an overloaded function is none of its overloads.
    struct symbol *best = NULL;
    int best_form = 4, best_count = 0;
    for (size_t list = 0; list < symbol_table_list_count(link); list++) {
        const symbol_array *symbols = symbol_table_list(link, list);
        for (size_t i = 0; i < symbols->count; i++) {
            int form = form_of(link, symbol_name(symbols->items[i]), name);
            if (!form || form > best_form || !is_claimed(symbols->items[i]))
                continue;
            best_count = form < best_form ? 1 : best_count + 1;
            best_form = form;
            best = symbols->items[i];
        }
    }
    return best_count == 1 ? best : NULL;
}
