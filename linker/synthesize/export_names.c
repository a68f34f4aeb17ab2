// Which symbol an export means, and under which names it is known. Four names are at play; on x86, where C functions
// are decorated, all can differ:
//
//   user's name        /EXPORT:sum          /EXPORT:total=sum     directive of an object: /EXPORT:_sum@8
//   symbol             _sum@8               _sum@8                _sum@8
//   name in the image  sum                  total                 _sum@8
//   import library     _sum@8, which the loader looks up as sum; _total@8, as total; _sum@8, as it is
//
// The rules are link.exe's: a name on the command line or in a .def file is a programmer's, so C's underscore is added
// unless the name is decorated already, and a function that nobody has under that name is looked for in its __stdcall
// (`_sum@8`), __fastcall (`@sum@8`), __vectorcall (`sum@@8`) and C++ (`?sum@@Y…`) forms. A directive comes from a
// compiler and is exact, but for MinGW's, which leave the underscore out as a .def file does. In the image a C name
// goes without its underscore; a __stdcall name that was asked for in full keeps it (MinGW: does not).
#include <stdlib.h>

#include "common/archive.h"
#include "common/import_library_writer.h"
#include "linker/input/object.h"
#include "linker/link.h"
#include "linker/symbols/symbol_table.h"
#include "linker/symbols/symbols.h"
#include "linker/synthesize/exports.h"
#include "linker/synthesize/synthesize.h"
#include "linker/target/target.h"

struct export_state *export_state_of(struct link *link)
{
    if (!link->export_state)
        link->export_state = arena_new(link_arena(link), struct export_state);
    return link->export_state;
}

// --- names ---

static bool text_contains(struct text t, struct text part)
{
    for (size_t i = 0; i + part.size <= t.size; i++)
        if (memcmp(t.data + i, part.data, part.size) == 0)
            return true;
    return false;
}

static bool name_is_decorated(const struct link *link, struct text name)
{
    if (!name.size)
        return false;
    return name.data[0] == '@' || name.data[0] == '?' || text_contains(name, TEXT("@@")) ||
           (!link->options.mingw && text_find(name, '@') < name.size);
}

// A user's name as C code decorates it.
static struct text name_decorate(struct link *link, const struct export_request *request, struct text name)
{
    if (request->is_from_directive && !link->options.mingw)
        return name;
    return name_is_decorated(link, name) ? name : symbol_decorate(link, name);
}

static struct text name_in_image(const struct link *link, struct text external)
{
    if (!link->target->has_underscore || !external.size || external.data[0] != '_')
        return external;
    if (text_find(external, '@') < external.size && !link->options.mingw)
        return external;
    return text_skip(external, 1);
}

static struct export_wish wish_of_request(struct link *link, const struct export_request *request)
{
    struct text internal = request->internal_name.size ? request->internal_name : request->name;
    struct export_wish wish = {.request = request};
    wish.wanted = name_decorate(link, request, internal);
    wish.external = name_decorate(link, request, request->name);
    wish.name = request->export_as.size ? request->export_as : name_in_image(link, wish.external);
    return wish;
}

// --- exact names ---

// Whether the name is or will be defined: by an input, a library member, a weak external, or /ALTERNATENAME.
static bool name_can_be_had(struct link *link, struct text name)
{
    const struct symbol *symbol = symbol_find(link, name);
    if (symbol && rank_kind(symbol->rank) <= SYMBOL_WEAK)
        return true;
    for (size_t i = 0; i < link->options.alternate_names.count; i++)
        if (text_equal(link->options.alternate_names.items[i].from, name))
            return true;
    return symbol_is_available(link, name);
}

// The name as C decorates it; then as it was given, for symbols that no C compiler made; then, of a directive that a
// person wrote (#pragma comment(linker, "/EXPORT:name")), with the underscore that it leaves out.
static void wish_try_exact(struct link *link, struct export_wish *wish)
{
    const struct export_request *request = wish->request;
    struct text given = request->internal_name.size ? request->internal_name : request->name;
    struct text candidates[] = {wish->wanted, given, {NULL, 0}};
    if (request->is_from_directive && !name_is_decorated(link, given))
        candidates[2] = symbol_decorate(link, given);
    for (size_t i = 0; i < sizeof candidates / sizeof *candidates && !wish->symbol; i++)
        if (candidates[i].size && name_can_be_had(link, candidates[i]))
            wish->symbol = symbol_require(link, candidates[i]);
}

// --- decorated forms ---

enum form { FORM_STDCALL, FORM_FASTCALL, FORM_VECTORCALL, FORM_CPP, FORM_NONE };

static bool text_is_digits(struct text t)
{
    for (size_t i = 0; i < t.size; i++)
        if (t.data[i] < '0' || t.data[i] > '9')
            return false;
    return t.size > 0;
}

// Which decorated form of a function's name this is, and of which name.
static enum form form_of(struct text symbol, bool has_underscore, struct text *base)
{
    if (symbol.size < 3)
        return FORM_NONE;
    if (symbol.data[0] == '?') {
        size_t end = text_find(symbol, '@');
        *base = (struct text){symbol.data + 1, end - 1};
        return text_starts_with(text_skip(symbol, end), TEXT("@@Y")) ? FORM_CPP : FORM_NONE;
    }
    size_t at = text_find_last(symbol, '@');
    if (at >= symbol.size || at < 2 || !text_is_digits(text_skip(symbol, at + 1)))
        return FORM_NONE;
    if (symbol.data[at - 1] == '@') {
        *base = text_prefix(symbol, at - 1);
        return FORM_VECTORCALL;
    }
    if (!has_underscore) // __vectorcall alone is decorated on every machine
        return FORM_NONE;
    *base = (struct text){symbol.data + 1, at - 1};
    return symbol.data[0] == '_' ? FORM_STDCALL : symbol.data[0] == '@' ? FORM_FASTCALL : FORM_NONE;
}

// The best form of an open wish that was met so far.
struct form_match {
    struct export_wish *wish;
    struct text base; // the name as a programmer writes it
    struct text found;
    enum form form;
    bool is_doubtful;
};

struct form_search {
    struct form_match *matches; // by base
    size_t count;
    bool has_underscore;
};

static int match_compare(const void *a, const void *b)
{
    const struct form_match *x = a, *y = b;
    int by_name = text_compare(x->base, y->base);
    return by_name ? by_name : (x->wish < y->wish ? -1 : x->wish > y->wish);
}

// Offers a name that is defined somewhere to the wishes that it may fulfil. The order of offers does not matter.
static void form_search_offer(struct form_search *search, struct text symbol)
{
    struct text base = {NULL, 0};
    enum form form = form_of(symbol, search->has_underscore, &base);
    if (form == FORM_NONE)
        return;
    size_t low = 0, high = search->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (text_compare(search->matches[middle].base, base) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < search->count && text_equal(search->matches[low].base, base); low++) {
        struct form_match *match = &search->matches[low];
        if (form > match->form || (form == match->form && text_equal(match->found, symbol)))
            continue;
        match->is_doubtful = form == match->form;
        match->form = form;
        if (!match->is_doubtful || text_compare(symbol, match->found) < 0)
            match->found = symbol;
    }
}

static struct form_search form_search_begin(struct link *link, struct export_state *state)
{
    struct form_search search = {.has_underscore = link->target->has_underscore};
    search.matches = arena_array(link_arena(link), struct form_match, state->open_wishes);
    for (size_t i = 0; i < state->wishes.count; i++) {
        struct export_wish *wish = &state->wishes.items[i];
        if (wish->symbol || wish->is_doubtful || wish->request->forward_to.size)
            continue;
        bool is_plain = search.has_underscore && wish->wanted.size && wish->wanted.data[0] == '_';
        search.matches[search.count++] = (struct form_match){
            .wish = wish, .base = is_plain ? text_skip(wish->wanted, 1) : wish->wanted, .form = FORM_NONE};
    }
    if (search.count)
        qsort(search.matches, search.count, sizeof *search.matches, match_compare);
    return search;
}

static void form_search_end(struct link *link, struct export_state *state, struct form_search *search)
{
    for (size_t i = 0; i < search->count; i++) {
        struct form_match *match = &search->matches[i];
        match->wish->is_doubtful = match->is_doubtful;
        if (match->form == FORM_NONE || match->is_doubtful)
            continue;
        match->wish->symbol = symbol_require(link, match->found);
        state->open_wishes--;
    }
}

// What is in the link goes before what a library only offers.
static void forms_search_symbols(struct link *link, struct export_state *state)
{
    struct form_search search = form_search_begin(link, state);
    for (size_t list = 0; list < symbol_table_list_count(link); list++) {
        const symbol_array *symbols = symbol_table_list(link, list);
        for (size_t i = 0; i < symbols->count; i++)
            if (rank_kind(symbols->items[i]->rank) <= SYMBOL_WEAK)
                form_search_offer(&search, symbol_name(symbols->items[i]));
    }
    form_search_end(link, state, &search);
}

static void forms_search_libraries(struct link *link, struct export_state *state)
{
    struct form_search search = form_search_begin(link, state);
    for (size_t i = 0; i < link->libraries.count; i++) {
        const struct archive *archive = link->libraries.items[i]->archive;
        for (size_t k = 0; k < archive->symbol_count; k++)
            form_search_offer(&search, archive->symbols[k].name);
    }
    form_search_end(link, state, &search);
}

// --- while symbols are resolved ---

void exports_require(struct link *link)
{
    const export_request_array *requests = &link->options.exports;
    if (!requests->count || !link->target)
        return;
    struct export_state *state = export_state_of(link);
    while (state->wishes.count < requests->count) {
        struct export_wish wish = wish_of_request(link, &requests->items[state->wishes.count]);
        array_push(link_arena(link), &state->wishes, wish);
        state->open_wishes += !wish.request->forward_to.size;
        state->seen_objects = SIZE_MAX;
    }
    // The options' array moves as it grows.
    for (size_t i = 0; i < state->wishes.count; i++)
        state->wishes.items[i].request = &requests->items[i];

    if (!state->open_wishes ||
        (state->seen_objects == link->objects.count && state->seen_libraries == link->libraries.count))
        return;
    state->seen_objects = link->objects.count;
    state->seen_libraries = link->libraries.count;
    for (size_t i = 0; i < state->wishes.count; i++) {
        struct export_wish *wish = &state->wishes.items[i];
        if (wish->symbol || wish->request->forward_to.size)
            continue;
        wish->is_doubtful = false;
        wish_try_exact(link, wish);
        state->open_wishes -= wish->symbol != NULL;
    }
    if (state->open_wishes)
        forms_search_symbols(link, state);
    if (state->open_wishes)
        forms_search_libraries(link, state);
}

// --- binding ---

// `symbol` with `from` in it replaced by `to`: what the import library calls a renamed function keeps the decoration of
// the function. In C++ and __fastcall forms C's underscore is not there.
static struct text name_replace(struct link *link, struct text symbol, struct text from, struct text to)
{
    for (int without_underscore = 0; without_underscore < 2; without_underscore++) {
        for (size_t i = 0; from.size && i + from.size <= symbol.size; i++)
            if (memcmp(symbol.data + i, from.data, from.size) == 0)
                return text_format(link_arena(link), "%.*s%.*s%.*s", (int)i, symbol.data, TEXT_ARGUMENT(to),
                                   TEXT_ARGUMENT(text_skip(symbol, i + from.size)));
        if (!text_starts_with(from, TEXT("_")) || !text_starts_with(to, TEXT("_")))
            break;
        from = text_skip(from, 1);
        to = text_skip(to, 1);
    }
    return to;
}

static enum import_name_type import_name_type_of(const struct export *export)
{
    if (export->no_name)
        return IMPORT_ORDINAL;
    static const enum import_name_type types[] = {IMPORT_NAME, IMPORT_NAME_NO_PREFIX, IMPORT_NAME_UNDECORATE};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (text_equal(import_name_of_symbol(types[i], export->import_symbol), export->name))
            return types[i];
    return IMPORT_NAME_EXPORT_AS;
}

static struct export export_of_wish(struct link *link, const struct export_wish *wish)
{
    const struct export_request *request = wish->request;
    struct export export = {
        .name = wish->name,
        .symbol = wish->symbol,
        .forward_to = request->forward_to,
        .ordinal = request->has_ordinal ? request->ordinal : 0,
        .has_given_ordinal = request->has_ordinal,
        .no_name = request->no_name,
        .is_data = request->is_data,
        .is_constant = request->is_constant,
        .is_private = request->is_private,
        .import_symbol = wish->external,
    };
    if (wish->symbol) {
        struct text symbol = symbol_name(wish->symbol);
        export.import_symbol = request->internal_name.size && !text_equal(request->internal_name, request->name)
                                   ? name_replace(link, symbol, wish->wanted, wish->external)
                                   : symbol;
    }
    export.import_name_type = import_name_type_of(&export);
    return export;
}

static void wish_report_unbound(struct link *link, const struct export_wish *wish)
{
    struct text wanted = symbol_display_name(link, wish->wanted);
    if (wish->is_doubtful)
        report_error(link->diagnostics, 2001, "export of %.*s is ambiguous: several functions have that name",
                     TEXT_ARGUMENT(wish->request->name));
    else if (link->options.force_unresolved)
        report_warning(link->diagnostics, 2001, "undefined symbol: %.*s\n>>> referenced by the export of %.*s",
                       TEXT_ARGUMENT(wanted), TEXT_ARGUMENT(wish->request->name));
    else
        report_error(link->diagnostics, 2001, "undefined symbol: %.*s\n>>> referenced by the export of %.*s",
                     TEXT_ARGUMENT(wanted), TEXT_ARGUMENT(wish->request->name));
}

static int wish_compare(const void *a, const void *b)
{
    const struct export_wish *x = *(struct export_wish *const *)a, *y = *(struct export_wish *const *)b;
    int by_name = text_compare(x->name, y->name);
    return by_name ? by_name : (x < y ? -1 : x > y);
}

// The one of several wishes for one name that counts: the user's before an object's, then the first. link.exe warns
// where two of equal standing ask for different things.
static const struct export_wish *wish_choose(struct link *link, struct export_wish **wishes, size_t count)
{
    const struct export_wish *chosen = wishes[0];
    for (size_t i = 1; i < count; i++) {
        const struct export_wish *other = wishes[i];
        bool is_from_directive = other->request->is_from_directive;
        if (chosen->request->is_from_directive && !is_from_directive)
            chosen = other;
        else if (chosen->request->is_from_directive == is_from_directive &&
                 (!is_from_directive || chosen->symbol != other->symbol))
            report_warning(link->diagnostics, 4197, "export '%.*s' specified multiple times; using first specification",
                           TEXT_ARGUMENT(chosen->name));
    }
    return chosen;
}

// Whether a wish became an export of something that is there.
static bool wish_is_bound(struct link *link, const struct export_wish *wish)
{
    if (wish->request->forward_to.size)
        return true;
    if (!wish->symbol) {
        wish_report_unbound(link, wish);
        return false;
    }
    return symbol_is_defined(wish->symbol); // else it is reported with what is undefined
}

static void exports_gather(struct link *link, struct export_state *state)
{
    struct arena *arena = link_arena(link);
    struct export_wish **sorted = arena_array(arena, struct export_wish *, state->wishes.count);
    for (size_t i = 0; i < state->wishes.count; i++)
        sorted[i] = &state->wishes.items[i];
    if (state->wishes.count)
        qsort(sorted, state->wishes.count, sizeof *sorted, wish_compare);
    for (size_t i = 0, next; i < state->wishes.count; i = next) {
        for (next = i + 1; next < state->wishes.count && text_equal(sorted[next]->name, sorted[i]->name);)
            next++;
        const struct export_wish *wish = wish_choose(link, sorted + i, next - i);
        if (!wish_is_bound(link, wish))
            continue;
        struct export export = export_of_wish(link, wish);
        if (export.symbol) {
            export.symbol->is_exported = true;
            export.symbol->is_used = true;
            if (text_starts_with(symbol_name(export.symbol), TEXT("??_G")))
                report_warning(link->diagnostics, 4102, "export of deleting dtor: %.*s",
                               TEXT_ARGUMENT(symbol_display(link, export.symbol)));
        }
        array_push(arena, &state->exports, export);
    }
}

void exports_bind(struct link *link)
{
    exports_require(link); // what MinGW exports without being told came after resolution
    if (!link->export_state)
        return;
    exports_gather(link, link->export_state);
    exports_number(link);
}
