// The samples, run by the script that README names, on each machine. The scripts check themselves only by their exit
// status; here what they showed is looked at.

#include "tests/support/program.h"

#include <stdlib.h>

// Runs samples/NAME/run MACHINE with the mylink of this build, in the test's folder, and returns what it printed.
static const char *run_sample(struct program *p, const char *name)
{
    const char *linker = getenv("MYLINK");
    if (!linker || !*linker)
        linker = BUILD_FOLDER "/mylink";
    struct process process = {.folder = p->folder, .timeout = 300};
    struct scratch *scratch = &p->scratch;
    arguments_add(scratch, &process.arguments, scratch_format(scratch, SOURCE_FOLDER "/samples/%s/run", name));
    arguments_add(scratch, &process.arguments, p->platform->name);
    arguments_add(scratch, &process.environment, scratch_format(scratch, "MYLINK=%s", linker));
    arguments_add(scratch, &process.environment, scratch_format(scratch, "OUTPUT=%s", p->folder));
    struct outcome outcome = process_run(scratch, &process);
    if (outcome.status != 0)
        fail_with("status %d from sample %s\n%s%s", outcome.status, name, outcome.output, outcome.errors);
    outcome_normalize_lines(&outcome);
    assert_same_text(outcome.errors, "");
    return outcome.output;
}

static struct image *sample_image(struct program *p, const char *name)
{
    read_back_image(&p->scratch, p->folder, name);
    return image_read(&p->scratch, program_path(p, name));
}

static void pads(void **state)
{
    struct program *p = program(state);
    const char *output = run_sample(p, "pads");
    assert_contains(output, "2 + 3 = 5\n");
    bool x86 = p->platform == &platform_x86, arm64 = p->platform == &platform_arm64;
    assert_contains(output, arm64 ? "brk\t#0xf000\n" : "int3\n");

    const struct image *image = sample_image(p, "a.exe");
    uint32_t pad = x86 ? 5 : arm64 ? 16 : 6, alignment = arm64 ? 4 : 16;
    const char *fill =
        arm64 ? "\x00\x00\x3e\xd4\x00\x00\x3e\xd4\x00\x00\x3e\xd4\x00\x00\x3e\xd4" : "\xCC\xCC\xCC\xCC\xCC\xCC";
    const char *const functions[] = {"main", "add", "subtract"};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        const char *name = scratch_format(&p->scratch, "%s%s", x86 ? "_" : "", functions[i]);
        if (!image_has_symbol(image, name)) // nobody calls it, and /OPT:REF is the default
            continue;
        uint32_t rva = image_symbol_rva(image, name);
        assert_memory_equal(image_at(image, rva - pad, pad), fill, pad);
        assert_int_equal(rva % alignment, 0);
    }
    assert_true(image_has_symbol(image, x86 ? "_add" : "add"));
}

static void patch_itself(void **state)
{
    struct program *p = program(state);
    const char *output = run_sample(p, "patch-itself");
    assert_contains(output, "patched and restored 10000 times while 3 threads called: ");
    assert_contains(output, " answers, 0 wrong\n");
    sample_image(p, "patch_itself.exe");
    sample_image(p, "new_answer.dll");
}

static void library(void **state)
{
    struct program *p = program(state);
    assert_contains(run_sample(p, "library"), "2 shapes; a rectangle of 6 by 7: area 42, perimeter 26, 4 corners\n");
    const struct image *program_image = sample_image(p, "program.exe");
    assert_true(image_imports(program_image, "shapes.dll", "rectangle_area"));
    assert_true(image_imports(program_image, "shapes.dll", "perimeter"));
    assert_true(image_imports(program_image, "shapes.dll", "shape_count"));
    assert_true(image_imports_ordinal(program_image, "shapes.dll", 10));
    const struct image *dll = sample_image(p, "shapes.dll");
    assert_false(image_exports(dll, "rectangle_corners"));
    assert_false(image_exports(dll, "rectangle_perimeter"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_x64(pads),         test_on_x86(pads),         test_on_arm64(pads),
        test_on_x64(patch_itself), test_on_x86(patch_itself), test_on_arm64(patch_itself),
        test_on_x64(library),      test_on_x86(library),      test_on_arm64(library),
    };
    return cmocka_run_group_tests_name("samples", tests, NULL, NULL);
}
