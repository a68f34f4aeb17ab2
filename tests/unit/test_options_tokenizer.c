// Splitting of lines. The table is that of "Parsing C command-line arguments" (Microsoft, C language reference).
#include "tests/unit/test_options.h"

static void check(struct fixture *f, const char *line, const char *expected)
{
    text_array tokens = {0};
    tokenize_windows(text_of(line), &tokens, &f->arena);
    assert_texts(f, &tokens, expected);
}

static void splits_as_the_reference_says(void **state)
{
    struct fixture *f = *state;
    check(f, "\"abc\" d e", "abc|d|e");
    check(f, "\"a b c\" d e", "a b c|d|e");
    check(f, "\"ab\\\"c\" \"\\\\\" d", "ab\"c|\\|d");
    check(f, "a\\\\\\b d\"e f\"g h", "a\\\\\\b|de fg|h");
    check(f, "a\\\\\\\"b c d", "a\\\"b|c|d");
    check(f, "a\\\\\\\\\"b c\" d e", "a\\\\b c|d|e");
    check(f, "a\"b\"\" c d", "ab\" c d");
}

static void blanks_of_all_kinds_separate(void **state)
{
    struct fixture *f = *state;
    check(f, "  a\tb\r\nc \n\n d  ", "a|b|c|d");
    check(f, "", "");
    check(f, " \r\n\t ", "");
    text_array tokens = {0};
    tokenize_windows((struct text){"a\0\0b\0", 5}, &tokens, &f->arena);
    assert_texts(f, &tokens, "a|b");
}

static void empty_quotes_are_an_argument(void **state)
{
    struct fixture *f = *state;
    text_array tokens = {0};
    tokenize_windows(TEXT("a \"\" b"), &tokens, &f->arena);
    assert_int_equal(tokens.count, 3);
    assert_int_equal(tokens.items[1].size, 0);
}

static void an_open_quote_ends_with_the_line(void **state)
{
    struct fixture *f = *state;
    check(f, "/OUT:\"a b", "/OUT:a b");
    check(f, "a\"", "a");
    check(f, "\"", "");
    check(f, "x\\", "x\\");
    check(f, "\"x\\", "x\\");
}

static void tokens_without_quotes_are_not_copied(void **state)
{
    struct fixture *f = *state;
    const char *line = "/DEFAULTLIB:libcmt C:\\a\\b.obj";
    text_array tokens = {0};
    tokenize_windows(text_of(line), &tokens, &f->arena);
    assert_ptr_equal(tokens.items[0].data, line);
    assert_ptr_equal(tokens.items[1].data, line + 19);
}

static void many_quoted_tokens_take_memory_once(void **state)
{
    struct fixture *f = *state;
    size_t count = 200000, size = count * 4;
    char *line = malloc(size);
    for (size_t i = 0; i < count; i++)
        memcpy(line + i * 4, "\"a\" ", 4);
    text_array tokens = {0};
    tokenize_windows((struct text){line, size}, &tokens, &f->arena);
    assert_int_equal(tokens.count, count);
    assert_text(tokens.items[count - 1], "a");
    free(line);
}

static void posix_quoting_is_the_shells(void **state)
{
    struct fixture *f = *state;
    text_array tokens = {0};
    tokenize_posix(TEXT("a 'b \\ c'  d\\ e \"f \\\" 'g'\"h\n i\\\\j ''"), &tokens, &f->arena);
    assert_texts(f, &tokens, "a|b \\ c|d e|f \" 'g'h|i\\j|");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(splits_as_the_reference_says),         fixture_test(blanks_of_all_kinds_separate),
        fixture_test(empty_quotes_are_an_argument),         fixture_test(an_open_quote_ends_with_the_line),
        fixture_test(tokens_without_quotes_are_not_copied), fixture_test(many_quoted_tokens_take_memory_once),
        fixture_test(posix_quoting_is_the_shells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
