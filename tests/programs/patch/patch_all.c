// Patches a program before it starts: linked into it as its entry point, it reads from the file patch.list which
// functions to redirect, sends each through its pad to a detour that counts the call and goes on to the original, and
// then lets the program's own entry point run. The counters lie in the file patch.counts, so that they are there when
// the process has ended, however it ends.
//
// A line of patch.list: the function's RVA, the length of its first instruction, and where in that instruction a
// distance is kept (offset and size, 0 0 for none), in hexadecimal. The first instruction is moved into the detour; a
// distance in it is corrected.
//
// Only kernel32 is called, through the import address table: nothing here runs through a function that is being
// patched.
#include <stddef.h>
#include <stdint.h>

typedef void *handle;
#define IMPORT(type, name, ...) __declspec(dllimport) type __stdcall name(__VA_ARGS__)
IMPORT(handle, CreateFileA, const char *, unsigned, unsigned, void *, unsigned, unsigned, handle);
IMPORT(int, ReadFile, handle, void *, unsigned, unsigned *, void *);
IMPORT(int, CloseHandle, handle);
IMPORT(handle, CreateFileMappingA, handle, void *, unsigned, unsigned, unsigned, const char *);
IMPORT(void *, MapViewOfFileEx, handle, unsigned, unsigned, unsigned, size_t, void *);
IMPORT(void *, VirtualAlloc, void *, size_t, unsigned, unsigned);
IMPORT(int, VirtualProtect, void *, size_t, unsigned, unsigned *);
IMPORT(handle, GetModuleHandleA, const char *);
IMPORT(int, FlushInstructionCache, handle, const void *, size_t);
IMPORT(handle, GetCurrentProcess, void);
IMPORT(void, ExitProcess, unsigned);

int mainCRTStartup(void);

enum {
    MOST_FUNCTIONS = 65536,
    DETOUR_SIZE = 96,
    LIST_SIZE = 4 << 20,
    READ_WRITE_EXECUTE = 0x40,
    READ_WRITE = 4,
    TROUBLE = 120
};

static char list[LIST_SIZE];

static void fail(int step)
{
    ExitProcess(TROUBLE + (unsigned)step);
}

static void write32(uint8_t *to, int64_t value)
{
    if (value != (int32_t)value)
        fail(1);
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)((uint64_t)value >> (8 * i));
}

static void write_pointer(uint8_t *to, const void *pointer)
{
    for (size_t i = 0; i < sizeof pointer; i++)
        to[i] = (uint8_t)((uintptr_t)pointer >> (8 * i));
}

#ifdef _M_ARM64
static void write_instruction(uint8_t *to, uint32_t instruction)
{
    write32(to, (int32_t)instruction);
}

// ldr x16, slot; br x16
static void write_far_jump(uint8_t *at, const uint8_t *slot)
{
    write_instruction(at, 0x58000010 | (uint32_t)((slot - at) / 4) << 5);
    write_instruction(at + 4, 0xd61f0200);
}

// Where an instruction that names a place by its distance means; NULL where it names none.
static const uint8_t *place_named(const uint8_t *at, uint32_t instruction)
{
    int64_t near = (int32_t)(instruction << 8) >> 13, nearer = (int32_t)(instruction << 13) >> 18;
    int64_t place = near * 4 + (instruction >> 29 & 3);
    if ((instruction & 0xfc000000) == 0x14000000) // b
        return at + ((int64_t)((int32_t)(instruction << 6) >> 6)) * 4;
    if ((instruction & 0xff000000) == 0x54000000 || (instruction & 0x7e000000) == 0x34000000) // b.cond, cbz
        return at + near * 4;
    if ((instruction & 0x7e000000) == 0x36000000) // tbz
        return at + nearer * 4;
    if ((instruction & 0x9f000000) == 0x90000000) // adrp
        return (const uint8_t *)((uintptr_t)at & ~(uintptr_t)4095) + place * 4096;
    return (instruction & 0x9f000000) == 0x10000000 ? at + place : NULL; // adr
}

// Count; the first instruction, or what does the same from here; on to the second. x16 and x17 are free at an entry.
static void write_detour(uint8_t *detour, uint8_t *entry, size_t length, size_t field, size_t field_size,
                         uint32_t *counter)
{
    uint8_t *slots = detour + DETOUR_SIZE - 24, *at = detour; // counter, way back, place named
    uint32_t first;
    for (size_t i = 0; i < 4; i++)
        ((uint8_t *)&first)[i] = entry[i];
    const uint8_t *place = place_named(entry, first);
    (void)field;
    (void)field_size;
    write_pointer(slots, counter);
    write_pointer(slots + 8, entry + length);
    write_pointer(slots + 16, place);
    write_instruction(at, 0x58000010 | (uint32_t)((slots - at) / 4) << 5); // ldr x16, counter
    write_instruction(at + 4, 0xb9400211);                                 // ldr w17, [x16]
    write_instruction(at + 8, 0x11000631);                                 // add w17, w17, #1
    write_instruction(at + 12, 0xb9000211);                                // str w17, [x16]
    at += 16;
    if (!place) {
        write_instruction(at, first);
        at += 4;
    } else if ((first & 0x1f000000) == 0x10000000) { // adr, adrp: ldr from the slot
        write_instruction(at, 0x58000000 | (uint32_t)((slots + 16 - at) / 4) << 5 | (first & 31));
        at += 4;
    } else if ((first & 0xfc000000) == 0x14000000) {
        write_far_jump(at, slots + 16);
        return;
    } else { // a conditional branch, over the way back to a long jump
        uint32_t distance_bits = (first & 0x7e000000) == 0x36000000 ? 0x0007ffe0 : 0x00ffffe0;
        write_instruction(at, (first & ~distance_bits) | 3 << 5);
        write_far_jump(at + 12, slots + 16);
        at += 4;
    }
    write_far_jump(at, slots + 8);
}

static void redirect(uint8_t *entry, uint8_t *detour)
{
    write_instruction(entry - 16, 0x58000050); // ldr x16, .+8
    write_instruction(entry - 12, 0xd61f0200); // br x16
    write_pointer(entry - 8, detour);
    write_instruction(entry, 0x17fffffc); // b .-16
}
#else
static int32_t read32(const uint8_t *from)
{
    return (int32_t)((uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24);
}

// Copies the first instruction to `to`, which is somewhere else, and returns how long it is there: a short branch
// becomes a long one.
static size_t move_instruction(uint8_t *to, const uint8_t *from, size_t length, size_t field, size_t field_size)
{
    if (field_size == 1) {
        const uint8_t *target = from + length + (int8_t)from[field];
        size_t opcode = 0;
        if (from[field - 1] == 0xeb) {
            to[opcode++] = 0xe9;
        } else if ((from[field - 1] & 0xf0) == 0x70) {
            to[opcode++] = 0x0f;
            to[opcode++] = (uint8_t)(from[field - 1] + 0x10);
        } else {
            fail(2);
        }
        write32(to + opcode, target - (to + opcode + 4));
        return opcode + 4;
    }
    for (size_t i = 0; i < length; i++)
        to[i] = from[i];
    if (field_size == 4)
        write32(to + field, (int64_t)read32(from + field) + (from - to));
    return length;
}

// inc counter; the first instruction; jmp to the second.
static void write_detour(uint8_t *detour, uint8_t *entry, size_t length, size_t field, size_t field_size,
                         uint32_t *counter)
{
    uint8_t *at = detour;
#ifdef _WIN64
    uint8_t **slots = (uint8_t **)(detour + DETOUR_SIZE - 16); // the detour's address for the pad, the way back
    slots[0] = detour;
    slots[1] = entry + length;
    *at++ = 0xff; // inc dword [rip + counter]
    *at++ = 0x05;
    write32(at, (uint8_t *)counter - (at + 4));
    at += 4;
    at += move_instruction(at, entry, length, field, field_size);
    *at++ = 0xff; // jmp [rip + slot]
    *at++ = 0x25;
    write32(at, (uint8_t *)&slots[1] - (at + 4));
#else
    *at++ = 0xff; // inc dword [counter]
    *at++ = 0x05;
    write_pointer(at, counter);
    at += 4;
    at += move_instruction(at, entry, length, field, field_size);
    *at++ = 0xe9;
    write32(at, entry + length - (at + 4));
#endif
}

static void redirect(uint8_t *entry, uint8_t *detour)
{
#ifdef _WIN64
    enum { PAD = 6 };
    entry[-6] = 0xff; // jmp [rip + slot]
    entry[-5] = 0x25;
    write32(entry - 4, detour + DETOUR_SIZE - 16 - entry);
#else
    enum { PAD = 5 };
    entry[-5] = 0xe9;
    write32(entry - 4, detour - entry);
#endif
    entry[0] = 0xeb; // jmp short to the pad
    entry[1] = (uint8_t)(-PAD - 2);
}
#endif

static uint32_t next_number(char **at)
{
    uint32_t value = 0;
    while (**at == ' ' || **at == '\n' || **at == '\r')
        (*at)++;
    for (;; (*at)++) {
        char c = **at;
        if (c >= '0' && c <= '9')
            value = value * 16 + (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            value = value * 16 + (uint32_t)(c - 'a' + 10);
        else
            return value;
    }
}

// Room for detours, or a view of the counters' file, within the reach of 32-bit distances from the image.
static uint8_t *room_near(uint8_t *image, size_t size, handle mapping)
{
    for (uintptr_t distance = 0x4000000; distance < 0x60000000; distance += 0x1000000) {
        uint8_t *room = mapping ? MapViewOfFileEx(mapping, 2, 0, 0, size, image + distance)
                                : VirtualAlloc(image + distance, size, 0x3000, READ_WRITE_EXECUTE);
        if (room)
            return room;
    }
    fail(3);
    return NULL;
}

static void patch_function(uint8_t *image, char **at, uint8_t *detour, uint32_t *counter)
{
    uint8_t *entry = image + next_number(at);
    size_t length = next_number(at), field = next_number(at), field_size = next_number(at);
    unsigned old;
    if (!VirtualProtect(entry - 16, 32, READ_WRITE_EXECUTE, &old))
        fail(4);
    write_detour(detour, entry, length, field, field_size, counter);
    redirect(entry, detour);
    FlushInstructionCache(GetCurrentProcess(), detour, DETOUR_SIZE);
    FlushInstructionCache(GetCurrentProcess(), entry - 16, 32);
}

static void read_list(void)
{
    unsigned size = 0;
    handle file = CreateFileA("patch.list", 0x80000000u, 1, NULL, 3, 0, NULL);
    if (file == (handle)-1 || !ReadFile(file, list, LIST_SIZE - 1, &size, NULL))
        fail(5);
    CloseHandle(file);
}

static uint32_t *open_counts(uint8_t *image)
{
    size_t size = MOST_FUNCTIONS * sizeof(uint32_t);
    handle file = CreateFileA("patch.counts", 0xc0000000u, 3, NULL, 2, 0, NULL);
    handle mapping = CreateFileMappingA(file, NULL, READ_WRITE, 0, (unsigned)size, NULL);
    if (!mapping)
        fail(6);
    return (uint32_t *)room_near(image, size, mapping);
}

int patch_start(void)
{
    uint8_t *image = GetModuleHandleA(NULL);
    read_list();
    uint32_t *counts = open_counts(image);
    uint8_t *detours = room_near(image, (size_t)MOST_FUNCTIONS * DETOUR_SIZE, NULL);
    char *at = list;
    for (uint32_t i = 0; *at && i < MOST_FUNCTIONS; i++) {
        patch_function(image, &at, detours + (size_t)i * DETOUR_SIZE, &counts[i]);
        while (*at == '\n' || *at == '\r')
            at++;
    }
    return mainCRTStartup();
}
