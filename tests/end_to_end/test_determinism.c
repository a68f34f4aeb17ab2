// The same link gives the same bytes: run twice, with any number of threads, in any folder. What is compared is every
// output: image, import library and map.

#include "tests/support/program.h"

#include <stdio.h>
#include <string.h>

enum { FUNCTIONS = 60, UNITS = 12 };

// A unit with enough of everything that an order could be taken from: functions to fold, strings that units share,
// thread-local and common data, exports, calls to other units and to the system. Its object is one that is read in parts,
// as large ones are (over 64 KiB).
static const char *unit_source(struct program *p, int unit)
{
    struct scratch *scratch = &p->scratch;
    size_t size = 0, capacity = 200 * FUNCTIONS + 2000;
    char *source = scratch_allocate(scratch, capacity);
    size += (size_t)snprintf(source, capacity,
                             "__declspec(dllimport) unsigned __stdcall GetTickCount(void);\n"
                             "__declspec(selectany) int shared_%d = 3, shared_by_all = 4;\n"
                             "int zeroed_%d[100];\nint next_%d(int);\n"
                             "__declspec(dllexport) const char large_%d[70000] = {1};\n",
                             unit / 2, unit, (unit + 1) % UNITS, unit);
    for (int i = 0; i < FUNCTIONS; i++)
        size += (size_t)snprintf(source + size, capacity - size,
                                 "__declspec(noinline) int f_%d_%d(int k) { return k * %d + shared_by_all + "
                                 "zeroed_%d[k & 63] + \"string %d\"[k & 7]; }\n",
                                 unit, i, i % 50, unit, i % 90);
    size += (size_t)snprintf(source + size, capacity - size, "__declspec(dllexport) int next_%d(int k) {\n", unit);
    for (int i = 0; i < FUNCTIONS; i++)
        size += (size_t)snprintf(source + size, capacity - size, "k += f_%d_%d(k);\n", unit, i);
    snprintf(source + size, capacity - size, "return k > 1000 ? k + (int)GetTickCount() : next_%d(k); }\n",
             (unit + 1) % UNITS);
    return source;
}

static void compile_units(struct program *p)
{
    for (int unit = 0; unit < UNITS; unit++)
        program_compile_as(p, scratch_format(&p->scratch, "unit%d.c", unit), unit_source(p, unit),
                           "/O1 /Gy /hotpatch /Z7");
    program_add_import_library(p, "system.lib",
                               p->platform == &platform_x86 ? "LIBRARY kernel32.dll\nEXPORTS\nGetTickCount@0\n"
                                                            : "LIBRARY kernel32.dll\nEXPORTS\nGetTickCount\n");
}

static const char options[] = "/DLL /NOENTRY /FUNCTIONPADMIN /OPT:REF,ICF /IMPLIB:out.lib /MAP:out.map";
static const char *const outputs[] = {"program.dll", "out.lib", "out.map"};

// Puts the outputs of the last link aside as NAME.kept, or compares them with those.
static void keep_outputs(struct program *p)
{
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++)
        process_must_run(&p->scratch, p->folder, "mv %s %s.kept", outputs[i], outputs[i]);
}

static void compare_outputs(struct program *p, const char *folder)
{
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++)
        process_must_run(&p->scratch, p->folder, "cmp %s/%s %s.kept", folder, outputs[i], outputs[i]);
}

static void the_same_link_twice(void **state)
{
    struct program *p = program(state);
    compile_units(p);
    program_link(p, options);
    keep_outputs(p);
    process_must_run(&p->scratch, NULL, "sleep 1.1"); // a second is what a timestamp would show
    program_link(p, options);
    compare_outputs(p, ".");
}

static void any_number_of_threads(void **state)
{
    static const int counts[] = {1, 2, 3, 4, 8, 16};
    struct program *p = program(state);
    compile_units(p);
    program_link(p, options);
    keep_outputs(p);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        program_link(p, scratch_format(&p->scratch, "%s /THREADS:%d", options, counts[i]));
        compare_outputs(p, ".");
    }
}

static void from_another_folder(void **state)
{
    struct program *p = program(state);
    compile_units(p);
    program_link(p, options);
    keep_outputs(p);

    struct program *other = program_create(p->platform);
    process_must_run(&p->scratch, p->folder, "sh -c \"cp *.obj *.lib.kept system.lib %s\"", other->folder);
    arguments_add_all(&other->scratch, &other->inputs, &p->inputs);
    program_link(other, options);
    compare_outputs(p, other->folder);
    program_destroy(other);
}

// MinGW's rules have orders of their own: constructors, automatic imports, everything exported.
static void mingw_with_any_number_of_threads(void **state)
{
    static const int counts[] = {1, 2, 8};
    static const char link_options[] = "/FUNCTIONPADMIN /FUNCTIONPADALL /MAP:out.map";
    struct program *p = program(state);
    program_compile_mingw(p, SOURCE_FOLDER "/tests/programs/mingw/threads.cpp", NULL, "-O1 -ffunction-sections");
    program_link_mingw(p, link_options);
    process_must_run(&p->scratch, p->folder, "mv program.exe kept.exe");
    process_must_run(&p->scratch, p->folder, "mv out.map kept.map");
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        program_link_mingw(p, scratch_format(&p->scratch, "%s /THREADS:%d", link_options, counts[i]));
        process_must_run(&p->scratch, p->folder, "cmp program.exe kept.exe");
        process_must_run(&p->scratch, p->folder, "cmp out.map kept.map");
    }
}

// The other way round: the timestamp is made of the content, so another content has another one.
static void another_content_has_another_timestamp(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "one.c", "__declspec(dllexport) int f(void) { return 1; }", "/O1");
    program_link(p, "/DLL /NOENTRY");
    uint32_t first = p->image->timestamp;
    program_begin_image(p, "program.dll");
    program_compile_as(p, "one.c", "__declspec(dllexport) int f(void) { return 2; }", "/O1");
    program_link(p, "/DLL /NOENTRY");
    assert_int_not_equal(p->image->timestamp, first);
    program_link(p, "/DLL /NOENTRY /TIMESTAMP:1000000000");
    assert_int_equal(p->image->timestamp, 1000000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_x64(the_same_link_twice),
        test_on_x86(the_same_link_twice),
        test_on_x64(any_number_of_threads),
        test_on_x86(any_number_of_threads),
        test_on_x64(from_another_folder),
        test_on_x86(from_another_folder),
        test_on_x64(mingw_with_any_number_of_threads),
        test_on_x86(mingw_with_any_number_of_threads),
        test_on_x64(another_content_has_another_timestamp),
        test_on_x86(another_content_has_another_timestamp),
    };
    return cmocka_run_group_tests_name("determinism", tests, NULL, NULL);
}
