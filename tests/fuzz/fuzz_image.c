// A PE image, examined as /PATCHCHECK does, report included.
#include "linker/patch/check_image.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct diagnostics *diagnostics = fuzz_diagnostics();
    fuzz_write_file("fuzz.exe", (struct bytes){data, size});
    struct checked_image image = {.path = fuzz_path(&arena, "fuzz.exe"), .file_size = size};
    struct check_request request = {.wants_report = true};
    check_image(&image, &request, &arena, diagnostics);
    fuzz_read_text(image.summary);
    diagnostics_flush(diagnostics);
    diagnostics_release(diagnostics);
    arena_release(&arena);
    return 0;
}
