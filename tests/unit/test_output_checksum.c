// The PE checksum against the rule word by word, as IMAGHELP's documentation and its many re-implementations state it:
// words added one after the other, each carry brought back in, the file's size added at the end. That images have the
// value that other tools calculate is tested end to end, with osslsigncode.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "linker/output/checksum.h"

static uint32_t checksum_word_by_word(const uint8_t *data, size_t size, size_t field)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < size; i += 2) {
        uint32_t word = data[i] | (i + 1 < size ? (uint32_t)data[i + 1] << 8 : 0);
        if (i >= field && i < field + 4)
            word = 0;
        sum += word;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum + (uint32_t)size;
}

// The same "random" bytes on every run.
static uint8_t *noise(size_t size)
{
    uint8_t *data = malloc(size + 1);
    uint32_t state = 12345;
    for (size_t i = 0; i < size; i++) {
        state = state * 1664525u + 1013904223u;
        data[i] = (uint8_t)(state >> 24);
    }
    return data;
}

static void check_size(size_t size, size_t field)
{
    uint8_t *data = noise(size);
    assert_int_equal(pe_checksum((struct bytes){data, size}, field), checksum_word_by_word(data, size, field));
    memset(data, 0, size);
    assert_int_equal(pe_checksum((struct bytes){data, size}, field), (uint32_t)size);
    memset(data, 0xff, size);
    assert_int_equal(pe_checksum((struct bytes){data, size}, field), checksum_word_by_word(data, size, field));
    free(data);
}

static void agrees_with_the_sum_word_by_word(void **state)
{
    (void)state;
    for (size_t size = 220; size < 300; size++)
        check_size(size, 216);
    check_size(4096, 216);
    check_size((1 << 20) - 1, 216);
    check_size((1 << 20) + 2, 1 << 19);
    check_size(9 * (1 << 20) + 12345, 8 << 20); // several blocks, the field in one of the last
}

static void words_that_add_up_to_65535_stay_65535(void **state)
{
    (void)state;
    uint8_t data[220] = {0xff, 0xff};
    assert_int_equal(pe_checksum((struct bytes){data, sizeof data}, 216), 0xffff + sizeof data);
}

static void the_field_itself_does_not_count(void **state)
{
    (void)state;
    uint8_t *data = noise(1000);
    uint32_t before = pe_checksum((struct bytes){data, 1000}, 216);
    store32(data + 216, 0xdeadbeef);
    assert_int_equal(pe_checksum((struct bytes){data, 1000}, 216), before);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_sum_word_by_word),
        cmocka_unit_test(words_that_add_up_to_65535_stay_65535),
        cmocka_unit_test(the_field_itself_does_not_count),
    };
    return cmocka_run_group_tests_name("PE checksum", tests, NULL, NULL);
}
