// Section names of MinGW's compilers.
#pragma once

#include "common/text.h"

struct link;
struct section;

// The name under which a MinGW object's section is grouped: ".text.startup" is ".text$.startup", ".ctors.00123" is
// ".ctors$200123".
struct text mingw_section_name(struct link *link, const struct section *section);

// Whether it is the end of the list that unwinders read, which an empty entry marks.
bool mingw_section_is_list_end(const struct section *section);
