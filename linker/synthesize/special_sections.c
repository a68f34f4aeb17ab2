// See special_sections.h. A name in a header is eight bytes, so a look at them decides; only ".gehcont$y" is longer and
// hides in the string table ("/123"), as do the names of every function section of a GNU compiler.
#include "linker/synthesize/special_sections.h"

#include <stdlib.h>

#include "common/parallel.h"
#include "linker/input/object.h"
#include "linker/link.h"

struct found_section {
    struct special_section section;
    enum special_kind kind;
};
typedef array_of(struct found_section) found_array;

static bool name_starts(const char name[8], const char *start)
{
    return memcmp(name, start, strlen(start)) == 0;
}

// The base name of a header's eight bytes ends where they do, or at a '$'.
static bool name_is_or_has_suffix(const char name[8], const char *base)
{
    size_t size = strlen(base);
    return memcmp(name, base, size) == 0 && (name[size] == 0 || name[size] == '$');
}

static bool is_aligned_wider_than(const struct coff_section_header *header, uint32_t bytes)
{
    uint32_t field = (le32_get(header->characteristics) & SECTION_ALIGN_MASK) >> 20;
    return field == 0 || 1u << (field - 1) > bytes; // none given: 16 bytes
}

static bool special_kind_of(const struct object *object, uint32_t number, enum special_kind *kind)
{
    static const struct {
        char full[9];
        enum special_kind kind;
    } guards[] = {
        {".gfids$y", SPECIAL_GUARD_FUNCTIONS},
        {".giats$y", SPECIAL_GUARD_IMPORTS},
        {".gljmp$y", SPECIAL_GUARD_LONG_JUMPS},
    };
    const struct coff_section_header *header = object_header(object, number);
    const char *name = header->name;
    if (name[0] == '/') {
        *kind = SPECIAL_GUARD_CONTINUATIONS;
        return text_equal(object_section_name(object, number), TEXT(".gehcont$y"));
    }
    if (name[0] != '.')
        return false;
    switch (name[1]) {
    case 'i': *kind = SPECIAL_IMPORT; return name_starts(name, ".idata$");
    case 'e': *kind = SPECIAL_EXPORT; return name_is_or_has_suffix(name, ".edata");
    case 'p':
        *kind = SPECIAL_WIDE_UNWIND;
        return name_is_or_has_suffix(name, ".pdata") && is_aligned_wider_than(header, 4);
    case 'r': *kind = SPECIAL_RESOURCE; return name_is_or_has_suffix(name, ".rsrc");
    case 's': *kind = SPECIAL_HANDLERS; return name_is_or_has_suffix(name, ".sxdata");
    case 'g':
        for (size_t i = 0; i < sizeof guards / sizeof *guards; i++)
            if (memcmp(name, guards[i].full, 8) == 0) {
                *kind = guards[i].kind;
                return true;
            }
        return false;
    default: return false;
    }
}

static void object_look_through(struct link *link, struct object *object, found_array *found)
{
    for (uint32_t number = 1; number <= object->section_count; number++) {
        struct found_section one = {.section = {object, NULL, number}};
        if (!special_kind_of(object, number, &one.kind))
            continue;
        one.section.section = object_section(object, number);
        array_push(link_arena(link), found, one);
    }
}

static int found_compare(const void *a, const void *b)
{
    const struct special_section *x = &((const struct found_section *)a)->section;
    const struct special_section *y = &((const struct found_section *)b)->section;
    if (x->object != y->object)
        return x->object->order < y->object->order ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static struct special_sections *special_sections_gather(struct link *link)
{
    struct arena *arena = link_arena(link);
    found_array *by_thread = arena_array(arena, found_array, (size_t)link->thread_count);
#pragma omp parallel for schedule(dynamic, 16) if (link->objects.count > 64)
    for (size_t i = 0; i < link->objects.count; i++) {
        struct object *object = link->objects.items[i];
        if (object->may_have_special)
            object_look_through(link, object, &by_thread[thread_index()]);
    }

    found_array all = {0};
    for (int thread = 0; thread < link->thread_count; thread++)
        for (size_t i = 0; i < by_thread[thread].count; i++)
            array_push(arena, &all, by_thread[thread].items[i]);
    if (all.count)
        qsort(all.items, all.count, sizeof *all.items, found_compare);

    struct special_sections *sections = arena_new(arena, struct special_sections);
    for (size_t i = 0; i < all.count; i++)
        array_push(arena, &sections->of[all.items[i].kind], all.items[i].section);
    return sections;
}

const struct special_sections *special_sections_of(struct link *link)
{
    if (!link->special_sections)
        link->special_sections = special_sections_gather(link);
    return link->special_sections;
}
