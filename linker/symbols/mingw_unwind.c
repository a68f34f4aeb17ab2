// GCC puts an inline function X in a COMDAT `.text$X` and what unwinders need of it in `.pdata$X` and `.xdata$X` (x64)
// or `.eh_frame$X` (x86). Those are COMDATs too, but not associative and without a leader, some without any symbol, so
// that only the name says that they go when the function goes (GNU ld drops by name every section of a group it has
// seen; lld: "treat .[px]data$<func> and .eh_frame$<func> as implicitly associative").
#include <stdlib.h>

#include "linker/input/object.h"
#include "linker/link.h"
#include "linker/symbols/resolution.h"

// What stands behind the prefix of a section's name, or nothing.
static struct text suffix_behind(struct text name, struct text prefix)
{
    return text_starts_with(name, prefix) ? text_skip(name, prefix.size) : (struct text){NULL, 0};
}

static struct text unwind_suffix(struct text name)
{
    static const char *const prefixes[] = {".pdata$", ".xdata$", ".eh_frame$"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        struct text suffix = suffix_behind(name, text_of(prefixes[i]));
        if (suffix.size)
            return suffix;
    }
    return (struct text){NULL, 0};
}

static bool is_comdat_without_leader(const struct object *object, uint32_t number)
{
    const struct section_claim *claim = &object->claims[number];
    return claim->is_for_image && claim->selection != COMDAT_ASSOCIATIVE && !section_claim_leader(claim) &&
           le32_get(object_header(object, number)->characteristics) & SECTION_COMDAT;
}

struct functions { // numbers of .text$X sections by X: open addressing, 0 is empty
    uint32_t *numbers;
    size_t mask;
};

static uint32_t *functions_place(const struct functions *functions, const struct object *object, struct text suffix)
{
    for (size_t at = text_hash(suffix) & functions->mask;; at = (at + 1) & functions->mask) {
        uint32_t *place = &functions->numbers[at];
        if (!*place)
            return place;
        struct text name = object_section_name(object, *place);
        if (text_equal(suffix_behind(name, TEXT(".text$")), suffix))
            return place;
    }
}

static bool functions_find(struct functions *functions, const struct object *object)
{
    size_t capacity = 16;
    while (capacity < 2 * (size_t)object->section_count)
        capacity *= 2;
    functions->numbers = calloc(capacity, sizeof *functions->numbers);
    functions->mask = capacity - 1;
    if (!functions->numbers)
        return false;
    for (uint32_t number = 1; number <= object->section_count; number++) {
        struct text suffix = suffix_behind(object_section_name(object, number), TEXT(".text$"));
        if (!suffix.size)
            continue;
        uint32_t *place = functions_place(functions, object, suffix);
        if (!*place)
            *place = number;
    }
    return true;
}

void mingw_unwind_sections_associate(const struct object *object)
{
    struct functions functions = {0};
    for (uint32_t number = 1; number <= object->section_count; number++) {
        if (!is_comdat_without_leader(object, number))
            continue;
        struct text suffix = unwind_suffix(object_section_name(object, number));
        if (!suffix.size || (!functions.numbers && !functions_find(&functions, object)))
            continue;
        uint32_t parent = *functions_place(&functions, object, suffix);
        if (!parent)
            continue;
        object->claims[number].selection = COMDAT_ASSOCIATIVE;
        object->claims[number].link = parent;
    }
    free(functions.numbers);
}
