// From candidates to functions: a stable radix sort by RVA, then one pass from front to back for what stands at one RVA
// and one from back to front for ends, which depend on the next entry.
#include "linker/patch/functions.h"

#include "common/coff.h"
#include "linker/patch/code.h"

const char *function_source_name(unsigned bit_number)
{
    static const char *const names[SOURCE_COUNT] = {"symbol",      "unwind",       "codeview", "export", "entry-point",
                                                    "guard-table", "import-thunk", "map-file", "linker"};
    return names[bit_number];
}

struct examined_section *examination_section_at(const struct examination *examination, uint64_t rva)
{
    size_t low = 0, high = examination->section_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (examination->sections[middle].rva <= rva)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    struct examined_section *section = &examination->sections[low - 1];
    return rva - section->rva < section->size ? section : NULL;
}

void examination_add(struct examination *examination, const struct function_candidate *candidate)
{
    struct function_candidate added = *candidate;
    if (examination->machine == MACHINE_ARM)
        added.rva &= ~1u;
    const struct examined_section *section = examination_section_at(examination, added.rva);
    if (!section || !section->is_code)
        return;
    uint32_t left = section->rva + section->size - added.rva;
    if (added.size > left)
        added.size = left;
    if (added.size == 0)
        added.end_rank = END_GUESSED;
    array_push(&examination->arenas[0], &examination->candidates, added);
}

void examination_expect(struct examination *examination, size_t count)
{
    if (examination->candidates.count)
        return;
    examination->candidates.capacity = count * 2 + 64;
    examination->candidates.items =
        arena_array(&examination->arenas[0], struct function_candidate, examination->candidates.capacity);
}

// Order of the candidates by RVA, those of one RVA as they came: indices, in three passes of 11 bits.
static uint32_t *sort_candidates(struct examination *examination)
{
    enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };
    size_t count = examination->candidates.count;
    const struct function_candidate *items = examination->candidates.items;
    uint32_t *from = arena_array(&examination->arenas[0], uint32_t, count);
    uint32_t *to = arena_array(&examination->arenas[0], uint32_t, count);
    for (size_t i = 0; i < count; i++)
        from[i] = (uint32_t)i;
    for (unsigned shift = 0; shift < 32; shift += DIGIT_BITS) {
        size_t start[DIGITS + 1] = {0};
        for (size_t i = 0; i < count; i++)
            start[(items[from[i]].rva >> shift & (DIGITS - 1)) + 1]++;
        for (size_t i = 1; i <= DIGITS; i++)
            start[i] += start[i - 1];
        for (size_t i = 0; i < count; i++)
            to[start[items[from[i]].rva >> shift & (DIGITS - 1)]++] = from[i];
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
    return from;
}

static bool text_has(struct text t, const char *part)
{
    return t.data && memmem(t.data, t.size, part, strlen(part)) != NULL;
}

// One function under two names: constructors and destructors in GNU's mangling, whose variants (C1, C2, …) share a body
// by design; MSVC's deleting destructors ??_E and ??_G; and spellings that differ in decoration only ("_f@4", "f").
static bool is_same_function(struct text a, struct text b)
{
    if (a.size == b.size) {
        size_t first = 0;
        while (first < a.size && a.data[first] == b.data[first])
            first++;
        if (first == a.size)
            return true;
        struct text rest_a = text_skip(a, first + 1), rest_b = text_skip(b, first + 1);
        bool is_variant =
            first > 2 && text_starts_with(a, TEXT("_Z")) && (a.data[first - 1] == 'C' || a.data[first - 1] == 'D');
        bool is_deleting = first == 3 && text_starts_with(a, TEXT("??_"));
        if ((is_variant || is_deleting) && text_equal(rest_a, rest_b))
            return true;
    }
    while (a.size > 1 && (a.data[0] == '_' || a.data[0] == '@'))
        a = text_skip(a, 1);
    while (b.size > 1 && (b.data[0] == '_' || b.data[0] == '@'))
        b = text_skip(b, 1);
    if (!text_starts_with(a, TEXT("?")))
        a = text_prefix(a, text_find(a, '@'));
    if (!text_starts_with(b, TEXT("?")))
        b = text_prefix(b, text_find(b, '@'));
    return text_equal(a, b);
}

// Names that compilers give to pieces of functions: gcc's and clang's cold halves, MSVC's and clang's exception
// funclets.
static bool is_name_of_part(struct text name)
{
    // Nearly all names have neither character.
    if (text_find(name, '$') == name.size && text_find(name, '.') == name.size)
        return false;
    return text_has(name, ".cold") || text_has(name, "?catch$") || text_has(name, "?dtor$") ||
           text_has(name, "?filt$") || text_has(name, "?fin$") || text_has(name, "$catch$") ||
           text_has(name, "$dtor$") || text_has(name, "$filt$") || text_has(name, "$fin$");
}

// What the candidates of one RVA say together.
struct gathering {
    struct patch_function function;
    struct text *names;        // room for one a candidate
    struct text codeview_name; // as the source writes it: used where nothing else names the function
    uint32_t name_count;
    uint8_t best_rank;
    uint32_t limit;
    bool is_called_function; // a source that knows functions from pieces says it is one
    bool is_part, is_fragment, all_labels, all_tentative;
};

static void gather_name(struct gathering *all, const struct function_candidate *candidate)
{
    if (candidate->name.size == 0)
        return;
    if (is_name_of_part(candidate->name))
        all->is_part = true;
    if (candidate->name_rank == NAME_CODEVIEW) {
        if (all->codeview_name.size == 0)
            all->codeview_name = candidate->name;
        return;
    }
    // A name seen before is not listed again; with thousands of folded functions only the latest are looked through.
    enum { LOOK_BACK = 32 };
    uint32_t i = all->name_count > LOOK_BACK ? all->name_count - LOOK_BACK : 0;
    while (i < all->name_count && !text_equal(all->names[i], candidate->name))
        i++;
    if (i == all->name_count) {
        // Different names known to stand for functions, not an export's second name: patching one patches the other.
        if (candidate->name_rank < NAME_EXPORT && all->best_rank < NAME_EXPORT && !candidate->is_tentative &&
            !is_same_function(candidate->name, all->names[0]))
            all->function.reasons |= REASON_BIT(REASON_FOLDED);
        all->names[all->name_count++] = candidate->name;
    }
    if (candidate->name_rank < all->best_rank) {
        struct text swap = all->names[0];
        all->names[0] = all->names[i];
        all->names[i] = swap;
        all->best_rank = candidate->name_rank;
    }
}

static void gather(struct gathering *all, const struct function_candidate *candidate)
{
    struct patch_function *function = &all->function;
    if (candidate->is_label)
        return;
    all->all_labels = false;
    all->all_tentative &= candidate->is_tentative;
    all->is_part |= candidate->is_part;
    all->is_fragment |= candidate->is_fragment;
    all->is_called_function |=
        (candidate->source & (SOURCE_SYMBOL | SOURCE_CODEVIEW | SOURCE_EXPORT)) != 0 && !candidate->is_tentative;
    gather_name(all, candidate);
    function->sources |= candidate->source;
    function->reasons |= candidate->reasons;
    function->is_accepted |= candidate->is_accepted;
    if (candidate->end_rank < function->end_rank) {
        function->end_rank = candidate->end_rank;
        function->size = candidate->size;
    }
    if (candidate->limit && (all->limit == 0 || candidate->limit < all->limit))
        all->limit = candidate->limit;
    if (candidate->owner)
        function->owner = candidate->owner;
    if (function->object.size == 0)
        function->object = candidate->object;
    if (!function->chunk)
        function->chunk = candidate->chunk;
}

// Makes the function of candidates [first, last), which share an RVA. `limits[n]` is where its section in the object
// ends. False where they are labels only: the place becomes a hit.
static bool gather_function(struct examination *examination, const uint32_t *order, size_t first, size_t last,
                            struct text *names, struct patch_function *out, uint32_t *limit)
{
    const struct function_candidate *items = examination->candidates.items;
    struct gathering all = {.names = names, .best_rank = NAME_NONE, .all_labels = true, .all_tentative = true};
    all.function.rva = items[order[first]].rva;
    all.function.end_rank = END_GUESSED;
    for (size_t i = first; i < last; i++)
        gather(&all, &items[order[i]]);
    if (all.all_labels) {
        struct branch_hit hit = {0, all.function.rva, INSTRUCTION_OTHER};
        array_push(&examination->arenas[0], &examination->hits, hit);
        return false;
    }
    *out = all.function;
    out->is_part = all.is_part || (all.is_fragment && !all.is_called_function);
    out->is_tentative = all.all_tentative;
    out->section = (uint16_t)(examination_section_at(examination, out->rva) - examination->sections);
    if (all.name_count) {
        out->name = names[0];
        out->other_names = names + 1;
        out->other_name_count = all.name_count - 1;
    } else if (all.codeview_name.size) {
        out->name = all.codeview_name;
    } else {
        out->name = text_format(&examination->arenas[0], "sub_%X", out->rva);
    }
    *limit = all.limit;
    return true;
}

// Ends that nobody said, and the floor of each pad: the end of what stands before, where that is certain, else its
// entry.
static void settle_ends(struct examination *examination, const uint32_t *limits)
{
    for (size_t i = examination->function_count; i-- > 0;) {
        struct patch_function *function = &examination->functions[i];
        if (function->end_rank != END_GUESSED)
            continue;
        const struct examined_section *section = &examination->sections[function->section];
        uint32_t end = section->rva + section->size;
        if (i + 1 < examination->function_count && examination->functions[i + 1].rva < end)
            end = examination->functions[i + 1].rva;
        if (limits[i] > function->rva && limits[i] < end)
            end = limits[i];
        const uint8_t *bytes = section->data + (function->rva - section->rva);
        uint32_t size = end - function->rva;
        struct instruction entry = code_decode(examination->machine, (struct bytes){bytes, size}, function->rva);
        uint32_t least = entry.length ? entry.length : code_step(examination->machine);
        if (size > least)
            size -= code_slack_before(examination->machine, bytes + least, bytes + size);
        function->size = size;
    }
    uint32_t floor = 0;
    for (size_t i = 0; i < examination->function_count; i++) {
        struct patch_function *function = &examination->functions[i];
        uint32_t section_rva = examination->sections[function->section].rva;
        function->floor = floor > section_rva ? floor : section_rva;
        function->has_certain_end = function->end_rank != END_GUESSED || limits[i] != 0;
        // What is certain to be in use: up to a said end, or to the end of its section in the object; else one byte. A
        // function that reaches over the next entry stops being a floor for it: the entry wins.
        uint32_t end = function->end_rank != END_GUESSED ? function->rva + function->size
                       : limits[i]                       ? limits[i]
                                                         : function->rva + 1;
        if (end > floor)
            floor = end;
        if (i + 1 < examination->function_count && floor > examination->functions[i + 1].rva)
            floor = examination->functions[i + 1].rva;
    }
}

void functions_settle(struct examination *examination)
{
    size_t count = examination->candidates.count;
    struct arena *arena = &examination->arenas[0];
    const struct function_candidate *items = examination->candidates.items;
    const uint32_t *order = sort_candidates(examination);
    uint32_t *limits = arena_array(arena, uint32_t, count + 1);
    struct text *names = arena_array(arena, struct text, count);
    size_t places = 0;
    for (size_t i = 0; i < count; i++)
        places += i == 0 || items[order[i]].rva != items[order[i - 1]].rva;
    examination->functions = arena_array(arena, struct patch_function, places + 1);
    for (size_t first = 0, last; first < count; first = last) {
        for (last = first + 1; last < count && items[order[last]].rva == items[order[first]].rva; last++)
            ;
        size_t index = examination->function_count;
        if (gather_function(examination, order, first, last, names + first, &examination->functions[index],
                            &limits[index]))
            examination->function_count++;
    }
    settle_ends(examination, limits);
}

void functions_confirm(struct examination *examination)
{
    size_t kept = 0;
    for (size_t i = 0; i < examination->function_count; i++) {
        const struct patch_function *function = &examination->functions[i];
        if (function->is_part)
            examination->part_count++;
        else if (!function->is_tentative)
            examination->functions[kept++] = *function;
    }
    examination->function_count = kept;
}

size_t functions_upper_bound(const struct examination *examination, uint32_t rva)
{
    size_t low = 0, high = examination->function_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (examination->functions[middle].rva <= rva)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
