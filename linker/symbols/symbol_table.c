// Where names become symbols. Every thread of the binding pass asks for names at the same time, and three of four names
// are there already; so looking is free of locks and only adding takes one, of the shard that the name's hash picks.
//
// A shard is an open-addressing table of words. A word holds a symbol's pointer and, in the 16 bits that a user-space
// pointer leaves free, a piece of its hash, so a probe touches a symbol only when it is very likely the right one. A
// shard that fills up is replaced by one twice its size; readers of the old one see all that it ever held and then ask
// again under the lock.
#include "linker/symbols/symbol_table.h"

#include <stdatomic.h>

#include "common/parallel.h"
#include "linker/input/object.h"
#include "linker/link.h"

enum { SHARD_BITS = 8, SHARD_COUNT = 1 << SHARD_BITS, LEAST_CAPACITY = 64 };

struct slots {
    size_t mask;
    _Atomic uint64_t words[];
};

struct shard {
    _Atomic(struct slots *) slots;
    atomic_flag lock;
    uint32_t count;
    uint8_t padding[64 - sizeof(void *) - sizeof(atomic_flag) - sizeof(uint32_t) - 3];
};

struct symbol_table {
    struct shard shards[SHARD_COUNT];
    symbol_array *by_thread; // every symbol, by the thread that made it
};

static struct slots *slots_new(struct arena *arena, size_t capacity)
{
    struct slots *slots =
        arena_allocate(arena, sizeof(struct slots) + capacity * sizeof(uint64_t), _Alignof(struct slots));
    slots->mask = capacity - 1;
    return slots;
}

// Slots of a new shard. In a C++ program each eighth or tenth symbol record brings in a new name, so for these many there
// is room: filling a larger table from a smaller one reads every symbol again.
static size_t first_capacity(const struct link *link)
{
    uint64_t records = 0;
    for (size_t i = 0; i < link->objects.count; i++)
        records += link->objects.items[i]->symbol_count;
    size_t capacity = LEAST_CAPACITY;
    while (capacity < records / 4 / SHARD_COUNT)
        capacity *= 2;
    return capacity;
}

struct symbol_table *symbol_table_create(struct link *link)
{
    struct arena *arena = link_arena(link);
    struct symbol_table *table = arena_allocate(arena, sizeof *table, 64);
    size_t capacity = first_capacity(link);
    for (size_t i = 0; i < SHARD_COUNT; i++)
        atomic_init(&table->shards[i].slots, slots_new(arena, capacity));
    table->by_thread = arena_array(arena, symbol_array, (size_t)link->thread_count);
    return table;
}

static struct symbol *word_symbol(uint64_t word)
{
    return (struct symbol *)(uintptr_t)(word & 0xffffffffffffu);
}

// The hash's low bits pick a slot, its top 8 the shard, and bits 40 to 55 travel with the pointer.
static uint64_t word_tag(uint64_t hash)
{
    return (hash >> 40) << 48;
}

static struct symbol *slots_find(const struct slots *slots, struct text name, uint64_t hash)
{
    for (size_t at = hash & slots->mask;; at = (at + 1) & slots->mask) {
        uint64_t word = atomic_load_explicit(&slots->words[at], memory_order_acquire);
        if (!word)
            return NULL;
        if ((word ^ word_tag(hash)) >> 48)
            continue;
        struct symbol *symbol = word_symbol(word);
        if (symbol->hash == hash && symbol->name_size == name.size && memcmp(symbol->name, name.data, name.size) == 0)
            return symbol;
    }
}

static void slots_insert(struct slots *slots, struct symbol *symbol)
{
    size_t at = symbol->hash & slots->mask;
    while (atomic_load_explicit(&slots->words[at], memory_order_relaxed))
        at = (at + 1) & slots->mask;
    atomic_store_explicit(&slots->words[at], word_tag(symbol->hash) | (uint64_t)(uintptr_t)symbol,
                          memory_order_release);
}

static struct slots *shard_grow(struct arena *arena, struct shard *shard, const struct slots *old)
{
    struct slots *slots = slots_new(arena, 2 * (old->mask + 1));
    for (size_t i = 0; i <= old->mask; i++) {
        uint64_t word = atomic_load_explicit(&old->words[i], memory_order_relaxed);
        if (word)
            slots_insert(slots, word_symbol(word));
    }
    atomic_store_explicit(&shard->slots, slots, memory_order_release);
    return slots;
}

static struct symbol *symbol_new(struct link *link, struct text name, uint64_t hash)
{
    struct arena *arena = link_arena(link);
    struct symbol *symbol = arena_new(arena, struct symbol);
    symbol->name = text_copy(arena, name).data; // it may be in a table that is given back
    symbol->name_size = (uint32_t)name.size;
    symbol->hash = hash;
    symbol->kind = SYMBOL_UNDEFINED;
    atomic_init(&symbol->rank, SYMBOL_RANK_UNDEFINED);
    atomic_init(&symbol->first_reference, UINT32_MAX);
    array_push(arena, &link->symbols->by_thread[thread_index()], symbol);
    return symbol;
}

static struct shard *shard_of(const struct link *link, uint64_t hash)
{
    return &link->symbols->shards[hash >> (64 - SHARD_BITS)];
}

// The symbol of a name that a look without the lock did not find: somebody else may have added it since.
static struct symbol *shard_add(struct link *link, struct shard *shard, struct text name, uint64_t hash)
{
    while (atomic_flag_test_and_set_explicit(&shard->lock, memory_order_acquire)) {
    }
    struct slots *slots = atomic_load_explicit(&shard->slots, memory_order_relaxed);
    struct symbol *symbol = slots_find(slots, name, hash);
    if (!symbol) {
        symbol = symbol_new(link, name, hash);
        if ((size_t)2 * ++shard->count > slots->mask)
            slots = shard_grow(link_arena(link), shard, slots);
        slots_insert(slots, symbol);
    }
    atomic_flag_clear_explicit(&shard->lock, memory_order_release);
    return symbol;
}

static struct symbol *intern_hashed(struct link *link, struct text name, uint64_t hash)
{
    struct shard *shard = shard_of(link, hash);
    struct symbol *symbol = slots_find(atomic_load_explicit(&shard->slots, memory_order_acquire), name, hash);
    return symbol ? symbol : shard_add(link, shard, name, hash);
}

struct symbol *symbol_intern(struct link *link, struct text name)
{
    return intern_hashed(link, name, text_hash(name));
}

// Each name costs three reads of memory that is in no cache: its slot, the symbol, the symbol's name. Reading all slots
// of a batch ahead, then all symbols, lets these wait for memory together.
void symbol_intern_batch(struct link *link, const struct text *names, struct symbol **symbols, size_t count)
{
    uint64_t hashes[SYMBOL_BATCH];
    const _Atomic uint64_t *words[SYMBOL_BATCH];
    for (size_t i = 0; i < count; i++) {
        hashes[i] = text_hash(names[i]);
        const struct slots *slots = atomic_load_explicit(&shard_of(link, hashes[i])->slots, memory_order_acquire);
        words[i] = &slots->words[hashes[i] & slots->mask];
        __builtin_prefetch(words[i]);
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t word = atomic_load_explicit(words[i], memory_order_acquire);
        if (!word || (word ^ word_tag(hashes[i])) >> 48)
            continue;
        __builtin_prefetch(word_symbol(word));
        __builtin_prefetch(word_symbol(word) + 1); // its name
    }
    for (size_t i = 0; i < count; i++)
        symbols[i] = intern_hashed(link, names[i], hashes[i]);
}

struct symbol *symbol_find(const struct link *link, struct text name)
{
    uint64_t hash = text_hash(name);
    const struct shard *shard = &link->symbols->shards[hash >> (64 - SHARD_BITS)];
    return slots_find(atomic_load_explicit(&shard->slots, memory_order_acquire), name, hash);
}

size_t symbol_table_list_count(const struct link *link)
{
    return (size_t)link->thread_count;
}

const symbol_array *symbol_table_list(const struct link *link, size_t index)
{
    return &link->symbols->by_thread[index];
}
