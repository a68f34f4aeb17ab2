// Each of the ten reasons: a real compiled function that has exactly that one, and beside it one that nearly has it and
// is ready.
#include <string.h>

#include "tests/end_to_end/patch_report.h"

// Compiles, links with pads and compares verdicts. On x64 and ARM64 compilers are always treated as if /hotpatch had
// been given, so what /hotpatch does to entries can be left out there.
static json_t *report_of(struct program *p, const char *source, const char *compile_options, const char *link_options)
{
    program_compile(p, source, compile_options);
    return report_of_link(p, scratch_format(&p->scratch, "/FUNCTIONPADMIN %s", link_options));
}

// What lld-link makes of the same objects has no pad, and /PATCHCHECK says so of each function that has nothing else.
// Nearly: with lld-link's own /functionpadmin it has.
static void no_pad(void **state)
{
    struct program *p = program(state);
    bool is_x86 = p->platform == &platform_x86;
    program_compile(p, "int first(int a, int b) { return a + b; }", "/O1 /Gy /Z7 /hotpatch");
    for (int padded = 0; padded < 2; padded++) {
        const char *pad = is_x86                         ? "/functionpadmin:5"
                          : p->platform == &platform_x64 ? "/functionpadmin:6"
                                                         : "/functionpadmin:16";
        process_must_run(
            &p->scratch, p->folder,
            "lld-link-19 /dll /noentry /debug:symtab /nodefaultlib /opt:noref /opt:noicf /out:lld.dll %s %s 1.obj",
            padded ? pad : "", is_x86 ? "/safeseh:no" : "");
        struct outcome check = mylink_run(p, "/PATCHCHECK /PATCHREPORT:report.json lld.dll");
        json_t *report = report_read(p, "report.json");
        assert_verdict(p, report, "first", padded ? "ready" : "no-pad");
        assert_int_equal(check.status, padded ? 0 : 1);
        json_decref(report);
    }
}

// To the byte: in assembly, so that nothing but the written bytes is there.
static void no_pad_by_one_byte(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "exact.s",
                       ".def before; .scl 2; .type 32; .endef\n.def five; .scl 2; .type 32; .endef\n"
                       ".def six; .scl 2; .type 32; .endef\n.text\n.globl before\n.globl five\n.globl six\n"
                       "before: xorl %eax, %eax\nret\n.fill 5, 1, 0xcc\n"
                       "five: xorl %eax, %eax\nret\n.fill 6, 1, 0xcc\n"
                       "six: xorl %eax, %eax\nret\n",
                       "");
    process_must_run(&p->scratch, p->folder,
                     "lld-link-19 /dll /noentry /debug:symtab /opt:noref /out:exact.dll exact.obj");
    mylink_run(p, "/PATCHCHECK /PATCHREPORT:report.json exact.dll");
    json_t *report = report_read(p, "report.json");
    assert_verdict(p, report, "five", "no-pad");
    assert_verdict(p, report, "six", "ready");
    assert_int_equal(json_integer_value(json_object_get(report_function(report, "five"), "pad_found")), 5);
    json_decref(report);
    mylink_run(p, "/PATCHCHECK /FUNCTIONPADMIN:5 /PATCHREPORT:report.json exact.dll");
    report = report_read(p, "report.json");
    assert_verdict(p, report, "five", "ready");
    json_decref(report);
}

// Fill bytes that something names are not free: a call, an address that is taken, a pointer in data, and the tail of an
// instruction.
static void no_pad_where_it_is_named(void **state)
{
    struct program *p = program(state);
    program_compile_as(
        p, "named.s",
        ".macro function name\n.def \\name; .scl 2; .type 32; .endef\n.globl \\name\n"
        ".fill 6, 1, 0xcc\n\\name: xorl %eax, %eax\nnop\n.endm\n"
        ".text\nfunction first\ncall called-3\nleaq taken-3(%rip), %rcx\nret\n"
        "function called\nret\nfunction taken\nret\nfunction pointed\nret\n"
        "function tailed_before\nmovl $0xcccccccc, %eax\n"
        ".def tailed; .scl 2; .type 32; .endef\n.globl tailed\n.fill 3, 1, 0xcc\ntailed: xorl %eax, %eax\nret\n"
        "function free\nret\n"
        ".data\n.quad pointed-1\n.quad free\n",
        "");
    process_must_run(&p->scratch, p->folder,
                     "lld-link-19 /dll /noentry /debug:symtab /opt:noref /out:named.dll named.obj");
    mylink_run(p, "/PATCHCHECK /PATCHREPORT:report.json named.dll");
    json_t *report = report_read(p, "report.json");
    assert_verdict(p, report, "called", "no-pad");
    assert_verdict(p, report, "taken", "no-pad");
    assert_verdict(p, report, "pointed", "no-pad");
    assert_verdict(p, report, "tailed", "no-pad");
    assert_verdict(p, report, "free", "ready");
    assert_int_equal(json_integer_value(json_object_get(report_function(report, "called"), "pad_found")), 2);
    assert_int_equal(json_integer_value(json_object_get(report_function(report, "pointed"), "pad_found")), 0);
    assert_int_equal(json_integer_value(json_object_get(report_function(report, "tailed"), "pad_found")), 3);
    json_decref(report);
}

// On x86 an object compiled without /hotpatch is not accepted, whatever its entries look like; with it, it is.
static void not_accepted(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int cold(int a) { return a + 1; }", "/O1 /Gy /Z7");
    program_compile(p, "int warm(int a) { return a + 1; }", "/O1 /Gy /Z7 /hotpatch");
    json_t *report = report_of_link(p, "/FUNCTIONPADMIN /SAFESEH:NO");
    assert_verdict(p, report, "cold", "not-accepted");
    assert_verdict(p, report, "warm", "ready");
    json_decref(report);
    report = report_of_link(p, "/FUNCTIONPADMIN /FUNCTIONPADALL /SAFESEH:NO");
    assert_verdict(p, report, "cold", "ready");
    json_decref(report);
}

// A link without /FUNCTIONPADMIN: the pad was not asked for, which is what the report says.
static void not_accepted_without_pads(void **state)
{
    struct program *p = program(state);
    json_t *report = report_of(p, "int add(int a, int b) { return a + b; }", "/O1 /Gy /Z7 /hotpatch", "");
    assert_verdict(p, report, "add", "ready");
    json_decref(report);
    report = report_of_link(p, "");
    assert_verdict(p, report, "add", "not-accepted");
    const char *remedy = json_string_value(
        json_object_get(json_object_get(json_object_get(report, "remedies"), "not-accepted"), "remedy"));
    assert_contains(remedy, "/FUNCTIONPADMIN");
    json_decref(report);
}

static void excluded(void **state)
{
    struct program *p = program(state);
    json_t *report = report_of(p,
                               "__declspec(code_seg(\".keep\")) int kept(int a) { return a + 1; }\n"
                               "__declspec(code_seg(\".move\")) int moved(int a) { return a + 2; }\n",
                               "/O1 /Gy /Z7 /hotpatch", "/NOFUNCTIONPADSECTION:.keep");
    assert_verdict(p, report, "kept", "excluded");
    assert_verdict(p, report, "moved", "ready");
    json_decref(report);
}

// Without /Gy both functions share a section: the first can have a pad, the second can't.
static void not_separable(void **state)
{
    struct program *p = program(state);
    const char *source = "int first(int a) { return a + 1; }\nint second(int a) { return a + 2; }\n";
    json_t *report = report_of(p, source, "/O1 /Gy- /Z7 /hotpatch", "");
    assert_verdict(p, report, "first", "ready");
    assert_verdict(p, report, "second", "not-separable");
    json_decref(report);
    program_begin_image(p, "separate.dll");
    report = report_of(p, source, "/O1 /Gy /Z7 /hotpatch", "");
    assert_verdict(p, report, "second", "ready");
    json_decref(report);
}

// A function that saves a register first begins with a push of one byte, unless /hotpatch puts two bytes in front.
static void short_entry(void **state)
{
    struct program *p = program(state);
    const char *source = "int callee(int);\nint callee(int a) { return a * 7; }\n"
                         "__declspec(noinline) int pushes(int a) { return callee(a + 1) + a * callee(a); }\n";
    program_compile(p, source, "/O1 /Gy /Oy /clang:-fno-inline");
    json_t *report = report_of_link(p, "/FUNCTIONPADMIN /FUNCTIONPADALL");
    assert_verdict(p, report, "pushes", "short-entry");
    assert_int_equal(json_integer_value(json_object_get(report_function(report, "pushes"), "first_instruction")), 1);
    json_decref(report);
    program_begin_image(p, "hot.dll");
    report = report_of(p, source, "/O1 /Gy /Oy /Z7 /hotpatch /clang:-fno-inline", "");
    assert_verdict(p, report, "pushes", "ready");
    json_decref(report);
}

// A function that is a loop from its first byte on. Nearly: one instruction comes before the loop; a function that
// calls itself (callers are welcome at the entry).
static void branch_to_entry(void **state)
{
    struct program *p = program(state);
    program_compile(
        p,
        "void wait_for(volatile int *flag) { while (!*flag) ; }\n"
        "int wait_more(volatile int *flag, int *count) { int n = 7; *count = n; while (!*flag) ; return n; }\n"
        "__declspec(noinline) int factorial(int n) { return n < 2 ? 1 : factorial(n - 1) * n + factorial(n - 2); }\n",
        p->platform == &platform_x86 ? "/O1 /Gy /clang:-mregparm=3" : "/O1 /Gy");
    json_t *report = report_of_link(p, "/FUNCTIONPADMIN /FUNCTIONPADALL");
    assert_verdict(p, report, "wait_for", "branch-to-entry");
    assert_verdict(p, report, "wait_more", "ready");
    const char *recursive = report_verdict(p, report, "factorial");
    assert_null(strstr(recursive, "branch-to-entry"));
    json_decref(report);
}

// A branch from another function into the bytes that are replaced: at the second byte of x64's entry. To the third byte
// it may go.
static void branch_behind_entry(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "inside.s",
                       ".macro function name\n.section .text,\"xr\",one_only,\\name\n"
                       ".def \\name; .scl 2; .type 32; .endef\n.globl \\name\n\\name:\n.endm\n"
                       "function hit\n.byte 0x66, 0x90\nxorl %eax, %eax\nret\n"
                       "function missed\n.byte 0x66, 0x90\nxorl %eax, %eax\nret\n"
                       "function jumper\nxorl %ecx, %ecx\nje hit+1\njmp missed+2\n",
                       "");
    json_t *report = report_of_link(p, "/FUNCTIONPADMIN");
    assert_verdict(p, report, "hit", "branch-to-entry");
    assert_verdict(p, report, "missed", "ready");
    assert_verdict(p, report, "jumper", "ready");
    json_decref(report);
}

// A piece of a function that lies elsewhere, as its chained unwind record tells: what branches from there to the entry
// comes from inside.
static void branch_to_entry_from_a_piece(void **state)
{
    struct program *p = program(state);
    program_compile_as(
        p, "piece.s",
        ".macro function name\n.def \\name; .scl 2; .type 32; .endef\n.globl \\name\n.fill 6, 1, 0xcc\n\\name:\n.endm\n"
        ".text\nfunction primary\n.seh_proc primary\nmovq %rcx, %rax\npushq %rbx\n.seh_pushreg %rbx\n.seh_endprologue\n"
        "testl %ecx, %ecx\njne piece\npopq %rbx\nret\n"
        "piece: .seh_startchained\n.seh_endprologue\ndecl %ecx\npopq %rbx\njmp primary\n.seh_endchained\n.seh_endproc\n"
        "function other\n.seh_proc other\nmovq %rcx, %rax\n.seh_endprologue\njmp primary\n.seh_endproc\n"
        "function target\nmovq %rcx, %rax\njmp other\n",
        "");
    process_must_run(&p->scratch, p->folder,
                     "lld-link-19 /dll /noentry /debug:symtab /opt:noref /out:piece.dll piece.obj");
    mylink_run(p, "/PATCHCHECK /PATCHREPORT:report.json piece.dll");
    json_t *report = report_read(p, "report.json");
    assert_verdict(p, report, "primary", "branch-to-entry");
    assert_verdict(p, report, "other", "ready"); // others may jump to it: tail calls
    assert_int_equal(json_array_size(json_object_get(report_image(report, 0), "functions")), 3);
    json_decref(report);
}

// Two bytes that leave an aligned 8 can't be stored at once. A function without alignment is moved byte by byte by what
// stands before it, and only at the last of eight places it is not ready.
static void misaligned(void **state)
{
    struct program *p = program(state);
    int found = 0;
    for (int size = 3; size < 11; size++) {
        const char *name = scratch_format(&p->scratch, "moved%d.s", size);
        program_begin_image(p, "moved.dll");
        program_compile_as(p, name, // add() is as clang-cl compiles it, less its alignment
                           scratch_format(&p->scratch,
                                          ".def filler; .scl 2; .type 32; .endef\n.globl filler\n"
                                          ".def add; .scl 2; .type 32; .endef\n.globl add\n"
                                          ".section .text,\"xr\",one_only,filler\n"
                                          "filler: xorl %%eax, %%eax\n.fill %d, 1, 0x90\nretq\n"
                                          ".section .text,\"xr\",one_only,add\n"
                                          "add: leal (%%rcx,%%rdx), %%eax\nretq\n",
                                          size - 3),
                           "");
        json_t *report = report_of_link(p, "/FUNCTIONPADMIN");
        json_t *function = report_function(report, "add");
        bool crosses = json_integer_value(json_object_get(function, "rva")) % 8 == 7;
        assert_verdict(p, report, "add", crosses ? "misaligned" : "ready");
        found += crosses;
        json_decref(report);
    }
    assert_int_equal(found, 1);
}

// An empty function is one byte of code. Nearly: one that returns zero.
static void too_small(void **state)
{
    struct program *p = program(state);
    program_compile(p, "void nothing(void) { }\nint zero(void) { return 0; }\n", "/O1 /Gy");
    json_t *report = report_of_link(p, "/FUNCTIONPADMIN /FUNCTIONPADALL");
    assert_verdict(p, report, "nothing", "too-small");
    assert_verdict(p, report, "zero", "ready");
    json_decref(report);
}

static void folded(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "int twin_a(int a) { return a * 3 + 1; }\nint twin_b(int a) { return a * 3 + 1; }\nint single(int "
                    "a) { return a * 5; }\n",
                    "/O1 /Gy /Z7 /hotpatch");
    program_link(p, "/DLL /NOENTRY /OPT:NOREF /OPT:ICF /FUNCTIONPADMIN /PATCHREPORT:report.json");
    json_t *report = report_read(p, "report.json");
    json_t *twin = report_function_or_null(report, "twin_a");
    const char *name = twin ? "twin_a" : "twin_b";
    assert_verdict(p, report, name, "folded");
    const char *other =
        json_string_value(json_array_get(json_object_get(report_function(report, name), "other_names"), 0));
    assert_non_null(other);
    assert_contains(other, "twin_");
    assert_verdict(p, report, "single", "ready");
    json_decref(report);
    report = report_of_link(p, "/FUNCTIONPADMIN");
    assert_verdict(p, report, "twin_a", "ready");
    assert_verdict(p, report, "twin_b", "ready");
    json_decref(report);
}

// A C++ function has one name in the symbol table and another in CodeView: that makes no two functions of it.
static void one_function_of_two_names(void **state)
{
    struct program *p = program(state);
    program_compile_as(
        p, "names.cpp",
        "namespace space { struct type { int field; int method(int a) const; static int make(double b); }; }\n"
        "int space::type::method(int a) const { return field + a; }\n"
        "int space::type::make(double b) { return (int)b; }\n"
        "template <class T> __declspec(noinline) T twice(T t) { return t + t; }\n"
        "int uses(int a, double b) { return twice(a) + (int)twice(b); }\n"
        "extern \"C\" int _fltused = 0;\n",
        "/O1 /Gy /Z7 /hotpatch");
    program_link(p, "/DLL /NOENTRY /OPT:NOREF /OPT:ICF /FUNCTIONPADMIN /PATCHREPORT:report.json");
    json_t *report = report_read(p, "report.json"), *function;
    json_t *functions = json_object_get(report_image(report, 0), "functions");
    size_t i;
    assert_int_equal(json_array_size(functions), 5);
    json_array_foreach(functions, i, function)
    {
        assert_true(json_is_true(json_object_get(function, "ready")));
        assert_true(report_function_has_source(function, "codeview"));
        assert_null(json_object_get(function, "other_names"));
    }
    json_decref(report);
}

// Bytes that no processor of the machine runs, in a function that says it is one.
static void undecodable(void **state)
{
    struct program *p = program(state);
    const char *bad = ".byte 0x0f, 0x04, 0x0f, 0x04", *good = "nop; nop";
    if (p->platform == &platform_arm64)
        bad = ".inst 0x02000000; .inst 0x02000000";
    else if (p->platform == &platform_arm)
        bad = ".inst.n 0xb801; nop";
    else if (p->platform == &platform_x64)
        bad = ".byte 0x06, 0x06, 0x06, 0x06"; // push es: gone from 64-bit mode
    const char *good_x86 = ".byte 0x8b, 0xff; nop";
    bool is_x86_family = p->platform == &platform_x86 || p->platform == &platform_x64;
    program_compile(p,
                    scratch_format(&p->scratch,
                                   "__attribute__((naked)) void wrong(void) { __asm__(\"%s\"); }\n"
                                   "__attribute__((naked)) void right(void) { __asm__(\"%s\"); }\n",
                                   bad, is_x86_family ? good_x86 : good),
                    "/O1 /Gy");
    json_t *report = report_of_link(p, "/FUNCTIONPADMIN /FUNCTIONPADALL");
    assert_verdict(p, report, "wrong", "undecodable");
    assert_verdict(p, report, "right", "ready");
    json_decref(report);
}

// ARM: an entry of four bytes that lies in two words is replaced by a branch of two, like one of two bytes.
static void never_misaligned_on_arm(void **state)
{
    struct program *p = program(state);
    program_compile_as(
        p, "odd.s",
        ".syntax unified\n.thumb\n.text\n"
        ".macro function name\n.def \\name; .scl 2; .type 32; .endef\n.globl \\name\n.p2align 2\n"
        ".inst.n 0xdefe\n.inst.n 0xdefe\n.inst.n 0xdefe\n.inst.n 0xdefe\n.inst.n 0xdefe\n\\name:\n.endm\n"
        ".def start; .scl 2; .type 32; .endef\n.globl start\nstart: bx lr\n"
        "function wide\nadd.w r0, r0, #1\nbx lr\n"
        "function narrow\nadds r0, r0, #1\nbx lr\n",
        "");
    process_must_run(&p->scratch, p->folder, "lld-link-19 /dll /noentry /debug:symtab /opt:noref /out:odd.dll odd.obj");
    mylink_run(p, "/PATCHCHECK /PATCHREPORT:report.json odd.dll");
    json_t *report = report_read(p, "report.json");
    assert_int_equal(json_integer_value(json_object_get(report_function(report, "wide"), "rva")) % 4, 2);
    assert_int_equal(json_integer_value(json_object_get(report_function(report, "wide"), "first_instruction")), 4);
    assert_verdict(p, report, "wide", "ready");
    assert_verdict(p, report, "narrow", "ready");
    assert_verdict(p, report, "start", "no-pad");
    json_decref(report);
}

// The same function on all machines, as the compiler leaves it: every function of a hot-patch build is ready.
static void everything_ready(void **state)
{
    struct program *p = program(state);
    json_t *report = report_of(p,
                               "int table[4]; static __declspec(noinline) int look(int i) { return table[i & 3]; }\n"
                               "int sum(int n) { int s = 0; for (int i = 0; i < n; i++) s += look(i) * n; return s; }\n"
                               "void store(int i, int v) { table[i & 3] = v; }\n",
                               "/O1 /Gy /Z7 /hotpatch", "");
    assert_verdict(p, report, "sum", "ready");
    assert_verdict(p, report, "store", "ready");
    assert_verdict(p, report, "look", "ready");
    json_t *totals = json_object_get(report, "totals");
    assert_int_equal(json_integer_value(json_object_get(totals, "functions")), 3);
    assert_int_equal(json_integer_value(json_object_get(totals, "ready")), 3);
    json_decref(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_x64(no_pad),
        test_on_x86(no_pad),
        test_on_arm64(no_pad),
        test_on_x64(no_pad_by_one_byte),
        test_on_x64(no_pad_where_it_is_named),
        test_on_x86(not_accepted),
        test_on_x64(not_accepted_without_pads),
        test_on_arm64(not_accepted_without_pads),
        test_on_arm(not_accepted_without_pads),
        test_on_x64(excluded),
        test_on_x86(excluded),
        test_on_arm64(excluded),
        test_on_arm(excluded),
        test_on_x64(not_separable),
        test_on_x86(not_separable),
        test_on_arm64(not_separable),
        test_on_arm(not_separable),
        test_on_x64(short_entry),
        test_on_x86(short_entry),
        test_on_x64(branch_to_entry),
        test_on_x86(branch_to_entry),
        test_on_arm64(branch_to_entry),
        test_on_arm(branch_to_entry),
        test_on_x64(branch_behind_entry),
        test_on_x64(branch_to_entry_from_a_piece),
        test_on_x64(misaligned),
        test_on_arm(never_misaligned_on_arm),
        test_on_x64(too_small),
        test_on_x86(too_small),
        test_on_x64(folded),
        test_on_x86(folded),
        test_on_arm64(folded),
        test_on_arm(folded),
        test_on_x64(one_function_of_two_names),
        test_on_x86(one_function_of_two_names),
        test_on_arm64(one_function_of_two_names),
        test_on_arm(one_function_of_two_names),
        test_on_x64(undecodable),
        test_on_x86(undecodable),
        test_on_arm64(undecodable),
        test_on_arm(undecodable),
        test_on_x64(everything_ready),
        test_on_x86(everything_ready),
        test_on_arm64(everything_ready),
        test_on_arm(everything_ready),
    };
    return cmocka_run_group_tests_name("reasons", tests, NULL, NULL);
}
