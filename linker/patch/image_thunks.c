// The shapes:
//
//     x86      FF 25 va            jmp [slot]
//     x64      FF 25 disp32        jmp [rip + slot]
//     ARM64    adrp x, slot / ldr y, [x, #slot] / br y
//     ARM      movw x, slot / movt x, slot / ldr.w pc, [x]
//
// A slot of that address has to be in the import or delay import tables, so that data and tail calls through other
// pointers are not taken for thunks. A tail call through an import is the same bytes: hence tentative, and only a
// direct branch to it makes it a function.
#include "linker/patch/image_thunks.h"

#include <stdlib.h>

#include "common/arm64_instructions.h"
#include "common/thumb_instructions.h"

struct import_slot {
    uint32_t rva;
    struct text name;
};

struct slot_table {
    array_of(struct import_slot) slots; // by RVA
};

static int compare_slots(const void *a, const void *b)
{
    const struct import_slot *left = a, *right = b;
    return left->rva < right->rva ? -1 : left->rva > right->rva;
}

static bool slots_read(struct slot_table *table, const struct pe_image *image, struct arena *arena,
                       struct pe_problem *problem)
{
    for (int is_delayed = 0; is_delayed < 2; is_delayed++) {
        struct pe_imports imports;
        struct pe_import import;
        if (is_delayed)
            pe_delay_imports_open(&imports, image);
        else
            pe_imports_open(&imports, image);
        while (pe_imports_next(&imports, &import)) {
            struct import_slot slot = {import.slot_rva, import.name};
            array_push(arena, &table->slots, slot);
        }
        *problem = imports.problem;
        if (problem->what)
            return false;
    }
    if (table->slots.count)
        qsort(table->slots.items, table->slots.count, sizeof *table->slots.items, compare_slots);
    return true;
}

static const struct import_slot *slot_at(const struct slot_table *table, uint64_t rva)
{
    size_t low = 0, high = table->slots.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->slots.items[middle].rva < rva)
            low = middle + 1;
        else
            high = middle;
    }
    return low < table->slots.count && table->slots.items[low].rva == rva ? &table->slots.items[low] : NULL;
}

static void add_thunk(struct examination *examination, const struct slot_table *table, uint64_t rva, uint64_t slot_rva,
                      uint32_t size)
{
    const struct import_slot *slot = slot_at(table, slot_rva);
    if (!slot)
        return;
    struct function_candidate candidate = {
        .rva = (uint32_t)rva,
        .size = size,
        .name = slot->name,
        .source = SOURCE_IMPORT_THUNK,
        .name_rank = NAME_EXPORT,
        .end_rank = END_SYMBOL,
        .is_tentative = true,
    };
    examination_add(examination, &candidate);
}

static void scan_x86(struct examination *examination, const struct slot_table *table,
                     const struct examined_section *section)
{
    if (section->size == 0)
        return;
    const uint8_t *at = section->data, *end = section->data + section->size;
    while (end - at >= 6 && (at = memchr(at, 0xff, (size_t)(end - at) - 5)) != NULL) {
        if (at[1] == 0x25) {
            uint64_t rva = section->rva + (uint64_t)(at - section->data);
            uint64_t slot = examination->machine == MACHINE_X64 ? rva + 6 + (uint64_t)(int64_t)(int32_t)load32(at + 2)
                                                                : load32(at + 2) - examination->image_base;
            add_thunk(examination, table, rva, slot, 6);
        }
        at++;
    }
}

static void scan_arm64(struct examination *examination, const struct slot_table *table,
                       const struct examined_section *section)
{
    for (uint32_t i = 0; section->size >= 12 && i <= section->size - 12; i += 4) {
        uint32_t branch = load32(section->data + i + 8), load = load32(section->data + i + 4);
        if ((branch & 0xfffffc1f) != 0xd61f0000 || (load & 0xffc00000) != 0xf9400000 ||
            (load & 31) != (branch >> 5 & 31))
            continue;
        uint32_t page_word = load32(section->data + i);
        struct instruction page = arm64_decode(page_word, section->rva + i);
        if ((page_word & 0x9f000000) != 0x90000000 || (page_word & 31) != (load >> 5 & 31))
            continue;
        add_thunk(examination, table, section->rva + i, page.reference + (uint64_t)(load >> 10 & 0xfff) * 8, 12);
    }
}

static void scan_arm(struct examination *examination, const struct slot_table *table,
                     const struct examined_section *section)
{
    for (uint32_t i = 0; section->size >= 12 && i <= section->size - 12; i += 2) {
        const uint8_t *at = section->data + i;
        if ((load16(at + 8) & 0xfff0) != 0xf8d0 || load16(at + 10) != 0xf000)
            continue;
        uint32_t address = thumb_pair_value((struct bytes){at, 8});
        if (address)
            add_thunk(examination, table, section->rva + i, address - examination->image_base, 12);
    }
}

bool image_thunks_add(struct examination *examination, const struct pe_image *image, struct pe_problem *problem)
{
    struct slot_table table = {0};
    if (!slots_read(&table, image, &examination->arenas[0], problem))
        return false;
    for (size_t i = 0; i < examination->section_count && table.slots.count; i++) {
        const struct examined_section *section = &examination->sections[i];
        if (!section->is_code)
            continue;
        switch (examination->machine) {
        case MACHINE_ARM: scan_arm(examination, &table, section); break;
        case MACHINE_ARM64: scan_arm64(examination, &table, section); break;
        default: scan_x86(examination, &table, section); break;
        }
    }
    return true;
}
