// UTF-8 and UTF-16 against the C library's iconv, and ill-formed text against The Unicode Standard's own examples.
#include "tests/unit/test_common.h"

#include <iconv.h>

#include "common/unicode.h"

static size_t convert(const char *to, const char *from, const void *in, size_t in_size, void *out, size_t out_size)
{
    iconv_t converter = iconv_open(to, from);
    assert_ptr_not_equal(converter, (iconv_t)-1);
    char *source = (char *)in, *target = out;
    size_t left = out_size;
    assert_int_equal(iconv(converter, &source, &in_size, &target, &left), 0);
    iconv_close(converter);
    return out_size - left;
}

// Every character that there is.
static void as_iconv_has_it(void **state)
{
    struct fixture *f = *state;
    enum { COUNT = 0x110000 - 0x800 };
    uint32_t *all = arena_array(&f->arena, uint32_t, COUNT);
    uint8_t *utf8 = arena_allocate(&f->arena, 4 * COUNT, 1);
    uint8_t *utf16 = arena_allocate(&f->arena, 4 * COUNT, 1);
    for (uint32_t i = 0; i < COUNT; i++)
        all[i] = i < 0xd800 ? i : i + 0x800;
    size_t utf8_size = convert("UTF-8", "UTF-32LE", all, 4 * COUNT, utf8, 4 * COUNT);
    size_t utf16_size = convert("UTF-16LE", "UTF-32LE", all, 4 * COUNT, utf16, 4 * COUNT);

    struct bytes is = unicode_utf8_to_utf16((struct text){(char *)utf8, utf8_size}, &f->arena);
    assert_int_equal(is.size, utf16_size);
    assert_true(memcmp(is.data, utf16, utf16_size) == 0);
    struct text back = unicode_utf16_to_utf8((struct bytes){utf16, utf16_size}, &f->arena);
    assert_int_equal(back.size, utf8_size);
    assert_true(memcmp(back.data, utf8, utf8_size) == 0);
    assert_int_equal(back.data[back.size], 0);
    struct text rest = {(char *)utf8, utf8_size};
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(unicode_take_character(&rest), all[i]);
    assert_int_equal(rest.size, 0);
}

// Section 3.9, tables 3-8 to 3-11: U+FFFD for each maximal subpart.
static void ill_formed_utf8(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *text;
        uint16_t expected[10];
        size_t count;
    } rows[] = {
        {"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41",
         {0xfffd, 0xfffd, 0xfffd, 0xfffd, 0xfffd, 0xfffd, 0xfffd, 0xfffd, 0x41},
         9},
        {"\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41",
         {0xfffd, 0xfffd, 0xfffd, 0xfffd, 0xfffd, 0xfffd, 0xfffd, 0xfffd, 0x41},
         9},
        {"\xf4\x91\x92\x93\xff\x41\x80\xbf\x42",
         {0xfffd, 0xfffd, 0xfffd, 0xfffd, 0xfffd, 0x41, 0xfffd, 0xfffd, 0x42},
         9},
        {"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", {0xfffd, 0xfffd, 0xfffd, 0xfffd, 0x41}, 5},
        {"\xf0\x90\x80", {0xfffd}, 1},
        {"", {0}, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bytes is = unicode_utf8_to_utf16(text_of(rows[i].text), &f->arena);
        assert_int_equal(is.size, 2 * rows[i].count);
        for (size_t j = 0; j < rows[i].count; j++)
            assert_int_equal(load16(is.data + 2 * j), rows[i].expected[j]);
    }
}

static void unpaired_surrogates(void **state)
{
    struct fixture *f = *state;
    struct bytes text = {(const uint8_t *)"a\0\x3d\xd8\x3d\xd8\x27\xdd\x27\xdd"
                                          "b\0\x3d\xd8",
                         14};
    assert_text(unicode_utf16_to_utf8(text, &f->arena), "a\xef\xbf\xbd\xf0\x9f\x94\xa7\xef\xbf\xbd"
                                                        "b\xef\xbf\xbd");
}

static struct text read_text(struct fixture *f, const char *bytes, size_t size)
{
    return unicode_read_text_file((struct bytes){(const uint8_t *)bytes, size}, &f->arena);
}

static void text_files_as_windows_writes_them(void **state)
{
    struct fixture *f = *state;
    assert_text(read_text(f, "/out:a", 6), "/out:a");
    assert_text(read_text(f, "\xef\xbb\xbf/out:a", 9), "/out:a");
    assert_text(read_text(f, "\xff\xfe/\0\xe4\0", 6), "/\xc3\xa4");
    assert_text(read_text(f, "\xff\xfe/\0\xe4\0x", 7), "/\xc3\xa4"); // an odd byte behind
    assert_text(read_text(f, "\xfe\xff\0/\0\xe4", 6), "/\xc3\xa4");
    assert_text(read_text(f, "\xff\xfe", 2), "");
    assert_text(read_text(f, "\xef\xbb\xbf", 3), "");
    assert_text(read_text(f, NULL, 0), "");
    assert_text(read_text(f, "\xef\xbb", 2), "\xef\xbb");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(as_iconv_has_it),
        fixture_test(ill_formed_utf8),
        fixture_test(unpaired_surrogates),
        fixture_test(text_files_as_windows_writes_them),
    };
    return cmocka_run_group_tests_name("Unicode", tests, NULL, NULL);
}
