// Default libraries and where files are looked for: the rules behind /DEFAULTLIB, /NODEFAULTLIB, /LIBPATH and LIB.
#pragma once

#include "linker/input/input.h"

// Whether /NODEFAULTLIB (with or without this name) keeps the library out.
bool default_library_is_excluded(const struct link *link, struct text name);
