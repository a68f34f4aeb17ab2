#ifndef TESTS_SUPPORT_PROGRAM_H
#define TESTS_SUPPORT_PROGRAM_H

#include "tests/support/checks.h"
#include "tests/support/folder.h"
#include "tests/support/image.h"
#include "tests/support/platform.h"
#include "tests/support/process.h"
#include "tests/support/read_back.h"

// The end-to-end harness: one `struct program` per test. A test compiles sources, links them with the
// mylink of this build (or the one named by the environment variable MYLINK), runs what came out and
// looks at its bytes:
//
//     static void adds(void **state)
//     {
//         struct program *p = program(state);
//         program_compile(p, "int add(int a, int b) { return a + b; }", "/hotpatch");
//         program_link(p, "/FUNCTIONPADMIN:5 /DLL /NOENTRY /EXPORT:add");
//         const uint8_t *entry = image_export(p->image, "add");
//         assert_memory_equal(entry - 5, "\xCC\xCC\xCC\xCC\xCC", 5);
//         assert_int_equal(program_call(p, "add", 2, 3), 5); // run by Wine
//     }
//
//     int main(void)
//     {
//         const struct CMUnitTest tests[] = {test_on_x64(adds), test_on_x86(adds)};
//         return cmocka_run_group_tests_name("adding", tests, NULL, NULL);
//     }
//
// Every step that goes wrong fails the test and shows the command line and what it said. All tools are
// called in the test's own temporary folder, so files there are named without a path. The folder is
// removed at the end; MYLINK_KEEP=1 keeps it and prints its name.
struct program {
    const struct platform *platform;
    struct scratch scratch;       // allocate here what should live as long as the test
    const char *folder;           // the test's temporary folder
    struct arguments inputs;      // what the next link gets, in order: objects compiled, inputs added
    struct arguments environment; // for the linker: NAME=VALUE, or NAME to remove it
    const char *linker_name;      // the name the linker is called by; NULL: the file's own
    double timeout;               // seconds for a link or a run; 0: 120

    const char *image_name; // of the next link's /OUT:; program_begin_image() names it
    const char *image_path; // where the last link put it
    struct image *image;    // the last linked image, read
    struct outcome link;    // what the last link said
    struct outcome run;     // what the last run said
    unsigned source_count;  // for names of sources
};

// cmocka entries: the test function `f` on one platform, with its set-up and tear-down.
#define test_on(f, machine) {#f " on " #machine, f, program_set_up_##machine, program_tear_down, NULL}
#define test_on_x64(f)      test_on(f, x64)
#define test_on_x86(f)      test_on(f, x86)
#define test_on_arm64(f)    test_on(f, arm64)
#define test_on_arm(f)      test_on(f, arm) // compiles and links; what it made runs in Unicorn, not in program_run

int program_set_up_x64(void **state);
int program_set_up_x86(void **state);
int program_set_up_arm64(void **state);
int program_set_up_arm(void **state);
int program_tear_down(void **state);

// The program of this test. `program_create` makes one by hand, for tests that need two platforms at
// once or a set-up of their own; give it back with `program_destroy`.
struct program *program(void **state);
struct program *program_create(const struct platform *platform);
void program_destroy(struct program *program);

// ---- Sources and objects ---------------------------------------------------------------------------

// Compiles C source text with clang-cl for the program's platform and adds the object to the inputs.
// Options are clang-cl's, after the harness's own (Wine's headers, /GS-, /Zl: no default libraries;
// optimisation is off unless asked for). Returns the object's name: 1.obj, 2.obj, ….
const char *program_compile(struct program *program, const char *source, const char *options);

// The same for a source with a name of its own; the name's end decides the language (.c, .cpp, .s, .S),
// and the object has the same name with .obj. A text that is NULL compiles the file as it is: it lies
// in the test's folder already, or the name is absolute.
const char *program_compile_as(struct program *program, const char *name, const char *source, const char *options);

// The same with MinGW's gcc or g++ (a name ending in .cpp), thread model posix; the object ends in .o.
const char *program_compile_mingw(struct program *program, const char *name, const char *source, const char *options);

void program_write(struct program *program, const char *name, const char *text); // a text file in the folder
void program_add_input(struct program *program, const char *path);               // an object or a library
const char *program_path(struct program *program, const char *name);             // in the folder, absolute
const char *program_read(struct program *program, const char *name);             // a text file in the folder

// Makes an import library from the text of a .def file with llvm-dlltool and adds it to the inputs.
void program_add_import_library(struct program *program, const char *name, const char *def);

// ---- Linking ---------------------------------------------------------------------------------------

// Starts another image in the same folder: no inputs yet, and the next link makes `name`. Without it
// an image is called program.dll when the link's options contain /DLL, else program.exe.
void program_begin_image(struct program *program, const char *name);

// mylink /OUT:name options… inputs…. The link must succeed; the image is read back with the
// independent tools of read_back.h, which must not warn, and is in program->image. What the link said is in
// program->link. `options` is split at blanks; "…" keeps blanks.
void program_link(struct program *program, const char *options);

// The same with what a C program for the MSVC ABI needs: Wine's C run time and import libraries
// (ucrtbase, kernel32, user32, ntdll), entry point mainCRTStartup, console subsystem. With /DLL among
// the options there is no C start-up code: the entry point is DllMainCRTStartup from Wine's winecrt0,
// which calls DllMain and constructors. On x86 /SAFESEH:NO stands first: Wine's objects do not take part.
void program_link_with_run_time(struct program *program, const char *options);

// The same for MinGW objects: /MINGW, MinGW's start files and its static libraries, those of C++ included.
void program_link_mingw(struct program *program, const char *options);

// Runs the linker and returns its exit status, whatever it is; nothing is read back and program->image is
// NULL. `_only` passes just the options: no /OUT:, no inputs.
int program_try_link(struct program *program, const char *options);
int program_try_link_only(struct program *program, const char *options);

// The link must fail with status 1, leave no image and say `message` on standard error.
void program_link_fails(struct program *program, const char *options, const char *message);

// ---- Running ---------------------------------------------------------------------------------------

// Runs the last image under Wine and returns its exit status (8 bits). Lines in program->run end in LF.
int program_run(struct program *program, const char *arguments);

// Runs it, wants exit status 0, and returns its standard output.
const char *program_output(struct program *program, const char *arguments);

// Calls an exported function of the last image, a DLL, with one to four integer arguments in a process
// of its own, and returns its result: of 32 bits on x86, of 64 elsewhere, so a function called on both
// should be compared after a cast to int. The caller was linked by another linker.
#define program_call(program, name, ...)                                                                               \
    program_call_function((program), (name), (const long long[]){__VA_ARGS__},                                         \
                          sizeof((const long long[]){__VA_ARGS__}) / sizeof(long long))
long long program_call_function(struct program *program, const char *name, const long long *arguments, size_t count);

#endif
