// Exceptions: the sorted unwind table where there is one, and on x86 the table of safe handlers.

#include <stdio.h>
#include <string.h>

#include "tests/support/program.h"

// --- x64: unwind data ---

// Functions of one object in three groups, so that contributions of .pdata are not in the order of their functions.
static const char scattered[] =
    "#include <stdio.h>\n#include <windows.h>\nunsigned long __cdecl _exception_code(void);\n"
    "static volatile int zero;\n"
    "__declspec(code_seg(\".text$z\")) __declspec(noinline) int last(int a) { char b[64]; sprintf(b, \"%d\", 6 / "
    "zero); return a + b[0]; }\n"
    "__declspec(noinline) int middle(int a) { int r = 1; __try { r = last(a); } __finally { printf(\"finally\\n\"); } "
    "return r; }\n"
    "__declspec(code_seg(\".text$a\")) __declspec(noinline) int first(int a) {\n"
    "    __try { return middle(a); } __except (_exception_code() == EXCEPTION_INT_DIVIDE_BY_ZERO) { return 11; } }\n"
    "int main(void) { int r = first(1); __try { RaiseException(0xE0001234, 0, 0, 0); }\n"
    "    __except (_exception_code() == 0xE0001234) { r += 30; } printf(\"%d\\n\", r); return 0; }\n";

static void check_unwind_table_is_sorted(const struct image *image)
{
    struct image_directory table = image->directories[IMAGE_DIRECTORY_EXCEPTIONS];
    assert_int_not_equal(table.size, 0);
    assert_int_equal(table.size % 12, 0);
    uint32_t last_end = 0;
    for (uint32_t at = table.rva; at < table.rva + table.size; at += 12) {
        assert_true(image_u32(image, at) >= last_end);
        last_end = image_u32(image, at + 4);
        assert_true(last_end > image_u32(image, at));
    }
}

static void exceptions_are_caught(void **state)
{
    struct program *p = program(state);
    program_compile(p, scattered, "/O2 /Gy");
    program_link_with_run_time(p, "");
    check_unwind_table_is_sorted(p->image);
    assert_same_text(program_output(p, ""), "finally\n41\n");
}

static void the_table_is_sorted_in_any_order_of_functions(void **state)
{
    struct program *p = program(state);
    // 300 functions in COMDATs, put in the opposite order of their unwind records.
    char *source = scratch_format(&p->scratch, "%*s", 300 * 100, ""), *at = source;
    char *order = scratch_format(&p->scratch, "%*s", 300 * 8, ""), *name = order;
    at += sprintf(at, "int use(char *);\n");
    for (int i = 0; i < 300; i++)
        at += sprintf(at, "int f%d(int a) { char b[%d]; return use(b) + a; }\n", i, 16 + i);
    sprintf(at, "__declspec(noinline) int use(char *b) { return *b; } int start(void) { return 12; }\n");
    for (int i = 300; i-- > 0;)
        name += sprintf(name, "f%d\n", i);
    program_write(p, "order.txt", order);
    program_compile(p, source, "/O1 /Gy");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /OPT:NOREF /OPT:NOICF /ORDER:@order.txt /DEBUG:SYMTAB");
    assert_true(image_symbol_rva(p->image, "f7") > image_symbol_rva(p->image, "f200"));
    check_unwind_table_is_sorted(p->image);
    assert_int_equal(program_run(p, ""), 12);
}

static void mingw_unwind_records_are_sorted(void **state)
{
    struct program *p = program(state);
    program_compile_mingw(
        p, "t.cpp",
        "#include <cstdio>\n#include <stdexcept>\n"
        "template <int n> __attribute__((noinline)) int deep(int a) {\n"
        "    if (a > 100) throw std::runtime_error(\"deep\");\n"
        "    std::string s(static_cast<size_t>(a + n), 'x'); return deep<n - 1>(a + (int)s.size()); }\n"
        "template <> int deep<0>(int a) { throw std::out_of_range(\"bottom\"); }\n"
        "int main() { try { deep<5>(1); } catch (const std::out_of_range &e) { std::puts(e.what()); }\n"
        "    try { deep<20>(30); } catch (const std::runtime_error &e) { std::puts(e.what()); } return 0; }\n",
        "-O1");
    program_link_mingw(p, "");
    check_unwind_table_is_sorted(p->image);
    assert_same_text(program_output(p, ""), "bottom\ndeep\n");
}

static void unwind_data_of_an_odd_size_is_an_error(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "odd.s", ".text\n.globl start\nstart: ret\n.section .pdata,\"dr\"\n.long 1,2\n", "");
    program_link_fails(p, "/ENTRY:start /SUBSYSTEM:CONSOLE", "unexpected .pdata size: 8 is not a multiple of 12");
}

// Between contributions of a larger alignment there are gaps, which would read as records of zeros.
static void gaps_between_contributions_are_closed(void **state)
{
    struct program *p = program(state);
    static const char unit[] = ".text\n.globl %s\n%s: subq $40, %%rsp\nmovl $%d, %%eax\naddq $40, %%rsp\nret\n%s_end:\n"
                               ".section .xdata,\"dr\"\n.p2align 2\n%s_info: .byte 1, 4, 1, 0, 4, 0x42, 0, 0\n"
                               ".section .pdata,\"dr\"\n.p2align 4\n.rva %s, %s_end, %s_info\n";
    program_compile_as(
        p, "a.s", scratch_format(&p->scratch, unit, "start", "start", 21, "start", "start", "start", "start", "start"),
        "");
    program_compile_as(
        p, "b.s", scratch_format(&p->scratch, unit, "other", "other", 22, "other", "other", "other", "other", "other"),
        "");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE");
    assert_int_equal(p->image->directories[IMAGE_DIRECTORY_EXCEPTIONS].size, 24);
    check_unwind_table_is_sorted(p->image);
    assert_int_equal(program_run(p, ""), 21);
}

// --- x86: safe handlers ---

// A handler of its own, registered by hand; the assembler lists it in .sxdata. The load configuration names the
// linker's table.
static const char handler[] =
    "#include <windows.h>\n"
    "static volatile int fixed_up;\n"
    "EXCEPTION_DISPOSITION __cdecl safe_handler(EXCEPTION_RECORD *r, void *f, CONTEXT *c, void *d) {\n"
    "    c->Eax = (DWORD)&fixed_up; fixed_up = 33; return ExceptionContinueExecution; }\n"
    "__asm__(\".safeseh _safe_handler\\n\");\n"
    "extern void *__safe_se_handler_table[]; extern char __safe_se_handler_count;\n"
    "const IMAGE_LOAD_CONFIG_DIRECTORY32 _load_config_used = {.Size = 72,\n"
    "    .SEHandlerTable = (DWORD)__safe_se_handler_table, .SEHandlerCount = (DWORD)&__safe_se_handler_count};\n"
    "int start(void) { int value;\n"
    "    __asm__ volatile(\"pushl $_safe_handler\\n pushl %%fs:0\\n movl %%esp, %%fs:0\\n xorl %%eax, %%eax\\n\"\n"
    "        \"movl (%%eax), %0\\n popl %%fs:0\\n addl $4, %%esp\\n\" : \"=d\"(value) : : \"eax\", \"memory\");\n"
    "    return value; }\n";

static const char *load_config(struct program *p)
{
    return read_back_with(&p->scratch, p->folder, "llvm-readobj-19 --coff-load-config program.exe");
}

static void safe_handlers_are_listed(void **state)
{
    struct program *p = program(state);
    program_compile(p, handler, "/O1");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /SAFESEH /DEBUG:SYMTAB");
    assert_contains(load_config(p), "SEHandlerCount: 1");
    assert_contains(load_config(p),
                    scratch_format(&p->scratch, "SEHTable [\n  0x%X\n]",
                                   (unsigned)p->image->base + image_symbol_rva(p->image, "_safe_handler")));
    assert_int_equal(p->image->dll_characteristics & 0x400, 0);
    assert_lacks(p->link.errors, "warning");
    assert_int_equal(program_run(p, ""), 33);
}

static void without_the_option_the_table_is_made_when_all_agree(void **state)
{
    struct program *p = program(state);
    program_compile(p, handler, "/O1");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE");
    assert_contains(load_config(p), "SEHandlerCount: 1");

    // One object that says nothing of handlers: no table, no error, the exception is caught all the same.
    program_compile_as(p, "plain.s", ".text\n.globl _nothing\n_nothing: ret\n", "");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE");
    assert_contains(load_config(p), "SEHandlerCount: 0");
    assert_int_equal(p->image->dll_characteristics & 0x400, 0);
    assert_int_equal(program_run(p, ""), 33);

    program_link_fails(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /SAFESEH",
                       "/safeseh: plain.obj is not compatible with SEH [LNK2026]");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /SAFESEH:NO");
    assert_contains(load_config(p), "SEHandlerCount: 0");
}

static void an_image_without_handlers_says_so(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int start(void) { return 4; }", "/O1");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE");
    assert_int_equal(p->image->dll_characteristics & 0x400, 0x400);
    assert_int_equal(program_run(p, ""), 4);
}

static void structured_exceptions_work_on_x86(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "#include <stdio.h>\n#include <windows.h>\n"
                    "unsigned long __cdecl _exception_code(void);\n"
                    "int filter(unsigned code) { return code == 0xE0001234 ? EXCEPTION_EXECUTE_HANDLER : "
                    "EXCEPTION_CONTINUE_SEARCH; }\n"
                    "int main(void) { int r = 0; __try { RaiseException(0xE0001234, 0, 0, 0); }\n"
                    "    __except (filter(_exception_code())) { r = 30; } printf(\"%d\\n\", r); return 0; }\n",
                    "/O1");
    program_link_with_run_time(p, "");
    assert_same_text(program_output(p, ""), "30\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_x64(exceptions_are_caught),
        test_on_x64(the_table_is_sorted_in_any_order_of_functions),
        test_on_x64(mingw_unwind_records_are_sorted),
        test_on_x64(unwind_data_of_an_odd_size_is_an_error),
        test_on_x64(gaps_between_contributions_are_closed),
        test_on_x86(safe_handlers_are_listed),
        test_on_x86(without_the_option_the_table_is_made_when_all_agree),
        test_on_x86(an_image_without_handlers_says_so),
        test_on_x86(structured_exceptions_work_on_x86),
    };
    return cmocka_run_group_tests_name("seh", tests, NULL, NULL);
}
