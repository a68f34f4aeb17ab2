// Names from files as they may be shown: the rule of write_escaped (diagnostics.h), for outputs that are not streams.
#pragma once

#include "common/text.h"

struct arena;

// `t` itself where nothing in it has to be escaped, which is nearly always; else a copy in the arena.
struct text text_escaped(struct arena *arena, struct text t);
