// A line of arguments, cut up as a Windows program would find it in argv ("Parsing C command-line arguments",
// Microsoft C language reference): blanks separate, double quotes hold blanks together, and a backslash is an
// ordinary character unless a quote follows its run. 2n of them before a quote are n and the quote opens or closes;
// 2n+1 are n and the quote is a character. Two quotes in a row inside quotes are one quote character.
//
//      /OUT:"a b.exe"      ->  /OUT:a b.exe            "C:\lib\\" x   ->  C:\lib\ and x
//      /D:\"q\"            ->  /D:"q"                  C:\a\b         ->  C:\a\b
//
// Response files, LINK, _LINK_ and .drectve sections are all read this way. NUL is a blank: directives are padded
// with it.
#include "linker/options/option_table.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f' || c == '\0';
}

// Where a token without its quotes goes; with no data it is only measured.
struct token_buffer {
    char *data;
    size_t size;
};

static void token_append(struct token_buffer *buffer, const char *data, size_t size)
{
    if (buffer->data)
        memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
}

// Copies a token that has quotes to take out; returns how many characters of `t` it took.
static size_t token_unquote(struct text t, struct token_buffer *buffer)
{
    bool is_quoted = false;
    size_t i = 0;
    for (;;) {
        size_t start = i;
        while (i < t.size && t.data[i] != '"' && t.data[i] != '\\' && (is_quoted || !is_blank(t.data[i])))
            i++;
        token_append(buffer, t.data + start, i - start);
        if (i == t.size || is_blank(t.data[i]))
            return i;

        start = i;
        while (i < t.size && t.data[i] == '\\')
            i++;
        size_t backslashes = i - start;
        if (i == t.size || t.data[i] != '"') {
            token_append(buffer, t.data + start, backslashes);
            continue;
        }
        token_append(buffer, t.data + start, backslashes / 2);
        bool is_doubled = is_quoted && i + 1 < t.size && t.data[i + 1] == '"';
        if (backslashes % 2 || is_doubled)
            token_append(buffer, "\"", 1);
        else
            is_quoted = !is_quoted;
        i += backslashes % 2 == 0 && is_doubled ? 2 : 1;
    }
}

bool token_next(struct text *rest, struct text *token, struct arena *arena)
{
    size_t start = 0;
    while (start < rest->size && is_blank(rest->data[start]))
        start++;
    struct text t = text_skip(*rest, start);
    size_t end = 0;
    while (end < t.size && !is_blank(t.data[end]) && t.data[end] != '"')
        end++;
    if (end < t.size && t.data[end] == '"') {
        struct token_buffer measured = {NULL, 0};
        end = token_unquote(t, &measured);
        struct token_buffer copy = {arena_allocate(arena, measured.size, 1), 0};
        token_unquote(t, &copy);
        *token = (struct text){copy.data, copy.size};
    } else {
        *token = text_prefix(t, end);
    }
    *rest = text_skip(t, end);
    return end > 0;
}

void tokenize_windows(struct text line, text_array *tokens, struct arena *arena)
{
    struct text token;
    while (token_next(&line, &token, arena))
        array_push(arena, tokens, token);
}

void tokenize_posix(struct text line, text_array *tokens, struct arena *arena)
{
    char *room = arena_allocate(arena, line.size, 1); // all tokens together are no longer than the line
    size_t i = 0;
    for (;;) {
        while (i < line.size && is_blank(line.data[i]))
            i++;
        if (i == line.size)
            return;
        struct token_buffer token = {room, 0};
        char quote = 0;
        for (; i < line.size && (quote || !is_blank(line.data[i])); i++) {
            char c = line.data[i];
            if (c == '\\' && quote != '\'' && i + 1 < line.size)
                token_append(&token, &line.data[++i], 1);
            else if (quote ? c == quote : c == '"' || c == '\'')
                quote = quote ? 0 : c;
            else
                token_append(&token, &line.data[i], 1);
        }
        array_push(arena, tokens, ((struct text){token.data, token.size}));
        room += token.size;
    }
}
