// What the tests of options share: a fresh struct options, what was said about it, and a folder for files.
#ifndef TESTS_UNIT_TEST_OPTIONS_H
#define TESTS_UNIT_TEST_OPTIONS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/diagnostics.h"
#include "linker/options/option_table.h"

struct fixture {
    struct options options;
    struct arena arena;
    struct diagnostics *diagnostics;
    FILE *stream;
    char *said; // of the last call of `messages`
    size_t said_size;
    bool was_read;
};

static inline int fixture_set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    unsetenv("LINK");
    unsetenv("_LINK_");
    unsetenv("LIB");
    f->stream = open_memstream(&f->said, &f->said_size);
    f->diagnostics = diagnostics_create("mylink", f->stream, 1);
    diagnostics_set_error_limit(f->diagnostics, 0);
    options_init(&f->options, &f->arena);
    *state = f;
    return 0;
}

static inline int fixture_tear_down(void **state)
{
    struct fixture *f = *state;
    fclose(f->stream);
    free(f->said);
    arena_release(&f->arena);
    free(f);
    return 0;
}

// All that was said so far.
static inline const char *messages(struct fixture *f)
{
    diagnostics_flush(f->diagnostics);
    fflush(f->stream);
    return f->said;
}

static inline void assert_said(struct fixture *f, const char *part)
{
    if (!strstr(messages(f), part))
        fail_msg("not said: \"%s\"\nbut:\n%s", part, messages(f));
}

static inline void assert_silent(struct fixture *f)
{
    if (messages(f)[0])
        fail_msg("unexpected:\n%s", messages(f));
}

// Reads a command line of these arguments.
#define read_arguments(f, ...)                                                                                         \
    read_argument_list((f), sizeof((char *[]){__VA_ARGS__}) / sizeof(char *), (char *[]){__VA_ARGS__})

static inline void read_argument_list(struct fixture *f, size_t count, char **arguments)
{
    f->was_read = options_read_command_line(&f->options, (int)count, arguments, &f->arena, f->diagnostics);
}

static inline void read_directives(struct fixture *f, const char *directives, const char *object)
{
    options_read_directives(&f->options, text_of(directives), text_of(object), &f->arena, f->diagnostics);
}

static inline void assert_text(struct text text, const char *expected)
{
    if (!text_equal(text, text_of(expected)))
        fail_msg("\"%.*s\" is not \"%s\"", TEXT_ARGUMENT(text), expected);
}

// The texts of a list, joined by '|'.
static inline void assert_texts(struct fixture *f, const text_array *list, const char *expected)
{
    struct text joined = TEXT("");
    for (size_t i = 0; i < list->count; i++)
        joined =
            text_format(&f->arena, "%.*s%s%.*s", TEXT_ARGUMENT(joined), i ? "|" : "", TEXT_ARGUMENT(list->items[i]));
    assert_text(joined, expected);
}

static inline void assert_inputs(struct fixture *f, const char *expected)
{
    text_array list = {0};
    for (size_t i = 0; i < f->options.inputs.count; i++)
        array_push(&f->arena, &list, f->options.inputs.items[i].path);
    assert_texts(f, &list, expected);
}

// --- files ---

static inline int folder_set_up(void **state)
{
    char name[] = "/tmp/mylink-options-XXXXXX";
    fixture_set_up(state);
    return mkdtemp(name) && chdir(name) == 0 ? 0 : -1;
}

static inline int folder_tear_down(void **state)
{
    char name[4096], command[8192];
    if (getcwd(name, sizeof name) && chdir("/") == 0 && strncmp(name, "/tmp/mylink-options-", 20) == 0) {
        snprintf(command, sizeof command, "rm -rf '%s'", name);
        if (system(command) != 0)
            return -1;
    }
    return fixture_tear_down(state);
}

static inline void write_bytes(const char *name, const void *data, size_t size)
{
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static inline void write_text(const char *name, const char *content)
{
    write_bytes(name, content, strlen(content));
}

#define fixture_test(function) cmocka_unit_test_setup_teardown(function, fixture_set_up, fixture_tear_down)
#define folder_test(function)  cmocka_unit_test_setup_teardown(function, folder_set_up, folder_tear_down)

#endif
