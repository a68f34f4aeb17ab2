// Names of C++ as their authors wrote them. Microsoft's compilers, and those that follow them, put the type of what is
// named into its name ("decorate" it): `int f(int)` is "?f@@YAHH@Z" in an object. A message shows the former.
#pragma once

#include "common/text.h"

struct arena;

// "int __cdecl f(int)" of "?f@@YAHH@Z": a copy in the arena, in the very words of llvm-undname (which are those of
// lld-link's messages). What is no decorated C++ name, is malformed, says something that this reader does not know or
// would come out longer than anybody reads (64 KiB) is returned as it is.
struct text undecorate(struct arena *arena, struct text name);
