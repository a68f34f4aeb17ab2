// Small things that a link leaves: the manifest as a file, the checksum in the image, how long it took.

#include <stdio.h>
#include <string.h>

#include "tests/support/program.h"

static void compile(struct program *p)
{
    program_compile(p, "int f(void) { return 1; } int start(void) { return f(); }", "");
}

static void a_manifest_lies_beside_the_image(void **state)
{
    struct program *p = program(state);
    compile(p);
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE");
    assert_false(path_exists(program_path(p, "program.exe.manifest")));
    program_link(p,
                 "/ENTRY:start /SUBSYSTEM:CONSOLE /MANIFEST /MANIFESTUAC:\"level='highestAvailable' uiAccess='true'\"");
    const char *manifest = program_read(p, "program.exe.manifest");
    assert_contains(manifest, "level='highestAvailable' uiAccess='true'");
    process_must_run(&p->scratch, p->folder,
                     "python3 -c \"import xml.dom.minidom as m; m.parse('program.exe.manifest')\"");

    remove(program_path(p, "program.exe.manifest"));
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /MANIFEST /MANIFESTFILE:other.manifest");
    assert_contains(program_read(p, "other.manifest"), "asInvoker");
    assert_false(path_exists(program_path(p, "program.exe.manifest")));
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /MANIFEST:EMBED");
    assert_false(path_exists(program_path(p, "program.exe.manifest")));
}

// osslsigncode calculates it too, and names a wrong one. (It says nothing good of an image without a signature.)
static void a_release_image_has_its_checksum(void **state)
{
    struct program *p = program(state);
    compile(p);
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE");
    assert_int_equal(p->image->checksum, 0);
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /RELEASE");
    struct process process = {.folder = p->folder};
    arguments_add_line(&p->scratch, &process.arguments, "osslsigncode verify program.exe");
    struct outcome outcome = process_run(&p->scratch, &process);
    assert_contains(outcome.output, scratch_format(&p->scratch, "PE checksum   : %08X\n", p->image->checksum));
    assert_lacks(outcome.output, "invalid PE checksum");
    assert_int_not_equal(p->image->checksum, 0);
}

static void time_shows_passes(void **state)
{
    struct program *p = program(state);
    compile(p);
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /TIME");
    const char *table = p->link.output;
    assert_contains(table, "wall ms");
    double wall, share, cpu;
    const char *total = strstr(table, "\n  total ");
    assert_non_null(total);
    assert_int_equal(sscanf(total, " total %lf %lf%% %lf", &wall, &share, &cpu), 3);
    assert_true(wall > 0 && share > 99.9 && share < 100.1);
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE");
    assert_same_text(p->link.output, "");
}

// The parts that Chrome's and Perfetto's viewers need ("Trace Event Format"): read by Python's JSON, which is strict.
static void a_time_trace_can_be_read(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "__attribute__((noinline)) int twice(int a) { return a * 2; }"
                    "__attribute__((noinline)) int doubled(int a) { return a * 2; }"
                    "int start(int a) { return twice(a) + doubled(a); }",
                    "/Gy /O1");
    program_write(p, "check.py",
                  "import json\n"
                  "events = json.load(open('trace.json'))['traceEvents']\n"
                  "passes = [e for e in events if e['ph'] == 'X' and e['tid'] == 0 and 'cpu ms' in e.get('args', {})]\n"
                  "assert len(passes) > 5\n"
                  "end = 0\n"
                  "for e in passes:\n"
                  "    assert e['pid'] == 1 and e['dur'] >= 0 and e['ts'] >= end - 1e-3, e\n"
                  "    end = e['ts'] + e['dur']\n"
                  "inside = {e['name'] for e in events if e['ph'] == 'X'}\n"
                  "wanted = {'parse', 'bind', 'keep sections', 'hash sections', 'write chunks', 'find functions'}\n"
                  "assert wanted <= inside, inside\n");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /OPT:ICF /PATCHREPORT:report.json /TIMETRACE:trace.json");
    process_must_run(&p->scratch, p->folder, "python3 check.py");
    assert_int_equal(program_try_link(p, "/ENTRY:absent /SUBSYSTEM:CONSOLE /TIMETRACE:trace.json"), 1);
    process_must_run(&p->scratch, p->folder, "python3 -m json.tool trace.json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_x64(a_manifest_lies_beside_the_image), test_on_x64(a_release_image_has_its_checksum),
        test_on_x86(a_release_image_has_its_checksum), test_on_x64(time_shows_passes),
        test_on_x64(a_time_trace_can_be_read),
    };
    return cmocka_run_group_tests_name("beside the image", tests, NULL, NULL);
}
