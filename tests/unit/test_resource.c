// Compiled resources as llvm-rc writes them, compared with what the script says and with llvm-readobj.
#include "tests/unit/test_common.h"

#include "common/resource.h"
#include "common/unicode.h"

static const char script[] = "LANGUAGE 9, 1\n"
                             "7 RCDATA { 1, 2, \"abc\" }\n"
                             "NAMED 300 { \"x\" }\n"
                             "LANGUAGE 7, 1\n"
                             "STRINGTABLE { 1, \"eins\" }\n"
                             "Other TYPENAME DISCARDABLE { \"odd\" }\n"
                             "9 RCDATA { }\n";

static void describe_id(struct fixture *f, FILE *out, const char *what, struct resource_id id)
{
    if (id.is_number)
        fprintf(out, "Resource %s (int): %u\n", what, id.number);
    else
        fprintf(out, "Resource %s (string): %.*s\n", what, TEXT_ARGUMENT(unicode_utf16_to_utf8(id.name, &f->arena)));
}

static char *describe(struct fixture *f, struct bytes content)
{
    char *text = NULL;
    size_t size = 0, offset = 0;
    FILE *out = open_memstream(&text, &size);
    struct resource resource;
    const char *error;
    while (resource_next(content, &offset, &resource, &error)) {
        describe_id(f, out, "type", resource.type);
        describe_id(f, out, "name", resource.name);
        fprintf(out, "Memory flags: 0x%x\nLanguage ID: %u\nCharacteristics: %u\nData size: %zu\n",
                resource.memory_flags, resource.language, resource.characteristics, resource.data.size);
    }
    fclose(out);
    assert_null(error);
    char *copy = text_copy(&f->arena, text_of(text)).data ? scratch_format(&f->scratch, "%s", text) : NULL;
    free(text);
    return copy;
}

// llvm-readobj's lines that describe() writes too; "RCDATA (ID 10)" and "ID 300" are their numbers.
static char *expected_of(struct fixture *f, const char *file)
{
    static const char *const keys[] = {"Resource ", "Memory flags", "Language ID", "Characteristics", "Data size"};
    char *text = process_must_run(&f->scratch, f->folder, "llvm-readobj-19 %s", file).output;
    char *out = arena_allocate(&f->arena, strlen(text) + 1, 1);
    char *at = out;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
            if (strncmp(line, keys[i], strlen(keys[i])) != 0)
                continue;
            char *value = strstr(line, ": ") + 2;
            char *id = strstr(value, "ID ");
            bool is_number = id && strncmp(line, "Resource ", 9) == 0;
            at += sprintf(at, "%.*s%.*s\n", (int)(value - line), line,
                          (int)strcspn(is_number ? id + 3 : value, is_number ? ")" : ""), is_number ? id + 3 : value);
        }
    return out;
}

static void compile(struct fixture *f)
{
    write_whole(f, "r.rc", script, sizeof script - 1);
    process_must_run(&f->scratch, f->folder, "llvm-rc-19 /fo r.res r.rc");
}

static void as_llvm_reads_them(void **state)
{
    struct fixture *f = *state;
    compile(f);
    struct bytes content = read_whole(f, "r.res");
    assert_true(resource_file_is(content));
    assert_same_text(describe(f, content), expected_of(f, "r.res"));
}

static void data_and_names_are_in_place(void **state)
{
    struct fixture *f = *state;
    struct resource resource;
    const char *error;
    size_t offset = 0;
    compile(f);
    struct bytes content = read_whole(f, "r.res");
    assert_true(resource_next(content, &offset, &resource, &error));
    assert_int_equal(resource.data.size, 7);
    assert_memory_equal(resource.data.data, "\1\0\2\0abc", 7);
    assert_true(resource_next(content, &offset, &resource, &error));
    assert_int_equal(resource.name.name.size, 10);
    assert_memory_equal(resource.name.name.data, "N\0A\0M\0E\0D\0", 10);
    assert_true(resource.name.name.data > content.data && resource.data.data < content.data + content.size);
}

// Files put one behind the other, as `copy /b` does, are one: the second one's marker is passed over.
static void files_in_a_row(void **state)
{
    struct fixture *f = *state;
    compile(f);
    struct bytes one = read_whole(f, "r.res");
    uint8_t *two = arena_allocate(&f->arena, 2 * one.size, 1);
    memcpy(two, one.data, one.size);
    memcpy(two + one.size, one.data, one.size);
    const char *once = describe(f, one);
    assert_same_text(describe(f, (struct bytes){two, 2 * one.size}), scratch_format(&f->scratch, "%s%s", once, once));
}

static const char *problem_of(const void *bytes, size_t size)
{
    struct resource resource;
    const char *error;
    size_t offset = 0;
    while (resource_next((struct bytes){bytes, size}, &offset, &resource, &error))
        ;
    return error ? error : "";
}

static void lies(void **state)
{
    struct fixture *f = *state;
    compile(f);
    struct bytes content = read_whole(f, "r.res");
    uint8_t *copy = arena_allocate(&f->arena, content.size, 1);
    assert_false(resource_file_is((struct bytes){NULL, 0}));
    assert_string_equal(problem_of(content.data, 32), "");
    assert_string_equal(problem_of(content.data, 38), "resource header is cut short");
    assert_string_equal(problem_of(content.data, 60), "resource header's size can't be");
    assert_string_equal(problem_of(content.data, 70), "resource data is cut short");
    static const struct {
        size_t offset;
        uint32_t value;
        const char *said;
    } rows[] = {
        {36, 0, "resource header's size can't be"},
        {36, 20, "resource header's size can't be"},
        {36, 0xffffffff, "resource header's size can't be"},
        {32, 0xffffffff, "resource data is cut short"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        memcpy(copy, content.data, content.size);
        store32(copy + rows[i].offset, rows[i].value);
        assert_string_equal(problem_of(copy, content.size), rows[i].said);
    }
}

static void use_resources(void *context, struct bytes content)
{
    (void)context;
    struct resource resource;
    const char *error;
    size_t count = 0;
    resource_file_is(content);
    for (size_t offset = 0; resource_next(content, &offset, &resource, &error); count++)
        assert_true(resource.data.size + resource.name.name.size + resource.type.name.size <= content.size);
    assert_true(count <= content.size / 32);
}

static void damaged_files(void **state)
{
    struct fixture *f = *state;
    compile(f);
    parse_damaged(read_whole(f, "r.res"), 1, use_resources, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(as_llvm_reads_them), fixture_test(data_and_names_are_in_place),
        fixture_test(files_in_a_row),     fixture_test(lies),
        fixture_test(damaged_files),
    };
    return cmocka_run_group_tests_name("resource", tests, NULL, NULL);
}
