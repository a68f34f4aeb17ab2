// LINK holds arguments that come before those of the command line, _LINK_ some that come after (link.exe, "LINK
// environment variables"), and LIB the folders that are searched for libraries behind those of /LIBPATH. LIB's
// folders are separated by ';' on every host: a ':' belongs to a drive or to a file's name.
#include "linker/options/option_table.h"

#include <stdlib.h>

void environment_add_arguments(const char *variable, text_array *arguments, struct arena *arena)
{
    const char *value = getenv(variable);
    if (value)
        tokenize_windows(text_copy(arena, text_of(value)), arguments, arena);
}

void environment_add_library_paths(struct options *options, struct arena *arena)
{
    const char *value = getenv("LIB");
    if (!value)
        return;
    struct text rest = text_copy(arena, text_of(value));
    while (rest.size) {
        struct text folder = text_trim(text_split(&rest, ';'));
        if (folder.size >= 2 && folder.data[0] == '"' && folder.data[folder.size - 1] == '"')
            folder = text_prefix(text_skip(folder, 1), folder.size - 2);
        if (folder.size)
            array_push(arena, &options->library_paths, folder);
    }
}
