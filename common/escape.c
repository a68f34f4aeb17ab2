#include "common/escape.h"

#include "common/arena.h"
#include "common/diagnostics.h"

#include <stdio.h>
#include <stdlib.h>

static bool is_plain(struct text t)
{
    for (size_t i = 0; i < t.size; i++) {
        unsigned char c = (unsigned char)t.data[i];
        if (c < 0x20 || c >= 0x7f)
            return false;
    }
    return true;
}

struct text text_escaped(struct arena *arena, struct text t)
{
    if (is_plain(t))
        return t;
    char *memory = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&memory, &size);
    if (!stream)
        out_of_memory();
    write_escaped(stream, t.data, t.size);
    if (fclose(stream) != 0)
        out_of_memory();
    struct text out = text_copy(arena, (struct text){memory, size});
    free(memory);
    return out;
}
