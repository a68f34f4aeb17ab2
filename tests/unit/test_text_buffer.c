// Text that grows, and names that may be shown.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/arena.h"
#include "common/escape.h"
#include "common/text_buffer.h"

#define assert_text(t, expected)                                                                                       \
    do {                                                                                                               \
        struct text assert_text_t = (t);                                                                               \
        assert_int_equal(assert_text_t.size, strlen(expected));                                                        \
        assert_memory_equal(assert_text_t.data, (expected), assert_text_t.size);                                       \
    } while (0)

static void puts_fields_of_a_width(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct text_buffer b = {.arena = &arena};
    text_buffer_put_padded(&b, TEXT("ab"), 4);
    text_buffer_put_padded(&b, TEXT("abcd"), 4);
    text_buffer_put_padded(&b, TEXT("abcde"), 4);
    text_buffer_put_padded(&b, TEXT(""), 2);
    text_buffer_put(&b, TEXT("|"));
    assert_text(text_buffer_text(&b), "ab  abcdabcde  |");
    arena_release(&arena);
}

static void puts_hexadecimal_digits(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct text_buffer b = {.arena = &arena};
    text_buffer_put_hex(&b, 0x1a, 4);
    text_buffer_put_hex(&b, 0x123456789abcdef0, 16);
    text_buffer_put_hex(&b, 0x123456789abcdef0, 8);
    text_buffer_format(&b, " %d", 7);
    assert_text(text_buffer_text(&b), "001a123456789abcdef09abcdef0 7");
    arena_release(&arena);
}

static void keeps_everything_as_it_grows(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct text_buffer b = {.arena = &arena};
    for (unsigned i = 0; i < 100000; i++)
        text_buffer_put_hex(&b, i, 5);
    assert_int_equal(b.size, 500000);
    for (unsigned i = 0; i < 100000; i += 77) {
        struct text_buffer one = {.arena = &arena};
        text_buffer_put_hex(&one, i, 5);
        assert_memory_equal(b.data + i * 5, one.data, 5);
    }
    arena_release(&arena);
}

static void escapes_what_a_terminal_would_obey(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct text plain = TEXT("?f@@YAXXZ");
    assert_ptr_equal(text_escaped(&arena, plain).data, plain.data);
    assert_text(text_escaped(&arena, TEXT("a\x1b[31mb\nc")), "a\\x1B[31mb\\x0Ac");
    assert_text(text_escaped(&arena, TEXT("a\xff")), "a\\xFF");
    assert_text(text_escaped(&arena, TEXT("\xc3\xa4")), "\xc3\xa4"); // UTF-8 is shown
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(puts_fields_of_a_width),
        cmocka_unit_test(puts_hexadecimal_digits),
        cmocka_unit_test(keeps_everything_as_it_grows),
        cmocka_unit_test(escapes_what_a_terminal_would_obey),
    };
    return cmocka_run_group_tests_name("text buffer", tests, NULL, NULL);
}
