// .def files. What a form means is link.exe's reference ("Module-Definition (.Def) Files"), its own examples first;
// '==', CONSTANT and EXPORTAS are GNU's and lld's.
#include "tests/unit/test_options.h"

#include "common/coff.h"

static void read_definition(struct fixture *f, const char *content)
{
    definition_text_read(&f->options, text_of(content), TEXT("a.def"), &f->arena, f->diagnostics);
}

// "name[=internal][>forward][@n][ flags]" of each export, one a line: as short as a .def file would say it.
static void assert_exports(struct fixture *f, const char *expected)
{
    struct text all = TEXT("");
    for (size_t i = 0; i < f->options.exports.count; i++) {
        const struct export_request *e = &f->options.exports.items[i];
        struct text ordinal = e->has_ordinal ? text_format(&f->arena, "@%u", e->ordinal) : TEXT("");
        all = text_format(&f->arena, "%.*s%.*s%s%.*s%s%.*s%.*s%s%s%s%s%s%.*s\n", TEXT_ARGUMENT(all),
                          TEXT_ARGUMENT(e->name), e->internal_name.size ? "=" : "", TEXT_ARGUMENT(e->internal_name),
                          e->forward_to.size ? ">" : "", TEXT_ARGUMENT(e->forward_to), TEXT_ARGUMENT(ordinal),
                          e->no_name ? " noname" : "", e->is_data ? " data" : "", e->is_private ? " private" : "",
                          e->is_constant ? " constant" : "", e->export_as.size ? " as " : "",
                          TEXT_ARGUMENT(e->export_as));
        assert_false(e->is_from_directive);
    }
    assert_text(all, expected);
    f->options.exports.count = 0;
}

static void the_references_example_is_read(void **state)
{
    struct fixture *f = *state;
    read_definition(f, "EXPORTS\n"
                       "   DllCanUnloadNow      @1          PRIVATE\n"
                       "   DllWindowName = WindowName       DATA\n"
                       "   DllGetClassObject    @4 NONAME   PRIVATE\n"
                       "   DllRegisterServer    @7\n"
                       "   DllUnregisterServer\n");
    assert_silent(f);
    assert_exports(f, "DllCanUnloadNow@1 private\nDllWindowName=WindowName data\nDllGetClassObject@4 noname private\n"
                      "DllRegisterServer@7\nDllUnregisterServer\n");
}

static void forwarders_name_another_module(void **state)
{
    struct fixture *f = *state;
    read_definition(f, "EXPORTS\n func2=other_module.func1\n func3 = other_module.#42 @3\n"
                       " f4=\"api-ms-win-core.dll\".CreateFileW\n a.b\n c=\"x.y\"\n");
    assert_silent(f);
    assert_exports(f, "func2>other_module.func1\nfunc3>other_module.#42@3\nf4>api-ms-win-core.dll.CreateFileW\na.b\n"
                      "c>x.y\n");
}

static void gnu_forms_are_read(void **state)
{
    struct fixture *f = *state;
    read_definition(f, "EXPORTS\nfoo @ 10\nbar @ 11 DATA\n_imported == real\nk CONSTANT\nv DATA PRIVATE CONSTANT\n"
                       "e=i EXPORTAS shown\nlast\n");
    assert_silent(f);
    assert_exports(f,
                   "foo@10\nbar@11 data\n_imported as real\nk constant\nv data private constant\ne=i as shown\nlast\n");
}

static void decorated_names_are_names(void **state)
{
    struct fixture *f = *state;
    read_definition(f, "EXPORTS\nfoo@4\n@fast@8\nbar\n@fast@12 @5\n_s@8=_impl@8 @6\n?f@@YAXH@Z @7\nx=@fast@4\n");
    assert_silent(f);
    assert_exports(f, "foo@4\n@fast@8\nbar\n@fast@12@5\n_s@8=_impl@8@6\n?f@@YAXH@Z@7\nx=@fast@4\n");
}

static void comments_quotes_and_lines(void **state)
{
    struct fixture *f = *state;
    read_definition(
        f,
        "; a comment with EXPORTS in it\r\nEXPORTS first\r\n; between\r\n \"second one\" ; behind\r\n\"DATA\" DATA\r\n"
        "\"EXPORTS\"\r\n\"a;b\"=\"c=d\" @2\r\nthird;x\r\nEXPORTS\tfourth\tfifth\r\n");
    assert_silent(f);
    assert_exports(f, "first\nsecond one\nDATA data\nEXPORTS\na;b=c=d@2\nthird\nfourth\nfifth\n");
}

static void keywords_of_lines_are_names_elsewhere(void **state)
{
    struct fixture *f = *state;
    read_definition(f, "EXPORTS\n f=CODE\n \"CODE\"\n g = STUB @1\n RESIDENT\n Data\n exports\n");
    assert_silent(f);
    assert_exports(f, "f=CODE\nCODE\ng=STUB@1\nRESIDENT\nData\nexports\n");
}

static void header_statements_are_options(void **state)
{
    struct fixture *f = *state;
    read_definition(f,
                    "LIBRARY \"my lib\" BASE=0x10000000\nVERSION 3.21\nSTACKSIZE 0x200000,8192\nHEAPSIZE 65536 , 4096\n"
                    "STUB:stub.exe\nEXPORTS f\n");
    assert_silent(f);
    assert_text(f->options.library_name, "my lib");
    assert_false(f->options.is_dll);
    assert_true(f->options.base_given);
    assert_int_equal(f->options.image_base, 0x10000000);
    assert_int_equal(f->options.image_major, 3);
    assert_int_equal(f->options.image_minor, 21);
    assert_int_equal(f->options.stack_reserve, 0x200000);
    assert_int_equal(f->options.stack_commit, 8192);
    assert_int_equal(f->options.heap_reserve, 65536);
    assert_text(f->options.stub, "stub.exe");
    assert_exports(f, "f\n");
    read_definition(f, "STUB : a.exe");
    assert_text(f->options.stub, "a.exe");
    read_definition(f, "STUB 'b.exe'");
    assert_text(f->options.stub, "b.exe");
    assert_silent(f);
}

static void names_may_be_left_out(void **state)
{
    struct fixture *f = *state;
    read_definition(f, "LIBRARY\nEXPORTS\nf\n");
    assert_int_equal(f->options.library_name.size, 0);
    read_definition(f, "NAME BASE = 4194304 NAME \"BASE\"\n");
    assert_int_equal(f->options.image_base, 0x400000);
    assert_text(f->options.library_name, "BASE");
    read_definition(f, "LIBRARY \"EXPORTS\" EXPORTS g");
    assert_text(f->options.library_name, "EXPORTS");
    assert_silent(f);
    assert_exports(f, "f\ng\n");
}

static void sizes_stand_against_the_command_line(void **state) // "STACKSIZE overrides /STACK if both are specified"
{
    struct fixture *f = *state;
    read_arguments(f, "/STACK:4096,4096", "/STUB:mine.exe", "/SECTION:.s,R");
    read_definition(f, "STACKSIZE 65536\nSTUB 'theirs.exe'\nSECTIONS\n.s READ WRITE\n");
    assert_silent(f);
    assert_int_equal(f->options.stack_reserve, 65536);
    assert_text(f->options.stub, "mine.exe");
    assert_int_equal(f->options.section_attributes.items[0].set, SECTION_READ);
}

static void sections_have_words_for_attributes(void **state)
{
    struct fixture *f = *state;
    read_definition(f, "SECTIONS\n.rdata READ WRITE\n.shared CLASS 'DATA' READ WRITE SHARED\nSEGMENTS .x EXECUTEREAD\n"
                       "\"EXPORTS\" READONLY PRELOAD\nEXPORTS f\n");
    assert_silent(f);
    assert_int_equal(f->options.section_attributes.count, 4);
    const struct section_attributes *s = f->options.section_attributes.items;
    assert_text(s[0].name, ".rdata");
    assert_int_equal(s[0].set, SECTION_READ | SECTION_WRITE);
    assert_true(s[0].clear & SECTION_EXECUTE);
    assert_text(s[1].name, ".shared");
    assert_int_equal(s[1].set, SECTION_READ | SECTION_WRITE | SECTION_SHARED);
    assert_text(s[2].name, ".x");
    assert_int_equal(s[2].set, SECTION_READ | SECTION_EXECUTE);
    assert_text(s[3].name, "EXPORTS");
    assert_exports(f, "f\n");
}

// link.exe: LNK4017.
static void statements_of_other_systems_are_warnings(void **state)
{
    struct fixture *f = *state;
    read_definition(f, "LIBRARY x\nDESCRIPTION 'a; \"text EXPORTS'\nEXETYPE WINDOWS\nCODE PRELOAD MOVEABLE\n"
                       "DATA PRELOAD SINGLE\nIMPORTS\n  KERNEL.1\n  x=y.z\nEXPORTS\nf\n");
    assert_said(
        f, "mylink: warning: a.def:2: DESCRIPTION statement not supported for the target platform; ignored [LNK4017]");
    assert_said(f, "a.def:3: EXETYPE statement");
    assert_said(f, "a.def:4: CODE statement");
    assert_said(f, "a.def:5: DATA statement");
    assert_said(f, "a.def:6: IMPORTS statement");
    assert_int_equal(diagnostics_error_count(f->diagnostics), 0);
    assert_exports(f, "f\n");
}

static void errors_name_the_line_and_reading_goes_on(void **state)
{
    struct fixture *f = *state;
    read_definition(f, "FOO bar\nLIBRARY x BASE 5\nVERSION a.b\nSTACKSIZE\nEXPORTS\nf @0\ng @65536\nh\n"
                       "i NONAME\n= j\nk\nSECTIONS .x PURPLE READ\n.y READ\nEXPORTS h =\nHEAPSIZE 1,\n");
    assert_said(f, "error: a.def:1: unknown directive: FOO [LNK1118]");
    assert_said(f, "error: a.def:2: '=' expected behind BASE [LNK1118]");
    assert_said(f, "error: a.def:3: /VERSION:a.b: invalid number: a [LNK1117]");
    assert_said(f, "error: a.def:4: syntax error in 'STACKSIZE' statement [LNK1118]");
    assert_said(f, "error: a.def:6: invalid ordinal for export 'f': @0 [LNK1118]");
    assert_said(f, "error: a.def:7: invalid ordinal for export 'g': @65536 [LNK1118]");
    assert_said(f, "error: a.def:9: NONAME without an ordinal: i");
    assert_said(f, "error: a.def:12: unknown attribute of section '.x': PURPLE");
    assert_said(f, "error: a.def:14: identifier expected behind 'h ='");
    assert_said(f, "error: a.def:15: syntax error in 'HEAPSIZE' statement [LNK1118]");
    assert_int_equal(diagnostics_error_count(f->diagnostics), 11);
    assert_text(f->options.exports.items[f->options.exports.count - 1].name, "k");
}

static void an_open_quote_is_an_error(void **state)
{
    struct fixture *f = *state;
    read_definition(f, "EXPORTS\n\"f\ng\n");
    assert_said(f, "error: a.def: a quote is not closed on its line");
    assert_exports(f, "f\ng\n");
}

static void odd_content_ends_well(void **state)
{
    struct fixture *f = *state;
    static const char *const contents[] = {
        "",
        " ",
        "\n",
        ";",
        "\"",
        "=",
        "==",
        ",",
        "@",
        "EXPORTS",
        "EXPORTS @",
        "EXPORTS f @",
        "EXPORTS f = \"",
        "LIBRARY BASE",
        "LIBRARY BASE =",
        "SECTIONS",
        "SECTIONS .a CLASS",
        "STUB",
        "STUB:",
        "STUB :",
        "EXPORTS f ==",
        "EXPORTS f EXPORTAS",
        "IMPORTS",
        "DESCRIPTION",
        "HEAPSIZE ,",
        "EXPORTS \"\" @1",
        "EXPORTS , , f , @1 ,",
        "SECTIONS , ,",
        "NAME =",
        "EXPORTS\n\"a\".\"b",
        "VERSION 1.2.3",
    };
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        size_t size = strlen(contents[i]);
        char *exact = malloc(size + 1); // no byte behind it, for the address sanitizer
        memcpy(exact, contents[i], size);
        char *tight = realloc(exact, size ? size : 1);
        definition_text_read(&f->options, (struct text){tight, size}, TEXT("a.def"), &f->arena, f->diagnostics);
        messages(f);
        options_init(&f->options, &f->arena);
        free(tight);
    }
}

static void files_are_found_in_any_encoding(void **state)
{
    struct fixture *f = *state;
    write_text("plain.def", "EXPORTS f\n");
    write_bytes("utf16.def",
                "\xff\xfe"
                "E\0X\0P\0O\0R\0T\0S\0 \0g\0",
                20);
    write_bytes("marked.def",
                "\xef\xbb\xbf"
                "EXPORTS h",
                12);
    options_read_definition_file(&f->options, TEXT("plain.def"), &f->arena, f->diagnostics);
    options_read_definition_file(&f->options, TEXT("utf16.def"), &f->arena, f->diagnostics);
    options_read_definition_file(&f->options, TEXT("marked.def"), &f->arena, f->diagnostics);
    assert_silent(f);
    assert_exports(f, "f\ng\nh\n");
    options_read_definition_file(&f->options, TEXT("none.def"), &f->arena, f->diagnostics);
    assert_said(f, "error: could not open 'none.def': No such file or directory [LNK1104]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(the_references_example_is_read),
        fixture_test(forwarders_name_another_module),
        fixture_test(gnu_forms_are_read),
        fixture_test(decorated_names_are_names),
        fixture_test(comments_quotes_and_lines),
        fixture_test(keywords_of_lines_are_names_elsewhere),
        fixture_test(header_statements_are_options),
        fixture_test(names_may_be_left_out),
        fixture_test(sizes_stand_against_the_command_line),
        fixture_test(sections_have_words_for_attributes),
        fixture_test(statements_of_other_systems_are_warnings),
        fixture_test(errors_name_the_line_and_reading_goes_on),
        fixture_test(an_open_quote_is_an_error),
        fixture_test(odd_content_ends_well),
        folder_test(files_are_found_in_any_encoding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
