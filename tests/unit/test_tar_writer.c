// Archives are read back with the system's tar, which knows ustar and pax.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/tar_writer.h"

// What `tar` prints with these arguments, the archive on its standard input.
static char *tar_says(struct arena *arena, const struct tar_writer *tar, const char *arguments)
{
    char name[] = "/tmp/mylink-tar-XXXXXX";
    int descriptor = mkstemp(name);
    assert_true(descriptor >= 0);
    FILE *file = fdopen(descriptor, "wb");
    uint64_t size = 0;
    for (size_t i = 0; i < tar->pieces.count; i++) {
        assert_int_equal(fwrite(tar->pieces.items[i].data, 1, tar->pieces.items[i].size, file),
                         tar->pieces.items[i].size);
        size += tar->pieces.items[i].size;
    }
    assert_int_equal(fclose(file), 0);
    assert_true(size == tar->size);
    assert_true(size % 512 == 0);

    struct text command = text_format(arena, "tar %s <%s 2>&1", arguments, name);
    FILE *pipe = popen(command.data, "r");
    assert_non_null(pipe);
    char *out = arena_allocate(arena, 1 << 16, 1);
    size_t length = fread(out, 1, (1 << 16) - 1, pipe);
    out[length] = 0;
    assert_int_equal(pclose(pipe), 0);
    unlink(name);
    return out;
}

static struct text long_name(struct arena *arena, size_t folder, size_t file)
{
    char *name = arena_allocate(arena, folder + file + 2, 1);
    memset(name, 'd', folder);
    name[folder] = '/';
    memset(name + folder + 1, 'f', file);
    return (struct text){name, folder + 1 + file};
}

static void tar_reads_names_of_all_lengths(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct tar_writer tar = {.arena = &arena};
    // 100 fits the name, 155 the prefix; beyond that, and without a '/' at the right place, pax says it.
    static const size_t lengths[][2] = {{1, 1},     {49, 50},  {50, 50},  {155, 100}, {156, 100},
                                        {155, 101}, {10, 300}, {300, 10}, {99, 0},    {154, 100}};
    char *expected = arena_allocate(&arena, 1 << 14, 1);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct text name = long_name(&arena, lengths[i][0], lengths[i][1] ? lengths[i][1] : 1);
        tar_add_file(&tar, name, (struct bytes){(const uint8_t *)"content", 7});
        strncat(expected, name.data, name.size);
        strcat(expected, "\n");
    }
    tar_end(&tar);
    assert_string_equal(tar_says(&arena, &tar, "-t"), expected);
    arena_release(&arena);
}

static void tar_reads_contents(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct tar_writer tar = {.arena = &arena};
    uint8_t block[512];
    memset(block, 'b', sizeof block);
    tar_add_file(&tar, TEXT("x/empty"), (struct bytes){NULL, 0});
    tar_add_file(&tar, TEXT("x/block"), (struct bytes){block, sizeof block});
    tar_add_file(&tar, TEXT("x/some"), (struct bytes){(const uint8_t *)"some bytes\n", 11});
    tar_end(&tar);
    assert_string_equal(tar_says(&arena, &tar, "-xO x/some x/empty"), "some bytes\n");
    char *all = tar_says(&arena, &tar, "-xO x/block");
    assert_int_equal(strlen(all), sizeof block);
    const char *listing = tar_says(&arena, &tar, "--utc -tv x/some");
    assert_non_null(strstr(listing, "-rw-r--r-- 0/0"));
    assert_non_null(strstr(listing, "1970-01-01 00:00 x/some"));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tar_reads_names_of_all_lengths),
        cmocka_unit_test(tar_reads_contents),
    };
    return cmocka_run_group_tests_name("tar writer", tests, NULL, NULL);
}
