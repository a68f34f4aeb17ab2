#ifndef TESTS_SUPPORT_IMAGE_H
#define TESTS_SUPPORT_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/support/scratch.h"

// A reader of PE images for tests, independent of the linker's own code on purpose: it shares no
// header with it, so a misreading of the format there is not repeated here.
//
// Every function fails the test when the image contradicts itself or lacks what is asked for, unless
// it says otherwise. Positions are RVAs; pointers point into the image as a loader would map it
// (sections at their RVAs, zero behind their bytes, not relocated), so neighbours can be looked at:
// `image_export(image, "add") - 5` is the pad before `add`.

struct image_section {
    char name[9]; // a long name from the string table is cut to its "/123" reference
    uint32_t rva;
    uint32_t virtual_size; // bytes in memory
    uint32_t file_offset;  // 0 where the section has no bytes
    uint32_t file_size;    // bytes in the file
    uint32_t characteristics;
};

// Numbers of the data directories that tests ask for (PE format, "Optional Header Data Directories").
enum image_directory_number {
    IMAGE_DIRECTORY_EXPORTS = 0,
    IMAGE_DIRECTORY_IMPORTS = 1,
    IMAGE_DIRECTORY_RESOURCES = 2,
    IMAGE_DIRECTORY_EXCEPTIONS = 3,
    IMAGE_DIRECTORY_CERTIFICATES = 4, // its "rva" is a file offset
    IMAGE_DIRECTORY_BASE_RELOCATIONS = 5,
    IMAGE_DIRECTORY_DEBUG = 6,
    IMAGE_DIRECTORY_TLS = 9,
    IMAGE_DIRECTORY_LOAD_CONFIGURATION = 10,
    IMAGE_DIRECTORY_IMPORT_ADDRESSES = 12,
    IMAGE_DIRECTORY_DELAY_IMPORTS = 13,
};

struct image_directory {
    uint32_t rva, size;
};

struct image {
    struct scratch *scratch;
    const char *path;
    const uint8_t *file; // the file's bytes
    size_t file_size;
    uint8_t *mapped; // size_of_image bytes
    bool is_64;      // PE32+
    uint16_t machine, characteristics, subsystem, dll_characteristics;
    uint32_t timestamp, checksum, entry_rva, section_alignment, file_alignment, size_of_image, size_of_headers;
    uint64_t base; // preferred address
    uint64_t stack_reserve, stack_commit, heap_reserve, heap_commit;
    uint32_t optional_header;            // file offset of the optional header, for fields not named here
    uint32_t symbol_table, symbol_count; // COFF symbol table: file offset and number of records
    struct image_section *sections;
    size_t section_count;
    struct image_directory directories[16];
};

struct image *image_read(struct scratch *scratch, const char *path);

// `size` bytes at `rva`.
const uint8_t *image_at(const struct image *image, uint32_t rva, uint32_t size);
uint32_t image_u16(const struct image *image, uint32_t rva);
uint32_t image_u32(const struct image *image, uint32_t rva);
uint64_t image_u64(const struct image *image, uint32_t rva);
uint64_t image_pointer(const struct image *image, uint32_t rva); // 4 or 8 bytes, as the image has them

// The RVA that a pointer obtained from this image stands for, and the file offset of an RVA.
uint32_t image_rva_of(const struct image *image, const uint8_t *pointer);
uint32_t image_file_offset(const struct image *image, uint32_t rva);

// The section of that name; the section that holds an RVA. NULL when there is none.
const struct image_section *image_find_section(const struct image *image, const char *name);
const struct image_section *image_section_at(const struct image *image, uint32_t rva);
const struct image_section *image_section(const struct image *image, const char *name);

// Exports. A forwarder's text is found by `image_export_forwarder` alone; the others fail for one.
uint32_t image_export_count(const struct image *image); // entries of the address table, gaps included
const char *image_export_dll_name(const struct image *image);
bool image_exports(const struct image *image, const char *name);
uint32_t image_export_ordinal(const struct image *image, const char *name);
uint32_t image_export_rva(const struct image *image, const char *name);
uint32_t image_export_rva_by_ordinal(const struct image *image, uint32_t ordinal);
const char *image_export_forwarder(const struct image *image, const char *name);
const uint8_t *image_export(const struct image *image, const char *name);

// Does it import `name` from `dll` (names of DLLs ignore case)? And by ordinal?
bool image_imports(const struct image *image, const char *dll, const char *name);
bool image_imports_ordinal(const struct image *image, const char *dll, uint32_t ordinal);
uint32_t image_import_slot(const struct image *image, const char *dll, const char *name); // RVA in the address table

// Base relocations. Type 0 (padding) is never counted.
size_t image_base_relocation_count(const struct image *image);
bool image_has_base_relocation(const struct image *image, uint32_t rva);

// Symbols of the COFF symbol table that /DEBUG:SYMTAB leaves in the image.
bool image_has_symbol(const struct image *image, const char *name);
uint32_t image_symbol_rva(const struct image *image, const char *name);

#endif
