// Sorted lists of RVAs, as exception handlers (SafeSEH) and Control Flow Guard have them: le32 each, ascending, each
// once. What is listed is known as chunk and offset before layout, so that the size is; the RVAs and their order come
// when the table is written.
#pragma once

#include "common/arena.h"
#include "linker/chunk.h"

struct link;
struct object;

struct rva_table {
    struct chunk chunk;
    array_of(struct rva_table_entry {
        struct chunk *chunk;
        uint64_t offset;
    }) entries;
};

// Adds a place, unless its chunk is not in the image. What was folded is listed as what stands for it.
void rva_table_add(struct link *link, struct rva_table *table, struct chunk *chunk, uint64_t offset);

// Adds what a list of symbol indexes of an object names (le32 each): the content of .sxdata, .gfids$y and their like.
// An index that does not exist, and a list of an odd size, is skipped with a warning.
void rva_table_add_symbols(struct link *link, struct rva_table *table, const struct object *object,
                           struct bytes indexes, const char *section_name);

// Puts the table into .rdata and makes the two symbols mean it and its count of entries. An empty one is no table: the
// symbols stay 0. `table_name` and `count_name` are as objects have them.
void rva_table_finish(struct link *link, struct rva_table *table, struct text table_name, struct text count_name);
