// From candidates to verdicts: the passes that a link and /PATCHCHECK share, in their order.
#pragma once

#include "common/pe_image.h"
#include "linker/patch/decide.h"

// An empty examination with arenas of its own, which examine_release gives back with everything in them.
struct examination *examine_begin(struct text path);
void examine_release(struct examination *examination);

// Once all candidates are there: makes the functions, sweeps the code, decides. False, with the problem, where the
// image lies about its base relocations.
bool examine_decide(struct examination *examination, const struct pe_image *image, struct pe_problem *problem);
