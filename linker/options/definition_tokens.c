// The words of a .def file (link.exe, "Rules for Module-Definition Statements"): separated by blanks and newlines,
// held together by double quotes, with ';' up to the end of a line for comments. '=' and ',' stand for themselves;
// '==' is GNU's. A word in quotes is never a keyword: that is how a function called DATA is exported.
#include "linker/options/definition_tokens.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}

static bool ends_word(char c)
{
    return is_blank(c) || c == '=' || c == ',' || c == ';' || c == '"' || c == '\0';
}

// Skips blanks and comments; whether a newline was among them.
static bool skip_blanks(struct definition_tokens *tokens)
{
    bool has_newline = false;
    while (tokens->rest.size) {
        char c = tokens->rest.data[0];
        if (c == ';')
            tokens->rest = text_skip(tokens->rest, text_find(tokens->rest, '\n'));
        else if (is_blank(c) || c == '\0')
            tokens->rest = text_skip(tokens->rest, 1);
        else
            break;
        if (c == '\n') {
            tokens->line++;
            has_newline = true;
        }
    }
    return has_newline;
}

// A word of quoted and plain parts: "api-ms-win-core.dll".CreateFileW is one. A quote that never closes ends with its
// line.
static struct text read_word(struct definition_tokens *tokens, bool *is_quoted)
{
    struct text *rest = &tokens->rest;
    if (rest->data[0] != '"') {
        size_t size = 0;
        while (size < rest->size && !ends_word(rest->data[size]))
            size++;
        struct text word = text_prefix(*rest, size);
        *rest = text_skip(*rest, size);
        return word;
    }
    *is_quoted = true;
    *rest = text_skip(*rest, 1);
    size_t line_end = text_find(*rest, '\n');
    size_t close = text_find(text_prefix(*rest, line_end), '"');
    tokens->has_open_quote |= close == line_end;
    struct text word = text_prefix(*rest, close);
    *rest = text_skip(*rest, close + (close < line_end));
    if (rest->size && rest->data[0] == '.') {
        bool is_tail_quoted = false;
        struct text tail = read_word(tokens, &is_tail_quoted);
        word = text_format(tokens->arena, "%.*s%.*s", TEXT_ARGUMENT(word), TEXT_ARGUMENT(tail));
    }
    return word;
}

void definition_tokens_advance(struct definition_tokens *tokens)
{
    struct definition_token *token = &tokens->current;
    bool is_first = skip_blanks(tokens) || token->kind == DEFINITION_START;
    *token = (struct definition_token){.kind = DEFINITION_END, .line = tokens->line, .is_first_on_line = is_first};
    if (tokens->rest.size == 0)
        return;
    char c = tokens->rest.data[0];
    if (c == '=') {
        bool is_double = tokens->rest.size > 1 && tokens->rest.data[1] == '=';
        token->kind = is_double ? DEFINITION_EQUAL_EQUAL : DEFINITION_EQUAL;
        token->text = text_prefix(tokens->rest, is_double ? 2 : 1);
        tokens->rest = text_skip(tokens->rest, token->text.size);
    } else if (c == ',') {
        token->kind = DEFINITION_COMMA;
        token->text = text_prefix(tokens->rest, 1);
        tokens->rest = text_skip(tokens->rest, 1);
    } else {
        struct text start = tokens->rest;
        token->kind = DEFINITION_WORD;
        token->text = read_word(tokens, &token->is_quoted);
        // "STUB:file" is the one statement with a colon, and blanks around it are optional.
        if (is_first && !token->is_quoted && text_starts_with(token->text, TEXT("STUB:"))) {
            token->text = text_prefix(start, 4);
            tokens->rest = text_skip(start, 4);
        }
    }
}

void definition_tokens_skip_line(struct definition_tokens *tokens)
{
    if (tokens->line == tokens->current.line) // else the next token has been read from another line already
        tokens->rest = text_skip(tokens->rest, text_find(tokens->rest, '\n'));
    definition_tokens_advance(tokens);
}

bool definition_token_is(const struct definition_token *token, struct text keyword)
{
    return token->kind == DEFINITION_WORD && !token->is_quoted && text_equal(token->text, keyword);
}
