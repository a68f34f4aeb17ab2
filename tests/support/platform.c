#include "tests/support/platform.h"

#include <stdlib.h>

const struct platform platform_x64 = {"x64", "x86_64-pc-windows-msvc", "x86_64-w64-mingw32", 0x8664, 8};
const struct platform platform_x86 = {"x86", "i686-pc-windows-msvc", "i686-w64-mingw32", 0x014c, 4};
const struct platform platform_arm64 = {"arm64", "aarch64-pc-windows-msvc", NULL, 0xaa64, 8};
const struct platform platform_arm = {"arm", "thumbv7-pc-windows-msvc", NULL, 0x01c4, 4};

const char *cache_folder(struct scratch *scratch)
{
    const char *given = getenv("MYLINK_CACHE"), *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (given && *given)
        return given;
    if (cache && *cache)
        return scratch_format(scratch, "%s/mylink", cache);
    return scratch_format(scratch, "%s/.cache/mylink", home ? home : "");
}

const char *platform_library_folder(struct scratch *scratch, const struct platform *platform)
{
    return scratch_format(scratch, "%s/libraries/%s", cache_folder(scratch), platform->name);
}
