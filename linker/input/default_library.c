// Default libraries and the search for files (link.exe, "/DEFAULTLIB", "/NODEFAULTLIB", "/LIBPATH"): a name is tried as
// it is written, then in each /LIBPATH folder and each folder of LIB; ".lib" is implied. Names that differ in case only
// are one library, and on this host's case-sensitive file systems "KERNEL32.LIB" in an object has to find
// "kernel32.lib", so lower case is tried as well.
#include "linker/input/default_library.h"

#include "common/file.h"
#include "linker/link.h"

static struct text library_base_name(struct text name)
{
    name = text_file_name(name);
    if (text_ends_with_ignoring_case(name, TEXT(".lib")))
        name.size -= 4;
    return name;
}

bool default_library_is_excluded(const struct link *link, struct text name)
{
    return options_exclude_default_library(&link->options, name);
}

void input_add_default_library(struct link *link, struct text name)
{
    struct input_request request = {.path = name, .is_default_library = true};
    array_push(link_arena(link), &link->options.inputs, request);
}

static struct text find_in_folder(struct link *link, struct text folder, struct text name)
{
    struct arena *arena = link_arena(link);
    if (folder.size) {
        const char *slash = text_ends_with(folder, TEXT("/")) ? "" : "/";
        name = text_format(arena, "%.*s%s%.*s", TEXT_ARGUMENT(folder), slash, TEXT_ARGUMENT(name));
    }
    return file_exists(name) ? name : (struct text){NULL, 0};
}

static struct text find_in_all_folders(struct link *link, struct text name)
{
    struct text found = find_in_folder(link, (struct text){NULL, 0}, name);
    bool is_plain = text_find(name, '/') == name.size;
    for (size_t i = 0; !found.size && is_plain && i < link->options.library_paths.count; i++)
        found = find_in_folder(link, link->options.library_paths.items[i], name);
    return found;
}

// The spellings under which a name may lie on disk, in the order in which they are tried; returns how many.
static size_t name_spellings(struct link *link, struct text name, struct text extension, struct text out[8])
{
    struct arena *arena = link_arena(link);
    size_t count = 0;
    struct text file_name = text_file_name(name);
    out[count++] = name;
    if (text_find(file_name, '.') == file_name.size)
        out[count++] = text_format(arena, "%.*s%.*s", TEXT_ARGUMENT(name), TEXT_ARGUMENT(extension));
    // lld's MinGW mode: "foo.lib" stands for libfoo.a where there is no such file.
    if (link->options.mingw && text_equal(file_name, name)) {
        struct text base = library_base_name(name);
        out[count++] = text_format(arena, "lib%.*s.dll.a", TEXT_ARGUMENT(base));
        out[count++] = text_format(arena, "lib%.*s.a", TEXT_ARGUMENT(base));
    }
    size_t written = count;
    for (size_t i = 0; i < written; i++) {
        struct text folder = text_prefix(out[i], out[i].size - text_file_name(out[i]).size);
        struct text lower = text_lower(arena, text_file_name(out[i]));
        if (!text_equal(lower, text_file_name(out[i])))
            out[count++] = text_format(arena, "%.*s%.*s", TEXT_ARGUMENT(folder), TEXT_ARGUMENT(lower));
    }
    return count;
}

struct text input_find_file(struct link *link, struct text name, struct text extension)
{
    struct text spellings[8];
    size_t count = name_spellings(link, name, extension, spellings);
    for (size_t i = 0; i < count; i++) {
        struct text found = find_in_all_folders(link, spellings[i]);
        if (found.size)
            return found;
    }
    return (struct text){NULL, 0};
}
