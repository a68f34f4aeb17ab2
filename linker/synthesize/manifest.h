// The manifest, for the image (resources) and for a file beside it (output/).
#pragma once

#include "common/text.h"

struct link;

// The XML that /MANIFEST, /MANIFESTUAC, /MANIFESTDEPENDENCY and /MANIFESTINPUT ask for, UTF-8, whether or not it is to
// be embedded. An input that can't be merged is reported, and the text is without it.
struct text manifest_text(struct link *link);
