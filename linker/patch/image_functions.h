// What an image by itself says about its functions: unwind data, exports, entry point, guard tables, import thunks,
// and, where it was not stripped, its COFF symbol table.
#pragma once

#include "common/pe_image.h"
#include "linker/patch/functions.h"

// Sets up the examination's sections and constants from the image. False, with the problem, where several sections of
// code claim the same bytes of the file, or the machine is not one of the four.
bool image_examine(struct examination *examination, const struct pe_image *image, struct pe_problem *problem);

// Adds the candidates that the image's tables name. `with_symbols`: its COFF symbol table too. False, with the problem,
// where a table lies.
bool image_functions_add(struct examination *examination, const struct pe_image *image, bool with_symbols,
                         struct pe_problem *problem);

// Tells the sweep which fields the loader relocates and where they point. Between sweep_entries and sweep_code.
bool image_pointers_note(struct examination *examination, const struct pe_image *image, struct pe_problem *problem);
