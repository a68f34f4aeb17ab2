// @file: a file that holds arguments, on any number of lines (link.exe, "@ (Specify a Linker Response File)"). Build
// systems write one when a command line grows too long for Windows. A response file may name others; its path is
// relative to the current folder, as with link.exe. One that includes itself, by whatever name, is an error and so is
// a nest that multiplies without end.
#include "linker/options/option_table.h"

#include "common/file.h"
#include "common/unicode.h"

#define RESPONSE_FILE_DEPTH 64
#define RESPONSE_FILE_COUNT 10000 // in one command line: far beyond any build, far below what fills a machine

struct response_files {
    struct arena *arena;
    struct diagnostics *diagnostics;
    text_array *expanded;
    bool posix_quotes;
    unsigned depth, count;
    struct file open[RESPONSE_FILE_DEPTH]; // from the outermost to the one that is read
};

static bool response_file_enter(struct response_files *state, const struct file *file)
{
    state->count++;
    for (unsigned i = 0; i < state->depth; i++)
        if (state->open[i].device == file->device && state->open[i].inode == file->inode) {
            report_error(state->diagnostics, 1104, "response file '%.*s' includes itself", TEXT_ARGUMENT(file->path));
            return false;
        }
    if (state->depth == RESPONSE_FILE_DEPTH || state->count > RESPONSE_FILE_COUNT) {
        report_error(state->diagnostics, 1104, "too many nested response files at '%.*s'", TEXT_ARGUMENT(file->path));
        return false;
    }
    state->open[state->depth++] = *file;
    return true;
}

static bool response_file_read(struct response_files *state, struct text path);

static bool response_arguments_expand(struct response_files *state, const text_array *arguments)
{
    bool all_read = true;
    for (size_t i = 0; i < arguments->count && state->count <= RESPONSE_FILE_COUNT; i++) {
        struct text argument = arguments->items[i];
        if (argument.size > 1 && argument.data[0] == '@')
            all_read &= response_file_read(state, text_skip(argument, 1));
        else
            array_push(state->arena, state->expanded, argument);
    }
    return all_read;
}

static bool response_file_read(struct response_files *state, struct text path)
{
    struct file file = {0};
    if (!file_map(&file, path, state->arena, state->diagnostics) || !response_file_enter(state, &file))
        return false;
    struct text content = unicode_read_text_file(file.content, state->arena);
    text_array arguments = {0};
    if (state->posix_quotes)
        tokenize_posix(content, &arguments, state->arena);
    else
        tokenize_windows(content, &arguments, state->arena);
    bool all_read = response_arguments_expand(state, &arguments);
    state->depth--;
    return all_read;
}

bool response_files_expand(const text_array *arguments, text_array *expanded, bool posix_quotes, struct arena *arena,
                           struct diagnostics *diagnostics)
{
    struct response_files state = {
        .arena = arena, .diagnostics = diagnostics, .expanded = expanded, .posix_quotes = posix_quotes};
    return response_arguments_expand(&state, arguments);
}
