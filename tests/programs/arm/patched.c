// What the emulator calls to patch `answer` while it is called: the sample's own patching code, and three calls in a
// row.
#include "../../../samples/patch-itself/answer.h"
#include "../../../samples/patch-itself/patch.h"

static struct patch patch;

__declspec(dllexport) int call_three_times(int n)
{
    int sum = 0;
    for (int i = 0; i < 3; i++)
        sum += answer(n, i, 1);
    return sum;
}

__declspec(dllexport) int call_once(int n)
{
    return answer(n, 2, 3);
}

__declspec(dllexport) int prepare(void *target)
{
    return patch_prepare(&patch, (void *)answer, target);
}

__declspec(dllexport) void apply(void)
{
    patch_apply(&patch);
}

__declspec(dllexport) void revert(void)
{
    patch_revert(&patch);
}

__declspec(dllexport) void finish(void)
{
    patch_finish(&patch);
}
