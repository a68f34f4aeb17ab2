// Arenas: what they hand out is aligned, zero, and stays where it is; running out of memory ends the process cleanly.
#include "tests/unit/test_common.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/output_file.h"

static void memory_is_zero_aligned_and_apart(void **state)
{
    struct fixture *f = *state;
    enum { COUNT = 4000 };
    uint8_t *pieces[COUNT];
    size_t sizes[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        size_t alignment = (size_t)1 << i % 7;
        sizes[i] = i * 37 % 1500;
        pieces[i] = arena_allocate(&f->arena, sizes[i], alignment);
        assert_int_equal((uintptr_t)pieces[i] % alignment, 0);
        for (size_t j = 0; j < sizes[i]; j++)
            assert_int_equal(pieces[i][j], 0);
        memset(pieces[i], (int)(i % 255 + 1), sizes[i]);
    }
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < sizes[i]; j++)
            assert_int_equal(pieces[i][j], i % 255 + 1);
}

static void nothing_is_a_place_too(void **state)
{
    struct fixture *f = *state;
    struct arena fresh = {0};
    assert_non_null(arena_allocate(&fresh, 0, 1));
    assert_non_null(arena_allocate_array(&f->arena, 0, 16, 8));
    arena_release(&fresh);
    arena_release(&fresh); // an arena that holds nothing
}

// A large piece has a mapping of its own; small ones go on where they were.
static void large_pieces_waste_nothing(void **state)
{
    struct fixture *f = *state;
    uint8_t *before = arena_allocate(&f->arena, 16, 16);
    uint8_t *large = arena_allocate(&f->arena, (size_t)40 << 20, 64);
    uint8_t *after = arena_allocate(&f->arena, 16, 16);
    assert_int_equal((uintptr_t)large % 64, 0);
    large[0] = large[((size_t)40 << 20) - 1] = 1;
    assert_true(after > before && after - before < 4096);
    memset(after, 1, 16);
    arena_release(&f->arena);
    assert_null(f->arena.blocks);
}

static void arrays_grow(void **state)
{
    struct fixture *f = *state;
    array_of(uint64_t) numbers = {0};
    array_of(char) letters = {0};
    for (uint64_t i = 0; i < 200000; i++) {
        array_push(&f->arena, &numbers, i * i);
        if (i % 1000 == 0) // now and then another piece is behind the array
            array_push(&f->arena, &letters, (char)('a' + i % 26));
    }
    assert_int_equal(numbers.count, 200000);
    for (uint64_t i = 0; i < numbers.count; i++)
        assert_true(numbers.items[i] == i * i);
    for (size_t i = 0; i < letters.count; i++)
        assert_int_equal(letters.items[i], 'a' + (char)(i * 1000 % 26));
}

// Runs `body` in a child; its exit status, and what it wrote to stderr.
static int in_child(struct fixture *f, void (*body)(struct fixture *), char *errors, size_t size)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        body(f);
        _exit(77);
    }
    close(ends[1]);
    size_t length = 0;
    for (ssize_t got; length + 1 < size && (got = read(ends[0], errors + length, size - 1 - length)) > 0;)
        length += (size_t)got;
    errors[length] = 0;
    close(ends[0]);
    int status;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void ask_for_too_many(struct fixture *f)
{
    struct output_set *set = output_set_create(&f->arena, f->diagnostics);
    output_file_write(set, in_folder(f, "a.exe"), (struct bytes){(const uint8_t *)"new", 3});
    arena_allocate_array(&f->arena, SIZE_MAX / 8, 16, 1);
}

static void ask_for_too_much(struct fixture *f)
{
    struct output_set *set = output_set_create(&f->arena, f->diagnostics);
    output_file_write(set, in_folder(f, "a.exe"), (struct bytes){(const uint8_t *)"new", 3});
    arena_allocate(&f->arena, (size_t)1 << 60, 1);
}

static void running_out_of_memory_leaves_outputs_alone(void **state)
{
    struct fixture *f = *state;
    void (*const bodies[])(struct fixture *) = {ask_for_too_many, ask_for_too_much};
    write_whole(f, "a.exe", "old", 3);
    for (size_t i = 0; i < 2; i++) {
        char errors[200];
        assert_int_equal(in_child(f, bodies[i], errors, sizeof errors), 1);
        assert_string_equal(errors, "mylink: error: out of memory\n");
        assert_string_equal((const char *)read_whole(f, "a.exe").data, "old");
        assert_same_text(process_must_run(&f->scratch, f->folder, "ls -A").output, "a.exe\n");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(memory_is_zero_aligned_and_apart),
        fixture_test(nothing_is_a_place_too),
        fixture_test(large_pieces_waste_nothing),
        fixture_test(arrays_grow),
        fixture_test(running_out_of_memory_leaves_outputs_alone),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
