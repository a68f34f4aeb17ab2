// Fields that relocations change, shared by the machines. COFF relocations carry no addend of their own: what lies in
// the place is the addend, and the symbol's value is added to it (PE format, "COFF Relocations (Object Only)"). Each
// function here does the sum in 64 bits, where it can't wrap into range, and stores only what fits. All are inline:
// they are called for every relocation of a link.
#pragma once

#include "linker/target/target.h"

// A field of 32 bits that code may extend either way: an address, an RVA or an offset into a section. `mov eax, imm32`
// extends it with zeros and `[reg + disp32]` with its sign, so what fits one of them fits.
static inline enum relocation_result field_add_address32(uint8_t *place, uint64_t value)
{
    int64_t sum = (int64_t)(value + (uint64_t)(int32_t)load32(place));
    if (sum < INT32_MIN || sum > UINT32_MAX)
        return RELOCATION_OUT_OF_RANGE;
    store32(place, (uint32_t)sum);
    return RELOCATION_DONE;
}

// A distance of 32 bits on a machine whose addresses have 64.
static inline enum relocation_result field_add_distance32(uint8_t *place, uint64_t value)
{
    int64_t sum = (int64_t)(value + (uint64_t)(int32_t)load32(place));
    if (sum < INT32_MIN || sum > INT32_MAX)
        return RELOCATION_OUT_OF_RANGE;
    store32(place, (uint32_t)sum);
    return RELOCATION_DONE;
}

// Where addresses have 32 bits they are counted modulo 2^32, so a sum or a distance of two always fits.
static inline enum relocation_result field_add_modulo32(uint8_t *place, uint64_t value)
{
    store32(place, load32(place) + (uint32_t)value);
    return RELOCATION_DONE;
}

static inline enum relocation_result field_add64(uint8_t *place, uint64_t value)
{
    store64(place, load64(place) + value);
    return RELOCATION_DONE;
}

// SECTION: the 1-based index of the target's output section.
static inline enum relocation_result field_add_section(const struct relocation_site *site)
{
    if (site->target_section == 0)
        return RELOCATION_NO_SECTION;
    uint64_t sum = (uint64_t)site->target_section + load16(site->place);
    if (sum > UINT16_MAX)
        return RELOCATION_OUT_OF_RANGE;
    store16(site->place, (uint16_t)sum);
    return RELOCATION_DONE;
}

// Whether the target has an offset from the start of an output section.
static inline bool site_has_section_offset(const struct relocation_site *site)
{
    return site->target_section != 0 && !site->target_is_absolute;
}

// SECREL: the target's offset in its output section.
static inline enum relocation_result field_add_section_offset(const struct relocation_site *site)
{
    if (!site_has_section_offset(site))
        return RELOCATION_NO_SECTION;
    return field_add_address32(site->place, site->target_offset);
}

// SECREL7: the same in the low seven bits of a byte.
static inline enum relocation_result field_add_section_offset7(const struct relocation_site *site)
{
    if (!site_has_section_offset(site))
        return RELOCATION_NO_SECTION;
    uint64_t sum = (uint64_t)site->target_offset + (*site->place & 0x7f);
    if (sum > 0x7f)
        return RELOCATION_OUT_OF_RANGE;
    *site->place = (uint8_t)((*site->place & 0x80) | sum);
    return RELOCATION_DONE;
}

// The target's VA, modulo 2^64.
static inline uint64_t site_target_va(const struct relocation_site *site)
{
    return site->image_base + site->target_rva;
}
