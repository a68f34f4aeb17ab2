// Names that no object defines because only a linker can know what they are. Each ranks behind every input, so a
// program that has its own keeps it. Where: `__ImageBase` is the image's first byte (documented for link.exe under
// "Predefined symbols" of lld and the CRT's sources); the x86 SafeSEH and guard names are those that the CRT's load
// configuration (loadcfg.c) refers to. A value that is not known yet is settled by the file in synthesize/ that makes
// the table.
#include <stdatomic.h>

#include "linker/link.h"
#include "linker/symbols/symbol_table.h"
#include "linker/symbols/symbols.h"

static bool define(struct link *link, struct text name, struct chunk *chunk, uint64_t value)
{
    struct symbol *symbol = symbol_intern(link, name);
    uint64_t rank = atomic_load_explicit(&symbol->rank, memory_order_relaxed);
    if (rank_kind(rank) < SYMBOL_COMMON && !symbol->is_synthetic)
        return false;
    symbol->rank = symbol_rank_of(SYMBOL_DEFINED, SYMBOL_ORDER_SYNTHETIC, 0);
    symbol->is_synthetic = true;
    symbol->chunk = chunk;
    symbol->value = value;
    symbol->is_absolute = !chunk;
    symbol->kind = SYMBOL_DEFINED;
    return true;
}

bool symbol_define(struct link *link, struct text name, struct chunk *chunk, uint64_t offset)
{
    return define(link, name, chunk, offset);
}

bool symbol_define_absolute(struct link *link, struct text name, uint64_t value)
{
    return define(link, name, NULL, value);
}

// The headers as a chunk: RVA 0, in no output section, so that __ImageBase relocates like any address.
static const struct chunk_kind headers_chunk_kind = {.name = "headers"};

void linker_symbols_define(struct link *link)
{
    struct chunk *headers = arena_new(link_arena(link), struct chunk);
    headers->kind = &headers_chunk_kind;
    headers->is_live = true;
    link->headers_chunk = headers;
    symbol_define(link, symbol_decorate(link, TEXT("__ImageBase")), headers, 0);

    static const char *const zeroes[] = {
        "__guard_fids_table",    "__guard_fids_count",    "__guard_flags",         "__guard_iat_table",
        "__guard_iat_count",     "__guard_longjmp_table", "__guard_longjmp_count", "__guard_eh_cont_table",
        "__guard_eh_cont_count", "__enclave_config",
    };
    for (size_t i = 0; i < sizeof zeroes / sizeof *zeroes; i++)
        symbol_define_absolute(link, symbol_decorate(link, text_of(zeroes[i])), 0);
    if (link->machine == MACHINE_X86) {
        symbol_define_absolute(link, TEXT("___safe_se_handler_table"), 0);
        symbol_define_absolute(link, TEXT("___safe_se_handler_count"), 0);
    }
}
