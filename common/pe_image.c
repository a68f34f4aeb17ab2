// Headers and sections of a PE image, and the way from an RVA to a byte of the file (PE format, "Overview" to
// "Section Table").
//
// What surprises: the file may have less of a section than memory will (the rest is zero) or more (padding to the
// file alignment, which the loader maps as far as a page goes); a virtual size of 0 means the raw size; a data
// directory count above 16 is legal and cut.
#include "common/pe_image.h"

#include "common/arena.h"

bool pe_fail(struct pe_problem *problem, const char *what, uint64_t at, bool is_rva)
{
    if (!problem->what)
        *problem = (struct pe_problem){what, at, is_rva};
    return false;
}

struct text pe_problem_text(struct pe_problem problem, struct arena *arena)
{
    return text_format(arena, "%s at %s 0x%llx", problem.what ? problem.what : "nothing is wrong",
                       problem.is_rva ? "RVA" : "file offset", (unsigned long long)problem.at);
}

// File offset of the PE signature, or 0 where there is none.
static uint32_t signature_offset(struct bytes content)
{
    struct bytes field = bytes_slice(content, PE_DOS_LFANEW_OFFSET, 4);
    if (!field.size || load16(content.data) != PE_DOS_MAGIC)
        return 0;
    uint32_t offset = load32(field.data);
    struct bytes signature = bytes_slice(content, offset, 4);
    return signature.size && load32(signature.data) == PE_SIGNATURE ? offset : 0;
}

bool pe_image_is(struct bytes content)
{
    return signature_offset(content) != 0;
}

static void read_optional_header_32(struct pe_image *image, const struct pe32_optional_header *h)
{
    image->image_base = le32_get(h->image_base);
    image->entry_rva = le32_get(h->entry_rva);
    image->section_alignment = le32_get(h->section_alignment);
    image->file_alignment = le32_get(h->file_alignment);
    image->image_size = le32_get(h->image_size);
    image->headers_size = le32_get(h->headers_size);
    image->checksum = le32_get(h->checksum);
    image->subsystem = le16_get(h->subsystem);
    image->dll_characteristics = le16_get(h->dll_characteristics);
}

static void read_optional_header_64(struct pe_image *image, const struct pe64_optional_header *h)
{
    image->image_base = le64_get(h->image_base);
    image->entry_rva = le32_get(h->entry_rva);
    image->section_alignment = le32_get(h->section_alignment);
    image->file_alignment = le32_get(h->file_alignment);
    image->image_size = le32_get(h->image_size);
    image->headers_size = le32_get(h->headers_size);
    image->checksum = le32_get(h->checksum);
    image->subsystem = le16_get(h->subsystem);
    image->dll_characteristics = le16_get(h->dll_characteristics);
}

// The optional header and the directories behind it.
static bool read_optional_header(struct pe_image *image, struct bytes header, struct pe_problem *problem)
{
    uint64_t at = image->optional_header_offset;
    uint16_t magic = header.size >= 2 ? load16(header.data) : 0;
    if (magic != PE_MAGIC_32 && magic != PE_MAGIC_64)
        return pe_fail(problem, "the optional header is neither PE32's nor PE32+'s", at, false);
    image->is_64 = magic == PE_MAGIC_64;
    size_t fixed = image->is_64 ? sizeof(struct pe64_optional_header) : sizeof(struct pe32_optional_header);
    if (header.size < fixed)
        return pe_fail(problem, "the optional header is cut short", at, false);
    uint32_t count = load32(header.data + fixed - 4);
    if (image->is_64)
        read_optional_header_64(image, (const void *)header.data);
    else
        read_optional_header_32(image, (const void *)header.data);

    if (count > PE_DIRECTORY_COUNT)
        count = PE_DIRECTORY_COUNT;
    struct bytes directories = bytes_slice(header, fixed, count * sizeof(struct pe_data_directory));
    if (count && !directories.size)
        return pe_fail(problem, "the data directories are cut short", at + fixed, false);
    for (uint32_t i = 0; i < count; i++) {
        const struct pe_data_directory *directory = (const void *)(directories.data + i * sizeof *directory);
        image->directories[i] = (struct pe_range){le32_get(directory->rva), le32_get(directory->size)};
    }
    return true;
}

// The string table stands right behind the symbols. Its lies are no error here: names are then what the headers have.
static void find_strings(struct pe_image *image)
{
    if (image->symbol_table_offset == 0)
        return;
    uint64_t offset = image->symbol_table_offset + (uint64_t)image->symbol_count * sizeof(struct coff_symbol);
    struct bytes strings = bytes_from(image->content, offset);
    if (strings.size >= 4)
        image->strings = bytes_slice(strings, 0, load32(strings.data));
}

// A section's name: eight bytes, or "/" and the decimal offset of a longer one in the string table. Of that no more
// than anyone has ever called a section: the table may lack a NUL, and be asked for by each of 65,535 sections.
static struct text section_name(const struct pe_image *image, const struct coff_section_header *header)
{
    struct text name = text_until_nul((struct bytes){(const uint8_t *)header->name, sizeof header->name});
    uint64_t offset = 0;
    if (name.size < 2 || name.data[0] != '/')
        return name;
    for (size_t i = 1; i < name.size; i++) {
        if (name.data[i] < '0' || name.data[i] > '9')
            return name;
        offset = offset * 10 + (uint64_t)(name.data[i] - '0');
    }
    enum { LONGEST_NAME = 4096 };
    struct bytes rest = bytes_from(image->strings, offset);
    if (rest.size > LONGEST_NAME)
        rest.size = LONGEST_NAME;
    struct text in_table = text_until_nul(rest);
    return offset >= 4 && in_table.size ? in_table : name;
}

static bool read_section(struct pe_image *image, struct pe_section *section, uint64_t at, struct pe_problem *problem)
{
    const struct coff_section_header *header = section->header;
    uint32_t raw_size = le32_get(header->raw_size);
    uint32_t raw_offset = le32_get(header->raw_offset);
    section->name = section_name(image, header);
    section->rva = le32_get(header->virtual_address);
    section->virtual_size = le32_get(header->virtual_size);
    section->characteristics = le32_get(header->characteristics);
    if (section->virtual_size == 0)
        section->virtual_size = raw_size;
    if (section->virtual_size > UINT32_MAX - section->rva)
        return pe_fail(problem, "a section ends behind 4 GiB", at, false);
    if (raw_offset == 0 || raw_size == 0)
        return true; // nothing in the file
    section->content = bytes_slice(image->content, raw_offset, raw_size);
    if (!section->content.size)
        return pe_fail(problem, "a section's bytes are outside of the file", at, false);
    return true;
}

static bool read_sections(struct pe_image *image, uint64_t offset, struct arena *arena, struct pe_problem *problem)
{
    struct bytes table = bytes_slice(image->content, offset, image->section_count * sizeof(struct coff_section_header));
    if (image->section_count && !table.size)
        return pe_fail(problem, "the section table is cut short", offset, false);
    image->sections = arena_array(arena, struct pe_section, image->section_count);
    uint64_t end = 0; // RVA behind the section before
    for (uint32_t i = 0; i < image->section_count; i++) {
        struct pe_section *section = &image->sections[i];
        uint64_t at = offset + i * sizeof *section->header;
        section->header = (const struct coff_section_header *)(const void *)table.data + i;
        if (!read_section(image, section, at, problem))
            return false;
        if (section->rva < end)
            return pe_fail(problem, "a section begins before the end of the one before it", at, false);
        end = (uint64_t)section->rva + section->virtual_size;
    }
    return true;
}

bool pe_image_open(struct pe_image *image, struct bytes content, struct arena *arena, struct pe_problem *problem)
{
    *image = (struct pe_image){.content = content};
    *problem = (struct pe_problem){0};
    if (content.size < 2 || load16(content.data) != PE_DOS_MAGIC)
        return pe_fail(problem, "no PE image: there is no \"MZ\"", 0, false);
    uint64_t signature = signature_offset(content);
    if (!signature)
        return pe_fail(problem, "no PE image: the DOS header leads to no PE signature", PE_DOS_LFANEW_OFFSET, false);

    uint64_t offset = signature + 4;
    struct bytes view = bytes_slice(content, offset, sizeof(struct coff_header));
    if (!view.size)
        return pe_fail(problem, "the file header is cut short", offset, false);
    const struct coff_header *header = (const void *)view.data;
    image->machine = le16_get(header->machine);
    image->characteristics = le16_get(header->characteristics);
    image->timestamp = le32_get(header->timestamp);
    image->section_count = le16_get(header->section_count);
    image->symbol_table_offset = le32_get(header->symbol_table_offset);
    image->symbol_count = le32_get(header->symbol_count);
    find_strings(image);

    offset += sizeof *header;
    uint16_t optional_size = le16_get(header->optional_header_size);
    image->optional_header_offset = (uint32_t)offset; // the signature's offset has 32 bits and lies in the file
    struct bytes optional = bytes_slice(content, offset, optional_size);
    if (optional_size && !optional.size)
        return pe_fail(problem, "the optional header is cut short", offset, false);
    return read_optional_header(image, optional, problem) &&
           read_sections(image, offset + optional_size, arena, problem);
}

const struct pe_section *pe_image_section_at(const struct pe_image *image, uint64_t rva)
{
    uint32_t low = 0;
    uint32_t high = image->section_count;
    while (low < high) { // the last section that begins at or before `rva` is the one before `low` in the end
        uint32_t middle = low + (high - low) / 2;
        if (image->sections[middle].rva <= rva)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    const struct pe_section *section = &image->sections[low - 1];
    // What the file has behind the virtual size is mapped too, as far as its page goes.
    uint64_t size = align_up(section->virtual_size, PE_PAGE_SIZE);
    if (section->content.size < size)
        size = section->content.size > section->virtual_size ? section->content.size : section->virtual_size;
    return rva - section->rva < size ? section : NULL;
}

struct bytes pe_image_from_rva(const struct pe_image *image, uint64_t rva)
{
    const struct pe_section *section = pe_image_section_at(image, rva);
    if (section) {
        struct bytes mapped = section->content;
        uint64_t pages = align_up(section->virtual_size, PE_PAGE_SIZE);
        if (mapped.size > pages)
            mapped.size = (size_t)pages;
        return bytes_from(mapped, rva - section->rva);
    }
    bool is_header = rva < image->headers_size && (!image->section_count || rva < image->sections[0].rva);
    if (!is_header)
        return (struct bytes){NULL, 0};
    uint64_t size = image->headers_size < image->content.size ? image->headers_size : image->content.size;
    return bytes_from(bytes_slice(image->content, 0, size), rva);
}

struct bytes pe_image_at_rva(const struct pe_image *image, uint64_t rva, uint64_t size)
{
    return bytes_slice(pe_image_from_rva(image, rva), 0, size);
}

uint64_t pe_image_file_offset(const struct pe_image *image, uint64_t rva)
{
    struct bytes there = pe_image_from_rva(image, rva);
    return there.size ? (uint64_t)(there.data - image->content.data) : UINT64_MAX;
}
