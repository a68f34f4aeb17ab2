// Map files. There is no specification: the fixed parts are those of link.exe's own maps, columns as its readers cut
// them; names, objects and places are compared with lld-link's map of the same objects, with the export table, and with
// what the image contains.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/program.h"

static const char program_source[] =
    "int ExitProcess_called;\n"
    "extern \"C\" __declspec(dllimport) void __stdcall ExitProcess(unsigned code);\n"
    "static int counter = 3;\n"
    "static __declspec(noinline) int step(int by) { return counter += by; }\n"
    "extern \"C\" __declspec(noinline) int visible(int a) { return step(a) * 2; }\n"
    "__declspec(noinline) inline int twice(int a) { return visible(a) + visible(a + 1); }\n"
    "extern \"C\" int start(void) { ExitProcess(twice(1)); return 0; }\n";

static void link_program(struct program *p, const char *options)
{
    program_compile_as(p, "first.cpp", program_source, "/O1 /Gy");
    program_add_import_library(p, "kernel32.lib", "LIBRARY KERNEL32.dll\nEXPORTS\n ExitProcess@4\n ExitProcess\n");
    program_link(p, scratch_format(&p->scratch, "/ENTRY:start /SUBSYSTEM:CONSOLE /EXPORT:visible %s", options));
}

// The line of a symbol, without its place: from the name on.
static const char *line_of(struct program *p, const char *map, const char *name)
{
    const char *at = map;
    size_t size = strlen(name);
    while ((at = strstr(at, name)) != NULL && !(at[-1] == ' ' && at[size] == ' '))
        at++;
    if (!at)
        fail_with("no %s in:\n%s", name, map);
    return scratch_format(&p->scratch, "%.*s", (int)strcspn(at, "\n"), at);
}

// A reader in the manner of those that cut a line at blanks: "0001:00000010 name 0000000140001010 …".
struct symbol_line {
    unsigned section, offset;
    unsigned long long address;
    char name[512];
};

static bool read_symbol_line(const char *line, struct symbol_line *out)
{
    return sscanf(line, " %4x:%8x %511s %16llx", &out->section, &out->offset, out->name, &out->address) == 4;
}

static struct symbol_line symbol_in(const char *map, const char *name)
{
    struct symbol_line symbol;
    for (const char *line = map; *line; line += strcspn(line, "\n") + (line[strcspn(line, "\n")] == '\n'))
        if (read_symbol_line(line, &symbol) && strcmp(symbol.name, name) == 0)
            return symbol;
    fail_with("no %s in:\n%s", name, map);
}

static void has_link_exe_s_page(void **state)
{
    struct program *p = program(state);
    link_program(p, "/MAP:app.map /TIMESTAMP:1700000000");
    const char *map = program_read(p, "app.map");
    bool is_64 = p->platform->pointer_size == 8;
    char *head = scratch_format(&p->scratch,
                                " program\n\n Timestamp is 6553f100 (Tue Nov 14 22:13:20 2023)\n\n"
                                " Preferred load address is %s\n\n"
                                " Start         Length     Name                   Class\n 0001:00000000 ",
                                is_64 ? "0000000140000000" : "00400000");
    assert_int_equal(strncmp(map, head, strlen(head)), 0);
    assert_contains(map,
                    is_64 ? "\n\n  Address         Publics by Value              Rva+Base               Lib:Object\n\n"
                          : "\n\n  Address         Publics by Value              Rva+Base       Lib:Object\n\n");
    assert_contains(map, "\n\n entry point at        0001:");
    assert_contains(map, "\n\n Static symbols\n\n ");
    assert_contains(map, is_64
                             ? "0000:00000000       __ImageBase                0000000140000000     <linker-defined>\n"
                             : "0000:00000000       ___ImageBase               00400000     <linker-defined>\n");
    // The class of a group stands in column 49, which readers look at.
    const char *text = strstr(map, "H .text");
    assert_non_null(text);
    assert_int_equal(strncmp(text - strlen(" 0001:00000000 00000000") + 49, "CODE\n", 5), 0);
}

static void says_what_is_a_function_and_what_is_inline(void **state)
{
    struct program *p = program(state);
    link_program(p, "/MAP:app.map");
    const char *map = program_read(p, "app.map");
    bool is_64 = p->platform->pointer_size == 8;
    assert_contains(line_of(p, map, is_64 ? "visible" : "_visible"), " f   first.obj");
    assert_contains(line_of(p, map, "?twice@@YAHH@Z"), " f i first.obj");
    assert_contains(line_of(p, map, "?ExitProcess_called@@3HA"), "     first.obj");
    assert_contains(line_of(p, map, is_64 ? "__imp_ExitProcess" : "__imp__ExitProcess@4"),
                    "     kernel32:KERNEL32.dll");
    const char *statics = strstr(map, " Static symbols\n");
    assert_contains(line_of(p, statics, "?step@@YAHH@Z"), " f   first.obj");
    assert_contains(line_of(p, statics, is_64 ? "counter" : "_counter"), "     first.obj");
}

static void places_are_where_the_image_has_them(void **state)
{
    struct program *p = program(state);
    link_program(p, "/MAP:app.map /FUNCTIONPADMIN");
    const char *map = program_read(p, "app.map");
    bool is_64 = p->platform->pointer_size == 8;
    struct symbol_line visible = symbol_in(map, is_64 ? "visible" : "_visible");
    uint32_t rva = image_export_rva(p->image, "visible");
    assert_true(visible.address == p->image->base + rva);
    const struct image_section *section = &p->image->sections[visible.section - 1];
    assert_int_equal(visible.offset, rva - section->rva);

    struct symbol_line slot = symbol_in(map, is_64 ? "__imp_ExitProcess" : "__imp__ExitProcess@4");
    assert_true(slot.address ==
                p->image->base + image_import_slot(p->image, "KERNEL32.dll", is_64 ? "ExitProcess" : "ExitProcess@4"));

    unsigned number, offset;
    assert_int_equal(sscanf(strstr(map, " entry point at"), " entry point at %x:%x", &number, &offset), 2);
    assert_int_equal(p->image->sections[number - 1].rva + offset, p->image->entry_rva);
}

// Lines of publics and statics without places: "name object", sorted.
static const char *names_and_objects(struct program *p, const char *map)
{
    return read_back_with(
        &p->scratch, p->folder,
        scratch_format(
            &p->scratch,
            "sh -c \"sed -nE 's/^ [0-9a-f]{4}:[0-9a-f]{8} {7}([^ ]+) +[0-9a-f]+ [f ] [i ] (.*)/\\1 \\2/p' %s | "
            "grep -v '<' | sort\"",
            map));
}

static void names_the_symbols_that_lld_link_names(void **state)
{
    struct program *p = program(state);
    link_program(p, "/MAP:app.map /OPT:NOICF");
    process_must_run(&p->scratch, p->folder,
                     "lld-link-19 /out:theirs.exe /entry:start /subsystem:console /export:visible /nodefaultlib "
                     "/opt:noicf /map:theirs.map /safeseh:no first.obj kernel32.lib");
    assert_same_text(names_and_objects(p, "app.map"), names_and_objects(p, "theirs.map"));
}

static void folded_functions_share_an_address(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "int (*volatile used)(int);"
                    "int one(int a) { return a * 3; } int other(int a) { return a * 3; }"
                    "int start(void) { used = one; used = other; return used(1); }",
                    "/O1 /Gy");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /OPT:REF,ICF /MAP");
    const char *map = program_read(p, "program.map");
    assert_true(symbol_in(map, "one").address == symbol_in(map, "other").address);
}

static void lists_exports_when_asked(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int f(void) { return 1; } int g(void) { return 2; }", "");
    program_link(p, "/DLL /NOENTRY /EXPORT:g,@5 /EXPORT:f /EXPORT:hidden_name=f,@9,NONAME /MAP:m.map /MAPINFO:EXPORTS");
    assert_contains(program_read(p, "m.map"),
                    "\n Exports\n\n  ordinal    name\n\n       10    f\n        5    g\n        9    hidden_name\n");
    assert_contains(program_read(p, "m.map"), "\n entry point at        0000:00000000\n");
    program_link(p, "/DLL /NOENTRY /EXPORT:f /MAP:m.map");
    assert_lacks(program_read(p, "m.map"), "Exports");
}

static void names_from_files_are_shown_escaped(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "hostile.s", ".text\n.globl \"a\033[31mb\"\n\"a\033[31mb\": ret\n.globl start\nstart: ret\n",
                       "");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /MAP /OPT:NOREF");
    const char *map = program_read(p, "program.map");
    assert_contains(map, scratch_format(&p->scratch, "       %-26s 0000000140001000     hostile.obj\n", "a\\x1B[31mb"));
    assert_null(strchr(map, '\033'));
}

// Two thousand functions in several objects: blocks of lines are made by several threads.
static void is_the_same_for_any_number_of_threads(void **state)
{
    struct program *p = program(state);
    for (int object = 0; object < 3; object++) {
        char *source = scratch_allocate(&p->scratch, 200000), *end = source;
        for (int i = 0; i < 3000; i++)
            end += sprintf(end, ".globl function_%d_%d\nfunction_%d_%d: ret\nlocal_%d: nop\n", object, i, object, i, i);
        program_compile_as(p, scratch_format(&p->scratch, "many%d.s", object), source, "");
    }
    program_link(p, "/NOENTRY /DLL /OPT:NOREF /MAP:one.map /THREADS:1");
    program_link(p, "/NOENTRY /DLL /OPT:NOREF /MAP:eight.map /THREADS:8");
    assert_same_text(program_read(p, "one.map"), program_read(p, "eight.map"));
    struct symbol_line symbol = symbol_in(program_read(p, "one.map"), "function_2_2999");
    assert_int_equal(symbol.offset % 2, 0);
    assert_int_equal(*image_at(p->image, (uint32_t)(symbol.address - p->image->base), 1), 0xc3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_x64(has_link_exe_s_page),
        test_on_x86(has_link_exe_s_page),
        test_on_x64(says_what_is_a_function_and_what_is_inline),
        test_on_x86(says_what_is_a_function_and_what_is_inline),
        test_on_x64(places_are_where_the_image_has_them),
        test_on_x86(places_are_where_the_image_has_them),
        test_on_x64(names_the_symbols_that_lld_link_names),
        test_on_x86(names_the_symbols_that_lld_link_names),
        test_on_x64(folded_functions_share_an_address),
        test_on_x64(lists_exports_when_asked),
        test_on_x64(names_from_files_are_shown_escaped),
        test_on_x64(is_the_same_for_any_number_of_threads),
    };
    return cmocka_run_group_tests_name("map file", tests, NULL, NULL);
}
