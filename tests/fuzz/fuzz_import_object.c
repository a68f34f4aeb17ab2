// A short import object.
#include "common/import_object.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct import_object import;
    if (!import_object_parse((struct bytes){data, size}, &import)) {
        fuzz_read_text(import.symbol);
        fuzz_read_text(import.dll);
        fuzz_read_text(import.exported_name);
    }
    return 0;
}
