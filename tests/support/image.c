#include "tests/support/image.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "tests/support/checks.h"
#include "tests/support/folder.h"

static uint32_t get16(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t get32(const uint8_t *p)
{
    return get16(p) | get16(p + 2) << 16;
}

static uint64_t get64(const uint8_t *p)
{
    return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static const uint8_t *file_at(const struct image *image, uint64_t offset, uint64_t size)
{
    if (offset > image->file_size || size > image->file_size - offset)
        fail_with("%s: %llu bytes at file offset 0x%llx are outside the file", image->path, (unsigned long long)size,
                  (unsigned long long)offset);
    return image->file + offset;
}

// The optional header, from its magic to its last data directory (PE format, "Optional Header").
static void read_optional_header(struct image *image, const uint8_t *header, uint32_t size)
{
    uint32_t magic = get16(header);
    image->is_64 = magic == 0x20b;
    if (magic != 0x10b && magic != 0x20b)
        fail_with("%s: optional header's magic is 0x%x", image->path, magic);
    uint32_t directories = image->is_64 ? 112 : 96;
    if (size < directories)
        fail_with("%s: optional header has %u bytes", image->path, size);

    image->entry_rva = get32(header + 16);
    image->base = image->is_64 ? get64(header + 24) : get32(header + 28);
    image->section_alignment = get32(header + 32);
    image->file_alignment = get32(header + 36);
    image->size_of_image = get32(header + 56);
    image->size_of_headers = get32(header + 60);
    image->checksum = get32(header + 64);
    image->subsystem = (uint16_t)get16(header + 68);
    image->dll_characteristics = (uint16_t)get16(header + 70);
    const uint8_t *sizes = header + 72;
    uint64_t *fields[] = {&image->stack_reserve, &image->stack_commit, &image->heap_reserve, &image->heap_commit};
    for (size_t i = 0; i < 4; i++)
        *fields[i] = image->is_64 ? get64(sizes + 8 * i) : get32(sizes + 4 * i);

    uint32_t count = get32(header + directories - 4);
    if (count > 16 || directories + 8 * count > size)
        fail_with("%s: %u data directories do not fit", image->path, count);
    for (uint32_t i = 0; i < count; i++) {
        image->directories[i].rva = get32(header + directories + 8 * i);
        image->directories[i].size = get32(header + directories + 8 * i + 4);
    }
}

// Sections stand in the order of their RVAs, without overlap, each at a multiple of the alignment, and
// end where SizeOfImage says: what Windows' loader insists on.
static void read_sections(struct image *image, uint64_t table, size_t count)
{
    image->section_count = count;
    image->sections = scratch_allocate(image->scratch, (count + 1) * sizeof *image->sections);
    uint64_t end = image->size_of_headers, alignment = image->section_alignment;
    assert_true(alignment && (alignment & (alignment - 1)) == 0);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *header = file_at(image, table + 40 * i, 40);
        struct image_section *section = &image->sections[i];
        memcpy(section->name, header, 8);
        section->name[8] = '\0';
        section->virtual_size = get32(header + 8);
        section->rva = get32(header + 12);
        section->file_size = get32(header + 16);
        section->file_offset = get32(header + 20);
        section->characteristics = get32(header + 36);

        end = (end + alignment - 1) & ~(alignment - 1);
        if (section->rva != end)
            fail_with("%s: section %s is at RVA 0x%x, expected 0x%llx", image->path, section->name, section->rva,
                      (unsigned long long)end);
        if (section->file_offset % image->file_alignment || section->file_size % image->file_alignment)
            fail_with("%s: section %s is not aligned in the file", image->path, section->name);
        end = section->rva + (uint64_t)(section->virtual_size ? section->virtual_size : section->file_size);
    }
    if (((end + alignment - 1) & ~(alignment - 1)) != image->size_of_image)
        fail_with("%s: SizeOfImage is 0x%x, the last section ends at 0x%llx", image->path, image->size_of_image,
                  (unsigned long long)end);
}

static void map_sections(struct image *image)
{
    image->mapped = scratch_allocate(image->scratch, image->size_of_image);
    memset(image->mapped, 0, image->size_of_image);
    memcpy(image->mapped, file_at(image, 0, image->size_of_headers), image->size_of_headers);
    for (size_t i = 0; i < image->section_count; i++) {
        const struct image_section *section = &image->sections[i];
        uint32_t size = section->file_size;
        if (section->virtual_size && size > section->virtual_size)
            size = section->virtual_size;
        if (size)
            memcpy(image->mapped + section->rva, file_at(image, section->file_offset, section->file_size), size);
    }
}

struct image *image_read(struct scratch *scratch, const char *path)
{
    struct image *image = scratch_allocate(scratch, sizeof *image);
    *image = (struct image){.scratch = scratch, .path = path};
    image->file = folder_read_file(scratch, path, &image->file_size);

    if (memcmp(file_at(image, 0, 64), "MZ", 2) != 0)
        fail_with("%s: no MZ header", path);
    uint32_t signature = get32(image->file + 0x3c);
    const uint8_t *header = file_at(image, signature, 24);
    if (memcmp(header, "PE\0\0", 4) != 0)
        fail_with("%s: no PE signature", path);
    image->machine = (uint16_t)get16(header + 4);
    image->timestamp = get32(header + 8);
    image->symbol_table = get32(header + 12);
    image->symbol_count = get32(header + 16);
    uint32_t optional_size = get16(header + 20);
    image->characteristics = (uint16_t)get16(header + 22);
    image->optional_header = signature + 24;
    read_optional_header(image, file_at(image, image->optional_header, optional_size), optional_size);
    read_sections(image, (uint64_t)image->optional_header + optional_size, get16(header + 6));
    map_sections(image);
    return image;
}

const uint8_t *image_at(const struct image *image, uint32_t rva, uint32_t size)
{
    if (rva > image->size_of_image || size > image->size_of_image - rva)
        fail_with("%s: %u bytes at RVA 0x%x are outside the image", image->path, size, rva);
    return image->mapped + rva;
}

uint32_t image_u16(const struct image *image, uint32_t rva)
{
    return get16(image_at(image, rva, 2));
}

uint32_t image_u32(const struct image *image, uint32_t rva)
{
    return get32(image_at(image, rva, 4));
}

uint64_t image_u64(const struct image *image, uint32_t rva)
{
    return get64(image_at(image, rva, 8));
}

uint64_t image_pointer(const struct image *image, uint32_t rva)
{
    return image->is_64 ? image_u64(image, rva) : image_u32(image, rva);
}

// The text at `rva`, which has an end inside the image.
static const char *text_at(const struct image *image, uint32_t rva)
{
    const char *text = (const char *)image_at(image, rva, 1);
    if (!memchr(text, 0, image->size_of_image - rva))
        fail_with("%s: the text at RVA 0x%x has no end", image->path, rva);
    return text;
}

uint32_t image_rva_of(const struct image *image, const uint8_t *pointer)
{
    assert_true(pointer >= image->mapped && pointer < image->mapped + image->size_of_image);
    return (uint32_t)(pointer - image->mapped);
}

uint32_t image_file_offset(const struct image *image, uint32_t rva)
{
    if (rva < image->size_of_headers)
        return rva;
    const struct image_section *section = image_section_at(image, rva);
    if (!section || rva - section->rva >= section->file_size)
        fail_with("%s: RVA 0x%x is not in the file", image->path, rva);
    return section->file_offset + (rva - section->rva);
}

const struct image_section *image_find_section(const struct image *image, const char *name)
{
    for (size_t i = 0; i < image->section_count; i++)
        if (strcmp(image->sections[i].name, name) == 0)
            return &image->sections[i];
    return NULL;
}

const struct image_section *image_section(const struct image *image, const char *name)
{
    const struct image_section *section = image_find_section(image, name);
    if (!section)
        fail_with("%s: no section %s", image->path, name);
    return section;
}

const struct image_section *image_section_at(const struct image *image, uint32_t rva)
{
    for (size_t i = 0; i < image->section_count; i++) {
        const struct image_section *section = &image->sections[i];
        uint32_t size = section->virtual_size ? section->virtual_size : section->file_size;
        if (rva >= section->rva && rva - section->rva < size)
            return section;
    }
    return NULL;
}

// The export directory (PE format, "Export Directory Table"); 0 when the image has none.
static uint32_t export_directory(const struct image *image)
{
    struct image_directory directory = image->directories[IMAGE_DIRECTORY_EXPORTS];
    if (directory.rva)
        image_at(image, directory.rva, directory.size < 40 ? 40 : directory.size);
    return directory.rva;
}

uint32_t image_export_count(const struct image *image)
{
    uint32_t directory = export_directory(image);
    return directory ? image_u32(image, directory + 20) : 0;
}

const char *image_export_dll_name(const struct image *image)
{
    uint32_t directory = export_directory(image);
    if (!directory)
        fail_with("%s: no exports", image->path);
    return text_at(image, image_u32(image, directory + 12));
}

// Finds the index of `name` in the address table by bisection, as a loader does: a table that is not
// sorted is a fault.
static bool find_export(const struct image *image, const char *name, uint32_t *index)
{
    uint32_t directory = export_directory(image);
    if (!directory)
        return false;
    uint32_t names = image_u32(image, directory + 32), ordinals = image_u32(image, directory + 36);
    uint32_t low = 0, high = image_u32(image, directory + 24);
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(name, text_at(image, image_u32(image, names + 4 * middle)));
        if (order == 0) {
            *index = image_u16(image, ordinals + 2 * middle);
            if (*index >= image_export_count(image))
                fail_with("%s: export %s has index %u of %u", image->path, name, *index, image_export_count(image));
            return true;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

static uint32_t export_index(const struct image *image, const char *name)
{
    uint32_t index = 0;
    if (!find_export(image, name, &index))
        fail_with("%s: no export %s", image->path, name);
    return index;
}

// The address table's entry, and whether it is a forwarder: it then points into the directory itself.
static uint32_t export_entry(const struct image *image, uint32_t index, bool *forwarded)
{
    if (index >= image_export_count(image))
        fail_with("%s: no export with index %u", image->path, index);
    uint32_t rva = image_u32(image, image_u32(image, export_directory(image) + 28) + 4 * index);
    struct image_directory directory = image->directories[IMAGE_DIRECTORY_EXPORTS];
    *forwarded = rva >= directory.rva && rva - directory.rva < directory.size;
    return rva;
}

static uint32_t export_rva(const struct image *image, uint32_t index)
{
    bool forwarded;
    uint32_t rva = export_entry(image, index, &forwarded);
    if (forwarded)
        fail_with("%s: export with index %u is forwarded to %s", image->path, index, text_at(image, rva));
    return rva;
}

bool image_exports(const struct image *image, const char *name)
{
    uint32_t index;
    return find_export(image, name, &index);
}

uint32_t image_export_ordinal(const struct image *image, const char *name)
{
    return export_index(image, name) + image_u32(image, export_directory(image) + 16);
}

uint32_t image_export_rva(const struct image *image, const char *name)
{
    return export_rva(image, export_index(image, name));
}

uint32_t image_export_rva_by_ordinal(const struct image *image, uint32_t ordinal)
{
    uint32_t directory = export_directory(image);
    uint32_t first = directory ? image_u32(image, directory + 16) : 0;
    return export_rva(image, ordinal - first);
}

const char *image_export_forwarder(const struct image *image, const char *name)
{
    bool forwarded;
    uint32_t rva = export_entry(image, export_index(image, name), &forwarded);
    if (!forwarded)
        fail_with("%s: export %s is not forwarded", image->path, name);
    return text_at(image, rva);
}

const uint8_t *image_export(const struct image *image, const char *name)
{
    return image_at(image, image_export_rva(image, name), 1);
}

// Looks for an import by name, or by ordinal where `name` is NULL; its slot is the RVA in the import
// address table. The lookup table is read, as a loader does (PE format, "Import Lookup Table").
static bool find_import(const struct image *image, const char *dll, const char *name, uint32_t ordinal, uint32_t *slot)
{
    uint32_t descriptor = image->directories[IMAGE_DIRECTORY_IMPORTS].rva;
    uint32_t size = image->is_64 ? 8 : 4;
    uint64_t by_ordinal = (uint64_t)1 << (8 * size - 1);
    for (; descriptor && image_u32(image, descriptor + 12); descriptor += 20) {
        if (strcasecmp(text_at(image, image_u32(image, descriptor + 12)), dll) != 0)
            continue;
        uint32_t addresses = image_u32(image, descriptor + 16), lookup = image_u32(image, descriptor);
        uint32_t table = lookup ? lookup : addresses;
        for (uint32_t i = 0; image_pointer(image, table + i * size); i++) {
            uint64_t entry = image_pointer(image, table + i * size);
            bool same = entry & by_ordinal ? !name && (entry & 0xffff) == ordinal
                                           : name && strcmp(text_at(image, (uint32_t)entry + 2), name) == 0;
            *slot = addresses + i * size;
            if (same)
                return true;
        }
    }
    return false;
}

bool image_imports(const struct image *image, const char *dll, const char *name)
{
    uint32_t slot;
    return find_import(image, dll, name, 0, &slot);
}

bool image_imports_ordinal(const struct image *image, const char *dll, uint32_t ordinal)
{
    uint32_t slot;
    return find_import(image, dll, NULL, ordinal, &slot);
}

uint32_t image_import_slot(const struct image *image, const char *dll, const char *name)
{
    uint32_t slot;
    if (!find_import(image, dll, name, 0, &slot))
        fail_with("%s: no import of %s from %s", image->path, name, dll);
    return slot;
}

// Counts the base relocations, or those at `only` where it is not 0 (PE format, "The .reloc Section").
static size_t count_base_relocations(const struct image *image, uint32_t only)
{
    struct image_directory directory = image->directories[IMAGE_DIRECTORY_BASE_RELOCATIONS];
    size_t count = 0;
    for (uint32_t at = 0, size; at < directory.size; at += size) {
        uint32_t block = directory.rva + at, page = image_u32(image, block);
        size = image_u32(image, block + 4);
        if (size < 8 || size % 4 || size > directory.size - at || page % 4096)
            fail_with("%s: base relocation block at RVA 0x%x: page 0x%x, %u bytes", image->path, block, page, size);
        for (uint32_t entry = block + 8; entry < block + size; entry += 2) {
            uint32_t value = image_u16(image, entry);
            if (value >> 12 && (!only || page + (value & 0xfff) == only))
                count++;
        }
    }
    return count;
}

size_t image_base_relocation_count(const struct image *image)
{
    return count_base_relocations(image, 0);
}

bool image_has_base_relocation(const struct image *image, uint32_t rva)
{
    return count_base_relocations(image, rva) > 0;
}

// Looks for a symbol that has a section (PE format, "COFF Symbol Table").
static bool find_symbol(const struct image *image, const char *wanted, uint32_t *rva)
{
    uint64_t strings = image->symbol_table + (uint64_t)image->symbol_count * 18;
    for (uint32_t i = 0; image->symbol_table && i < image->symbol_count; i++) {
        const uint8_t *symbol = file_at(image, image->symbol_table + (uint64_t)i * 18, 18);
        char short_name[9] = {0};
        const char *name = memcpy(short_name, symbol, 8);
        if (get32(symbol) == 0) {
            name = (const char *)file_at(image, strings + get32(symbol + 4), 1);
            assert_non_null(memchr(name, 0, image->file_size - (size_t)((const uint8_t *)name - image->file)));
        }
        uint32_t section = get16(symbol + 12);
        if (section && section <= image->section_count && strcmp(name, wanted) == 0) {
            *rva = image->sections[section - 1].rva + get32(symbol + 8);
            return true;
        }
        i += symbol[17];
    }
    return false;
}

bool image_has_symbol(const struct image *image, const char *name)
{
    uint32_t rva;
    return find_symbol(image, name, &rva);
}

uint32_t image_symbol_rva(const struct image *image, const char *name)
{
    uint32_t rva = 0;
    if (!find_symbol(image, name, &rva))
        fail_with("%s: no symbol %s", image->path, name);
    return rva;
}
