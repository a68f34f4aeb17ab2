// Values of options: what they become, and what is said about those that are none. Words of errors are lld-link 19's
// on the same arguments, where it has any; numbers are link.exe's.
#include "tests/unit/test_options.h"

#include "common/coff.h"
#include "common/pe.h"

static void the_table_is_sorted_and_complete(void **state)
{
    (void)state;
    for (size_t i = 1; i < option_table_count; i++)
        if (strcmp(option_table[i - 1].name, option_table[i].name) >= 0)
            fail_msg("%s stands before %s", option_table[i - 1].name, option_table[i].name);
    for (size_t i = 0; i < option_table_count; i++) {
        assert_ptr_equal(option_find(text_of(option_table[i].name)), &option_table[i]);
        assert_true(option_table[i].help == NULL || option_table[i].handle != NULL);
        assert_false(option_table[i].help && option_table[i].form == VALUE_REQUIRED && !option_table[i].value_help);
    }
    assert_null(option_find(TEXT("")));
    assert_null(option_find(TEXT("DL")));
    assert_null(option_find(TEXT("DLLX")));
    assert_ptr_equal(option_find(TEXT("d2threads8")), option_find(TEXT("D2")));
}

// Every option that lld-link 19 lists on its help page (and those of its option file that it does not list) is known.
static void all_of_lld_links_options_are_known(void **state)
{
    (void)state;
    static const char *const names[] = {
        "align",
        "aligncomm",
        "allowbind",
        "allowisolation",
        "alternatename",
        "appcontainer",
        "base",
        "Brepro",
        "build-id",
        "call-graph-ordering-file",
        "call-graph-profile-sort",
        "cetcompat",
        "debug",
        "debugtype",
        "def",
        "defaultlib",
        "delayload",
        "demangle",
        "dependentloadflag",
        "diasdkdir",
        "dll",
        "driver",
        "dwodir",
        "dynamicbase",
        "end-lib",
        "entry",
        "errorlimit",
        "exclude-symbols",
        "export",
        "filealign",
        "fixed",
        "force",
        "functionpadmin",
        "guard",
        "heap",
        "highentropyva",
        "ignore",
        "implib",
        "include",
        "includeoptional",
        "incremental",
        "inferasanlibs",
        "integritycheck",
        "largeaddressaware",
        "libpath",
        "lib",
        "linkrepro",
        "lldemit",
        "lldignoreenv",
        "lldltocache",
        "lldltocachepolicy",
        "lldsavetemps",
        "lto-cs-profile-file",
        "lto-cs-profile-generate",
        "lto-obj-path",
        "lto-pgo-warn-mismatch",
        "lto-sample-profile",
        "machine",
        "manifest",
        "manifestdependency",
        "manifestfile",
        "manifestinput",
        "manifestuac",
        "mapinfo",
        "merge",
        "mllvm",
        "natvis",
        "nodefaultlib",
        "noentry",
        "noimplib",
        "nxcompat",
        "opt",
        "order",
        "out",
        "pdb",
        "pdbaltpath",
        "pdbpagesize",
        "pdbsourcepath",
        "pdbstream",
        "pdbstripped",
        "print-symbol-order",
        "release",
        "reproduce",
        "safeseh",
        "section",
        "stack",
        "start-lib",
        "stub",
        "subsystem",
        "swaprun",
        "thinlto-emit-imports-files",
        "thinlto-index-only",
        "thinlto-object-suffix-replace",
        "thinlto-prefix-replace",
        "threads",
        "time-trace",
        "time-trace-granularity",
        "timestamp",
        "tsaware",
        "vctoolsdir",
        "vctoolsversion",
        "version",
        "vfsoverlay",
        "wholearchive",
        "winsdkdir",
        "winsdkversion",
        "winsysroot",
        "WX",
        "failifmismatch",
        "disallowlib",
        "profile",
        "help",
        "?",
        "auto-import",
        "runtime-pseudo-reloc",
        "exclude-all-symbols",
        "export-all-symbols",
        "kill-at",
        "lld-allow-duplicate-weak",
        "lldmingw",
        "noseh",
        "osversion",
        "output-def",
        "rsp-quoting",
        "stdcall-fixup",
        "wrap",
        "time",
        "lldmap",
        "map",
        "print-search-paths",
        "summary",
        "ignoreidl",
        "ltcg",
        "assemblydebug",
        "nologo",
        "throwingnew",
        "editandcontinue",
        "fastfail",
        "kernel",
        "pdbcompress",
        "emitpogophaseinfo",
        "noexp",
        "delay",
        "errorreport",
        "idlout",
        "ilk",
        "ltcgout",
        "maxilksize",
        "tlbid",
        "tlbout",
        "verbose",
        "guardsym",
        "arm64xsameaddress",
        "includeglob",
        "defarm64native",
        "color-diagnostics",
        "no-color-diagnostics",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!option_find(text_of(names[i])))
            fail_msg("/%s is not known", names[i]);
}

// ... and every one of link.exe's reference ("MSVC Linker options").
static void all_of_link_exes_options_are_known(void **state)
{
    (void)state;
    static const char *const names[] = {
        "ALIGN",
        "ALLOWBIND",
        "ALLOWISOLATION",
        "APPCONTAINER",
        "ASSEMBLYDEBUG",
        "ASSEMBLYLINKRESOURCE",
        "ASSEMBLYMODULE",
        "ASSEMBLYRESOURCE",
        "BASE",
        "CETCOMPAT",
        "CGTHREADS",
        "CLRIMAGETYPE",
        "CLRSUPPORTLASTERROR",
        "CLRTHREADATTRIBUTE",
        "CLRUNMANAGEDCODECHECK",
        "DEBUG",
        "DEBUGTYPE",
        "DEF",
        "DEFAULTLIB",
        "DELAY",
        "DELAYLOAD",
        "DELAYSIGN",
        "DEPENDENTLOADFLAG",
        "DLL",
        "DRIVER",
        "DYNAMICBASE",
        "DYNAMICDEOPT",
        "ENTRY",
        "ERRORREPORT",
        "EXPORT",
        "FILEALIGN",
        "FIXED",
        "FORCE",
        "FUNCTIONPADMIN",
        "GENPROFILE",
        "FASTGENPROFILE",
        "GUARD",
        "HEAP",
        "HIGHENTROPYVA",
        "IDLOUT",
        "IGNORE",
        "IGNOREIDL",
        "ILK",
        "IMPLIB",
        "INCLUDE",
        "INCREMENTAL",
        "INFERASANLIBS",
        "INTEGRITYCHECK",
        "KERNEL",
        "KEYCONTAINER",
        "KEYFILE",
        "LARGEADDRESSAWARE",
        "LIBPATH",
        "LINKREPRO",
        "LINKREPROFULLPATHRSP",
        "LINKREPROTARGET",
        "LTCG",
        "LTCGOUT",
        "MACHINE",
        "MANIFEST",
        "MANIFESTDEPENDENCY",
        "MANIFESTFILE",
        "MANIFESTINPUT",
        "MANIFESTUAC",
        "MAP",
        "MAPINFO",
        "MERGE",
        "MIDL",
        "NATVIS",
        "NOASSEMBLY",
        "NODEFAULTLIB",
        "NOENTRY",
        "NOIMPLIB",
        "NOLOGO",
        "NXCOMPAT",
        "OPT",
        "ORDER",
        "OUT",
        "PDB",
        "PDBALTPATH",
        "PDBSTRIPPED",
        "PGD",
        "POGOSAFEMODE",
        "PROFILE",
        "RELEASE",
        "SAFESEH",
        "SECTION",
        "SOURCELINK",
        "STACK",
        "STUB",
        "SUBSYSTEM",
        "SWAPRUN",
        "TIME",
        "TLBID",
        "TLBOUT",
        "TSAWARE",
        "USEPROFILE",
        "VERBOSE",
        "VERSION",
        "WHOLEARCHIVE",
        "WINMD",
        "WINMDFILE",
        "WINMDKEYFILE",
        "WINMDKEYCONTAINER",
        "WINMDDELAYSIGN",
        "WX",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!option_find(text_of(names[i])))
            fail_msg("/%s is not known", names[i]);
}

static void what_is_wrong_is_said_in_known_words(void **state)
{
    static const struct {
        const char *argument, *said;
    } cases[] = {
        {"/opt:x", "error: /opt: unknown option: x [LNK1117]"},
        {"/opt:ref,bogus", "error: /opt: unknown option: bogus"},
        {"/opt:icf=x", "error: /opt: unknown option: icf=x"},
        {"/base:zz", "invalid number: zz"},
        {"/stack:abc", "invalid number: abc"},
        {"/stack:0x10000,q", "invalid number: q"},
        {"/stack:,", "error: syntax error in option '/stack:,' [LNK1117]"},
        {"/heap:1,2,3", "invalid number: 2,3"},
        {"/subsystem:foo", "error: unknown subsystem: foo"},
        {"/subsystem:console,x.y", "invalid number: x"},
        {"/subsystem:console,6.y", "invalid number: y"},
        {"/merge:foo", "error: /merge: invalid argument: foo"},
        {"/merge:=x", "error: /merge: invalid argument: =x"},
        {"/merge:.rsrc=.x", "error: /merge: cannot merge '.rsrc' with any section"},
        {"/merge:.x=.reloc", "error: /merge: cannot merge '.reloc' with any section"},
        {"/alternatename:foo", "error: /alternatename: invalid argument: foo"},
        {"/failifmismatch:x", "error: /failifmismatch: invalid argument: x"},
        {"/section:.foo", "error: /section: invalid argument: .foo"},
        {"/section:.foo,q", "error: /section: invalid argument: q"},
        {"/section:.foo,r,align=3", "error: /section: invalid argument: align=3"},
        {"/align:3", "error: /align: not a power of two: 3"},
        {"/align:0", "error: /align: not a power of two: 0"},
        {"/filealign:100", "error: /filealign: not a power of two: 100"},
        {"/guard:foo", "error: invalid argument to /guard: foo"},
        {"/machine:vax", "error: unknown /machine argument: vax"},
        {"/machine:arm64ec", "error: /machine:arm64ec is not supported"},
        {"/swaprun:foo", "error: /swaprun: invalid argument: foo"},
        {"/swaprun:cd,", "error: /swaprun: missing argument"},
        {"/threads:0", "expected a positive integer, but got '0'"},
        {"/threads:x", "expected a positive integer, but got 'x'"},
        {"/manifest:foo", "error: /manifest: invalid argument: foo"},
        {"/manifest:embed,id=", "error: /manifest: invalid argument: embed,id="},
        {"/manifestuac:foo", "error: /manifestuac: invalid argument: foo"},
        {"/timestamp:x", "error: invalid timestamp: x.  Expected 32-bit integer"},
        {"/timestamp:4294967296", "error: invalid timestamp: 4294967296.  Expected 32-bit integer"},
        {"/debug:foo", "error: /debug: unknown option: foo"},
        {"/mapinfo:foo", "error: unknown option: /mapinfo:foo"},
        {"/export:foo,@0", "error: invalid /export: foo,@0"},
        {"/export:foo,@65536", "error: invalid /export: foo,@65536"},
        {"/export:foo,NONAME", "error: invalid /export: foo,NONAME"},
        {"/export:=x", "error: invalid /export: =x"},
        {"/export:x=", "error: invalid /export: x="},
        {"/export:foo,BAR", "error: invalid /export: foo,BAR"},
        {"/force:foo", "error: /force: invalid argument: foo"},
        {"/driver:foo", "error: /driver: invalid argument: foo"},
        {"/delay:foo", "error: /delay: invalid argument: foo"},
        {"/version:a", "invalid number: a"},
        {"/version:1.65536", "invalid number: 65536"},
        {"/version:1.", "invalid number: "},
        {"/order:foo", "error: /order: invalid argument: foo"},
        {"/errorlimit:x", "error: /errorlimit: number expected, but got x"},
        {"/aligncomm:foo", "error: /aligncomm: invalid argument: foo"},
        {"/aligncomm:foo,14", "error: /aligncomm: invalid argument: foo,14"},
        {"/dependentloadflag", "error: /dependentloadflag: no argument specified"},
        {"/dependentloadflag:65536", "error: /dependentloadflag: invalid argument: 65536"},
        {"--rsp-quoting=foo", "error: invalid response file quoting: foo"},
        {"/lib", "warning: ignoring /lib since it's not the first argument"},
        {"/patchready:x", "error: /patchready: invalid argument: x"},
        {"/patchreadyexcept:x", "error: /patchreadyexcept: invalid argument: x"},
        {"/export:foo,", "warning: extra delimiter in /export: foo, [LNK4051]"},
        {"/winmd", "warning: ignoring '/winmd': it has no effect in this linker"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fixture_tear_down(state);
        fixture_set_up(state);
        struct fixture *f = *state;
        char argument[64];
        strcpy(argument, cases[i].argument);
        read_arguments(f, argument);
        assert_said(f, cases[i].said);
        bool is_error = strstr(cases[i].said, "warning: ") == NULL;
        assert_int_equal(diagnostics_error_count(f->diagnostics), is_error);
    }
}

// --- /FUNCTIONPADMIN (design, "Pads: the contract") ---

static void check_pad(void **state, const char *argument, uint32_t size)
{
    fixture_tear_down(state);
    fixture_set_up(state);
    struct fixture *f = *state;
    char copy[64];
    strcpy(copy, argument);
    read_arguments(f, copy);
    assert_silent(f);
    assert_true(f->options.function_pad);
    assert_true(f->options.function_pad_given_size);
    assert_int_equal(f->options.function_pad_size, size);
}

static void pad_sizes_are_decimal_or_hexadecimal(void **state)
{
    check_pad(state, "/FUNCTIONPADMIN:5", 5);
    check_pad(state, "/functionpadmin:16", 16);
    check_pad(state, "-FunctionPadMin:0x10", 16);
    check_pad(state, "/FUNCTIONPADMIN:0X1f", 31);
    check_pad(state, "/FUNCTIONPADMIN:010", 10);
    check_pad(state, "/FUNCTIONPADMIN:08", 8);
    check_pad(state, "/FUNCTIONPADMIN:0", 0);
    check_pad(state, "/FUNCTIONPADMIN:4294967295", 4294967295u);
}

static void other_pad_sizes_are_errors_that_name_the_argument(void **state)
{
    static const char *const values[] = {"",    "x",   "0x",         "5x",          "-5",  "+5",  " 5",    "5 ", "5,6",
                                         "0b1", "5.0", "4294967296", "0x100000000", "ten", "1e1", "0x0x5", "5h"};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        fixture_tear_down(state);
        fixture_set_up(state);
        struct fixture *f = *state;
        char argument[64], said[128];
        snprintf(argument, sizeof argument, "/FUNCTIONPADMIN:%s", values[i]);
        snprintf(said, sizeof said, "error: /functionpadmin: invalid argument: %s [LNK1117]\n", values[i]);
        read_arguments(f, argument);
        assert_said(f, said);
        assert_false(f->options.function_pad);
    }
}

static void the_last_pad_size_wins(void **state)
{
    struct fixture *f = *state;
    read_arguments(f, "/FUNCTIONPADMIN:5", "/FUNCTIONPADMIN:16");
    assert_int_equal(f->options.function_pad_size, 16);
    read_arguments(f, "/FUNCTIONPADMIN");
    assert_true(f->options.function_pad);
    assert_false(f->options.function_pad_given_size);
    read_arguments(f, "/FUNCTIONPADMIN", "/FUNCTIONPADMIN:7");
    assert_true(f->options.function_pad_given_size);
    assert_int_equal(f->options.function_pad_size, 7);
    assert_silent(f);
}

static void patching_has_its_options(void **state)
{
    struct fixture *f = *state;
    read_arguments(f, "/FUNCTIONPADALL", "/NOFUNCTIONPADSECTION:.init", "/nofunctionpadsection:.text$x",
                   "/HOTPATCHCOMPATIBLE", "/PATCHREPORT:r.json.gz", "/PATCHREADY", "/PATCHREADYEXCEPT:@names.txt");
    assert_silent(f);
    assert_true(f->options.function_pad_all);
    assert_texts(f, &f->options.no_pad_sections, ".init|.text$x");
    assert_true(f->options.hotpatch_compatible);
    assert_true(f->options.patch_report);
    assert_text(f->options.patch_report_file, "r.json.gz");
    assert_int_equal(f->options.patch_gate, PATCH_GATE_ERROR);
    assert_text(f->options.patch_ready_except, "names.txt");
    read_arguments(f, "/PATCHREADY:warn", "/PATCHREPORT");
    assert_int_equal(f->options.patch_gate, PATCH_GATE_WARN);
    assert_int_equal(f->options.patch_report_file.size, 0);
    assert_silent(f);
}

// --- the image ---

static void defaults_are_link_exes(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(f->options.stack_reserve, 1048576);
    assert_int_equal(f->options.stack_commit, 4096);
    assert_int_equal(f->options.heap_reserve, 1048576);
    assert_int_equal(f->options.heap_commit, 4096);
    assert_int_equal(f->options.section_alignment, 4096);
    assert_int_equal(f->options.file_alignment, 512);
    assert_int_equal(f->options.subsystem_major, 6);
    assert_int_equal(f->options.subsystem_minor, 0);
    assert_int_equal(f->options.image_major, 0);
    assert_int_equal(f->options.error_limit, 20);
    assert_true(f->options.manifest_uac);
}

static void header_numbers_are_read(void **state)
{
    struct fixture *f = *state;
    read_arguments(f, "/BASE:0x180000000,0x100000", "/STACK:2097152,8192", "/HEAP:,16384", "/ALIGN:8192",
                   "/FILEALIGN:0x1000", "/SUBSYSTEM:WINDOWS,6.02", "/VERSION:3.14", "/OSVERSION:10",
                   "/TIMESTAMP:0xffffffff", "/MACHINE:ARM64", "/DEPENDENTLOADFLAG:0x800", "/THREADS:7");
    assert_silent(f);
    assert_true(f->options.base_given);
    assert_int_equal(f->options.image_base, 0x180000000);
    assert_int_equal(f->options.base_maximum_size, 0x100000);
    assert_int_equal(f->options.stack_reserve, 2097152);
    assert_int_equal(f->options.stack_commit, 8192);
    assert_int_equal(f->options.heap_reserve, 1048576);
    assert_int_equal(f->options.heap_commit, 16384);
    assert_true(f->options.section_alignment_given);
    assert_int_equal(f->options.section_alignment, 8192);
    assert_int_equal(f->options.file_alignment, 4096);
    assert_int_equal(f->options.subsystem, SUBSYSTEM_WINDOWS);
    assert_true(f->options.subsystem_version_given);
    assert_int_equal(f->options.subsystem_major, 6);
    assert_int_equal(f->options.subsystem_minor, 2);
    assert_int_equal(f->options.image_major, 3);
    assert_int_equal(f->options.image_minor, 14);
    assert_int_equal(f->options.os_major, 10);
    assert_true(f->options.timestamp_given);
    assert_int_equal(f->options.timestamp, 0xffffffff);
    assert_int_equal(f->options.machine, MACHINE_ARM64);
    assert_int_equal(f->options.dependent_load_flags, 0x800);
    assert_int_equal(f->options.threads, 7);
}

// The example of link.exe's reference, "/BASE".
static void base_may_come_from_a_file(void **state)
{
    struct fixture *f = *state;
    write_text("dlls.txt", "; comment\nmain   0x00010000    0x08000000    ; for PROJECT.exe\r\n"
                           "one    0x28000000    0x00100000    ; for DLLONE.DLL\n"
                           "two    0x28100000    0x00300000    ; for DLLTWO.DLL\nlast 0x30000000\n");
    read_arguments(f, "/base:@dlls.txt,TWO");
    assert_silent(f);
    assert_int_equal(f->options.image_base, 0x28100000);
    assert_int_equal(f->options.base_maximum_size, 0x00300000);
    read_arguments(f, "/base:@dlls.txt,last");
    assert_int_equal(f->options.image_base, 0x30000000);
    assert_int_equal(f->options.base_maximum_size, 0);
    read_arguments(f, "/base:@dlls.txt,three");
    assert_said(f, "warning: base key \"three\" not found - using default [LNK4198]");
    read_arguments(f, "/base:@none.txt,two");
    assert_said(f, "error: could not open 'none.txt'");
    read_arguments(f, "/base:@dlls.txt");
    assert_said(f, "syntax error in option '/base:@dlls.txt'");
}

static void lists_of_words_are_read(void **state)
{
    struct fixture *f = *state;
    read_arguments(f, "/OPT:REF,NOICF", "/GUARD:cf,ehcont,nolongjmp", "/DRIVER:WDM,UPONLY", "/SWAPRUN:NET",
                   "/FORCE:MULTIPLE", "/DELAY:UNLOAD", "/DELAY:NOBIND", "/MANIFEST:EMBED,ID=3", "/MAPINFO:EXPORTS");
    assert_silent(f);
    assert_int_equal(f->options.opt_ref, ON);
    assert_int_equal(f->options.opt_icf, OFF);
    assert_true(f->options.guard_cf && f->options.guard_ehcont && !f->options.guard_long_jump);
    assert_true(f->options.is_driver && f->options.is_driver_wdm && f->options.is_driver_uponly);
    assert_true(f->options.swaprun_net && !f->options.swaprun_cd);
    assert_true(f->options.force_multiple && !f->options.force_unresolved);
    assert_true(f->options.delay_unload && f->options.delay_no_bind);
    assert_int_equal(f->options.manifest, MANIFEST_EMBED);
    assert_int_equal(f->options.manifest_id, 3);
    assert_true(f->options.map_exports);
    read_arguments(f, "/FORCE", "/OPT:ICF=3");
    assert_true(f->options.force_unresolved);
    assert_int_equal(f->options.icf_iterations, 3);
}

static void debug_levels_are_told_apart(void **state)
{
    static const struct {
        const char *argument;
        enum debug_level level;
        bool wants_pdb;
    } cases[] = {
        {"/DEBUG", DEBUG_FULL, true},          {"/DEBUG:FULL", DEBUG_FULL, true},
        {"/debug:fastlink", DEBUG_FULL, true}, {"/DEBUG:GHASH", DEBUG_FULL, true},
        {"/DEBUG:NONE", DEBUG_NONE, false},    {"/debug:symtab", DEBUG_SYMTAB, false},
        {"/DEBUG:DWARF", DEBUG_DWARF, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fixture_tear_down(state);
        fixture_set_up(state);
        struct fixture *f = *state;
        char argument[64];
        strcpy(argument, cases[i].argument);
        read_arguments(f, argument);
        assert_silent(f);
        assert_int_equal(f->options.debug, cases[i].level);
        assert_int_equal(f->options.debug_pdb_asked, cases[i].wants_pdb);
    }
}

static void user_account_control_is_taken_apart(void **state)
{
    struct fixture *f = *state;
    read_arguments(f, "/MANIFESTUAC:level='requireAdministrator'  uiAccess='true'");
    assert_silent(f);
    assert_text(f->options.manifest_level, "'requireAdministrator'");
    assert_text(f->options.manifest_ui_access, "'true'");
    read_arguments(f, "/MANIFESTUAC:NO");
    assert_false(f->options.manifest_uac);
}

static void the_help_page_fits_and_names_what_is_ours(void **state)
{
    (void)state;
    fflush(stdout);
    int saved = dup(1);
    FILE *page = tmpfile();
    dup2(fileno(page), 1);
    options_print_help("mylink");
    fflush(stdout);
    dup2(saved, 1);
    rewind(page);
    char line[512];
    size_t found = 0, lines = 0;
    while (fgets(line, sizeof line, page)) {
        if (strlen(line) > 121)
            fail_msg("too wide: %s", line);
        lines++;
        found +=
            strstr(line, "/FUNCTIONPADMIN[:bytes]") || strstr(line, "/PATCHREADY[:WARN]") || strstr(line, "/OUT:file");
    }
    fclose(page);
    assert_int_equal(found, 3);
    assert_true(lines > 90);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(the_table_is_sorted_and_complete),
        fixture_test(all_of_lld_links_options_are_known),
        fixture_test(all_of_link_exes_options_are_known),
        fixture_test(what_is_wrong_is_said_in_known_words),
        fixture_test(pad_sizes_are_decimal_or_hexadecimal),
        fixture_test(other_pad_sizes_are_errors_that_name_the_argument),
        fixture_test(the_last_pad_size_wins),
        fixture_test(patching_has_its_options),
        fixture_test(defaults_are_link_exes),
        fixture_test(header_numbers_are_read),
        folder_test(base_may_come_from_a_file),
        fixture_test(lists_of_words_are_read),
        fixture_test(debug_levels_are_told_apart),
        fixture_test(user_account_control_is_taken_apart),
        fixture_test(the_help_page_fits_and_names_what_is_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
