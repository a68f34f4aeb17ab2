// .drectve sections: what compilers write there, what link.exe takes from there, and that much of it costs little.
#include "tests/unit/test_options.h"

// What clang-cl, cl and rustc put into objects, and gcc and clang for MinGW-w64.
static void directives_of_compilers_are_read_in_silence(void **state)
{
    struct fixture *f = *state;
    read_directives(f,
                    "   /DEFAULTLIB:\"LIBCMT\" /DEFAULTLIB:\"OLDNAMES\" /FAILIFMISMATCH:\"_MSC_VER=1900\" "
                    "/FAILIFMISMATCH:\"RuntimeLibrary=MT_StaticRelease\" /include:_tls_used /EDITANDCONTINUE "
                    "/ALTERNATENAME:__CxxFrameHandler4=__CxxFrameHandler3 /GUARDSYM:handler,S /THROWINGNEW "
                    "/EXPORT:?f@@YAXXZ /EXPORT:data,DATA /MERGE:.CRT=.rdata /SECTION:.shared,RWS /STACK:2097152 "
                    "/SUBSYSTEM:WINDOWS /ENTRY:start /RELEASE /DISALLOWLIB:msvcrt.lib /NODEFAULTLIB:libcmtd "
                    "/INFERASANLIBS /NOINFERASANLIBS /arm64xsameaddress:f "
                    "/MANIFESTDEPENDENCY:\"type='win32' name='Microsoft.Windows.Common-Controls'\" ",
                    "a.obj");
    read_directives(f, " -aligncomm:\"buffer\",5 -exclude-symbols:\"hidden\" -export:\"gnu\",data -export:\"plain\"",
                    "b.o");
    assert_silent(f);
    assert_texts(f, &f->options.default_libraries, "LIBCMT|OLDNAMES");
    assert_texts(f, &f->options.excluded_default_libraries, "msvcrt.lib|libcmtd");
    assert_texts(f, &f->options.includes, "_tls_used");
    assert_texts(f, &f->options.manifest_dependencies, "type='win32' name='Microsoft.Windows.Common-Controls'");
    assert_texts(f, &f->options.excluded_symbols, "hidden");
    assert_text(f->options.entry, "start");
    assert_int_equal(f->options.subsystem, 2);
    assert_int_equal(f->options.stack_reserve, 2097152);
    assert_true(f->options.release_checksum);
    assert_int_equal(f->options.exports.count, 4);
    assert_text(f->options.exports.items[1].name, "data");
    assert_true(f->options.exports.items[1].is_data && f->options.exports.items[1].is_from_directive);
    assert_text(f->options.exports.items[2].name, "gnu");
    assert_true(f->options.exports.items[2].is_data);
    assert_false(f->options.exports.items[3].is_data);
    assert_int_equal(f->options.common_alignments.count, 1);
    assert_int_equal(f->options.common_alignments.items[0].alignment_shift, 5);
    assert_text(f->options.alternate_names.items[0].source, "a.obj");
    assert_text(f->options.merges.items[0].from, ".CRT");
}

static void marks_and_padding_are_skipped(void **state)
{
    struct fixture *f = *state;
    static const char directives[] = "\xef\xbb\xbf /INCLUDE:f \0\0";
    options_read_directives(&f->options, (struct text){directives, sizeof directives - 1}, TEXT("a.obj"), &f->arena,
                            f->diagnostics);
    assert_silent(f);
    assert_texts(f, &f->options.includes, "f");
}

static void what_is_unknown_or_not_allowed_is_a_warning_with_the_object(void **state)
{
    struct fixture *f = *state;
    read_directives(f, "/FOO:1 /INCLUDE:f /OUT:evil.exe -bar", "dir/a.obj");
    assert_said(f, "mylink: warning: dir/a.obj: invalid directive '/FOO:1' found; ignored [LNK4229]\n");
    assert_said(f, "mylink: warning: dir/a.obj: '/OUT:evil.exe' is not allowed in .drectve; ignored [LNK4229]\n");
    assert_said(f, "mylink: warning: dir/a.obj: invalid directive '-bar' found; ignored [LNK4229]\n");
    assert_texts(f, &f->options.includes, "f");
    assert_int_equal(f->options.output.size, 0);
    assert_int_equal(diagnostics_error_count(f->diagnostics), 0);
}

// PE format, "The .drectve Section": a linker that does not know -?name must ignore it.
static void a_question_mark_makes_ignoring_right(void **state)
{
    struct fixture *f = *state;
    read_directives(f, "-?future:1 /?include:f", "a.obj");
    assert_silent(f);
    assert_texts(f, &f->options.includes, "f");
}

static void a_word_that_is_no_option_is_an_error(void **state)
{
    struct fixture *f = *state;
    read_directives(f, "section:.MySeg,E", "a.obj");
    assert_said(f, "error: a.obj: invalid directive 'section:.MySeg,E' found; does not start with '/' [LNK1276]");
}

static void wrong_values_name_the_object(void **state)
{
    struct fixture *f = *state;
    read_directives(f, "/EXPORT:x,@99999 /MERGE:.a -aligncomm:x,y /STACK:z", "a.obj");
    assert_said(f, "error: a.obj: invalid /export: x,@99999 [LNK1117]");
    assert_said(f, "error: a.obj: /merge: invalid argument: .a [LNK1117]");
    assert_said(f, "error: a.obj: /aligncomm: invalid argument: x,y [LNK1117]");
    assert_said(f, "error: a.obj: /STACK:z: invalid number: z [LNK1117]");
}

// What lld-link 19 says of the same, with link.exe's number.
static void objects_that_do_not_mix_are_an_error(void **state)
{
    struct fixture *f = *state;
    read_directives(f, "/FAILIFMISMATCH:\"level=1\"", "a.obj");
    read_directives(f, "/FAILIFMISMATCH:\"level=1\" /FAILIFMISMATCH:\"other=x\"", "b.obj");
    assert_silent(f);
    read_directives(f, "/FAILIFMISMATCH:\"level=2\"", "c.obj");
    assert_said(f, "mylink: error: /failifmismatch: mismatch detected for 'level': [LNK2038]\n"
                   ">>> a.obj has value 1\n"
                   ">>> c.obj has value 2");
    assert_int_equal(f->options.mismatch_checks.count, 2);
    // The same again is no news for a hash table, but it is for the user of another object.
    read_directives(f, "/FAILIFMISMATCH:\"level=2\"", "d.obj");
    assert_said(f, ">>> d.obj has value 2");
}

static void the_command_line_stands_against_objects(void **state)
{
    struct fixture *f = *state;
    read_arguments(f, "/ENTRY:mine", "/SECTION:.s,R", "/FAILIFMISMATCH:k=v");
    read_directives(f, "/ENTRY:theirs /SUBSYSTEM:WINDOWS /SECTION:.s,RW", "a.obj");
    read_directives(f, "/SUBSYSTEM:CONSOLE /FAILIFMISMATCH:k=w", "b.obj");
    assert_text(f->options.entry, "mine");
    assert_int_equal(f->options.subsystem, 2); // the first object's
    assert_int_equal(f->options.section_attributes.count, 1);
    assert_int_equal(f->options.section_attributes.items[0].set, 0x40000000);
    assert_said(f, ">>> command line has value v\n>>> b.obj has value w");
}

static void the_largest_alignment_of_a_common_symbol_counts(void **state)
{
    struct fixture *f = *state;
    read_directives(f, "-aligncomm:\"a\",4 -aligncomm:\"b,c\",2", "a.o");
    read_directives(f, "-aligncomm:\"a\",5", "b.o");
    read_directives(f, "-aligncomm:\"a\",3", "c.o");
    assert_silent(f);
    assert_int_equal(f->options.common_alignments.count, 2);
    assert_int_equal(options_find_common_alignment(&f->options, TEXT("a"))->alignment_shift, 5);
    assert_int_equal(options_find_common_alignment(&f->options, TEXT("b,c"))->alignment_shift, 2);
    assert_null(options_find_common_alignment(&f->options, TEXT("c")));
}

static void the_same_section_again_is_skipped_but_not_its_warnings(void **state)
{
    struct fixture *f = *state;
    read_directives(f, "/EXPORT:f /DEFAULTLIB:x", "a.obj");
    read_directives(f, "/EXPORT:f /DEFAULTLIB:x", "b.obj");
    read_directives(f, " /DEFAULTLIB:X.LIB /EXPORT:f", "c.obj");
    assert_silent(f);
    assert_int_equal(f->options.exports.count, 1);
    assert_texts(f, &f->options.default_libraries, "x");
    read_directives(f, "/FOO", "a.obj");
    read_directives(f, "/FOO", "b.obj");
    assert_said(f, "a.obj: invalid directive");
    assert_said(f, "b.obj: invalid directive");
}

// No time is asserted, but a quadratic scan would take minutes here.
static void hundreds_of_thousands_are_no_matter(void **state)
{
    struct fixture *f = *state;
    for (int object = 0; object < 20000; object++) {
        struct text directives = text_format(
            &f->arena,
            "/DEFAULTLIB:\"LIBCMT\" /DEFAULTLIB:lib%d /FAILIFMISMATCH:\"_MSC_VER=1900\" /EXPORT:?f%d@@YAXXZ "
            "/EXPORT:common,DATA /EXPORT:g%d /INCLUDE:i%d /INCLUDE:i -aligncomm:\"c%d\",4 /MERGE:.a%d=.b",
            object % 50, object, object, object, object, object % 1000);
        options_read_directives(&f->options, directives, TEXT("a.obj"), &f->arena, f->diagnostics);
    }
    assert_silent(f);
    assert_int_equal(f->options.default_libraries.count, 51);
    assert_int_equal(f->options.exports.count, 40001);
    assert_int_equal(f->options.includes.count, 20001);
    assert_int_equal(f->options.merges.count, 1000);
    assert_int_equal(f->options.mismatch_checks.count, 1);
    assert_int_equal(f->options.common_alignments.count, 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(directives_of_compilers_are_read_in_silence),
        fixture_test(marks_and_padding_are_skipped),
        fixture_test(what_is_unknown_or_not_allowed_is_a_warning_with_the_object),
        fixture_test(a_question_mark_makes_ignoring_right),
        fixture_test(a_word_that_is_no_option_is_an_error),
        fixture_test(wrong_values_name_the_object),
        fixture_test(objects_that_do_not_mix_are_an_error),
        fixture_test(the_command_line_stands_against_objects),
        fixture_test(the_largest_alignment_of_a_common_symbol_counts),
        fixture_test(the_same_section_again_is_skipped_but_not_its_warnings),
        fixture_test(hundreds_of_thousands_are_no_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
