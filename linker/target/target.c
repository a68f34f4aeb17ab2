// The machines that are linked for, and what they share.

#include "linker/target/target.h"

const struct target *target_of_machine(uint16_t machine)
{
    static const struct target *const targets[] = {&target_x64, &target_x86, &target_arm64, &target_arm};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        if (targets[i]->machine == machine)
            return targets[i];
    return NULL;
}

// A last instruction that does not fit is cut: behind it comes something else's start, and nothing gets there through
// code.
void target_fill(const struct target *target, uint8_t *out, size_t size)
{
    const struct pad_rule *pad = &target->pad;
    if (pad->fill_size == 1) {
        memset(out, pad->fill[0], size);
        return;
    }
    for (size_t i = 0; i < size; i += pad->fill_size)
        memcpy(out + i, pad->fill, size - i < pad->fill_size ? size - i : pad->fill_size);
}
