#include "linker/patch/code.h"

#include "common/arm64_instructions.h"
#include "common/coff.h"
#include "common/thumb_instructions.h"
#include "common/x86_instructions.h"
#include "linker/target/target.h"

struct instruction code_decode(uint16_t machine, struct bytes code, uint64_t rva)
{
    switch (machine) {
    case MACHINE_X86: return x86_decode(X86_MODE_32, code, rva);
    case MACHINE_X64: return x86_decode(X86_MODE_64, code, rva);
    case MACHINE_ARM: return thumb_decode(code, rva);
    default:
        if (code.size < ARM64_INSTRUCTION_SIZE)
            return (struct instruction){0};
        return arm64_decode(load32(code.data), rva);
    }
}

uint32_t code_step(uint16_t machine)
{
    return machine == MACHINE_ARM64 ? 4 : machine == MACHINE_ARM ? 2 : 1;
}

// The traps that linkers fill with: int3; udf #n (mylink and MSVC: #0xFE); brk #0xF000, and udf #0, which zeros are on
// ARM64.
static bool is_fill(uint16_t machine, const uint8_t *p)
{
    switch (machine) {
    case MACHINE_ARM: return p[1] == 0xde;
    case MACHINE_ARM64: return load32(p) == 0xd43e0000 || load32(p) == 0;
    default: return *p == 0xcc;
    }
}

static bool is_slack(uint16_t machine, const uint8_t *p)
{
    if (is_fill(machine, p))
        return true;
    switch (machine) {
    case MACHINE_ARM: return load16(p) == 0xbf00 || load16(p) == 0;
    case MACHINE_ARM64: return load32(p) == 0xd503201f;
    default: return *p == 0x90;
    }
}

static uint32_t count_before(uint16_t machine, const uint8_t *start, const uint8_t *end,
                             bool (*counts)(uint16_t, const uint8_t *))
{
    uint32_t step = code_step(machine), found = 0;
    while ((size_t)(end - start) >= step && counts(machine, end - step)) {
        end -= step;
        found += step;
    }
    return found;
}

uint32_t code_fill_before(uint16_t machine, const uint8_t *start, const uint8_t *end)
{
    return count_before(machine, start, end, is_fill);
}

uint32_t code_slack_before(uint16_t machine, const uint8_t *start, const uint8_t *end)
{
    return count_before(machine, start, end, is_slack);
}

// x86, x64: EB, the jmp short that reaches back into the pad. ARM: a 2-byte branch, also over a first instruction of
// four bytes: its second half stays, is never reached, and every core sees either the old pair of halves or the branch.
uint32_t code_replaced_size(uint16_t machine)
{
    return machine == MACHINE_ARM64 ? 4 : 2;
}

// ARM promises only what is aligned to its size (Arm Architecture Reference Manual, "Single-copy atomicity"). x86
// promises more: what does not leave an aligned 8 bytes is written at once by every maker's processors (AMD64
// Architecture Programmer's Manual, volume 2, "Access Atomicity"; Intel's promise is wider).
bool code_store_is_atomic(uint16_t machine, uint32_t rva, uint32_t size)
{
    if (machine == MACHINE_ARM || machine == MACHINE_ARM64)
        return rva % size == 0;
    return rva / 8 == (rva + size - 1) / 8;
}

uint32_t code_default_pad(uint16_t machine)
{
    const struct target *target = target_of_machine(machine);
    return target ? target->pad.default_size : 0;
}

uint32_t code_round_pad(uint16_t machine, uint32_t size)
{
    const struct target *target = target_of_machine(machine);
    uint32_t multiple = target && target->pad.multiple ? target->pad.multiple : 1;
    return (uint32_t)((size + (uint64_t)multiple - 1) / multiple * multiple);
}
