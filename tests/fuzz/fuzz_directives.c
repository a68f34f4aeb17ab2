// The text of an object's .drectve section.
#include "linker/options/option_table.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct diagnostics *diagnostics = fuzz_diagnostics();
    struct options options = {0};
    options_init(&options, &arena);
    options_read_directives(&options, (struct text){(const char *)data, size}, TEXT("fuzz.obj"), &arena, diagnostics);
    options_read_directives(&options, (struct text){(const char *)data, size}, TEXT("fuzz2.obj"), &arena, diagnostics);
    for (size_t i = 0; i < options.exports.count; i++)
        fuzz_read_text(options.exports.items[i].name);
    diagnostics_flush(diagnostics);
    diagnostics_release(diagnostics);
    arena_release(&arena);
    return 0;
}
