// A distance in an instruction is one byte or four, wherever the instruction begins, and the byte before it is the end
// of an opcode or a ModRM byte of the form [rip + distance]. So every byte, and every four bytes, of the stretch that
// stand behind such a byte are taken for a distance: where none of them leads to a guarded byte, no instruction does. A
// distance of four bytes counts from the instruction's end, which an immediate of 1, 2 or 4 bytes may put further off.
// That is a few operations a byte; most code is done with, and what is left is decoded.
//
// Entries of other functions are called all the time, so they are left out, as they are of hits; a jump to one from
// outside makes no difference to anybody. The entry of the stretch itself counts.
#include "linker/patch/sweep_filter.h"

#include "linker/patch/functions.h"

static bool is_hit(const struct examined_section *section, uint32_t offset, uint32_t own_entry)
{
    return offset < section->size && bit_is_set(section->guarded, offset) &&
           (offset == own_entry || !bit_is_set(section->entries, offset));
}

// JMP short, JCC short; LOOP and JCXZ.
static bool is_before_short_distance(uint8_t byte)
{
    return byte == 0xeb || (byte & 0xf0) == 0x70 || (byte & 0xfc) == 0xe0;
}

// How far behind a distance of four bytes an instruction can end. Behind CALL, JMP, the second byte of JCC and of
// XBEGIN: there and then. Behind a ModRM byte of an operand relative to RIP: 4 bytes, but none with LEA and MOV, which
// have no immediate. -1: no distance stands here.
static int most_behind(const uint8_t *distance)
{
    uint8_t byte = distance[-1];
    if ((byte & 0xc7) == 0x05)
        return distance[-2] == 0x8d || distance[-2] == 0x8b || distance[-2] == 0x89 ? 0 : 4;
    return (byte & 0xfe) == 0xe8 || (byte & 0xf0) == 0x80 || byte == 0xf8 ? 0 : -1;
}

// The place behind the last suspect among [from, to), or 0.
static uint32_t short_suspect(const struct examined_section *section, uint32_t from, uint32_t to, uint32_t own_entry)
{
    for (uint32_t at = to; at > from; at--) {
        int32_t distance = (int8_t)section->data[at - 1];
        if (is_before_short_distance(section->data[at - 2]) && is_hit(section, at + (uint32_t)distance, own_entry))
            return at;
    }
    return 0;
}

// Guarded bytes are at both ends of the stretch, so only what is near them can reach one by a distance of one byte.
static uint32_t last_short_suspect(const struct examined_section *section, uint32_t first, uint32_t end)
{
    const uint32_t reach = 128, replaced = 4;
    uint32_t pad = end; // of the next entry
    while (pad > first && bit_is_set(section->guarded, pad - 1))
        pad--;
    uint32_t head_end = end - first > reach + replaced ? first + reach + replaced : end;
    uint32_t tail = pad - first > reach ? pad - reach : first + 1;
    uint32_t suspect = short_suspect(section, tail, end, first);
    if (suspect || tail <= first + 1)
        return suspect;
    return short_suspect(section, first + 1, head_end < tail ? head_end : tail, first);
}

static bool target_may_hit(const struct examination *examination, const struct examined_section *section,
                           uint32_t target, uint32_t own_entry)
{
    if (target - section->rva < section->size)
        return is_hit(section, target - section->rva, own_entry);
    const struct examined_section *other = examination_section_at(examination, target);
    return other && other->is_code && is_hit(other, target - other->rva, UINT32_MAX);
}

static uint32_t last_long_suspect(const struct examination *examination, const struct examined_section *section,
                                  uint32_t first, uint32_t end)
{
    uint32_t low = examination->code_start - 4, span = examination->code_end - low, suspect = 0;
    for (uint32_t at = first + 1; at + 4 <= end; at++) {
        uint32_t target = section->rva + at + 4 + load32(section->data + at);
        if (target - low >= span)
            continue;
        int most = at >= first + 2 ? most_behind(section->data + at) : 4;
        for (int behind = 0; behind <= most; behind += behind ? behind : 1) // 0, 1, 2, 4
            if (target_may_hit(examination, section, target + (uint32_t)behind, first))
                suspect = at + 4;
    }
    return suspect;
}

uint32_t sweep_last_suspect(const struct examination *examination, const struct examined_section *section, uint32_t rva,
                            uint32_t end)
{
    uint32_t first = rva - section->rva, last = end - section->rva;
    uint32_t near = last_short_suspect(section, first, last);
    uint32_t far = last_long_suspect(examination, section, first, last);
    uint32_t suspect = near > far ? near : far;
    return suspect ? section->rva + suspect : rva;
}
