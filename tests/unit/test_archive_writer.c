// Archives as bytes, read back here by the words of the PE format ("Archive (Library) File Format"). That llvm-ar,
// llvm-nm and GNU ld read them is tested end to end.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "common/archive_writer.h"
#include "common/arena.h"

struct fixture {
    struct arena arena;
};

static int set_up(void **state)
{
    *state = calloc(1, sizeof(struct fixture));
    return *state == NULL;
}

static int tear_down(void **state)
{
    arena_release(&((struct fixture *)*state)->arena);
    free(*state);
    return 0;
}

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

// The content of the member whose header is at *offset, which moves to the next header. Checks what every header must
// have.
static struct bytes member_at(struct bytes archive, size_t *offset, char name[17])
{
    assert_true(*offset % 2 == 0);
    assert_true(bytes_contain(archive, *offset, 60));
    const char *header = (const char *)archive.data + *offset;
    memcpy(name, header, 16);
    name[16] = 0;
    for (int i = 15; i >= 0 && name[i] == ' '; i--)
        name[i] = 0;
    assert_memory_equal(header + 58, "`\n", 2);
    char digits[11] = {0};
    memcpy(digits, header + 48, 10);
    struct bytes content = bytes_slice(archive, *offset + 60, strtoul(digits, NULL, 10));
    assert_true(content.size == strtoul(digits, NULL, 10));
    *offset += 60 + content.size + content.size % 2;
    return content;
}

#define SYMBOLS(...)                                                                                                   \
    (const struct text[]){__VA_ARGS__}, sizeof((const struct text[]){__VA_ARGS__}) / sizeof(struct text)

static void has_both_indexes_long_names_and_even_members(void **state)
{
    struct fixture *f = *state;
    const struct archive_writer_member members[] = {
        {TEXT("fifteen_chars.o"), {(const uint8_t *)"abc", 3}, SYMBOLS(TEXT("zebra"), TEXT("ant"))},
        {TEXT("sixteen_chars_.o"), {(const uint8_t *)"defg", 4}, SYMBOLS(TEXT("bee"))},
        {TEXT("folder/a.o"), {(const uint8_t *)"h", 1}, SYMBOLS(TEXT("cow"))},
    };
    struct bytes archive = archive_build(members, 3, &f->arena);
    assert_true(archive.size > 8);
    assert_memory_equal(archive.data, "!<arch>\n", 8);

    char name[17];
    size_t offset = 8, headers[3];
    struct bytes first = member_at(archive, &offset, name);
    assert_string_equal(name, "/");
    struct bytes second = member_at(archive, &offset, name);
    assert_string_equal(name, "/");
    struct bytes long_names = member_at(archive, &offset, name);
    assert_string_equal(name, "//");
    assert_memory_equal(long_names.data, "sixteen_chars_.o\0folder/a.o\0", long_names.size);
    static const char *const names[] = {"fifteen_chars.o/", "/0", "/17"};
    for (int i = 0; i < 3; i++) {
        headers[i] = offset;
        struct bytes content = member_at(archive, &offset, name);
        assert_string_equal(name, names[i]);
        assert_true(content.size == members[i].content.size);
        assert_memory_equal(content.data, members[i].content.data, content.size);
    }
    assert_true(offset == archive.size);

    // First linker member: count and offsets big-endian, in the order of members.
    assert_int_equal(be32(first.data), 4);
    const size_t owners[] = {0, 0, 1, 2};
    for (int i = 0; i < 4; i++)
        assert_int_equal(be32(first.data + 4 + 4 * i), headers[owners[i]]);
    assert_memory_equal(first.data + 20, "zebra\0ant\0bee\0cow\0", 18);
    assert_int_equal(first.size, 20 + 18);

    // Second: members' offsets, then 1-based indexes of the sorted names.
    assert_int_equal(load32(second.data), 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(load32(second.data + 4 + 4 * i), headers[i]);
    assert_int_equal(load32(second.data + 16), 4);
    const unsigned sorted_owners[] = {1, 2, 3, 1}; // ant bee cow zebra
    for (int i = 0; i < 4; i++)
        assert_int_equal(load16(second.data + 20 + 2 * i), sorted_owners[i]);
    assert_memory_equal(second.data + 28, "ant\0bee\0cow\0zebra\0", 18);
}

static void a_name_that_two_members_define_belongs_to_the_first(void **state)
{
    struct fixture *f = *state;
    const struct archive_writer_member members[] = {
        {TEXT("a.o"), {(const uint8_t *)"1", 1}, SYMBOLS(TEXT("x"), TEXT("same"))},
        {TEXT("b.o"), {(const uint8_t *)"2", 1}, SYMBOLS(TEXT("same"), TEXT("a"))},
    };
    struct bytes archive = archive_build(members, 2, &f->arena);
    char name[17];
    size_t offset = 8;
    member_at(archive, &offset, name);
    struct bytes second = member_at(archive, &offset, name);
    assert_int_equal(load32(second.data + 12), 3);
    assert_int_equal(load16(second.data + 16), 2); // a
    assert_int_equal(load16(second.data + 18), 1); // same
    assert_int_equal(load16(second.data + 20), 1); // x
    assert_memory_equal(second.data + 22, "a\0same\0x\0", 9);
}

static void more_members_than_16_bits_count_get_the_first_index_only(void **state)
{
    struct fixture *f = *state;
    enum { COUNT = 65535 };
    struct archive_writer_member *members = arena_array(&f->arena, struct archive_writer_member, COUNT);
    struct text *symbols = arena_array(&f->arena, struct text, COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        symbols[i] = text_format(&f->arena, "s%u", i);
        members[i] =
            (struct archive_writer_member){TEXT("a_long_name_for_all.dll"), {(const uint8_t *)"xy", 2}, &symbols[i], 1};
    }
    for (size_t count = COUNT - 1; count <= COUNT; count++) {
        struct bytes archive = archive_build(members, count, &f->arena);
        char name[17];
        size_t offset = 8;
        struct bytes first = member_at(archive, &offset, name);
        assert_string_equal(name, "/");
        assert_int_equal(be32(first.data), count);
        uint32_t last = be32(first.data + 4 * count);
        struct bytes next = member_at(archive, &offset, name);
        if (count < COUNT) {
            assert_string_equal(name, "/");
            assert_int_equal(load32(next.data), count);
            next = member_at(archive, &offset, name);
        }
        assert_string_equal(name, "//");
        assert_int_equal(next.data[next.size - 1], count < COUNT ? '\0' : '\n'); // GNU's form ends names in "/\n"
        offset = last;
        assert_memory_equal(member_at(archive, &offset, name).data, "xy", 2);
        assert_string_equal(name, "/0");
        assert_true(offset == archive.size);
    }
}

static void an_empty_archive_is_one(void **state)
{
    struct fixture *f = *state;
    struct bytes archive = archive_build(NULL, 0, &f->arena);
    char name[17];
    size_t offset = 8;
    assert_int_equal(member_at(archive, &offset, name).size, 4);
    assert_int_equal(member_at(archive, &offset, name).size, 8);
    assert_true(offset == archive.size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(has_both_indexes_long_names_and_even_members, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_name_that_two_members_define_belongs_to_the_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_members_than_16_bits_count_get_the_first_index_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_empty_archive_is_one, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("archive writer", tests, NULL, NULL);
}
