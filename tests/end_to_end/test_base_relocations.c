// Base relocations: every address in the image is corrected when it moves, and the table has the form that the format
// asks for. What counts as an address is asked of lld-link, which gets the same objects.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/program.h"

// Pages ascend, blocks are multiples of 4 bytes and fill the directory, and entries ascend in a page. Returns the count
// of sites.
static size_t check_table(const struct image *image)
{
    struct image_directory table = image->directories[IMAGE_DIRECTORY_BASE_RELOCATIONS];
    size_t sites = 0;
    uint32_t last_page = 0, at = table.rva;
    while (at < table.rva + table.size) {
        uint32_t page = image_u32(image, at), size = image_u32(image, at + 4), last = 0;
        assert_int_equal(page % 4096, 0);
        assert_true(page > last_page);
        assert_true(size > 8 && size % 4 == 0);
        for (uint32_t i = 8; i < size; i += 2) {
            uint32_t entry = image_u16(image, at + i);
            if (entry >> 12 == 0) {
                assert_int_equal(i, size - 2); // padding, at the end alone
                continue;
            }
            assert_int_equal(entry >> 12, image->is_64 ? 10 : 3);
            assert_true(i == 8 || (entry & 0xfff) >= last);
            last = entry & 0xfff;
            sites++;
        }
        last_page = page;
        at += size;
    }
    assert_int_equal(at, table.rva + table.size);
    return sites;
}

static size_t count_by_lld(struct program *p, const char *options)
{
    struct process lld = {.folder = p->folder};
    arguments_add_line(&p->scratch, &lld.arguments, "lld-link-19 /SAFESEH:NO /OPT:NOICF /OUT:lld.dll");
    arguments_add_line(&p->scratch, &lld.arguments, options);
    arguments_add_all(&p->scratch, &lld.arguments, &p->inputs);
    struct outcome outcome = process_run(&p->scratch, &lld);
    if (outcome.status != 0)
        fail_with("lld-link: %s", outcome.errors);
    return check_table(image_read(&p->scratch, program_path(p, "lld.dll")));
}

// Two images that want the same place: one has to move, and a program finds that out by reading through its pointers.
static void an_image_that_moves_finds_its_data(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "static int numbers[4] = {1, 2, 3, 4};\n"
                    "static int *pointers[4] = {&numbers[3], &numbers[2], &numbers[1], &numbers[0]};\n"
                    "static int twice(int a) { return 2 * a; }\n"
                    "static int (*functions[1])(int) = {twice};\n"
                    "__declspec(dllexport) int digits(int n) { int sum = 0;\n"
                    "    for (int i = 0; i < 4; i++) sum = sum * 10 + *pointers[i]; return functions[0](sum) + n; }\n",
                    "/O1");
    // Where the caller is.
    const char *base = p->platform == &platform_x86 ? "0x400000" : "0x140000000";
    const char *options = scratch_format(&p->scratch, "/DLL /NOENTRY /OPT:NOICF /BASE:%s", base);
    program_link(p, options);
    assert_int_equal(check_table(p->image), count_by_lld(p, options));
    assert_int_equal((int)program_call(p, "digits", 1), 8643);
}

// Many pages, many chunks, with gaps between them and pointers at the very ends of pages.
static void a_large_table_is_complete(void **state)
{
    struct program *p = program(state);
    for (int unit = 0; unit < 4; unit++) {
        char *source = scratch_format(&p->scratch, "%*s", 1200 * 120, ""), *at = source;
        at += sprintf(at, "extern int value; int value%d = %d;\n", unit, unit);
        for (int i = 0; i < 1200; i++)
            at += sprintf(at, "int *p%d_%d[%d] = {&value%d, &value}; int gap%d_%d = 3;\n", unit, i, 2 + i % 7 * 37,
                          unit, unit, i);
        program_compile(p, source, "/O1 /Gw");
    }
    program_compile(p,
                    "int value = 77; extern int *p3_1199[]; extern int *p0_0[];\n"
                    "__declspec(dllexport) int sum(int a) { return *p3_1199[0] + *p3_1199[1] + *p0_0[1] + a; }",
                    "/O1");
    const char *options = "/DLL /NOENTRY /OPT:NOREF /OPT:NOICF";
    program_link(p, options);
    size_t sites = check_table(p->image);
    assert_true(sites >= 9600);
    assert_int_equal(sites, count_by_lld(p, options));
    assert_int_equal((int)program_call(p, "sum", 1), 3 + 77 + 77 + 1);
}

// The same bytes for any number of threads.
static void threads_make_no_difference(void **state)
{
    struct program *p = program(state);
    char *source = scratch_format(&p->scratch, "%*s", 5000 * 40, ""), *at = source;
    at += sprintf(at, "int value;\n");
    for (int i = 0; i < 5000; i++)
        at += sprintf(at, "int *p%d = &value;\n", i);
    program_compile(p, source, "/O1 /Gw");
    program_link(p, "/DLL /NOENTRY /OPT:NOREF /THREADS:1");
    size_t size = p->image->file_size;
    const uint8_t *file = p->image->file;
    program_link(p, "/DLL /NOENTRY /OPT:NOREF /THREADS:8");
    assert_int_equal(p->image->file_size, size);
    assert_memory_equal(p->image->file, file, size);
    check_table(p->image);
}

// An object may have its relocations in any order.
static void relocations_out_of_order_are_sorted(void **state)
{
    struct program *p = program(state);
    bool is_x86 = p->platform == &platform_x86;
    const char *type = is_x86 ? "IMAGE_REL_I386_DIR32" : "IMAGE_REL_AMD64_ADDR64";
    program_write(
        p, "odd.yaml",
        scratch_format(
            &p->scratch,
            "--- !COFF\nheader:\n  Machine: %s\n  Characteristics: []\n"
            "sections:\n  - Name: .data\n    Characteristics: [ IMAGE_SCN_CNT_INITIALIZED_DATA, IMAGE_SCN_MEM_READ, "
            "IMAGE_SCN_MEM_WRITE ]\n"
            "    Alignment: 8\n    SectionData: '%064d'\n    Relocations:\n"
            "      - VirtualAddress: 24\n        SymbolName: here\n        Type: %s\n"
            "      - VirtualAddress: 0\n        SymbolName: here\n        Type: %s\n"
            "      - VirtualAddress: 16\n        SymbolName: here\n        Type: %s\n"
            "symbols:\n  - Name: here\n    Value: 8\n    SectionNumber: 1\n    SimpleType: IMAGE_SYM_TYPE_NULL\n"
            "    ComplexType: IMAGE_SYM_DTYPE_NULL\n    StorageClass: IMAGE_SYM_CLASS_EXTERNAL\n...\n",
            is_x86 ? "IMAGE_FILE_MACHINE_I386" : "IMAGE_FILE_MACHINE_AMD64", 0, type, type, type));
    process_must_run(&p->scratch, p->folder, "yaml2obj-19 odd.yaml -o odd.obj");
    program_add_input(p, "odd.obj");
    program_link(p, is_x86 ? "/DLL /NOENTRY /DEBUG:SYMTAB /EXPORT:here,DATA"
                           : "/DLL /NOENTRY /DEBUG:SYMTAB /EXPORT:here,DATA");
    assert_int_equal(check_table(p->image), 3);
    uint32_t start = image_export_rva(p->image, "here") - 8;
    assert_true(image_has_base_relocation(p->image, start));
    assert_true(image_has_base_relocation(p->image, start + 16));
    assert_true(image_has_base_relocation(p->image, start + 24));
}

// A number stays a number wherever the image is.
static void absolute_symbols_are_not_corrected(void **state)
{
    struct program *p = program(state);
    const char *source = p->platform == &platform_x86
                             ? ".data\n.globl _number, fixed\nfixed = 0x1234\n_number: .long fixed, _number\n"
                             : ".data\n.globl number, fixed\nfixed = 0x1234\nnumber: .quad fixed, number\n";
    program_compile_as(p, "a.s", source, "");
    program_link(p, "/DLL /NOENTRY /EXPORT:number,DATA");
    assert_int_equal(check_table(p->image), 1);
    uint32_t rva = image_export_rva(p->image, "number");
    assert_int_equal(image_pointer(p->image, rva), 0x1234);
    assert_true(image_pointer(p->image, rva + p->platform->pointer_size) == p->image->base + rva);
}

static void a_fixed_image_has_no_table(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int value = 9; int *volatile pointer = &value; int start(void) { return *pointer; }", "/O1");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /FIXED");
    assert_int_equal(p->image->directories[IMAGE_DIRECTORY_BASE_RELOCATIONS].size, 0);
    assert_null(image_find_section(p->image, ".reloc"));
    assert_int_equal(p->image->characteristics & 1, 1); // relocations stripped
    assert_int_equal(p->image->dll_characteristics & 0x40, 0);
    assert_int_equal(program_run(p, ""), 9);
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE");
    assert_true(check_table(p->image) >= 1);
    assert_int_equal(p->image->characteristics & 1, 0);
    assert_int_equal(program_run(p, ""), 9);
}

#define TESTS_ON(f) test_on_x64(f), test_on_x86(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTS_ON(an_image_that_moves_finds_its_data),  test_on_arm64(an_image_that_moves_finds_its_data),
        TESTS_ON(a_large_table_is_complete),           TESTS_ON(threads_make_no_difference),
        TESTS_ON(relocations_out_of_order_are_sorted), TESTS_ON(absolute_symbols_are_not_corrected),
        TESTS_ON(a_fixed_image_has_no_table),
    };
    return cmocka_run_group_tests_name("base_relocations", tests, NULL, NULL);
}
