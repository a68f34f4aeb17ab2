// Thread-local data: the directory that a C run time brings, found by name, and the one field of it that only the
// linker knows.

#include "tests/support/program.h"

// What a run time has for thread-local variables (Wine's has none): the template's ends, the index, the list of
// callbacks, the directory.
static const char run_time[] = "#include <windows.h>\n"
                               "#pragma section(\".tls\", read, write)\n#pragma section(\".tls$ZZZ\", read, write)\n"
                               "#pragma section(\".CRT$XLA\", read)\n#pragma section(\".CRT$XLZ\", read)\n"
                               "ULONG _tls_index;\n"
                               "__declspec(allocate(\".tls\")) char _tls_start = 0;\n"
                               "__declspec(allocate(\".tls$ZZZ\")) char _tls_end = 0;\n"
                               "__declspec(allocate(\".CRT$XLA\")) const PIMAGE_TLS_CALLBACK __xl_a = 0;\n"
                               "__declspec(allocate(\".CRT$XLZ\")) const PIMAGE_TLS_CALLBACK __xl_z = 0;\n"
                               "#ifdef _WIN64\n#define DIRECTORY IMAGE_TLS_DIRECTORY64\n#define BASE ULONGLONG\n"
                               "#else\n#define DIRECTORY IMAGE_TLS_DIRECTORY32\n#define BASE DWORD\n"
                               "__asm__(\".globl __tls_array\\n__tls_array = 0x2c\\n\");\n#endif\n"
                               "const DIRECTORY _tls_used = {(BASE)&_tls_start, (BASE)&_tls_end, (BASE)&_tls_index, "
                               "(BASE)(&__xl_a + 1), 0, {0}};\n";

static const char user[] =
    "#include <stdio.h>\n#include <windows.h>\n"
    "__declspec(thread) int counter = 5;\n__declspec(thread) int zero;\n"
    "int callbacks;\n"
    "void NTAPI callback(void *m, DWORD reason, void *x) { if (reason == DLL_THREAD_ATTACH) callbacks++; }\n"
    "#pragma section(\".CRT$XLB\", read)\n"
    "__declspec(allocate(\".CRT$XLB\")) void (NTAPI *const entry)(void *, DWORD, void *) = callback;\n"
    "static DWORD WINAPI work(void *argument) {\n"
    "    for (int i = 0; i < (int)(INT_PTR)argument; i++) { counter++; zero++; }\n"
    "    return (DWORD)(counter * 100 + zero); }\n"
    "int main(void) {\n"
    "    HANDLE threads[3]; DWORD results[3];\n"
    "    for (int i = 0; i < 3; i++) threads[i] = CreateThread(0, 0, work, (void *)(INT_PTR)(i + 1), 0, 0);\n"
    "    for (int i = 0; i < 3; i++) { WaitForSingleObject(threads[i], INFINITE); GetExitCodeThread(threads[i], "
    "&results[i]); }\n"
    "    printf(\"%lu %lu %lu, %d %d, %d\\n\", results[0], results[1], results[2], counter, zero, callbacks >= 3);\n"
    "    return 0; }\n";

static void each_thread_has_its_own(void **state)
{
    struct program *p = program(state);
    program_compile(p, run_time, "/O2");
    program_compile(p, user, "/O2");
    program_link_with_run_time(p, "");
    struct image_directory tls = p->image->directories[IMAGE_DIRECTORY_TLS];
    assert_int_equal(tls.size, p->image->is_64 ? 40 : 24);
    assert_same_text(program_output(p, ""), "601 702 803, 5 0, 1\n");
}

// Bits 20 to 23 of the characteristics: log2 of the alignment, plus one.
static void the_directory_says_how_the_template_is_aligned(void **state)
{
    struct program *p = program(state);
    program_compile(p, run_time, "/O2");
    program_compile(p, user, "/O2");
    program_compile(
        p, "__declspec(align(64)) __declspec(thread) char wide[64] = {1}; char *touch(void) { return wide; }", "/O2");
    program_link_with_run_time(p, "");
    struct image_directory tls = p->image->directories[IMAGE_DIRECTORY_TLS];
    assert_int_equal(image_u32(p->image, tls.rva + tls.size - 4), 7 << 20);
    assert_int_equal(image_pointer(p->image, tls.rva) % 64, 0);
    assert_same_text(program_output(p, ""), "601 702 803, 5 0, 1\n");
}

// The directory is taken from a library when something of its object is asked for, and is in no danger from /OPT:REF.
static void the_directory_comes_out_of_a_library(void **state)
{
    struct program *p = program(state);
    program_compile(p, run_time, "/O2 /Gy /Gw");
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:tls.lib %s", p->inputs.items[0]);
    p->inputs.count = 0;
    program_compile(p, user, "/O2 /Gy");
    program_add_input(p, "tls.lib");
    program_link_with_run_time(p, "/OPT:REF,ICF");
    assert_int_not_equal(p->image->directories[IMAGE_DIRECTORY_TLS].size, 0);
    assert_same_text(program_output(p, ""), "601 702 803, 5 0, 1\n");
}

static void a_program_without_thread_local_data_has_no_directory(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int start(void) { return 3; }", "");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE");
    assert_int_equal(p->image->directories[IMAGE_DIRECTORY_TLS].rva, 0);
}

static void a_directory_that_is_cut_short_is_an_error(void **state)
{
    struct program *p = program(state);
    program_compile(p, "const int _tls_used = 1; int start(void) { return 3; }", "");
    program_link_fails(p, "/ENTRY:start /SUBSYSTEM:CONSOLE", "_tls_used is malformed");
}

#define TESTS_ON(f) test_on_x64(f), test_on_x86(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTS_ON(each_thread_has_its_own),
        test_on_arm64(each_thread_has_its_own),
        TESTS_ON(the_directory_says_how_the_template_is_aligned),
        TESTS_ON(the_directory_comes_out_of_a_library),
        TESTS_ON(a_program_without_thread_local_data_has_no_directory),
        TESTS_ON(a_directory_that_is_cut_short_is_an_error),
    };
    return cmocka_run_group_tests_name("tls", tests, NULL, NULL);
}
