// What a patch is made of, machine by machine. To add a machine: the pad's size and fill, the jump that fits into it,
// and the branch that reaches it from the entry.
#include "patch.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>

short _InterlockedExchange16(short volatile *target, short value);
#pragma intrinsic(_InterlockedExchange16)

#if defined(_M_IX86)

// pad:   E9 rel32      jmp target
// entry: EB F9         jmp short pad (7 back from the end of this instruction)
enum { PAD_SIZE = 5, ENTRY_SIZE = 2, BRANCH = 0xF9EB };
static const uint8_t fill[] = {0xCC};

static bool make_jump(struct patch *patch, uint8_t *pad)
{
    int32_t distance = (int32_t)((uint8_t *)patch->target - (uint8_t *)patch->function); // all 4 GB are in reach
    pad[0] = 0xE9;
    memcpy(pad + 1, &distance, sizeof distance);
    return true;
}

#elif defined(_M_X64)

// pad:   FF 25 rel32   jmp [patch->target]: a new version may be anywhere in 64 bits, the pointer to it need not be
// entry: EB F8         jmp short pad (8 back from the end of this instruction)
enum { PAD_SIZE = 6, ENTRY_SIZE = 2, BRANCH = 0xF8EB };
static const uint8_t fill[] = {0xCC};

static bool make_jump(struct patch *patch, uint8_t *pad)
{
    int64_t distance = (int64_t)((uint8_t *)&patch->target - (uint8_t *)patch->function);
    int32_t near_distance = (int32_t)distance;
    if (distance != near_distance)
        return false;
    pad[0] = 0xFF;
    pad[1] = 0x25;
    memcpy(pad + 2, &near_distance, sizeof near_distance);
    return true;
}

#elif defined(_M_ARM64)

// pad:   ldr x16, .+8; br x16; the address     (x16 is free between a call and the first instruction of what it calls)
// entry: b pad (4 instructions back)
enum { PAD_SIZE = 16, ENTRY_SIZE = 4, BRANCH = 0x17FFFFFC };
static const uint8_t fill[] = {0x00, 0x00, 0x3E, 0xD4}; // brk #0xF000

static bool make_jump(struct patch *patch, uint8_t *pad)
{
    static const uint32_t instructions[] = {0x58000050, 0xD61F0200};
    uint64_t address = (uint64_t)patch->target;
    memcpy(pad, instructions, sizeof instructions);
    memcpy(pad + 8, &address, sizeof address);
    return true;
}

#elif defined(_M_ARM)

// pad:   ldr.w pc, [pc]; the address, bit 0 set as in all addresses of Thumb functions
// entry: b pad (the short form: 12 back from where the PC is, 4 bytes ahead)
#define ADDRESS_BITS 1
enum { PAD_SIZE = 8, ENTRY_SIZE = 2, BRANCH = 0xE7FA };
static const uint8_t fill[] = {0xFE, 0xDE}; // udf #0xFE

static bool make_jump(struct patch *patch, uint8_t *pad)
{
    static const uint8_t load[] = {0xDF, 0xF8, 0x00, 0xF0};
    uint32_t address = (uint32_t)patch->target;
    memcpy(pad, load, sizeof load);
    memcpy(pad + 4, &address, sizeof address);
    return true;
}

#else
#error "patch.c does not know this machine's jumps yet"
#endif

// Bits of a function's address that say how to run it, not where it is.
#ifndef ADDRESS_BITS
#define ADDRESS_BITS 0
#endif

// A page boundary or a cache line's end inside the replaced bytes would tear the store.
static bool entry_is_atomic(const void *function)
{
    return (uintptr_t)function % ENTRY_SIZE == 0;
}

static bool pad_is_free(const uint8_t *pad)
{
    for (int i = 0; i < PAD_SIZE; i++)
        if (pad[i] != fill[i % (int)sizeof fill])
            return false;
    return true;
}

// The store that every thread sees whole. Aligned stores of 2 and 4 bytes are.
static void store_entry(struct patch *patch, unsigned value)
{
    if (ENTRY_SIZE == 2)
        _InterlockedExchange16(patch->function, (short)value);
    else
        InterlockedExchange(patch->function, (LONG)value);
    FlushInstructionCache(GetCurrentProcess(), patch->function, ENTRY_SIZE);
}

bool patch_prepare(struct patch *patch, void *function, void *target)
{
    function = (void *)((uintptr_t)function & ~(uintptr_t)ADDRESS_BITS);
    uint8_t *pad = (uint8_t *)function - PAD_SIZE;
    uint8_t jump[PAD_SIZE];
    DWORD old_protection;

    *patch = (struct patch){.function = function, .target = target, .branch = BRANCH};
    memcpy(&patch->old_entry, function, ENTRY_SIZE);
    if (!entry_is_atomic(function)) {
        printf("the entry is not aligned: it cannot be replaced in one store\n");
        return false;
    }
    if (!pad_is_free(pad)) {
        printf("no pad: the %d bytes before the function are not free\n", PAD_SIZE);
        return false;
    }
    if (!make_jump(patch, jump)) {
        printf("the pad's jump does not reach\n");
        return false;
    }
    if (!VirtualProtect(pad, PAD_SIZE + ENTRY_SIZE, PAGE_EXECUTE_READWRITE, &old_protection)) {
        printf("VirtualProtect: error %lu\n", (unsigned long)GetLastError());
        return false;
    }
    patch->old_protection = old_protection;
    memcpy(pad, jump, PAD_SIZE);
    FlushInstructionCache(GetCurrentProcess(), pad, PAD_SIZE);
    return true;
}

void patch_apply(struct patch *patch)
{
    store_entry(patch, patch->branch);
}

void patch_revert(struct patch *patch)
{
    store_entry(patch, patch->old_entry);
}

void patch_finish(struct patch *patch)
{
    DWORD ignored;
    VirtualProtect((uint8_t *)patch->function - PAD_SIZE, PAD_SIZE + ENTRY_SIZE, patch->old_protection, &ignored);
}
