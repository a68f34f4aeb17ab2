#include "linker/output/output_path.h"

#include "linker/link.h"

struct text path_stem(struct text path)
{
    struct text name = text_file_name(path);
    size_t dot = text_find_last(name, '.');
    return dot < name.size && dot ? text_prefix(name, dot) : name;
}

struct text output_path_with_extension(struct link *link, const char *extension)
{
    struct text path = link->options.output;
    size_t folder = path.size - text_file_name(path).size;
    struct text stem = {path.data, folder + path_stem(path).size};
    return text_format(link_arena(link), "%.*s%s", TEXT_ARGUMENT(stem), extension);
}
