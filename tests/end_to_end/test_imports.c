// Imports: the directory, its tables and thunks, of short import objects and of long import libraries, alone and
// together. The loader is Wine's; what stands in the tables is read by the tests' own reader and by llvm-readobj.

#include <string.h>

#include "tests/support/program.h"

// A DLL with a function, a constant and a variable.
static void make_shapes(struct program *p)
{
    program_begin_image(p, "shapes.dll");
    program_compile(p,
                    "__declspec(dllexport) int corners(int n) { return 2 * n; }\n"
                    "__declspec(dllexport) int edges(int n) { return 3 * n; }\n"
                    "__declspec(dllexport) int sides = 5;\n"
                    "int hidden(void) { return 77; }\n",
                    "/O2");
    program_write(p, "shapes.def", "EXPORTS\n  hidden @17 NONAME\n");
    program_link(p, "/DLL /NOENTRY /DEF:shapes.def /IMPLIB:shapes.lib");
}

static void functions_are_called_through_slot_and_thunk(void **state)
{
    struct program *p = program(state);
    make_shapes(p);
    program_begin_image(p, "draw.exe");
    program_compile(p,
                    "__declspec(dllimport) int corners(int n);\n"
                    "int edges(int n);\n" // not known to be imported: called through a thunk
                    "int main(void) { int (*volatile f)(int) = edges; return corners(1) + edges(2) + f(10); }",
                    "/O2");
    program_add_input(p, "shapes.lib");
    program_link_with_run_time(p, "");
    assert_true(image_imports(p->image, "shapes.dll", "corners"));
    assert_true(image_imports(p->image, "shapes.dll", "edges"));
    assert_false(image_imports(p->image, "shapes.dll", "sides"));
    assert_int_equal(program_run(p, ""), 38);
}

static void data_is_imported(void **state)
{
    struct program *p = program(state);
    make_shapes(p);
    program_begin_image(p, "draw.exe");
    program_compile(p, "__declspec(dllimport) extern int sides; int main(void) { return sides++ + sides; }", "/O2");
    program_add_input(p, "shapes.lib");
    program_link_with_run_time(p, "");
    assert_int_equal(program_run(p, ""), 11);
}

static void a_function_is_imported_by_ordinal(void **state)
{
    struct program *p = program(state);
    make_shapes(p);
    program_begin_image(p, "draw.exe");
    program_compile(p, "int hidden(void); int main(void) { return hidden(); }", "/O2");
    program_add_input(p, "shapes.lib");
    program_link_with_run_time(p, "");
    assert_true(image_imports_ordinal(p->image, "shapes.dll", 17));
    assert_int_equal(program_run(p, ""), 77);
}

// DLLs are initialised in the order of the directory, which is the order in which libraries were named.
static void dlls_keep_the_order_of_the_command_line(void **state)
{
    struct program *p = program(state);
    static const char *const names[] = {"zebra", "apple", "mango"};
    for (int i = 0; i < 3; i++) {
        program_begin_image(p, scratch_format(&p->scratch, "%s.dll", names[i]));
        program_compile(
            p, scratch_format(&p->scratch, "__declspec(dllexport) int %s(void) { return %d; }", names[i], i), "/O2");
        program_link(p, scratch_format(&p->scratch, "/DLL /NOENTRY /IMPLIB:%s.lib", names[i]));
    }
    program_begin_image(p, "fruit.exe");
    program_compile(p,
                    "int apple(void); int mango(void); int zebra(void);\n"
                    "int main(void) { return 10 * apple() + 20 * mango() + zebra(); }",
                    "/O2");
    for (int i = 0; i < 3; i++)
        program_add_input(p, scratch_format(&p->scratch, "%s.lib", names[i]));
    program_link_with_run_time(p, "");
    const char *listing = read_back_with(&p->scratch, p->folder, "llvm-readobj-19 --coff-imports fruit.exe");
    const char *zebra = strstr(listing, "zebra.dll"), *apple = strstr(listing, "apple.dll");
    const char *mango = strstr(listing, "mango.dll");
    assert_non_null(zebra);
    assert_true(zebra < apple && apple < mango);
    assert_int_equal(program_run(p, ""), 50);
}

// One empty descriptor, the last, ends the directory, whatever kinds of libraries made it.
static void check_directory(const struct image *image, unsigned dll_count)
{
    struct image_directory directory = image->directories[IMAGE_DIRECTORY_IMPORTS];
    assert_int_equal(directory.size, (dll_count + 1) * 20);
    for (unsigned i = 0; i <= dll_count; i++) {
        uint32_t name = image_u32(image, directory.rva + i * 20 + 12);
        uint32_t slots = image_u32(image, directory.rva + i * 20 + 16);
        assert_int_equal(name != 0, i < dll_count);
        assert_int_equal(slots != 0, i < dll_count);
    }
}

// The slots of a DLL up to the zero behind them.
static unsigned slot_count(const struct image *image, const char *dll, const char *first)
{
    uint32_t slot = image_import_slot(image, dll, first);
    unsigned count = 0;
    while (image_pointer(image, slot + count * (image->is_64 ? 8 : 4)))
        count++;
    return count;
}

static void long_and_short_libraries_live_together(void **state)
{
    struct program *p = program(state);
    make_shapes(p);
    program_begin_image(p, "draw.exe");
    program_compile(p,
                    "#include <stdio.h>\n#include <windows.h>\n"
                    "int corners(int n);\n"
                    "int main(void) { printf(\"%d %d\\n\", corners(4), GetCurrentProcessId() != 0); return 0; }",
                    "/O2");
    program_add_input(p, "shapes.lib");
    program_link_with_run_time(p, ""); // Wine's libraries are long ones
    assert_same_text(program_output(p, ""), "8 1\n");
    check_directory(p->image, 3);
    assert_int_equal(slot_count(p->image, "shapes.dll", "corners"), 1);
    struct image_directory slots = p->image->directories[IMAGE_DIRECTORY_IMPORT_ADDRESSES];
    uint32_t slot = image_import_slot(p->image, "shapes.dll", "corners");
    assert_true(slot >= slots.rva && slot < slots.rva + slots.size);
}

// dlltool's libraries have one object for each import, a head and a tail; a member pulled late (another import asks for
// it through a second library) still has to lie between the head and the tail of its own DLL.
static void dlltool_libraries_keep_their_tables_apart(void **state)
{
    struct program *p = program(state);
    static const char *const letters[] = {"a", "b"};
    for (int i = 0; i < 2; i++) {
        const char *l = letters[i];
        program_begin_image(p, scratch_format(&p->scratch, "%s.dll", l));
        program_compile(p,
                        scratch_format(&p->scratch,
                                       "__declspec(dllexport) int %s1(void) { return %d; }\n"
                                       "__declspec(dllexport) int %s2(void) { return %d; }\n"
                                       "__declspec(dllexport) int %s3(void) { return %d; }\n",
                                       l, 1 + i * 10, l, 2 + i * 10, l, 3 + i * 10),
                        "/O2");
        program_link(p, "/DLL /NOENTRY");
        program_write(p, scratch_format(&p->scratch, "%s.def", l),
                      scratch_format(&p->scratch, "LIBRARY %s.dll\nEXPORTS\n %s1\n %s2\n %s3\n", l, l, l, l));
        process_must_run(&p->scratch, p->folder, "%s-dlltool -d %s.def -l lib%s.a", p->platform->mingw, l, l);
    }
    program_begin_image(p, "both.exe");
    program_compile(p,
                    "int a1(void); int a3(void); int b2(void); int b3(void); int later(void);\n"
                    "int main(void) { return b3() * 10 + a3() + b2() + a1() + later(); }",
                    "/O2");
    // A library member asks for a2 and b1 when the others are in already.
    program_compile(p, "int a2(void); int b1(void); int later(void) { return a2() + b1(); }", "/O2");
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:late.lib %s", p->inputs.items[1]);
    p->inputs.count = 1;
    program_add_input(p, "liba.a");
    program_add_input(p, "libb.a");
    program_add_input(p, "late.lib");
    program_link_with_run_time(p, "");
    assert_int_equal(slot_count(p->image, "a.dll", "a1"), 3);
    assert_int_equal(slot_count(p->image, "b.dll", "b1"), 3);
    assert_int_equal(program_run(p, ""), (13 * 10 + 3 + 12 + 1 + 2 + 11) % 256);
    check_directory(p->image, 3); // a, b, ucrtbase
}

// MinGW keeps .idata apart, and its libraries call it writable: short import objects join them there.
static void mingw_libraries_and_short_ones_share_a_section(void **state)
{
    struct program *p = program(state);
    make_shapes(p);
    program_begin_image(p, "draw.exe");
    program_compile_mingw(p, "m.c",
                          "#include <stdio.h>\n#include <windows.h>\nint corners(int n);\n"
                          "int main(void) { printf(\"%d %d\\n\", corners(4), GetCurrentProcessId() != 0); return 0; }",
                          "-O2");
    program_add_input(p, "shapes.lib");
    program_link_mingw(p, "");
    assert_non_null(image_find_section(p->image, ".idata"));
    assert_int_equal(p->image->directories[IMAGE_DIRECTORY_IMPORTS].size % 20, 0);
    check_directory(p->image, p->image->directories[IMAGE_DIRECTORY_IMPORTS].size / 20 - 1);
    assert_same_text(program_output(p, ""), "8 1\n");
}

// Libraries from before there were short import objects end the directory themselves (.idata$3).
static void a_directory_that_ends_itself_is_not_ended_twice(void **state)
{
    struct program *p = program(state);
    make_shapes(p);
    program_begin_image(p, "draw.exe");
    bool is_x86 = p->platform == &platform_x86;
    program_compile_as(p, "old.s",
                       scratch_format(&p->scratch,
                                      ".section .idata$2,\"dr\"\n.rva lookup\n.long 0, 0\n.rva dll\n.rva slots\n"
                                      ".section .idata$3,\"dr\"\n.zero 20\n"
                                      ".section .idata$4,\"dr\"\nlookup: .rva name\n.zero %d\n"
                                      ".section .idata$5,\"dr\"\n.globl __imp_%scorners\nslots:\n__imp_%scorners: "
                                      ".rva name\n.zero %d\n"
                                      ".section .idata$6,\"dr\"\nname: .short 0\n.asciz \"corners\"\n"
                                      ".section .idata$7,\"dr\"\ndll: .asciz \"shapes.dll\"\n",
                                      is_x86 ? 4 : 12, is_x86 ? "_" : "", is_x86 ? "_" : "", is_x86 ? 4 : 12),
                       "");
    program_compile(p,
                    "__declspec(dllimport) int corners(int n); int edges(int n);\n"
                    "int start(void) { return corners(20) + edges(1); }",
                    "/O2");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /FORCE:UNRESOLVED");
    check_directory(p->image, 1);
    program_add_input(p, "shapes.lib");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE");
    check_directory(p->image, 2);
    assert_int_equal(program_run(p, ""), 43);
}

// A library of short import objects begins with three members for linkers that have no tables of their own: with all
// members pulled they must not become a second directory.
static void a_whole_import_library_is_one_dll(void **state)
{
    struct program *p = program(state);
    make_shapes(p);
    program_begin_image(p, "draw.exe");
    program_compile(p, "int corners(int n); int start(void) { return corners(21); }", "/O2");
    program_add_input(p, "shapes.lib");
    program_link(p, "/WHOLEARCHIVE /ENTRY:start /SUBSYSTEM:CONSOLE");
    check_directory(p->image, 1);
    assert_int_equal(program_run(p, ""), 42);
}

static void what_nobody_calls_is_not_imported(void **state)
{
    struct program *p = program(state);
    make_shapes(p);
    program_begin_image(p, "draw.exe");
    program_compile(p,
                    "int corners(int n); int edges(int n); int unused(void) { return edges(1); }\n"
                    "int start(void) { return corners(21); }",
                    "/O2 /Gy");
    program_add_input(p, "shapes.lib");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /OPT:REF");
    assert_true(image_imports(p->image, "shapes.dll", "corners"));
    assert_false(image_imports(p->image, "shapes.dll", "edges"));
    assert_int_equal(program_run(p, ""), 42);
}

static void thunks_are_functions_with_pads(void **state)
{
    struct program *p = program(state);
    make_shapes(p);
    program_begin_image(p, "draw.exe");
    program_compile(p, "int corners(int n); int start(void) { return corners(21); }", "/O2 /hotpatch");
    program_add_input(p, "shapes.lib");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /FUNCTIONPADMIN:6 /DEBUG:SYMTAB");
    const char *name = p->platform == &platform_x86 ? "_corners" : "corners";
    uint32_t thunk = image_symbol_rva(p->image, name);
    assert_memory_equal(image_at(p->image, thunk, 2), "\xff\x25", 2);
    assert_memory_equal(image_at(p->image, thunk - 6, 6), "\xcc\xcc\xcc\xcc\xcc\xcc", 6);
    assert_int_equal(program_run(p, ""), 42);
}

// An image may be loaded anywhere: slots and thunks need no more than x86's absolute jump to be corrected.
static void thunks_are_relocated(void **state)
{
    struct program *p = program(state);
    make_shapes(p);
    program_begin_image(p, "mid.dll");
    program_compile(p, "int corners(int n); __declspec(dllexport) int twice(int n) { return 2 * corners(n); }", "/O2");
    program_add_input(p, "shapes.lib");
    program_link(p, "/DLL /NOENTRY /BASE:0x7ff00000 /DEBUG:SYMTAB");
    uint32_t thunk = image_symbol_rva(p->image, p->platform == &platform_x86 ? "_corners" : "corners");
    assert_int_equal(image_has_base_relocation(p->image, thunk + 2), p->platform == &platform_x86);
    assert_int_equal((int)program_call(p, "twice", 3), 12);
}

#define TESTS_ON(f) test_on_x64(f), test_on_x86(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTS_ON(functions_are_called_through_slot_and_thunk),
        TESTS_ON(data_is_imported),
        TESTS_ON(a_function_is_imported_by_ordinal),
        TESTS_ON(dlls_keep_the_order_of_the_command_line),
        TESTS_ON(long_and_short_libraries_live_together),
        TESTS_ON(dlltool_libraries_keep_their_tables_apart),
        TESTS_ON(mingw_libraries_and_short_ones_share_a_section),
        TESTS_ON(a_directory_that_ends_itself_is_not_ended_twice),
        TESTS_ON(a_whole_import_library_is_one_dll),
        test_on_arm64(functions_are_called_through_slot_and_thunk),
        test_on_arm64(data_is_imported),
        test_on_arm64(a_function_is_imported_by_ordinal),
        test_on_arm64(a_whole_import_library_is_one_dll),
        TESTS_ON(what_nobody_calls_is_not_imported),
        TESTS_ON(thunks_are_functions_with_pads),
        TESTS_ON(thunks_are_relocated),
    };
    return cmocka_run_group_tests_name("imports", tests, NULL, NULL);
}
