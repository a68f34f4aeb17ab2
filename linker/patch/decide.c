// What the sweep has found is turned into reasons here: first everything that a hit proves, serially, for hits are few;
// then each function by itself.
#include "linker/patch/decide.h"

#include "common/instruction.h"
#include "linker/patch/code.h"

// Whether code at `rva` belongs to the function: between its entry and its end, or in a part that says so.
static bool is_inside(const struct examination *examination, const struct patch_function *function, uint32_t rva)
{
    if (rva - function->rva < function->size)
        return true;
    size_t above = functions_upper_bound(examination, rva);
    if (above == 0)
        return false;
    const struct patch_function *around = &examination->functions[above - 1];
    return around->is_part && around->owner == function->rva && rva - around->rva < around->size;
}

// Something in the pad is named: only what is behind it stays free.
static void cut_pad(const struct examination *examination, struct patch_function *function, uint32_t target)
{
    uint32_t step = code_step(examination->machine);
    uint32_t used = target / step * step + step; // first RVA that is free again
    uint32_t left = used < function->rva ? function->rva - used : 0;
    if (left < function->pad_found)
        function->pad_found = left;
}

static void apply_hit(struct examination *examination, const struct branch_hit *hit)
{
    size_t above = functions_upper_bound(examination, hit->target);
    if (above < examination->function_count) {
        struct patch_function *next = &examination->functions[above];
        if (next->rva - hit->target <= next->pad_found)
            cut_pad(examination, next, hit->target);
    }
    if (above == 0)
        return;
    struct patch_function *function = &examination->functions[above - 1];
    uint32_t distance = hit->target - function->rva;
    if (distance >= function->replaced)
        return;
    bool is_jump = hit->kind == INSTRUCTION_JUMP || hit->kind == INSTRUCTION_CONDITIONAL_JUMP;
    if (distance == 0 && (is_jump || hit->kind == INSTRUCTION_CALL))
        function->is_tentative = false;
    if (distance != 0 || (is_jump && hit->source && is_inside(examination, function, hit->source)))
        function->reasons |= REASON_BIT(REASON_BRANCH_TO_ENTRY);
}

static void decide_function(const struct examination *examination, struct patch_function *function)
{
    unsigned reasons = function->reasons;
    if (!(reasons & REASONS_OF_POLICY) && function->pad_found < examination->pad_wanted)
        reasons |= REASON_BIT(REASON_NO_PAD);
    if (function->first_length == 0)
        reasons |= REASON_BIT(REASON_UNDECODABLE);
    else if (function->size < function->replaced)
        reasons |= REASON_BIT(REASON_TOO_SMALL);
    else if (function->first_length < function->replaced)
        reasons |= REASON_BIT(REASON_SHORT_ENTRY);
    if (!code_store_is_atomic(examination->machine, function->rva, function->replaced))
        reasons |= REASON_BIT(REASON_MISALIGNED);
    function->reasons = (uint16_t)reasons;
}

void decide_functions(struct examination *examination)
{
    for (size_t i = 0; i < examination->hits.count; i++)
        apply_hit(examination, &examination->hits.items[i]);
    functions_confirm(examination);
    size_t count = examination->function_count;
#pragma omp parallel for schedule(static, 1024) if (count > 8192)
    for (size_t i = 0; i < count; i++)
        decide_function(examination, &examination->functions[i]);
}

struct patch_totals decide_totals(const struct examination *examination)
{
    struct patch_totals totals = {.functions = examination->function_count, .image_bytes = examination->file_size};
    for (size_t i = 0; i < examination->function_count; i++) {
        const struct patch_function *function = &examination->functions[i];
        totals.ready += function->reasons == 0;
        totals.accepted += function->is_accepted;
        totals.accepted_ready += function->is_accepted && function->reasons == 0;
        for (int r = 0; r < REASON_COUNT; r++)
            totals.reasons[r] += function->reasons >> r & 1;
        totals.pad_bytes +=
            function->pad_found < examination->pad_wanted ? function->pad_found : examination->pad_wanted;
    }
    for (size_t i = 0; i < examination->section_count; i++)
        if (examination->sections[i].is_code)
            totals.code_bytes += examination->sections[i].size;
    return totals;
}

void totals_add(struct patch_totals *sum, const struct patch_totals *more)
{
    sum->functions += more->functions;
    sum->ready += more->ready;
    sum->accepted += more->accepted;
    sum->accepted_ready += more->accepted_ready;
    for (int r = 0; r < REASON_COUNT; r++)
        sum->reasons[r] += more->reasons[r];
    sum->pad_bytes += more->pad_bytes;
    sum->code_bytes += more->code_bytes;
    sum->image_bytes += more->image_bytes;
}
