// What options write into an image's headers. Most are compared, field by field, with what lld-link writes for the same
// input and options; where the two differ on purpose, or lld-link lacks the option, the expected value is from
// link.exe's reference and the PE format.

#include <string.h>

#include "tests/support/program.h"

#define START "/ENTRY:start /SUBSYSTEM:CONSOLE"

enum { LARGE_ADDRESS_AWARE = 0x20, RELOCATIONS_STRIPPED = 1, UP_SYSTEM_ONLY = 0x4000 };
enum { WDM_DRIVER = 0x2000, NO_BIND = 0x800, NX_COMPAT = 0x100, FORCE_INTEGRITY = 0x80, DYNAMIC_BASE = 0x40 };

static void compile(struct program *p)
{
    program_compile(p,
                    "int start(void) { return 42; } __declspec(dllexport) int twice(int n) { return 2 * n; }\n"
                    "int (*pointer)(void) = start;",
                    "/O1");
}

// The headers as llvm-readobj tells them, without what follows from layout and content.
static const char *headers_of(struct program *p, const char *image)
{
    static const char *const left_out[] = {
        "File:",        "TimeDateStamp",       "SectionCount", "SizeOfCode", "SizeOfInitializedData",
        "SizeOfUninit", "AddressOfEntryPoint", "BaseOfCode",   "BaseOfData", "SizeOfImage",
    };
    const char *listing =
        read_back_with(&p->scratch, p->folder, scratch_format(&p->scratch, "llvm-readobj-19 --file-headers %s", image));
    char *out = scratch_allocate(&p->scratch, strlen(listing) + 1), *at = out;
    while (strstr(listing, "DataDirectory {")) {
        size_t size = strcspn(listing, "\n") + 1;
        if (strncmp(listing + strspn(listing, " "), "DataDirectory", 13) == 0)
            break;
        bool keep = true;
        for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
            keep &= strncmp(listing + strspn(listing, " "), left_out[i], strlen(left_out[i])) != 0;
        if (keep) {
            memcpy(at, listing, size);
            at += size;
        }
        listing += size;
    }
    *at = '\0';
    return out;
}

static void check_like_lld(struct program *p, const char *options)
{
    const char *lld = scratch_format(&p->scratch, "lld-link-19 /OUT:lld.image %s", options);
    for (size_t i = 0; i < p->inputs.count; i++)
        lld = scratch_format(&p->scratch, "%s %s", lld, p->inputs.items[i]);
    process_must_run(&p->scratch, p->folder, "%s", lld);
    program_link(p, options);
    assert_same_text(headers_of(p, p->image_path), headers_of(p, "lld.image"));
}

static void headers_of_a_program(void **state)
{
    struct program *p = program(state);
    compile(p);
    static const char *const options[] = {
        "",
        "/SUBSYSTEM:WINDOWS",
        "/SUBSYSTEM:CONSOLE,5.02",
        "/SUBSYSTEM:WINDOWS,10",
        "/SUBSYSTEM:NATIVE",
        "/SUBSYSTEM:EFI_APPLICATION",
        "/SUBSYSTEM:BOOT_APPLICATION",
        "/VERSION:3.14",
        "/VERSION:7",
        "/STACK:0x200000",
        "/STACK:0x200000,0x3000",
        "/HEAP:65536,8192",
        "/FIXED",
        "/DYNAMICBASE:NO",
        "/NXCOMPAT:NO",
        "/TSAWARE:NO",
        "/LARGEADDRESSAWARE",
        "/LARGEADDRESSAWARE:NO",
        "/APPCONTAINER",
        "/INTEGRITYCHECK",
        "/ALLOWISOLATION:NO",
        "/ALLOWBIND:NO",
        "/SWAPRUN:CD",
        "/SWAPRUN:NET,CD",
        "/BASE:0x10000000",
        "/FILEALIGN:4096",
        "/GUARD:NO",
        "/OSVERSION:5.1",
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        check_like_lld(p, scratch_format(&p->scratch, START " %s", options[i]));
}

static void headers_of_a_dll(void **state)
{
    struct program *p = program(state);
    compile(p);
    static const char *const options[] = {
        "", "/SUBSYSTEM:CONSOLE", "/FIXED", "/DYNAMICBASE:NO", "/LARGEADDRESSAWARE", "/BASE:0x60000000"};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        check_like_lld(p, scratch_format(&p->scratch, "/DLL /NOENTRY %s", options[i]));
}

static void high_entropy_is_for_64_bits(void **state)
{
    struct program *p = program(state);
    compile(p);
    check_like_lld(p, START " /HIGHENTROPYVA:NO");
    if (p->platform == &platform_x86)
        assert_int_equal(p->image->dll_characteristics & 0x20, 0);
    program_link(p, START " /HIGHENTROPYVA");
    assert_int_equal(p->image->dll_characteristics & 0x20, p->platform == &platform_x64 ? 0x20 : 0);
}

static void a_fixed_image_has_no_base_relocations(void **state)
{
    struct program *p = program(state);
    compile(p);
    program_link(p, START " /FIXED");
    assert_true(p->image->characteristics & RELOCATIONS_STRIPPED);
    assert_false(p->image->dll_characteristics & DYNAMIC_BASE);
    assert_int_equal(p->image->directories[IMAGE_DIRECTORY_BASE_RELOCATIONS].size, 0);
    assert_int_equal(program_run(p, ""), 42);
    program_link(p, START " /FIXED:NO /DYNAMICBASE:NO");
    assert_int_equal(image_base_relocation_count(p->image), 1);
    program_link_fails(p, START " /FIXED /DYNAMICBASE", "/fixed must not be specified with /dynamicbase");
}

static void a_driver_says_which(void **state)
{
    struct program *p = program(state);
    compile(p);
    program_link(p, "/DRIVER:WDM /ENTRY:start");
    assert_int_equal(p->image->subsystem, 1);
    assert_true(p->image->dll_characteristics & WDM_DRIVER);
    assert_false(p->image->dll_characteristics & 0x8000);
    program_link(p, "/DRIVER:UPONLY /ENTRY:start");
    assert_true(p->image->characteristics & UP_SYSTEM_ONLY);
}

static void base_addresses_come_from_a_file(void **state)
{
    struct program *p = program(state);
    compile(p);
    program_write(p, "bases.txt", "; key base size\nother 0x10000000 0x10000\nmine 0x20000000 0x10000 ; here\n");
    program_link(p, START " /BASE:@bases.txt,mine");
    assert_int_equal(p->image->base, 0x20000000);
    assert_same_text(p->link.errors, "");
    assert_int_equal(program_run(p, ""), 42);
    program_link(p, START " /BASE:@bases.txt,nobody");
    assert_contains(p->link.errors, "warning: base key \"nobody\" not found - using default [LNK4198]");
    program_link_fails(p, START " /BASE:0x20001000", "/base");
}

static void an_image_over_its_maximum_is_a_warning(void **state)
{
    struct program *p = program(state);
    compile(p);
    program_link(p, START " /BASE:0x20000000,0x100000");
    assert_same_text(p->link.errors, "");
    program_link(p, START " /BASE:0x20000000,0x1000");
    assert_contains(p->link.errors,
                    scratch_format(&p->scratch, "warning: image size 0x%x exceeds specified maximum 0x1000 [LNK4013]",
                                   p->image->size_of_image));
    assert_int_equal(program_run(p, ""), 42);
}

static void an_image_ends_inside_the_address_space(void **state)
{
    struct program *p = program(state);
    compile(p);
    program_link(p, START " /BASE:0xffff0000 /OPT:REF");
    program_compile(p, "char room[0x20000]; char *volatile keep = room;", "");
    program_link_fails(p, START " /BASE:0xffff0000",
                       "error: image exceeds maximum extent with base address 0xffff0000");
    program_link_fails(p, START " /BASE:0x100000000", "/base: 0x100000000 does not fit an image of this machine");
}

static void alignments_are_in_the_headers_and_kept(void **state)
{
    struct program *p = program(state);
    compile(p);
    program_link(p, START " /FILEALIGN:1024"); // the tests' reader checks every section
    assert_int_equal(p->image->file_alignment, 1024);
    assert_int_equal(program_run(p, ""), 42);
    program_link(p, START " /ALIGN:8192 /DRIVER");
    assert_int_equal(p->image->section_alignment, 8192);
    program_link(p, START " /ALIGN:16384");
    assert_contains(p->link.errors, "warning: /align specified without /driver; image may not run [LNK4108]");
    program_link_fails(p, START " /FILEALIGN:1000", "/filealign");
    program_link_fails(p, START " /ALIGN:3", "/align");
}

// --- the DOS program ---

static void a_stub_runs_in_dos(void **state)
{
    struct program *p = program(state);
    compile(p);
    program_link(p, START);
    assert_non_null(memmem(p->image->file, 128, "This program cannot be run in DOS mode.", 39));
    uint8_t stub[100] = "MZ";
    memset(stub + 0x40, 0xc3, sizeof stub - 0x40);
    folder_write_file(program_path(p, "stub.exe"), stub, sizeof stub);
    program_link(p, START " /STUB:stub.exe");
    assert_memory_equal(p->image->file + 0x40, stub + 0x40, sizeof stub - 0x40);
    assert_int_equal((p->image->optional_header - 24) % 8, 0);
    assert_int_equal(program_run(p, ""), 42);
    program_write(p, "text.exe", "this is no program for DOS, however long it is: it does not begin with the letters");
    program_link_fails(p, START " /STUB:text.exe", "/stub: text.exe");
    program_link_fails(p, START " /STUB:nowhere.exe", "nowhere.exe");
}

// --- time ---

static void the_timestamp_is_what_was_given(void **state)
{
    struct program *p = program(state);
    compile(p);
    program_link(p, START " /TIMESTAMP:0x12345678");
    assert_int_equal(p->image->timestamp, 0x12345678);
    program_link(p, START " /TIMESTAMP:1234");
    assert_int_equal(p->image->timestamp, 1234);
}

// --- /DEBUG ---

static void debug_is_one_warning_and_no_file(void **state)
{
    struct program *p = program(state);
    compile(p);
    static const char *const options[] = {"/DEBUG", "/DEBUG:FULL", "/DEBUG:FASTLINK", "/DEBUG:FULL /PDB:here.pdb",
                                          "/DEBUG /DEBUG:GHASH"};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        program_link(p, scratch_format(&p->scratch, START " %s", options[i]));
        const char *warning = strstr(p->link.errors, "warning: ");
        assert_non_null(warning);
        assert_null(strstr(warning + 1, "warning: "));
        assert_false(path_exists(program_path(p, "program.pdb")));
        assert_false(path_exists(program_path(p, "here.pdb")));
        assert_int_equal(program_run(p, ""), 42);
    }
    static const char *const quiet[] = {"/DEBUG:NONE", "/DEBUG:SYMTAB", "/DEBUG:DWARF"};
    for (size_t i = 0; i < sizeof quiet / sizeof *quiet; i++) {
        program_link(p, scratch_format(&p->scratch, START " %s", quiet[i]));
        assert_same_text(p->link.errors, "");
    }
}

#define TESTS_ON(f) test_on_x64(f), test_on_x86(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTS_ON(headers_of_a_program),
        TESTS_ON(headers_of_a_dll),
        TESTS_ON(high_entropy_is_for_64_bits),
        TESTS_ON(a_fixed_image_has_no_base_relocations),
        test_on_x64(a_driver_says_which),
        TESTS_ON(base_addresses_come_from_a_file),
        test_on_x64(an_image_over_its_maximum_is_a_warning),
        test_on_x86(an_image_ends_inside_the_address_space),
        TESTS_ON(alignments_are_in_the_headers_and_kept),
        test_on_x64(a_stub_runs_in_dos),
        test_on_x64(the_timestamp_is_what_was_given),
        test_on_x64(debug_is_one_warning_and_no_file),
    };
    return cmocka_run_group_tests_name("headers", tests, NULL, NULL);
}
