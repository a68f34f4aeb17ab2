// Names out of a map file beside an image: program.map of program.exe, as link.exe, lld-link and mylink write it.
#pragma once

#include "common/pe_image.h"
#include "linker/patch/functions.h"

struct diagnostics;

// Adds the functions of the map file beside examination->path, where there is one. One that belongs to another build
// (its time stamp is not the image's) is left aside with a warning; one of another form is left aside.
void map_names_add(struct examination *examination, const struct pe_image *image, struct diagnostics *diagnostics);
