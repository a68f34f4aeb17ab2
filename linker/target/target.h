// What depends on the machine, behind one interface: relocations, thunks, pads and a few constants. x86.c, x64.c, arm.c
// and arm64.c each fill one struct target; nothing outside this folder asks which machine it is.
#pragma once

#include "common/coff.h"
#include "common/text.h"

struct link;

// One relocation to apply. All quantities are known: applying is arithmetic and a range check.
struct relocation_site {
    uint8_t *place; // bytes to patch, in the image being written
    size_t room;    // bytes from `place` to the end of its chunk
    uint16_t type;
    uint64_t place_rva;
    uint64_t target_rva;     // image_base + target_rva is the symbol's VA (an absolute one's value, modulo 2^64)
    uint32_t target_section; // 1-based index of the target's output section; 0: none. Of an absolute symbol one more
                             // than there are, which is what link.exe gives to SECTION
    uint32_t target_offset;  // from the start of that output section, bytes
    uint64_t image_base;
    bool target_is_code; // Thumb bit: the target is a function on ARM
    bool target_is_absolute;
};

enum relocation_result {
    RELOCATION_DONE,
    RELOCATION_OUT_OF_RANGE,      // does not fit the field
    RELOCATION_MISALIGNED,        // the instruction can't say this value
    RELOCATION_UNKNOWN,           // no such type, or one that only objects for other purposes have
    RELOCATION_NO_ROOM,           // reaches over the end of its section
    RELOCATION_NO_SECTION,        // wants an output section, and the target is in none
    RELOCATION_WRONG_INSTRUCTION, // the place does not hold the instruction that the type is for
};

// Bytes at which a type of relocation changes the image, and what the loader has to do when the image moves.
struct relocation_traits {
    const char *name;         // "IMAGE_REL_AMD64_REL32"; NULL: unknown type
    uint8_t size;             // bytes that it may change from `place` on; 0: none
    uint8_t base_relocation;  // enum pe_base_relocation; BASE_ABSOLUTE: nothing to do
    bool is_section_relative; // SECTION, SECREL: wants an output section, not an address
    bool is_branch;           // a call or jump that a thunk may stand in for
};

// A number for /FUNCTIONPADMIN by machine (design, "Pads: the contract").
struct pad_rule {
    uint32_t default_size; // bytes, for an option without a number
    uint32_t multiple;     // sizes are rounded up to it
    uint8_t fill[4];       // repeated from the pad's start; fill_size bytes
    uint8_t fill_size;
};

struct target {
    uint16_t machine;
    const char *name;      // "x64"
    unsigned pointer_size; // 4 or 8
    bool has_underscore;   // C names carry a leading '_' (x86)
    uint64_t default_base_exe, default_base_dll;
    struct pad_rule pad;
    uint8_t base_relocation_pointer; // enum pe_base_relocation for a VA of pointer size
    uint8_t code_address_bit;        // 1 on ARM (Thumb), else 0: added to addresses of functions
    uint16_t unwind_record_size;     // bytes of a .pdata record: 12 on x64, 8 on ARM and ARM64, 0 on x86
    uint16_t relocation_rva32;       // type that stores a 32-bit RVA (DIR32NB and its like)

    struct relocation_traits (*relocation_traits)(uint16_t type);
    enum relocation_result (*apply)(const struct relocation_site *site);

    // Import thunk: jumps through the import address table.
    uint32_t import_thunk_size, import_thunk_alignment;
    void (*write_import_thunk)(uint8_t *out, uint64_t thunk_rva, uint64_t slot_rva, uint64_t image_base);
    // Offset in the thunk of a VA that moves with the image, with its base relocation type; BASE_ABSOLUTE: none.
    struct {
        uint32_t offset;
        uint8_t type;
    } import_thunk_base_relocation;

    // Delay-load thunk: loads the address of its import address table slot into the register that the helper expects
    // and goes on to the DLL's tail, which saves argument registers, calls __delayLoadHelper2 and jumps to what it
    // returns. Base relocations as above. Both are aligned like import thunks.
    uint32_t delay_thunk_size, delay_tail_size;
    // The tail has a frame: what .xdata says of it (x64: UNWIND_INFO), to be named by a .pdata record. Empty on x86.
    struct bytes delay_tail_unwind;
    void (*write_delay_thunk)(uint8_t *out, uint64_t thunk_rva, uint64_t slot_rva, uint64_t tail_rva,
                              uint64_t image_base);
    void (*write_delay_tail)(uint8_t *out, uint64_t tail_rva, uint64_t descriptor_rva, uint64_t helper_rva,
                             uint64_t image_base);
    struct {
        uint32_t offset;
        uint8_t type;
    } delay_thunk_base_relocation, delay_tail_base_relocation;

    // Range thunks (ARM, ARM64): NULL and 0 where every branch reaches everything. A type that is no branch reaches.
    bool (*branch_reaches)(uint16_t type, uint64_t place_rva, uint64_t target_rva);
    // Bytes that the branch of 4 bytes at `place` goes beyond its target: the addend in its field. 0 for what is no
    // branch.
    int64_t (*branch_addend)(uint16_t type, const uint8_t *place);
    uint32_t range_thunk_size, range_thunk_alignment;
    void (*write_range_thunk)(uint8_t *out, uint64_t thunk_rva, uint64_t target_rva);
};

extern const struct target target_x86, target_x64, target_arm, target_arm64;

// The target of a machine, or NULL where there is none (ARM64EC and ARM64X are recognised elsewhere and refused).
const struct target *target_of_machine(uint16_t machine);

// Fills `size` bytes at `out` with the target's trap instruction, whole instructions counted from `out`.
void target_fill(const struct target *target, uint8_t *out, size_t size);
