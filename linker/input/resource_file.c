// .res inputs are kept as they are until the tree is built: then all names and languages are known and duplicates can
// be told.
#include "linker/input/resource_file.h"

#include "linker/link.h"

void resource_file_add(struct link *link, struct text path, struct bytes content)
{
    struct arena *arena = link_arena(link);
    struct resource_file *file = arena_new(arena, struct resource_file);
    *file = (struct resource_file){path, content};
    array_push(arena, &link->resources, file);
}
