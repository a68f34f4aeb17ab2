// The code of a section is cut into tasks at entries, so that decoding starts over at each function and whatever lies
// between two of them (tables, strings, fill) leads it astray no further than the next entry.
//
// Calls go to entries all the time, and a call may: it comes to a patched function as any caller does. So a call to an
// entry is no hit; a jump to one is, and decide.c asks whether it comes from inside. A call or a jump to any other
// guarded byte is a hit, as is an instruction that reaches into a pad from before it: bytes that look like fill may end
// an instruction.
//
// Two kinds of data are known and stepped over: a field that the loader relocates never begins an instruction, so a
// table of addresses on x86 is not decoded; a literal behind Thumb's table jumps is decoded as code and does little
// harm, as its branches hardly ever name guarded bytes.
#include "linker/patch/sweep.h"

#include <xxhash.h>

#include "common/coff.h"
#include "common/parallel.h"
#include "linker/patch/code.h"
#include "linker/patch/functions.h"
#include "linker/patch/sweep_filter.h"
#include "linker/time_report.h"

// Longest pad that is measured. A longer one is told as this long.
#define PAD_MEASURED 4096u

struct sweep_task {
    const struct examined_section *section;
    size_t first_function, last_function; // [first, last) have their entries in it
    uint32_t start, end;                  // RVAs
    array_of(struct branch_hit) hits;
};

// A thread's copy of the function that it decodes, in which the fields that depend on the place are zero.
struct masked_copy {
    uint8_t *bytes;
    size_t room;
};

struct sweep {
    struct examination *examination;
    struct sweep_task *task;
    struct arena *arena;
    struct masked_copy *masked;
};

static void set_bits(uint8_t *bits, uint32_t first, uint32_t count)
{
    for (uint32_t i = first; i < first + count; i++)
        bits[i >> 3] |= (uint8_t)(1u << (i & 7));
}

// Makes the bitmaps of code sections and marks what is guarded. Bits of neighbours share bytes, so this is not a
// parallel loop; it touches one bit a guarded byte.
static void mark_guarded(struct examination *examination)
{
    for (size_t i = 0; i < examination->section_count; i++) {
        struct examined_section *section = &examination->sections[i];
        if (!section->is_code)
            continue;
        size_t size = (size_t)section->size / 8 + 1;
        section->guarded = arena_allocate(&examination->arenas[0], 3 * size, 1);
        section->entries = section->guarded + size;
        section->relocated = section->entries + size;
    }
    for (size_t i = 0; i < examination->function_count; i++) {
        const struct patch_function *function = &examination->functions[i];
        if (function->is_part)
            continue;
        struct examined_section *section = &examination->sections[function->section];
        uint32_t offset = function->rva - section->rva;
        uint32_t behind = section->size - offset < function->replaced ? section->size - offset : function->replaced;
        set_bits(section->guarded, offset - function->pad_found, function->pad_found + behind);
        if (!function->is_tentative)
            set_bits(section->entries, offset, 1);
    }
}

void sweep_entries(struct examination *examination)
{
    size_t count = examination->function_count;
#pragma omp parallel for schedule(static, 512) if (count > 2048)
    for (size_t i = 0; i < count; i++) {
        struct patch_function *function = &examination->functions[i];
        const struct examined_section *section = &examination->sections[function->section];
        uint32_t offset = function->rva - section->rva;
        struct bytes code = {section->data + offset, section->size - offset};
        uint32_t measured = function->rva - function->floor;
        if (measured > PAD_MEASURED)
            measured = PAD_MEASURED / 4 * 4;
        function->first_length = code_decode(examination->machine, code, function->rva).length;
        function->replaced = (uint8_t)code_replaced_size(examination->machine);
        function->pad_found = code_fill_before(examination->machine, code.data - measured, code.data);
    }
    mark_guarded(examination);
}

void sweep_note_pointer(struct examination *examination, uint64_t site, uint64_t target)
{
    struct examined_section *section = examination_section_at(examination, site);
    if (section && section->is_code)
        set_bits(section->relocated, (uint32_t)(site - section->rva), 1);
    section = examination_section_at(examination, target);
    if (!section || !section->is_code)
        return;
    uint32_t offset = (uint32_t)(target - section->rva);
    if (!bit_is_set(section->guarded, offset) || bit_is_set(section->entries, offset))
        return;
    struct branch_hit hit = {0, (uint32_t)target, INSTRUCTION_OTHER};
    array_push(&examination->arenas[0], &examination->hits, hit);
}

static void add_hit(struct sweep *sweep, uint64_t source, uint64_t target, unsigned kind)
{
    struct branch_hit hit = {(uint32_t)source, (uint32_t)target, (uint8_t)kind};
    array_push(sweep->arena, &sweep->task->hits, hit);
}

static void look_at_address(struct sweep *sweep, uint64_t source, uint64_t target, unsigned kind)
{
    const struct examined_section *section = sweep->task->section;
    if (target - section->rva >= section->size) {
        section = examination_section_at(sweep->examination, target);
        if (!section || !section->is_code)
            return;
    }
    uint32_t offset = (uint32_t)(target - section->rva);
    if (!bit_is_set(section->guarded, offset))
        return;
    bool names_entry = bit_is_set(section->entries, offset);
    if (names_entry && kind != INSTRUCTION_JUMP && kind != INSTRUCTION_CONDITIONAL_JUMP)
        return;
    add_hit(sweep, source, target, kind);
}

static void look_at_instruction(struct sweep *sweep, const struct instruction *instruction, uint32_t rva, uint32_t end,
                                const struct patch_function *function)
{
    const struct examined_section *section = sweep->task->section;
    if (instruction->has_target)
        look_at_address(sweep, rva, instruction->target, instruction->kind);
    else if (instruction->has_reference)
        look_at_address(sweep, rva, instruction->reference, INSTRUCTION_OTHER);
    if (function && function->has_certain_end)
        return;
    uint32_t first = rva - section->rva, last = first + instruction->length - 1;
    if (last != first && rva + instruction->length <= end && bit_is_set(section->guarded, last) &&
        !bit_is_set(section->guarded, first))
        add_hit(sweep, rva, rva + instruction->length - 1, INSTRUCTION_OTHER);
}

// Zeroes the bytes of an instruction that depend on where it or its target lies. Branches inside the function stay as
// they are.
static void mask_instruction(struct sweep *sweep, const struct instruction *instruction, uint32_t offset,
                             const struct patch_function *function)
{
    if (!instruction->field_size)
        return;
    uint64_t named = instruction->has_target ? instruction->target : instruction->reference;
    if (named - function->rva < function->size)
        return;
    memset(sweep->masked->bytes + offset + instruction->field, 0, instruction->field_size);
}

// Zeroes the fields that the loader relocates: pointers, and the MOVW and MOVT pair of ARM.
static void mask_relocated(struct sweep *sweep, uint32_t rva, uint32_t size)
{
    const struct examined_section *section = sweep->task->section;
    uint16_t machine = sweep->examination->machine;
    uint32_t field = machine == MACHINE_X86 ? 4 : 8, start = rva - section->rva;
    for (uint32_t i = 0; i < size; i++) {
        if (((start + i) & 7) == 0 && section->relocated[(start + i) >> 3] == 0) {
            i += 7;
            continue;
        }
        if (bit_is_set(section->relocated, start + i))
            memset(sweep->masked->bytes + i, 0, size - i < field ? size - i : field);
    }
}

static uint8_t *room_for_masked(struct sweep *sweep, uint32_t size)
{
    struct masked_copy *masked = sweep->masked;
    if (size > masked->room) {
        masked->room = size * (size_t)2;
        masked->bytes = arena_allocate(sweep->arena, masked->room, 1);
    }
    return masked->bytes;
}

// Decodes [rva, end), a stretch without an entry inside. `function` begins it, or is NULL.
static void sweep_stretch(struct sweep *sweep, uint32_t rva, uint32_t end, struct patch_function *function)
{
    const struct examined_section *section = sweep->task->section;
    uint16_t machine = sweep->examination->machine;
    const uint8_t *data = section->data + (rva - section->rva);
    uint32_t body = function && function->size < end - rva ? function->size : function ? end - rva : 0;
    bool hashes = function && !sweep->examination->identity_of_link;
    bool is_x86 = machine == MACHINE_X86 || machine == MACHINE_X64;
    uint32_t stop = end; // where there is nothing left to find
    if (is_x86 && !hashes && function && function->has_certain_end)
        stop = sweep_last_suspect(sweep->examination, section, rva, end);
    if (hashes)
        memcpy(room_for_masked(sweep, body), data, body);
    for (uint32_t at = 0, size = end - rva; at < stop - rva;) {
        if (machine == MACHINE_X86 && bit_is_set(section->relocated, rva - section->rva + at)) {
            at += 4;
            continue;
        }
        struct instruction instruction = code_decode(machine, (struct bytes){data + at, size - at}, rva + at);
        if (!instruction.length) {
            at += code_step(machine);
            continue;
        }
        look_at_instruction(sweep, &instruction, rva + at, end, function);
        if (hashes && at + instruction.length <= body)
            mask_instruction(sweep, &instruction, at, function);
        at += instruction.length;
    }
    if (hashes) {
        mask_relocated(sweep, rva, body);
        XXH128_hash_t hash = XXH3_128bits(sweep->masked->bytes, body);
        function->identity[0] = hash.low64;
        function->identity[1] = hash.high64;
    }
}

static void run_task(struct examination *examination, struct sweep_task *task, struct masked_copy *masked)
{
    struct sweep sweep = {examination, task, &examination->arenas[thread_index()], &masked[thread_index()]};
    uint32_t rva = task->start;
    struct patch_function *function = NULL;
    for (size_t i = task->first_function; i < task->last_function; i++) {
        struct patch_function *next = &examination->functions[i];
        if (next->rva > rva)
            sweep_stretch(&sweep, rva, next->rva, function);
        rva = next->rva;
        function = next;
    }
    if (task->end > rva)
        sweep_stretch(&sweep, rva, task->end, function);
}

// Tasks of some 64 KiB of one section, cut at entries.
static size_t plan_tasks(const struct examination *examination, struct sweep_task *tasks, size_t room)
{
    const uint32_t wanted = 1 << 16;
    size_t count = 0, next = 0;
    for (size_t s = 0; s < examination->section_count; s++) {
        const struct examined_section *section = &examination->sections[s];
        if (!section->is_code || section->size == 0)
            continue;
        uint32_t section_end = section->rva + section->size, start = section->rva;
        while (start < section_end && count < room) {
            struct sweep_task *task = &tasks[count++];
            *task = (struct sweep_task){.section = section, .first_function = next, .start = start};
            uint32_t enough = section_end - start > wanted ? start + wanted : section_end;
            while (next < examination->function_count && examination->functions[next].rva < enough)
                next++;
            // The task goes on to the first entry behind.
            bool has_next = next < examination->function_count && examination->functions[next].rva < section_end;
            task->end = has_next ? examination->functions[next].rva : section_end;
            task->last_function = next;
            start = task->end;
        }
    }
    return count;
}

void sweep_code(struct examination *examination)
{
    struct arena *arena = &examination->arenas[0];
    size_t room = 0;
    for (size_t s = 0; s < examination->section_count; s++)
        if (examination->sections[s].is_code)
            room += (examination->sections[s].size >> 16) + 2;
    struct masked_copy *masked = arena_array(arena, struct masked_copy, (size_t)thread_limit());
    struct sweep_task *tasks = arena_array(arena, struct sweep_task, room);
    size_t count = plan_tasks(examination, tasks, room);

#pragma omp parallel for schedule(dynamic, 1) if (count > 2)
    for (size_t i = 0; i < count; i++) {
        uint64_t begin = time_slice_begin(examination->link);
        run_task(examination, &tasks[i], masked);
        time_slice_end(examination->link, begin, "decode", TEXT(""));
    }

    for (size_t i = 0; i < count; i++)
        for (size_t h = 0; h < tasks[i].hits.count; h++)
            array_push(arena, &examination->hits, tasks[i].hits.items[h]);
}
