// Room for hot patches before every function: /FUNCTIONPADMIN, by the contract of the design's section 7. Objects that
// are accepted are told by their compile records; assembler sources write records by hand here. Every image is a DLL
// whose exports are the entries looked at.

#include <stdio.h>
#include <string.h>

#include "tests/support/program.h"

#define DLL "/DLL /NOENTRY /OPT:NOREF,NOICF"

// Bytes of `fill` right before an exported entry.
static unsigned fill_before(struct program *p, const char *name)
{
    uint32_t entry = image_export_rva(p->image, name), begin = image_section_at(p->image, entry)->rva;
    unsigned count = 0;
    while (entry - count > begin && *image_at(p->image, entry - count - 1, 1) == 0xcc)
        count++;
    return count;
}

static void check_pad(struct program *p, const char *name, unsigned at_least)
{
    if (fill_before(p, name) < at_least)
        fail_with("%s has %u bytes free before it, wanted %u", name, fill_before(p, name), at_least);
}

// Three functions in sections of their own, compiled for hot patching.
static void compile_three(struct program *p)
{
    program_compile(p,
                    "__declspec(dllexport) int f(int n) { return n + 1; } __declspec(dllexport) int g(int n) { return "
                    "n * 3 + 2; }\n"
                    "__declspec(dllexport) int h(int n) { return n - 3; }",
                    "/O1 /Gy /hotpatch /Z7");
}

// Functions of one byte, `ret`, without any alignment, so that a gap is exactly what the linker reserves.
static const char unaligned_functions[] = ".section .text,\"xr\",one_only,f\n.globl f\n.p2align 0\nf: ret\n"
                                          ".section .text,\"xr\",one_only,g\n.globl g\n.p2align 0\ng: ret\n"
                                          ".section .text,\"xr\",one_only,h\n.globl h\n.p2align 0\nh: ret\n"
                                          ".section .drectve,\"yn\"\n.ascii \" /EXPORT:f /EXPORT:g /EXPORT:h\"\n";

// A compile record with these flags (CodeView, S_COMPILE3 and S_COMPILE2): bit 14 says "compiled for hot patching".
static const char *compile_record(struct program *p, unsigned kind, unsigned flags)
{
    bool is_x86 = p->platform == &platform_x86;
    return scratch_format(
        &p->scratch,
        ".section .debug$S,\"dr\"\n.long 4, 0xf1, 9f - 1f\n1: .short 8f - 2f\n2: .short 0x%x\n.long 0x%x\n"
        ".short 0x%x, 1, 2, 3, %s 4, 5, 6 %s\n.asciz \"an assembler\"\n.p2align 2\n8:\n9:\n",
        kind, flags, is_x86 ? 7 : 0xd0, kind == 0x113c ? "0," : "", kind == 0x113c ? ", 0" : "");
}

static void assemble(struct program *p, const char *record)
{
    // On x86 the names are C names.
    const char *source = scratch_format(&p->scratch, "%s%s", unaligned_functions, record);
    if (p->platform == &platform_x86)
        source = scratch_format(&p->scratch, "%s%s",
                                ".section .text,\"xr\",one_only,_f\n.globl _f\n_f: ret\n.section "
                                ".text,\"xr\",one_only,_g\n.globl _g\n_g: ret\n"
                                ".section .text,\"xr\",one_only,_h\n.globl _h\n_h: ret\n"
                                ".section .drectve,\"yn\"\n.ascii \" /EXPORT:f /EXPORT:g /EXPORT:h\"\n",
                                record);
    program_begin_image(p, "program.dll");
    program_compile_as(p, "a.s", source, "");
}

enum { S_COMPILE2 = 0x1116, S_COMPILE3 = 0x113c, HOT_PATCH = 1 << 14, MASM = 3 };

// --- size ---

static void every_entry_has_its_pad(void **state)
{
    struct program *p = program(state);
    compile_three(p);
    program_link(p, DLL " /FUNCTIONPADMIN:5");
    check_pad(p, "f", 5);
    check_pad(p, "g", 5);
    check_pad(p, "h", 5);
    assert_int_equal((int)program_call(p, "g", 5), 17);
    program_link(p, DLL);
    assert_int_equal(fill_before(p, "f"), 0); // the first function of its section
}

// The gap is what was asked for where nothing is aligned, and no byte of it is used for anything else.
static void check_exact(struct program *p, const char *option, unsigned size)
{
    program_link(p, scratch_format(&p->scratch, DLL " %s", option));
    uint32_t text = image_section(p->image, ".text")->rva;
    if (image_export_rva(p->image, "f") != text + size)
        fail_with("%s: the first entry is at 0x%x, expected 0x%x", option, image_export_rva(p->image, "f"),
                  text + size);
    assert_int_equal(image_export_rva(p->image, "g"), text + size + 1 + size);
    assert_int_equal(image_export_rva(p->image, "h"), text + size + 1 + size + 1 + size);
    assert_int_equal(image_section(p->image, ".text")->virtual_size, 3 * (size + 1));
    for (uint32_t i = 0; i < size; i++)
        assert_int_equal(*image_at(p->image, text + i, 1), 0xcc);
}

static void sizes_are_decimal_or_hexadecimal_and_the_last_one_wins(void **state)
{
    struct program *p = program(state);
    assemble(p, compile_record(p, S_COMPILE3, HOT_PATCH));
    check_exact(p, "/FUNCTIONPADMIN", p->platform == &platform_x86 ? 5 : 6);
    check_exact(p, "/FUNCTIONPADMIN:7", 7);
    check_exact(p, "/FUNCTIONPADMIN:0x10", 16);
    check_exact(p, "/FUNCTIONPADMIN:0XF", 15);
    check_exact(p, "/FUNCTIONPADMIN:010", 10);
    check_exact(p, "/FUNCTIONPADMIN:1", 1);
    check_exact(p, "/FUNCTIONPADMIN:0", 0);
    check_exact(p, "-functionpadmin:3", 3);
    check_exact(p, "/FUNCTIONPADMIN:7 /FUNCTIONPADMIN:9", 9);
    check_exact(p, "/FUNCTIONPADMIN:9 /FUNCTIONPADMIN", p->platform == &platform_x86 ? 5 : 6);
    check_exact(p, "/FUNCTIONPADMIN:5000", 5000);
    check_exact(p, "", 0);
}

static void what_is_no_size_is_an_error(void **state)
{
    struct program *p = program(state);
    compile_three(p);
    static const char *const wrong[] = {"x",   "-1", "5x",  "0x", "0xg", "4294967296", "99999999999999999999",
                                        "5,6", " 5", "1e3", "+5"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        program_link_fails(p, scratch_format(&p->scratch, DLL " \"/FUNCTIONPADMIN:%s\"", wrong[i]), "error: ");
        assert_contains(p->link.errors, scratch_format(&p->scratch, "/functionpadmin: invalid argument: %s", wrong[i]));
    }
    program_link_fails(p, DLL " /FUNCTIONPADMIN:", "/functionpadmin");
}

static void a_size_that_no_image_has_room_for_is_an_error(void **state)
{
    struct program *p = program(state);
    compile_three(p);
    program_link_fails(p, DLL " /FUNCTIONPADMIN:2147483647", "image size exceeds maximum allowable size");
    program_link_fails(p, DLL " /FUNCTIONPADMIN:0xffffffff", "image size exceeds maximum allowable size");
}

// --- placement ---

// The pad is reserved first and the entry aligned behind it: nothing is lost of either.
static void entries_keep_their_alignment(void **state)
{
    struct program *p = program(state);
    static const unsigned sizes[] = {1, 5, 15, 16, 17, 31, 100};
    program_compile_as(p, "a.s",
                       ".section .text,\"xr\",one_only,f\n.globl f\n.p2align 4\nf: ret\n"
                       ".section .text,\"xr\",one_only,g\n.globl g\n.p2align 0\ng: ret\n"
                       ".section .text,\"xr\",one_only,h\n.globl h\n.p2align 6\nh: ret\n"
                       ".section .drectve,\"yn\"\n.ascii \" /EXPORT:f /EXPORT:g /EXPORT:h\"\n",
                       "");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint32_t n = sizes[i];
        program_link(p, scratch_format(&p->scratch, DLL " /FUNCTIONPADMIN:%u", n));
        uint32_t text = image_section(p->image, ".text")->rva;
        uint32_t f = text + (n + 15) / 16 * 16, g = f + 1 + n, h = (g + 1 + n + 63) / 64 * 64;
        assert_int_equal(image_export_rva(p->image, "f"), f);
        assert_int_equal(image_export_rva(p->image, "g"), g);
        assert_int_equal(image_export_rva(p->image, "h"), h);
        check_pad(p, "f", n);
        check_pad(p, "g", n);
        check_pad(p, "h", n);
    }
}

// Compilers leave an empty .text in every object.
static void a_section_without_bytes_has_no_pad(void **state)
{
    struct program *p = program(state);
    assemble(p, "");
    p->inputs.count = 0;
    program_compile_as(p, "empty1.s", ".text\n", "");
    program_compile_as(p, "empty2.s", ".text\n.section .text$x,\"xr\"\n", "");
    program_add_input(p, "a.obj");
    program_link(p, DLL " /FUNCTIONPADMIN:8 /VERBOSE");
    assert_int_equal(image_export_rva(p->image, "f"), image_section(p->image, ".text")->rva + 8);
    assert_contains(p->link.output, "3 functions padded");
}

static void only_code_is_padded(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "a.s",
                       ".section mycode,\"xr\"\n.globl f\n.p2align 0\nf: ret\n.section mydata,\"dr\"\n.globl "
                       "g\n.p2align 0\ng: .byte 1\n"
                       ".section .drectve,\"yn\"\n.ascii \" /EXPORT:f /EXPORT:g,DATA\"\n",
                       "");
    program_link(p, DLL " /FUNCTIONPADMIN:9");
    assert_int_equal(image_export_rva(p->image, "f"), image_section(p->image, "mycode")->rva + 9);
    assert_int_equal(image_export_rva(p->image, "g"), image_section(p->image, "mydata")->rva);
}

// Folded functions have one pad, dead ones none.
static void what_is_not_in_the_image_has_no_pad(void **state)
{
    struct program *p = program(state);
    assemble(p, "");
    program_link(p, "/DLL /NOENTRY /FUNCTIONPADMIN:6 /OPT:REF,ICF");
    assert_int_equal(image_section(p->image, ".text")->virtual_size, 7); // three names of one `ret`
}

// --- acceptance ---

static void check_accepted(struct program *p, const char *record, bool accepted)
{
    assemble(p, record);
    program_link(p, DLL " /FUNCTIONPADMIN:11");
    assert_int_equal(image_export_rva(p->image, "f") - image_section(p->image, ".text")->rva, accepted ? 11 : 0);
    program_link(p, DLL " /FUNCTIONPADMIN:11 /FUNCTIONPADALL");
    assert_int_equal(image_export_rva(p->image, "f") - image_section(p->image, ".text")->rva, 11);
}

static void a_compile_record_with_the_flag_is_accepted(void **state)
{
    struct program *p = program(state);
    check_accepted(p, compile_record(p, S_COMPILE3, HOT_PATCH), true);
    check_accepted(p, compile_record(p, S_COMPILE2, HOT_PATCH), true);
}

static void a_compile_record_without_the_flag_is_not(void **state)
{
    struct program *p = program(state);
    check_accepted(p, compile_record(p, S_COMPILE3, MASM), false);
    check_accepted(p, compile_record(p, S_COMPILE2, MASM), false);
    check_accepted(p, compile_record(p, S_COMPILE3, ~(unsigned)HOT_PATCH), false); // every other flag
}

static void an_object_without_a_record_is_accepted_but_on_x86(void **state)
{
    struct program *p = program(state);
    check_accepted(p, "", p->platform != &platform_x86);
    check_accepted(p, ".section .debug$S,\"dr\"\n.long 4\n", p->platform != &platform_x86); // no records in it
}

static void compilers_say_what_they_were_told(void **state)
{
    struct program *p = program(state);
    static const char *const source = "__declspec(dllexport) int f(int n) { return n + 1; }";
    program_compile(p, source, "/O1 /Gy /Z7 /hotpatch");
    program_link(p, DLL " /FUNCTIONPADMIN:20");
    check_pad(p, "f", 20);
    program_begin_image(p, "program.dll");
    program_compile(p, source, "/O1 /Gy /Z7");
    program_link(p, DLL " /FUNCTIONPADMIN:20");
    assert_true(fill_before(p, "f") <
                20); // clang has a record and no flag; Microsoft's compiler for x64 sets it always
}

static void each_object_is_accepted_by_itself(void **state)
{
    struct program *p = program(state);
    assemble(p, compile_record(p, S_COMPILE3, MASM));
    program_compile(p, "__declspec(dllexport) int compiled(int n) { return n + 1; }", "/O1 /Gy /Z7 /hotpatch");
    program_link(p, DLL " /FUNCTIONPADMIN:20");
    assert_int_equal(image_export_rva(p->image, "f"), image_section(p->image, ".text")->rva);
    assert_int_equal(fill_before(p, "g"), 0);
    check_pad(p, "compiled", 20);
}

static void a_record_that_lies_is_a_warning(void **state)
{
    struct program *p = program(state);
    assemble(p, ".section .debug$S,\"dr\"\n.long 4, 0xf1, 1000\n.short 2000, 0x113c\n");
    program_link(p, DLL " /FUNCTIONPADMIN:5");
    assert_contains(p->link.errors, "warning: a.obj: section ");
    assert_contains(p->link.errors, "(.debug$S)");
}

// --- what is left out ---

static void sections_can_be_left_out(void **state)
{
    struct program *p = program(state);
    program_compile_as(
        p, "a.s",
        ".section .text$a,\"xr\"\n.globl f\n.p2align 0\nf: ret\n.section .text$b,\"xr\"\n.globl g\n.p2align 0\ng: ret\n"
        ".section other,\"xr\"\n.globl h\n.p2align 0\nh: ret\n.section third,\"xr\"\n.globl i\n.p2align 0\ni: ret\n"
        ".section .drectve,\"yn\"\n.ascii \" /EXPORT:f /EXPORT:g /EXPORT:h /EXPORT:i\"\n",
        "");
    program_link(p, DLL " /FUNCTIONPADMIN:6 /NOFUNCTIONPADSECTION:.text$b /NOFUNCTIONPADSECTION:other");
    uint32_t text = image_section(p->image, ".text")->rva;
    assert_int_equal(image_export_rva(p->image, "f"), text + 6);
    assert_int_equal(image_export_rva(p->image, "g"), text + 7);
    assert_int_equal(image_export_rva(p->image, "h"), image_section(p->image, "other")->rva);
    assert_int_equal(image_export_rva(p->image, "i"), image_section(p->image, "third")->rva + 6);
    program_link(p, DLL " /FUNCTIONPADMIN:6 /NOFUNCTIONPADSECTION:.text"); // all of it, whatever the suffix
    assert_int_equal(image_export_rva(p->image, "g"), image_section(p->image, ".text")->rva + 1);
    program_link(p, DLL " /FUNCTIONPADMIN:6 /FUNCTIONPADALL /NOFUNCTIONPADSECTION:.text");
    assert_int_equal(image_export_rva(p->image, "g"), image_section(p->image, ".text")->rva + 1);
}

// Without function sections there is one pad, before the first.
static void functions_that_share_a_section_have_one_pad(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "a.s",
                       ".text\n.globl f\nf: ret\n.def g; .scl 2; .type 32; .endef\n.globl g\ng: ret\n.def h; .scl 2; "
                       ".type 32; .endef\n.globl h\nh: ret\n"
                       ".section .drectve,\"yn\"\n.ascii \" /EXPORT:f /EXPORT:g /EXPORT:h\"\n",
                       "");
    program_link(p, DLL " /FUNCTIONPADMIN:6 /VERBOSE");
    check_pad(p, "f", 6);
    assert_int_equal(image_export_rva(p->image, "g"), image_export_rva(p->image, "f") + 1);
    assert_contains(p->link.output, "1 functions padded with 6 bytes each");
    assert_contains(p->link.output, "2 behind another function of their section");
}

// --- what is told ---

static void counts_are_told(void **state)
{
    struct program *p = program(state);
    assemble(p, compile_record(p, S_COMPILE3, MASM)); // three that are not accepted
    program_compile_as(p, "b.s",
                       scratch_format(&p->scratch,
                                      ".section .text$x,\"xr\"\n.p2align 0\n.globl i\ni: ret\n.section "
                                      ".text$y,\"xr\"\n.p2align 0\n.globl j\nj: ret\n"
                                      ".section left,\"xr\"\n.p2align 0\n.globl k\nk: ret\n%s",
                                      compile_record(p, S_COMPILE3, HOT_PATCH)),
                       "");
    static const char *const options[] = {"/VERBOSE", "/TIME"};
    for (size_t i = 0; i < 2; i++) {
        program_link(p,
                     scratch_format(&p->scratch, DLL " /FUNCTIONPADMIN:6 /NOFUNCTIONPADSECTION:left %s", options[i]));
        assert_contains(p->link.output, "function pads: 2 functions padded with 6 bytes each, 12 bytes in all");
        assert_contains(
            p->link.output,
            "without a pad: 3 not compiled for hot patching, 1 excluded by /nofunctionpadsection, 0 behind another");
    }
    program_link(p, DLL " /FUNCTIONPADMIN:6");
    assert_same_text(p->link.output, "");
}

// --- MinGW ---

// GCC writes no compile records.
static void mingw_objects_are_accepted_but_on_x86(void **state)
{
    struct program *p = program(state);
    program_compile_mingw(
        p, "a.c",
        "__declspec(dllexport) int f(int n) { return n + 1; } __declspec(dllexport) int g(int n) { return n * 2; }",
        "-O2 -ffunction-sections");
    program_link(p, DLL " /MINGW /FUNCTIONPADMIN:40");
    bool accepted = p->platform != &platform_x86;
    assert_int_equal(fill_before(p, "f") >= 40, accepted);
    assert_int_equal(fill_before(p, "g") >= 40, accepted);
    program_link(p, DLL " /MINGW /FUNCTIONPADMIN:40 /FUNCTIONPADALL");
    check_pad(p, "f", 40);
    check_pad(p, "g", 40);
    assert_int_equal((int)program_call(p, "g", 4), 8);
}

#define TESTS_ON(f) test_on_x64(f), test_on_x86(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTS_ON(every_entry_has_its_pad),
        TESTS_ON(sizes_are_decimal_or_hexadecimal_and_the_last_one_wins),
        test_on_x64(what_is_no_size_is_an_error),
        test_on_x64(a_size_that_no_image_has_room_for_is_an_error),
        test_on_arm64(a_size_that_no_image_has_room_for_is_an_error),
        test_on_x64(entries_keep_their_alignment),
        test_on_x64(a_section_without_bytes_has_no_pad),
        test_on_x64(only_code_is_padded),
        test_on_x64(what_is_not_in_the_image_has_no_pad),
        TESTS_ON(a_compile_record_with_the_flag_is_accepted),
        TESTS_ON(a_compile_record_without_the_flag_is_not),
        TESTS_ON(an_object_without_a_record_is_accepted_but_on_x86),
        TESTS_ON(compilers_say_what_they_were_told),
        TESTS_ON(each_object_is_accepted_by_itself),
        test_on_x64(a_record_that_lies_is_a_warning),
        test_on_x64(sections_can_be_left_out),
        test_on_x64(functions_that_share_a_section_have_one_pad),
        TESTS_ON(counts_are_told),
        TESTS_ON(mingw_objects_are_accepted_but_on_x86),
    };
    return cmocka_run_group_tests_name("pads", tests, NULL, NULL);
}
