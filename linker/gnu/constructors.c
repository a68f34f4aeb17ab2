// Lists of constructors and destructors, as GNU ld's scripts build them and libgcc and MinGW-w64's start-up code walk
// them: -1, the pointers of all `.ctors` sections, then those of `.ctors.NNNNN` by name, then 0; `__CTOR_LIST__` is the
// -1. The start-up code runs the list from its end, so what has a priority (a larger number the earlier it is wanted)
// runs first. `.dtors` likewise.
//
// In the image the parts are contributions `.ctors$0` (the -1), `$1` (plain), `$2…` (with a priority) and `$3` (the 0).
#include "linker/gnu/gnu.h"

#include "linker/link.h"
#include "linker/symbols/symbol.h"
#include "linker/target/target.h"

static struct chunk *list_end_create(struct link *link, int64_t value, const char *section_name)
{
    unsigned size = link->target->pointer_size;
    uint8_t *bytes = arena_array(link_arena(link), uint8_t, size);
    if (size == 8)
        store64(bytes, (uint64_t)value);
    else
        store32(bytes, (uint32_t)value);
    // MinGW's objects have their lists writable; what differs would not be contiguous.
    return link_add_data(link, (struct bytes){bytes, size}, size, text_of(section_name), CHARACTERISTICS_DATA);
}

// Only where something asks for the list: a program without constructors of this kind has none.
static void list_create(struct link *link, const char *symbol_name, const char *head, const char *end)
{
    struct symbol *symbol = symbol_find(link, symbol_decorate(link, text_of(symbol_name)));
    if (!symbol || !symbol->is_synthetic)
        return;
    struct chunk *chunk = list_end_create(link, -1, head);
    symbol_define(link, symbol_decorate(link, text_of(symbol_name)), chunk, 0);
    list_end_create(link, 0, end);
}

void constructor_lists_create(struct link *link)
{
    list_create(link, "__CTOR_LIST__", ".ctors$0", ".ctors$3");
    list_create(link, "__DTOR_LIST__", ".dtors$0", ".dtors$3");
}
