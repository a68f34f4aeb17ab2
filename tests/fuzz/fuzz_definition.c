// A module-definition file.
#include "linker/options/option_table.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct diagnostics *diagnostics = fuzz_diagnostics();
    struct options options = {0};
    options_init(&options, &arena);
    definition_text_read(&options, (struct text){(const char *)data, size}, TEXT("fuzz.def"), &arena, diagnostics);
    for (size_t i = 0; i < options.exports.count; i++) {
        fuzz_read_text(options.exports.items[i].name);
        fuzz_read_text(options.exports.items[i].forward_to);
    }
    diagnostics_flush(diagnostics);
    diagnostics_release(diagnostics);
    arena_release(&arena);
    return 0;
}
