// Redirecting a function while other threads run it. The bytes differ per machine and stand in patch.c; the order of
// the two writes does not:
//
//   1. A jump to the new version is written into the pad, the free bytes right before the function. Nothing executes
//      those yet, so this write may take as long as it likes.
//   2. The first instruction is replaced by a short branch back into the pad, in one store. A thread sees the old
//      instruction or the branch, never half of each.
//
// Going back is one store as well: the old instruction. The pad keeps its jump, because a thread may have taken the
// branch and not yet the jump.
#pragma once

#include <stdbool.h>

struct patch {
    void *function;          // entry of the function to redirect: where its first byte is
    void *target;            // where it goes instead; read by the jump itself on machines that jump through memory
    unsigned old_entry;      // the bytes that the branch replaces
    unsigned branch;         // the branch, as the integer that is stored
    unsigned old_protection; // of the pages that are written
};

// Checks that `function` has a pad and an entry that can be replaced, makes its pages writable and writes the jump.
// `patch` must be a static variable of the program: the jump may read it, from no further than 2 GB, for as long as the
// program runs. Prints the reason and returns false where it cannot be done.
bool patch_prepare(struct patch *patch, void *function, void *target);

// The one store, and the one store back.
void patch_apply(struct patch *patch);
void patch_revert(struct patch *patch);

// Gives the pages their protection back.
void patch_finish(struct patch *patch);
