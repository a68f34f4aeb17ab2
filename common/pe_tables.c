// The tables that the loader works from: functions and their unwind records, base relocations, debug entries,
// thread-local storage, load configuration (PE format, "Special Sections"; IMAGE_LOAD_CONFIG_DIRECTORY in Microsoft's
// winnt.h).
#include "common/pe_image.h"

#include "common/arena.h"

// The bytes of a directory; an empty view where the image has none. False where it is outside of the image.
static bool directory_bytes(const struct pe_image *image, enum pe_directory directory, const char *what,
                            struct bytes *out, struct pe_problem *problem)
{
    struct pe_range range = image->directories[directory];
    *out = (struct bytes){NULL, 0};
    if (range.rva == 0 || range.size == 0)
        return true;
    *out = pe_image_at_rva(image, range.rva, range.size);
    return out->size != 0 || pe_fail(problem, what, range.rva, true);
}

// --- functions ---

static size_t function_record_size(const struct pe_image *image)
{
    switch (image->machine) {
    case MACHINE_X64: return 12;
    case MACHINE_ARM:
    case MACHINE_ARM64: return 8;
    default: return 0;
    }
}

bool pe_functions_open(struct pe_functions *functions, const struct pe_image *image)
{
    *functions = (struct pe_functions){.image = image};
    return function_record_size(image) == 0 ||
           directory_bytes(image, DIRECTORY_EXCEPTION, "the exception directory is outside of the image",
                           &functions->records, &functions->problem);
}

// x64: begin, end, unwind information. Information with the chain flag (bit 2 of the flags, in the upper five bits of
// its first byte), or a record whose third word has bit 0 set, goes on with another record: it describes a part of
// that one's function.
static bool read_function_x64(struct pe_functions *functions, const uint8_t *record, struct pe_function *out)
{
    out->begin_rva = load32(record);
    out->end_rva = load32(record + 4);
    out->unwind_rva = load32(record + 8);
    if (out->end_rva < out->begin_rva) // equal: a function without code, as gcc leaves of one that can't be reached
        return pe_fail(&functions->problem, "an unwind record ends before it begins", out->record_rva, true);
    out->is_fragment = out->unwind_rva & 1;
    if (out->is_fragment)
        return true;
    struct bytes unwind = pe_image_at_rva(functions->image, out->unwind_rva, 4);
    if (!unwind.size)
        return pe_fail(&functions->problem, "unwind information is outside of the image", out->unwind_rva, true);
    out->is_fragment = unwind.data[0] >> 3 & 4;
    return true;
}

// ARM and ARM64: begin, then either a packed word (flag 1 or 2 in bits 0-1, length in bits 2-12) or the RVA of a
// record whose first 18 bits are the length. Lengths count the machine's smallest instruction ("ARM64 exception
// handling", ".pdata records").
static bool read_function_arm(struct pe_functions *functions, const uint8_t *record, struct pe_function *out)
{
    bool is_thumb = functions->image->machine == MACHINE_ARM;
    uint32_t unit = is_thumb ? 2 : 4;
    uint32_t word = load32(record + 4);
    out->begin_rva = load32(record) & ~(is_thumb ? 1u : 0u);
    uint32_t length = word >> 2 & 0x7ff;
    if ((word & 3) == 0) {
        struct bytes unwind = pe_image_at_rva(functions->image, word, 4);
        if (!unwind.size)
            return pe_fail(&functions->problem, "unwind information is outside of the image", word, true);
        out->unwind_rva = word;
        length = load32(unwind.data) & 0x3ffff;
        out->is_fragment = is_thumb && load32(unwind.data) >> 22 & 1; // ARM64 has no such bit
    }
    out->is_fragment |= (word & 3) == 2;
    if (length * unit > UINT32_MAX - out->begin_rva)
        return pe_fail(&functions->problem, "an unwind record ends behind 4 GiB", out->record_rva, true);
    out->end_rva = out->begin_rva + length * unit;
    return true;
}

bool pe_functions_next(struct pe_functions *functions, struct pe_function *out)
{
    size_t size = function_record_size(functions->image);
    while (!functions->problem.what && size && functions->records.size - functions->next >= size) {
        const uint8_t *record = functions->records.data + functions->next;
        uint32_t rva = functions->image->directories[DIRECTORY_EXCEPTION].rva + (uint32_t)functions->next;
        functions->next += size;
        if (load32(record) == 0 && load32(record + 4) == 0)
            continue; // padding
        *out = (struct pe_function){.record_rva = rva};
        return size == 12 ? read_function_x64(functions, record, out) : read_function_arm(functions, record, out);
    }
    return false;
}

// --- base relocations ---

bool pe_relocations_open(struct pe_relocations *relocations, const struct pe_image *image)
{
    *relocations = (struct pe_relocations){.image = image};
    return directory_bytes(image, DIRECTORY_BASE_RELOCATION, "the base relocations are outside of the image",
                           &relocations->blocks, &relocations->problem);
}

// Begins the next block. False at the end.
static bool next_block(struct pe_relocations *relocations)
{
    struct bytes blocks = relocations->blocks;
    struct pe_range range = relocations->image->directories[DIRECTORY_BASE_RELOCATION];
    if (blocks.size == 0)
        return false;
    uint64_t at = range.rva + (uint64_t)(range.size - blocks.size);
    struct bytes view = bytes_slice(blocks, 0, sizeof(struct pe_base_relocation_block));
    if (!view.size)
        return pe_fail(&relocations->problem, "a block of base relocations is cut short", at, true);
    const struct pe_base_relocation_block *block = (const void *)view.data;
    uint32_t size = le32_get(block->block_size);
    if (size == 0 && le32_get(block->page_rva) == 0) { // some linkers end the table so, and leave the rest
        relocations->blocks = (struct bytes){NULL, 0};
        return false;
    }
    if (size < sizeof *block || size > blocks.size)
        return pe_fail(&relocations->problem, "a block of base relocations has a size that can't be", at, true);
    relocations->page_rva = le32_get(block->page_rva);
    relocations->entries = bytes_slice(blocks, sizeof *block, (size - sizeof *block) & ~(size_t)1);
    relocations->blocks = bytes_from(blocks, size);
    return true;
}

bool pe_relocations_next(struct pe_relocations *relocations, struct pe_relocation *out)
{
    enum { BASE_HIGH_ADJUSTED = 4 }; // its second half is the next entry
    while (!relocations->problem.what && (relocations->entries.size || next_block(relocations))) {
        if (!relocations->entries.size)
            continue; // an empty block
        uint16_t entry = load16(relocations->entries.data);
        uint8_t type = (uint8_t)(entry >> 12);
        relocations->entries = bytes_from(relocations->entries, 2);
        if (type == BASE_HIGH_ADJUSTED && relocations->entries.size)
            relocations->entries = bytes_from(relocations->entries, 2);
        if (type == BASE_ABSOLUTE)
            continue;
        uint64_t rva = (uint64_t)relocations->page_rva + (entry & 0xfff);
        if (!pe_image_section_at(relocations->image, rva))
            return pe_fail(&relocations->problem, "a base relocation is outside of the image", rva, true);
        *out = (struct pe_relocation){(uint32_t)rva, type};
        return true;
    }
    return false;
}

// --- debug directory ---

bool pe_debug_entries_open(struct pe_debug_entries *entries, const struct pe_image *image)
{
    *entries = (struct pe_debug_entries){.image = image};
    return directory_bytes(image, DIRECTORY_DEBUG, "the debug directory is outside of the image", &entries->records,
                           &entries->problem);
}

bool pe_debug_entries_next(struct pe_debug_entries *entries, struct pe_debug_entry *out)
{
    struct bytes view = bytes_slice(entries->records, entries->next, sizeof(struct pe_debug_directory));
    if (entries->problem.what || !view.size)
        return false;
    uint64_t at = (uint64_t)entries->image->directories[DIRECTORY_DEBUG].rva + entries->next;
    const struct pe_debug_directory *record = (const void *)view.data;
    entries->next += sizeof *record;
    uint32_t size = le32_get(record->size);
    *out = (struct pe_debug_entry){
        .type = le32_get(record->type),
        .timestamp = le32_get(record->timestamp),
        .rva = le32_get(record->rva),
        .file_offset = le32_get(record->file_offset),
    };
    // The data need not be mapped, so the file offset is what counts.
    out->content = bytes_slice(entries->image->content, out->file_offset, size);
    if (size && !out->content.size)
        return pe_fail(&entries->problem, "a debug entry's data is outside of the file", at, true);
    return true;
}

uint32_t pe_image_extended_characteristics(const struct pe_image *image)
{
    struct pe_debug_entries entries;
    struct pe_debug_entry entry;
    pe_debug_entries_open(&entries, image);
    while (pe_debug_entries_next(&entries, &entry))
        if (entry.type == DEBUG_EXTENDED_DLL_CHARACTERISTICS && entry.content.size >= 4)
            return load32(entry.content.data);
    return 0;
}

// --- VAs in the loader's structures ---

static uint64_t load_pointer(const struct pe_image *image, const uint8_t *at)
{
    return image->is_64 ? load64(at) : load32(at);
}

// The RVA of a VA, or UINT64_MAX where it is below the image or too far above it.
static uint64_t rva_of_va(const struct pe_image *image, uint64_t va)
{
    uint64_t rva = va - image->image_base;
    return va >= image->image_base && rva <= UINT32_MAX ? rva : UINT64_MAX;
}

// --- thread-local storage ---

// VAs up to the first 0.
static bool read_callbacks(const struct pe_image *image, uint64_t rva, struct bytes *out, struct pe_problem *problem)
{
    size_t width = image->is_64 ? 8 : 4;
    struct bytes there = pe_image_from_rva(image, rva);
    for (size_t size = 0; there.size - size >= width; size += width)
        if (load_pointer(image, there.data + size) == 0) {
            *out = bytes_slice(there, 0, size);
            return true;
        }
    return pe_fail(problem, "the TLS callbacks have no end", rva, true);
}

bool pe_tls_read(const struct pe_image *image, struct pe_tls *out, struct pe_problem *problem)
{
    size_t width = image->is_64 ? 8 : 4;
    struct pe_range range = image->directories[DIRECTORY_TLS];
    *out = (struct pe_tls){0};
    *problem = (struct pe_problem){0};
    if (range.rva == 0)
        return false;
    struct bytes view = pe_image_at_rva(image, range.rva, 4 * width + 8);
    if (!view.size)
        return pe_fail(problem, "the TLS directory is outside of the image", range.rva, true);
    uint64_t start = load_pointer(image, view.data);
    uint64_t end = load_pointer(image, view.data + width);
    uint64_t index = load_pointer(image, view.data + 2 * width);
    uint64_t callbacks = load_pointer(image, view.data + 3 * width);
    out->zero_fill = load32(view.data + 4 * width);
    out->characteristics = load32(view.data + 4 * width + 4);

    uint64_t start_rva = start ? rva_of_va(image, start) : 0;
    if (end < start || end - start > UINT32_MAX || start_rva == UINT64_MAX)
        return pe_fail(problem, "the TLS template is outside of the image", range.rva, true);
    out->data_rva = (uint32_t)start_rva;
    out->data_size = (uint32_t)(end - start);
    uint64_t index_rva = index ? rva_of_va(image, index) : 0;
    if (index_rva == UINT64_MAX || (index && !pe_image_section_at(image, index_rva)))
        return pe_fail(problem, "the TLS index is outside of the image", range.rva, true);
    out->index_rva = (uint32_t)index_rva;
    return callbacks == 0 || read_callbacks(image, rva_of_va(image, callbacks), &out->callbacks, problem);
}

uint32_t pe_tls_callback_count(const struct pe_image *image, const struct pe_tls *tls)
{
    return (uint32_t)(tls->callbacks.size / (image->is_64 ? 8 : 4));
}

uint64_t pe_tls_callback_rva(const struct pe_image *image, const struct pe_tls *tls, uint32_t index)
{
    size_t width = image->is_64 ? 8 : 4;
    uint64_t rva = rva_of_va(image, load_pointer(image, tls->callbacks.data + index * width));
    return pe_image_section_at(image, rva) ? rva : UINT64_MAX;
}

// --- load configuration ---

// Offsets of fields in IMAGE_LOAD_CONFIG_DIRECTORY32 and 64, in bytes. A table is a VA, and a count behind it.
static const struct load_config_layout {
    uint16_t cookie, safe_seh, functions, flags, import_addresses, long_jumps, exception_continuations;
} layout_32 = {0x3c, 0x40, 0x50, 0x58, 0x68, 0x70, 0xa4}, layout_64 = {0x58, 0x60, 0x80, 0x90, 0xa0, 0xb0, 0x108};

// A field of the directory, 0 where it ends before it: newer fields were added at the end.
static uint64_t config_field(const struct pe_image *image, struct bytes config, size_t offset, bool is_pointer)
{
    struct bytes field = bytes_slice(config, offset, is_pointer && image->is_64 ? 8 : 4);
    return !field.size ? 0 : is_pointer ? load_pointer(image, field.data) : load32(field.data);
}

static bool read_guard_table(const struct pe_image *image, struct bytes config, size_t offset, uint32_t stride,
                             struct pe_guard_table *out, struct pe_problem *problem)
{
    uint64_t va = config_field(image, config, offset, true);
    uint64_t count = config_field(image, config, offset + (image->is_64 ? 8 : 4), true);
    *out = (struct pe_guard_table){.stride = stride};
    if (va == 0 || count == 0)
        return true;
    uint64_t rva = rva_of_va(image, va);
    if (count <= UINT32_MAX)
        out->records = pe_image_at_rva(image, rva, count * stride);
    if (!out->records.size)
        return pe_fail(problem, "a table of the load configuration is outside of the image", rva, true);
    out->count = (uint32_t)count;
    return true;
}

bool pe_load_config_read(const struct pe_image *image, struct pe_load_config *out, struct pe_problem *problem)
{
    const struct load_config_layout *layout = image->is_64 ? &layout_64 : &layout_32;
    struct pe_range range = image->directories[DIRECTORY_LOAD_CONFIG];
    *out = (struct pe_load_config){0};
    *problem = (struct pe_problem){0};
    if (range.rva == 0)
        return false;
    struct bytes size_field = pe_image_at_rva(image, range.rva, 4);
    if (!size_field.size)
        return pe_fail(problem, "the load configuration is outside of the image", range.rva, true);
    out->size = load32(size_field.data);
    struct bytes config = pe_image_at_rva(image, range.rva, out->size);
    if (out->size < 4 || !config.size)
        return pe_fail(problem, "the load configuration has a size that can't be", range.rva, true);

    out->security_cookie = config_field(image, config, layout->cookie, true);
    out->guard_flags = (uint32_t)config_field(image, config, layout->flags, false);
    out->has_safe_seh = !image->is_64 && config_field(image, config, layout->safe_seh, true) != 0;
    uint32_t stride = 4 + (out->guard_flags >> 28); // IMAGE_GUARD_CF_FUNCTION_TABLE_SIZE_MASK
    return read_guard_table(image, config, layout->safe_seh, 4, &out->safe_seh, problem) &&
           read_guard_table(image, config, layout->functions, stride, &out->functions, problem) &&
           read_guard_table(image, config, layout->import_addresses, stride, &out->import_addresses, problem) &&
           read_guard_table(image, config, layout->long_jumps, stride, &out->long_jumps, problem) &&
           read_guard_table(image, config, layout->exception_continuations, stride, &out->exception_continuations,
                            problem);
}

uint32_t pe_guard_table_rva(const struct pe_guard_table *table, uint32_t index)
{
    return load32(table->records.data + (size_t)index * table->stride);
}
