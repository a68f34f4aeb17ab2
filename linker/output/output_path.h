// Names of what is written beside the image.
#pragma once

#include "common/text.h"

struct link;

// The image's path with another extension: "dir/app.exe" and ".map" give "dir/app.map".
struct text output_path_with_extension(struct link *link, const char *extension);

// A path without its folder and without its extension: "dir/a.b.dll" gives "a.b".
struct text path_stem(struct text path);
