// Merging of manifests.
#pragma once

#include "common/text.h"

struct link;

// `base` with the files of /MANIFESTINPUT merged into it, in order. Errors are reported and leave out the file that has
// them.
struct text manifest_merge(struct link *link, struct text base);
