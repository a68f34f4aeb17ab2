// Real programs of thousands of lines, from Debian's sources (tests/programs/compile-program): Lua, SQLite's shell and
// zlib's own tests, with function sections and pads. What Lua and SQLite say to a scripted session is compared
// with what the same sources say when this system's own compiler and linker build them.

#include "tests/support/program.h"

#include <stdlib.h>
#include <string.h>

#define PROGRAMS SOURCE_FOLDER "/tests/programs/"

// The folder with the program's objects for `machine`, compiled when it is first asked for: within minutes.
static const char *objects_folder(struct program *p, const char *name, const char *machine)
{
    struct process process = {.timeout = 500};
    arguments_add(&p->scratch, &process.arguments, PROGRAMS "compile-program");
    arguments_add(&p->scratch, &process.arguments, name);
    arguments_add(&p->scratch, &process.arguments, machine);
    struct outcome outcome = process_run(&p->scratch, &process);
    if (outcome.status != 0)
        fail_with("compile-program %s %s: status %d\n%s", name, machine, outcome.status, outcome.errors);
    outcome.output[strcspn(outcome.output, "\n")] = '\0';
    return outcome.output;
}

// Adds all objects of the folder whose names end in `extension`, by name; `except` is left out.
static void add_objects(struct program *p, const char *folder, const char *extension, const char *except)
{
    struct outcome list = process_must_run(&p->scratch, NULL, "ls %s", folder);
    for (char *name = strtok(list.output, "\n"); name; name = strtok(NULL, "\n")) {
        size_t length = strlen(name), tail = strlen(extension);
        if (length > tail && strcmp(name + length - tail, extension) == 0 && (!except || strcmp(name, except) != 0))
            program_add_input(p, scratch_format(&p->scratch, "%s/%s", folder, name));
    }
}

// Looks at every function that the objects define and the image has kept (it was linked with /DEBUG:SYMTAB): there
// is a pad before it. Returns how many there were.
static int count_padded_functions(struct program *p, uint32_t pad)
{
    static const char fill[] = "\xCC\xCC\xCC\xCC\xCC\xCC\xCC\xCC\xCC\xCC\xCC\xCC\xCC\xCC\xCC\xCC";
    int functions = 0;
    for (size_t i = 0; i < p->inputs.count; i++) {
        struct outcome symbols =
            process_must_run(&p->scratch, p->folder, "llvm-nm-19 --defined-only --format=posix %s", p->inputs.items[i]);
        for (char *line = strtok(symbols.output, "\n"); line; line = strtok(NULL, "\n")) {
            char *blank = strchr(line, ' ');
            if (!blank || *line == '.' || (blank[1] != 'T' && blank[1] != 't'))
                continue;
            *blank = '\0';
            if (!image_has_symbol(p->image, line))
                continue;
            uint32_t rva = image_symbol_rva(p->image, line);
            if (memcmp(image_at(p->image, rva - pad, pad), fill, pad) != 0)
                fail_with("no pad of %u bytes before %s", pad, line);
            functions++;
        }
    }
    return functions;
}

static uint32_t default_pad(const struct program *p)
{
    return p->platform == &platform_x86 ? 5 : 6;
}

// --- Lua, by MSVC's rules ---

static const char *lua_session(struct program *p, const char *program)
{
    struct outcome session =
        process_must_run(&p->scratch, p->folder, "%s %ssession.lua an_argument", program, PROGRAMS);
    return session.output;
}

static void lua(void **state)
{
    struct program *p = program(state);
    const char *native = objects_folder(p, "lua", "native");
    const char *expected = lua_session(p, scratch_format(&p->scratch, "%s/lua", native));
    add_objects(p, objects_folder(p, "lua", p->platform->name), ".obj", NULL);

    static const char *const ways[] = {
        "/FUNCTIONPADMIN",
        "/FUNCTIONPADMIN:32 /OPT:REF,ICF=3 /DYNAMICBASE:NO",
        "/OPT:NOREF,NOICF /FUNCTIONPADMIN /DEBUG:SYMTAB",
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        program_link_with_run_time(p, ways[i]);
        assert_same_text(program_output(p, PROGRAMS "session.lua an_argument"), expected);
    }
    assert_in_range(count_padded_functions(p, default_pad(p)), 700, 2000);
    read_back_signature(&p->scratch, p->folder, p->image_path);
}

// The library as a DLL that exports all of its functions by a .def file, and the interpreter that imports them.
static void lua_as_a_dll(void **state)
{
    struct program *p = program(state);
    const char *native = objects_folder(p, "lua", "native");
    const char *expected = lua_session(p, scratch_format(&p->scratch, "%s/lua", native));
    const char *folder = objects_folder(p, "lua", p->platform->name);
    struct arguments make_def = {0}; // of the sources with functions that luaconf.h marks as the library's interface
    arguments_add_line(&p->scratch, &make_def,
                       PROGRAMS "make-def lua54 lapi.obj lauxlib.obj ldebug.obj linit.obj lstate.obj");
    struct process process = {.arguments = make_def, .folder = folder};
    struct outcome def = process_run(&p->scratch, &process);
    assert_int_equal(def.status, 0);
    program_write(p, "lua54.def", def.output);

    program_begin_image(p, "lua54.dll");
    add_objects(p, folder, ".obj", "lua.obj");
    program_link_with_run_time(p, "/DLL /DEF:lua54.def /IMPLIB:lua54.lib /FUNCTIONPADMIN");
    assert_in_range(image_export_count(p->image), 120, 200);
    assert_true(image_exports(p->image, "lua_pcallk"));

    program_begin_image(p, "lua.exe");
    program_add_input(p, scratch_format(&p->scratch, "%s/lua.obj", folder));
    program_add_input(p, "lua54.lib");
    program_link_with_run_time(p, "/FUNCTIONPADMIN");
    assert_true(image_imports(p->image, "lua54.dll", "lua_pcallk"));
    assert_same_text(program_output(p, PROGRAMS "session.lua an_argument"), expected);
}

// --- SQLite, by MinGW's rules ---

static void sqlite(void **state)
{
    struct program *p = program(state);
    const char *native = objects_folder(p, "sqlite", "native");
    struct process session = {.folder = p->folder};
    arguments_add(&p->scratch, &session.arguments, scratch_format(&p->scratch, "%s/sqlite", native));
    arguments_add(&p->scratch, &session.arguments, "native.db");
    arguments_add(&p->scratch, &session.arguments, ".read " PROGRAMS "session.sql");
    struct outcome expected = process_run(&p->scratch, &session);
    assert_contains(expected.errors, "UNIQUE constraint failed"); // which the session means to happen
    assert_contains(expected.output, "COMMIT;\n");

    add_objects(p, objects_folder(p, "sqlite", p->platform->name), ".o", NULL);
    static const char *const ways[] = {
        "/FUNCTIONPADMIN /OPT:REF,ICF",
        "/FUNCTIONPADMIN /OPT:NOREF,NOICF /DEBUG:SYMTAB",
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        process_must_run(&p->scratch, p->folder, "rm -f native.db second.db program.db");
        program_link_mingw(p, ways[i]);
        assert_int_equal(program_run(p, "program.db \".read " PROGRAMS "session.sql\""), expected.status);
        assert_same_text(p->run.output, expected.output);
        assert_same_text(p->run.errors, expected.errors);
    }
    assert_in_range(count_padded_functions(p, default_pad(p)), 1900, 8000);
    read_back_signature(&p->scratch, p->folder, p->image_path);
    // The file that it wrote is the same to the native program.
    process_must_run(&p->scratch, p->folder, "%s/sqlite program.db \"PRAGMA integrity_check\"", native);
}

// --- zlib, by MinGW's rules ---

static const char *const zlib_tests[] = {"example.o", "minigzip.o"};

// Links one of zlib's tests with a static library made of the rest.
static void link_zlib(struct program *p, const char *folder, unsigned test, const char *options)
{
    program_begin_image(p, test == 0 ? "example.exe" : "minigzip.exe");
    program_add_input(p, scratch_format(&p->scratch, "%s/%s", folder, zlib_tests[test]));
    program_add_input(p, "libz.a");
    program_link_mingw(p, options);
}

static void zlib(void **state)
{
    struct program *p = program(state);
    const char *folder = objects_folder(p, "zlib", p->platform->name);
    program_begin_image(p, "library");
    add_objects(p, folder, ".o", "example.o");
    struct process archive = {.folder = p->folder};
    arguments_add_line(&p->scratch, &archive.arguments,
                       scratch_format(&p->scratch, "%s-ar rcs libz.a", p->platform->mingw));
    for (size_t i = 0; i < p->inputs.count; i++)
        if (!strstr(p->inputs.items[i], "minigzip.o"))
            arguments_add(&p->scratch, &archive.arguments, p->inputs.items[i]);
    assert_int_equal(process_run(&p->scratch, &archive).status, 0);

    link_zlib(p, folder, 0, "/FUNCTIONPADMIN /FUNCTIONPADALL");
    // The flags tell the sizes of int, long and pointers.
    assert_same_text(program_output(p, ""),
                     scratch_format(&p->scratch, "zlib version 1.2.13 = 0x12d0, compile flags = %s\n%s",
                                    p->platform == &platform_x86 ? "0x55" : "0x65",
                                    "uncompress(): hello, hello!\n"
                                    "gzread(): hello, hello!\n"
                                    "gzgets() after gzseek:  hello!\n"
                                    "inflate(): hello, hello!\n"
                                    "large_inflate(): OK\n"
                                    "after inflateSync(): hello, hello!\n"
                                    "inflate with dictionary: hello, hello!\n"));

    // Compressed by the image, uncompressed by this system's gzip, and the other way round.
    link_zlib(p, folder, 1, "/FUNCTIONPADMIN /FUNCTIONPADALL");
    process_must_run(&p->scratch, p->folder, "cp %s/deflate.o text", folder);
    process_must_run(&p->scratch, p->folder, "cp text original");
    assert_same_text(program_output(p, "-9 text"), "");
    assert_false(path_exists(program_path(p, "text")));
    process_must_run(&p->scratch, p->folder, "gzip -d text.gz");
    process_must_run(&p->scratch, p->folder, "cmp text original");
    process_must_run(&p->scratch, p->folder, "gzip text");
    assert_same_text(program_output(p, "-d text.gz"), "");
    process_must_run(&p->scratch, p->folder, "cmp text original");
    read_back_signature(&p->scratch, p->folder, p->image_path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_x64(lua),    test_on_x86(lua),    test_on_x64(lua_as_a_dll), test_on_x86(lua_as_a_dll),
        test_on_x64(sqlite), test_on_x86(sqlite), test_on_x64(zlib),         test_on_x86(zlib),
    };
    return cmocka_run_group_tests_name("real programs", tests, NULL, NULL);
}
