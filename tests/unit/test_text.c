// Texts, numbers and names from files.
#include "tests/unit/test_common.h"

#include <xxhash.h>

static void compares_bytes(void **state)
{
    (void)state;
    assert_true(text_compare(TEXT("a"), TEXT("b")) < 0);
    assert_true(text_compare(TEXT("ab"), TEXT("a")) > 0);
    assert_true(text_compare(TEXT("\xff"), TEXT("a")) > 0);
    assert_int_equal(text_compare(TEXT("ab"), TEXT("ab")), 0);
    assert_int_equal(text_compare((struct text){NULL, 0}, TEXT("")), 0);
    assert_true(text_equal((struct text){NULL, 0}, TEXT("")));
}

static void case_is_that_of_ascii(void **state)
{
    (void)state;
    assert_true(text_equal_ignoring_case(TEXT("KERNEL32.dll"), TEXT("kernel32.DLL")));
    assert_false(text_equal_ignoring_case(TEXT("\xc4"), TEXT("\xe4"))); // A and a with dots in Latin-1
    assert_false(text_equal_ignoring_case(TEXT("[@"), TEXT("{`")));
    assert_true(text_starts_with_ignoring_case(TEXT("/DEBUG:full"), TEXT("/debug")));
    assert_false(text_starts_with_ignoring_case(TEXT("/d"), TEXT("/debug")));
    assert_true(text_ends_with_ignoring_case(TEXT("a.LIB"), TEXT(".lib")));
    assert_false(text_ends_with_ignoring_case(TEXT("lib"), TEXT(".lib")));
}

static void finds(void **state)
{
    (void)state;
    assert_int_equal(text_find(TEXT("a=b=c"), '='), 1);
    assert_int_equal(text_find_last(TEXT("a=b=c"), '='), 3);
    assert_int_equal(text_find(TEXT("abc"), '='), 3);
    assert_int_equal(text_find_last((struct text){NULL, 0}, '='), 0);
    assert_text(text_file_name(TEXT("a/b\\c.obj")), "c.obj");
    assert_text(text_file_name(TEXT("c.obj")), "c.obj");
    assert_text(text_file_name(TEXT("a/")), "");
    assert_text(text_until_nul((struct bytes){(const uint8_t *)".text\0\0\0", 8}), ".text");
    assert_text(text_until_nul((struct bytes){(const uint8_t *)".textbss", 8}), ".textbss");
    assert_text(text_skip(TEXT("abc"), 9), "");
}

static void copies_end_in_a_nul(void **state)
{
    struct fixture *f = *state;
    struct text copy = text_copy(&f->arena, (struct text){"abcdef", 3});
    assert_string_equal(copy.data, "abc");
    assert_string_equal(text_copy(&f->arena, (struct text){NULL, 0}).data, "");
    assert_string_equal(text_lower(&f->arena, TEXT("Ab-Z[")).data, "ab-z[");
    struct text formatted = text_format(&f->arena, "%d%s", 42, "!");
    assert_string_equal(formatted.data, "42!");
    assert_int_equal(formatted.size, 3);
}

// As C reads integer constants, but whole.
static void reads_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_number;
        uint64_t value;
    } rows[] = {
        {"0", true, 0},
        {"10", true, 10},
        {"0x1F", true, 31},
        {"0X1f", true, 31},
        {"010", true, 8},
        {"18446744073709551615", true, UINT64_MAX},
        {"0xffffffffffffffff", true, UINT64_MAX},
        {"18446744073709551616", false, 0},
        {"0x10000000000000000", false, 0},
        {"", false, 0},
        {"0x", false, 0},
        {"-1", false, 0},
        {"+1", false, 0},
        {"1 ", false, 0},
        {"08", false, 0},
        {"1f", false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t value = 0;
        bool is_number = text_to_number(text_of(rows[i].text), &value);
        if (is_number != rows[i].is_number || (is_number && value != rows[i].value))
            fail_with("\"%s\": %d, %llu", rows[i].text, is_number, (unsigned long long)value);
    }
}

// The library's own entry point, not the copy of it that is inlined.
static void hashes_with_xxh3(void **state)
{
    (void)state;
    char name[600];
    memset(name, 'x', sizeof name);
    for (size_t size = 0; size <= sizeof name; size++)
        assert_true(text_hash((struct text){name, size}) == XXH3_64bits(name, size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(compares_bytes),      fixture_test(case_is_that_of_ascii), fixture_test(finds),
        fixture_test(copies_end_in_a_nul), fixture_test(reads_numbers),         fixture_test(hashes_with_xxh3),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
