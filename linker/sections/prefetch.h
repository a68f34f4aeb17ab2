// Reading ahead. What a relocation leads to is three reads away (the record's name, the symbol, the chunk that it is
// in), and none is likely to be in a cache. A pass over many sections asks for what the next ones need while it works
// on this one: first for the symbols, some sections later for the chunks that these are in.
#pragma once

#include "linker/input/object.h"
#include "linker/symbols/symbol.h"

enum { PREFETCH_RELOCATIONS = 32 }; // of one section; more would drive each other out

static inline uint32_t prefetch_count(const struct section *section)
{
    return section->relocation_count < PREFETCH_RELOCATIONS ? section->relocation_count : PREFETCH_RELOCATIONS;
}

static inline void section_prefetch_symbols(const struct section *section)
{
    for (uint32_t i = 0; i < prefetch_count(section); i++)
        __builtin_prefetch(object_global(section->object, le32_get(section->relocations[i].symbol)));
}

static inline void section_prefetch_chunks(const struct section *section)
{
    for (uint32_t i = 0; i < prefetch_count(section); i++) {
        uint64_t name = object_name(section->object, le32_get(section->relocations[i].symbol));
        const struct symbol *symbol = name_global(name);
        uint32_t kept = name_is_local(name) ? name_local(name).kept : 0;
        if (symbol)
            __builtin_prefetch(symbol->chunk);
        else if (kept)
            __builtin_prefetch(&section->object->kept[kept - 1]);
    }
}

// How many sections ahead each thing is asked for: what is nearest needs what is farther to have come.
enum { AHEAD_CHUNKS = 2, AHEAD_SYMBOLS = 4, AHEAD_RELOCATIONS = 8, AHEAD_SECTION = 12 };

// A chunk, and the second line of a section.
static inline void chunk_prefetch(const struct chunk *chunk)
{
    __builtin_prefetch(chunk);
    __builtin_prefetch((const uint8_t *)chunk + 64);
}

static inline void section_prefetch_bytes(const struct section *section)
{
    // A function's bytes, and behind them its relocations, are mostly two or three lines.
    if (section->content) {
        __builtin_prefetch(section->content);
        __builtin_prefetch(section->content + 64);
    }
    for (uint32_t i = 0; i < prefetch_count(section); i += 6)
        __builtin_prefetch(&section->relocations[i]);
}

// All of that for chunks[at], those before `end` being walked in order.
static inline void chunks_prefetch(struct chunk *const *chunks, size_t at, size_t end)
{
    if (at + AHEAD_SECTION < end)
        chunk_prefetch(chunks[at + AHEAD_SECTION]);
    if (at + AHEAD_RELOCATIONS < end && chunks[at + AHEAD_RELOCATIONS]->is_section)
        section_prefetch_bytes(section_of_chunk(chunks[at + AHEAD_RELOCATIONS]));
    if (at + AHEAD_SYMBOLS < end && chunks[at + AHEAD_SYMBOLS]->is_section)
        section_prefetch_symbols(section_of_chunk(chunks[at + AHEAD_SYMBOLS]));
    if (at + AHEAD_CHUNKS < end && chunks[at + AHEAD_CHUNKS]->is_section)
        section_prefetch_chunks(section_of_chunk(chunks[at + AHEAD_CHUNKS]));
}
