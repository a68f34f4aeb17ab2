// Import thunks: a jump through an entry of the import address table, the shape of which every linker and import
// library agrees on. They are functions: a patch of one redirects all callers of an import.
#pragma once

#include "common/pe_image.h"
#include "linker/patch/functions.h"

// Adds a tentative candidate for each place in code that has the shape of a thunk for an entry that exists, named as
// the import is.
bool image_thunks_add(struct examination *examination, const struct pe_image *image, struct pe_problem *problem);
