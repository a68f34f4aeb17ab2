// Nobody calls a linker by hand: compiler drivers and build systems do. They must find mylink, get on with its answers
// and have what they expected afterwards.

#include "tests/support/program.h"

#include <stdlib.h>

#define HEADERS   "/GS- -Wno-pragma-pack -imsvc /usr/include/wine/wine/msvcrt -imsvc /usr/include/wine/wine/windows"
#define LIBRARIES "libucrtbase.a libkernel32.a libntdll.a libwinecrt0.a"

static const char shapes_source[] = "__declspec(dllexport) int area(int a, int b) { return a * b; }\n";
static const char hello_source[] = "#include <stdio.h>\n"
                                   "__declspec(dllimport) int area(int a, int b);\n"
                                   "int main(void) { printf(\"%d\\n\", area(6, 7)); return 0; }\n";

// Runs a command with `mylink` in PATH and Wine's import libraries in LIB, as a user would set them.
static struct outcome run_with_mylink(struct program *p, const char *command)
{
    struct scratch *scratch = &p->scratch;
    const char *linker = getenv("MYLINK");
    if (!linker || !*linker)
        linker = BUILD_FOLDER "/mylink";
    if (!path_exists(program_path(p, "bin/mylink"))) {
        process_must_run(scratch, p->folder, "mkdir bin");
        process_must_run(scratch, p->folder, "ln -s %s bin/mylink", linker);
    }
    struct process process = {.folder = p->folder, .timeout = 300};
    arguments_add_line(scratch, &process.arguments, command);
    arguments_add(scratch, &process.environment,
                  scratch_format(scratch, "PATH=%s:%s", program_path(p, "bin"), getenv("PATH")));
    arguments_add(scratch, &process.environment,
                  scratch_format(scratch, "LIB=%s", platform_library_folder(scratch, p->platform)));
    struct outcome outcome = process_run(scratch, &process);
    if (outcome.status != 0)
        fail_with("status %d from:\n  %s\n%s%s", outcome.status, command, outcome.output, outcome.errors);
    return outcome;
}

static void says_42(struct program *p, const char *image)
{
    p->image_path = program_path(p, image);
    read_back_image(&p->scratch, p->folder, image);
    assert_same_text(program_output(p, ""), "42\n");
}

// clang-cl passes /FUNCTIONPADMIN by itself when it links what it compiled with /hotpatch.
static void clang_cl(void **state)
{
    struct program *p = program(state);
    program_write(p, "shapes.c", shapes_source);
    program_write(p, "hello.c", hello_source);
    const char *compiler = scratch_format(&p->scratch, "clang-cl-19 --target=%s -fuse-ld=mylink /hotpatch /Z7 /Zl %s",
                                          p->platform->clang_target, HEADERS);
    run_with_mylink(p, scratch_format(&p->scratch, "%s shapes.c /LD /link /noentry", compiler));
    struct image *dll = image_read(&p->scratch, program_path(p, "shapes.dll"));
    uint32_t pad = p->platform == &platform_x86 ? 5 : 6;
    assert_memory_equal(image_export(dll, "area") - pad, "\xCC\xCC\xCC\xCC\xCC\xCC", pad);

    run_with_mylink(
        p, scratch_format(&p->scratch, "%s hello.c shapes.lib /link " LIBRARIES " /subsystem:console", compiler));
    says_42(p, "hello.exe");
}

static void meson(void **state)
{
    struct program *p = program(state);
    process_must_run(&p->scratch, p->folder, "mkdir source");
    program_write(p, "source/shapes.c", shapes_source);
    program_write(p, "source/hello.c", hello_source);
    program_write(p, "source/meson.build",
                  "project('hello', 'c')\n"
                  "shapes = shared_library('shapes', 'shapes.c', link_args: '-Wl,/NOENTRY')\n"
                  "executable('hello', 'hello.c', link_with: shapes)\n");
    program_write(
        p, "cross.ini",
        scratch_format(&p->scratch,
                       "[binaries]\n"
                       "c = ['clang-19', '--target=%s']\n"
                       "c_ld = 'mylink'\n"
                       "ar = 'llvm-lib-19'\n"
                       "[built-in options]\n"
                       "c_winlibs = []\n"
                       "c_args = ['-fms-hotpatch', '-Wno-pragma-pack', '-isystem', "
                       "'/usr/include/wine/wine/msvcrt', '-isystem', '/usr/include/wine/wine/windows']\n"
                       "c_link_args = ['-nostdlib', '-Wl,libucrtbase.a,libkernel32.a,libntdll.a,libwinecrt0.a', "
                       "'-Wl,/FUNCTIONPADMIN']\n"
                       "[host_machine]\n"
                       "system = 'windows'\ncpu_family = 'x86_64'\ncpu = 'x86_64'\nendian = 'little'\n",
                       p->platform->clang_target));
    run_with_mylink(p, "meson setup build source --cross-file cross.ini --buildtype release");
    run_with_mylink(p, "ninja -C build");
    says_42(p, "build/hello.exe");
}

static void cmake(void **state)
{
    struct program *p = program(state);
    process_must_run(&p->scratch, p->folder, "mkdir source");
    program_write(p, "source/shapes.c", shapes_source);
    program_write(p, "source/hello.c", hello_source);
    program_write(p, "source/CMakeLists.txt",
                  "cmake_minimum_required(VERSION 3.20)\n"
                  "project(hello C)\n"
                  "add_library(shapes SHARED shapes.c)\n"
                  "target_link_options(shapes PRIVATE /NOENTRY)\n"
                  "add_executable(hello hello.c)\n"
                  "target_link_libraries(hello shapes)\n");
    program_write(p, "toolchain.cmake",
                  scratch_format(&p->scratch,
                                 "set(CMAKE_SYSTEM_NAME Windows)\n"
                                 "set(CMAKE_C_COMPILER clang-cl-19)\n"
                                 "set(CMAKE_C_COMPILER_TARGET %s)\n"
                                 "set(CMAKE_LINKER mylink)\n"
                                 "set(CMAKE_MT llvm-mt-19)\n"
                                 "set(CMAKE_RC_COMPILER llvm-rc-19)\n"
                                 "set(CMAKE_C_FLAGS_INIT \"/Zl /hotpatch " HEADERS "\")\n"
                                 "set(CMAKE_EXE_LINKER_FLAGS_INIT \"" LIBRARIES " /FUNCTIONPADMIN\")\n"
                                 "set(CMAKE_SHARED_LINKER_FLAGS_INIT /FUNCTIONPADMIN)\n"
                                 "set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)\n",
                                 p->platform->clang_target));
    run_with_mylink(p, scratch_format(&p->scratch,
                                      "cmake -S source -B build -G Ninja -DCMAKE_TOOLCHAIN_FILE=%s/toolchain.cmake "
                                      "-DCMAKE_BUILD_TYPE=Release -DCMAKE_C_STANDARD_LIBRARIES=",
                                      p->folder));
    run_with_mylink(p, "ninja -C build");
    says_42(p, "build/hello.exe");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_x64(clang_cl),
        test_on_x86(clang_cl),
        test_on_x64(meson),
        test_on_x64(cmake),
    };
    return cmocka_run_group_tests_name("drivers and build systems", tests, NULL, NULL);
}
