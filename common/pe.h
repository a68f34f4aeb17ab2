// PE images as they lie in a file: the records of "PE Format" (Microsoft) behind the COFF header.
#pragma once

#include "common/coff.h"

#define PE_DOS_MAGIC         0x5a4d      // "MZ"
#define PE_SIGNATURE         0x00004550u // "PE\0\0"
#define PE_DOS_LFANEW_OFFSET 0x3c        // file offset of the PE signature, le32
#define PE_DIRECTORY_COUNT   16
#define PE_PAGE_SIZE         4096u

enum pe_magic { PE_MAGIC_32 = 0x10b, PE_MAGIC_64 = 0x20b };

struct pe_data_directory {
    struct le32 rva;
    struct le32 size;
};

enum pe_directory {
    DIRECTORY_EXPORT,
    DIRECTORY_IMPORT,
    DIRECTORY_RESOURCE,
    DIRECTORY_EXCEPTION,
    DIRECTORY_CERTIFICATE,
    DIRECTORY_BASE_RELOCATION,
    DIRECTORY_DEBUG,
    DIRECTORY_ARCHITECTURE,
    DIRECTORY_GLOBAL_POINTER,
    DIRECTORY_TLS,
    DIRECTORY_LOAD_CONFIG,
    DIRECTORY_BOUND_IMPORT,
    DIRECTORY_IMPORT_ADDRESS,
    DIRECTORY_DELAY_IMPORT,
    DIRECTORY_CLR,
    DIRECTORY_RESERVED,
};

struct pe32_optional_header {
    struct le16 magic;
    uint8_t linker_major, linker_minor;
    struct le32 code_size, initialized_data_size, uninitialized_data_size;
    struct le32 entry_rva, code_base, data_base;
    struct le32 image_base, section_alignment, file_alignment;
    struct le16 os_major, os_minor, image_major, image_minor, subsystem_major, subsystem_minor;
    struct le32 win32_version, image_size, headers_size, checksum;
    struct le16 subsystem, dll_characteristics;
    struct le32 stack_reserve, stack_commit, heap_reserve, heap_commit;
    struct le32 loader_flags, directory_count;
};
_Static_assert(sizeof(struct pe32_optional_header) == 96, "PE32 optional header");

struct pe64_optional_header {
    struct le16 magic;
    uint8_t linker_major, linker_minor;
    struct le32 code_size, initialized_data_size, uninitialized_data_size;
    struct le32 entry_rva, code_base;
    struct le64 image_base;
    struct le32 section_alignment, file_alignment;
    struct le16 os_major, os_minor, image_major, image_minor, subsystem_major, subsystem_minor;
    struct le32 win32_version, image_size, headers_size, checksum;
    struct le16 subsystem, dll_characteristics;
    struct le64 stack_reserve, stack_commit, heap_reserve, heap_commit;
    struct le32 loader_flags, directory_count;
};
_Static_assert(sizeof(struct pe64_optional_header) == 112, "PE32+ optional header");

enum pe_file_characteristics {
    FILE_RELOCATIONS_STRIPPED = 0x0001,
    FILE_EXECUTABLE_IMAGE = 0x0002,
    FILE_LINE_NUMBERS_STRIPPED = 0x0004,
    FILE_LOCAL_SYMBOLS_STRIPPED = 0x0008,
    FILE_LARGE_ADDRESS_AWARE = 0x0020,
    FILE_32BIT_MACHINE = 0x0100,
    FILE_DEBUG_STRIPPED = 0x0200,
    FILE_REMOVABLE_RUN_FROM_SWAP = 0x0400,
    FILE_NET_RUN_FROM_SWAP = 0x0800,
    FILE_SYSTEM = 0x1000,
    FILE_DLL = 0x2000,
    FILE_UP_SYSTEM_ONLY = 0x4000,
};

enum pe_dll_characteristics {
    DLL_HIGH_ENTROPY_VA = 0x0020,
    DLL_DYNAMIC_BASE = 0x0040,
    DLL_FORCE_INTEGRITY = 0x0080,
    DLL_NX_COMPAT = 0x0100,
    DLL_NO_ISOLATION = 0x0200,
    DLL_NO_SEH = 0x0400,
    DLL_NO_BIND = 0x0800,
    DLL_APPCONTAINER = 0x1000,
    DLL_WDM_DRIVER = 0x2000,
    DLL_GUARD_CF = 0x4000,
    DLL_TERMINAL_SERVER_AWARE = 0x8000,
};

enum pe_extended_dll_characteristics {
    EXTENDED_CET_COMPAT = 0x01,
    EXTENDED_FORWARD_CFI_COMPAT = 0x40,
    EXTENDED_HOTPATCH_COMPATIBLE = 0x80,
};

enum pe_subsystem {
    SUBSYSTEM_UNKNOWN = 0,
    SUBSYSTEM_NATIVE = 1,
    SUBSYSTEM_WINDOWS = 2,
    SUBSYSTEM_CONSOLE = 3,
    SUBSYSTEM_POSIX = 7,
    SUBSYSTEM_WINDOWS_CE = 9,
    SUBSYSTEM_EFI_APPLICATION = 10,
    SUBSYSTEM_EFI_BOOT_SERVICE_DRIVER = 11,
    SUBSYSTEM_EFI_RUNTIME_DRIVER = 12,
    SUBSYSTEM_EFI_ROM = 13,
    SUBSYSTEM_XBOX = 14,
    SUBSYSTEM_BOOT_APPLICATION = 16,
};

struct pe_import_descriptor {
    struct le32 lookup_table_rva, timestamp, forwarder_chain, name_rva, address_table_rva;
};
_Static_assert(sizeof(struct pe_import_descriptor) == 20, "import descriptor");

struct pe_delay_descriptor {
    struct le32 attributes, name_rva, module_handle_rva, address_table_rva, name_table_rva, bound_table_rva,
        unload_table_rva, timestamp;
};
_Static_assert(sizeof(struct pe_delay_descriptor) == 32, "delay import descriptor");

struct pe_export_directory {
    struct le32 flags, timestamp;
    struct le16 major, minor;
    struct le32 name_rva, ordinal_base, address_count, name_count, address_table_rva, name_table_rva, ordinal_table_rva;
};
_Static_assert(sizeof(struct pe_export_directory) == 40, "export directory");

struct pe_base_relocation_block {
    struct le32 page_rva, block_size; // then le16 entries: type << 12 | offset
};

enum pe_base_relocation {
    BASE_ABSOLUTE = 0,
    BASE_HIGH = 1,
    BASE_LOW = 2,
    BASE_HIGHLOW = 3,
    BASE_ARM_MOV32 = 5,
    BASE_THUMB_MOV32 = 7,
    BASE_DIR64 = 10,
};

struct pe_debug_directory {
    struct le32 characteristics, timestamp;
    struct le16 major, minor;
    struct le32 type, size, rva, file_offset;
};
_Static_assert(sizeof(struct pe_debug_directory) == 28, "debug directory entry");

enum pe_debug_type {
    DEBUG_COFF = 1,
    DEBUG_CODEVIEW = 2,
    DEBUG_POGO = 13,
    DEBUG_REPRO = 16,
    DEBUG_EXTENDED_DLL_CHARACTERISTICS = 20,
};

struct pe_resource_directory {
    struct le32 characteristics, timestamp;
    struct le16 major, minor, named_count, id_count; // then pe_resource_entry[named_count + id_count]
};
struct pe_resource_entry {
    struct le32 name_or_id; // high bit: offset of a length-prefixed UTF-16 name
    struct le32 offset;     // high bit: a subdirectory, from the resource section's start
};
struct pe_resource_data {
    struct le32 rva, size, code_page, reserved;
};
