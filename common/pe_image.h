// Any PE image, PE32 or PE32+, whoever linked it: headers, sections, and the tables that say where functions and
// addresses are. Nothing in a file is believed: an RVA is looked up in the section table and a count is compared with
// the bytes that have to be behind it, so a reader of a damaged image gets a sentence and a place, never a wild
// pointer, and no walk takes longer than the file's size justifies. The content has to outlive the image; no walk
// allocates but where it has an arena.
//
// A table that the image does not have reads as an empty one. A walk is opened, then asked for the next item until it
// says false; then its `problem` tells the end (problem.what is NULL) from a lie.
#pragma once

#include "common/pe.h"
#include "common/text.h"

struct arena;

struct pe_problem {
    const char *what; // NULL: none
    uint64_t at;      // RVA or file offset
    bool is_rva;
};

// "an export's name is outside of the image at RVA 0x1234".
struct text pe_problem_text(struct pe_problem problem, struct arena *arena);

// Keeps the first problem of a reader. False, to be returned.
bool pe_fail(struct pe_problem *problem, const char *what, uint64_t at, bool is_rva);

struct pe_section {
    const struct coff_section_header *header;
    struct text name; // long names ("/4") looked up where the image has a string table
    uint32_t rva;
    uint32_t virtual_size; // bytes in memory; the header's, or the raw size where that is 0
    struct bytes content;  // what the file has of it: may be more or less than virtual_size
    uint32_t characteristics;
};

struct pe_range {
    uint32_t rva; // of the certificate directory alone it is a file offset
    uint32_t size;
};

struct pe_image {
    struct bytes content;
    uint16_t machine, characteristics, subsystem, dll_characteristics;
    bool is_64; // PE32+
    uint32_t timestamp, checksum, entry_rva, section_alignment, file_alignment, image_size, headers_size;
    uint32_t optional_header_offset; // file offset, for fields that are not named here
    uint64_t image_base;
    struct pe_range directories[PE_DIRECTORY_COUNT]; // {0, 0} where the image has none
    struct pe_section *sections;                     // by rising RVA, none in another
    uint32_t section_count;
    uint32_t symbol_table_offset, symbol_count; // as the header says: looked at by pe_symbols_open
    struct bytes strings;                       // COFF string table, its length field included; may be empty
};

// Whether the bytes begin like a PE image (a DOS header that leads to a PE signature).
bool pe_image_is(struct bytes content);

// Reads the headers. False, with the problem, where they can't be: cut short, a section outside of the file, sections
// that overlap or go back (the loader takes neither).
bool pe_image_open(struct pe_image *image, struct bytes content, struct arena *arena, struct pe_problem *problem);

// The section that an RVA is in, or NULL (headers are in none).
const struct pe_section *pe_image_section_at(const struct pe_image *image, uint64_t rva);

// What the file has at [rva, rva + size): {NULL, 0} where it isn't all in one section's bytes, or in the headers. Zero
// bytes that only the loader makes (behind a section's bytes) are not in the file.
struct bytes pe_image_at_rva(const struct pe_image *image, uint64_t rva, uint64_t size);

// What the file has from `rva` to the end of its section.
struct bytes pe_image_from_rva(const struct pe_image *image, uint64_t rva);

// The file offset of an RVA that pe_image_at_rva has; UINT64_MAX else.
uint64_t pe_image_file_offset(const struct pe_image *image, uint64_t rva);

// --- names and addresses ---

struct pe_export {
    struct text name; // empty: by ordinal only
    uint32_t ordinal;
    uint32_t rva;          // of the code or data; 0 for a forwarder
    struct text forwarder; // "OTHER.name", or empty
};

// First what has a name, in the table's order (a name each), then the rest by ordinal.
struct pe_exports {
    const struct pe_image *image;
    struct pe_problem problem;
    struct text dll;
    uint32_t ordinal_base;
    struct bytes addresses, names, name_ordinals;
    uint32_t next_name, next_address;
    uint8_t *is_named;    // a bit for each address
    uint64_t name_budget; // bytes of names that may still be read
};

bool pe_exports_open(struct pe_exports *exports, const struct pe_image *image, struct arena *arena);
bool pe_exports_next(struct pe_exports *exports, struct pe_export *out);

struct pe_import {
    struct text dll;
    struct text name; // empty: by ordinal
    uint16_t ordinal_or_hint;
    bool is_by_ordinal;
    uint32_t slot_rva; // of its entry in the import address table
};

// Imports of all DLLs in the order of the tables, from the lookup table, or where there is none (old linkers) from
// the address table.
struct pe_imports {
    const struct pe_image *image;
    struct pe_problem problem;
    bool is_delayed;
    struct bytes descriptors;
    struct text dll; // empty: the next descriptor is to be read
    uint64_t lookup_rva, slot_rva;
    uint64_t entry_budget, name_budget;
};

bool pe_imports_open(struct pe_imports *imports, const struct pe_image *image);
bool pe_delay_imports_open(struct pe_imports *imports, const struct pe_image *image);
bool pe_imports_next(struct pe_imports *imports, struct pe_import *out);

struct pe_symbol {
    struct text name;
    uint32_t index; // of its record
    uint32_t value;
    int32_t section_number; // 1-based, or enum coff_section_number
    uint16_t type;
    uint8_t storage_class, aux_count;
    uint64_t rva; // where it is in a section of the image; UINT64_MAX else
};

// The COFF symbol table of an image that was not stripped. Auxiliary records are passed over.
struct pe_symbols {
    const struct pe_image *image;
    struct pe_problem problem;
    struct bytes records;
    uint32_t next, count;
    uint64_t name_budget; // bytes of names that may still be read
};

bool pe_symbols_open(struct pe_symbols *symbols, const struct pe_image *image);
bool pe_symbols_next(struct pe_symbols *symbols, struct pe_symbol *out);

// --- tables of the loader ---

// A record of the exception directory (x64: 12 bytes, ARM and ARM64: 8). x86 has none.
struct pe_function {
    uint32_t record_rva;
    uint32_t begin_rva;  // without the Thumb bit
    uint32_t end_rva;    // end of the range that the record describes, exclusive
    uint32_t unwind_rva; // of the unwind information; 0 where it is packed into the record
    bool is_fragment;    // not a function's beginning: a chained record (x64), a packed fragment (ARM, ARM64)
};

struct pe_functions {
    const struct pe_image *image;
    struct pe_problem problem;
    struct bytes records;
    size_t next; // bytes
};

bool pe_functions_open(struct pe_functions *functions, const struct pe_image *image);
bool pe_functions_next(struct pe_functions *functions, struct pe_function *out);

struct pe_relocation {
    uint32_t rva;
    uint8_t type; // enum pe_base_relocation; BASE_ABSOLUTE is passed over
};

struct pe_relocations {
    const struct pe_image *image;
    struct pe_problem problem;
    struct bytes blocks;  // those not begun
    struct bytes entries; // what is left of the current one
    uint32_t page_rva;
};

bool pe_relocations_open(struct pe_relocations *relocations, const struct pe_image *image);
bool pe_relocations_next(struct pe_relocations *relocations, struct pe_relocation *out);

struct pe_debug_entry {
    uint32_t type; // enum pe_debug_type
    uint32_t timestamp, rva, file_offset;
    struct bytes content;
};

struct pe_debug_entries {
    const struct pe_image *image;
    struct pe_problem problem;
    struct bytes records;
    size_t next; // bytes
};

bool pe_debug_entries_open(struct pe_debug_entries *entries, const struct pe_image *image);
bool pe_debug_entries_next(struct pe_debug_entries *entries, struct pe_debug_entry *out);

// The extended DLL characteristics (enum pe_extended_dll_characteristics): 0 where the image has no such debug entry,
// or one that can't be read.
uint32_t pe_image_extended_characteristics(const struct pe_image *image);

struct pe_tls {
    uint32_t data_rva, data_size; // the template
    uint32_t index_rva;           // 0: none
    uint32_t zero_fill;           // bytes behind the template
    uint32_t characteristics;
    struct bytes callbacks; // VAs of the image's pointer size, the NUL at the end not included
};

// False where the image has no TLS directory, or (problem->what is set) one that lies.
bool pe_tls_read(const struct pe_image *image, struct pe_tls *out, struct pe_problem *problem);
uint32_t pe_tls_callback_count(const struct pe_image *image, const struct pe_tls *tls);
// RVA of a callback, or UINT64_MAX where it is outside of the image.
uint64_t pe_tls_callback_rva(const struct pe_image *image, const struct pe_tls *tls, uint32_t index);

// A table of RVAs that the load configuration directory leads to.
struct pe_guard_table {
    struct bytes records;
    uint32_t count;
    uint32_t stride; // bytes: 4 for the RVA, then flags
};

struct pe_load_config {
    uint32_t size;            // as the directory itself says; fields behind it are 0
    uint64_t security_cookie; // VA
    uint32_t guard_flags;
    struct pe_guard_table safe_seh; // x86: exception handlers
    struct pe_guard_table functions, import_addresses, long_jumps, exception_continuations;
    bool has_safe_seh; // the table is there, be it empty
};

// False where the image has none, or (problem->what is set) one that lies.
bool pe_load_config_read(const struct pe_image *image, struct pe_load_config *out, struct pe_problem *problem);
// The entry's RVA; `index` is below count.
uint32_t pe_guard_table_rva(const struct pe_guard_table *table, uint32_t index);
