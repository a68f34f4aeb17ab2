// 32-bit ARM images, linked, read back and run in an emulator, as no system that runs them is at hand: the loader and
// what stands in for imports are in emulator.c.

#include "tests/end_to_end/emulator.h"
#include "tests/support/program.h"

#define ARM(name)    SOURCE_FOLDER "/tests/programs/arm/" name
#define MSVC(name)   SOURCE_FOLDER "/tests/programs/msvc/" name
#define SAMPLE(name) SOURCE_FOLDER "/samples/" name
#define COMPILATION  "/O2 /Gy /hotpatch /Z7"

#define UDF_8 "\xfe\xde\xfe\xde\xfe\xde\xfe\xde" // a pad: udf #0xFE, four times

static uint32_t call(struct emulator *emulator, const struct image *image, uint32_t base, const char *name, uint32_t n)
{
    return emulator_call(emulator, base + image_export_rva(image, name), &n, 1);
}

// --- programs ---

static void pads_sample(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, SAMPLE("pads/a.c"), NULL, COMPILATION);
    program_compile_as(p, SAMPLE("pads/b.c"), NULL, COMPILATION);
    program_link_with_run_time(p, "/FUNCTIONPADMIN /DEBUG:SYMTAB");
    const char *const functions[] = {"main", "add"};
    for (size_t i = 0; i < 2; i++) {
        uint32_t rva = image_symbol_rva(p->image, functions[i]);
        assert_int_equal(rva % 4, 0);
        assert_memory_equal(image_at(p->image, rva - 8, 8), UDF_8, 8);
    }
    struct emulator *emulator = emulator_create(&p->scratch);
    uint32_t base = emulator_load(emulator, p->image, "a.exe", 0);
    assert_true(p->image->entry_rva & 1);
    assert_int_equal(emulator_call(emulator, base + p->image->entry_rva, NULL, 0), 0);
    assert_string_equal(emulator_output(emulator), "2 + 3 = 5\n");
    emulator_destroy(emulator);
}

static void library_sample(void **state)
{
    struct program *p = program(state);
    struct emulator *emulator = emulator_create(&p->scratch);
    program_begin_image(p, "shapes.dll");
    program_compile_as(p, SAMPLE("library/shapes.c"), NULL, COMPILATION);
    program_link(p, "/DLL /NOENTRY /FUNCTIONPADMIN /DEF:" SAMPLE("library/shapes.def") " /IMPLIB:shapes.lib");
    emulator_load(emulator, p->image, "shapes.dll", 0x20000000);
    program_begin_image(p, "program.exe");
    program_compile_as(p, SAMPLE("library/program.c"), NULL, COMPILATION);
    program_add_input(p, "shapes.lib");
    program_link_with_run_time(p, "/FUNCTIONPADMIN");
    uint32_t base = emulator_load(emulator, p->image, "program.exe", 0);
    assert_int_equal(emulator_call(emulator, base + p->image->entry_rva, NULL, 0), 0);
    assert_string_equal(emulator_output(emulator),
                        "2 shapes; a rectangle of 6 by 7: area 42, perimeter 26, 4 corners\n");
    emulator_destroy(emulator);
}

// A function's address has bit 0 set wherever it is taken, in code (MOV32T), in data (ADDR32) and in the export table;
// that of a variable never. All of it also where the image is moved.
static void addresses_and_switch_tables(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "#define EXPORT __declspec(dllexport)\n"
                    "int twice(int a) { return 2 * a; }\n"
                    "EXPORT int pick(int a)\n"
                    "{\n"
                    "    switch (a) {\n"
                    "    case 0: return twice(21);\n"
                    "    case 1: return 17;\n"
                    "    case 2: return twice(4);\n"
                    "    case 3: return 1234;\n"
                    "    case 4: return twice(twice(9));\n"
                    "    case 5: return 4;\n"
                    "    default: return -1;\n"
                    "    }\n"
                    "}\n"
                    "static int five(void) { return 5; }\n"
                    "static int six(void) { return 6; }\n"
                    "int (*const table[])(void) = {five, six};\n"
                    "EXPORT int through_table(int a) { return table[a & 1](); }\n"
                    "EXPORT void *address_of_function(void) { return (void *)pick; }\n"
                    "EXPORT int variable = 3;\n"
                    "EXPORT int *pointer = &variable;\n"
                    "EXPORT void *address_of_variable(void) { return &variable; }\n",
                    "/O1 /clang:-fno-inline");
    program_link(p, "/DLL /NOENTRY /FUNCTIONPADMIN");
    const uint32_t bases[] = {0, 0x23450000};
    for (int b = 0; b < 2; b++) {
        struct emulator *emulator = emulator_create(&p->scratch);
        uint32_t base = emulator_load(emulator, p->image, "program.dll", bases[b]);
        const int expected[] = {42, 17, 8, 1234, 36, 4, -1};
        for (unsigned i = 0; i < 7; i++)
            assert_int_equal((int)call(emulator, p->image, base, "pick", i), expected[i]);
        assert_int_equal(call(emulator, p->image, base, "through_table", 3), 6);
        uint32_t pick = image_export_rva(p->image, "pick"), variable = image_export_rva(p->image, "variable");
        assert_int_equal(pick & 1, 1);
        assert_int_equal(variable & 1, 0);
        assert_int_equal(call(emulator, p->image, base, "address_of_function", 0), base + pick);
        assert_int_equal(call(emulator, p->image, base, "address_of_variable", 0), base + variable);
        assert_int_equal(emulator_u32(emulator, base + image_export_rva(p->image, "pointer")), base + variable);
        emulator_destroy(emulator);
    }
}

static void own_import_library(void **state)
{
    struct program *p = program(state);
    struct emulator *emulator = emulator_create(&p->scratch);
    program_begin_image(p, "one.dll");
    program_compile(p,
                    "__declspec(dllexport) int variable = 1000;\n"
                    "__declspec(dllexport) int function(int a) { return a + variable; }\n"
                    "__declspec(dllexport) int other(int a) { return a * 3; }\n",
                    "/O2");
    program_link(p, "/DLL /NOENTRY /IMPLIB:one.lib");
    emulator_load(emulator, p->image, "one.dll", 0);
    program_begin_image(p, "two.dll");
    program_compile(p,
                    "__declspec(dllimport) int variable;\n"
                    "__declspec(dllimport) int function(int);\n"
                    "int other(int); // through a thunk\n"
                    "__declspec(dllexport) int both(int a) { variable++; return function(a) + other(100); }\n"
                    "__declspec(dllexport) void *thunk(void) { return (void *)other; }\n",
                    "/O2");
    program_add_input(p, "one.lib");
    program_link(p, "/DLL /NOENTRY /FUNCTIONPADMIN:13");
    uint32_t base = emulator_load(emulator, p->image, "two.dll", 0x30000000);
    assert_int_equal(call(emulator, p->image, base, "both", 7), 7 + 1001 + 300);
    // An import thunk is a function: padded, with as much as 13 is rounded up to, and aligned after that.
    uint32_t thunk = call(emulator, p->image, base, "thunk", 0);
    assert_int_equal(thunk % 4, 1);
    assert_memory_equal(image_at(p->image, thunk - 1 - base - 16, 16), UDF_8 UDF_8, 16);
    emulator_destroy(emulator);
}

static void thread_local_variables(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "__declspec(thread) int counter = 100;\n"
                    "__declspec(thread) int zeroed[3000];\n"
                    "__declspec(thread) __declspec(align(64)) int aligned = 5;\n"
                    "int bump_other_counter(void);\n"
                    "__declspec(dllexport) int bump(int n) { return counter += n; }\n"
                    "__declspec(dllexport) int bump_other(int n) { return bump_other_counter(); }\n"
                    "__declspec(dllexport) int sum(int n) { zeroed[2999] += n; return zeroed[2999] + aligned; }\n"
                    "__declspec(dllexport) void *where(int n) { return &aligned; }\n",
                    "/O2");
    program_compile_as(p, MSVC("thread_local_other.c"), NULL, COMPILATION);
    program_compile_as(p, MSVC("tls_support.c"), NULL, COMPILATION);
    program_link(p, "/DLL /NOENTRY");
    assert_int_equal(p->image->directories[IMAGE_DIRECTORY_TLS].size, 24);
    struct emulator *emulator = emulator_create(&p->scratch);
    uint32_t base = emulator_load(emulator, p->image, "program.dll", 0x20000000);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned thread = 0; thread < 3; thread++) {
            emulator_switch_thread(emulator, thread);
            assert_int_equal(call(emulator, p->image, base, "bump", thread + 1), 100 + (round + 1) * (thread + 1));
            assert_int_equal((int)call(emulator, p->image, base, "bump_other", 0), -49 + (int)round);
            assert_int_equal(call(emulator, p->image, base, "sum", 10), 15 + 10 * round);
            assert_int_equal(call(emulator, p->image, base, "where", 0) % 64, 0);
        }
    }
    emulator_destroy(emulator);
}

// --- delay loads ---

static const struct image *late_image; // stand-ins have no state of their own
static uint32_t late_base;
static unsigned late_loads;

static uint32_t load_library(struct emulator *emulator, const uint32_t arguments[4])
{
    assert_string_equal(emulator_text(emulator, arguments[0]), "late.dll");
    late_loads++;
    return late_base;
}

static uint32_t get_address(struct emulator *emulator, const uint32_t arguments[4])
{
    assert_int_equal(arguments[0], late_base);
    return late_base + image_export_rva(late_image, emulator_text(emulator, arguments[1]));
}

// The tail of a delay-load thunk keeps whatever an argument may be in: four integers, eight vectors and the stack.
static void delay_loaded_function(void **state)
{
    struct program *p = program(state);
    struct emulator *emulator = emulator_create(&p->scratch);
    late_loads = 0;
    program_begin_image(p, "late.dll");
    program_compile(
        p,
        "int _fltused;\n"
        "__declspec(dllexport) int gather(int a, int b, int c, int d, double s, double t, double u, double v,\n"
        "    double w, double x, double y, double z, int e)\n"
        "{\n"
        "    return a + 2 * b + 3 * c + 4 * d + (int)(s + 2 * t + 3 * u + 4 * v + w + 2 * x + 3 * y + 4 * z)\n"
        "        + 1000 * e;\n"
        "}\n",
        "/O2");
    program_link(p, "/DLL /NOENTRY /IMPLIB:late.lib");
    late_image = p->image;
    late_base = emulator_load(emulator, p->image, "late.dll", 0x20000000);
    program_begin_image(p, "program.dll");
    program_compile(
        p,
        "int _fltused;\n"
        "int gather(int, int, int, int, double, double, double, double, double, double, double, double, int);\n"
        "__declspec(dllimport) char *LoadLibraryA(const char *);\n"
        "__declspec(dllimport) void *GetProcAddress(char *, const char *);\n"
        "struct descriptor { unsigned attributes, name, module, addresses, names, bound, unload, time; };\n"
        "extern char __ImageBase;\n"
        "void *__delayLoadHelper2(const struct descriptor *d, void **slot)\n"
        "{\n"
        "    char *base = &__ImageBase;\n"
        "    void **slots = (void **)(base + d->addresses);\n"
        "    unsigned *names = (unsigned *)(base + d->names);\n"
        "    __asm__ volatile(\"vmov.i32 q0, #0\\nvmov.i32 q1, #0\\nvmov.i32 q2, #0\\nvmov.i32 q3, #0\"\n"
        "        ::: \"q0\", \"q1\", \"q2\", \"q3\");\n"
        "    return *slot = GetProcAddress(LoadLibraryA(base + d->name), base + names[slot - slots] + 2);\n"
        "}\n"
        "__declspec(dllexport) int run(int n)\n"
        "{\n"
        "    return gather(n, 2, 3, 4, 1.5, 2, 3, 4, 5, 6, 7, 8.25, 9);\n"
        "}\n",
        "/O2");
    program_add_input(p, "late.lib");
    program_add_import_library(p, "system.lib", "LIBRARY system.dll\nEXPORTS\nLoadLibraryA\nGetProcAddress\n");
    program_link(p, "/DLL /NOENTRY /FUNCTIONPADMIN /DELAYLOAD:late.dll");
    emulator_stand_in(emulator, "LoadLibraryA", load_library);
    emulator_stand_in(emulator, "GetProcAddress", get_address);
    uint32_t base = emulator_load(emulator, p->image, "program.dll", 0x30000000);
    for (int i = 0; i < 2; i++)
        assert_int_equal(call(emulator, p->image, base, "run", 1), 30 + 101 + 9000);
    assert_int_equal(late_loads, 1);
    emulator_destroy(emulator);
}

// --- range thunks ---

static uint32_t thumb_instruction(const struct image *image, uint32_t rva)
{
    return image_u16(image, rva) << 16 | image_u16(image, rva + 2);
}

// Where a BL or B.W at `rva` leads (Arm Architecture Reference Manual: B, encoding T4).
static uint32_t branch_target(const struct image *image, uint32_t rva)
{
    uint32_t i = thumb_instruction(image, rva), s = i >> 26 & 1;
    uint32_t i1 = ~(i >> 13 ^ s) & 1, i2 = ~(i >> 11 ^ s) & 1;
    int32_t distance = (int32_t)(i1 << 23 | i2 << 22 | (i >> 16 & 0x3ff) << 12 | (i & 0x7ff) << 1) - (int32_t)(s << 24);
    return rva + 4 + (uint32_t)distance;
}

// The same for B<cond>.W (encoding T3).
static uint32_t conditional_target(const struct image *image, uint32_t rva)
{
    uint32_t i = thumb_instruction(image, rva), s = i >> 26 & 1;
    int32_t distance =
        (int32_t)((i >> 11 & 1) << 19 | (i >> 13 & 1) << 18 | (i >> 16 & 0x3f) << 12 | (i & 0x7ff) << 1) -
        (int32_t)(s << 20);
    return rva + 4 + (uint32_t)distance;
}

static uint32_t move_immediate(uint32_t i)
{
    return (i >> 16 & 0xf) << 12 | (i >> 26 & 1) << 11 | (i >> 12 & 7) << 8 | (i & 0xff);
}

// What a thunk at `rva`, a function with a pad, jumps to: movw ip; movt ip; add pc, ip.
static uint32_t thunk_target(const struct image *image, uint32_t rva)
{
    uint32_t low = thumb_instruction(image, rva), high = thumb_instruction(image, rva + 4);
    assert_int_equal(low & 0xfbf08f00, 0xf2400c00);
    assert_int_equal(high & 0xfbf08f00, 0xf2c00c00);
    assert_int_equal(image_u16(image, rva + 8), 0x44e7);
    assert_int_equal(rva % 4, 0);
    assert_memory_equal(image_at(image, rva - 8, 8), UDF_8, 8);
    return rva + 12 + (move_immediate(low) | move_immediate(high) << 16);
}

// Functions 17 MB apart, so that even `bl` can't reach, in both directions.
static void code_larger_than_every_branch(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, ARM("far_branches.s"), NULL, NULL);
    program_compile_as(p, ARM("gap.s"), NULL, NULL);
    program_compile_as(p, ARM("far_targets.s"), NULL, NULL);
    program_link(p, "/DLL /NOENTRY /EXPORT:classify /EXPORT:far_other /FUNCTIONPADMIN /DEBUG:SYMTAB");
    struct emulator *emulator = emulator_create(&p->scratch);
    uint32_t base = emulator_load(emulator, p->image, "program.dll", 0x20000000);
    const uint32_t expected[] = {1000, 25, 45, 65, 85, 105, 125, 7000, 165};
    for (uint32_t i = 0; i < 9; i++)
        assert_int_equal(call(emulator, p->image, base, "classify", i), expected[i]);
    assert_int_equal(call(emulator, p->image, base, "far_other", 11), 225);
    emulator_destroy(emulator);

    const struct image *image = p->image;
    uint32_t zero = conditional_target(image, image_symbol_rva(image, "zero_branch"));
    uint32_t other = branch_target(image, image_symbol_rva(image, "other_branch"));
    uint32_t back = branch_target(image, image_symbol_rva(image, "call_back"));
    assert_int_equal(thunk_target(image, zero), image_symbol_rva(image, "far_zero"));
    assert_int_equal(thunk_target(image, other), image_symbol_rva(image, "far_other"));
    assert_int_equal(thunk_target(image, back), image_symbol_rva(image, "near_twice"));
}

// A branch to some bytes behind a symbol: what its field says before is counted once, by the thunk.
static void thunk_beyond_a_symbol(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "beyond.s",
                       ".syntax unified\n.thumb\n"
                       ".section .text$a,\"xr\"\n"
                       ".globl low\n"
                       "low: push {r11, lr}\n"
                       "bl high\n"
                       "mov r4, r0\n"
                       "bl high+4\n"
                       "adds r0, r0, r4\n"
                       "pop {r11, pc}\n"
                       ".section .text$b,\"xr\"\n"
                       ".space 0x1100000\n"
                       ".section .text$c,\"xr\"\n"
                       ".globl high\n"
                       "high: movs r0, #1\nbx lr\n"
                       "movs r0, #20\nbx lr\n",
                       NULL);
    program_link(p, "/DLL /NOENTRY /EXPORT:low /OPT:NOREF");
    struct emulator *emulator = emulator_create(&p->scratch);
    uint32_t base = emulator_load(emulator, p->image, "program.dll", 0);
    assert_int_equal(call(emulator, p->image, base, "low", 0), 21);
    emulator_destroy(emulator);
}

// Conditional branches of more than 256 KB, where lld-link 19 mixes up two bits of the distance, and of more than they
// reach.
static void long_conditional_branches(void **state)
{
    struct program *p = program(state);
    const unsigned distances[] = {200000, 300000, 600000, 1000000, 1100000};
    for (size_t i = 0; i < sizeof distances / sizeof *distances; i++) {
        program_begin_image(p, scratch_format(&p->scratch, "%zu.dll", i));
        program_compile_as(p, scratch_format(&p->scratch, "%zu.s", i),
                           scratch_format(&p->scratch,
                                          ".syntax unified\n.thumb\n"
                                          ".section .text$a,\"xr\"\n"
                                          ".globl low\n"
                                          "low: movs r1, #0\n"
                                          "cmp r0, #3\n"
                                          "beq.w high\n"
                                          "movs r0, #1\n"
                                          "bx lr\n"
                                          ".section .text$b,\"xr\"\n"
                                          ".space %u\n"
                                          ".section .text$c,\"xr\"\n"
                                          ".globl high\n"
                                          "high: adds r0, r0, #10\n"
                                          "cmp r0, #13\n"
                                          "beq.w low\n"
                                          "bx lr\n",
                                          distances[i]),
                           NULL);
        program_link(p, "/DLL /NOENTRY /EXPORT:low /EXPORT:high /OPT:NOREF");
        struct emulator *emulator = emulator_create(&p->scratch);
        uint32_t base = emulator_load(emulator, p->image, "program.dll", 0);
        assert_int_equal(call(emulator, p->image, base, "low", 0), 1);
        assert_int_equal(call(emulator, p->image, base, "low", 3), 1); // there and back
        assert_int_equal(call(emulator, p->image, base, "high", 5), 15);
        emulator_destroy(emulator);
    }
}

// --- patching ---

static uint32_t succeeds(struct emulator *emulator, const uint32_t arguments[4])
{
    (void)emulator, (void)arguments;
    return 1;
}

struct patched {
    struct emulator *emulator;
    const struct image *image;
    uint32_t base, new_answer;
};

// The sample's function, its patching code, and the DLL with the new version, loaded.
static struct patched load_patched(struct program *p)
{
    struct patched out = {emulator_create(&p->scratch), NULL, 0, 0};
    static const char *const names[] = {"VirtualProtect", "FlushInstructionCache", "GetCurrentProcess", "GetLastError"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        emulator_stand_in(out.emulator, names[i], succeeds);
    program_begin_image(p, "new_answer.dll");
    program_compile_as(p, SAMPLE("patch-itself/new_answer.c"), NULL, COMPILATION);
    program_link(p, "/DLL /NOENTRY /FUNCTIONPADMIN");
    out.new_answer = emulator_load(out.emulator, p->image, "new_answer.dll", 0x20000000);
    out.new_answer += image_export_rva(p->image, "new_answer");
    program_begin_image(p, "patched.dll");
    program_compile_as(p, SAMPLE("patch-itself/answer.c"), NULL, COMPILATION);
    program_compile_as(p, SAMPLE("patch-itself/patch.c"), NULL, COMPILATION);
    program_compile_as(p, ARM("patched.c"), NULL, COMPILATION);
    program_write(p, "main.c", "int __stdcall DllMain(void *i, unsigned r, void *p) { return 1; }\n");
    program_compile_as(p, "main.c", NULL, COMPILATION);
    program_link_with_run_time(p, "/DLL /FUNCTIONPADMIN /EXPORT:answer /OPT:NOICF");
    out.image = p->image;
    out.base = emulator_load(out.emulator, out.image, "patched.dll", 0);
    return out;
}

static int patched_call(const struct patched *patched, const char *name, uint32_t n)
{
    return (int)call(patched->emulator, patched->image, patched->base, name, n);
}

// Between calls, by the sample's own code.
static void patch_between_calls(void **state)
{
    struct patched patched = load_patched(program(state));
    int rest = 7 * 3 + 2 * 5 + 3 * 7;
    assert_int_equal(patched_call(&patched, "call_once", 7), 1000 + rest);
    assert_int_equal(patched_call(&patched, "prepare", patched.new_answer), 1);
    assert_string_equal(emulator_output(patched.emulator), "");
    for (int i = 0; i < 100; i++) {
        assert_int_equal(patched_call(&patched, "call_once", 7), 1000 + rest);
        patched_call(&patched, "apply", 0);
        assert_int_equal(patched_call(&patched, "call_once", 7), 2000 + rest);
        patched_call(&patched, "revert", 0);
    }
    patched_call(&patched, "finish", 0);
    emulator_destroy(patched.emulator);
}

// During calls: stopped after every single instruction of three calls in a row, the entry is replaced, or put back, and
// the calls go on. Those that had gone by the entry are of one version, those to come of the other, and nothing is in
// between.
static void patch_during_calls(void **state)
{
    struct patched patched = load_patched(program(state));
    struct emulator *emulator = patched.emulator;
    assert_int_equal(patched_call(&patched, "prepare", patched.new_answer), 1);
    uint32_t entry = patched.base + (image_export_rva(patched.image, "answer") & ~1u);
    uint8_t old[2], branch[2] = {0xfa, 0xe7}; // b.n, 12 bytes back from the PC
    emulator_read(emulator, entry, old, 2);

    const uint32_t n = 9;
    uint32_t rest = 3 * (9 * 3 + 7) + 5 * (0 + 1 + 2);
    for (int to_new = 0; to_new < 2; to_new++) {
        unsigned seen = 0; // bit i: i calls were answered by the version that came
        size_t stop = 0;
        for (bool is_over = false; !is_over; stop++) {
            emulator_write(emulator, entry, to_new ? old : branch, 2);
            emulator_begin(emulator, patched.base + image_export_rva(patched.image, "call_three_times"), &n, 1);
            is_over = stop && emulator_run(emulator, stop);
            emulator_write(emulator, entry, to_new ? branch : old, 2);
            if (!is_over)
                emulator_run(emulator, 0);
            uint32_t sum = emulator_result(emulator) - rest, from = to_new ? 1000 : 2000, to = to_new ? 2000 : 1000;
            unsigned answers = 0;
            while (answers <= 3 && sum != (3 - answers) * from + answers * to)
                answers++;
            if (answers > 3)
                fail_with("patched after %zu instructions: %u", stop, sum);
            seen |= 1u << answers;
        }
        assert_int_equal(seen, 0xf);
        assert_true(stop > 20);
    }
    emulator_destroy(emulator);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_arm(pads_sample),
        test_on_arm(library_sample),
        test_on_arm(addresses_and_switch_tables),
        test_on_arm(own_import_library),
        test_on_arm(thread_local_variables),
        test_on_arm(delay_loaded_function),
        test_on_arm(code_larger_than_every_branch),
        test_on_arm(thunk_beyond_a_symbol),
        test_on_arm(long_conditional_branches),
        test_on_arm(patch_between_calls),
        test_on_arm(patch_during_calls),
    };
    return cmocka_run_group_tests_name("arm", tests, NULL, NULL);
}
