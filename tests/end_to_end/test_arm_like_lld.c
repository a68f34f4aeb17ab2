// ARM64 and ARM images beside those that lld-link 19 makes of the same inputs: section by section, symbol by symbol,
// table by table. Where the two differ the test says why.

#include "tests/support/program.h"

#include <stdlib.h>
#include <string.h>

#define MSVC(name)   SOURCE_FOLDER "/tests/programs/msvc/" name
#define SAMPLE(name) SOURCE_FOLDER "/samples/" name
#define COMPILATION  "/O2 /Gy /Z7"

struct pair {
    struct program *program;
    const struct image *ours, *theirs;
};

// Links the program's inputs with both, under one name in two folders, as exports carry the name.
static struct pair link_twice(struct program *p, const char *options)
{
    struct pair pair = {.program = p};
    struct scratch *scratch = &p->scratch;
    program_link(p, options);
    pair.ours = p->image;
    const char *name = strrchr(p->image_path, '/') + 1;
    process_must_run(scratch, p->folder, "mkdir -p lld");
    const char *inputs = "";
    for (size_t i = 0; i < p->inputs.count; i++)
        inputs = scratch_format(scratch, "%s %s", inputs, p->inputs.items[i]);
    process_must_run(scratch, p->folder, "lld-link-19 /out:lld/%s %s%s", name, options, inputs);
    pair.theirs = image_read(scratch, program_path(p, scratch_format(scratch, "lld/%s", name)));
    return pair;
}

// --- headers and sections ---

static void compare_headers(const struct pair *pair)
{
    const struct image *ours = pair->ours, *theirs = pair->theirs;
    assert_int_equal(ours->machine, theirs->machine);
    assert_int_equal(ours->characteristics, theirs->characteristics);
    assert_int_equal(ours->subsystem, theirs->subsystem);
    assert_int_equal(ours->dll_characteristics, theirs->dll_characteristics);
    assert_true(ours->base == theirs->base);
    assert_int_equal(ours->section_alignment, theirs->section_alignment);
    assert_int_equal(ours->file_alignment, theirs->file_alignment);
    assert_int_equal(ours->size_of_image, theirs->size_of_image);
    assert_true(ours->stack_reserve == theirs->stack_reserve && ours->stack_commit == theirs->stack_commit);
    assert_true(ours->heap_reserve == theirs->heap_reserve && ours->heap_commit == theirs->heap_commit);
    assert_int_equal(ours->section_count, theirs->section_count);
}

// Every section is in both, equally large and of the same kind. Their order is not compared: lld-link has sections of
// the program's own in the order of their names, we in that of their first appearance. On ARM our import thunks, last
// in .text, are aligned to 4 bytes, so that a patch of 4 bytes is one store; lld-link has them at multiples of 2.
static void compare_sections(const struct pair *pair)
{
    for (size_t i = 0; i < pair->theirs->section_count; i++) {
        const struct image_section *theirs = &pair->theirs->sections[i];
        const struct image_section *ours = image_section(pair->ours, theirs->name);
        bool has_thunks = strcmp(theirs->name, ".text") == 0 && pair->ours->machine == 0x01c4 &&
                          pair->ours->directories[IMAGE_DIRECTORY_IMPORTS].size;
        if (ours->virtual_size != theirs->virtual_size &&
            !(has_thunks && ours->virtual_size - theirs->virtual_size < 4))
            fail_with("%s: 0x%x bytes, lld-link has 0x%x", theirs->name, ours->virtual_size, theirs->virtual_size);
        assert_int_equal(ours->file_size, theirs->file_size);
        assert_int_equal(ours->characteristics, theirs->characteristics);
    }
}

// Byte for byte, with two exceptions. The export directory has the DLL's name among the other names, while lld-link has
// it in front of the tables: what the directory says is compared by compare_words. And between two functions there are
// traps (ARM: udf #0xFE, ARM64: brk #0xF000), where lld-link has zeros.
static void compare_contents(const struct pair *pair, const char *name)
{
    const uint8_t *fill = (const uint8_t *)(pair->ours->machine == 0x01c4 ? "\xfe\xde\xfe\xde" : "\x00\x00\x3e\xd4");
    struct image_directory exports = pair->ours->directories[IMAGE_DIRECTORY_EXPORTS];
    const struct image_section *ours = image_section(pair->ours, name), *theirs = image_section(pair->theirs, name);
    assert_int_equal(ours->rva, theirs->rva);
    assert_int_equal(ours->virtual_size, theirs->virtual_size);
    const uint8_t *a = image_at(pair->ours, ours->rva, ours->virtual_size);
    const uint8_t *b = image_at(pair->theirs, theirs->rva, theirs->virtual_size);
    for (uint32_t i = 0; i < ours->virtual_size; i++) {
        bool is_export = ours->rva + i - exports.rva < exports.size;
        bool is_gap = b[i] == 0 && a[i] == fill[i % 4];
        if (a[i] != b[i] && !is_export && !is_gap)
            fail_with("%s+0x%x: 0x%02x, lld-link has 0x%02x", name, i, a[i], b[i]);
    }
}

// --- symbols ---

struct place {
    const char *section; // or "absolute"
    uint32_t offset;
};

static uint32_t file_u32(const struct image *image, size_t at)
{
    assert_in_range(at, 0, image->file_size - 4);
    const uint8_t *b = image->file + at;
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static const uint8_t *symbol_record(const struct image *image, uint32_t index)
{
    size_t at = image->symbol_table + 18 * (size_t)index;
    assert_in_range(at, 1, image->file_size - 18);
    return image->file + at;
}

static const char *symbol_text(const struct image *image, uint32_t index)
{
    const uint8_t *record = symbol_record(image, index);
    size_t at = image->symbol_table + 18 * (size_t)index;
    if (file_u32(image, at))
        return scratch_format(image->scratch, "%.8s", (const char *)record);
    size_t text = image->symbol_table + 18 * (size_t)image->symbol_count + file_u32(image, at + 4);
    assert_in_range(text, 0, image->file_size - 1);
    return (const char *)image->file + text;
}

static struct place symbol_place(const struct image *image, uint32_t index)
{
    const uint8_t *record = symbol_record(image, index);
    uint32_t value = file_u32(image, image->symbol_table + 18 * (size_t)index + 8);
    uint32_t number = record[12] | (uint32_t)record[13] << 8;
    if (number == 0xffff)
        return (struct place){"absolute", value};
    assert_in_range(number, 1, image->section_count);
    return (struct place){image->sections[number - 1].name, value};
}

static bool is_import(const struct image *image, const char *name)
{
    return image_has_symbol(image, scratch_format(image->scratch, "__imp_%s", name));
}

// Every symbol of theirs is at the same place of ours; imported names, whose tables and thunks have another order, are
// in the same section.
static size_t compare_symbols(const struct pair *pair)
{
    size_t compared = 0;
    for (uint32_t i = 0; i < pair->theirs->symbol_count; i += 1u + symbol_record(pair->theirs, i)[17]) {
        const char *name = symbol_text(pair->theirs, i);
        struct place theirs = symbol_place(pair->theirs, i), ours = {0};
        for (uint32_t k = 0; k < pair->ours->symbol_count; k += 1u + symbol_record(pair->ours, k)[17])
            if (strcmp(symbol_text(pair->ours, k), name) == 0)
                ours = symbol_place(pair->ours, k);
        if (!ours.section)
            fail_with("no symbol %s", name);
        bool is_imported = strncmp(name, "__imp_", 6) == 0 || is_import(pair->theirs, name);
        if (strcmp(ours.section, theirs.section) != 0 || (ours.offset != theirs.offset && !is_imported))
            fail_with("%s: %s+0x%x, lld-link has %s+0x%x", name, ours.section, ours.offset, theirs.section,
                      theirs.offset);
        compared++;
    }
    return compared;
}

// --- tables ---

static int line_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// A tool's words about both images, without the file's name and the lines that hold one of `words`; if wanted, whatever
// the order of the lines.
static void compare_words(const struct pair *pair, const char *tool, const char *const *words, bool any_order)
{
    struct scratch *scratch = &pair->program->scratch;
    const struct image *images[2] = {pair->ours, pair->theirs};
    const char *texts[2] = {"", ""};
    for (int i = 0; i < 2; i++) {
        const char *line =
            read_back_with(scratch, pair->program->folder, scratch_format(scratch, "%s %s", tool, images[i]->path));
        const char **lines = scratch_allocate(scratch, (strlen(line) + 1) * sizeof *lines);
        size_t count = 0;
        for (size_t length; *line; line += length + (line[length] == '\n')) {
            length = strcspn(line, "\n");
            const char *text = scratch_format(scratch, "%.*s", (int)length, line);
            bool is_left_out = strncmp(text, "File:", 5) == 0;
            for (const char *const *word = words; *word; word++)
                is_left_out = is_left_out || strstr(text, *word);
            if (!is_left_out)
                lines[count++] = text;
        }
        if (any_order)
            qsort(lines, count, sizeof *lines, line_compare);
        for (size_t k = 0; k < count; k++)
            texts[i] = scratch_format(scratch, "%s%s\n", texts[i], lines[k]);
    }
    assert_same_text(texts[0], texts[1]);
}

struct fix { // a base relocation
    const char *section;
    uint32_t offset, type;
};

static int fix_compare(const void *a, const void *b)
{
    const struct fix *x = a, *y = b;
    int by_name = strcmp(x->section, y->section);
    return by_name ? by_name : x->offset < y->offset ? -1 : x->offset > y->offset;
}

static size_t read_fixes(const struct image *image, struct fix **out)
{
    struct image_directory directory = image->directories[IMAGE_DIRECTORY_BASE_RELOCATIONS];
    struct fix *fixes = scratch_allocate(image->scratch, (directory.size / 2 + 1) * sizeof *fixes);
    size_t count = 0;
    for (uint32_t at = directory.rva; at < directory.rva + directory.size; at += image_u32(image, at + 4)) {
        for (uint32_t i = 8; i < image_u32(image, at + 4); i += 2) {
            uint32_t entry = image_u16(image, at + i), rva = image_u32(image, at) + (entry & 0xfff);
            if (!(entry >> 12))
                continue;
            const struct image_section *section = image_section_at(image, rva);
            fixes[count++] = (struct fix){section->name, rva - section->rva, entry >> 12};
        }
    }
    qsort(fixes, count, sizeof *fixes, fix_compare);
    *out = fixes;
    return count;
}

static size_t compare_base_relocations(const struct pair *pair)
{
    struct fix *ours, *theirs;
    size_t count = read_fixes(pair->ours, &ours);
    assert_int_equal(count, read_fixes(pair->theirs, &theirs));
    for (size_t i = 0; i < count; i++) {
        bool is_thunk = ours[i].type == 7 && theirs[i].type == 7 && ours[i].offset - theirs[i].offset < 4; // as above
        if ((fix_compare(&ours[i], &theirs[i]) != 0 && !is_thunk) || ours[i].type != theirs[i].type)
            fail_with("base relocation %u at %s+0x%x, lld-link has %u at %s+0x%x", ours[i].type, ours[i].section,
                      ours[i].offset, theirs[i].type, theirs[i].section, theirs[i].offset);
    }
    return count;
}

// --- the comparisons ---

static const char self_contained[] =
    "int _fltused;\n"
    "#define EXPORT __declspec(dllexport)\n"
    "__declspec(thread) int counter = 100;\n"
    "__declspec(thread) int zeroed[2000];\n"
    "static int state = 5;\n"
    "static int *pointers[] = {&state, &state};\n"
    "int (*functions[4])(int);\n"
    "extern const char __ImageBase;\n"
    "static __declspec(noinline) int twice(int a) { return 2 * a; }\n"
    "EXPORT int pick(int a)\n"
    "{\n"
    "    switch (a) {\n"
    "    case 0: return twice(21);\n"
    "    case 1: return state;\n"
    "    case 2: return twice(4);\n"
    "    case 3: return 1234;\n"
    "    case 4: return twice(twice(9));\n"
    "    case 5: return *pointers[1];\n"
    "    default: return -1;\n"
    "    }\n"
    "}\n"
    "EXPORT int bump(int n) { zeroed[1999]++; return counter += n; }\n"
    "EXPORT double scale(double d) { return d * 1.234567 + state; }\n"
    "EXPORT void fill(int n) { for (int i = 0; i < 4; i++) functions[i] = n ? twice : pick; }\n"
    "EXPORT const char *text(void) { return \"a text\" + (&__ImageBase == 0); }\n";

// The directory of thread-local variables, without callbacks and so without .CRT.
static const char tls_directory[] = "unsigned _tls_index;\n"
                                    "#pragma section(\".tls\", read, write)\n"
                                    "#pragma section(\".tls$ZZZ\", read, write)\n"
                                    "__declspec(allocate(\".tls\")) char first = 0;\n"
                                    "__declspec(allocate(\".tls$ZZZ\")) char last = 0;\n"
                                    "const struct { void *from, *to, *index, *calls; int zero, characteristics; }\n"
                                    "    _tls_used = {&first, &last, &_tls_index};\n";

// Without imports both lay out an image alike, so every section is the same, byte for byte.
static void self_contained_image_is_the_same(void **state)
{
    struct program *p = program(state);
    program_compile(p, self_contained, COMPILATION);
    program_compile(p, tls_directory, COMPILATION);
    program_compile_as(p, SAMPLE("library/shapes.c"), NULL, COMPILATION);
    struct pair pair = link_twice(p, "/DLL /NOENTRY /EXPORT:rectangle_area /DEBUG:SYMTAB /OPT:REF,NOICF");
    compare_headers(&pair);
    compare_sections(&pair);
    static const char *const names[] = {".text", ".rdata", ".data", ".pdata", ".tls", ".reloc"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        compare_contents(&pair, names[i]);
    assert_true(compare_symbols(&pair) > 10);
    static const char *const none[] = {NULL};
    compare_words(&pair, "llvm-readobj-19 --coff-exports --coff-basereloc --coff-tls-directory --unwind", none, false);
}

// With imports, constructors, a thread-local template and exports.
static void program_is_alike(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, MSVC("constructors.c"), NULL, COMPILATION);
    program_compile_as(p, MSVC("constructors_other.cpp"), NULL, COMPILATION);
    program_compile_as(p, MSVC("thread_local_other.c"), NULL, COMPILATION);
    program_compile_as(p, MSVC("tls_support.c"), NULL, COMPILATION);
    program_compile_as(p, SAMPLE("library/shapes.c"), NULL, COMPILATION);
    program_compile_as(p, SOURCE_FOLDER "/tests/support/windows/start.c", NULL, COMPILATION);
    program_add_import_library(p, "c.lib",
                               "LIBRARY ucrtbase.dll\nEXPORTS\n_configure_narrow_argv\n_initialize_narrow_environment\n"
                               "__p___argc\n__p___argv\n__p__environ\nexit\nputs\n__acrt_iob_func\n"
                               "__stdio_common_vfprintf\n");
    struct pair pair =
        link_twice(p, "/ENTRY:mainCRTStartup /SUBSYSTEM:CONSOLE /DEBUG:SYMTAB /OPT:REF,NOICF /EXPORT:rectangle_area");
    compare_headers(&pair);
    compare_sections(&pair);
    assert_true(compare_symbols(&pair) > 30);
    assert_true(compare_base_relocations(&pair) > 5);
    // The same names from the same DLLs; lld-link sorts them, we keep the order in which they were asked for.
    static const char *const table_places[] = {"RVA", NULL};
    compare_words(&pair, "llvm-readobj-19 --coff-imports --coff-exports", table_places, true);
    // The unwind table names the same functions and says the same of them; records that are not packed lie elsewhere in
    // .rdata.
    static const char *const record_places[] = {"ExceptionRecord", NULL};
    compare_words(&pair, "llvm-readobj-19 --unwind", record_places, false);
    // Thread-local variables: .tls stands elsewhere, so only sizes and alignment are compared.
    static const char *const template_places[] = {"Address", NULL};
    compare_words(&pair, "llvm-readobj-19 --coff-tls-directory", template_places, false);
}

// The unwind table is sorted by function, packed and unpacked records alike, whatever the order of the objects' tables.
static void unwind_table_is_sorted(void **state)
{
    struct program *p = program(state);
    const char *const order[] = {"zeta", "alpha", "mu"};
    for (int i = 0; i < 3; i++)
        program_compile(p,
                        scratch_format(&p->scratch,
                                       "int other(int *);\n"
                                       "int %s_small(int *a) { return other(a) + 1; }\n"
                                       "int %s_large(int a) { int x[9000]; x[0] = a; return other(x) + x[7]; }\n",
                                       order[i], order[i]),
                        "/O1 /Gy");
    program_compile(p, "int other(int *a) { return *a; } void __chkstk(void) {}", "/O1");
    if (p->platform == &platform_arm) // for which clang 19 packs no record, but its assembler does
        program_compile_as(p, "packed.s",
                           ".syntax unified\n.thumb\n.text\n.globl packed\n"
                           ".def packed; .scl 2; .type 32; .endef\n"
                           ".seh_proc packed\n"
                           "packed: push {r4, lr}\n.seh_save_regs {r4, lr}\n.seh_endprologue\n"
                           ".seh_startepilogue\npop {r4, pc}\n.seh_save_regs {r4, pc}\n.seh_endepilogue\n"
                           ".seh_endproc\n",
                           NULL);
    program_write(p, "order.txt", "mu_large\nalpha_small\nzeta_large\n");
    struct pair pair = link_twice(p, "/DLL /NOENTRY /OPT:NOREF /ORDER:@order.txt");
    const struct image *image = pair.ours;
    struct image_directory directory = image->directories[IMAGE_DIRECTORY_EXCEPTIONS];
    assert_int_equal(directory.size, pair.theirs->directories[IMAGE_DIRECTORY_EXCEPTIONS].size);
    assert_true(directory.size >= 6 * 8);
    unsigned packed = 0;
    for (uint32_t at = 0; at < directory.size; at += 8) {
        packed += (image_u32(image, directory.rva + at + 4) & 3) != 0;
        if (at)
            assert_true(image_u32(image, directory.rva + at) > image_u32(image, directory.rva + at - 8));
    }
    assert_in_range(packed, 1, directory.size / 8 - 1);
    static const char *const record_places[] = {"ExceptionRecord", NULL};
    compare_words(&pair, "llvm-readobj-19 --unwind", record_places, false);
}

// The load configuration as the C run time has it (sizes and offsets of IMAGE_LOAD_CONFIG_DIRECTORY64 and …32), with
// the names that a linker settles: the same flags, and the same functions in the table of Control Flow Guard.
static void guard_tables_are_the_same(void **state)
{
    static const char config64[] = ".globl _load_config_used\n.section .rdata,\"dr\"\n.p2align 3\n_load_config_used:\n"
                                   ".long 0x140\n.zero 124\n.quad __guard_fids_table, __guard_fids_count\n"
                                   ".long __guard_flags\n.zero 12\n.quad __guard_iat_table, __guard_iat_count\n"
                                   ".quad __guard_longjmp_table, __guard_longjmp_count\n.zero 72\n"
                                   ".quad __guard_eh_cont_table, __guard_eh_cont_count\n.zero 40\n";
    static const char config32[] = ".globl _load_config_used\n.section .rdata,\"dr\"\n.p2align 2\n_load_config_used:\n"
                                   ".long 0xc0\n.zero 76\n.long __guard_fids_table, __guard_fids_count, __guard_flags\n"
                                   ".zero 12\n.long __guard_iat_table, __guard_iat_count\n"
                                   ".long __guard_longjmp_table, __guard_longjmp_count\n.zero 44\n"
                                   ".long __guard_eh_cont_table, __guard_eh_cont_count\n.zero 20\n";
    struct program *p = program(state);
    program_compile(p,
                    "int taken(int a) { return a + 1; }\n"
                    "int called(int a) { return a + 2; }\n"
                    "static int private_taken(int a) { return a + 3; }\n"
                    "int (*volatile table[2])(int) = {taken, private_taken};\n"
                    "void check(void) {}\n"
                    "void (*__guard_check_icall_fptr)(void) = check;\n"
                    "__declspec(dllexport) int start(void) { return called(1) + table[0](10) + table[1](20); }\n",
                    COMPILATION " /guard:cf");
    program_compile_as(p, "config.s", p->platform == &platform_arm64 ? config64 : config32, "");
    struct pair pair = link_twice(p, "/DLL /NOENTRY /GUARD:CF /DEBUG:SYMTAB /OPT:REF,NOICF");
    assert_lacks(p->link.errors, "warning");
    compare_headers(&pair);
    compare_sections(&pair);
    compare_contents(&pair, ".text");
    static const char *const table_places[] = {"Table:", NULL}; // in .rdata, among others in another order
    compare_words(&pair, "llvm-readobj-19 --coff-load-config", table_places, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_arm64(self_contained_image_is_the_same),
        test_on_arm(self_contained_image_is_the_same),
        test_on_arm64(program_is_alike),
        test_on_arm(program_is_alike),
        test_on_arm64(unwind_table_is_sorted),
        test_on_arm(unwind_table_is_sorted),
        test_on_arm64(guard_tables_are_the_same),
        test_on_arm(guard_tables_are_the_same),
    };
    return cmocka_run_group_tests_name("arm like lld", tests, NULL, NULL);
}
