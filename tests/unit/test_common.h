// What the tests of common/ share: a folder, an arena, diagnostics that can be read, and ways to damage a file.
#ifndef TESTS_UNIT_TEST_COMMON_H
#define TESTS_UNIT_TEST_COMMON_H

#include "tests/support/checks.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/arena.h"
#include "common/diagnostics.h"
#include "common/parallel.h"
#include "common/text.h"
#include "tests/support/folder.h"
#include "tests/support/process.h"

struct fixture {
    struct scratch scratch;
    struct arena arena;
    struct diagnostics *diagnostics;
    FILE *stream;
    char *said;
    size_t said_size;
    char *folder;
};

static inline int fixture_set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->stream = open_memstream(&f->said, &f->said_size);
    f->diagnostics = diagnostics_create("mylink", f->stream, thread_limit());
    diagnostics_set_error_limit(f->diagnostics, 0);
    f->folder = folder_create(&f->scratch);
    *state = f;
    return 0;
}

static inline int fixture_tear_down(void **state)
{
    struct fixture *f = *state;
    folder_remove(f->folder);
    diagnostics_release(f->diagnostics);
    fclose(f->stream);
    free(f->said);
    arena_release(&f->arena);
    scratch_free(&f->scratch);
    free(f);
    return 0;
}

#define fixture_test(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

// What was said since the last call.
static inline const char *messages(struct fixture *f)
{
    diagnostics_flush(f->diagnostics);
    fflush(f->stream);
    const char *out = scratch_format(&f->scratch, "%.*s", (int)f->said_size, f->said);
    rewind(f->stream);
    return out;
}

static inline struct text in_folder(struct fixture *f, const char *name)
{
    return text_of(path_join(&f->scratch, f->folder, name));
}

static inline struct bytes read_whole(struct fixture *f, const char *name)
{
    struct bytes out;
    out.data = folder_read_file(&f->scratch, in_folder(f, name).data, &out.size);
    return out;
}

static inline void write_whole(struct fixture *f, const char *name, const void *content, size_t size)
{
    folder_write_file(in_folder(f, name).data, content, size);
}

// A name of `size` characters.
static inline const char *long_name(struct fixture *f, size_t size)
{
    char *name = arena_allocate(&f->arena, size + 1, 1);
    memset(name, 'x', size);
    return name;
}

// Fails the test, showing both, unless the text is what is expected.
#define assert_text(actual, expected) check_text((actual), (expected), __FILE__, __LINE__)

static inline void check_text(struct text actual, const char *expected, const char *file, int line)
{
    if (!text_equal(actual, text_of(expected)))
        check_failed(file, line, "\"%.*s\" is not \"%s\"", TEXT_ARGUMENT(actual), expected);
}

// Calls `parse` with `content` as it would be if the file had been damaged: with every prefix of it (every `step`th
// where it is long), and with every byte in turn set to 0, 0xff, 0x80 and its neighbour. Each is a block of its own
// on the heap, of exactly its size, so that AddressSanitizer sees the first byte read behind it.
static inline void parse_damaged(struct bytes content, size_t step, void (*parse)(void *context, struct bytes content),
                                 void *context)
{
    for (size_t size = 0; size < content.size; size += step) {
        uint8_t *copy = malloc(size ? size : 1);
        if (size)
            memcpy(copy, content.data, size);
        parse(context, (struct bytes){copy, size});
        free(copy);
    }
    uint8_t *copy = malloc(content.size);
    memcpy(copy, content.data, content.size);
    for (size_t i = 0; i < content.size; i += step) {
        const uint8_t damaged[] = {0, 0xff, 0x80, (uint8_t)(content.data[i] + 1)};
        for (size_t j = 0; j < sizeof damaged; j++) {
            copy[i] = damaged[j];
            parse(context, (struct bytes){copy, content.size});
        }
        copy[i] = content.data[i];
    }
    free(copy);
}

#endif
