#ifndef TESTS_SUPPORT_PLATFORM_H
#define TESTS_SUPPORT_PLATFORM_H

#include <stdint.h>

#include "tests/support/scratch.h"

// A machine that images are made for, with what it takes to compile, link and run there.
struct platform {
    const char *name;         // as `run-image` and /MACHINE: call it: "x64", "x86", "arm64", "arm"
    const char *clang_target; // of clang-cl --target=
    const char *mingw;        // prefix of the MinGW tools, "x86_64-w64-mingw32"; NULL where there are none
    uint16_t coff_machine;    // the Machine field of objects and images (PE format, "Machine Types")
    uint32_t pointer_size;    // bytes
};

extern const struct platform platform_x64, platform_x86, platform_arm64, platform_arm;

// The folder that the run-time set-up fills (tests/environment/make-folders), outside the repository.
const char *cache_folder(struct scratch *scratch);

// The folder with Wine's import libraries for `platform`: libkernel32.a, libucrtbase.a, libntdll.a, ….
const char *platform_library_folder(struct scratch *scratch, const struct platform *platform);

#endif
