// MinGW-w64's C and C++ programs, compiled by gcc 12 and run. Most are linked with the static run time; exceptions that
// leave a DLL on x86 need the run time to be a DLL itself, because there each static copy knows its own image's frames
// only (GNU ld's images end the same way). Their sources are in tests/programs/mingw.

#include "tests/support/program.h"

#include <string.h>

#define SOURCE(name) SOURCE_FOLDER "/tests/programs/mingw/" name
#define COMPILATION  "-O1 -ffunction-sections -fdata-sections"

static const char *const ways[] = {
    "",
    "/FUNCTIONPADMIN /FUNCTIONPADALL",
    "/OPT:REF,ICF",
    "/OPT:NOREF,NOICF",
};

static void says(struct program *p, const char *way, const char *arguments, int status, const char *output)
{
    int got = program_run(p, arguments);
    if (got != status)
        fail_with("linked with '%s': status %d, expected %d\n%s%s", way, got, status, p->run.output, p->run.errors);
    assert_same_text(p->run.output, output);
}

static void run_time_and_automatic_imports(void **state)
{
    struct program *p = program(state);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        program_begin_image(p, "library.dll");
        program_compile_mingw(p, SOURCE("library.c"), NULL, COMPILATION);
        program_link_mingw(p, scratch_format(&p->scratch, "/DLL /IMPLIB:library.lib %s", ways[i]));
        assert_true(image_exports(p->image, "shared_value"));
        assert_true(image_exports(p->image, "library_call"));
        assert_false(image_exports(p->image, "DllMainCRTStartup"));

        program_begin_image(p, "run_time.exe");
        program_compile_mingw(p, SOURCE("run_time.c"), NULL, COMPILATION);
        program_add_input(p, "library.lib");
        program_link_mingw(p, ways[i]);
        says(p, ways[i], "a b", 5,
             "constructed 12\n"
             "2 arguments, last b\n"
             "12345641864 308975\n"
             "0.841471 1.414214 1.000000\n"
             "shared 77 77 one\n"
             "callback 118\n"
             "copied 6\n"
             "at exit\n"
             "destructor\n");
    }
    read_back_signature(&p->scratch, p->folder, p->image_path);
}

static const char caught[] = "unwound first\n"
                             "failure 42: own class\n"
                             "logic_error: a class of the run time\n"
                             "int 17\n"
                             "exception\n"
                             "unwound callback\n"
                             "unwound outer\n"
                             "runtime_error: was: thrown in the program, code 43\n";

static void exceptions_across_a_dll_boundary(void **state)
{
    struct program *p = program(state);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        program_begin_image(p, "exceptions_library.dll");
        program_compile_mingw(p, SOURCE("exceptions_library.cpp"), NULL, COMPILATION);
        program_link_mingw(p, scratch_format(&p->scratch, "/DLL /IMPLIB:exceptions_library.lib %s", ways[i]));

        program_begin_image(p, "exceptions.exe");
        program_compile_mingw(p, SOURCE("exceptions.cpp"), NULL, COMPILATION);
        program_add_input(p, "exceptions_library.lib");
        program_link_mingw(p, ways[i]);
        says(p, ways[i], "", 0, caught);
    }
    read_back_signature(&p->scratch, p->folder, p->image_path);
}

// The file of that name that MinGW's g++ would use.
static const char *mingw_file(struct program *p, const char *name)
{
    struct outcome answer =
        process_must_run(&p->scratch, NULL, "%s-g++-posix -print-file-name=%s", p->platform->mingw, name);
    answer.output[strcspn(answer.output, "\n")] = '\0';
    return answer.output;
}

// Links with the run time's DLLs instead of the static libraries, and puts those beside the image.
static void link_with_run_time_dlls(struct program *p, const char *options, bool dll)
{
    static const char *const libraries[] = {
        "libstdc++.dll.a", "libmingw32.a",  "libgcc_s.a",       "libgcc.a",      "libmoldname.a",
        "libmingwex.a",    "libmsvcrt.a",   "libpthread.dll.a", "libadvapi32.a", "libshell32.a",
        "libuser32.a",     "libkernel32.a", "crtend.o",
    };
    const char *const run_time[] = {
        "libstdc++-6.dll",
        "libwinpthread-1.dll",
        p->platform == &platform_x86 ? "libgcc_s_dw2-1.dll" : "libgcc_s_seh-1.dll",
    };
    struct arguments objects = p->inputs;
    p->inputs = (struct arguments){0};
    program_add_input(p, mingw_file(p, dll ? "dllcrt2.o" : "crt2.o"));
    program_add_input(p, mingw_file(p, "crtbegin.o"));
    arguments_add_all(&p->scratch, &p->inputs, &objects);
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
        program_add_input(p, mingw_file(p, libraries[i]));
    for (size_t i = 0; i < sizeof run_time / sizeof *run_time; i++)
        process_must_run(&p->scratch, p->folder, "cp %s .", mingw_file(p, run_time[i]));
    program_link(p, scratch_format(&p->scratch, "/MINGW %s %s",
                                   dll ? "/DLL /ENTRY:DllMainCRTStartup" : "/ENTRY:mainCRTStartup /SUBSYSTEM:CONSOLE",
                                   options));
}

static void exceptions_with_the_run_time_as_dlls(void **state)
{
    struct program *p = program(state);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        program_begin_image(p, "exceptions_library.dll");
        program_compile_mingw(p, SOURCE("exceptions_library.cpp"), NULL, COMPILATION);
        link_with_run_time_dlls(p, scratch_format(&p->scratch, "/IMPLIB:exceptions_library.lib %s", ways[i]), true);

        program_begin_image(p, "exceptions.exe");
        program_compile_mingw(p, SOURCE("exceptions.cpp"), NULL, COMPILATION);
        program_add_input(p, "exceptions_library.lib");
        link_with_run_time_dlls(p, ways[i], false);
        says(p, ways[i], "", 0, caught);
    }
}

static const char threads_say[] = "thread 0: 2 uses, plain is 5\n"
                                  "a thread's object is destroyed\n"
                                  "thread 1: 3 uses, plain is 6\n"
                                  "a thread's object is destroyed\n"
                                  "thread 2: 4 uses, plain is 7\n"
                                  "a thread's object is destroyed\n"
                                  "3 made, 3 destroyed, plain is 5\n"
                                  "total 6\n"
                                  "future 10\n"
                                  "caught through a future\n"
                                  "12 words 3.5 ff\n"
                                  "2\n"
                                  "global destroyed, 2 values\n";

static void threads_and_streams(void **state)
{
    struct program *p = program(state);
    program_compile_mingw(p, SOURCE("threads.cpp"), NULL, COMPILATION);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        program_link_mingw(p, ways[i]);
        says(p, ways[i], "", 0, threads_say);
    }
    read_back_signature(&p->scratch, p->folder, p->image_path);
}

static void threads_and_streams_with_the_run_time_as_dlls(void **state)
{
    struct program *p = program(state);
    program_compile_mingw(p, SOURCE("threads.cpp"), NULL, COMPILATION);
    link_with_run_time_dlls(p, "", false);
    says(p, "", "", 0, threads_say);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_x64(run_time_and_automatic_imports),
        test_on_x86(run_time_and_automatic_imports),
        test_on_x64(exceptions_across_a_dll_boundary),
        test_on_x64(exceptions_with_the_run_time_as_dlls),
        test_on_x86(exceptions_with_the_run_time_as_dlls),
        test_on_x64(threads_and_streams),
        test_on_x86(threads_and_streams),
        test_on_x64(threads_and_streams_with_the_run_time_as_dlls),
        test_on_x86(threads_and_streams_with_the_run_time_as_dlls),
    };
    return cmocka_run_group_tests_name("MinGW programs", tests, NULL, NULL);
}
