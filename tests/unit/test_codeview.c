// The compile record, as clang-cl writes it for /hotpatch and without, compared with llvm-readobj.
#include "tests/unit/test_common.h"

#include "common/codeview.h"

static struct bytes debug_section(struct fixture *f, const char *object)
{
    process_must_run(&f->scratch, f->folder, "llvm-objcopy-19 --dump-section=.debug$S=section %s copy.obj", object);
    return read_whole(f, "section");
}

// Whether llvm-readobj shows the flag.
static bool is_shown_as_hotpatch(struct fixture *f, const char *object)
{
    const char *text = process_must_run(&f->scratch, f->folder, "llvm-readobj-19 --codeview %s", object).output;
    assert_contains(text, "S_COMPILE3");
    return strstr(text, "HotPatch") != NULL;
}

static void flag_of_every_machine(void **state)
{
    struct fixture *f = *state;
    const char *const targets[] = {"x86_64", "i686", "aarch64", "thumbv7"};
    write_whole(f, "a.c", "int f(void) { return 1; }", 25);
    write_whole(f, "a.cpp", "int f() { return 1; }", 21);
    for (size_t i = 0; i < 4; i++)
        for (int is_asked = 0; is_asked < 2; is_asked++)
            for (int is_cpp = 0; is_cpp < 2; is_cpp++) {
                process_must_run(&f->scratch, f->folder, "clang-cl-19 --target=%s-windows-msvc /Z7 %s /c %s /Foa.obj",
                                 targets[i], is_asked ? "/hotpatch" : "", is_cpp ? "a.cpp" : "a.c");
                struct codeview_compile_record record;
                assert_null(codeview_find_compile_record(debug_section(f, "a.obj"), &record));
                assert_true(record.found);
                assert_int_equal(record.hotpatch, is_shown_as_hotpatch(f, "a.obj"));
                // On ARM compilers treat every object as if it had been asked for.
                if (i < 2 || is_asked)
                    assert_int_equal(record.hotpatch, is_asked);
                assert_int_equal(record.language, is_cpp); // CV_CFL_C, CV_CFL_CXX
            }
}

#define SYMBOLS "\4\0\0\0\xf1\0\0\0"

static const char *find(const char *bytes, size_t size, struct codeview_compile_record *record)
{
    return codeview_find_compile_record((struct bytes){(const uint8_t *)bytes, size}, record);
}

static void sections_by_hand(void **state)
{
    (void)state;
    struct codeview_compile_record record;
    assert_null(find("", 0, &record));
    assert_false(record.found);
    assert_null(find("\2\0\0\0", 4, &record)); // an older form
    assert_false(record.found);
    assert_null(find("\4\0\0\0", 4, &record));
    assert_false(record.found);

    // S_OBJNAME first, then S_COMPILE2, in a second subsection behind padding.
    static const char section[] = "\4\0\0\0"
                                  "\xf4\0\0\0\1\0\0\0x\0\0\0"
                                  "\xf1\0\0\0\x12\0\0\0"
                                  "\6\0\1\x11\0\0\0\0"
                                  "\x8\0\x16\x11\3\x40\0\0\0\0\0";
    assert_null(find(section, sizeof section, &record));
    assert_true(record.found && record.hotpatch);
    assert_int_equal(record.language, 3);

    assert_string_equal(find("\4\0", 2, &record), "debug section is cut short");
    assert_string_equal(find(SYMBOLS "\x10\0\0\0", 12, &record), "a debug subsection is cut short");
    assert_string_equal(find(SYMBOLS "\4\0\0\0\x8\0\x3c\x11", 16, &record), "a debug symbol record is cut short");
    assert_string_equal(find(SYMBOLS "\4\0\0\0\0\0\x3c\x11", 16, &record), "a debug symbol record is cut short");
    assert_string_equal(find(SYMBOLS "\x6\0\0\0\4\0\x3c\x11\0\0", 18, &record), "a compile record is cut short");
}

static void use_section(void *context, struct bytes content)
{
    (void)context;
    struct codeview_compile_record record;
    if (codeview_find_compile_record(content, &record))
        assert_false(record.found);
}

static void damaged_sections(void **state)
{
    struct fixture *f = *state;
    write_whole(f, "a.c", "int f(void) { return 1; }", 25);
    process_must_run(&f->scratch, f->folder, "clang-cl-19 --target=x86_64-windows-msvc /Z7 /c a.c /Foa.obj");
    parse_damaged(debug_section(f, "a.obj"), 1, use_section, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(flag_of_every_machine),
        fixture_test(sections_by_hand),
        fixture_test(damaged_sections),
    };
    return cmocka_run_group_tests_name("CodeView", tests, NULL, NULL);
}
