// The words of a .def file, one at a time.
#pragma once

#include "common/arena.h"
#include "common/text.h"

struct definition_token {
    enum definition_token_kind {
        DEFINITION_START, // nothing has been read yet
        DEFINITION_END,
        DEFINITION_WORD,
        DEFINITION_EQUAL,
        DEFINITION_EQUAL_EQUAL,
        DEFINITION_COMMA,
    } kind;
    struct text text; // without quotes
    unsigned line;    // from 1
    bool is_quoted, is_first_on_line;
};

struct definition_tokens {
    struct text rest; // behind `current`
    unsigned line;
    bool has_open_quote; // a quote was not closed on its line
    struct arena *arena;
    struct definition_token current;
};

// Reads the next token into `current`.
void definition_tokens_advance(struct definition_tokens *tokens);
// Goes on with the first token of the line behind the current token's.
void definition_tokens_skip_line(struct definition_tokens *tokens);
// Whether the token is this word, unquoted and in this case.
bool definition_token_is(const struct definition_token *token, struct text keyword);
