// What nobody defines, and who asks for it. The words are lld-link's, the numbers link.exe's: LNK2019 where a section
// refers to the name, LNK2001 where only an option, an export or the linker does. This runs when a link fails, so it
// takes the time to walk all relocations.
#include <stdlib.h>

#include "linker/input/object.h"
#include "linker/link.h"
#include "linker/symbols/resolution.h"
#include "linker/symbols/symbols.h"

enum { REFERENCES_SHOWN = 3 };

struct reference {
    struct symbol *symbol;
    const struct object *object;
    struct text function; // that refers to it, or empty
};
typedef array_of(struct reference) reference_array;

static bool symbol_is_missing(const struct symbol *symbol)
{
    return symbol->kind == SYMBOL_UNDEFINED && !symbol->alias &&
           (symbol->first_reference != UINT32_MAX || symbol->is_used);
}

// A name in a section of an object. Relocations may be as many as names, so names are sorted once and looked up by
// bisection.
struct named_place {
    uint32_t number; // of the section
    uint32_t value;
    uint32_t index; // of the symbol
};
typedef array_of(struct named_place) named_place_array;

static int named_place_compare(const void *a, const void *b)
{
    const struct named_place *x = a, *y = b;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

static named_place_array named_places_of(const struct object *object, struct arena *arena)
{
    named_place_array out = {0};
    array_push(arena, &out, ((struct named_place){0})); // so that an object without names is not looked through again
    for (uint32_t index = 0; index < object->symbol_count; index++) {
        struct object_symbol record = object_symbol_fields(object, index);
        bool is_name = record.storage_class == STORAGE_EXTERNAL ||
                       (record.storage_class == STORAGE_STATIC && !record.aux_count) ||
                       record.storage_class == STORAGE_LABEL;
        if (is_name && record.section_number > 0)
            array_push(arena, &out, ((struct named_place){(uint32_t)record.section_number, record.value, index}));
        index += record.aux_count;
    }
    qsort(out.items, out.count, sizeof *out.items, named_place_compare);
    return out;
}

// The function of the object that `offset` in section `number` lies in: the last symbol at or before it.
static struct text function_at(const struct object *object, const named_place_array *places, uint32_t number,
                               uint32_t offset)
{
    size_t low = 0, high = places->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct named_place *place = &places->items[middle];
        if (place->number < number || (place->number == number && place->value <= offset))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || places->items[low - 1].number != number)
        return (struct text){NULL, 0};
    return object_symbol_name(object, places->items[low - 1].index);
}

// `places` is filled when the object turns out to ask for something that is missing.
static void references_of_section(const struct section *section, struct arena *arena, named_place_array *places,
                                  reference_array *out)
{
    const struct object *object = section->object;
    for (uint32_t i = 0; i < section->relocation_count; i++) {
        struct symbol *symbol = object_global(object, le32_get(section->relocations[i].symbol));
        if (!symbol || !symbol_is_missing(symbol))
            continue;
        if (!places->count)
            *places = named_places_of(object, arena);
        struct text function = function_at(object, places, section->number, le32_get(section->relocations[i].offset));
        struct reference *last = out->count ? &out->items[out->count - 1] : NULL;
        if (last && last->symbol == symbol && last->object == object && text_equal(last->function, function))
            continue;
        array_push(arena, out, ((struct reference){symbol, object, function}));
    }
}

static reference_array references_gather(struct link *link)
{
    reference_array out = {0};
    for (size_t i = 0; i < link->objects.count; i++) {
        const struct object *object = link->objects.items[i];
        named_place_array places = {0};
        for (uint32_t k = 0; k < object->kept_count; k++)
            references_of_section(&object->kept[k], link_arena(link), &places, &out);
    }
    return out;
}

static int reference_compare(const void *a, const void *b)
{
    const struct reference *x = a, *y = b;
    int by_name = text_compare(symbol_name(x->symbol), symbol_name(y->symbol));
    if (by_name || x->object == y->object)
        return by_name ? by_name : text_compare(x->function, y->function);
    return x->object->order < y->object->order ? -1 : 1;
}

static struct text references_text(struct link *link, const struct reference *references, size_t count)
{
    struct arena *arena = link_arena(link);
    struct text text = {"", 0};
    for (size_t i = 0; i < count && i < REFERENCES_SHOWN; i++) {
        struct text function = symbol_display_name(link, references[i].function);
        text = text_format(arena, "%.*s\n>>> referenced by %.*s%s%.*s%s", TEXT_ARGUMENT(text),
                           TEXT_ARGUMENT(references[i].object->display), function.size ? ":(" : "",
                           TEXT_ARGUMENT(function), function.size ? ")" : "");
    }
    if (count > REFERENCES_SHOWN)
        text = text_format(arena, "%.*s\n>>> referenced %zu more times", TEXT_ARGUMENT(text), count - REFERENCES_SHOWN);
    return text;
}

static void undefined_report(struct link *link, struct symbol *symbol, const struct reference *references, size_t count)
{
    unsigned number = count ? 2019 : 2001;
    struct text name = symbol_display(link, symbol);
    struct text who = references_text(link, references, count);
    if (!count && symbol->first_reference != UINT32_MAX)
        who = text_format(link_arena(link), "\n>>> referenced by %.*s",
                          TEXT_ARGUMENT(link->objects.items[symbol->first_reference]->display));
    if (link->options.force_unresolved)
        report_warning(link->diagnostics, number, "undefined symbol: %.*s%.*s", TEXT_ARGUMENT(name),
                       TEXT_ARGUMENT(who));
    else
        report_error(link->diagnostics, number, "undefined symbol: %.*s%.*s", TEXT_ARGUMENT(name), TEXT_ARGUMENT(who));
    // With /FORCE the image is made all the same. The name is the image's first byte, which every branch reaches and
    // where nothing can be executed.
    symbol->chunk = link->headers_chunk;
    symbol->value = 0;
}

static int missing_compare(const void *a, const void *b)
{
    const struct symbol *x = *(struct symbol *const *)a, *y = *(struct symbol *const *)b;
    if (x->first_reference != y->first_reference)
        return x->first_reference < y->first_reference ? -1 : 1;
    return text_compare(symbol_name(x), symbol_name(y));
}

bool undefined_symbols_report(struct link *link)
{
    symbol_array missing = {0};
    for (size_t list = 0; list < symbol_table_list_count(link); list++) {
        const symbol_array *symbols = symbol_table_list(link, list);
        for (size_t i = 0; i < symbols->count; i++)
            if (symbol_is_missing(symbols->items[i]))
                array_push(link_arena(link), &missing, symbols->items[i]);
    }
    if (!missing.count)
        return diagnostics_error_count(link->diagnostics) == 0;

    qsort(missing.items, missing.count, sizeof *missing.items, missing_compare);
    reference_array references = references_gather(link);
    if (references.count)
        qsort(references.items, references.count, sizeof *references.items, reference_compare);
    for (size_t i = 0; i < missing.count; i++) {
        // First reference of this symbol, by bisection: references are sorted by name.
        size_t low = 0, high = references.count;
        while (low < high) {
            size_t middle = (low + high) / 2;
            if (text_compare(symbol_name(references.items[middle].symbol), symbol_name(missing.items[i])) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        size_t end = low;
        while (end < references.count && references.items[end].symbol == missing.items[i])
            end++;
        undefined_report(link, missing.items[i], references.items ? &references.items[low] : NULL, end - low);
    }
    diagnostics_flush(link->diagnostics);
    return diagnostics_error_count(link->diagnostics) == 0;
}
