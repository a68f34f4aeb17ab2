// A .res file, and the tree that the linker makes of it: the whole way into an image.
#include "common/resource.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct resource resource;
    const char *error;
    size_t offset = 0;
    while (resource_next((struct bytes){data, size}, &offset, &resource, &error)) {
        fuzz_read_all(resource.type.name);
        fuzz_read_all(resource.name.name);
        fuzz_read_all(resource.data);
    }
    return 0;
}
