// /DELAYLOAD: the DLL is not loaded before the first call, the slot is replaced by it, and the tables are what
// delayimp.h describes.

#include <string.h>

#include "tests/support/program.h"

static void make_dll(struct program *p)
{
    program_begin_image(p, "late.dll");
    program_compile(p,
                    "__declspec(dllexport) int add(int a, int b) { return a + b; }\n"
                    "__declspec(dllexport) double scale(double a, float b, int c) { return a * b + c; }\n"
                    "__declspec(dllexport) int variable = 1;\n"
                    "int _fltused;\n"
                    "int by_number(int a) { return a + 100; }\n",
                    "/O2");
    program_write(p, "late.def", "EXPORTS\n by_number @9 NONAME\n");
    program_link(p, "/DLL /NOENTRY /DEF:late.def /IMPLIB:late.lib");
}

// Says whether the DLL is there before and after the first calls. Floating-point arguments have to survive the helper.
static const char user[] = "#include <stdio.h>\n#include <windows.h>\n"
                           "int add(int a, int b); double scale(double a, float b, int c); int by_number(int a);\n"
                           "int main(void) {\n"
                           "    printf(\"%d\\n\", GetModuleHandleA(\"late.dll\") != NULL);\n"
                           "    printf(\"%g\\n\", scale(1.5, 2.0f, 7));\n"
                           "    printf(\"%d\\n\", GetModuleHandleA(\"late.dll\") != NULL);\n"
                           "    int sum = 0;\n"
                           "    for (int i = 0; i < 3; i++) sum += add(i, 10);\n"
                           "    printf(\"%d %d\\n\", sum, by_number(5));\n"
                           "    return 0; }\n";

static void a_dll_is_loaded_by_the_first_call(void **state)
{
    struct program *p = program(state);
    make_dll(p);
    program_begin_image(p, "user.exe");
    program_compile(p, user, "/O2");
    program_add_input(p, "late.lib");
    program_link_with_run_time(p, "/DELAYLOAD:LATE.DLL");
    assert_false(image_imports(p->image, "late.dll", "add"));
    assert_same_text(program_output(p, ""), "0\n10\n1\n33 105\n");
}

// The slots are corrected when the image moves: a DLL that is wanted where the loader never puts one.
static void slots_are_relocated(void **state)
{
    struct program *p = program(state);
    make_dll(p);
    program_begin_image(p, "middle.dll");
    program_compile(p,
                    "int add(int a, int b);\n"
                    "__declspec(dllexport) int thrice(int a) { return add(a, add(a, a)); }\n",
                    "/O2");
    program_add_input(p, "late.lib");
    const char *folder = platform_library_folder(&p->scratch, p->platform);
    program_link(p, scratch_format(&p->scratch,
                                   "/DLL /NOENTRY /DELAYLOAD:late.dll /BASE:0x7ff00000 /LIBPATH:%s libwinecrt0.a "
                                   "libucrtbase.a libkernel32.a libntdll.a",
                                   folder));
    assert_int_equal((int)program_call(p, "thrice", 4), 12);
}

static const uint8_t *descriptor(const struct image *image)
{
    struct image_directory directory = image->directories[IMAGE_DIRECTORY_DELAY_IMPORTS];
    assert_int_equal(directory.size, 64); // one DLL and the empty descriptor
    static const uint8_t zero[32];
    assert_memory_equal(image_at(image, directory.rva + 32, 32), zero, 32);
    return image_at(image, directory.rva, 32);
}

static uint32_t field(const uint8_t *descriptor, unsigned index)
{
    const uint8_t *at = descriptor + index * 4;
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void bound_and_unload_tables_are_as_asked(void **state)
{
    struct program *p = program(state);
    make_dll(p);
    program_begin_image(p, "user.exe");
    program_compile(p, user, "/O2");
    program_add_input(p, "late.lib");

    program_link_with_run_time(p, "/DELAYLOAD:late.dll");
    const uint8_t *plain = descriptor(p->image);
    assert_int_equal(field(plain, 0), 1); // by RVA
    assert_int_not_equal(field(plain, 5), 0);
    assert_int_equal(field(plain, 6), 0);

    program_link_with_run_time(p, "/DELAYLOAD:late.dll /DELAY:UNLOAD /DELAY:NOBIND");
    const uint8_t *unloadable = descriptor(p->image);
    assert_int_equal(field(unloadable, 5), 0);
    uint32_t slots = field(unloadable, 3), copy = field(unloadable, 6), step = p->platform->pointer_size;
    assert_int_not_equal(copy, 0);
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(image_pointer(p->image, slots + i * step) != 0);
        assert_true(image_pointer(p->image, slots + i * step) == image_pointer(p->image, copy + i * step));
        assert_true(image_has_base_relocation(p->image, slots + i * step));
        assert_true(image_has_base_relocation(p->image, copy + i * step));
    }
    assert_true(image_pointer(p->image, slots + 3 * step) == 0);
    assert_same_text(program_output(p, ""), "0\n10\n1\n33 105\n");
}

// The code that saves registers has a frame, and debuggers and exceptions walk through it.
static void the_tail_can_be_unwound(void **state)
{
    struct program *p = program(state);
    make_dll(p);
    program_begin_image(p, "user.exe");
    program_compile(p, user, "/O2");
    program_add_input(p, "late.lib");
    program_link_with_run_time(p, "/DELAYLOAD:late.dll /DEBUG:SYMTAB");
    uint32_t tail = image_symbol_rva(p->image, "__tailMerge_late_dll");
    struct image_directory unwind = p->image->directories[IMAGE_DIRECTORY_EXCEPTIONS];
    bool found = false;
    for (uint32_t i = 0; i < unwind.size; i += 12)
        found |= image_u32(p->image, unwind.rva + i) == tail;
    assert_true(found);
}

static void thunks_have_pads(void **state)
{
    struct program *p = program(state);
    make_dll(p);
    program_begin_image(p, "user.exe");
    program_compile(p, user, "/O2 /hotpatch");
    program_add_input(p, "late.lib");
    program_link_with_run_time(p, "/DELAYLOAD:late.dll /DEBUG:SYMTAB /FUNCTIONPADMIN:7");
    static const char *const names[] = {"__imp_load_add", "__imp_load__add"};
    uint32_t thunk = image_symbol_rva(p->image, names[p->platform == &platform_x86]);
    uint32_t tail = image_symbol_rva(p->image, "__tailMerge_late_dll");
    assert_memory_equal(image_at(p->image, thunk - 7, 7), "\xcc\xcc\xcc\xcc\xcc\xcc\xcc", 7);
    assert_memory_equal(image_at(p->image, tail - 7, 7), "\xcc\xcc\xcc\xcc\xcc\xcc\xcc", 7);
    assert_same_text(program_output(p, ""), "0\n10\n1\n33 105\n");
}

// What delayimp.h's helper does, in its simplest form: it needs every table of the descriptor.
static const char helper[] =
    "#include <windows.h>\n"
    "typedef struct { DWORD attributes, name, module, slots, names, bound, unload, timestamp; } descriptor;\n"
    "extern char __ImageBase[];\n"
    "void *__stdcall __delayLoadHelper2(const descriptor *d, void **slot) {\n"
    "    HMODULE *module = (HMODULE *)(__ImageBase + d->module);\n"
    "    if (!*module) *module = LoadLibraryA(__ImageBase + d->name);\n"
    "    UINT_PTR entry = ((UINT_PTR *)(__ImageBase + d->names))[slot - (void **)(__ImageBase + d->slots)];\n"
    "    char *name = (INT_PTR)entry < 0 ? (char *)(entry & 0xffff) : __ImageBase + entry + 2;\n"
    "    return *slot = (void *)GetProcAddress(*module, name); }\n";

static void a_program_may_have_its_own_helper(void **state)
{
    struct program *p = program(state);
    make_dll(p);
    program_begin_image(p, "user.exe");
    program_compile(p, helper, "/O2");
    program_compile(p, user, "/O2");
    program_add_input(p, "late.lib");
    program_link_with_run_time(p, "/DELAYLOAD:late.dll");
    assert_same_text(program_output(p, ""), "0\n10\n1\n33 105\n");
}

static void a_variable_can_not_be_delayed(void **state)
{
    struct program *p = program(state);
    make_dll(p);
    program_begin_image(p, "user.exe");
    program_compile(p,
                    "__declspec(dllimport) extern int variable; int start(void) { return variable; }\n"
                    "void *__delayLoadHelper2(void *d, void *s) { return 0; }\n"
                    "#ifdef _M_IX86\n"
                    "#pragma comment(linker, \"/ALTERNATENAME:___delayLoadHelper2@8=___delayLoadHelper2\")\n"
                    "#endif\n",
                    "/O2");
    program_add_input(p, "late.lib");
    program_link_fails(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /DELAYLOAD:late.dll", "due to import of data: ");
    assert_contains(p->link.errors, "cannot delay-load late.lib(late.dll)");
    assert_contains(p->link.errors, "[LNK1194]");
}

static void a_dll_that_is_not_imported_is_worth_a_warning(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int start(void) { return 3; }", "/O2");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /DELAYLOAD:nobody.dll");
    assert_contains(p->link.errors,
                    "warning: /DELAYLOAD:nobody.dll ignored; no imports found from nobody.dll [LNK4199]");
    assert_int_equal(program_run(p, ""), 3);
}

static void without_the_helper_it_is_undefined(void **state)
{
    struct program *p = program(state);
    make_dll(p);
    program_begin_image(p, "user.exe");
    program_compile(p, "int add(int a, int b); int start(void) { return add(1, 2); }", "/O2");
    program_add_input(p, "late.lib");
    program_link_fails(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /DELAYLOAD:late.dll", "__delayLoadHelper2");
}

#define TESTS_ON(f) test_on_x64(f), test_on_x86(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTS_ON(a_dll_is_loaded_by_the_first_call),
        TESTS_ON(slots_are_relocated),
        TESTS_ON(bound_and_unload_tables_are_as_asked),
        test_on_x64(the_tail_can_be_unwound),
        TESTS_ON(thunks_have_pads),
        TESTS_ON(a_program_may_have_its_own_helper),
        test_on_arm64(a_program_may_have_its_own_helper),
        TESTS_ON(a_variable_can_not_be_delayed),
        TESTS_ON(a_dll_that_is_not_imported_is_worth_a_warning),
        TESTS_ON(without_the_helper_it_is_undefined),
        test_on_arm64(a_variable_can_not_be_delayed),
    };
    return cmocka_run_group_tests_name("delay_imports", tests, NULL, NULL);
}
