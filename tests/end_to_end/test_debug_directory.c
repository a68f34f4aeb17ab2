// The debug directory: what an image says of how it was made.

#include "tests/support/program.h"

static const char *entries(struct program *p)
{
    return read_back_with(&p->scratch, p->folder,
                          scratch_format(&p->scratch, "llvm-readobj-19 --coff-debug-directory %s", p->image_path));
}

static const char source[] = "int start(void) { return 8; }";

static void an_image_has_none_unless_asked(void **state)
{
    struct program *p = program(state);
    program_compile(p, source, "/O1");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE");
    assert_int_equal(p->image->directories[IMAGE_DIRECTORY_DEBUG].size, 0);
}

static void a_reproducible_image_says_so(void **state)
{
    struct program *p = program(state);
    program_compile(p, source, "/O1");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /BREPRO");
    struct image_directory directory = p->image->directories[IMAGE_DIRECTORY_DEBUG];
    assert_int_equal(directory.size, 28);
    assert_contains(entries(p), "Type: Repro (0x10)");
    assert_int_equal(image_u32(p->image, directory.rva + 4), p->image->timestamp);
    assert_int_equal(program_run(p, ""), 8);
}

static void extended_characteristics_are_an_entry(void **state)
{
    struct program *p = program(state);
    program_compile(p, source, "/O1");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /CETCOMPAT");
    assert_contains(entries(p), "Type: ExtendedDLLCharacteristics (0x14)");
    assert_contains(entries(p), "IMAGE_DLL_CHARACTERISTICS_EX_CET_COMPAT (0x1)");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /CETCOMPAT /BREPRO /RELEASE");
    assert_int_equal(p->image->directories[IMAGE_DIRECTORY_DEBUG].size, 56);
    assert_contains(entries(p), "Type: Repro (0x10)");
    assert_int_not_equal(p->image->checksum, 0);
    read_back_signature(&p->scratch, p->folder, "program.exe");
    assert_int_equal(program_run(p, ""), 8);
}

static void the_hot_patch_bit_is_0x80(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int value; int start(void) { value = 8; return value; }", "/Od /hotpatch /Z7");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /HOTPATCHCOMPATIBLE /FUNCTIONPADMIN");
    struct image_directory directory = p->image->directories[IMAGE_DIRECTORY_DEBUG];
    assert_int_equal(directory.size, 28);
    assert_int_equal(image_u32(p->image, directory.rva + 12), 20);
    assert_int_equal(image_u32(p->image, image_u32(p->image, directory.rva + 20)), 0x80);
    assert_int_equal(image_u32(p->image, directory.rva + 24),
                     image_file_offset(p->image, image_u32(p->image, directory.rva + 20)));
    assert_int_equal(program_run(p, ""), 8);
}

#define TESTS_ON(f) test_on_x64(f), test_on_x86(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTS_ON(an_image_has_none_unless_asked),
        TESTS_ON(a_reproducible_image_says_so),
        TESTS_ON(extended_characteristics_are_an_entry),
        TESTS_ON(the_hot_patch_bit_is_0x80),
    };
    return cmocka_run_group_tests_name("debug_directory", tests, NULL, NULL);
}
