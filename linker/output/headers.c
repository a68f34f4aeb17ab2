// Headers (PE Format, "File Headers" and "Optional Header"). What surprises: everything up to the COFF header belongs
// to DOS, which finds a program there that says it is in the wrong place; sizes of code and data are sums of what the
// file holds, not of what memory does; and a loader reads as many data directories as the header says, so all sixteen
// are written.
#include "linker/output/headers.h"

#include "common/file.h"
#include "linker/output/output.h"
#include "linker/symbols/symbol.h"
#include "linker/target/target.h"

// A 16-bit program in 64 bytes behind the DOS header: prints its text with DOS function 9, ends with status 1.
//     push cs; pop ds; mov dx, 0x0e; mov ah, 9; int 0x21; mov ax, 0x4c01; int 0x21
static const uint8_t stub_code[] = {0x0e, 0x1f, 0xba, 0x0e, 0x00, 0xb4, 0x09, 0xcd, 0x21, 0xb8, 0x01, 0x4c, 0xcd, 0x21};
static const char stub_text[] = "This program cannot be run in DOS mode.\r\n$";
enum { DOS_HEADER_SIZE = 64, STUB_SIZE = 128 };

static struct bytes default_stub(struct arena *arena)
{
    uint8_t *stub = arena_array(arena, uint8_t, STUB_SIZE);
    store16(stub, PE_DOS_MAGIC);
    store16(stub + 0x02, STUB_SIZE % 512);      // bytes on the last page
    store16(stub + 0x04, 1);                    // pages
    store16(stub + 0x08, DOS_HEADER_SIZE / 16); // header paragraphs
    store16(stub + 0x0c, 0xffff);               // most memory
    store16(stub + 0x10, 0xb8);                 // initial SP
    store16(stub + 0x18, DOS_HEADER_SIZE);      // relocation table
    memcpy(stub + DOS_HEADER_SIZE, stub_code, sizeof stub_code);
    memcpy(stub + DOS_HEADER_SIZE + sizeof stub_code, stub_text, sizeof stub_text - 1);
    return (struct bytes){stub, STUB_SIZE};
}

// /STUB: somebody's DOS program, padded so that the PE signature is aligned.
static struct bytes user_stub(struct link *link)
{
    struct arena *arena = link_arena(link);
    struct file file;
    if (!file_map(&file, link->options.stub, arena, link->diagnostics))
        return default_stub(arena);
    if (file.content.size < DOS_HEADER_SIZE || load16(file.content.data) != PE_DOS_MAGIC) {
        report_error(link->diagnostics, 1173, "/stub: %.*s is no DOS program: it does not begin with MZ",
                     TEXT_ARGUMENT(file.path));
        return default_stub(arena);
    }
    size_t size = (size_t)align_up(file.content.size, 8);
    uint8_t *stub = arena_array(arena, uint8_t, size);
    memcpy(stub, file.content.data, file.content.size);
    return (struct bytes){stub, size};
}

static bool is_pe64(const struct link *link)
{
    return link->target->pointer_size == 8;
}

static size_t optional_header_size(const struct link *link)
{
    return (is_pe64(link) ? sizeof(struct pe64_optional_header) : sizeof(struct pe32_optional_header)) +
           PE_DIRECTORY_COUNT * sizeof(struct pe_data_directory);
}

void headers_reserve(struct link *link)
{
    link->stub = link->options.stub.size ? user_stub(link) : default_stub(link_arena(link));
    // One section more than there are: base relocations become one when all RVAs are known.
    size_t section_count = link->output_sections.count + 1;
    uint64_t size = link->stub.size + 4 + sizeof(struct coff_header) + optional_header_size(link) +
                    section_count * sizeof(struct coff_section_header);
    link->headers_size = (uint32_t)align_up(size, link->options.file_alignment);
}

size_t headers_timestamp_offset(const struct link *link)
{
    return link->stub.size + 4 + offsetof(struct coff_header, timestamp);
}

size_t headers_checksum_offset(const struct link *link)
{
    // At the same place in both forms: where PE32+ has four bytes more of image base, PE32 has the base of data.
    _Static_assert(offsetof(struct pe32_optional_header, checksum) == offsetof(struct pe64_optional_header, checksum),
                   "checksum field");
    return link->stub.size + 4 + sizeof(struct coff_header) + offsetof(struct pe64_optional_header, checksum);
}

static uint16_t file_characteristics(const struct link *link)
{
    const struct options *options = &link->options;
    unsigned out = FILE_EXECUTABLE_IMAGE;
    if (!link->directories[DIRECTORY_BASE_RELOCATION].size && options->fixed == ON)
        out |= FILE_RELOCATIONS_STRIPPED;
    if (options->large_address_aware == ON)
        out |= FILE_LARGE_ADDRESS_AWARE;
    if (!is_pe64(link))
        out |= FILE_32BIT_MACHINE;
    if (options->is_dll)
        out |= FILE_DLL;
    if (options->is_driver_uponly)
        out |= FILE_UP_SYSTEM_ONLY;
    if (options->swaprun_cd)
        out |= FILE_REMOVABLE_RUN_FROM_SWAP;
    if (options->swaprun_net)
        out |= FILE_NET_RUN_FROM_SWAP;
    return (uint16_t)out;
}

static uint16_t dll_characteristics(const struct link *link)
{
    const struct options *options = &link->options;
    unsigned out = 0;
    out |= options->high_entropy == ON && is_pe64(link) ? DLL_HIGH_ENTROPY_VA : 0u;
    out |= options->dynamic_base == ON ? DLL_DYNAMIC_BASE : 0u;
    out |= options->integrity_check ? DLL_FORCE_INTEGRITY : 0u;
    out |= options->nx_compat == ON ? DLL_NX_COMPAT : 0u;
    out |= options->no_isolation ? DLL_NO_ISOLATION : 0u;
    out |= options->no_seh ? DLL_NO_SEH : 0u;
    out |= options->no_bind ? DLL_NO_BIND : 0u;
    out |= options->app_container ? DLL_APPCONTAINER : 0u;
    out |= options->is_driver_wdm ? DLL_WDM_DRIVER : 0u;
    out |= options->guard_cf ? DLL_GUARD_CF : 0u;
    out |= options->terminal_server_aware == ON ? DLL_TERMINAL_SERVER_AWARE : 0u;
    return (uint16_t)out;
}

struct size_sums { // of what the file holds, bytes
    uint32_t code, initialized, uninitialized;
    uint32_t code_base, data_base;
};

static struct size_sums size_sums(const struct link *link)
{
    struct size_sums sums = {0};
    for (size_t i = 0; i < link->output_sections.count; i++) {
        const struct output_section *output = link->output_sections.items[i];
        if (output->characteristics & SECTION_CODE) {
            sums.code += output->raw_size;
            if (!sums.code_base)
                sums.code_base = output->rva;
        } else if (!sums.data_base) {
            sums.data_base = output->rva;
        }
        if (output->characteristics & SECTION_INITIALIZED_DATA)
            sums.initialized += output->raw_size;
        if (output->characteristics & SECTION_UNINITIALIZED_DATA)
            sums.uninitialized += output->virtual_size;
    }
    return sums;
}

static uint32_t entry_rva(const struct link *link)
{
    if (!link->entry)
        return 0;
    return (uint32_t)symbol_rva(link, link->entry) | link->target->code_address_bit;
}

// The fields that both forms of the optional header have under one name.
#define WRITE_OPTIONAL_HEADER(header, link, sums, le_size)                                                             \
    do {                                                                                                               \
        const struct options *options = &(link)->options;                                                              \
        (header)->linker_major = 14;                                                                                   \
        (header)->code_size = le32_of((sums).code);                                                                    \
        (header)->initialized_data_size = le32_of((sums).initialized);                                                 \
        (header)->uninitialized_data_size = le32_of((sums).uninitialized);                                             \
        (header)->entry_rva = le32_of(entry_rva(link));                                                                \
        (header)->code_base = le32_of((sums).code_base);                                                               \
        (header)->section_alignment = le32_of(options->section_alignment);                                             \
        (header)->file_alignment = le32_of(options->file_alignment);                                                   \
        (header)->os_major = le16_of(options->os_major);                                                               \
        (header)->os_minor = le16_of(options->os_minor);                                                               \
        (header)->image_major = le16_of(options->image_major);                                                         \
        (header)->image_minor = le16_of(options->image_minor);                                                         \
        (header)->subsystem_major = le16_of(options->subsystem_major);                                                 \
        (header)->subsystem_minor = le16_of(options->subsystem_minor);                                                 \
        (header)->image_size = le32_of((link)->image_size);                                                            \
        (header)->headers_size = le32_of((link)->headers_size);                                                        \
        (header)->subsystem = le16_of(options->subsystem);                                                             \
        (header)->dll_characteristics = le16_of(dll_characteristics(link));                                            \
        (header)->stack_reserve = le_size(options->stack_reserve);                                                     \
        (header)->stack_commit = le_size(options->stack_commit);                                                       \
        (header)->heap_reserve = le_size(options->heap_reserve);                                                       \
        (header)->heap_commit = le_size(options->heap_commit);                                                         \
        (header)->directory_count = le32_of(PE_DIRECTORY_COUNT);                                                       \
    } while (0)

static struct le32 le32_of_size(uint64_t value)
{
    return le32_of((uint32_t)value);
}

static uint8_t *optional_header_write(const struct link *link, uint8_t *out)
{
    struct size_sums sums = size_sums(link);
    if (is_pe64(link)) {
        struct pe64_optional_header *header = (void *)out;
        header->magic = le16_of(PE_MAGIC_64);
        header->image_base = le64_of(link->image_base);
        WRITE_OPTIONAL_HEADER(header, link, sums, le64_of);
        return out + sizeof *header;
    }
    struct pe32_optional_header *header = (void *)out;
    header->magic = le16_of(PE_MAGIC_32);
    header->image_base = le32_of((uint32_t)link->image_base);
    header->data_base = le32_of(sums.data_base);
    WRITE_OPTIONAL_HEADER(header, link, sums, le32_of_size);
    return out + sizeof *header;
}

static uint8_t *coff_header_write(const struct link *link, uint8_t *out)
{
    struct coff_header *header = (void *)out;
    header->machine = le16_of(link->machine);
    header->section_count = le16_of((uint16_t)link->output_sections.count);
    if (coff_symbols_size(link)) {
        header->symbol_table_offset = le32_of((uint32_t)(link->image_file_size - coff_symbols_size(link)));
        header->symbol_count = le32_of(coff_symbols_count(link));
    }
    header->optional_header_size = le16_of((uint16_t)optional_header_size(link));
    header->characteristics = le16_of(file_characteristics(link));
    return out + sizeof *header;
}

static uint8_t *section_header_write(const struct output_section *output, uint8_t *out)
{
    struct coff_section_header *header = (void *)out;
    // A name of more than eight bytes is cut unless the image has a string table for it (coff_symbols.c), where "/123"
    // points.
    struct text name = output->name;
    char reference[16];
    if (output->name_offset)
        name = (struct text){reference, (size_t)snprintf(reference, sizeof reference, "/%u", output->name_offset)};
    memcpy(header->name, name.data, name.size < sizeof header->name ? name.size : sizeof header->name);
    header->virtual_size = le32_of(output->virtual_size);
    header->virtual_address = le32_of(output->rva);
    header->raw_size = le32_of(output->raw_size);
    header->raw_offset = le32_of(output->file_offset);
    header->characteristics = le32_of(output->characteristics);
    return out + sizeof *header;
}

void headers_write(struct link *link)
{
    uint8_t *out = link->image;
    memcpy(out, link->stub.data, link->stub.size);
    store32(out + PE_DOS_LFANEW_OFFSET, (uint32_t)link->stub.size);
    out += link->stub.size;
    store32(out, PE_SIGNATURE);
    out = coff_header_write(link, out + 4);
    out = optional_header_write(link, out);
    for (size_t i = 0; i < PE_DIRECTORY_COUNT; i++, out += sizeof(struct pe_data_directory)) {
        store32(out, link->directories[i].rva);
        store32(out + 4, link->directories[i].size);
    }
    for (size_t i = 0; i < link->output_sections.count; i++)
        out = section_header_write(link->output_sections.items[i], out);
}
