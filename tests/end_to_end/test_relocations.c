// Every relocation type of x64 and x86, in an image: what lies in the place afterwards is computed here from the PE
// format's own words ("COFF Relocations (Object Only)") and from where the image says that things are. What does not
// fit is an error and never wraps.

#include <stdio.h>
#include <string.h>

#include "tests/support/program.h"

#define START "/ENTRY:start /SUBSYSTEM:CONSOLE /DEBUG:SYMTAB"

enum { SLOT = 16, TARGET_OFFSET = 0x14 };

struct site {
    const char *type;
    uint64_t addend; // what the object has in the place
    unsigned size;   // bytes changed
};

// An object with a section `sites` of one slot for each relocation, all against `target` (or `symbol`), which lies in
// .rdata at TARGET_OFFSET.
static void write_object(struct program *p, const struct site *sites, size_t count, const char *symbol)
{
    bool is_x86 = p->platform == &platform_x86;
    char *yaml = scratch_allocate(&p->scratch, 8192 + count * 256), *at = yaml;
    at += sprintf(
        at,
        "--- !COFF\nheader: { Machine: %s, Characteristics: [] }\nsections:\n"
        "  - Name: .text\n    Characteristics: [ IMAGE_SCN_CNT_CODE, IMAGE_SCN_MEM_EXECUTE, IMAGE_SCN_MEM_READ ]\n"
        "    Alignment: 16\n    SectionData: B82A000000C3\n" // mov eax, 42; ret
        "  - Name: .rdata\n    Characteristics: [ IMAGE_SCN_CNT_INITIALIZED_DATA, IMAGE_SCN_MEM_READ ]\n"
        "    Alignment: 16\n    SectionData: %0*d\n"
        "  - Name: .data\n"
        "    Characteristics: [ IMAGE_SCN_CNT_INITIALIZED_DATA, IMAGE_SCN_MEM_READ, IMAGE_SCN_MEM_WRITE ]\n"
        "    Alignment: 16\n    SectionData: ",
        is_x86 ? "IMAGE_FILE_MACHINE_I386" : "IMAGE_FILE_MACHINE_AMD64", 2 * 64, 0);
    for (size_t i = 0; i < count; i++)
        for (unsigned k = 0; k < SLOT; k++)
            at += sprintf(at, "%02X", k < 8 ? (unsigned)(sites[i].addend >> 8 * k & 0xff) : 0xEE);
    at += sprintf(at, "\n    Relocations:\n");
    for (size_t i = 0; i < count; i++)
        at +=
            sprintf(at, "      - { VirtualAddress: %zu, SymbolName: %s, Type: %s }\n", i * SLOT, symbol, sites[i].type);
    const char *form = "  - { Name: %s, Value: %u, SectionNumber: %d, SimpleType: IMAGE_SYM_TYPE_NULL,\n"
                       "      ComplexType: IMAGE_SYM_DTYPE_NULL, StorageClass: IMAGE_SYM_CLASS_EXTERNAL }\n";
    at += sprintf(at, "symbols:\n");
    at += sprintf(at, form, is_x86 ? "_start" : "start", 0u, 1);
    at += sprintf(at, form, "target", (unsigned)TARGET_OFFSET, 2);
    at += sprintf(at, form, "sites", 0u, 3);
    sprintf(at, form, "number", 0x12345u, -1);
    program_write(p, "sites.yaml", yaml);
    process_must_run(&p->scratch, p->folder, "yaml2obj-19 sites.yaml -o sites.obj");
    if (!p->inputs.count)
        program_add_input(p, "sites.obj");
}

static uint64_t value_at(struct program *p, size_t slot, unsigned size)
{
    uint64_t value = 0;
    memcpy(&value, image_at(p->image, image_symbol_rva(p->image, "sites") + (uint32_t)slot * SLOT, SLOT), size);
    return value;
}

// What the slot holds, and that its neighbours were left alone.
static void check_slot(struct program *p, const struct site *sites, size_t slot, uint64_t expected)
{
    const struct site *site = &sites[slot];
    uint64_t mask = site->size == 8 ? UINT64_MAX : ((uint64_t)1 << 8 * site->size) - 1;
    uint64_t got = value_at(p, slot, site->size);
    if (got != (expected & mask))
        fail_with("%s: 0x%llx, expected 0x%llx", site->type, (unsigned long long)got,
                  (unsigned long long)(expected & mask));
    assert_int_equal(value_at(p, slot, 8) & ~mask, site->addend & ~mask);
    const uint8_t *behind = image_at(p->image, image_symbol_rva(p->image, "sites") + (uint32_t)slot * SLOT, SLOT) + 8;
    assert_memory_equal(behind, "\xEE\xEE\xEE\xEE\xEE\xEE\xEE\xEE", 8);
}

static const struct site x64_sites[] = {
    {"IMAGE_REL_AMD64_ABSOLUTE", 0x1122334455667788, 1},
    {"IMAGE_REL_AMD64_ADDR64", 0x1000000000, 8},
    {"IMAGE_REL_AMD64_ADDR32", 0x20, 4},
    {"IMAGE_REL_AMD64_ADDR32NB", 0x30, 4},
    {"IMAGE_REL_AMD64_REL32", 0x40, 4},
    {"IMAGE_REL_AMD64_REL32_1", 0xfffffff0, 4},
    {"IMAGE_REL_AMD64_REL32_2", 0, 4},
    {"IMAGE_REL_AMD64_REL32_3", 0, 4},
    {"IMAGE_REL_AMD64_REL32_4", 0, 4},
    {"IMAGE_REL_AMD64_REL32_5", 0, 4},
    {"IMAGE_REL_AMD64_SECTION", 0, 2},
    {"IMAGE_REL_AMD64_SECREL", 0x50, 4},
    {"IMAGE_REL_AMD64_SECREL7", 0x80, 1}, // the high bit is the instruction's
};

static void every_type_of_x64(void **state)
{
    struct program *p = program(state);
    write_object(p, x64_sites, sizeof x64_sites / sizeof *x64_sites, "target");
    program_link(p, START " /BASE:0x10000000 /LARGEADDRESSAWARE:NO");
    uint64_t rva = image_symbol_rva(p->image, "target"), base = 0x10000000;
    uint64_t place = image_symbol_rva(p->image, "sites");
    const struct image_section *section = image_section_at(p->image, (uint32_t)rva);
    check_slot(p, x64_sites, 0, 0x88);
    check_slot(p, x64_sites, 1, base + rva + 0x1000000000);
    check_slot(p, x64_sites, 2, base + rva + 0x20);
    check_slot(p, x64_sites, 3, rva + 0x30);
    check_slot(p, x64_sites, 4, rva + 0x40 - (place + 4 * SLOT + 4));
    check_slot(p, x64_sites, 5, rva - 0x10 - (place + 5 * SLOT + 5));
    for (unsigned i = 6; i < 10; i++)
        check_slot(p, x64_sites, i, rva - (place + i * SLOT + 4 + (i - 4)));
    check_slot(p, x64_sites, 10, (uint64_t)(section - p->image->sections) + 1);
    check_slot(p, x64_sites, 11, rva - section->rva + 0x50);
    check_slot(p, x64_sites, 12, 0x80 | (rva - section->rva));
    // The loader has to correct what is an address, and nothing else.
    assert_int_equal(image_base_relocation_count(p->image), 2);
    assert_true(image_has_base_relocation(p->image, (uint32_t)place + 1 * SLOT));
    assert_true(image_has_base_relocation(p->image, (uint32_t)place + 2 * SLOT));
    assert_int_equal(program_run(p, ""), 42);
}

static const struct site x86_sites[] = {
    {"IMAGE_REL_I386_ABSOLUTE", 0x11223344, 1}, {"IMAGE_REL_I386_DIR32", 0x10, 4},
    {"IMAGE_REL_I386_DIR32", 0xfffffff0, 4},    {"IMAGE_REL_I386_DIR32NB", 0x20, 4},
    {"IMAGE_REL_I386_REL32", 0x30, 4},          {"IMAGE_REL_I386_REL32", 0xfffffffc, 4},
    {"IMAGE_REL_I386_SECTION", 0, 2},           {"IMAGE_REL_I386_SECREL", 0x40, 4},
    {"IMAGE_REL_I386_SECREL7", 0x80, 1},
};

static void every_type_of_x86(void **state)
{
    struct program *p = program(state);
    write_object(p, x86_sites, sizeof x86_sites / sizeof *x86_sites, "target");
    program_link(p, START);
    uint64_t rva = image_symbol_rva(p->image, "target"), base = p->image->base;
    uint64_t place = image_symbol_rva(p->image, "sites");
    const struct image_section *section = image_section_at(p->image, (uint32_t)rva);
    check_slot(p, x86_sites, 0, 0x44);
    check_slot(p, x86_sites, 1, base + rva + 0x10);
    check_slot(p, x86_sites, 2, base + rva - 0x10);
    check_slot(p, x86_sites, 3, rva + 0x20);
    check_slot(p, x86_sites, 4, rva + 0x30 - (place + 4 * SLOT + 4));
    check_slot(p, x86_sites, 5, rva - 4 - (place + 5 * SLOT + 4));
    check_slot(p, x86_sites, 6, (uint64_t)(section - p->image->sections) + 1);
    check_slot(p, x86_sites, 7, rva - section->rva + 0x40);
    check_slot(p, x86_sites, 8, 0x80 | (rva - section->rva));
    assert_int_equal(image_base_relocation_count(p->image), 2);
    assert_int_equal(program_run(p, ""), 42);
}

static void an_absolute_symbol_is_its_value(void **state)
{
    struct program *p = program(state);
    static const struct site x64[] = {{"IMAGE_REL_AMD64_ADDR64", 1, 8}, {"IMAGE_REL_AMD64_ADDR32", 1, 4}};
    static const struct site x86[] = {{"IMAGE_REL_I386_DIR32", 1, 4}, {"IMAGE_REL_I386_DIR32", 2, 4}};
    bool is_x86 = p->platform == &platform_x86;
    write_object(p, is_x86 ? x86 : x64, 2, "number");
    program_link(p, START);
    assert_int_equal(value_at(p, 0, is_x86 ? 4 : 8), 0x12346);
    assert_int_equal(value_at(p, 1, 4), is_x86 ? 0x12347 : 0x12346);
    assert_int_equal(image_base_relocation_count(p->image), 0);
}

// --- what does not fit ---

static void check_overflow(struct program *p, const struct site *sites, size_t count, const char *options)
{
    write_object(p, sites, count, "target");
    program_link_fails(p, scratch_format(&p->scratch, START " %s", options), "error: ");
    for (size_t i = 0; i < count; i++) // every one, in one run
        assert_contains(p->link.errors, scratch_format(&p->scratch,
                                                       "sites.obj: relocation out of range: %s against target "
                                                       "[LNK2013]\n>>> in section 3 (.data) at offset 0x%zx\n",
                                                       sites[i].type, i * SLOT));
}

static void what_does_not_fit_on_x64_is_reported(void **state)
{
    static const struct site sites[] = {
        {"IMAGE_REL_AMD64_ADDR32", 0, 4}, // the image is above 4 GB
        {"IMAGE_REL_AMD64_SECREL7", 0x7f, 1},
        {"IMAGE_REL_AMD64_REL32", 0x80000000, 4},
        {"IMAGE_REL_AMD64_REL32_5", 0x80000000, 4},
    };
    struct program *p = program(state);
    check_overflow(p, sites, 4, "");
    // The sum counts, not the addend: the target lies before the place.
    static const struct site back[] = {{"IMAGE_REL_AMD64_REL32", 0x7fffffff, 4}};
    write_object(p, back, 1, "target");
    program_link(p, START);
    uint32_t distance = image_symbol_rva(p->image, "target") - (image_symbol_rva(p->image, "sites") + 4);
    check_slot(p, back, 0, 0x7fffffff + distance);
}

static void what_does_not_fit_on_x86_is_reported(void **state)
{
    static const struct site sites[] = {
        {"IMAGE_REL_I386_DIR16", 0, 2},
        {"IMAGE_REL_I386_REL16", 0x8000, 2},
        {"IMAGE_REL_I386_SECREL7", 0x7f, 1},
    };
    check_overflow(program(state), sites, 3, "");
}

static void types_without_meaning_are_refused(void **state)
{
    struct program *p = program(state);
    static const struct site x64[] = {
        {"IMAGE_REL_AMD64_TOKEN", 0, 4}, {"IMAGE_REL_AMD64_SREL32", 0, 4}, {"0x77", 0, 4}};
    static const struct site x86[] = {{"IMAGE_REL_I386_TOKEN", 0, 4}, {"IMAGE_REL_I386_SEG12", 0, 4}, {"0x77", 0, 4}};
    write_object(p, p->platform == &platform_x86 ? x86 : x64, 2, "target");
    program_link_fails(p, START, "sites.obj: unsupported relocation type: ");
    const char *first = strstr(p->link.errors, "unsupported relocation type");
    assert_non_null(strstr(first + 1, "unsupported relocation type"));
}

#define TESTS_ON(f) test_on_x64(f), test_on_x86(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_x64(every_type_of_x64),
        test_on_x86(every_type_of_x86),
        TESTS_ON(an_absolute_symbol_is_its_value),
        test_on_x64(what_does_not_fit_on_x64_is_reported),
        test_on_x86(what_does_not_fit_on_x86_is_reported),
        TESTS_ON(types_without_meaning_are_refused),
    };
    return cmocka_run_group_tests_name("relocations", tests, NULL, NULL);
}
