// The load configuration and the tables of Control Flow Guard that it names. What belongs into the tables is asked of
// lld-link, which gets the same objects; which functions those are is checked by name.

#include <stdlib.h>
#include <string.h>

#include "tests/support/program.h"

// As the C run time's loadcfg.c has it: every field that the linker settles is one of its names. In assembly, since a C
// compiler will not put the low half of an address into GuardFlags: sizes and offsets are those of
// IMAGE_LOAD_CONFIG_DIRECTORY64 and …32.
static const char run_time_x64[] = ".globl _load_config_used\n.section .rdata,\"dr\"\n.p2align 3\n_load_config_used:\n"
                                   ".long 0x140\n.zero 124\n.quad __guard_fids_table, __guard_fids_count\n"
                                   ".long __guard_flags\n.zero 12\n.quad __guard_iat_table, __guard_iat_count\n"
                                   ".quad __guard_longjmp_table, __guard_longjmp_count\n.zero 72\n"
                                   ".quad __guard_eh_cont_table, __guard_eh_cont_count\n.zero 40\n"
                                   ".data\n.globl __guard_check_icall_fptr\n__guard_check_icall_fptr: .quad check\n"
                                   ".globl __guard_dispatch_icall_fptr\n__guard_dispatch_icall_fptr: .quad dispatch\n"
                                   ".text\n.def check; .type 32; .endef\ncheck: ret\n.def dispatch; .type 32; .endef\n"
                                   "dispatch: jmp *%rax\n";
static const char run_time_x86[] =
    ".globl __load_config_used\n.section .rdata,\"dr\"\n.p2align 2\n__load_config_used:\n"
    ".long 0xc0\n.zero 76\n.long ___guard_fids_table, ___guard_fids_count, ___guard_flags\n"
    ".zero 12\n.long ___guard_iat_table, ___guard_iat_count\n"
    ".long ___guard_longjmp_table, ___guard_longjmp_count\n.zero 44\n"
    ".long ___guard_eh_cont_table, ___guard_eh_cont_count\n.zero 20\n"
    ".data\n.globl ___guard_check_icall_fptr\n___guard_check_icall_fptr: .long check\n"
    ".text\n.def check; .type 32; .endef\ncheck: ret\n.def @feat.00; .scl 3; .type 0; .endef\n.globl "
    "@feat.00\n@feat.00 = 1\n";

static void compile_run_time(struct program *p)
{
    program_compile_as(p, "config.s", p->platform == &platform_x86 ? run_time_x86 : run_time_x64, "");
}

static const char guarded[] = "int taken(int a) { return a + 1; }\n"
                              "__declspec(noinline) int called(int a) { return a + 2; }\n"
                              "static int private_taken(int a) { return a + 3; }\n"
                              "int (*volatile table[2])(int) = {taken, private_taken};\n"
                              "int start(void) { return called(1) + table[0](10) + table[1](20); }\n";

static const char *load_config(struct program *p, const char *image)
{
    return process_must_run(&p->scratch, p->folder, "llvm-readobj-19 --coff-load-config %s", image).output;
}

// The value behind "name: " in a listing.
static unsigned long long value_of(const char *listing, const char *name)
{
    const char *at = strstr(listing, name);
    if (!at)
        fail_with("no %s in:\n%s", name, listing);
    return strtoull(strchr(at, ':') + 1, NULL, 0);
}

static bool is_listed(struct program *p, const char *table, const char *function)
{
    const char *listing = strstr(load_config(p, "program.exe"), table);
    assert_non_null(listing);
    const char *name = p->platform == &platform_x86 ? scratch_format(&p->scratch, "_%s", function) : function;
    unsigned long long address = p->image->base + image_symbol_rva(p->image, name);
    const char *end = strchr(listing, ']');
    const char *line = strstr(listing, scratch_format(&p->scratch, "0x%llX\n", address));
    return line && line < end;
}

static void link_guarded(struct program *p, const char *options)
{
    program_link(p, scratch_format(&p->scratch, "/ENTRY:start /SUBSYSTEM:CONSOLE /DEBUG:SYMTAB /OPT:REF /OPT:NOICF %s",
                                   options));
    assert_lacks(p->link.errors, "warning");
    struct process lld = {.folder = p->folder};
    arguments_add_line(&p->scratch, &lld.arguments,
                       "lld-link-19 /ENTRY:start /SUBSYSTEM:CONSOLE /SAFESEH:NO /OPT:REF /OPT:NOICF /OUT:lld.exe");
    arguments_add_line(&p->scratch, &lld.arguments, options);
    arguments_add_all(&p->scratch, &lld.arguments, &p->inputs);
    struct outcome outcome = process_run(&p->scratch, &lld);
    if (outcome.status != 0)
        fail_with("lld-link: %s", outcome.errors);
    static const char *const names[] = {"GuardCFFunctionCount", "GuardFlags", "GuardAddressTakenIatEntryCount",
                                        "GuardLongJumpTargetCount", "GuardEHContinuationCount"};
    const char *ours = load_config(p, "program.exe"), *theirs = load_config(p, "lld.exe");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (value_of(ours, names[i]) != value_of(theirs, names[i]))
            fail_with("%s: %llu, lld-link has %llu", names[i], value_of(ours, names[i]), value_of(theirs, names[i]));
}

static void functions_whose_address_is_taken_are_listed(void **state)
{
    struct program *p = program(state);
    program_compile(p, guarded, "/O1 /guard:cf");
    compile_run_time(p);
    link_guarded(p, "/GUARD:CF");
    assert_true(is_listed(p, "GuardFidTable", "taken"));
    assert_true(is_listed(p, "GuardFidTable", "start")); // the entry point
    assert_false(is_listed(p, "GuardFidTable", "called"));
    assert_int_equal(image_symbol_rva(p->image, p->platform == &platform_x86 ? "_taken" : "taken") % 16, 0);
    assert_int_equal(p->image->dll_characteristics & 0x4000, 0x4000);
    assert_int_equal(program_run(p, ""), 3 + 11 + 23);
}

static void an_object_without_lists_may_take_any_address(void **state)
{
    struct program *p = program(state);
    program_compile(p, guarded, "/Od");
    compile_run_time(p);
    link_guarded(p, "/GUARD:CF");
    assert_true(is_listed(p, "GuardFidTable", "taken"));
    assert_int_equal(program_run(p, ""), 3 + 11 + 23);
}

static void imports_whose_address_is_taken_are_listed(void **state)
{
    struct program *p = program(state);
    program_begin_image(p, "far.dll");
    program_compile(p, "__declspec(dllexport) int away(int a) { return a * 2; }", "/O1");
    program_link(p, "/DLL /NOENTRY /IMPLIB:far.lib");
    program_begin_image(p, "program.exe");
    program_compile(p,
                    "__declspec(dllimport) int away(int a); int (*volatile pointer)(int) = 0;\n"
                    "int start(void) { pointer = away; return pointer(21); }",
                    "/O1 /guard:cf");
    compile_run_time(p);
    program_add_input(p, "far.lib");
    link_guarded(p, "/GUARD:CF");
    assert_int_equal(value_of(load_config(p, "program.exe"), "GuardAddressTakenIatEntryCount"), 1);
    assert_int_equal(program_run(p, ""), 42);
}

static void long_jumps_have_a_table(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "int remember(void *) __attribute__((returns_twice)); int buffer[64];\n"
                    "int start(void) { if (remember(buffer)) return 1; return 7; }\n",
                    "/O1 /guard:cf");
    program_compile(p, "int remember(void *b) { return 0; }", "/O1");
    compile_run_time(p);
    link_guarded(p, "/GUARD:CF,LONGJMP");
    assert_int_equal(value_of(load_config(p, "program.exe"), "GuardLongJumpTargetCount"), 1);
    assert_int_equal(program_run(p, ""), 7);
}

// What /guard:ehcont makes of a handler's way back, as an assembler writes it; the list's name is longer than a
// header's eight bytes.
static void continuations_have_a_table(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int start(void) { return 7; }", "/O1 /guard:cf");
    program_compile_as(p, "continuations.s",
                       ".def @feat.00; .scl 3; .type 0; .endef\n.globl @feat.00\n@feat.00 = 0x4800\n.text\n.globl "
                       "far_back\n.def far_back; .scl 2; .type 32; .endef\n"
                       "far_back: nop\n.globl on_with_it\non_with_it: ret\n"
                       ".section .gehcont$y,\"dr\"\n.symidx on_with_it\n.symidx far_back\n.symidx on_with_it\n",
                       "");
    compile_run_time(p);
    link_guarded(p, "/GUARD:CF,EHCONT");
    assert_int_equal(value_of(load_config(p, "program.exe"), "GuardEHContinuationCount"), 2);
    assert_true(is_listed(p, "GuardEHContTable", "on_with_it"));
    assert_int_equal(program_run(p, ""), 7);
}

// Lists of symbol indexes are for linkers: they take no room in an image.
static void lists_are_not_in_the_image(void **state)
{
    struct program *p = program(state);
    program_compile(p, guarded, "/O1 /guard:cf,nochecks");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /MAP:m.map");
    assert_lacks(program_read(p, "m.map"), "gfids");
    assert_int_equal(program_run(p, ""), 37);
}

static void a_missing_load_configuration_is_worth_a_warning(void **state)
{
    struct program *p = program(state);
    program_compile(p, guarded, "/O1 /guard:cf,nochecks");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /GUARD:CF");
    assert_contains(p->link.errors, "warning: Control Flow Guard is enabled but '_load_config_used' is missing");
}

static void a_load_configuration_that_says_other_things_is_worth_a_warning(void **state)
{
    struct program *p = program(state);
    program_compile(p, guarded, "/O1 /guard:cf,nochecks");
    program_compile(p, "const unsigned _load_config_used[16] = {64};", "");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /GUARD:CF");
    assert_contains(p->link.errors, "warning: '_load_config_used' structure too small to include GuardFlags");
    program_begin_image(p, "program.exe");
    program_compile(p, guarded, "/O1 /guard:cf,nochecks");
    program_compile(p, "__declspec(align(8)) const unsigned _load_config_used[64] = {256};", "");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /GUARD:CF");
    assert_contains(p->link.errors, "warning: GuardCFFunctionTable not set correctly in '_load_config_used'");
}

static void a_size_that_lies_is_an_error(void **state)
{
    struct program *p = program(state);
    program_compile(p, "const unsigned _load_config_used[16] = {65}; int start(void) { return 1; }", "");
    program_link_fails(p, "/ENTRY:start /SUBSYSTEM:CONSOLE", "_load_config_used is too large");
}

// Nothing refers to the load configuration: it is asked for, wherever it is.
static void the_load_configuration_comes_out_of_a_library(void **state)
{
    struct program *p = program(state);
    compile_run_time(p);
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:config.lib config.obj");
    p->inputs.count = 0;
    program_compile(p, "int start(void) { return 9; }", "/O1");
    program_add_input(p, "config.lib");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /DEPENDENTLOADFLAG:0x800");
    assert_int_equal(p->image->directories[IMAGE_DIRECTORY_LOAD_CONFIGURATION].size, p->image->is_64 ? 0x140 : 0xc0);
    assert_int_equal(value_of(load_config(p, "program.exe"), "DependentLoadFlags"), 0x800);
    assert_int_equal(program_run(p, ""), 9);
}

// An assembler that was told `.globl @feat.00` makes it external. It is about its object all the same: every object has
// its own, and with /SAFESEH each must say that its handlers are known.
static void features_are_read_whatever_their_storage_class(void **state)
{
    struct program *p = program(state);
    static const char *const names[] = {"one.s", "two.s"};
    static const char *const code[] = {"_start: call _other\n ret\n", "_other: movl $7, %eax\n ret\n"};
    static const char *const labels[] = {"_start", "_other"};
    for (int i = 0; i < 2; i++)
        program_compile_as(p, names[i],
                           scratch_format(&p->scratch,
                                          ".globl @feat.00\n@feat.00 = 1\n.text\n.globl %s\n"
                                          ".def %s; .scl 2; .type 32; .endef\n%s",
                                          labels[i], labels[i], code[i]),
                           "");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /SAFESEH");
    assert_int_equal(program_run(p, ""), 7);
}

#define TESTS_ON(f) test_on_x64(f), test_on_x86(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTS_ON(functions_whose_address_is_taken_are_listed),
        TESTS_ON(an_object_without_lists_may_take_any_address),
        TESTS_ON(imports_whose_address_is_taken_are_listed),
        TESTS_ON(long_jumps_have_a_table),
        test_on_x64(continuations_have_a_table),
        TESTS_ON(lists_are_not_in_the_image),
        test_on_x64(a_missing_load_configuration_is_worth_a_warning),
        test_on_x64(a_load_configuration_that_says_other_things_is_worth_a_warning),
        test_on_x64(a_size_that_lies_is_an_error),
        TESTS_ON(the_load_configuration_comes_out_of_a_library),
        test_on_x86(features_are_read_whatever_their_storage_class),
    };
    return cmocka_run_group_tests_name("load_config", tests, NULL, NULL);
}
