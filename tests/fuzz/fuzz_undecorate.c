// A decorated C++ name.
#include <stdlib.h>

#include "common/undecorate.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct text name = {(const char *)data, size};
    struct text readable = undecorate(&arena, name);
    fuzz_read_text(readable);
    if (!text_equal(readable, name) && (!size || data[0] != '?'))
        abort(); // what is no C++ name comes back as it is
    arena_release(&arena);
    return 0;
}
