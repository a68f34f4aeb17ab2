// GCC puts a function's unwind data into COMDATs of their own (".pdata$name", ".xdata$name", ".eh_frame$name" beside ".text$name") that say nowhere
// what they belong to: GNU ld drops such sections by their names. Here they are taken as associated with the function's section, as if the object had
// said so; lld-link does the same in its MinGW mode.
#include <stdlib.h>

#include "linker/input/object.h"
#include "linker/link.h"
#include "linker/symbols/resolution.h"

struct function_section {
    struct text name; // behind ".text$"
    uint32_t number;
};
typedef array_of(struct function_section) function_section_array;

static int function_section_compare(const void *a, const void *b)
{
    const struct function_section *x = a, *y = b;
    int by_name = text_compare(x->name, y->name);
    return by_name ? by_name : (x->number < y->number ? -1 : x->number > y->number);
}

// The function's name in the name of a section of its unwind data; empty of any other.
static struct text unwind_data_of(struct text name)
{
    static const char *const prefixes[] = {".pdata$", ".xdata$", ".eh_frame$"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (text_starts_with(name, text_of(prefixes[i])))
            return text_skip(name, strlen(prefixes[i]));
    return (struct text){NULL, 0};
}

static bool is_comdat(const struct object *object, uint32_t number)
{
    return (le32_get(object->headers[number - 1].characteristics) & SECTION_COMDAT) != 0;
}

static function_section_array functions_gather(struct link *link, const struct object *object)
{
    function_section_array functions = {0};
    for (uint32_t number = 1; number <= object->section_count; number++) {
        struct text name = object_section_name(object, &object->headers[number - 1]);
        if (is_comdat(object, number) && text_starts_with(name, TEXT(".text$")))
            array_push(link_arena(link), &functions, ((struct function_section){text_skip(name, 6), number}));
    }
    if (functions.count)
        qsort(functions.items, functions.count, sizeof *functions.items, function_section_compare);
    return functions;
}

static int function_name_compare(const void *key, const void *item)
{
    return text_compare(*(const struct text *)key, ((const struct function_section *)item)->name);
}

void mingw_associates_bind(struct link *link, struct object *object)
{
    function_section_array functions = functions_gather(link, object);
    for (uint32_t number = 1; functions.count && number <= object->section_count; number++) {
        struct section_claim *claim = &object->claims[number];
        if (!claim->is_for_image || !is_comdat(object, number) || claim->selection == COMDAT_ASSOCIATIVE)
            continue;
        struct text name = unwind_data_of(object_section_name(object, &object->headers[number - 1]));
        const struct function_section *function =
            name.size ? bsearch(&name, functions.items, functions.count, sizeof *functions.items, function_name_compare)
                      : NULL;
        if (!function)
            continue;
        claim->selection = COMDAT_ASSOCIATIVE;
        claim->link = function->number;
    }
}
