// A response file, in either quoting: what stands in it becomes options. A name in it may be that of the file itself.
#include "linker/options/option_table.h"
#include "tests/fuzz/fuzz.h"

static void read_as_response_file(const char *quoting)
{
    struct arena arena = {0};
    struct diagnostics *diagnostics = fuzz_diagnostics();
    struct options options = {0};
    options_init(&options, &arena);
    const char *arguments[] = {"/lldignoreenv", quoting, text_format(&arena, "@%s/fuzz.rsp", fuzz_folder()).data};
    options_read_command_line(&options, 3, (char **)arguments, &arena, diagnostics);
    for (size_t i = 0; i < options.inputs.count; i++)
        fuzz_read_text(options.inputs.items[i].path);
    diagnostics_flush(diagnostics);
    diagnostics_release(diagnostics);
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_write_file("fuzz.rsp", (struct bytes){data, size});
    read_as_response_file("--rsp-quoting=windows");
    read_as_response_file("--rsp-quoting=posix");
    return 0;
}
