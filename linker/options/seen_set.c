// What has been asked for before. Every object of a large link says the same: the same default libraries, the same
// exports of a common header, the same values to compare. A hash table keeps each once; the order of the lists
// themselves is the order of asking, which the table never decides.
#include "linker/options/option_table.h"

static uint64_t seen_hash(enum seen_kind kind, struct text key)
{
    uint64_t hash = text_hash(key) ^ ((uint64_t)kind + 1) * 0x9e3779b97f4a7c15u;
    return hash ? hash : 1; // 0 marks an empty place
}

// The place of the key, or the empty one where it belongs. The table is never full.
static struct seen_entry *seen_place(const struct seen_set *set, uint64_t hash, enum seen_kind kind, struct text key)
{
    size_t mask = set->capacity - 1;
    for (size_t i = (size_t)hash & mask;; i = (i + 1) & mask) {
        struct seen_entry *entry = &set->entries[i];
        if (entry->hash == 0 || (entry->hash == hash && entry->kind == kind && text_equal(entry->key, key)))
            return entry;
    }
}

static void seen_grow(struct seen_set *set, struct arena *arena)
{
    struct seen_set larger = {.count = set->count, .capacity = set->capacity ? set->capacity * 2 : 256};
    larger.entries = arena_array(arena, struct seen_entry, larger.capacity);
    for (size_t i = 0; i < set->capacity; i++) {
        const struct seen_entry *entry = &set->entries[i];
        if (entry->hash)
            *seen_place(&larger, entry->hash, entry->kind, entry->key) = *entry;
    }
    *set = larger;
}

struct seen_entry *seen_find(const struct seen_set *set, enum seen_kind kind, struct text key)
{
    if (set->capacity == 0)
        return NULL;
    struct seen_entry *entry = seen_place(set, seen_hash(kind, key), kind, key);
    return entry->hash ? entry : NULL;
}

struct seen_entry *seen_add(struct seen_set *set, struct arena *arena, enum seen_kind kind, struct text key,
                            bool *is_new)
{
    if (set->count >= set->capacity / 2)
        seen_grow(set, arena);
    uint64_t hash = seen_hash(kind, key);
    struct seen_entry *entry = seen_place(set, hash, kind, key);
    *is_new = entry->hash == 0;
    if (*is_new) {
        *entry = (struct seen_entry){.key = key, .hash = hash, .kind = kind};
        set->count++;
    }
    return entry;
}
