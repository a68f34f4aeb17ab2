// How MinGW's compilers name sections, told in the `$` grouping that all of this linker understands. GCC writes
// ".text.startup" and ".text.unlikely" where MSVC writes ".text$mn"; GNU ld's scripts take both into ".text". Lists of
// constructors have an order of their own: constructors.c.
//
// `.eh_frame` is one list for the unwinder, in which a zero word is the end. GNU's drivers name crtend.o, which holds
// that word, behind all libraries; here members of libraries come behind all objects, so the end is found by what it is
// and put last.
#include "linker/sections/mingw_names.h"

#include "linker/input/object.h"
#include "linker/link.h"

static struct text list_section_name(struct link *link, struct text name, struct text list)
{
    if (name.size == list.size)
        return text_format(link_arena(link), "%.*s$1", TEXT_ARGUMENT(list));
    if (name.data[list.size] == '.')
        return text_format(link_arena(link), "%.*s$2%.*s", TEXT_ARGUMENT(list),
                           TEXT_ARGUMENT(text_skip(name, list.size + 1)));
    return name;
}

static bool is_unwind_list(struct text name)
{
    return text_equal(text_prefix(name, text_find(name, '$')), TEXT(".eh_frame"));
}

bool mingw_section_is_list_end(const struct section *section)
{
    struct bytes content = section_content(section);
    return is_unwind_list(section_name(section)) && content.size >= 4 && load32(content.data) == 0;
}

struct text mingw_section_name(struct link *link, const struct section *section)
{
    struct text name = section_name(section);
    if (text_starts_with(name, TEXT(".ctors")))
        return list_section_name(link, name, TEXT(".ctors"));
    if (text_starts_with(name, TEXT(".dtors")))
        return list_section_name(link, name, TEXT(".dtors"));
    if (is_unwind_list(name))
        return mingw_section_is_list_end(section) ? TEXT(".eh_frame$end") : TEXT(".eh_frame");
    struct text base = text_prefix(name, text_find(name, '$'));
    size_t period = base.size > 1 ? 1 + text_find(text_skip(base, 1), '.') : base.size;
    if (period >= base.size)
        return name;
    return text_format(link_arena(link), "%.*s$%.*s", (int)period, name.data, TEXT_ARGUMENT(text_skip(name, period)));
}
