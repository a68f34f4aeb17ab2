// Names that would give a terminal orders, break a line or end a script: shown escaped wherever a person or a program
// reads them.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/program.h"

// Compilers write no such names, so they are put in place of others of the same length; what is left is filled with _.
static const struct {
    const char *tame, *hostile, *shown;
} names[] = {
    {"tame_name_that_has_the_colours_changed", "red\033[31m\033]0;title\007", "red\\x1B[31m\\x1B]0;title\\x07"},
    {"tame_name_that_breaks_a_line_in_pieces", "line\nmylink: error: forged\r",
     "line\\x0Amylink: error: forged\\x0D__"},
    {"tame_name_in_no_encoding_at_a", "bad\xff\xfe\xc3(\xe2\x80\xae_turned",
     "bad\\xFF\\xFE\\xC3(\\xE2\\x80\\xAE_turned"},
    {"tame_name_that_ends_scripts_too", "</script><img src=x onerror=y>", "</script><img src=x onerror=y>"},
};
enum { NAME_COUNT = sizeof names / sizeof *names };

static void make_hostile(struct program *p, const char *object)
{
    const char *path = program_path(p, object);
    size_t size;
    char *content = folder_read_file(&p->scratch, path, &size);
    for (size_t i = 0; i < NAME_COUNT; i++) {
        size_t length = strlen(names[i].tame);
        assert_true(length >= strlen(names[i].hostile));
        char *found;
        while ((found = memmem(content, size, names[i].tame, length)) != NULL) {
            memset(found, '_', length);
            memcpy(found, names[i].hostile, strlen(names[i].hostile));
        }
    }
    folder_write_file(path, content, size);
}

// Lines of plain text: nothing below a blank but line ends, no DEL, only whole UTF-8 and no marks that turn text round.
static void assert_tame(const char *what, const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if ((*c < 0x20 && *c != '\n' && *c != '\t' && *c != '\r') || *c >= 0x7f)
            fail_with("%s has the byte 0x%02x:\n%.40s", what, *c, (const char *)c);
}

static void in_diagnostics(void **state)
{
    struct program *p = program(state);
    for (size_t i = 0; i < NAME_COUNT; i++) {
        p->inputs = (struct arguments){0};
        const char *form = "int %s(void); int f(void) { return %s(); }";
        make_hostile(p, program_compile(p, scratch_format(&p->scratch, form, names[i].tame, names[i].tame), ""));
        program_link_fails(p, "/DLL /NOENTRY /EXPORT:f",
                           scratch_format(&p->scratch, "mylink: error: undefined symbol: %s", names[i].shown));
        assert_tame("a diagnostic", p->link.errors);
    }
}

static void compile_hostile(struct program *p)
{
    char *source = scratch_format(&p->scratch, "int start(void) { return 0; }\n");
    for (size_t i = 0; i < NAME_COUNT; i++)
        source = scratch_format(&p->scratch, "%sint %s(int a) { return a + %d; }\n", source, names[i].tame, (int)i);
    program_write(p, "many.c", source);
    const char *object = program_compile_as(p, "many.c", NULL, "/hotpatch");
    make_hostile(p, object);
}

static void in_maps(void **state)
{
    struct program *p = program(state);
    compile_hostile(p);
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /MAP:program.map /VERBOSE /TIME");
    const char *map = program_read(p, "program.map");
    assert_tame("the map", map);
    for (size_t i = 0; i < NAME_COUNT; i++)
        assert_contains(map, names[i].shown);
    assert_tame("what /VERBOSE says", p->link.output);
    assert_tame("what /VERBOSE says", p->link.errors);
}

static void in_reports(void **state)
{
    struct program *p = program(state);
    compile_hostile(p);
    program_link(
        p,
        "/ENTRY:start /SUBSYSTEM:CONSOLE /FUNCTIONPADMIN /PATCHREPORT:report.json /DEBUG:SYMTAB /TIMETRACE:trace.json");
    process_must_run(&p->scratch, p->folder,
                     "python3 -c \"import json; [json.load(open(f)) for f in ('report.json', 'trace.json')]\"");
    const char *report = program_read(p, "report.json");
    assert_tame("the report", report);
    assert_contains(report, "red\\\\x1B[31m");
    assert_tame("the trace", program_read(p, "trace.json"));

    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /FUNCTIONPADMIN /PATCHREPORT:report.html /DEBUG:SYMTAB");
    assert_lacks(program_read(p, "report.html"), "<img src=x");

    // The image by itself: its symbol table has the names as they are.
    struct outcome check = process_run(
        &p->scratch, &(struct process){.program = BUILD_FOLDER "/mylink",
                                       .folder = p->folder,
                                       .arguments = {(const char *[]){"mylink", "/PATCHCHECK",
                                                                      "/PATCHREPORT:check.json", "program.exe", NULL},
                                                     4}});
    assert_true(check.status == 0 || check.status == 1);
    assert_tame("what /PATCHCHECK says", check.output);
    assert_tame("what /PATCHCHECK says", check.errors);
    assert_tame("the report of /PATCHCHECK", program_read(p, "check.json"));
}

static void of_files(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "f.c", "int start(void) { return 0; }", "");
    const char *hostile = "a\033[2J\nmylink: note: forged\xff.obj";
    const char *shown = "a\\x1B[2J\\x0Amylink: note: forged\\xFF.obj";
    p->inputs = (struct arguments){0};
    program_add_input(p, hostile);
    program_link_fails(p, "/ENTRY:start /SUBSYSTEM:CONSOLE", scratch_format(&p->scratch, "could not open '%s'", shown));
    assert_tame("a diagnostic", p->link.errors);

    assert_int_equal(rename(program_path(p, "f.obj"), program_path(p, hostile)), 0);
    program_link(p,
                 "/ENTRY:start /SUBSYSTEM:CONSOLE /MAP:program.map /FUNCTIONPADMIN /PATCHREPORT:report.json /VERBOSE "
                 "/REPRODUCE:repro.tar");
    assert_tame("the map", program_read(p, "program.map"));
    assert_contains(program_read(p, "program.map"), shown);
    assert_tame("the report", program_read(p, "report.json"));
    assert_tame("what /VERBOSE says", p->link.output);
    assert_tame("what /VERBOSE says", p->link.errors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_x64(in_diagnostics),
        test_on_x64(in_maps),
        test_on_x64(in_reports),
        test_on_x64(of_files),
    };
    return cmocka_run_group_tests_name("hostile names", tests, NULL, NULL);
}
