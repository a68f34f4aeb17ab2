// The table of all names (symbol_table.c), for the passes that walk it. symbol.h has what everyone else needs.
#pragma once

#include "common/arena.h"
#include "linker/symbols/symbol.h"

struct link;

typedef array_of(struct symbol *) symbol_array;

struct symbol_table *symbol_table_create(struct link *link);

// symbol_intern for up to SYMBOL_BATCH names at once, quicker than one after the other. Any thread.
enum { SYMBOL_BATCH = 32 };
void symbol_intern_batch(struct link *link, const struct text *names, struct symbol **symbols, size_t count);

// All symbols, as one list for each thread that made some. Which list a symbol is in, and where, differs from run to
// run: a walk may set each symbol's own fields, and sorts what it gathers.
size_t symbol_table_list_count(const struct link *link);
const symbol_array *symbol_table_list(const struct link *link, size_t index);

// Ranks: kind, then the object's order, then the symbol's index there. The smallest is the winner. One bit of the index
// says that the definition is in a COMDAT section of selection ANY: where two such meet, which is nearly always, there
// is nothing to check.
#define SYMBOL_RANK_UNDEFINED  ((uint64_t)SYMBOL_UNDEFINED << 60)
#define SYMBOL_ORDER_SYNTHETIC 0x0fffffffu // "object" of what the linker defines: behind every input

#define SYMBOL_RANK_ANY 0x80000000u

static inline uint64_t symbol_rank_of(enum symbol_kind kind, uint32_t object_order, uint32_t index)
{
    return (uint64_t)kind << 60 | (uint64_t)(object_order & 0x0fffffffu) << 32 | index;
}
static inline enum symbol_kind rank_kind(uint64_t rank)
{
    return (enum symbol_kind)(rank >> 60);
}
static inline uint32_t rank_order(uint64_t rank)
{
    return (uint32_t)(rank >> 32) & 0x0fffffffu;
}
static inline uint32_t rank_index(uint64_t rank)
{
    return (uint32_t)rank & ~SYMBOL_RANK_ANY;
}
