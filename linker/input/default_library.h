// Default libraries and where files are looked for: the rules behind /DEFAULTLIB, /NODEFAULTLIB, /LIBPATH and LIB.
#pragma once

#include "linker/input/input.h"

// Whether /NODEFAULTLIB (with or without this name) keeps the library out.
bool default_library_is_excluded(const struct link *link, struct text name);

// Library names as options compare them: the file's name, ".lib" implied, ASCII case ignored.
bool default_library_names_equal(struct text a, struct text b);
