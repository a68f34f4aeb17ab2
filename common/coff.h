// COFF objects as they lie in a file: the records of "PE Format" (Microsoft), chapters "COFF File Header", "Section
// Table", "COFF Relocations", "COFF Symbol Table" and "Import Library Format", with the constants that a linker needs.
// Every record is made of byte-array integers and has alignment 1.
#pragma once

#include "common/bytes.h"

enum coff_machine {
    MACHINE_UNKNOWN = 0,
    MACHINE_X86 = 0x14c,
    MACHINE_ARM = 0x1c4, // ARMNT: Thumb-2
    MACHINE_X64 = 0x8664,
    MACHINE_ARM64 = 0xaa64,
    MACHINE_ARM64EC = 0xa641, // recognised to be refused by name
    MACHINE_ARM64X = 0xa64e,
};

struct coff_header {
    struct le16 machine;
    struct le16 section_count;
    struct le32 timestamp;
    struct le32 symbol_table_offset;
    struct le32 symbol_count;
    struct le16 optional_header_size;
    struct le16 characteristics;
};
_Static_assert(sizeof(struct coff_header) == 20, "COFF file header");

// /bigobj: machine 0 and section count 0xffff where an ordinary header has its own, then a version and this class id.
struct coff_bigobj_header {
    struct le16 signature1; // 0
    struct le16 signature2; // 0xffff
    struct le16 version;    // 2 or more
    struct le16 machine;
    struct le32 timestamp;
    uint8_t class_id[16];
    struct le32 unused[4];
    struct le32 section_count;
    struct le32 symbol_table_offset;
    struct le32 symbol_count;
};
_Static_assert(sizeof(struct coff_bigobj_header) == 56, "bigobj header");
#define COFF_BIGOBJ_CLASS_ID "\xc7\xa1\xba\xd1\xee\xba\xa9\x4b\xaf\x20\xfa\xf6\x6a\xa4\xdc\xb8"

struct coff_section_header {
    char name[8];
    struct le32 virtual_size;
    struct le32 virtual_address;
    struct le32 raw_size;
    struct le32 raw_offset;
    struct le32 relocation_offset;
    struct le32 line_offset;
    struct le16 relocation_count;
    struct le16 line_count;
    struct le32 characteristics;
};
_Static_assert(sizeof(struct coff_section_header) == 40, "section header");

enum section_characteristics {
    SECTION_TYPE_NO_PAD = 0x00000008,
    SECTION_CODE = 0x00000020,
    SECTION_INITIALIZED_DATA = 0x00000040,
    SECTION_UNINITIALIZED_DATA = 0x00000080,
    SECTION_INFO = 0x00000200,
    SECTION_REMOVE = 0x00000800,
    SECTION_COMDAT = 0x00001000,
    SECTION_GLOBAL_POINTER = 0x00008000,
    SECTION_ALIGN_MASK = 0x00f00000, // 1 << ((value >> 20) - 1) bytes; 0 means 16
    SECTION_MORE_RELOCATIONS = 0x01000000,
    SECTION_DISCARDABLE = 0x02000000,
    SECTION_NOT_CACHED = 0x04000000,
    SECTION_NOT_PAGED = 0x08000000,
    SECTION_SHARED = 0x10000000,
    SECTION_EXECUTE = 0x20000000,
    SECTION_READ = 0x40000000,
};
#define SECTION_WRITE 0x80000000u

struct coff_relocation {
    struct le32 offset; // in an object: from the section's start (its virtual_address is 0 in practice, and subtracted)
    struct le32 symbol; // index into the symbol table
    struct le16 type;
};
_Static_assert(sizeof(struct coff_relocation) == 10, "relocation");

// A symbol record is 18 bytes, in a bigobj 20: only the width of the section number differs. Auxiliary records have the
// same size as the symbols of their file.
struct coff_symbol {
    union {
        char short_name[8];
        struct {
            struct le32 zeroes; // 0: the name is in the string table
            struct le32 offset; // from the string table's start, its length field included
        } long_name;
    } name;
    struct le32 value;
    struct le16 section_number;
    struct le16 type;
    uint8_t storage_class;
    uint8_t aux_count;
};
_Static_assert(sizeof(struct coff_symbol) == 18, "symbol");

struct coff_symbol_big {
    union {
        char short_name[8];
        struct {
            struct le32 zeroes;
            struct le32 offset;
        } long_name;
    } name;
    struct le32 value;
    struct le32 section_number;
    struct le16 type;
    uint8_t storage_class;
    uint8_t aux_count;
};
_Static_assert(sizeof(struct coff_symbol_big) == 20, "bigobj symbol");

enum coff_section_number { COFF_UNDEFINED = 0, COFF_ABSOLUTE = -1, COFF_DEBUG = -2, COFF_SECTIONS_MAX = 0xfeff };

// The section number of an ordinary, 16-bit symbol: up to COFF_SECTIONS_MAX it has no sign (compilers go that far
// before they write a bigobj).
static inline int32_t coff_section_number(uint16_t field)
{
    return field <= COFF_SECTIONS_MAX ? field : (int16_t)field;
}

enum coff_storage_class {
    STORAGE_EXTERNAL = 2,
    STORAGE_STATIC = 3,
    STORAGE_LABEL = 6,
    STORAGE_FUNCTION = 101,
    STORAGE_FILE = 103,
    STORAGE_SECTION = 104,
    STORAGE_WEAK_EXTERNAL = 105,
    STORAGE_CLR_TOKEN = 107,
};

#define COFF_TYPE_FUNCTION 0x20 // of coff_symbol.type: the derived type says "function"

struct coff_aux_section { // behind a static symbol that names a section
    struct le32 size;
    struct le16 relocation_count;
    struct le16 line_count;
    struct le32 checksum;
    struct le16 number_low; // of the associated section
    uint8_t selection;
    uint8_t unused;
    struct le16 number_high; // bigobj only
};
_Static_assert(sizeof(struct coff_aux_section) == 18, "auxiliary section definition");

enum comdat_selection {
    COMDAT_NONE = 0, // not a COMDAT
    COMDAT_NO_DUPLICATES = 1,
    COMDAT_ANY = 2,
    COMDAT_SAME_SIZE = 3,
    COMDAT_EXACT_MATCH = 4,
    COMDAT_ASSOCIATIVE = 5,
    COMDAT_LARGEST = 6,
    COMDAT_NEWEST = 7,
};

struct coff_aux_weak_external {
    struct le32 tag_index; // symbol index of the default
    struct le32 characteristics;
    uint8_t unused[10];
};
_Static_assert(sizeof(struct coff_aux_weak_external) == 18, "auxiliary weak external");

enum weak_search {
    WEAK_SEARCH_NO_LIBRARY = 1,
    WEAK_SEARCH_LIBRARY = 2,
    WEAK_SEARCH_ALIAS = 3,
    WEAK_ANTI_DEPENDENCY = 4,
};

// The absolute symbol "@feat.00" of an object, bit by bit.
enum feature_bits {
    FEATURE_SAFE_SEH = 0x1,
    FEATURE_GUARD_STACK = 0x100,
    FEATURE_GUARD_CF = 0x800,
    FEATURE_GUARD_EHCONT = 0x4000
};

// Short import object: this header, then two or three NUL-terminated strings (symbol, DLL, and for
// IMPORT_NAME_EXPORT_AS the exported name).
struct coff_import_header {
    struct le16 signature1; // 0
    struct le16 signature2; // 0xffff
    struct le16 version;    // 0
    struct le16 machine;
    struct le32 timestamp;
    struct le32 data_size;
    struct le16 ordinal_or_hint;
    struct le16 type; // bits 0-1 import_type, bits 2-4 import_name_type
};
_Static_assert(sizeof(struct coff_import_header) == 20, "import object header");

enum import_type { IMPORT_CODE = 0, IMPORT_DATA = 1, IMPORT_CONST = 2 };
enum import_name_type {
    IMPORT_ORDINAL = 0,
    IMPORT_NAME = 1,
    IMPORT_NAME_NO_PREFIX = 2,  // without a leading ?, @ or _
    IMPORT_NAME_UNDECORATE = 3, // the same, and cut at the first @
    IMPORT_NAME_EXPORT_AS = 4,
};

// Relocation types, by machine ("Type Indicators").
enum relocation_x86 {
    REL_I386_ABSOLUTE = 0x0,
    REL_I386_DIR16 = 0x1,
    REL_I386_REL16 = 0x2,
    REL_I386_DIR32 = 0x6,
    REL_I386_DIR32NB = 0x7,
    REL_I386_SEG12 = 0x9,
    REL_I386_SECTION = 0xa,
    REL_I386_SECREL = 0xb,
    REL_I386_TOKEN = 0xc,
    REL_I386_SECREL7 = 0xd,
    REL_I386_REL32 = 0x14,
};
enum relocation_x64 {
    REL_AMD64_ABSOLUTE = 0x0,
    REL_AMD64_ADDR64 = 0x1,
    REL_AMD64_ADDR32 = 0x2,
    REL_AMD64_ADDR32NB = 0x3,
    REL_AMD64_REL32 = 0x4, // REL32_1 … REL32_5 follow
    REL_AMD64_REL32_5 = 0x9,
    REL_AMD64_SECTION = 0xa,
    REL_AMD64_SECREL = 0xb,
    REL_AMD64_SECREL7 = 0xc,
    REL_AMD64_TOKEN = 0xd,
    REL_AMD64_SREL32 = 0xe,
    REL_AMD64_PAIR = 0xf,
    REL_AMD64_SSPAN32 = 0x10,
};
enum relocation_arm {
    REL_ARM_ABSOLUTE = 0x0,
    REL_ARM_ADDR32 = 0x1,
    REL_ARM_ADDR32NB = 0x2,
    REL_ARM_BRANCH24 = 0x3,
    REL_ARM_BRANCH11 = 0x4,
    REL_ARM_TOKEN = 0x5,
    REL_ARM_BLX24 = 0x8,
    REL_ARM_BLX11 = 0x9,
    REL_ARM_REL32 = 0xa,
    REL_ARM_SECTION = 0xe,
    REL_ARM_SECREL = 0xf,
    REL_ARM_MOV32A = 0x10,
    REL_ARM_MOV32T = 0x11,
    REL_ARM_BRANCH20T = 0x12,
    REL_ARM_BRANCH24T = 0x14,
    REL_ARM_BLX23T = 0x15,
    REL_ARM_PAIR = 0x16,
};
enum relocation_arm64 {
    REL_ARM64_ABSOLUTE = 0x0,
    REL_ARM64_ADDR32 = 0x1,
    REL_ARM64_ADDR32NB = 0x2,
    REL_ARM64_BRANCH26 = 0x3,
    REL_ARM64_PAGEBASE_REL21 = 0x4,
    REL_ARM64_REL21 = 0x5,
    REL_ARM64_PAGEOFFSET_12A = 0x6,
    REL_ARM64_PAGEOFFSET_12L = 0x7,
    REL_ARM64_SECREL = 0x8,
    REL_ARM64_SECREL_LOW12A = 0x9,
    REL_ARM64_SECREL_HIGH12A = 0xa,
    REL_ARM64_SECREL_LOW12L = 0xb,
    REL_ARM64_TOKEN = 0xc,
    REL_ARM64_SECTION = 0xd,
    REL_ARM64_ADDR64 = 0xe,
    REL_ARM64_BRANCH19 = 0xf,
    REL_ARM64_BRANCH14 = 0x10,
    REL_ARM64_REL32 = 0x11,
};

// "x86", "x64", "arm", "arm64", … as /MACHINE and lld-link's messages spell them; "unknown" else.
const char *machine_name(uint16_t machine);
