// What a name can stand for: a place in a section, a number, room that nobody has filled, the image itself, a pointer
// that the linker makes, another name. Each is linked, run by Wine and read back.

#include <string.h>

#include "tests/support/program.h"

#define START "/ENTRY:start /SUBSYSTEM:CONSOLE"

static void an_absolute_symbol_is_its_number(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "a.S",
                       "#ifdef __i386__\n"
                       "#define start _start\n"
                       "#endif\n"
                       ".globl start\nstart:\n movl $answer, %eax\n ret\n"
                       ".section .rdata,\"dr\"\n.globl kept\nkept: .long answer\n",
                       "");
    program_compile_as(p, "b.s", ".globl answer\n.set answer, 0x4321002a\n", "");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 42);
    const struct image_section *rdata = image_section(p->image, ".rdata");
    assert_int_equal(image_u32(p->image, rdata->rva), 0x4321002a);
    assert_int_equal(image_base_relocation_count(p->image), 0); // a number does not move with the image
}

static void equal_absolute_symbols_may_be_defined_twice(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int start(void) { return 3; }", "");
    program_compile_as(p, "a.s", ".globl same\n.set same, 7\n", "");
    program_compile_as(p, "b.s", ".globl same\n.set same, 7\n", "");
    program_link(p, START);
    program_compile_as(p, "c.s", ".globl same\n.set same, 8\n", "");
    program_link_fails(p, START, "duplicate symbol: same [LNK2005]\n>>> defined at a.obj\n>>> defined at c.obj");
}

static void a_file_keeps_its_static_names_to_itself(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "static int mine = 1; static int twice(int n) { return 2 * n + mine; } int other(void);\n"
                    "int start(void) { int (*volatile f)(int) = twice; return f(10) + other(); }",
                    "");
    program_compile(p,
                    "static int mine = 5; static int twice(int n) { return 2 * n - mine; }\n"
                    "int other(void) { int (*volatile f)(int) = twice; return f(100); }",
                    "");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 21 + 195);
}

// Assemblers refer to a section's own symbol and an addend.
static void a_section_symbol_is_the_start_of_this_objects_section(void **state)
{
    struct program *p = program(state);
    program_compile(p, "static const int other[4] = {9, 9, 9, 9}; const int *volatile keep = other;", "");
    program_compile_as(p, "a.S",
                       "#ifdef __i386__\n"
                       ".globl _start\n_start:\n movl .rdata+8, %eax\n ret\n"
                       "#else\n"
                       ".globl start\nstart:\n movl .rdata+8(%rip), %eax\n ret\n"
                       "#endif\n"
                       ".section .rdata,\"dr\"\n.long 1, 2, 33\n",
                       "");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 33);
}

// Two objects ask for room under one name, a third only mentions it: there is one, as large as the largest.
static void the_largest_common_symbol_wins(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "int room; extern char end_of_room[]; void fill(void); int check(void);\n"
                    "int start(void) { fill(); return check() + room; }",
                    "/clang:-fcommon");
    program_compile(p,
                    "char room[1000]; void fill(void) { for (int i = 0; i < 1000; i++) room[i] = i == 0 ? 7 : 1; "
                    "room[1] = room[2] = room[3] = 0; }",
                    "/clang:-fcommon");
    program_compile(p, "extern char room[]; int after[4]; int check(void) { return room[999] + after[0] + after[3]; }",
                    "/clang:-fcommon");
    program_link(p, START " /DEBUG:SYMTAB");
    assert_int_equal(program_run(p, ""), 8);
    bool is_x86 = p->platform == &platform_x86;
    uint32_t room = image_symbol_rva(p->image, is_x86 ? "_room" : "room");
    uint32_t after = image_symbol_rva(p->image, is_x86 ? "_after" : "after");
    assert_true(after >= room + 1000 || after + 16 <= room);
}

static void a_definition_wins_over_common_symbols(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int room; int start(void) { return room; }", "/clang:-fcommon");
    program_compile(p, "int room = 77;", "");
    program_compile(p, "int room;", "/clang:-fcommon");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 77);
}

// A common symbol is aligned like its size, rounded up to a power of two, to 32 bytes at most (the alignment that
// lld-link gives).
static void common_symbols_are_aligned_by_their_size(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int start(void) { return 0; }", "");
    program_compile_as(p, "a.s",
                       ".comm one_byte,1\n.comm two,2\n.comm a1,1\n.comm three,3\n.comm a2,1\n.comm eight,8\n"
                       ".comm a3,1\n.comm twenty,20\n.comm a4,1\n.comm hundred,100\n",
                       "");
    program_link(p, START " /DEBUG:SYMTAB /OPT:NOREF /INCLUDE:one_byte /INCLUDE:two /INCLUDE:three /INCLUDE:eight "
                          "/INCLUDE:twenty /INCLUDE:hundred /INCLUDE:a1 /INCLUDE:a2 /INCLUDE:a3 /INCLUDE:a4");
    assert_int_equal(image_symbol_rva(p->image, "two") % 2, 0);
    assert_int_equal(image_symbol_rva(p->image, "three") % 4, 0);
    assert_int_equal(image_symbol_rva(p->image, "eight") % 8, 0);
    assert_int_equal(image_symbol_rva(p->image, "twenty") % 32, 0);
    assert_int_equal(image_symbol_rva(p->image, "hundred") % 32, 0);
    assert_int_equal(program_run(p, ""), 0);
}

// GNU compilers ask for more by a directive: -aligncomm:name,power of two.
static void a_directive_aligns_a_common_symbol(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int start(void) { return 0; }", "");
    program_compile_as(
        p, "a.s",
        ".comm a,1\n.comm wide,4\n.comm b,1\n.comm wider,4\n"
        ".section .drectve,\"yni\"\n.ascii \" -aligncomm:\\\"wide\\\",7 -aligncomm:wider,6 -aligncomm:wider,8\"\n",
        "");
    program_link(p, START " /DEBUG:SYMTAB /INCLUDE:a /INCLUDE:b /INCLUDE:wide /INCLUDE:wider");
    assert_int_equal(image_symbol_rva(p->image, "wide") % 128, 0);
    assert_int_equal(image_symbol_rva(p->image, "wider") % 256, 0);
}

static void image_base_is_the_first_byte_of_the_image(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "#include <windows.h>\n"
                    "extern char __ImageBase[]; char *volatile pointer = __ImageBase + 1;\n"
                    "int main(void)\n"
                    "{\n"
                    "    if (__ImageBase != (char *)GetModuleHandleA(0)) return 1;\n"
                    "    if (__ImageBase[0] != 'M' || __ImageBase[1] != 'Z') return 2;\n"
                    "    return pointer - __ImageBase == 1 ? 40 : 3;\n"
                    "}",
                    "");
    program_link_with_run_time(p, "");
    assert_int_equal(program_run(p, ""), 40);
}

// --- names for names ---

static void an_alternate_name_stands_in_for_what_is_undefined(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "int optional(void); int fallback(void) { return 21; }\n"
                    "#ifdef _M_IX86\n"
                    "#pragma comment(linker, \"/alternatename:_optional=_fallback\")\n"
                    "#else\n"
                    "#pragma comment(linker, \"/alternatename:optional=fallback\")\n"
                    "#endif\n"
                    "int start(void) { return 2 * optional(); }",
                    "");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 42);
    // What is defined has no need of it.
    program_compile(p, "int optional(void) { return 5; }", "");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 10);
}

// A library that has the name is asked before the alternate name is taken; one that has only the alternate is asked as
// well.
static void libraries_are_asked_before_an_alternate_name_is_taken(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int optional(void); int start(void) { return optional(); }", "");
    program_compile_as(p, "other.c", "int fallback(void) { return 1; }", "");
    program_compile_as(p, "real.c", "int optional(void) { return 2; }", "");
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:alternate.lib other.obj");
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:both.lib other.obj real.obj");
    p->inputs.count = 1;
    const char *option = p->platform == &platform_x86 ? START " /ALTERNATENAME:_optional=_fallback"
                                                      : START " /ALTERNATENAME:optional=fallback";
    program_add_input(p, "alternate.lib");
    program_link(p, option);
    assert_int_equal(program_run(p, ""), 1);
    p->inputs.items[1] = "both.lib";
    program_link(p, option);
    assert_int_equal(program_run(p, ""), 2);
}

static void an_alternate_name_that_is_undefined_too_is_an_error(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int optional(void); int start(void) { return optional(); }", "");
    program_link_fails(p, START " /ALTERNATENAME:optional=nowhere", "undefined symbol: ");
}

// --- what options ask for ---

static void include_pulls_a_member_and_keeps_it(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int start(void) { return 0; }", "");
    program_compile_as(p, "extra.c", "int extra(void) { return 5; } int also(void) { return 6; }", "/Gy");
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:extra.lib extra.obj");
    p->inputs.count = 1;
    program_add_input(p, "extra.lib");
    const char *name = p->platform == &platform_x86 ? "_extra" : "extra";
    const char *other = p->platform == &platform_x86 ? "_also" : "also";
    program_link(p, START " /DEBUG:SYMTAB");
    assert_false(image_has_symbol(p->image, name));
    program_link(p, scratch_format(&p->scratch, START " /DEBUG:SYMTAB /OPT:REF /INCLUDE:%s", name));
    assert_true(image_has_symbol(p->image, name));
    assert_false(image_has_symbol(p->image, other));
}

static void a_directive_can_include(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "#ifdef _M_IX86\n"
                    "#pragma comment(linker, \"/include:_extra\")\n"
                    "#else\n"
                    "#pragma comment(linker, \"/include:extra\")\n"
                    "#endif\n"
                    "int start(void) { return 0; }",
                    "");
    program_compile_as(p, "extra.c", "int extra(void) { return 5; }", "");
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:extra.lib extra.obj");
    p->inputs.count = 1;
    program_add_input(p, "extra.lib");
    program_link(p, START " /DEBUG:SYMTAB");
    assert_true(image_has_symbol(p->image, p->platform == &platform_x86 ? "_extra" : "extra"));
}

static void what_is_included_has_to_be_somewhere(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int start(void) { return 0; }", "");
    program_link_fails(p, START " /INCLUDE:nowhere", "error: undefined symbol: nowhere");
    assert_contains(p->link.errors, "[LNK2001]"); // link.exe's number where no section refers to it
}

static void an_optional_include_pulls_what_is_there(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int start(void) { return 0; }", "");
    program_compile_as(p, "extra.c", "int extra(void) { return 5; }", "");
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:extra.lib extra.obj");
    p->inputs.count = 1;
    program_add_input(p, "extra.lib");
    const char *name = p->platform == &platform_x86 ? "_extra" : "extra";
    program_link(p,
                 scratch_format(&p->scratch,
                                START " /DEBUG:SYMTAB /OPT:NOREF /INCLUDEOPTIONAL:%s /INCLUDEOPTIONAL:nowhere", name));
    assert_true(image_has_symbol(p->image, name));
    assert_same_text(p->link.errors, "");
}

// --- __imp_ of what is not imported ---

static void code_compiled_for_dllimport_works_with_a_local_definition(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "__declspec(dllimport) int twice(int); __declspec(dllimport) extern int number;\n"
                    "int start(void) { number++; return twice(number); }",
                    "");
    program_compile(p, "int twice(int n) { return 2 * n; } int number = 20;", "");
    program_link(p, START);
    assert_contains(p->link.errors, "warning: 1.obj: locally defined symbol imported: ");
    assert_contains(p->link.errors, "twice (defined in 2.obj) [LNK4217]");
    assert_contains(p->link.errors, "number (defined in 2.obj) [LNK4217]");
    assert_int_equal(program_run(p, ""), 42);
    // The pointers are addresses: they move with the image.
    assert_true(image_base_relocation_count(p->image) >= 2);
}

static void a_library_member_is_pulled_for_its_imp_name(void **state)
{
    struct program *p = program(state);
    program_compile(p, "__declspec(dllimport) int twice(int); int start(void) { return twice(21); }", "");
    program_compile_as(p, "twice.c", "int twice(int n) { return 2 * n; }", "");
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:twice.lib twice.obj");
    p->inputs.count = 1;
    program_add_input(p, "twice.lib");
    program_link_fails(p, START, "undefined symbol: ");
}

// --- what must not be mixed ---

static void objects_that_contradict_are_refused(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "#pragma detect_mismatch(\"mode\", \"fast\")\n"
                    "int start(void) { return 0; }",
                    "");
    program_compile(p, "#pragma detect_mismatch(\"mode\", \"fast\")\n", "");
    program_link(p, START);
    program_compile(p, "#pragma detect_mismatch(\"mode\", \"small\")\n", "");
    program_link_fails(p, START, "/failifmismatch: mismatch detected for 'mode'");
    assert_contains(p->link.errors, ">>> 1.obj has value fast");
    assert_contains(p->link.errors, ">>> 3.obj has value small");
    assert_contains(p->link.errors, "[LNK2038]");
}

#define TESTS_ON(f) test_on_x64(f), test_on_x86(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTS_ON(an_absolute_symbol_is_its_number),
        test_on_x64(equal_absolute_symbols_may_be_defined_twice),
        TESTS_ON(a_file_keeps_its_static_names_to_itself),
        TESTS_ON(a_section_symbol_is_the_start_of_this_objects_section),
        TESTS_ON(the_largest_common_symbol_wins),
        TESTS_ON(a_definition_wins_over_common_symbols),
        test_on_x64(common_symbols_are_aligned_by_their_size),
        test_on_x64(a_directive_aligns_a_common_symbol),
        TESTS_ON(image_base_is_the_first_byte_of_the_image),
        TESTS_ON(an_alternate_name_stands_in_for_what_is_undefined),
        TESTS_ON(libraries_are_asked_before_an_alternate_name_is_taken),
        test_on_x64(an_alternate_name_that_is_undefined_too_is_an_error),
        TESTS_ON(include_pulls_a_member_and_keeps_it),
        TESTS_ON(a_directive_can_include),
        test_on_x64(what_is_included_has_to_be_somewhere),
        TESTS_ON(an_optional_include_pulls_what_is_there),
        TESTS_ON(code_compiled_for_dllimport_works_with_a_local_definition),
        test_on_x64(a_library_member_is_pulled_for_its_imp_name),
        test_on_x64(objects_that_contradict_are_refused),
    };
    return cmocka_run_group_tests_name("symbols", tests, NULL, NULL);
}
