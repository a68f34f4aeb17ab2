// mylink /PATCHCHECK on images of all kinds: of other linkers, stripped, many at once, damaged.
#include "tests/end_to_end/patch_report.h"

#include <stdio.h>
#include <string.h>

#define WINE_DLLS "/usr/lib/x86_64-linux-gnu/wine/x86_64-windows/"

static const char source[] =
    "static int table[4];\n"
    "static __declspec(noinline) int hidden(int i) { return table[i & 3] + i; }\n"
    "__declspec(dllexport) int shown(int n) { int s = 0; for (int i = 0; i < n; i++) s += hidden(i); return s; }\n"
    "__declspec(dllexport) void set(int i, int v) { table[i & 3] = v; }\n";

static json_t *check(struct program *p, int status, const char *arguments)
{
    struct outcome run = mylink_run(p, "/PATCHCHECK /PATCHREPORT:report.json %s", arguments);
    if (run.status != status)
        fail_with("status %d, expected %d\n%s%s", run.status, status, run.output, run.errors);
    p->run = run;
    return report_read(p, "report.json");
}

// An image of mylink's own, checked from its bytes alone, gets the verdicts that the link gave.
static void agrees_with_the_link(void **state)
{
    struct program *p = program(state);
    program_compile(p, source, "/O1 /Gy /Z7 /hotpatch");
    program_link(p, "/DLL /NOENTRY /OPT:NOREF /FUNCTIONPADMIN /DEBUG:SYMTAB /PATCHREPORT:link.json");
    json_t *of_link = report_read(p, "link.json"), *of_image = check(p, 0, "program.dll"), *function;
    json_t *functions = json_object_get(report_image(of_link, 0), "functions");
    size_t i;
    assert_int_equal(json_array_size(functions), 3);
    assert_int_equal(json_array_size(json_object_get(report_image(of_image, 0), "functions")), 3);
    json_array_foreach(functions, i, function)
    {
        static const char *const same[] = {"rva", "size", "pad_wanted", "first_instruction", "ready", "section"};
        json_t *other = report_function(of_image, json_string_value(json_object_get(function, "name")));
        for (size_t k = 0; k < sizeof same / sizeof *same; k++)
            assert_true(json_equal(json_object_get(function, same[k]), json_object_get(other, same[k])));
    }
    assert_string_equal(json_string_value(json_object_get(report_image(of_link, 0), "known_from")), "link");
    assert_string_equal(json_string_value(json_object_get(report_image(of_image, 0), "known_from")), "image");
    json_decref(of_link);
    json_decref(of_image);
}

// lld-link's images: with pads ready, without not; names from exports when there is no symbol table, from unwind data
// none.
static void images_of_lld(void **state)
{
    struct program *p = program(state);
    bool is_x86 = p->platform == &platform_x86;
    const char *pad = is_x86 ? "5" : p->platform == &platform_x64 ? "6" : p->platform == &platform_arm64 ? "16" : "8";
    program_compile(p, source, "/O1 /Gy /Z7 /hotpatch");
    const char *basic =
        scratch_format(&p->scratch, "lld-link-19 /dll /noentry /nodefaultlib %s 1.obj", is_x86 ? "/safeseh:no" : "");
    process_must_run(&p->scratch, p->folder, "%s /functionpadmin:%s /out:padded.dll", basic, pad);
    process_must_run(&p->scratch, p->folder, "%s /out:bare.dll", basic);
    bool fills_with_zeros = p->platform == &platform_arm; // which are instructions of ARM that run through
    json_t *report = check(p, fills_with_zeros ? 1 : 0, "padded.dll");
    if (!fills_with_zeros)
        assert_verdict(p, report, "shown", "ready");
    json_t *function = report_function(report, "shown");
    assert_true(report_function_has_source(function, "export"));
    assert_int_equal(report_function_has_source(function, "unwind"), !is_x86);
    json_decref(report);
    report = check(p, 1, "bare.dll");
    assert_contains(report_verdict(p, report, "set"), "no-pad");
    assert_contains(p->run.output, "bare.dll: ");
    assert_contains(p->run.output, "no-pad, as ");
    json_decref(report);
}

// GNU ld's images, with their symbol table and stripped of it. Import thunks are found in both.
static void images_of_gnu_ld(void **state)
{
    struct program *p = program(state);
    program_write(
        p, "gnu.c",
        "#include <stdio.h>\n#include <stdlib.h>\nstatic __attribute__((noinline)) int twice(int a) { return a * 2; }\n"
        "int main(int n, char **v) { printf(\"%d\\n\", twice(atoi(v[n - 1]))); return 0; }\n");
    process_must_run(&p->scratch, p->folder, "%s-gcc -O1 -o gnu.exe gnu.c", p->platform->mingw);
    process_must_run(&p->scratch, p->folder, "%s-strip -o bare.exe gnu.exe", p->platform->mingw);
    json_t *report = check(p, 1, "gnu.exe");
    assert_true(report_function_has_source(report_function(report, "twice"), "symbol"));
    json_t *entry = report_function(report, "mainCRTStartup");
    assert_true(report_function_has_source(entry, "entry-point"));
    json_t *thunk = report_function(report, "malloc");
    assert_true(report_function_has_source(thunk, "import-thunk"));
    assert_int_equal(json_integer_value(json_object_get(thunk, "size")), 6);
    size_t count = json_array_size(json_object_get(report_image(report, 0), "functions"));
    json_decref(report);
    report = check(p, 1, "bare.exe");
    assert_true(report_function_has_source(report_function(report, "malloc"), "import-thunk"));
    if (p->platform == &platform_x64) { // nearly all functions have unwind data
        size_t found = json_array_size(json_object_get(report_image(report, 0), "functions"));
        assert_true(found * 10 >= count * 8);
    }
    json_decref(report);
}

// Wine marks functions for hot patching with gcc's attribute ms_hook_prologue: 32 bytes of int3 and an entry of 8
// bytes. These are ready, and what objdump finds of that shape in the same file is exactly what /PATCHCHECK finds.
static void wine_hook_functions(void **state)
{
    struct program *p = program(state);
    json_t *report = check(p, 1, WINE_DLLS "ntdll.dll"), *function;
    struct outcome shape =
        process_must_run(&p->scratch, p->folder, "objdump -d --no-show-raw-insn -j .text " WINE_DLLS "ntdll.dll");
    size_t i, ready = 0, shaped = 0;
    for (const char *at = shape.output; (at = strstr(at, "lea    0x0(%rsp),%rsp")) != NULL; at++)
        shaped++;
    json_array_foreach(json_object_get(report_image(report, 0), "functions"), i, function)
    {
        ready += json_is_true(json_object_get(function, "ready"));
    }
    assert_verdict(p, report, "LdrLoadDll", "ready");
    assert_int_equal(json_integer_value(json_object_get(report_function(report, "LdrLoadDll"), "pad_found")), 32);
    assert_true(shaped >= 10);
    assert_int_equal(ready, shaped);
    json_decref(report);
}

// All of Wine's DLLs in one call: each is examined, and none is taken for a liar.
static void all_of_wine(void **state)
{
    struct program *p = program(state);
    struct outcome files = process_must_run(&p->scratch, p->folder, "find " WINE_DLLS " -name *.dll");
    struct outcome run = mylink_run(p, "/PATCHCHECK %s", files.output);
    assert_string_equal(run.errors, "");
    assert_int_equal(run.status, 1);
    const char *last = strstr(run.output, " images: ");
    assert_non_null(last);
}

// Names out of a map file, ours and lld-link's; one of another build is refused.
static void names_from_a_map_file(void **state)
{
    struct program *p = program(state);
    program_compile(p, source, "/O1 /Gy /Z7 /hotpatch");
    program_link(p, "/DLL /NOENTRY /OPT:NOREF /FUNCTIONPADMIN /MAP");
    json_t *report = check(p, 0, "program.dll");
    json_t *hidden = report_function(report, "hidden");
    assert_true(report_function_has_source(hidden, "map-file"));
    assert_string_equal(json_string_value(json_object_get(hidden, "object")), "1.obj");
    json_decref(report);

    process_must_run(&p->scratch, p->folder,
                     "lld-link-19 /dll /noentry /nodefaultlib /functionpadmin:6 /out:lld.dll /map 1.obj");
    report = check(p, 0, "lld.dll"); // lld-link's has no static functions
    assert_true(report_function_has_source(report_function(report, "shown"), "map-file"));
    assert_string_equal(json_string_value(json_object_get(report_function(report, "shown"), "object")), "1.obj");
    json_decref(report);

    process_must_run(&p->scratch, p->folder, "cp program.map lld.map");
    report = check(p, 0, "lld.dll");
    assert_contains(p->run.errors, "the map file is of another build");
    assert_false(report_function_has_source(report_function(report, "shown"), "map-file"));
    json_decref(report);
}

// lld-link folds by default: an image with a symbol table shows both names at one place.
static void folded_in_an_image(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "int twin_a(int a) { return a * 3 + 1; }\nint twin_b(int a) { return a * 3 + 1; }\nint single(int "
                    "a) { return a * 5; }\n",
                    "/O1 /Gy /Z7 /hotpatch");
    process_must_run(&p->scratch, p->folder,
                     "lld-link-19 /dll /noentry /nodefaultlib /opt:noref /opt:icf /functionpadmin:6 /debug:symtab "
                     "/out:lld.dll 1.obj");
    json_t *report = check(p, 1, "lld.dll");
    const char *name = report_function_or_null(report, "twin_a") ? "twin_a" : "twin_b";
    assert_verdict(p, report, name, "folded");
    assert_verdict(p, report, "single", "ready");
    json_decref(report);
}

// One file that is no image does not stop the others; the report tells both.
static void one_bad_file_among_many(void **state)
{
    struct program *p = program(state);
    program_compile(p, source, "/O1 /Gy /Z7 /hotpatch");
    program_link(p, "/DLL /NOENTRY /FUNCTIONPADMIN");
    program_write(p, "text.dll", "no image at all");
    json_t *report = check(p, 2, "program.dll text.dll missing.dll program.dll");
    assert_contains(p->run.errors, "text.dll: not a PE image");
    assert_contains(p->run.errors, "missing.dll");
    assert_contains(p->run.output, "program.dll: 2 of 2 functions are ready");
    assert_int_equal(json_array_size(json_object_get(report, "images")), 2);
    assert_int_equal(json_array_size(json_object_get(report, "failures")), 2);
    json_decref(report);
}

static void arguments_are_checked(void **state)
{
    struct program *p = program(state);
    assert_int_equal(mylink_run(p, "/PATCHCHECK").status, 2);
    assert_int_equal(mylink_run(p, "/PATCHCHECK /NOSUCHOPTION x.dll").status, 2);
    struct outcome run = mylink_run(p, "/patchcheck -functionpadmin:0x " WINE_DLLS "ntdll.dll");
    assert_int_equal(run.status, 2);
    assert_contains(run.errors, "-functionpadmin:0x");
    assert_int_equal(mylink_run(p, "-patchcheck /functionpadmin:0x21 " WINE_DLLS "ntdll.dll").status, 1);
    assert_int_equal(mylink_run(p, "/PATCHCHECK /?").status, 0);
    assert_int_equal(mylink_run(p, "/PATCHCHECK .").status, 2);
    assert_contains(mylink_run(p, "/PATCHCHECK /no/such/file.dll").errors, "/no/such/file.dll");
    program_write(p, "images.rsp", "/FUNCTIONPADMIN:32\n\"" WINE_DLLS "ntdll.dll\" " WINE_DLLS "kernel32.dll\n");
    run = mylink_run(p, "/PATCHCHECK @images.rsp");
    assert_int_equal(run.status, 1);
    assert_contains(run.output, "2 images: ");
    assert_int_equal(mylink_run(p, "/PATCHCHECK @missing.rsp").status, 2);
}

// An image cut short anywhere, and one with a byte of its headers or tables changed: an answer of 0, 1 or 2, in time
// and without a crash.
static void damaged_images(void **state)
{
    struct program *p = program(state);
    size_t size;
    program_compile(p, source, "/O1 /Gy /Z7 /hotpatch");
    program_link(p, "/DLL /NOENTRY /OPT:NOREF /FUNCTIONPADMIN /DEBUG:SYMTAB");
    uint8_t *bytes = folder_read_file(&p->scratch, p->image_path, &size);
    char *names = scratch_format(&p->scratch, "%s", "");
    for (size_t cut = 0; cut < size; cut += 61) {
        const char *name = scratch_format(&p->scratch, "cut%zu.dll", cut);
        folder_write_file(program_path(p, name), bytes, cut);
        names = scratch_format(&p->scratch, "%s %s", names, name);
    }
    struct outcome run = mylink_run(p, "/PATCHCHECK %s", names);
    if (run.status != 2)
        fail_with("status %d\n%s", run.status, run.errors);
    for (unsigned round = 0; round < 8; round++) {
        names = scratch_format(&p->scratch, "%s", "");
        for (size_t at = round; at < size; at += at < 1024 ? 8 : 64) {
            static const uint8_t values[] = {0xff, 0x00, 0x80, 0x7f};
            const char *name = scratch_format(&p->scratch, "lie%zu.dll", at);
            uint8_t before = bytes[at];
            bytes[at] = values[(at / 8 + round) % 4];
            folder_write_file(program_path(p, name), bytes, size);
            bytes[at] = before;
            names = scratch_format(&p->scratch, "%s %s", names, name);
        }
        run = mylink_run(p, "/PATCHCHECK /PATCHREPORT:report.json %s", names);
        if (run.status < 0 || run.status > 2)
            fail_with("round %u: status %d\n%s", round, run.status, run.errors);
        json_decref(report_read(p, "report.json"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_x64(agrees_with_the_link),  test_on_x86(agrees_with_the_link), test_on_arm64(agrees_with_the_link),
        test_on_arm(agrees_with_the_link),  test_on_x64(images_of_lld),        test_on_x86(images_of_lld),
        test_on_arm64(images_of_lld),       test_on_arm(images_of_lld),        test_on_x64(images_of_gnu_ld),
        test_on_x86(images_of_gnu_ld),      test_on_x64(wine_hook_functions),  test_on_x64(all_of_wine),
        test_on_x64(names_from_a_map_file), test_on_x64(folded_in_an_image),   test_on_x64(one_bad_file_among_many),
        test_on_x64(arguments_are_checked), test_on_x64(damaged_images),       test_on_x86(damaged_images),
        test_on_arm64(damaged_images),      test_on_arm(damaged_images),
    };
    return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
