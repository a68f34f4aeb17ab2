// A link packed and taken elsewhere: with everything it was made of gone, the packed folder makes the same image, or
// fails with the same message.

#include <stdlib.h>
#include <string.h>

#include "tests/support/program.h"

#define PROGRAM "int helper(int); int start(void) { return helper(4); }"
#define HELPER  "int helper(int a) { return a * 3; }"

// Runs the linker on the response file in the packed folder, moved to where nothing of the old link is.
static struct outcome repeat(struct program *p, const char *packed)
{
    process_must_run(&p->scratch, p->folder, "sh -c \"rm -rf elsewhere && mkdir elsewhere && mv %s elsewhere/packed\"",
                     packed);
    process_must_run(&p->scratch, p->folder, "sh -c \"rm -rf inputs *.obj *.lib *.def *.rsp\"");
    struct process process = {.folder = program_path(p, "elsewhere/packed")};
    const char *linker = getenv("MYLINK");
    arguments_add(&p->scratch, &process.arguments, linker ? linker : BUILD_FOLDER "/mylink");
    arguments_add(&p->scratch, &process.arguments, "@response.txt");
    return process_run(&p->scratch, &process);
}

static void assert_repeats(struct program *p, const char *packed)
{
    size_t size, repeated_size;
    const void *image = folder_read_file(&p->scratch, p->image_path, &size);
    struct outcome outcome = repeat(p, packed);
    if (outcome.status)
        fail_with("the repeated link failed:\n%s", outcome.errors);
    const void *repeated =
        folder_read_file(&p->scratch, program_path(p, "elsewhere/packed/program.exe"), &repeated_size);
    assert_int_equal(size, repeated_size);
    assert_memory_equal(image, repeated, size);
}

// Objects in a folder with a blank in its name, a library that is found by /LIBPATH, one by LIB, a response file, a
// .def and an order file.
static void make_inputs(struct program *p)
{
    process_must_run(&p->scratch, p->folder, "mkdir -p \"inputs/with blank\" inputs/path inputs/environment");
    program_compile_as(p, "start.c", PROGRAM, "/Gy");
    program_compile_as(p, "helper.c", HELPER, "/Gy");
    program_compile_as(p, "other.c", "int other(int a) { return a; }", "/Gy");
    process_must_run(&p->scratch, p->folder, "mv start.obj \"inputs/with blank\"");
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:inputs/path/found.lib helper.obj");
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:inputs/environment/default.lib other.obj");
    program_write(p, "inputs/names.def", "LIBRARY program.exe\nEXPORTS\n start @4\n");
    program_write(p, "inputs/order.txt", "helper\nstart\n");
    program_write(p, "inputs/more.rsp", "/subsystem:console /entry:start\n\"inputs/with blank/start.obj\" found.lib");
    program_begin_image(p, "program.exe");
    arguments_add(&p->scratch, &p->environment,
                  scratch_format(&p->scratch, "LIB=%s", program_path(p, "inputs/environment")));
    arguments_add(&p->scratch, &p->environment, "LINK=/fixed:no");
    arguments_add(&p->scratch, &p->environment, "_LINK_=\"/defaultlib:default\"");
}

#define INPUTS "@inputs/more.rsp /libpath:inputs/path /def:inputs/names.def /order:@inputs/order.txt /include:other "

static void a_folder_makes_the_same_image(void **state)
{
    struct program *p = program(state);
    make_inputs(p);
    program_link(p, INPUTS "/linkrepro:packed/here");
    process_must_run(&p->scratch, p->folder, "mv packed/here here");
    assert_repeats(p, "here");
}

static void a_tar_archive_makes_the_same_image(void **state)
{
    struct program *p = program(state);
    make_inputs(p);
    program_link(p, INPUTS "/reproduce:pack.tar");
    process_must_run(&p->scratch, p->folder, "tar xf pack.tar");
    assert_repeats(p, "pack");
}

static void a_compressed_archive_makes_the_same_image(void **state)
{
    struct program *p = program(state);
    make_inputs(p);
    program_link(p, INPUTS "/reproduce:pack.tar.gz");
    process_must_run(&p->scratch, p->folder, "gzip -t pack.tar.gz");
    process_must_run(&p->scratch, p->folder, "tar xzf pack.tar.gz");
    assert_repeats(p, "pack");
}

static void packing_twice_gives_the_same_bytes(void **state)
{
    struct program *p = program(state);
    make_inputs(p);
    program_link(p, INPUTS "/reproduce:one.tar.gz");
    process_must_run(&p->scratch, p->folder, "cp one.tar.gz first.tar.gz");
    program_link(p, INPUTS "/reproduce:one.tar.gz");
    process_must_run(&p->scratch, p->folder, "cmp one.tar.gz first.tar.gz");
}

static void members_of_a_thin_archive_are_packed(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "start.c", PROGRAM, "");
    program_compile_as(p, "helper.c", HELPER, "");
    process_must_run(&p->scratch, p->folder, "sh -c \"mkdir -p inputs/deep && mv helper.obj inputs/deep\"");
    process_must_run(&p->scratch, p->folder, "llvm-ar-19 rcsT inputs/thin.a inputs/deep/helper.obj");
    program_begin_image(p, "program.exe");
    program_link(p, "/entry:start /subsystem:console start.obj inputs/thin.a /linkrepro:packed");
    assert_repeats(p, "packed");
}

static void a_link_that_fails_fails_the_same_way(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "start.c", PROGRAM, "");
    program_link_fails(p, "/entry:start /subsystem:console absent.lib \"/linkrepro:packed\"", "helper");
    assert_contains(p->link.errors, "could not open 'absent.lib'");
    struct outcome outcome = repeat(p, "packed");
    assert_int_equal(outcome.status, 1);
    assert_contains(outcome.errors, "could not open 'absent.lib'");
    assert_contains(outcome.errors, "undefined symbol: helper");
    assert_false(path_exists(program_path(p, "elsewhere/packed/program.exe")));
}

// What stands in the response file is read as it was meant, blanks, quotes and backslashes included.
static void odd_arguments_survive(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "start.c", PROGRAM, "");
    program_compile_as(p, "helper.c", HELPER, "");
    program_write(p, "odd.rsp", "\"/pdbaltpath:C:\\a b\\\\\" \"/failifmismatch:key=a\\\"b\\\\\\\"c\\\\\"");
    program_link(p, "/entry:start /subsystem:console @odd.rsp /linkrepro:packed");
    const char *response = program_read(p, "packed/response.txt");
    assert_contains(response, "\n\"/pdbaltpath:C:\\a b\\\\\"\n");
    assert_contains(response, "\n\"/failifmismatch:key=a\\\"b\\\\\\\"c\\\\\"\n");
    assert_lacks(response, "linkrepro");
    assert_repeats(p, "packed");
}

static void a_folder_that_cannot_be_made_is_an_error(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "start.c", "int start(void) { return 0; }", "");
    program_write(p, "file", "");
    assert_int_equal(program_try_link(p, "/entry:start /subsystem:console /linkrepro:file/below"), 1);
    assert_contains(p->link.errors, "file");
}

// The image and the pack are one request: where one can't be had, the other isn't put in place.
static void what_tells_of_a_link_can_fail_it(void **state)
{
    static const char *const impossible[] = {"/linkrepro:file/below", "/reproduce:nowhere/pack.tar",
                                             "/timetrace:nowhere/trace.json", "/reproduce:program.exe"};
    struct program *p = program(state);
    program_compile_as(p, "start.c", "int start(void) { return 0; }", "");
    program_write(p, "file", "");
    for (size_t i = 0; i < sizeof impossible / sizeof *impossible; i++) {
        program_write(p, "program.exe", "old image");
        program_write(p, "program.map", "old map");
        const char *options =
            scratch_format(&p->scratch, "/entry:start /subsystem:console /map:program.map %s", impossible[i]);
        assert_int_equal(program_try_link(p, options), 1);
        assert_contains(p->link.errors, strchr(impossible[i], ':') + 1);
        assert_string_equal(program_read(p, "program.exe"), "old image");
        assert_string_equal(program_read(p, "program.map"), "old map");
    }
    assert_same_text(process_must_run(&p->scratch, p->folder, "ls -A").output,
                     "file\nprogram.exe\nprogram.map\nstart.c\nstart.obj\n");
}

static void a_link_that_fails_is_packed_and_traced(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "start.c", PROGRAM, "");
    program_link_fails(p, "/entry:start /subsystem:console /reproduce:pack.tar /timetrace:trace.json", "helper");
    process_must_run(&p->scratch, p->folder, "tar xf pack.tar pack/response.txt");
    assert_contains(program_read(p, "trace.json"), "\"resolve symbols\"");
    // Errors of the command line itself are taken elsewhere as well.
    program_link_fails(p, "/entry:start /machine:vax /reproduce:vax.tar", "vax");
    process_must_run(&p->scratch, p->folder, "tar xf vax.tar vax/response.txt");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_x64(a_folder_makes_the_same_image),
        test_on_x64(a_tar_archive_makes_the_same_image),
        test_on_x64(a_compressed_archive_makes_the_same_image),
        test_on_x64(packing_twice_gives_the_same_bytes),
        test_on_x64(members_of_a_thin_archive_are_packed),
        test_on_x64(a_link_that_fails_fails_the_same_way),
        test_on_x64(odd_arguments_survive),
        test_on_x64(a_folder_that_cannot_be_made_is_an_error),
        test_on_x64(what_tells_of_a_link_can_fail_it),
        test_on_x64(a_link_that_fails_is_packed_and_traced),
    };
    return cmocka_run_group_tests_name("link repro", tests, NULL, NULL);
}
