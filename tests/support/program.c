#include "tests/support/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// SOURCE_FOLDER and BUILD_FOLDER come from the build.

struct program *program_create(const struct platform *platform)
{
    struct program *program = calloc(1, sizeof *program);
    assert_non_null(program);
    program->platform = platform;
    program->folder = folder_create(&program->scratch);
    // What a user has set up for another linker is not for the tests.
    static const char *const unset[] = {"LINK", "_LINK_", "LIB"};
    for (size_t i = 0; i < sizeof unset / sizeof *unset; i++)
        arguments_add(&program->scratch, &program->environment, unset[i]);
    return program;
}

void program_destroy(struct program *program)
{
    if (getenv("MYLINK_KEEP"))
        fprintf(stderr, "kept: %s\n", program->folder);
    else
        folder_remove(program->folder);
    scratch_free(&program->scratch);
    free(program);
}

int program_set_up_x64(void **state)
{
    *state = program_create(&platform_x64);
    return 0;
}

int program_set_up_x86(void **state)
{
    *state = program_create(&platform_x86);
    return 0;
}

int program_set_up_arm64(void **state)
{
    *state = program_create(&platform_arm64);
    return 0;
}

int program_set_up_arm(void **state)
{
    *state = program_create(&platform_arm);
    return 0;
}

int program_tear_down(void **state)
{
    program_destroy(*state);
    return 0;
}

struct program *program(void **state)
{
    return *state;
}

const char *program_path(struct program *program, const char *name)
{
    return path_join(&program->scratch, program->folder, name);
}

void program_write(struct program *program, const char *name, const char *text)
{
    folder_write_file(program_path(program, name), text, strlen(text));
}

const char *program_read(struct program *program, const char *name)
{
    return folder_read_file(&program->scratch, program_path(program, name), NULL);
}

void program_add_input(struct program *program, const char *path)
{
    arguments_add(&program->scratch, &program->inputs, scratch_format(&program->scratch, "%s", path));
}

// The file name of `path` with its extension replaced.
static char *with_extension(struct scratch *scratch, const char *path, const char *extension)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    int length = dot ? (int)(dot - name) : (int)strlen(name);
    return scratch_format(scratch, "%.*s%s", length, name, extension);
}

// clang-cl with what every source of the tests needs: Wine's headers in place of an SDK's, no checks of
// the stack by a run time that is not there, no default library named in the object.
static void add_clang_cl(struct program *program, struct process *process)
{
    static const char options[] = "clang-cl-19 /nologo /c /GS- /Zl -Wno-pragma-pack "
                                  "-imsvc /usr/include/wine/wine/msvcrt -imsvc /usr/include/wine/wine/windows";
    struct scratch *scratch = &program->scratch;
    arguments_add_line(scratch, &process->arguments, options);
    arguments_add(scratch, &process->arguments,
                  scratch_format(scratch, "--target=%s", program->platform->clang_target));
    // On arm64 Wine's winnt.h defines a function that is clang's own; so it gets another name.
    if (program->platform == &platform_arm64)
        arguments_add(scratch, &process->arguments, "/D_InterlockedCompareExchange128=winnt_exchange128");
}

// Runs a tool that must succeed.
static struct outcome run_tool(struct program *program, struct process *process)
{
    process->folder = program->folder;
    struct outcome outcome = process_run(&program->scratch, process);
    if (outcome.status != 0)
        fail_with("status %d from:\n  %s\n%s%s", outcome.status, process_describe(&program->scratch, process),
                  outcome.output, outcome.errors);
    return outcome;
}

static const char *compile_msvc(struct program *program, const char *name, const char *object, const char *options)
{
    struct process process = {0};
    add_clang_cl(program, &process);
    arguments_add_line(&program->scratch, &process.arguments, options);
    arguments_add(&program->scratch, &process.arguments, scratch_format(&program->scratch, "/Fo%s", object));
    arguments_add(&program->scratch, &process.arguments, "--");
    arguments_add(&program->scratch, &process.arguments, name);
    run_tool(program, &process);
    return object;
}

const char *program_compile_as(struct program *program, const char *name, const char *source, const char *options)
{
    if (source)
        program_write(program, name, source);
    const char *object = compile_msvc(program, name, with_extension(&program->scratch, name, ".obj"), options);
    program_add_input(program, object);
    return object;
}

const char *program_compile(struct program *program, const char *source, const char *options)
{
    const char *name = scratch_format(&program->scratch, "%u.c", ++program->source_count);
    return program_compile_as(program, name, source, options);
}

// The compiler of MinGW's C (gcc) or C++ (g++), in the variant whose C++ library has threads.
static const char *mingw_tool(struct program *program, const char *tool)
{
    if (!program->platform->mingw)
        fail_with("there is no MinGW for %s", program->platform->name);
    return scratch_format(&program->scratch, "%s-%s-posix", program->platform->mingw, tool);
}

const char *program_compile_mingw(struct program *program, const char *name, const char *source, const char *options)
{
    if (source)
        program_write(program, name, source);
    const char *dot = strrchr(name, '.');
    const char *object = with_extension(&program->scratch, name, ".o");
    struct process process = {0};
    arguments_add(&program->scratch, &process.arguments,
                  mingw_tool(program, dot && strcmp(dot, ".cpp") == 0 ? "g++" : "gcc"));
    arguments_add_line(&program->scratch, &process.arguments, options);
    arguments_add_line(&program->scratch, &process.arguments,
                       scratch_format(&program->scratch, "-c %s -o %s", name, object));
    run_tool(program, &process);
    program_add_input(program, object);
    return object;
}

void program_add_import_library(struct program *program, const char *name, const char *def)
{
    static const struct {
        uint16_t machine;
        const char *name;
    } names[] = {{0x8664, "i386:x86-64"}, {0x014c, "i386"}, {0xaa64, "arm64"}, {0x01c4, "arm"}};
    const char *machine = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].machine == program->platform->coff_machine)
            machine = names[i].name;
    const char *definition = with_extension(&program->scratch, name, ".def");
    program_write(program, definition, def);
    process_must_run(&program->scratch, program->folder, "llvm-dlltool-19 -m %s -d %s -l %s", machine, definition,
                     name);
    program_add_input(program, name);
}

void program_begin_image(struct program *program, const char *name)
{
    program->inputs = (struct arguments){0};
    program->image_name = scratch_format(&program->scratch, "%s", name);
    program->image_path = NULL;
    program->image = NULL;
}

static bool has_option(const char *options, const char *wanted)
{
    struct scratch scratch = {0};
    struct arguments words = {0};
    arguments_add_line(&scratch, &words, options);
    bool found = false;
    for (size_t i = 0; i < words.count; i++)
        if ((*words.items[i] == '/' || *words.items[i] == '-') && strcasecmp(words.items[i] + 1, wanted) == 0)
            found = true;
    scratch_free(&scratch);
    return found;
}

static const char *linker_path(struct program *program)
{
    const char *given = getenv("MYLINK");
    return given && *given ? given : scratch_format(&program->scratch, "%s/mylink", BUILD_FOLDER);
}

// Starts a command line of the linker.
static struct process begin_link(struct program *program)
{
    struct process process = {.program = linker_path(program),
                              .folder = program->folder,
                              .environment = program->environment,
                              .timeout = program->timeout};
    const char *slash = strrchr(process.program, '/');
    const char *name = slash ? slash + 1 : process.program;
    arguments_add(&program->scratch, &process.arguments, program->linker_name ? program->linker_name : name);
    return process;
}

// Adds /OUT:, having decided the image's name.
static void add_output(struct program *program, struct process *process, const char *options)
{
    const char *name = program->image_name;
    if (!name)
        name = has_option(options, "DLL") ? "program.dll" : "program.exe";
    program->image_path = program_path(program, name);
    program->image = NULL;
    arguments_add(&program->scratch, &process->arguments, scratch_format(&program->scratch, "/OUT:%s", name));
}

static int end_link(struct program *program, struct process *process)
{
    program->link = process_run(&program->scratch, process);
    if (program->link.status < 0 || program->link.status >= 128)
        fail_with("%s:\n  %s\n%s", program->link.status < 0 ? "the linker took too long" : "the linker crashed",
                  process_describe(&program->scratch, process), program->link.errors);
    return program->link.status;
}

// Links, wants success, and reads the image with everything that can.
static void end_good_link(struct program *program, struct process *process)
{
    if (end_link(program, process) != 0)
        fail_with("status %d from:\n  %s\n%s%s", program->link.status, process_describe(&program->scratch, process),
                  program->link.output, program->link.errors);
    program->image = image_read(&program->scratch, program->image_path);
    assert_int_equal(program->image->machine, program->platform->coff_machine);
    read_back_image(&program->scratch, program->folder, program->image_path);
}

static struct process plain_link(struct program *program, const char *options)
{
    struct process process = begin_link(program);
    add_output(program, &process, options);
    arguments_add_line(&program->scratch, &process.arguments, options);
    arguments_add_all(&program->scratch, &process.arguments, &program->inputs);
    return process;
}

void program_link(struct program *program, const char *options)
{
    struct process process = plain_link(program, options);
    end_good_link(program, &process);
}

int program_try_link(struct program *program, const char *options)
{
    struct process process = plain_link(program, options);
    return end_link(program, &process);
}

int program_try_link_only(struct program *program, const char *options)
{
    struct process process = begin_link(program);
    arguments_add_line(&program->scratch, &process.arguments, options);
    return end_link(program, &process);
}

void program_link_fails(struct program *program, const char *options, const char *message)
{
    struct process process = plain_link(program, options);
    remove(program->image_path);
    if (end_link(program, &process) != 1)
        fail_with("status %d, expected 1, from:\n  %s\n%s", program->link.status,
                  process_describe(&program->scratch, &process), program->link.errors);
    assert_contains(program->link.errors, message);
    assert_false(path_exists(program->image_path));
}

// Debian has no start-up code for ARM; ours is compiled when it is first wanted.
static void add_start(struct program *program, struct process *process, bool dll)
{
    const char *object = dll ? "start_dll.obj" : "start.obj";
    if (!path_exists(program_path(program, object)))
        compile_msvc(program, SOURCE_FOLDER "/tests/support/windows/start.c", object, dll ? "/O1 /DSTART_DLL" : "/O1");
    arguments_add(&program->scratch, &process->arguments, object);
    if (program->platform != &platform_arm64)
        return;
    if (!path_exists(program_path(program, "arm64_printf.lib"))) {
        compile_msvc(program, SOURCE_FOLDER "/tests/support/windows/arm64_printf.c", "arm64_printf.obj", "/O1");
        process_must_run(&program->scratch, program->folder, "llvm-lib-19 /out:arm64_printf.lib arm64_printf.obj");
    }
    arguments_add(&program->scratch, &process->arguments, "arm64_printf.lib");
}

static void add_run_time(struct program *program, struct process *process, bool dll)
{
    const struct platform *platform = program->platform;
    struct scratch *scratch = &program->scratch;
    bool has_start = platform == &platform_x64 || platform == &platform_x86;
    const char *folder = platform_library_folder(scratch, platform);
    if (!path_exists(folder))
        fail_with("no import libraries for %s in %s: run tests/environment/make-folders", platform->name, folder);
    arguments_add(scratch, &process->arguments, scratch_format(scratch, "/LIBPATH:%s", folder));
    arguments_add_line(scratch, &process->arguments, dll ? "/ENTRY:DllMainCRTStartup" : "/ENTRY:mainCRTStartup");
    if (platform == &platform_x86)
        arguments_add(scratch, &process->arguments, "/SAFESEH:NO");
    if (!has_start)
        add_start(program, process, dll);
    arguments_add_line(scratch, &process->arguments,
                       "/SUBSYSTEM:CONSOLE libucrtbase.a libkernel32.a libuser32.a libntdll.a");
    if (has_start)
        arguments_add(scratch, &process->arguments, "libwinecrt0.a");
}

void program_link_with_run_time(struct program *program, const char *options)
{
    struct process process = begin_link(program);
    add_output(program, &process, options);
    arguments_add_all(&program->scratch, &process.arguments, &program->inputs);
    add_run_time(program, &process, has_option(options, "DLL"));
    arguments_add_line(&program->scratch, &process.arguments, options);
    end_good_link(program, &process);
}

// Adds a file of MinGW's, which its compiler knows the place of.
static void add_mingw_file(struct program *program, struct process *process, const char *name)
{
    struct outcome answer =
        process_must_run(&program->scratch, NULL, "%s -print-file-name=%s", mingw_tool(program, "g++"), name);
    answer.output[strcspn(answer.output, "\n")] = '\0';
    if (*answer.output != '/')
        fail_with("MinGW has no %s", name);
    arguments_add(&program->scratch, &process->arguments, answer.output);
}

void program_link_mingw(struct program *program, const char *options)
{
    // The order in which MinGW's compiler passes them, for a static C++ program; MSVC's rules, under
    // which a library satisfies what stands before and behind it, need no second round.
    static const char *const libraries[] = {
        "libstdc++.a", "libmingw32.a",    "libgcc.a",      "libgcc_eh.a",  "libmoldname.a", "libmingwex.a",
        "libmsvcrt.a", "libwinpthread.a", "libadvapi32.a", "libshell32.a", "libuser32.a",   "libkernel32.a",
    };
    bool dll = has_option(options, "DLL");
    struct process process = begin_link(program);
    add_output(program, &process, options);
    arguments_add_line(&program->scratch, &process.arguments, "/MINGW");
    arguments_add_line(&program->scratch, &process.arguments,
                       dll ? "/ENTRY:DllMainCRTStartup" : "/ENTRY:mainCRTStartup /SUBSYSTEM:CONSOLE");
    add_mingw_file(program, &process, dll ? "dllcrt2.o" : "crt2.o");
    add_mingw_file(program, &process, "crtbegin.o");
    arguments_add_all(&program->scratch, &process.arguments, &program->inputs);
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
        add_mingw_file(program, &process, libraries[i]);
    add_mingw_file(program, &process, "crtend.o");
    arguments_add_line(&program->scratch, &process.arguments, options);
    end_good_link(program, &process);
}

// Runs an image of the program's platform.
static struct outcome run_image(struct program *program, const char *image, const struct arguments *arguments)
{
    struct scratch *scratch = &program->scratch;
    double timeout = program->timeout > 0 ? program->timeout : 120;
    struct process process = {.folder = program->folder, .timeout = timeout + 60};
    arguments_add(scratch, &process.arguments, SOURCE_FOLDER "/tests/environment/run-image");
    arguments_add(scratch, &process.arguments, program->platform->name);
    arguments_add(scratch, &process.arguments, image);
    arguments_add_all(scratch, &process.arguments, arguments);
    arguments_add(scratch, &process.environment, scratch_format(scratch, "RUN_IMAGE_TIMEOUT=%g", timeout));
    struct outcome outcome = process_run(scratch, &process);
    if (outcome.status == 124 || outcome.status == 125 || outcome.status < 0)
        fail_with("%s:\n  %s\n%s%s", outcome.status == 125 ? "no Wine" : "took too long",
                  process_describe(scratch, &process), outcome.output, outcome.errors);
    outcome_normalize_lines(&outcome);
    return outcome;
}

int program_run(struct program *program, const char *arguments)
{
    assert_non_null(program->image_path);
    struct arguments words = {0};
    arguments_add_line(&program->scratch, &words, arguments);
    program->run = run_image(program, program->image_path, &words);
    return program->run.status;
}

const char *program_output(struct program *program, const char *arguments)
{
    if (program_run(program, arguments) != 0)
        fail_with("status %d from %s %s\n%s%s", program->run.status, program->image_path, arguments ? arguments : "",
                  program->run.output, program->run.errors);
    return program->run.output;
}

// Builds the program that calls functions of DLLs, once per test, with LLVM's linker.
static const char *make_caller(struct program *program)
{
    const char *caller = program_path(program, "caller.exe");
    if (path_exists(caller))
        return caller;
    compile_msvc(program, SOURCE_FOLDER "/tests/support/windows/caller.c", "caller.obj", "/O1");
    struct process process = {0};
    arguments_add_line(&program->scratch, &process.arguments, "lld-link-19 /OUT:caller.exe caller.obj");
    add_run_time(program, &process, false);
    run_tool(program, &process);
    return caller;
}

long long program_call_function(struct program *program, const char *name, const long long *arguments, size_t count)
{
    assert_non_null(program->image_path);
    const char *caller = make_caller(program);
    struct scratch *scratch = &program->scratch;
    struct arguments words = {0};
    arguments_add(scratch, &words, program->image_path);
    arguments_add(scratch, &words, name);
    for (size_t i = 0; i < count; i++)
        arguments_add(scratch, &words, scratch_format(scratch, "%lld", arguments[i]));
    program->run = run_image(program, caller, &words);
    if (program->run.status != 0)
        fail_with("status %d from calling %s in %s\n%s", program->run.status, name, program->image_path,
                  program->run.errors);
    return strtoll(program->run.output, NULL, 10);
}
