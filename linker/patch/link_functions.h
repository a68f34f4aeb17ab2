// What a link knows about the functions of the image it has written, beyond what the image says: symbols of every
// object, CodeView procedure records, thunks of its own, who was folded into whom, and which objects are accepted.
#pragma once

#include "linker/patch/functions.h"

struct link;

// Adds a candidate for each function of the objects and of the linker itself. Parallel over objects.
void link_functions_add(struct examination *examination, struct link *link);

// Gives each function that lies in a section of an object its identity: XXH3-128 of its bytes as the object has them,
// the fields that relocations change zero. Others keep an identity of zero. Parallel over functions.
void link_identities_make(struct examination *examination, const struct link *link);
