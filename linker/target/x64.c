// x64: code refers to data and functions by a distance of 32 bits from the instruction's end, and pointers have 64
// bits. An instruction may have up to five bytes of immediate behind its distance; REL32_1 … REL32_5 say how many,
// since the distance is counted from the end of the instruction while the place is that of the field (PE format, "x64
// Processors").
//
// No branch is ever too far, as an image is smaller than 2 GB, so there are no range thunks.

#include "linker/target/field.h"

#include "common/pe.h"

static const struct relocation_traits traits[] = {
    [REL_AMD64_ABSOLUTE] = {.name = "IMAGE_REL_AMD64_ABSOLUTE"},
    [REL_AMD64_ADDR64] = {.name = "IMAGE_REL_AMD64_ADDR64", .size = 8, .base_relocation = BASE_DIR64},
    [REL_AMD64_ADDR32] = {.name = "IMAGE_REL_AMD64_ADDR32", .size = 4, .base_relocation = BASE_HIGHLOW},
    [REL_AMD64_ADDR32NB] = {.name = "IMAGE_REL_AMD64_ADDR32NB", .size = 4},
    [REL_AMD64_REL32] = {.name = "IMAGE_REL_AMD64_REL32", .size = 4},
    [REL_AMD64_REL32 + 1] = {.name = "IMAGE_REL_AMD64_REL32_1", .size = 4},
    [REL_AMD64_REL32 + 2] = {.name = "IMAGE_REL_AMD64_REL32_2", .size = 4},
    [REL_AMD64_REL32 + 3] = {.name = "IMAGE_REL_AMD64_REL32_3", .size = 4},
    [REL_AMD64_REL32 + 4] = {.name = "IMAGE_REL_AMD64_REL32_4", .size = 4},
    [REL_AMD64_REL32_5] = {.name = "IMAGE_REL_AMD64_REL32_5", .size = 4},
    [REL_AMD64_SECTION] = {.name = "IMAGE_REL_AMD64_SECTION", .size = 2, .is_section_relative = true},
    [REL_AMD64_SECREL] = {.name = "IMAGE_REL_AMD64_SECREL", .size = 4, .is_section_relative = true},
    [REL_AMD64_SECREL7] = {.name = "IMAGE_REL_AMD64_SECREL7", .size = 1, .is_section_relative = true},
};
enum { TYPE_COUNT = sizeof traits / sizeof *traits };

static struct relocation_traits x64_traits(uint16_t type)
{
    return type < TYPE_COUNT ? traits[type] : (struct relocation_traits){0};
}

static enum relocation_result x64_apply(const struct relocation_site *site)
{
    if (site->type >= TYPE_COUNT)
        return RELOCATION_UNKNOWN;
    if (site->room < traits[site->type].size)
        return RELOCATION_NO_ROOM;

    switch (site->type) {
    case REL_AMD64_REL32:
    case REL_AMD64_REL32 + 1:
    case REL_AMD64_REL32 + 2:
    case REL_AMD64_REL32 + 3:
    case REL_AMD64_REL32 + 4:
    case REL_AMD64_REL32_5: {
        uint64_t end = site->place_rva + 4 + (uint64_t)(site->type - REL_AMD64_REL32);
        return field_add_distance32(site->place, site->target_rva - end);
    }
    case REL_AMD64_ADDR32NB: return field_add_address32(site->place, site->target_rva);
    case REL_AMD64_ADDR64: return field_add64(site->place, site_target_va(site));
    case REL_AMD64_ADDR32: return field_add_address32(site->place, site_target_va(site));
    case REL_AMD64_SECTION: return field_add_section(site);
    case REL_AMD64_SECREL: return field_add_section_offset(site);
    case REL_AMD64_SECREL7: return field_add_section_offset7(site);
    case REL_AMD64_ABSOLUTE: return RELOCATION_DONE;
    default: return RELOCATION_UNKNOWN;
    }
}

// Stores the distance from the end of the 4 bytes at `out + offset`; `rva` is that of `out`.
static void store_distance(uint8_t *out, uint32_t offset, uint64_t rva, uint64_t target_rva)
{
    store32(out + offset, (uint32_t)(target_rva - (rva + offset + 4)));
}

static void x64_write_import_thunk(uint8_t *out, uint64_t thunk_rva, uint64_t slot_rva, uint64_t image_base)
{
    (void)image_base;
    memcpy(out, "\xff\x25\0\0\0\0", 6); // jmp [rip + slot]
    store_distance(out, 2, thunk_rva, slot_rva);
}

static void x64_write_delay_thunk(uint8_t *out, uint64_t thunk_rva, uint64_t slot_rva, uint64_t tail_rva,
                                  uint64_t image_base)
{
    (void)image_base;
    static const uint8_t code[] = {
        0x48, 0x8d, 0x05, 0, 0, 0, 0, // lea rax, [rip + slot]
        0xe9, 0,    0,    0, 0,       // jmp tail
    };
    memcpy(out, code, sizeof code);
    store_distance(out, 3, thunk_rva, slot_rva);
    store_distance(out, 8, thunk_rva, tail_rva);
}

// Integer arguments go to the home space that the caller has reserved above the return address; a frame of 0x68 bytes
// gives the helper its own home space, keeps the four vector arguments and makes the stack a multiple of 16.
static const uint8_t delay_tail[] = {
    0x48, 0x89, 0x4c, 0x24, 0x08,             // 00 mov [rsp+8], rcx
    0x48, 0x89, 0x54, 0x24, 0x10,             // 05 mov [rsp+16], rdx
    0x4c, 0x89, 0x44, 0x24, 0x18,             // 0a mov [rsp+24], r8
    0x4c, 0x89, 0x4c, 0x24, 0x20,             // 0f mov [rsp+32], r9
    0x48, 0x83, 0xec, 0x68,                   // 14 sub rsp, 0x68
    0x66, 0x0f, 0x7f, 0x44, 0x24, 0x20,       // 18 movdqa [rsp+0x20], xmm0
    0x66, 0x0f, 0x7f, 0x4c, 0x24, 0x30,       // 1e movdqa [rsp+0x30], xmm1
    0x66, 0x0f, 0x7f, 0x54, 0x24, 0x40,       // 24 movdqa [rsp+0x40], xmm2
    0x66, 0x0f, 0x7f, 0x5c, 0x24, 0x50,       // 2a movdqa [rsp+0x50], xmm3
    0x48, 0x8b, 0xd0,                         // 30 mov rdx, rax: the slot
    0x48, 0x8d, 0x0d, 0,    0,    0,    0,    // 33 lea rcx, [rip + descriptor]
    0xe8, 0,    0,    0,    0,                // 3a call helper
    0x66, 0x0f, 0x6f, 0x44, 0x24, 0x20,       // 3f movdqa xmm0, [rsp+0x20]
    0x66, 0x0f, 0x6f, 0x4c, 0x24, 0x30,       // 45 movdqa xmm1, [rsp+0x30]
    0x66, 0x0f, 0x6f, 0x54, 0x24, 0x40,       // 4b movdqa xmm2, [rsp+0x40]
    0x66, 0x0f, 0x6f, 0x5c, 0x24, 0x50,       // 51 movdqa xmm3, [rsp+0x50]
    0x48, 0x8b, 0x4c, 0x24, 0x70,             // 57 mov rcx, [rsp+0x70]
    0x48, 0x8b, 0x54, 0x24, 0x78,             // 5c mov rdx, [rsp+0x78]
    0x4c, 0x8b, 0x84, 0x24, 0x80, 0,    0, 0, // 61 mov r8, [rsp+0x80]
    0x4c, 0x8b, 0x8c, 0x24, 0x88, 0,    0, 0, // 69 mov r9, [rsp+0x88]
    0x48, 0x83, 0xc4, 0x68,                   // 71 add rsp, 0x68
    0x48, 0xff, 0xe0, // 75 rex.w jmp rax: the form that unwinders know as the end of an epilogue
};

// UNWIND_INFO (x64 exception handling, "Unwind data"): version 1, a prologue of 0x18 bytes, one code: at its end, 0x68
// bytes allocated.
static const uint8_t delay_tail_unwind[] = {0x01, 0x18, 0x01, 0x00, 0x18, 0xc2, 0x00, 0x00};

static void x64_write_delay_tail(uint8_t *out, uint64_t tail_rva, uint64_t descriptor_rva, uint64_t helper_rva,
                                 uint64_t image_base)
{
    (void)image_base;
    memcpy(out, delay_tail, sizeof delay_tail);
    store_distance(out, 0x36, tail_rva, descriptor_rva);
    store_distance(out, 0x3b, tail_rva, helper_rva);
}

const struct target target_x64 = {
    .machine = MACHINE_X64,
    .name = "x64",
    .pointer_size = 8,
    .default_base_exe = 0x140000000,
    .default_base_dll = 0x180000000,
    .pad = {.default_size = 6, .multiple = 1, .fill = {0xcc}, .fill_size = 1},
    .base_relocation_pointer = BASE_DIR64,
    .unwind_record_size = 12,
    .relocation_rva32 = REL_AMD64_ADDR32NB,
    .relocation_traits = x64_traits,
    .apply = x64_apply,
    .import_thunk_size = 6,
    .import_thunk_alignment = 16,
    .write_import_thunk = x64_write_import_thunk,
    .delay_thunk_size = 12,
    .delay_tail_size = sizeof delay_tail,
    .delay_tail_unwind = {delay_tail_unwind, sizeof delay_tail_unwind},
    .write_delay_thunk = x64_write_delay_thunk,
    .write_delay_tail = x64_write_delay_tail,
};
