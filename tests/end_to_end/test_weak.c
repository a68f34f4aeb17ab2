// Weak externals (PE format, "Weak Externals"): a name with a default that is taken when nobody defines it. The record
// says whether libraries are asked before the default is taken. Compilers use them for __attribute__((weak)); MinGW's
// writes ".weak." defaults.

#include "tests/support/program.h"

#define START "/ENTRY:start /SUBSYSTEM:CONSOLE"

static const char start_asks[] = "int value(void); int start(void) { return value(); }";
static const char weak_ten[] = "__attribute__((weak)) int value(void) { return 10; }";
static const char weak_eleven[] = "__attribute__((weak)) int value(void) { return 11; }";
static const char strong_twenty[] = "int value(void) { return 20; }";

static void a_weak_definition_is_used_when_there_is_no_other(void **state)
{
    struct program *p = program(state);
    program_compile(p, start_asks, "");
    program_compile(p, weak_ten, "");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 10);
}

static void a_definition_wins_over_a_weak_one_before_it(void **state)
{
    struct program *p = program(state);
    program_compile(p, start_asks, "");
    program_compile(p, weak_ten, "");
    program_compile(p, strong_twenty, "");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 20);
}

static void a_definition_wins_over_a_weak_one_behind_it(void **state)
{
    struct program *p = program(state);
    program_compile(p, strong_twenty, "");
    program_compile(p, weak_ten, "");
    program_compile(p, start_asks, "");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 20);
}

static void of_two_weak_definitions_the_first_is_used(void **state)
{
    struct program *p = program(state);
    program_compile(p, start_asks, "");
    // Compilers name the default after another symbol of the object, so that two of them do not meet.
    program_compile(p, scratch_format(&p->scratch, "%s int one;", weak_eleven), "");
    program_compile(p, scratch_format(&p->scratch, "%s int two;", weak_ten), "");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 11);
}

static void weak_data_is_data(void **state)
{
    struct program *p = program(state);
    program_compile(p, "extern int value; int start(void) { return value++ + value; }", "");
    program_compile(p, "__attribute__((weak)) int value = 4;", "");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 9);
    program_compile(p, "int value = 7;", "");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 15);
}

static void what_is_weak_and_nowhere_is_zero(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "__attribute__((weak)) int value(void); __attribute__((weak)) extern int number;\n"
                    "int start(void) { return (value ? value() : 1) + (&number ? number : 2); }",
                    "");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 3);
    program_compile(p, strong_twenty, "");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 22);
}

// A pointer that stays null has no base relocation: else it would be none any more when the image moves.
static void a_pointer_to_nothing_does_not_move(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "__attribute__((weak)) int value(void); int (*pointer)(void) = value;\n"
                    "int start(void) { return pointer == 0; }",
                    "/O2");
    program_link(p, START " /BASE:0x10000000 /DEBUG:SYMTAB");
    uint32_t pointer = image_symbol_rva(p->image, p->platform == &platform_x86 ? "_pointer" : "pointer");
    assert_int_equal(image_pointer(p->image, pointer), 0);
    assert_false(image_has_base_relocation(p->image, pointer));
    assert_int_equal(program_run(p, ""), 1);
}

// --- and libraries ---

static void a_library_of(struct program *p, const char *source)
{
    size_t count = p->inputs.count;
    program_compile_as(p, "member.c", source, "");
    p->inputs.count = count;
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:member.lib member.obj");
    program_add_input(p, "member.lib");
}

// What compilers write takes the default without a look into libraries.
static void libraries_are_not_asked_for_a_weak_name(void **state)
{
    struct program *p = program(state);
    program_compile(p, start_asks, "");
    program_compile(p, weak_ten, "");
    a_library_of(p, strong_twenty);
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 10);
}

static void a_member_that_is_in_anyway_wins_over_a_weak_definition(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int value(void); int other(void); int start(void) { return value() + other(); }", "");
    program_compile(p, weak_ten, "");
    a_library_of(p, "int value(void) { return 20; } int other(void) { return 1; }");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 21);
}

// An object that asks through a weak external of this kind: `value` stands for `fallback` unless it is found.
static void write_weak_object(struct program *p, const char *search, const char *fallback)
{
    bool is_x86 = p->platform == &platform_x86;
    const char *u = is_x86 ? "_" : "";
    program_write(
        p, "weak.yaml",
        scratch_format(&p->scratch,
                       "--- !COFF\n"
                       "header: { Machine: %s, Characteristics: [] }\n"
                       "sections:\n"
                       "  - Name: .text\n"
                       "    Characteristics: [ IMAGE_SCN_CNT_CODE, IMAGE_SCN_MEM_EXECUTE, IMAGE_SCN_MEM_READ ]\n"
                       "    Alignment: 16\n"
                       "    SectionData: E900000000\n" // jmp value
                       "    Relocations:\n"
                       "      - { VirtualAddress: 1, SymbolName: %svalue, Type: %s }\n"
                       "symbols:\n"
                       "  - { Name: %sstart, Value: 0, SectionNumber: 1, SimpleType: IMAGE_SYM_TYPE_NULL,\n"
                       "      ComplexType: IMAGE_SYM_DTYPE_FUNCTION, StorageClass: IMAGE_SYM_CLASS_EXTERNAL }\n"
                       "  - { Name: %s%s, Value: 0, SectionNumber: 0, SimpleType: IMAGE_SYM_TYPE_NULL,\n"
                       "      ComplexType: IMAGE_SYM_DTYPE_NULL, StorageClass: IMAGE_SYM_CLASS_EXTERNAL }\n"
                       "  - Name: %svalue\n"
                       "    Value: 0\n"
                       "    SectionNumber: 0\n"
                       "    SimpleType: IMAGE_SYM_TYPE_NULL\n"
                       "    ComplexType: IMAGE_SYM_DTYPE_NULL\n"
                       "    StorageClass: IMAGE_SYM_CLASS_WEAK_EXTERNAL\n"
                       "    WeakExternal: { TagIndex: 1, Characteristics: %s }\n",
                       is_x86 ? "IMAGE_FILE_MACHINE_I386" : "IMAGE_FILE_MACHINE_AMD64", u,
                       is_x86 ? "IMAGE_REL_I386_REL32" : "IMAGE_REL_AMD64_REL32", u, u, fallback, u, search));
    process_must_run(&p->scratch, p->folder, "yaml2obj-19 weak.yaml -o weak.obj");
    program_add_input(p, "weak.obj");
}

static void check_search(struct program *p, const char *search, int with_library)
{
    write_weak_object(p, search, "fallback");
    program_compile(p, "int fallback(void) { return 7; }", "");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 7);
    a_library_of(p, strong_twenty);
    program_link(p, START);
    assert_int_equal(program_run(p, ""), with_library);
}

static void search_library_asks_libraries_first(void **state)
{
    check_search(program(state), "IMAGE_WEAK_EXTERN_SEARCH_LIBRARY", 20);
}

static void search_nolibrary_does_not(void **state)
{
    check_search(program(state), "IMAGE_WEAK_EXTERN_SEARCH_NOLIBRARY", 7);
}

static void an_alias_does_not(void **state)
{
    check_search(program(state), "IMAGE_WEAK_EXTERN_SEARCH_ALIAS", 7);
}

static void an_anti_dependency_does_not(void **state)
{
    check_search(program(state), "IMAGE_WEAK_EXTERN_ANTI_DEPENDENCY", 7);
}

// The default itself may lie in a library.
static void a_default_is_pulled_from_a_library(void **state)
{
    struct program *p = program(state);
    write_weak_object(p, "IMAGE_WEAK_EXTERN_SEARCH_NOLIBRARY", "fallback");
    a_library_of(p, "int fallback(void) { return 8; }");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 8);
}

static void a_default_that_is_nowhere_is_reported(void **state)
{
    struct program *p = program(state);
    write_weak_object(p, "IMAGE_WEAK_EXTERN_SEARCH_NOLIBRARY", "fallback");
    program_link_fails(p, START, "undefined symbol: ");
    assert_contains(p->link.errors, "fallback");
    assert_contains(p->link.errors, ">>> referenced by weak.obj");
}

// --- chains ---

static void aliases_of_aliases_lead_to_the_end(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int value(void); int start(void) { return value(); }", "");
    program_compile_as(p, "a.S",
                       "#ifdef __i386__\n#define N(x) _##x\n#else\n#define N(x) x\n#endif\n"
                       ".weak N(value)\n.set N(value), N(second)\n.weak N(second)\n.set N(second), N(third)\n",
                       "");
    program_compile_as(p, "b.S",
                       "#ifdef __i386__\n#define N(x) _##x\n#else\n#define N(x) x\n#endif\n"
                       ".weak N(third)\n.set N(third), N(fourth)\n",
                       "");
    program_compile(p, "int fourth(void) { return 44; }", "");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 44);
    program_compile(p, "int second(void) { return 22; }", "");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 22);
}

// `value` stands for `other`, which stands for `value`: neither is anything.
static void aliases_in_a_circle_are_undefined(void **state)
{
    struct program *p = program(state);
    program_compile(p, start_asks, "");
    program_compile_as(p, "a.s", ".weak value\n.set value, other\n", "");
    program_compile_as(p, "b.s", ".weak other\n.set other, value\n", "");
    program_link_fails(p, START, "undefined symbol: other");
    program_begin_image(p, "program.exe");
    program_add_input(p, "1.obj");
    program_link_fails(p, START " /ALTERNATENAME:value=other /ALTERNATENAME:other=value", "undefined symbol: ");
}

static void an_unused_default_is_left_out(void **state)
{
    struct program *p = program(state);
    program_compile(p, "__attribute__((weak)) int value(void) { return 10; } int start(void) { return value(); }",
                    "/Gy /O2");
    program_compile(p, strong_twenty, "/Gy /O2");
    program_link(p, START " /OPT:REF");
    uint32_t with = image_section(p->image, ".text")->virtual_size;
    assert_int_equal(program_run(p, ""), 20);
    program_link(p, START " /OPT:NOREF");
    assert_true(image_section(p->image, ".text")->virtual_size >= with);
}

// --- MinGW ---

static void mingw_weak_definitions_give_way(void **state)
{
    struct program *p = program(state);
    program_compile_mingw(p, "main.c",
                          "#include <stdio.h>\nint value(void); __attribute__((weak)) int nothing(void);\n"
                          "int main(void) { printf(\"%d %d\\n\", value(), nothing ? nothing() : -1); return 0; }",
                          "-O2");
    program_compile_mingw(p, "weak.c", weak_ten, "-O2");
    program_link_mingw(p, "");
    assert_same_text(program_output(p, ""), "10 -1\n");
    program_compile_mingw(p, "strong.c", "int value(void) { return 20; } int nothing(void) { return 3; }", "-O2");
    program_link_mingw(p, "");
    assert_same_text(program_output(p, ""), "20 3\n");
}

#define TESTS_ON(f) test_on_x64(f), test_on_x86(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTS_ON(a_weak_definition_is_used_when_there_is_no_other),
        test_on_x64(a_definition_wins_over_a_weak_one_before_it),
        test_on_x64(a_definition_wins_over_a_weak_one_behind_it),
        test_on_x64(of_two_weak_definitions_the_first_is_used),
        TESTS_ON(weak_data_is_data),
        TESTS_ON(what_is_weak_and_nowhere_is_zero),
        TESTS_ON(a_pointer_to_nothing_does_not_move),
        test_on_x64(libraries_are_not_asked_for_a_weak_name),
        test_on_x64(a_member_that_is_in_anyway_wins_over_a_weak_definition),
        TESTS_ON(search_library_asks_libraries_first),
        TESTS_ON(search_nolibrary_does_not),
        test_on_x64(an_alias_does_not),
        test_on_x64(an_anti_dependency_does_not),
        test_on_x64(a_default_is_pulled_from_a_library),
        test_on_x64(a_default_that_is_nowhere_is_reported),
        TESTS_ON(aliases_of_aliases_lead_to_the_end),
        test_on_x64(aliases_in_a_circle_are_undefined),
        test_on_x64(an_unused_default_is_left_out),
        TESTS_ON(mingw_weak_definitions_give_way),
    };
    return cmocka_run_group_tests_name("weak externals", tests, NULL, NULL);
}
