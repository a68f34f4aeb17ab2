// The symbols of a library, whatever wrote it.
//
//     second linker member   count, offsets of members; count, a 16-bit member number (from 1) per symbol; sorted names
//     first linker member    count, an offset per symbol; names: the order of members, integers big-endian
//     /SYM64/                the same with integers of 64 bits
//     none                   as GNU ar leaves it with S, or for a machine that it doesn't know: read from the members
//
// (PE format, "First Linker Member" and "Second Linker Member"; the 64-bit one after LLVM's and binutils' practice.)
// The second is preferred, as by link.exe. Its being sorted is not relied upon.
#include "common/archive_index.h"

#include "common/arena.h"
#include "common/diagnostics.h"

// What one index says of its symbols, in its own way of writing: a symbol's member, and the names one after the other.
struct index_form {
    struct bytes offsets; // of members, `width` bytes each
    struct bytes
        numbers;    // of the second linker member: two bytes for each symbol; else empty, and symbol n has offset n
    unsigned width; // bytes
    bool is_big_endian;
    uint64_t symbol_count;
    struct bytes names;
    uint64_t content_offset; // file offset, for diagnostics
};

static uint64_t load_offset(const struct index_form *form, uint64_t index)
{
    const uint8_t *at = form->offsets.data + index * form->width;
    if (!form->is_big_endian)
        return load32(at);
    uint64_t value = 0;
    for (unsigned i = 0; i < form->width; i++)
        value = value << 8 | at[i];
    return value;
}

// The header offset of symbol n's member, or 0 where the index leads nowhere.
static uint64_t symbol_member(const struct archive *archive, const struct index_form *form, uint64_t n)
{
    uint64_t index = n;
    if (form->numbers.data) {
        uint16_t number = load16(form->numbers.data + 2 * n);
        if (number == 0 || number > form->offsets.size / form->width)
            return 0;
        index = number - 1u;
    }
    uint64_t offset = load_offset(form, index);
    return bytes_contain(archive->content, offset, 1) ? offset : 0;
}

static bool is_same_symbol(const struct archive_symbol *a, const struct archive_symbol *b)
{
    return a->hash == b->hash && text_equal(a->name, b->name);
}

// Hashes every symbol into the buckets. Where a name is there twice, the first stays: later ones are not put in,
// which also keeps a library of one name a million times from making a chain of a million.
static void archive_build_buckets(struct archive *archive, struct arena *arena)
{
    size_t count = 4;
    while (count < 2 * archive->symbol_count)
        count *= 2;
    uint32_t *buckets = arena_array(arena, uint32_t, count);
    size_t mask = count - 1;
    for (size_t i = 0; i < archive->symbol_count; i++) {
        const struct archive_symbol *symbol = &archive->symbols[i];
        size_t at = symbol->hash & mask;
        while (buckets[at] && !is_same_symbol(&archive->symbols[buckets[at] - 1], symbol))
            at = (at + 1) & mask;
        if (!buckets[at])
            buckets[at] = (uint32_t)(i + 1);
    }
    archive->buckets = buckets;
    archive->bucket_count = count;
}

uint64_t archive_find(const struct archive *archive, struct text name, uint64_t hash)
{
    const struct archive_symbol wanted = {name, hash, 0};
    if (!archive->bucket_count)
        return 0;
    size_t mask = archive->bucket_count - 1;
    for (size_t at = hash & mask; archive->buckets[at]; at = (at + 1) & mask) {
        const struct archive_symbol *symbol = &archive->symbols[archive->buckets[at] - 1];
        if (is_same_symbol(symbol, &wanted))
            return symbol->header_offset;
    }
    return 0;
}

// Reads all symbols of an index, names in one go. Every count was checked against the bytes behind it by now, except
// for the names': each takes at least its NUL.
static bool archive_read_symbols(struct archive *archive, const struct index_form *form, struct arena *arena,
                                 struct diagnostics *diagnostics)
{
    if (form->symbol_count > form->names.size || form->symbol_count >= UINT32_MAX / 2)
        return archive_report(archive, form->content_offset, "the index has fewer names than it says", diagnostics);
    archive->symbols = arena_array(arena, struct archive_symbol, form->symbol_count);
    struct bytes names = form->names;
    for (uint64_t n = 0; n < form->symbol_count; n++) {
        const uint8_t *end = names.size ? memchr(names.data, 0, names.size) : NULL;
        if (!end)
            return archive_report(archive, form->content_offset, "the index's names are cut short", diagnostics);
        struct text name = {(const char *)names.data, (size_t)(end - names.data)};
        uint64_t member = symbol_member(archive, form, n);
        if (!member)
            return archive_report(archive, form->content_offset, "the index leads outside of the library", diagnostics);
        archive->symbols[n] = (struct archive_symbol){name, text_hash(name), member};
        names = bytes_from(names, name.size + 1);
    }
    archive->symbol_count = form->symbol_count;
    return true;
}

static bool read_second_linker_member(struct archive *archive, const struct archive_special *special,
                                      struct arena *arena, struct diagnostics *diagnostics)
{
    struct reader r = reader_of(special->second_linker_member);
    struct index_form form = {.width = 4, .content_offset = special->second_offset};
    form.offsets = read_bytes(&r, (uint64_t)read_le32(&r) * 4);
    form.symbol_count = read_le32(&r);
    form.numbers = read_bytes(&r, form.symbol_count * 2);
    form.names = read_bytes(&r, reader_left(&r));
    if (r.failed)
        return archive_report(archive, form.content_offset, "the second linker member is cut short", diagnostics);
    return archive_read_symbols(archive, &form, arena, diagnostics);
}

static bool read_first_linker_member(struct archive *archive, struct bytes content, uint64_t content_offset,
                                     unsigned width, struct arena *arena, struct diagnostics *diagnostics)
{
    struct reader r = reader_of(content);
    struct index_form form = {.width = width, .is_big_endian = true, .content_offset = content_offset};
    form.symbol_count = width == 8 ? (uint64_t)read_be32(&r) << 32 : 0;
    form.symbol_count |= read_be32(&r);
    uint64_t size;
    if (__builtin_mul_overflow(form.symbol_count, (uint64_t)width, &size))
        size = UINT64_MAX;
    form.offsets = read_bytes(&r, size);
    form.names = read_bytes(&r, reader_left(&r));
    if (r.failed)
        return archive_report(archive, content_offset, "the index is cut short", diagnostics);
    return archive_read_symbols(archive, &form, arena, diagnostics);
}

bool archive_read_index(struct archive *archive, const struct archive_special *special, struct arena *arena,
                        struct diagnostics *diagnostics)
{
    bool is_good = true;
    if (special->second_offset)
        is_good = read_second_linker_member(archive, special, arena, diagnostics);
    else if (special->first_offset)
        is_good = read_first_linker_member(archive, special->first_linker_member, special->first_offset, 4, arena,
                                           diagnostics);
    else if (special->sym64_offset)
        is_good = read_first_linker_member(archive, special->sym64, special->sym64_offset, 8, arena, diagnostics);
    // An index without symbols is what a librarian writes that could not read the members.
    if (is_good && archive->symbol_count == 0)
        is_good = archive_read_members_symbols(archive, arena, diagnostics);
    if (is_good)
        archive_build_buckets(archive, arena);
    return is_good;
}
