// The content of a .debug$S section.
#include "common/codeview.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct codeview_compile_record record;
    codeview_find_compile_record((struct bytes){data, size}, &record);
    return 0;
}
