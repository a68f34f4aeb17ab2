// Short import objects, compared with what llvm-readobj says of the same.
#include "tests/unit/test_common.h"

#include "common/archive.h"
#include "common/import_object.h"

static const char definition[] = "LIBRARY other.dll\n"
                                 "EXPORTS\n"
                                 "cdecl_function\n"
                                 "stdcall_function@8\n"
                                 "@fastcall_function@8\n"
                                 "?cpp@@YAXXZ\n"
                                 "variable DATA\n"
                                 "constant CONSTANT\n"
                                 "by_ordinal @7 NONAME\n"
                                 "renamed EXPORTAS real_name\n";

// As llvm-readobj writes it.
static void describe(FILE *out, const struct import_object *import)
{
    static const char *const types[] = {"code", "data", "const"};
    static const char *const name_types[] = {"ordinal", "name", "noprefix", "undecorate", "export as"};
    fprintf(out, "File: %.*s\nType: %s\nName type: %s\n", TEXT_ARGUMENT(import->dll), types[import->type],
            name_types[import->name_type]);
    if (import->name_type != IMPORT_ORDINAL)
        fprintf(out, "Export name: %.*s\n", TEXT_ARGUMENT(import->exported_name));
    fprintf(out, "Symbol: __imp_%.*s\n", TEXT_ARGUMENT(import->symbol));
    if (import->type != IMPORT_DATA)
        fprintf(out, "Symbol: %.*s\n", TEXT_ARGUMENT(import->symbol));
}

// llvm-readobj's lines on import objects: those of other members' have another "Format:".
static char *expected_of(struct fixture *f, const char *library)
{
    char *text = process_must_run(&f->scratch, f->folder, "llvm-readobj-19 %s", library).output;
    char *out = arena_allocate(&f->arena, strlen(text) + 1, 1);
    char *at = out;
    for (char *file = strstr(text, "File: "); file; file = strstr(file + 1, "File: ")) {
        char *end = strstr(file + 1, "\nFile: ");
        struct text block = {file, end ? (size_t)(end - file) : strlen(file)};
        if (text_find(block, '(') != block.size) // lib.lib(other.dll): an ordinary object
            continue;
        while (block.size) {
            struct text line = text_prefix(block, text_find(block, '\n') + 1);
            block = text_skip(block, line.size);
            if (line.size > 1 && !text_starts_with(line, TEXT("Format: ")))
                at += sprintf(at, "%.*s", TEXT_ARGUMENT(line));
        }
    }
    return out;
}

static void as_llvm_reads_them(void **state)
{
    struct fixture *f = *state;
    write_whole(f, "x.def", definition, sizeof definition - 1);
    static const struct {
        const char *command;
        uint16_t machine;
    } rows[] = {
        {"llvm-lib-19 /machine:x86 /def:x.def /out:x.lib", MACHINE_X86},
        {"llvm-lib-19 /machine:x64 /def:x.def /out:x.lib", MACHINE_X64},
        {"llvm-lib-19 /machine:arm64 /def:x.def /out:x.lib", MACHINE_ARM64},
        {"llvm-dlltool-19 -k -m i386 -d x.def -l x.lib", MACHINE_X86},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        process_must_run(&f->scratch, f->folder, "%s", rows[i].command);
        char *said = NULL;
        size_t size = 0, count = 0;
        FILE *out = open_memstream(&said, &size);
        struct archive archive;
        struct archive_member member;
        assert_true(archive_open(&archive, TEXT("x.lib"), read_whole(f, "x.lib"), &f->arena, f->diagnostics));
        for (uint64_t offset = 0; archive_next(&archive, &offset, &member, f->diagnostics);) {
            struct import_object import;
            if (!import_object_is(member.content))
                continue;
            const char *problem = import_object_parse(member.content, &import);
            assert_null(problem);
            assert_int_equal(import.machine, rows[i].machine);
            if (import.name_type == IMPORT_ORDINAL)
                assert_int_equal(import.ordinal_or_hint, 7);
            describe(out, &import);
            count++;
        }
        fclose(out);
        assert_int_equal(count, 8);
        assert_same_text(said, expected_of(f, "x.lib"));
        free(said);
    }
}

// PE format, "Import Name Type".
static void names_that_the_loader_looks_for(void **state)
{
    (void)state;
    static const struct {
        enum import_name_type type;
        const char *symbol, *name;
    } rows[] = {
        {IMPORT_NAME, "_f@8", "_f@8"},          {IMPORT_NAME_NO_PREFIX, "_f@8", "f@8"},
        {IMPORT_NAME_NO_PREFIX, "@f@8", "f@8"}, {IMPORT_NAME_NO_PREFIX, "?f@@YAXXZ", "f@@YAXXZ"},
        {IMPORT_NAME_NO_PREFIX, "__f", "_f"},   {IMPORT_NAME_NO_PREFIX, "f", "f"},
        {IMPORT_NAME_UNDECORATE, "_f@8", "f"},  {IMPORT_NAME_UNDECORATE, "@f@8", "f"},
        {IMPORT_NAME_UNDECORATE, "f", "f"},     {IMPORT_ORDINAL, "_f@8", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t content[64] = {0, 0, 0xff, 0xff, 0, 0, 0x4c, 0x01};
        size_t size = (size_t)sprintf((char *)content + 20, "%s%cd.dll", rows[i].symbol, 0) + 1;
        store32(content + 12, (uint32_t)size);
        store16(content + 18, (uint16_t)(rows[i].type << 2));
        struct import_object import;
        assert_null(import_object_parse((struct bytes){content, 20 + size}, &import));
        assert_text(import.exported_name, rows[i].name);
        assert_text(import.dll, "d.dll");
    }
}

static const char *parse(const char *bytes, size_t size)
{
    struct import_object import;
    return import_object_parse((struct bytes){(const uint8_t *)bytes, size}, &import);
}

#define HEADER(size, type)                                                                                             \
    "\0\0\xff\xff\0\0\x64\x86\0\0\0\0" size "\0\0\0"                                                                   \
    "\0\0" type "\0"

static void lies(void **state)
{
    (void)state;
    assert_null(parse(HEADER("\4", "\4") "f\0d", 24));
    assert_string_equal(parse("\0\0\xff\xff\0\0", 6), "not an import object");
    assert_string_equal(parse(HEADER("\5", "\4") "f\0d", 24), "import object is cut short");
    assert_string_equal(parse(HEADER("\1", "\4") "f\0d", 24), "import object's symbol name is cut short");
    assert_string_equal(parse(HEADER("\3", "\4") "f\0d", 24), "import object's DLL name is cut short");
    assert_string_equal(parse(HEADER("\4", "\20") "f\0d", 24), "import object's exported name is cut short");
    assert_string_equal(parse(HEADER("\4", "\24") "f\0d", 24), "import object has an unknown name type");
    assert_string_equal(parse(HEADER("\4", "\7") "f\0d", 24), "import object has an unknown type");
    assert_string_equal(parse(HEADER("\3", "\4") "\0d\0", 23), "import object has an empty name");
    // A bigobj begins alike.
    assert_false(
        import_object_is((struct bytes){(const uint8_t *)"\0\0\xff\xff\2\0\x64\x86\0\0\0\0\0\0\0\0\0\0\0\0", 20}));
}

static void use_import(void *context, struct bytes content)
{
    (void)context;
    struct import_object import;
    if (import_object_is(content) && !import_object_parse(content, &import))
        assert_true(import.symbol.size + import.dll.size + 22 <= content.size);
}

static void damaged_import_objects(void **state)
{
    (void)state;
    parse_damaged((struct bytes){(const uint8_t *)HEADER("\7", "\20") "f\0d\0exp", 28}, 1, use_import, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(as_llvm_reads_them),
        fixture_test(names_that_the_loader_looks_for),
        fixture_test(lies),
        fixture_test(damaged_import_objects),
    };
    return cmocka_run_group_tests_name("import object", tests, NULL, NULL);
}
