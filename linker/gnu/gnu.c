// The MinGW rules at the points of the link where they apply. Names that GNU ld's scripts define are known to the
// linker only in this mode.
#include "linker/gnu/gnu.h"

#include "linker/gnu/lists.h"
#include "linker/link.h"
#include "linker/symbols/symbol.h"

void gnu_symbols_define(struct link *link)
{
    if (!link->options.mingw)
        return;
    // One name on both machines: MinGW-w64 spells the underscores so that it comes out the same.
    symbol_define(link, TEXT("__image_base__"), link->headers_chunk, 0);
    static const char *const later[] = {"__RUNTIME_PSEUDO_RELOC_LIST__", "__RUNTIME_PSEUDO_RELOC_LIST_END__",
                                        "__CTOR_LIST__", "__DTOR_LIST__"};
    for (size_t i = 0; i < sizeof later / sizeof *later; i++)
        symbol_define_absolute(link, symbol_decorate(link, text_of(later[i])), 0);
}

void gnu_chunks_create(struct link *link)
{
    if (!link->options.mingw)
        return;
    constructor_lists_create(link);
    pseudo_relocations_create(link);
}
