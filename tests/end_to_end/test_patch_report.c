// What is told: the JSON document, the same through gzip, the same as a page in a real browser.
#include "tests/end_to_end/patch_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BASIC "/DLL /NOENTRY /OPT:NOREF /OPT:NOICF /FUNCTIONPADMIN "

static const char source[] =
    "int table[4];\n"
    "static __declspec(noinline) int hidden(int i) { return table[i & 3] + i; }\n"
    "__declspec(dllexport) int shown(int n) { int s = 0; for (int i = 0; i < n; i++) s += hidden(i); return s; }\n"
    "void loops(volatile int *p) { while (!*p) ; }\n"
    "int changes(int a) { return a * MULTIPLIER + hidden(a); }\n";

static long long integer(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

// Totals are the sums of what stands behind them, and names, places and ends are those that other tools read.
static void totals_and_places(void **state)
{
    struct program *p = program(state);
    program_compile(p, source, "/O1 /Gy /Z7 /hotpatch /DMULTIPLIER=3");
    json_t *report = report_of_link(p, "/FUNCTIONPADMIN /DEBUG:SYMTAB"), *image = report_image(report, 0), *function;
    json_t *totals = json_object_get(image, "totals");
    long long ready = 0, pad_bytes = 0;
    size_t i;
    assert_true(json_equal(totals, json_object_get(report, "totals")));
    json_array_foreach(json_object_get(image, "functions"), i, function)
    {
        long long wanted = integer(function, "pad_wanted"), found = integer(function, "pad_found");
        ready += json_is_true(json_object_get(function, "ready"));
        pad_bytes += found < wanted ? found : wanted;
        const char *name = json_string_value(json_object_get(function, "name"));
        assert_int_equal(integer(function, "rva"), image_symbol_rva(p->image, name));
        assert_string_equal(json_string_value(json_object_get(function, "object")), "1.obj");
        assert_true(report_function_has_source(function, "codeview"));
        assert_true(report_function_has_source(function, "symbol"));
    }
    assert_int_equal(integer(totals, "functions"), 4);
    assert_int_equal(integer(totals, "ready"), ready);
    assert_int_equal(integer(totals, "pad_bytes"), pad_bytes);
    struct outcome size = process_must_run(&p->scratch, p->folder, "stat -c %%s program.dll");
    assert_int_equal(integer(totals, "image_bytes"), atoll(size.output));
    assert_true(report_function_has_source(report_function(report, "shown"), "export"));
    if (p->platform == &platform_x64) {
        struct outcome symbols = process_must_run(&p->scratch, p->folder, "llvm-pdbutil-19 dump --symbols 1.obj");
        const char *record = strstr(symbols.output, "`hidden`");
        assert_non_null(record);
        record = strstr(record, "code size = ");
        assert_int_equal(integer(report_function(report, "hidden"), "size"), atoll(record + strlen("code size = ")));
    }
    json_decref(report);
}

static void gzip_is_the_same(void **state)
{
    struct program *p = program(state);
    program_compile(p, source, "/O1 /Gy /Z7 /hotpatch /DMULTIPLIER=3");
    program_link(p, BASIC "/PATCHREPORT:plain.json");
    program_link(p, BASIC "/PATCHREPORT:packed.json.gz");
    process_must_run(&p->scratch, p->folder, "gunzip -k packed.json.gz");
    assert_same_text(program_read(p, "packed.json"), program_read(p, "plain.json"));
    program_link(p, BASIC "/PATCHREPORT"); // beside the image
    assert_same_text(program_read(p, "program.patch.json"), program_read(p, "plain.json"));
}

// The same link by one thread and by eight gives the same report.
static void threads_do_not_show(void **state)
{
    struct program *p = program(state);
    FILE *file = fopen(program_path(p, "many.c"), "w");
    for (int i = 0; i < 5000; i++)
        fprintf(file, "int f%d(int *p) { return *p += %d; }\n", i, i);
    fclose(file);
    program_compile_as(p, "many.c", NULL, "/O1 /Gy /hotpatch");
    program_link(p, BASIC "/PATCHREPORT:one.json /THREADS:1");
    program_link(p, BASIC "/PATCHREPORT:eight.json /THREADS:8");
    assert_same_text(program_read(p, "eight.json"), program_read(p, "one.json"));
    json_t *report = report_read(p, "one.json");
    assert_int_equal(integer(json_object_get(report, "totals"), "ready"), 5000);
    json_decref(report);
}

static const char *identity(json_t *report, const char *name)
{
    return json_string_value(json_object_get(report_function(report, name), "identity"));
}

// Two builds in which one function has changed, and everything lies elsewhere: its identity is another one, all others
// are the same. In the link's report and in the check's.
static void identities_compare_builds(void **state)
{
    struct program *p = program(state);
    program_compile(p, source, "/O1 /Gy /Z7 /hotpatch /DMULTIPLIER=3");
    json_t *old = report_of_link(p, "/FUNCTIONPADMIN /DEBUG:SYMTAB");
    mylink_run(p, "/PATCHCHECK /PATCHREPORT:old.json program.dll");
    json_t *old_check = report_read(p, "old.json");
    program_begin_image(p, "new.dll");
    program_compile(p, "int moves_everything(int a) { return a * 77 + 3; }", "/O1 /Gy /Z7 /hotpatch");
    program_compile(p, source, "/O1 /Gy /Z7 /hotpatch /DMULTIPLIER=5");
    json_t *new = report_of_link(p, "/FUNCTIONPADMIN:40 /DEBUG:SYMTAB /BASE:0x20000000");
    mylink_run(p, "/PATCHCHECK /PATCHREPORT:new.json new.dll");
    json_t *new_check = report_read(p, "new.json");
    static const char *const same[] = {"hidden", "shown", "loops"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        assert_string_equal(identity(old, same[i]), identity(new, same[i]));
        if (p->platform == &platform_x64 || p->platform == &platform_x86)
            assert_string_equal(identity(old_check, same[i]), identity(new_check, same[i]));
    }
    assert_string_not_equal(identity(old, "changes"), identity(new, "changes"));
    assert_string_not_equal(identity(old_check, "changes"), identity(new_check, "changes"));
    assert_int_not_equal(integer(report_function(old, "shown"), "rva"), integer(report_function(new, "shown"), "rva"));
    json_decref(old);
    json_decref(new);
    json_decref(old_check);
    json_decref(new_check);
}

// Import thunks, gcc's constructors and cold parts, exception funclets: what is a function, and what is a part of one.
static void parts_are_no_functions(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "throws.cpp",
                       "extern \"C\" void print(int); struct guard { ~guard() { print(1); } };\n"
                       "__declspec(dllexport) int catches(int a) { try { guard g; print(a); throw a; } catch (int b) { "
                       "print(b); } return 3; }\n"
                       "extern \"C\" int __CxxFrameHandler3() { return 0; } extern \"C\" void __stdcall "
                       "_CxxThrowException(void *, void *) { }\n"
                       "extern \"C\" void print(int) { } void *type_info_vtable asm(\"??_7type_info@@6B@\");\n",
                       "/O1 /Gy /Z7 /hotpatch /EHsc");
    json_t *report = report_of_link(p, "/FUNCTIONPADMIN"), *function;
    size_t i;
    json_array_foreach(json_object_get(report_image(report, 0), "functions"), i, function)
    {
        const char *name = json_string_value(json_object_get(function, "name"));
        assert_null(strstr(name, "?catch$"));
        assert_null(strstr(name, "?dtor$"));
        assert_null(strstr(name, "sub_"));
    }
    assert_verdict(p, report, "?catches@@YAHH@Z", "ready");
    json_decref(report);
}

// Names that would end a script or a string, and bytes that are no text.
static const char hostile_source[] =
    ".macro function name\n.section .text,\"xr\",one_only,\"\\name\"\n.def \"\\name\"; .scl 2; .type 32; .endef\n"
    ".globl \"\\name\"\n\"\\name\":\nxorl %eax, %eax\nret\n.endm\n"
    "function \"</script><img src=x onerror=document.title=1>\"\nfunction \"<!--<script>\"\nfunction "
    "\"a'b&amp;`c\"\nfunction \"bad\xff\xfe"
    "end\"\n";

static void hostile_names(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "hostile.s", hostile_source, "");
    json_t *report = report_of_link(p, "/FUNCTIONPADMIN");
    report_function(report, "</script><img src=x onerror=document.title=1>");
    report_function(report, "<!--<script>");
    report_function(report, "a'b&amp;`c");
    report_function(report, "bad\\xFF\\xFEend");
    json_decref(report);
}

static json_t *drive_page(struct program *p, const char *page, const char *filter)
{
    struct process process = {.folder = p->folder, .timeout = 180};
    arguments_add(&p->scratch, &process.arguments, "/usr/bin/python3");
    arguments_add(&p->scratch, &process.arguments, SOURCE_FOLDER "/tests/end_to_end/drive_page.py");
    arguments_add(&p->scratch, &process.arguments, page);
    arguments_add(&p->scratch, &process.arguments, "page.png");
    arguments_add(&p->scratch, &process.arguments, filter);
    struct outcome out = process_run(&p->scratch, &process);
    if (out.status != 0)
        fail_with("status %d\n%s%s", out.status, out.output, out.errors);
    json_t *seen = json_loads(out.output, 0, NULL), *line;
    assert_non_null(seen);
    size_t i;
    json_array_foreach(json_object_get(seen, "console"), i, line)
    {
        if (strcmp(json_string_value(json_object_get(line, "level")), "SEVERE") == 0)
            fail_with("the browser says: %s", json_string_value(json_object_get(line, "message")));
    }
    assert_string_equal(json_string_value(json_object_get(json_object_get(seen, "first"), "state")), "shown");
    return seen;
}

static const char *seen_text(json_t *seen, const char *when, const char *what)
{
    const char *text = json_string_value(json_object_get(json_object_get(seen, when), what));
    assert_non_null(text);
    return text;
}

static const char *seen_cell(json_t *seen, const char *when, size_t row, size_t column)
{
    json_t *rows = json_object_get(json_object_get(seen, when), "rows");
    const char *text = json_string_value(json_array_get(json_array_get(rows, row), column));
    return text ? text : "";
}

enum { VERDICT, NAME, OBJECT, SECTION, RVA, SIZE };

// The page opens without an error, shows the totals, filters, sorts, selects, and draws each verdict in its colour.
static void page_in_a_browser(void **state)
{
    struct program *p = program(state);
    program_compile(p, source, "/O1 /Gy /hotpatch /DMULTIPLIER=3");
    program_compile_as(p, "loop.s",
                       ".def longest; .scl 2; .type 32; .endef\n.globl longest\n.text\nlongest: pushq %rbx\n.fill 300, "
                       "1, 0x90\npopq %rbx\nret\n",
                       "");
    program_link(p, BASIC "/PATCHREPORT:report.html");
    json_t *seen = drive_page(p, "report.html", "hid");
    assert_contains(seen_text(seen, "first", "title"), "program.dll");
    assert_string_equal(seen_text(seen, "first", "shown"), "5 of 5 functions");
    assert_contains(seen_text(seen, "first", "figures"), "80.0 %");
    assert_contains(seen_text(seen, "first", "remedies"), "short-entry");
    assert_contains(seen_text(seen, "first", "remedies"), "compile with /hotpatch");
    assert_string_equal(seen_text(seen, "filtered", "shown"), "1 of 5 functions");
    assert_string_equal(seen_cell(seen, "filtered", 0, NAME), "hidden");
    assert_string_equal(seen_text(seen, "chosen", "shown"), "4 of 5 functions");
    for (size_t row = 0; row < 4; row++)
        assert_string_equal(seen_cell(seen, "chosen", row, VERDICT), "ready");
    assert_string_equal(seen_cell(seen, "by_size_down", 0, NAME), "longest");
    assert_string_equal(seen_cell(seen, "by_size_down", 0, SIZE), "303");
    assert_string_equal(seen_cell(seen, "by_size", 4, NAME), "longest");
    assert_contains(seen_text(seen, "detail", "detail"), "longest");
    assert_contains(seen_text(seen, "detail", "detail"), "short-entry");
    json_t *map = json_object_get(seen, "map");
    assert_true(integer(map, "ready") > 100);
    assert_true(integer(map, "short_entry") > integer(map, "ready")); // it is the longest
    json_decref(seen);
}

// Names are shown, and do nothing.
static void page_with_hostile_names(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "hostile.s", hostile_source, "");
    program_link(p, BASIC "/PATCHREPORT:report.html");
    json_t *seen = drive_page(p, "report.html", "<img");
    assert_contains(seen_text(seen, "at_end", "title"), "Patch readiness: program.dll");
    assert_string_equal(seen_text(seen, "filtered", "shown"), "1 of 4 functions");
    assert_string_equal(seen_cell(seen, "filtered", 0, NAME), "</script><img src=x onerror=document.title=1>");
    json_decref(seen);
}

// A hundred thousand functions: the page shows them in seconds, and the document holds no more elements than for a few.
static void page_of_a_hundred_thousand(void **state)
{
    struct program *p = program(state);
    FILE *file = fopen(program_path(p, "many.s"), "w");
    for (int i = 0; i < 100000; i++) // 16 bytes each: two in three have 13 free bytes before them, the others 2
        fprintf(file,
                ".def function_number_%d; .scl 2; .type 32; .endef\n.globl function_number_%d\n"
                ".fill %d, 1, 0x90\n.fill %d, 1, 0xcc\nfunction_number_%d: xorl %%eax, %%eax\nret\n",
                i, i, i % 3 ? 0 : 11, i % 3 ? 13 : 2, i);
    fclose(file);
    program_compile_as(p, "many.s", NULL, "");
    process_must_run(&p->scratch, p->folder,
                     "lld-link-19 /dll /noentry /opt:noref /debug:symtab /out:many.dll many.obj");
    struct outcome check = mylink_run(p, "/PATCHCHECK /PATCHREPORT:report.html many.dll");
    assert_int_equal(check.status, 1);
    assert_contains(check.output, "66666 of 100000 functions are ready");
    json_t *seen = drive_page(p, "report.html", "number_9999");
    assert_string_equal(seen_text(seen, "first", "shown"), "100,000 of 100,000 functions");
    assert_string_equal(seen_text(seen, "filtered", "shown"), "11 of 100,000 functions");
    assert_string_equal(seen_text(seen, "chosen", "shown"), "66,666 of 100,000 functions");
    assert_string_not_equal(seen_cell(seen, "at_end", 0, NAME), "");
    assert_true(integer(json_object_get(seen, "first"), "elements") < 1500);
    double seconds = json_number_value(json_object_get(seen, "seconds"));
    if (seconds > 30)
        fail_with("%.1f s to open", seconds);
    json_decref(seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_x64(totals_and_places),
        test_on_x86(totals_and_places),
        test_on_arm64(totals_and_places),
        test_on_arm(totals_and_places),
        test_on_x64(gzip_is_the_same),
        test_on_x64(threads_do_not_show),
        test_on_x64(identities_compare_builds),
        test_on_x86(identities_compare_builds),
        test_on_arm64(identities_compare_builds),
        test_on_arm(identities_compare_builds),
        test_on_x64(parts_are_no_functions),
        test_on_x64(hostile_names),
        test_on_x64(page_in_a_browser),
        test_on_x64(page_with_hostile_names),
        test_on_x64(page_of_a_hundred_thousand),
    };
    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
