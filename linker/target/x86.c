// x86: pointers have 32 bits and so do distances, so that every place reaches every other. Code holds VAs everywhere
// (DIR32), which is why an image that may move has a base relocation for each (PE format, "Intel 386 Processors").
// Addresses are counted modulo 2^32: `table - 4` and a jump over the end of the address space are ordinary.
//
// DIR16 and REL16 are left from 16-bit code (boot sectors, real-mode stubs); they fit or are an error. SEG12 and TOKEN
// have no meaning in an image without segments or managed code.

#include "linker/target/field.h"

#include "common/pe.h"

static const struct relocation_traits traits[] = {
    [REL_I386_ABSOLUTE] = {.name = "IMAGE_REL_I386_ABSOLUTE"},
    [REL_I386_DIR16] = {.name = "IMAGE_REL_I386_DIR16", .size = 2, .base_relocation = BASE_LOW},
    [REL_I386_REL16] = {.name = "IMAGE_REL_I386_REL16", .size = 2},
    [REL_I386_DIR32] = {.name = "IMAGE_REL_I386_DIR32", .size = 4, .base_relocation = BASE_HIGHLOW},
    [REL_I386_DIR32NB] = {.name = "IMAGE_REL_I386_DIR32NB", .size = 4},
    [REL_I386_SECTION] = {.name = "IMAGE_REL_I386_SECTION", .size = 2, .is_section_relative = true},
    [REL_I386_SECREL] = {.name = "IMAGE_REL_I386_SECREL", .size = 4, .is_section_relative = true},
    [REL_I386_SECREL7] = {.name = "IMAGE_REL_I386_SECREL7", .size = 1, .is_section_relative = true},
    [REL_I386_REL32] = {.name = "IMAGE_REL_I386_REL32", .size = 4},
};
enum { TYPE_COUNT = sizeof traits / sizeof *traits };

static struct relocation_traits x86_traits(uint16_t type)
{
    return type < TYPE_COUNT ? traits[type] : (struct relocation_traits){0};
}

// A target's VA that does not fit the machine would be cut by every sum below.
static bool is_addressable(const struct relocation_site *site)
{
    return site_target_va(site) <= UINT32_MAX;
}

static enum relocation_result add_address16(const struct relocation_site *site)
{
    int64_t sum = (int64_t)site_target_va(site) + (int16_t)load16(site->place);
    if (sum < INT16_MIN || sum > UINT16_MAX)
        return RELOCATION_OUT_OF_RANGE;
    store16(site->place, (uint16_t)sum);
    return RELOCATION_DONE;
}

static enum relocation_result add_distance16(const struct relocation_site *site)
{
    int64_t sum = (int64_t)(site->target_rva - (site->place_rva + 2)) + (int16_t)load16(site->place);
    if (sum < INT16_MIN || sum > INT16_MAX)
        return RELOCATION_OUT_OF_RANGE;
    store16(site->place, (uint16_t)sum);
    return RELOCATION_DONE;
}

static enum relocation_result x86_apply(const struct relocation_site *site)
{
    if (site->type >= TYPE_COUNT)
        return RELOCATION_UNKNOWN;
    if (site->room < traits[site->type].size)
        return RELOCATION_NO_ROOM;
    if (!is_addressable(site))
        return RELOCATION_OUT_OF_RANGE;

    switch (site->type) {
    case REL_I386_DIR32: return field_add_modulo32(site->place, site_target_va(site));
    case REL_I386_REL32: return field_add_modulo32(site->place, site->target_rva - (site->place_rva + 4));
    case REL_I386_DIR32NB: return field_add_modulo32(site->place, site->target_rva);
    case REL_I386_SECTION: return field_add_section(site);
    case REL_I386_SECREL: return field_add_section_offset(site);
    case REL_I386_SECREL7: return field_add_section_offset7(site);
    case REL_I386_DIR16: return add_address16(site);
    case REL_I386_REL16: return add_distance16(site);
    case REL_I386_ABSOLUTE: return RELOCATION_DONE;
    default: return RELOCATION_UNKNOWN;
    }
}

static void x86_write_import_thunk(uint8_t *out, uint64_t thunk_rva, uint64_t slot_rva, uint64_t image_base)
{
    (void)thunk_rva;
    memcpy(out, "\xff\x25", 2); // jmp [slot]
    store32(out + 2, (uint32_t)(image_base + slot_rva));
}

static void x86_write_delay_thunk(uint8_t *out, uint64_t thunk_rva, uint64_t slot_rva, uint64_t tail_rva,
                                  uint64_t image_base)
{
    out[0] = 0xb8; // mov eax, slot
    store32(out + 1, (uint32_t)(image_base + slot_rva));
    out[5] = 0xe9; // jmp tail
    store32(out + 6, (uint32_t)(tail_rva - (thunk_rva + 10)));
}

// __fastcall passes arguments in ecx and edx, so both are kept. The helper is __stdcall and drops its arguments.
static const uint8_t delay_tail[] = {
    0x51,                // 00 push ecx
    0x52,                // 01 push edx
    0x50,                // 02 push eax: the slot
    0x68, 0,    0, 0, 0, // 03 push descriptor
    0xe8, 0,    0, 0, 0, // 08 call helper
    0x5a,                // 0d pop edx
    0x59,                // 0e pop ecx
    0xff, 0xe0,          // 0f jmp eax
};

static void x86_write_delay_tail(uint8_t *out, uint64_t tail_rva, uint64_t descriptor_rva, uint64_t helper_rva,
                                 uint64_t image_base)
{
    memcpy(out, delay_tail, sizeof delay_tail);
    store32(out + 4, (uint32_t)(image_base + descriptor_rva));
    store32(out + 9, (uint32_t)(helper_rva - (tail_rva + 13)));
}

const struct target target_x86 = {
    .machine = MACHINE_X86,
    .name = "x86",
    .pointer_size = 4,
    .has_underscore = true,
    .default_base_exe = 0x400000,
    .default_base_dll = 0x10000000,
    .pad = {.default_size = 5, .multiple = 1, .fill = {0xcc}, .fill_size = 1},
    .base_relocation_pointer = BASE_HIGHLOW,
    .relocation_rva32 = REL_I386_DIR32NB,
    .relocation_traits = x86_traits,
    .apply = x86_apply,
    .import_thunk_size = 6,
    .import_thunk_alignment = 2, // so that the two bytes of its entry can be replaced in one store
    .write_import_thunk = x86_write_import_thunk,
    .import_thunk_base_relocation = {2, BASE_HIGHLOW},
    .delay_thunk_size = 10,
    .delay_tail_size = sizeof delay_tail,
    .write_delay_thunk = x86_write_delay_thunk,
    .write_delay_tail = x86_write_delay_tail,
    .delay_thunk_base_relocation = {1, BASE_HIGHLOW},
    .delay_tail_base_relocation = {4, BASE_HIGHLOW},
};
