#include "linker/patch/examine.h"

#include <stdlib.h>

#include "common/parallel.h"
#include "linker/patch/image_functions.h"
#include "linker/patch/sweep.h"

struct examination *examine_begin(struct text path)
{
    struct arena first = {0};
    struct examination *examination = arena_new(&first, struct examination);
    size_t threads = (size_t)thread_limit();
    struct arena *arenas = arena_array(&first, struct arena, threads);
    examination->path = path;
    examination->arenas = arenas;
    arenas[0] = first; // holds its own record: released last, from a copy
    return examination;
}

void examine_release(struct examination *examination)
{
    for (size_t i = (size_t)thread_limit() - 1; i > 0; i--)
        arena_release(&examination->arenas[i]);
    struct arena first = examination->arenas[0];
    arena_release(&first);
}

bool examine_decide(struct examination *examination, const struct pe_image *image, struct pe_problem *problem)
{
    // One function for each entry, with its end and what stands before it.
    functions_settle(examination);

    // Which bytes matter: pads as far as they are fill, and the bytes to replace.
    sweep_entries(examination);
    if (!image_pointers_note(examination, image, problem))
        return false;

    // Who names one of those bytes.
    sweep_code(examination);

    decide_functions(examination);
    return true;
}
