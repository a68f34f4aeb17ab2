// The COFF symbol table of an image and its string table, as their readers see them: llvm-nm, objdump, addr2line,
// strip.

#include <stdlib.h>
#include <string.h>

#include "tests/support/program.h"

static const char source[] = "int data_of_a_long_name = 3; int eight888 = 4; static int hidden_data = 5;\n"
                             "static __declspec(noinline) int hidden_function(int a) { return a + hidden_data++; }\n"
                             "int visible_function(int a) { return hidden_function(a) + eight888; }\n"
                             "int start(void) { return visible_function(data_of_a_long_name); }\n";

// "T name" and so on, sorted by name: places differ from linker to linker.
static const char *symbols_of(struct program *p, const char *image)
{
    return read_back_with(&p->scratch, p->folder,
                          scratch_format(&p->scratch, "sh -c \"llvm-nm-19 %s | cut -d' ' -f2- | sort -k2\"", image));
}

static void has_the_symbols_that_lld_link_writes(void **state)
{
    struct program *p = program(state);
    program_compile(p, source, "/O1 /Gy");
    program_compile_as(p, "common.s",
                       ".comm common_symbol, 16\n.globl other\n.text\nother: ret\n.long common_symbol@imgrel\n", "");
    program_link(p, "/DEBUG:SYMTAB /ENTRY:start /SUBSYSTEM:CONSOLE /OPT:NOREF,NOICF");
    process_must_run(&p->scratch, p->folder,
                     "lld-link-19 /debug:symtab /entry:start /subsystem:console /nodefaultlib /opt:noref,noicf "
                     "/safeseh:no /out:theirs.exe 1.obj common.obj");
    assert_same_text(symbols_of(p, "program.exe"), symbols_of(p, "theirs.exe"));
}

static void places_are_where_the_image_has_them(void **state)
{
    struct program *p = program(state);
    program_compile(p, source, "/O1 /Gy");
    program_link(p, "/DEBUG:SYMTAB /ENTRY:start /SUBSYSTEM:CONSOLE /EXPORT:visible_function /EXPORT:eight888,DATA "
                    "/FUNCTIONPADMIN");
    bool is_64 = p->platform->pointer_size == 8;
    assert_int_equal(image_symbol_rva(p->image, is_64 ? "visible_function" : "_visible_function"),
                     image_export_rva(p->image, "visible_function"));
    assert_int_equal(image_symbol_rva(p->image, is_64 ? "eight888" : "_eight888"),
                     image_export_rva(p->image, "eight888"));
    assert_int_equal(image_symbol_rva(p->image, is_64 ? "start" : "_start"), p->image->entry_rva);
    assert_int_equal(image_u32(p->image, image_symbol_rva(p->image, is_64 ? "hidden_data" : "_hidden_data")), 5);
}

static void there_is_none_unless_asked_for(void **state)
{
    struct program *p = program(state);
    program_compile(p, source, "");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE");
    assert_int_equal(p->image->symbol_table, 0);
    assert_int_equal(p->image->symbol_count, 0);
}

static void what_is_dead_is_not_in_it(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int unused(void) { return 1; } int start(void) { return 0; }", "/Gy");
    program_link(p, "/DEBUG:SYMTAB /OPT:REF /ENTRY:start /SUBSYSTEM:CONSOLE");
    assert_true(image_has_symbol(p->image, "start"));
    assert_false(image_has_symbol(p->image, "unused"));
}

// A section name of more than eight characters: link.exe cuts it; for GNU's tools what is not mapped at run time keeps
// it.
static void long_section_names_are_kept_for_gnu_s_tools_only(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "long.s",
                       ".section .long_discardable,\"drD\"\n.long 1\n.section .long_mapped,\"dr\"\n.long 2\n"
                       ".text\n.globl start\nstart: ret\n",
                       "");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /OPT:NOREF");
    const char *headers = read_back_with(&p->scratch, p->folder, "objdump -h program.exe");
    assert_contains(headers, " .long_ma ");
    assert_contains(headers, " .long_di ");
    assert_lacks(headers, ".long_mapped");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /OPT:NOREF /MINGW");
    headers = read_back_with(&p->scratch, p->folder, "objdump -h program.exe");
    assert_contains(headers, " .long_ma "); // libunwind looks for cut names in memory
    assert_contains(headers, " .long_discardable ");
}

static void make_mingw_program(struct program *p)
{
    program_compile_mingw(p, "debugged.c",
                          "#include <stdio.h>\n"
                          "int function_on_line_2(int a) { return a * 2; }\n"
                          "int main(void) { printf(\"%d\\n\", function_on_line_2(21)); return 0; }\n",
                          "-g -O0 -gdwarf-4");
    program_link_mingw(p, "/DEBUG:DWARF");
}

// addr2line finds lines by .debug_info and .debug_line, whose names are longer than a header holds.
static void addr2line_finds_the_source_line(void **state)
{
    struct program *p = program(state);
    make_mingw_program(p);
    assert_contains(read_back_with(&p->scratch, p->folder, "objdump -h program.exe"), " .debug_info ");
    const char *name = p->platform->pointer_size == 8 ? "function_on_line_2" : "_function_on_line_2";
    unsigned long long address = p->image->base + image_symbol_rva(p->image, name);
    const char *said = read_back_with(
        &p->scratch, p->folder,
        scratch_format(&p->scratch, "%s-addr2line -f -e program.exe 0x%llx", p->platform->mingw, address));
    assert_contains(said, "function_on_line_2\n");
    assert_contains(said, "debugged.c:2\n");
}

static void strip_takes_it_off_and_the_program_runs(void **state)
{
    struct program *p = program(state);
    make_mingw_program(p);
    assert_same_text(program_output(p, ""), "42\n");
    process_must_run(&p->scratch, p->folder, "%s-strip program.exe", p->platform->mingw);
    assert_int_equal(image_read(&p->scratch, p->image_path)->symbol_count, 0);
    assert_same_text(program_output(p, ""), "42\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_x64(has_the_symbols_that_lld_link_writes),
        test_on_x86(has_the_symbols_that_lld_link_writes),
        test_on_x64(places_are_where_the_image_has_them),
        test_on_x86(places_are_where_the_image_has_them),
        test_on_x64(there_is_none_unless_asked_for),
        test_on_x64(what_is_dead_is_not_in_it),
        test_on_x64(long_section_names_are_kept_for_gnu_s_tools_only),
        test_on_x64(addr2line_finds_the_source_line),
        test_on_x86(addr2line_finds_the_source_line),
        test_on_x64(strip_takes_it_off_and_the_program_runs),
        test_on_x86(strip_takes_it_off_and_the_program_runs),
    };
    return cmocka_run_group_tests_name("COFF symbols", tests, NULL, NULL);
}
