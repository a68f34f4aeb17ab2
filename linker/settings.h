// What a run is before its first pass, and the choices that need inputs as well as options.
#pragma once

#include "linker/link.h"

// A link with its arenas, diagnostics and default options.
struct link *link_create(const char *program_name);

// Once inputs are known: there is something to link, and its machine is known. False, having said so, where it is not.
bool machine_settle(struct link *link);

// Once no directive can change an option any more: defaults that depend on others, the image's base, names of outputs.
void settings_settle(struct link *link);

// The passes: link.c. From options to outputs that are written aside; false, having said why, where the link failed.
bool link_image(struct link *link);
// The last of them: what was written aside is put in place. A link that failed (`ok` is false) leaves what tells of it,
// and nothing else. False where the link, or this, failed.
bool link_finish(struct link *link, bool ok);
