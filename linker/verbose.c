// Each topic is told where its pass ends, from what the pass left; nothing is kept for it.
#include "linker/verbose.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/archive.h"
#include "linker/input/object.h"
#include "linker/link.h"
#include "linker/symbols/symbol.h"

static bool wants(const struct link *link, enum verbose_topic topic)
{
    return (link->options.verbose_topics & topic) != 0;
}

// "    " name [" from " object]: names come from files, and are shown as a terminal may see them.
static void say(const char *before, struct text name, const char *between, struct text object)
{
    fputs(before, stdout);
    write_escaped(stdout, name.data, name.size);
    fputs(between, stdout);
    write_escaped(stdout, object.data, object.size);
    putchar('\n');
}

void verbose_member(const struct link *link, const struct library *library, uint64_t header_offset,
                    const struct symbol *symbol)
{
    struct archive_member member;
    if (!wants(link, VERBOSE_LIB) || !archive_member_at(library->archive, header_offset, &member, link->diagnostics))
        return;
    uint32_t reference = atomic_load_explicit(&symbol->first_reference, memory_order_relaxed);
    say("      Found ", symbol_name(symbol), "", TEXT(""));
    if (reference != UINT32_MAX)
        say("        Referenced in ", link->objects.items[reference]->display, "", TEXT(""));
    struct text loaded = text_format(link_arena(link), "%.*s(%.*s)", TEXT_ARGUMENT(text_file_name(library->display)),
                                     TEXT_ARGUMENT(text_file_name(member.name)));
    say("        Loaded ", loaded, "", TEXT(""));
}

// The first external name at the start of each kept section, by the section's place among the kept ones; empty where it
// has none.
static struct text *section_symbols(struct arena *arena, const struct object *object)
{
    struct text *names = arena_array(arena, struct text, object->kept_count);
    for (uint32_t index = 0; index < object->symbol_count; index++) {
        struct object_symbol record = object_symbol_fields(object, index);
        const struct section *section = record.value ? NULL : object_section(object, record.section_number);
        bool is_name = record.storage_class == STORAGE_EXTERNAL || record.type == COFF_TYPE_FUNCTION;
        if (section && is_name && !names[section - object->kept].size)
            names[section - object->kept] = object_symbol_name(object, index);
        index += record.aux_count;
    }
    return names;
}

// Calls `tell` for each kept section that has a name, in input order.
static void each_named_section(struct link *link, void (*tell)(void *, struct section *, struct text), void *context)
{
    for (size_t i = 0; i < link->objects.count; i++) {
        struct object *object = link->objects.items[i];
        struct text *names = section_symbols(link_arena(link), object);
        for (uint32_t k = 0; k < object->kept_count; k++)
            if (names[k].size)
                tell(context, &object->kept[k], names[k]);
    }
}

static void tell_dead(void *context, struct section *section, struct text name)
{
    (void)context;
    if (!section->chunk.is_live && !section->folded_into)
        say("      Discarded ", name, " from ", section->object->display);
}

void verbose_dead_sections(struct link *link)
{
    if (wants(link, VERBOSE_REF))
        each_named_section(link, tell_dead, NULL);
}

struct fold {
    const struct section *leader, *section;
    struct text name; // of the section
};
typedef array_of(struct fold) fold_array;

struct fold_list {
    struct arena *arena;
    fold_array folds;
};

// Leaders are in it too, so that theirs are the first lines of their groups.
static void note_fold(void *context, struct section *section, struct text name)
{
    struct fold_list *list = context;
    struct fold fold = {section->folded_into ? section->folded_into : section, section, name};
    if (section->folded_into || section->chunk.is_live)
        array_push(list->arena, &list->folds, fold);
}

static int section_compare(const struct section *a, const struct section *b)
{
    if (a->object != b->object)
        return a->object->order < b->object->order ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

static int fold_compare(const void *a, const void *b)
{
    const struct fold *x = a, *y = b;
    int by_leader = section_compare(x->leader, y->leader);
    if (by_leader)
        return by_leader;
    if ((x->section == x->leader) != (y->section == y->leader))
        return x->section == x->leader ? -1 : 1;
    return section_compare(x->section, y->section);
}

void verbose_folded_sections(struct link *link)
{
    if (!wants(link, VERBOSE_ICF) || link->options.opt_icf != ON)
        return;
    struct fold_list list = {.arena = link_arena(link)};
    each_named_section(link, note_fold, &list);
    const struct fold *folds = list.folds.items;
    if (list.folds.count)
        qsort(list.folds.items, list.folds.count, sizeof *folds, fold_compare);
    for (size_t i = 1; i < list.folds.count; i++) {
        const struct fold *fold = &folds[i], *before = &folds[i - 1];
        if (fold->section == fold->leader || fold->leader != before->leader)
            continue;
        if (before->section == fold->leader) {
            say("    Selected symbol:\n        ", before->name, " from ", before->section->object->display);
            puts("    Replaced symbol(s):");
        }
        say("        ", fold->name, " from ", fold->section->object->display);
    }
}

void verbose_unused_libraries(const struct link *link)
{
    bool is_first = true;
    for (size_t i = 0; wants(link, VERBOSE_UNUSED_LIBS) && i < link->libraries.count; i++) {
        if (link->libraries.items[i]->pulled_count)
            continue;
        if (is_first)
            puts("Unused libraries:");
        is_first = false;
        say("  ", link->libraries.items[i]->display, "", TEXT(""));
    }
}
