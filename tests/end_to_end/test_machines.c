// One image, one machine: what does not fit together is said by name. And what ARM and ARM64 have of their own: pads in
// whole instructions, and relocations of instructions that have to be where and what they say.

#include "tests/support/program.h"

#include <string.h>

static const struct platform *const platforms[] = {&platform_x64, &platform_x86, &platform_arm64, &platform_arm};
enum { PLATFORMS = 4 };

// --- mixing ---

static void compile_for(struct program *p, const struct platform *platform, const char *name, const char *source)
{
    const struct platform *own = p->platform;
    p->platform = platform;
    program_compile_as(p, name, source, "");
    p->platform = own;
}

static void mixed_objects_are_both_named(void **state)
{
    struct program *p = program(state);
    for (int i = 0; i < PLATFORMS; i++) {
        for (int k = 0; k < PLATFORMS; k++) {
            const struct platform *one = platforms[i], *other = platforms[k];
            program_begin_image(p, "mixed.dll");
            compile_for(p, one, "one.c", "int one(void) { return 1; }");
            compile_for(p, other, "other.c", "int other(void) { return 2; }");
            if (i == k) {
                assert_int_equal(program_try_link(p, "/DLL /NOENTRY"), 0);
                continue;
            }
            program_link_fails(
                p, "/DLL /NOENTRY",
                scratch_format(&p->scratch, "other.obj: machine type %s conflicts with %s", other->name, one->name));
            assert_contains(p->link.errors, scratch_format(&p->scratch, "%s was asked for by one.obj", one->name));
        }
    }
}

static void machine_option_is_checked(void **state)
{
    struct program *p = program(state);
    for (int i = 0; i < PLATFORMS; i++) {
        program_begin_image(p, "mixed.dll");
        compile_for(p, platforms[i], "one.c", "int one(void) { return 1; }");
        for (int k = 0; k < PLATFORMS; k++) {
            const char *options = scratch_format(&p->scratch, "/DLL /NOENTRY /MACHINE:%s", platforms[k]->name);
            if (i == k) {
                assert_int_equal(program_try_link(p, options), 0);
                continue;
            }
            program_link_fails(p, options,
                               scratch_format(&p->scratch, "one.obj: machine type %s conflicts with %s",
                                              platforms[i]->name, platforms[k]->name));
            assert_contains(p->link.errors, "was asked for by /machine");
        }
    }
}

static void mixed_library_member_is_named(void **state)
{
    struct program *p = program(state);
    compile_for(p, &platform_x64, "member.c", "int member(void) { return 1; }");
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /machine:x64 /out:members.lib member.obj");
    program_begin_image(p, "mixed.dll");
    program_compile(p, "int member(void); int start(void) { return member(); }", "");
    program_add_input(p, "members.lib");
    program_link_fails(p, "/DLL /NOENTRY /INCLUDE:start",
                       "members.lib(member.obj): machine type x64 conflicts with arm64");
    assert_contains(p->link.errors, "arm64 was asked for by 1.obj");

    // So is a short import object.
    process_must_run(&p->scratch, p->folder, "cp 1.obj keep.obj");
    program_write(p, "x.def", "LIBRARY x.dll\nEXPORTS\nmember\n");
    process_must_run(&p->scratch, p->folder, "llvm-dlltool-19 -m i386:x86-64 -d x.def -l x.lib");
    program_begin_image(p, "mixed.dll");
    program_add_input(p, "keep.obj");
    program_add_input(p, "x.lib");
    program_link_fails(p, "/DLL /NOENTRY /INCLUDE:start", "x.lib(x.dll): machine type x64 conflicts with arm64");
}

static void arm64ec_is_refused_by_name(void **state)
{
    struct program *p = program(state);
    program_write(p, "ec.s", ".text\nret\n");
    process_must_run(&p->scratch, p->folder, "llvm-mc-19 -triple arm64ec-windows-msvc -filetype=obj ec.s -o ec.obj");
    program_compile(p, "int one(void) { return 1; }", "");
    program_add_input(p, "ec.obj");
    program_link_fails(p, "/DLL /NOENTRY", "ec.obj: arm64ec objects are not supported");
    program_begin_image(p, "alone.dll");
    program_add_input(p, "ec.obj");
    program_link_fails(p, "/DLL /NOENTRY", "ec.obj: arm64ec objects are not supported");
    program_link_fails(p, "/DLL /NOENTRY /MACHINE:ARM64EC", "/machine:ARM64EC is not supported");
    program_link_fails(p, "/DLL /NOENTRY /MACHINE:ARM64X", "/machine:ARM64X is not supported");

    // An object says ARM64X in its header's first field.
    size_t size;
    uint8_t *object = folder_read_file(&p->scratch, program_path(p, "ec.obj"), &size);
    object[0] = 0x4e;
    object[1] = 0xa6;
    folder_write_file(program_path(p, "x.obj"), object, size);
    program_begin_image(p, "alone.dll");
    program_add_input(p, "x.obj");
    program_link_fails(p, "/DLL /NOENTRY", "x.obj: arm64x objects are not supported");
}

// --- pads ---

static const uint8_t *fill_of(const struct program *p)
{
    return (const uint8_t *)(p->platform == &platform_arm ? "\xfe\xde\xfe\xde" : "\x00\x00\x3e\xd4");
}

// How many bytes before `rva` are whole fill instructions.
static uint32_t pad_before(const struct program *p, uint32_t rva)
{
    uint32_t size = 0;
    while (rva - size > 0x1000 && memcmp(image_at(p->image, rva - size - 4, 4), fill_of(p), 4) == 0)
        size += 4;
    return size;
}

// Three functions in sections of their own, the second aligned to 64 bytes, the third in a section of another name.
static void link_functions(struct program *p, const char *options)
{
    program_begin_image(p, "pads.dll");
    const char *thumb = p->platform == &platform_arm ? ".syntax unified\n.thumb\n" : "";
    const char *back = p->platform == &platform_arm ? "bx lr" : "ret";
    program_compile_as(p, "pads.s",
                       scratch_format(&p->scratch,
                                      "%s"
                                      ".section .text$a,\"xr\"\n.p2align 2\n"
                                      ".def first; .scl 2; .type 32; .endef\n.globl first\nfirst: %s\n"
                                      ".section .text$b,\"xr\"\n.p2align 6\n"
                                      ".def second; .scl 2; .type 32; .endef\n.globl second\nsecond: %s\n"
                                      ".section .other,\"xr\"\n.p2align 2\n"
                                      ".def third; .scl 2; .type 32; .endef\n.globl third\nthird: %s\n",
                                      thumb, back, back, back),
                       NULL);
    program_link(p, scratch_format(&p->scratch, "/DLL /NOENTRY /OPT:NOREF /DEBUG:SYMTAB %s", options));
}

static void check_pads(const struct program *p, uint32_t size, uint32_t third_size)
{
    uint32_t first = image_symbol_rva(p->image, "first"), second = image_symbol_rva(p->image, "second");
    // The first function of a section has its pad, too; the entry is aligned after the pad, so a gap may be larger.
    assert_int_equal(pad_before(p, first), size);
    assert_int_equal(first, 0x1000 + size);
    assert_int_equal(second % 64, 0);
    assert_true(pad_before(p, second) >= size && pad_before(p, second) < size + 64);
    assert_int_equal(pad_before(p, image_symbol_rva(p->image, "third")), third_size);
}

static void pads_are_whole_instructions(void **state)
{
    struct program *p = program(state);
    uint32_t usual = p->platform == &platform_arm ? 8 : 16;
    link_functions(p, "/FUNCTIONPADMIN");
    check_pads(p, usual, usual);
    const struct {
        const char *number;
        unsigned wanted;
        uint32_t size;
    } sizes[] = {{"0", 0, 0},      {"1", 1, 4},    {"5", 5, 8},      {"8", 8, 8},
                 {"0x11", 17, 20}, {"64", 64, 64}, {"102", 102, 104}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        link_functions(p, scratch_format(&p->scratch, "/VERBOSE /FUNCTIONPADMIN:%s", sizes[i].number));
        check_pads(p, sizes[i].size, sizes[i].size);
        const char *said =
            scratch_format(&p->scratch, "/functionpadmin:%u is rounded up to %u", sizes[i].wanted, sizes[i].size);
        const char *all = scratch_format(&p->scratch, "%s%s", p->link.output, p->link.errors);
        if (sizes[i].wanted == sizes[i].size)
            assert_lacks(all, "rounded up");
        else
            assert_contains(all, said);
    }
    link_functions(p, "/FUNCTIONPADMIN:5");
    assert_lacks(p->link.errors, "rounded up");
    link_functions(p, "/FUNCTIONPADMIN:12 /NOFUNCTIONPADSECTION:.other");
    check_pads(p, 12, 0);
}

// Compilers for these machines always make functions that can be patched, and say so.
static void compiled_objects_are_accepted(void **state)
{
    struct program *p = program(state);
    const char *const options[] = {"/O2 /Gy", "/O2 /Gy /Z7", "/O2 /Gy /Z7 /hotpatch"};
    for (int i = 0; i < 3; i++) {
        program_begin_image(p, "accepted.dll");
        program_compile(p, "int one(void) { return 1; }\nint two(int a) { return a * 3; }\n", options[i]);
        program_link(p, "/DLL /NOENTRY /OPT:NOREF /DEBUG:SYMTAB /FUNCTIONPADMIN:24");
        assert_int_equal(pad_before(p, image_symbol_rva(p->image, "one")), 24);
        assert_true(pad_before(p, image_symbol_rva(p->image, "two")) >= 24);
    }
}

// --- relocations that can't be applied ---

// A change to the first relocation of an object's first section: what is not wanted to change is -1.
struct lie {
    const char *source;
    long long offset, symbol, type;
    const char *message, *place;
};

static void store(uint8_t *at, unsigned size, long long value)
{
    for (unsigned i = 0; value >= 0 && i < size; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static void link_lie(struct program *p, const struct lie *lie)
{
    const char *start = p->platform == &platform_arm ? ".syntax unified\n.thumb\n.text\n" : ".text\n";
    program_begin_image(p, "lie.dll");
    program_compile_as(p, "lie.s",
                       scratch_format(&p->scratch,
                                      "%s%s\n.section .far,\"dr\"\n.globl target, odd\n"
                                      "target: .byte 0\nodd: .byte 1, 2, 3, 4, 5, 6, 7\n",
                                      start, lie->source),
                       NULL);
    size_t size;
    uint8_t *object = folder_read_file(&p->scratch, program_path(p, "lie.obj"), &size);
    // PE format: 20 bytes of header, then section headers, of which bytes 24 to 27 say where relocations are.
    const uint8_t *at = object + 20 + 24;
    uint8_t *relocation = object + (at[0] | at[1] << 8 | at[2] << 16);
    store(relocation, 4, lie->offset);
    store(relocation + 4, 4, lie->symbol);
    store(relocation + 8, 2, lie->type);
    folder_write_file(program_path(p, "lie.obj"), object, size);
    program_link_fails(p, "/DLL /NOENTRY /OPT:NOREF", scratch_format(&p->scratch, "lie.obj: %s", lie->message));
    assert_contains(p->link.errors, scratch_format(&p->scratch, "in section 1 (.text) at offset %s", lie->place));
}

#define BRANCH26 "IMAGE_REL_ARM64_BRANCH26 against target"
#define LOAD     "ldr x0, [x1, :lo12:odd]"

static void lying_relocations_on_arm64(void **state)
{
    static const struct lie lies[] = {
        {"bl target\nret", 2, -1, -1, "improper alignment for relocation: " BRANCH26, "0x2"},
        {"bl target\nret", 6, -1, -1, "relocation reaches past the end of its section: " BRANCH26, "0x6"},
        {"bl target\nret", 8, -1, -1, "relocation reaches past the end of its section: " BRANCH26, "0x8"},
        {"bl target\nret", 9, -1, -1, "relocation outside its section: " BRANCH26, "0x9"},
        {"bl target\nret", 0xfffffffe, -1, -1, "relocation outside its section: " BRANCH26, "0xfffffffe"},
        {"bl target\nret", -1, 0xffffff, -1, "relocation names a symbol that does not exist", "0x0"},
        {"bl target\nret", -1, -1, 0xc, "unsupported relocation type: 0xc against target", "0x0"},
        {"bl target\nret", -1, -1, 0x7fff, "unsupported relocation type: 0x7fff against target", "0x0"},
        {"bl odd\nret", -1, -1, -1, "improper alignment for relocation: IMAGE_REL_ARM64_BRANCH26 against odd", "0x0"},
        {LOAD, -1, -1, -1, "improper alignment for relocation: IMAGE_REL_ARM64_PAGEOFFSET_12L against odd", "0x0"},
        {"ret\n.xword target", 5, -1, -1, "relocation reaches past the end of its section: IMAGE_REL_ARM64_ADDR64",
         "0x5"},
        {"ret\n.word target", -1, -1, -1, "relocation out of range: IMAGE_REL_ARM64_ADDR32 against target", "0x4"},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++)
        link_lie(program(state), &lies[i]);
}

#define BRANCH24T "IMAGE_REL_ARM_BRANCH24T against target"
#define MOV32T    "IMAGE_REL_ARM_MOV32T against target"
#define MOVE      "movw r0, :lower16:target\nmovt r0, :upper16:target"

static void lying_relocations_on_arm(void **state)
{
    static const struct lie lies[] = {
        {"bl target\nbx lr", 1, -1, -1, "improper alignment for relocation: " BRANCH24T, "0x1"},
        {"bl target\nbx lr", 4, -1, -1, "relocation reaches past the end of its section: " BRANCH24T, "0x4"},
        {"bl target\nbx lr", 7, -1, -1, "relocation outside its section: " BRANCH24T, "0x7"},
        {"bl target\nbx lr", 2, -1, -1, "relocation of an instruction that has no such field: " BRANCH24T, "0x2"},
        {MOVE, 2, -1, -1, "relocation reaches past the end of its section: " MOV32T, "0x2"},
        {MOVE "\nbx lr", 2, -1, -1, "relocation of an instruction that has no such field: " MOV32T, "0x2"},
        {MOVE "\nbx lr", 1, -1, -1, "improper alignment for relocation: " MOV32T, "0x1"},
        {"bl target", -1, -1, 0x12, "relocation of an instruction that has no such field: IMAGE_REL_ARM_BRANCH20T",
         "0x0"},
        {"bl target", -1, -1, 0x5, "unsupported relocation type: 0x5 against target", "0x0"},
        {"bx lr\n.long target", 3, -1, -1, "relocation reaches past the end of its section: IMAGE_REL_ARM_ADDR32",
         "0x3"},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++)
        link_lie(program(state), &lies[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_arm64(mixed_objects_are_both_named),  test_on_arm64(machine_option_is_checked),
        test_on_arm64(mixed_library_member_is_named), test_on_arm64(arm64ec_is_refused_by_name),
        test_on_arm64(pads_are_whole_instructions),   test_on_arm(pads_are_whole_instructions),
        test_on_arm64(compiled_objects_are_accepted), test_on_arm(compiled_objects_are_accepted),
        test_on_arm64(lying_relocations_on_arm64),    test_on_arm(lying_relocations_on_arm),
    };
    return cmocka_run_group_tests_name("machines", tests, NULL, NULL);
}
