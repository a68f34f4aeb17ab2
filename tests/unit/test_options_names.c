// Options about sections, exports, libraries and symbols, as the command line gives them.
#include "tests/unit/test_options.h"

#include "common/coff.h"

static struct section_attributes section(struct fixture *f, const char *value)
{
    read_arguments(f, (char *)text_format(&f->arena, "/SECTION:%s", value).data);
    return f->options.section_attributes.items[f->options.section_attributes.count - 1];
}

// link.exe, "/SECTION".
static void section_attributes_are_links(void **state)
{
    struct fixture *f = *state;
    const uint32_t others = SECTION_DISCARDABLE | SECTION_NOT_CACHED | SECTION_NOT_PAGED;
    struct section_attributes a = section(f, ".a,RWS");
    assert_text(a.name, ".a");
    assert_int_equal(a.set, SECTION_READ | SECTION_WRITE | SECTION_SHARED);
    assert_int_equal(a.clear, SECTION_EXECUTE | others);

    a = section(f, ".b,d"); // no R, W or E: these stay as they are
    assert_int_equal(a.set, SECTION_DISCARDABLE);
    assert_int_equal(a.clear, SECTION_SHARED | SECTION_NOT_CACHED | SECTION_NOT_PAGED);

    a = section(f, ".c,!K!P"); // "To remove the default, specify !K"
    assert_int_equal(a.set, SECTION_NOT_CACHED | SECTION_NOT_PAGED);
    a = section(f, ".d,KP");
    assert_int_equal(a.set, 0);
    assert_int_equal(a.clear, others | SECTION_SHARED);

    a = section(f, ".e,er!w,ALIGN=64");
    assert_int_equal(a.set, SECTION_READ | SECTION_EXECUTE);
    assert_int_equal(a.clear, SECTION_WRITE | others | SECTION_SHARED);
    assert_int_equal(a.alignment, 64);

    a = section(f, ".f,,align=16");
    assert_int_equal(a.set | a.clear, 0);
    assert_int_equal(a.alignment, 16);
    assert_silent(f);

    size_t count = f->options.section_attributes.count;
    a = section(f, ".f,R"); // the last one for a section stands
    assert_int_equal(f->options.section_attributes.count, count);
    assert_int_equal(f->options.section_attributes.items[count - 1].set, SECTION_READ);
}

// --- names ---

static struct export_request export(struct fixture *f, const char *value)
{
    read_arguments(f, (char *)text_format(&f->arena, "/EXPORT:%s", value).data);
    assert_silent(f);
    return f->options.exports.items[f->options.exports.count - 1];
}

static void exports_have_many_forms(void **state)
{
    struct fixture *f = *state;
    struct export_request e = export(f, "plain");
    assert_text(e.name, "plain");
    assert_true(!e.internal_name.size && !e.forward_to.size && !e.has_ordinal && !e.is_data && !e.is_from_directive);

    e = export(f, "renamed=inner,@7,NONAME,DATA,PRIVATE");
    assert_text(e.name, "renamed");
    assert_text(e.internal_name, "inner");
    assert_true(e.has_ordinal && e.no_name && e.is_data && e.is_private);
    assert_int_equal(e.ordinal, 7);

    e = export(f, "f=OTHER.name");
    assert_text(e.forward_to, "OTHER.name");
    assert_int_equal(e.internal_name.size, 0);

    e = export(f, "f=OTHER.#42");
    assert_text(e.forward_to, "OTHER.#42");

    e = export(f, "?f@@YAXH@Z=_f@4,@65535,constant");
    assert_text(e.name, "?f@@YAXH@Z");
    assert_text(e.internal_name, "_f@4");
    assert_int_equal(e.ordinal, 65535);
    assert_true(e.is_constant);

    e = export(f, "f,EXPORTAS,g");
    assert_text(e.export_as, "g");
}

static void lists_hold_each_name_once(void **state)
{
    struct fixture *f = *state;
    read_arguments(f, "/DEFAULTLIB:LIBCMT", "/defaultlib:libcmt.lib", "/DEFAULTLIB:b.lib", "/defaultlib:LibCmt.LIB",
                   "/NODEFAULTLIB:x", "/DISALLOWLIB:X.lib", "/INCLUDE:f", "/include:F", "/include:f",
                   "/EXCLUDE-SYMBOLS:a,b,,a", "/exclude-symbols:b,c", "/MERGE:.a=.b", "/MERGE:.a=.b",
                   "/ALTERNATENAME:p=q", "/ALTERNATENAME:p=q", "/INCLUDEOPTIONAL:o", "/INCLUDEOPTIONAL:o");
    assert_silent(f);
    assert_texts(f, &f->options.default_libraries, "LIBCMT|b.lib");
    assert_texts(f, &f->options.excluded_default_libraries, "x");
    assert_texts(f, &f->options.includes, "f|F");
    assert_texts(f, &f->options.optional_includes, "o");
    assert_texts(f, &f->options.excluded_symbols, "a|b|c");
    assert_int_equal(f->options.merges.count, 1);
    assert_int_equal(f->options.alternate_names.count, 1);
    assert_text(f->options.alternate_names.items[0].source, "command line");
}

static void contrary_pairs_are_reported(void **state)
{
    struct fixture *f = *state;
    read_arguments(f, "/MERGE:.a=.b", "/MERGE:.a=.c", "/ALTERNATENAME:p=q", "/ALTERNATENAME:p=r");
    assert_said(f, "warning: .a=.c: already merged into .b [LNK4253]");
    assert_said(f, "error: /alternatename: conflicts: p=r");
    assert_text(f->options.merges.items[0].to, ".b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(section_attributes_are_links),
        fixture_test(exports_have_many_forms),
        fixture_test(lists_hold_each_name_once),
        fixture_test(contrary_pairs_are_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
