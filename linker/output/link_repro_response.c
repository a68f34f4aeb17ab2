// The response file of a reproduction: the arguments as they were read, in their order, each on a line and quoted as
// the tokenizer unquotes it. Three kinds of options change: what names an input names its packed copy, what names an
// output loses its folder, and what says where to search is replaced by all the folders that were searched.
#include "common/file.h"
#include "common/text_buffer.h"
#include "linker/input/input.h"
#include "linker/link.h"
#include "linker/output/link_repro.h"

enum argument_role {
    ROLE_INPUT,      // value: a file that is read
    ROLE_INPUT_LIST, // value: "@file"
    ROLE_OUTPUT,     // value: a file that is written
    ROLE_DROPPED,
};

static const struct {
    const char *name;
    enum argument_role role;
} roles[] = {
    {"def", ROLE_INPUT},           {"defaultlib", ROLE_INPUT},
    {"manifestinput", ROLE_INPUT}, {"natvis", ROLE_INPUT},
    {"stub", ROLE_INPUT},          {"wholearchive", ROLE_INPUT},
    {"order", ROLE_INPUT_LIST},    {"patchreadyexcept", ROLE_INPUT_LIST},
    {"implib", ROLE_OUTPUT},       {"lldmap", ROLE_OUTPUT},
    {"manifestfile", ROLE_OUTPUT}, {"map", ROLE_OUTPUT},
    {"out", ROLE_OUTPUT},          {"patchreport", ROLE_OUTPUT},
    {"pdb", ROLE_OUTPUT},          {"pdbstripped", ROLE_OUTPUT},
    {"time-trace", ROLE_OUTPUT},   {"timetrace", ROLE_OUTPUT},
    {"libpath", ROLE_DROPPED},     {"linkrepro", ROLE_DROPPED},
    {"reproduce", ROLE_DROPPED},   {"rsp-quoting", ROLE_DROPPED}, // the file is quoted as Windows does it
};

// In quotes always: 2n backslashes and a quote are n backslashes and the end, so those before a quote or the end are
// doubled.
static void put_quoted(struct text_buffer *out, struct text t)
{
    text_buffer_put(out, TEXT("\""));
    size_t backslashes = 0;
    for (size_t i = 0; i <= t.size; i++) {
        // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): what has a size has data
        bool is_quote = i < t.size && t.data[i] == '"';
        if (i < t.size && t.data[i] == '\\') {
            backslashes++;
            continue;
        }
        for (size_t n = is_quote || i == t.size ? 2 * backslashes : backslashes; n > 0; n--)
            text_buffer_put(out, TEXT("\\"));
        backslashes = 0;
        if (i < t.size)
            text_buffer_put(out, is_quote ? TEXT("\\\"") : (struct text){t.data + i, 1});
    }
    text_buffer_put(out, TEXT("\"\n"));
}

// A name that is no file as it stands is left for the search, or for the same error.
static struct text packed_if_there(struct link_repro *repro, struct text path)
{
    return file_exists(path) ? link_repro_path(repro->arena, path) : path;
}

static struct text packed_value(struct link_repro *repro, enum argument_role role, struct text value)
{
    if (role == ROLE_OUTPUT)
        return text_file_name(value);
    if (role == ROLE_INPUT_LIST && text_starts_with(value, TEXT("@")))
        return text_format(repro->arena, "@%.*s", TEXT_ARGUMENT(packed_if_there(repro, text_skip(value, 1))));
    return packed_if_there(repro, value);
}

static void put_option(struct link_repro *repro, struct text_buffer *out, struct text argument)
{
    size_t dashes = text_starts_with(argument, TEXT("--")) ? 2 : 1;
    struct text body = text_skip(argument, dashes);
    size_t end = 0;
    while (end < body.size && body.data[end] != ':' && (dashes == 1 || body.data[end] != '='))
        end++;
    struct text name = text_prefix(body, end), value = text_skip(body, end + 1);
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        if (!text_equal_ignoring_case(name, text_of(roles[i].name)))
            continue;
        if (roles[i].role == ROLE_DROPPED)
            return;
        if (!value.size)
            break;
        size_t before = argument.size - value.size;
        put_quoted(out, text_format(repro->arena, "%.*s%.*s", (int)before, argument.data,
                                    TEXT_ARGUMENT(packed_value(repro, roles[i].role, value))));
        return;
    }
    put_quoted(out, argument);
}

static void put_input(struct link_repro *repro, struct text_buffer *out, struct text path)
{
    struct text found = input_find_file(repro->link, path, TEXT(".obj"));
    put_quoted(out, found.size ? link_repro_path(repro->arena, found) : path);
}

// The current folder is searched first, whether it is named or not; in the packed link another folder is current.
static void put_search(struct link_repro *repro, struct text_buffer *out)
{
    const struct options *options = &repro->link->options;
    put_quoted(out,
               text_format(repro->arena, "/libpath:%.*s", TEXT_ARGUMENT(link_repro_folder(repro->arena, TEXT(".")))));
    for (size_t i = 0; i < options->library_paths.count; i++)
        put_quoted(out, text_format(repro->arena, "/libpath:%.*s",
                                    TEXT_ARGUMENT(link_repro_folder(repro->arena, options->library_paths.items[i]))));
}

struct text link_repro_response(struct link_repro *repro)
{
    const struct options *options = &repro->link->options;
    struct text_buffer out = {.arena = repro->arena};
    put_search(repro, &out);
    // An argument that became an input is the very text that stands among the inputs, in the same order. So does the
    // value of /wholearchive, but that is part of an option.
    size_t next = 0;
    for (size_t i = 0; i < options->arguments.count; i++) {
        struct text argument = options->arguments.items[i];
        const char *input = next < options->inputs.count ? options->inputs.items[next].path.data : NULL;
        bool is_in_argument = input >= argument.data && input <= argument.data + argument.size;
        next += is_in_argument;
        if (is_in_argument && input == argument.data)
            put_input(repro, &out, argument);
        else
            put_option(repro, &out, argument);
    }
    return text_buffer_text(&out);
}
