// The command line: spellings, files, response files, environment, and who wins.
#include "tests/unit/test_options.h"

#include <sys/stat.h>

static void options_have_any_case_and_either_dash(void **state)
{
    struct fixture *f = *state;
    read_arguments(f, "/DLL", "-out:A.dll", "/NoEntry", "-iMpLiB:b.lib", "/debug", "a.obj");
    assert_silent(f);
    assert_true(f->was_read);
    assert_true(f->options.is_dll);
    assert_true(f->options.no_entry);
    assert_text(f->options.output, "A.dll");
    assert_text(f->options.import_library, "b.lib");
    assert_int_equal(f->options.debug, DEBUG_FULL);
    assert_inputs(f, "a.obj");
}

static void two_dashes_are_for_the_few_that_have_them(void **state)
{
    struct fixture *f = *state;
    read_arguments(f, "--version", "--time-trace=t.json", "--color-diagnostics=never", "--no-color-diagnostics");
    assert_silent(f);
    assert_true(f->options.show_version);
    assert_text(f->options.time_trace, "t.json");
}

static void help_has_three_names(void **state)
{
    static char *const spellings[] = {"/?", "-?", "/help", "-HELP", "--help"};
    for (size_t i = 0; i < 5; i++) {
        fixture_tear_down(state);
        fixture_set_up(state);
        struct fixture *f = *state;
        read_arguments(f, spellings[i]);
        assert_silent(f);
        assert_true(f->options.show_help);
    }
}

static void an_unknown_option_is_a_warning(void **state)
{
    struct fixture *f = *state;
    read_arguments(f, "/foo", "-bar:baz", "a.obj");
    assert_true(f->was_read);
    assert_said(f, "mylink: warning: ignoring unknown argument '/foo' [LNK4044]\n");
    assert_said(f, "mylink: warning: ignoring unknown argument '-bar:baz' [LNK4044]\n");
    assert_int_equal(diagnostics_error_count(f->diagnostics), 0);
    assert_inputs(f, "a.obj");
}

static void a_slash_may_begin_a_path(void **state)
{
    struct fixture *f = *state;
    char folder[4096], path[4200];
    assert_non_null(getcwd(folder, sizeof folder));
    snprintf(path, sizeof path, "%s/d2.obj", folder);
    write_text("d2.obj", "");
    read_arguments(f, path, "/no/such/file.obj", "/d2/x.obj", "/LIBPATH:/usr/lib");
    assert_silent(f);
    assert_int_equal(f->options.inputs.count, 3);
    assert_text(f->options.inputs.items[0].path, path);
    assert_text(f->options.inputs.items[1].path, "/no/such/file.obj");
    assert_text(f->options.inputs.items[2].path, "/d2/x.obj");
    assert_texts(f, &f->options.library_paths, "/usr/lib");
}

static void the_last_one_wins(void **state)
{
    struct fixture *f = *state;
    read_arguments(f, "/OUT:a", "/OUT:b", "/FIXED", "/FIXED:NO", "/OPT:NOREF", "/OPT:REF", "/STACK:0x200000,8192",
                   "/STACK:65536");
    assert_silent(f);
    assert_text(f->options.output, "b");
    assert_int_equal(f->options.fixed, OFF);
    assert_int_equal(f->options.opt_ref, ON);
    assert_int_equal(f->options.stack_reserve, 65536);
    assert_int_equal(f->options.stack_commit, 8192);
}

static void missing_and_unwanted_values_are_errors(void **state)
{
    struct fixture *f = *state;
    read_arguments(f, "/out", "/OUT:", "/dll:yes", "/fixed:maybe", "/wholearchive:", "/nodefaultlib:", "/version");
    assert_said(f, "error: no argument specified with option '/out' [LNK1146]");
    assert_said(f, "error: no argument specified with option '/OUT:' [LNK1146]");
    assert_said(f, "error: syntax error in option '/dll:yes' [LNK1117]");
    assert_said(f, "error: syntax error in option '/fixed:maybe' [LNK1117]");
    assert_said(f, "error: no argument specified with option '/wholearchive:' [LNK1146]");
    assert_said(f, "error: no argument specified with option '/nodefaultlib:' [LNK1146]");
    assert_said(f, "error: no argument specified with option '/version' [LNK1146]");
    assert_int_equal(diagnostics_error_count(f->diagnostics), 7);
}

static void warnings_about_the_command_line_obey_it(void **state)
{
    struct fixture *f = *state;
    read_arguments(f, "/foo", "/IGNORE:4044");
    assert_silent(f);
    fixture_tear_down(state);
    fixture_set_up(state);
    f = *state;
    read_arguments(f, "/foo", "/WX");
    assert_said(f, "error: ignoring unknown argument '/foo' [LNK4044]");
}

static void single_warnings_become_errors(void **state)
{
    struct fixture *f = *state;
    read_arguments(f, "/WX:4051", "/WX:NO:LNK4044", "/foo", "/export:f,");
    assert_said(f, "warning: ignoring unknown argument '/foo' [LNK4044]");
    assert_said(f, "error: extra delimiter in /export: f, [LNK4051]");
}

// What drivers and build systems really pass is read without a word: clang-cl, CMake, meson, rustc, MSBuild, Unreal,
// Chromium.
static void command_lines_of_drivers_are_read_in_silence(void **state)
{
    struct fixture *f = *state;
    read_arguments(
        f, "-out:a.exe", "-defaultlib:libcmt", "-defaultlib:oldnames", "-libpath:/x", "-nologo", "-debug", "-guard:cf",
        "-incremental:no", "-wholearchive:/x/clang_rt.asan.lib", "/OUT:a.exe", "/IMPLIB:a.lib", "/PDB:a.pdb",
        "/version:0.0", "/machine:x64", "/INCREMENTAL:NO", "/subsystem:console", "/MANIFEST:EMBED,ID=1", "/NOLOGO",
        "/release", "/OPT:REF", "/OPT:ICF", "/LARGEADDRESSAWARE", "/NXCOMPAT", "/DYNAMICBASE", "/TSAWARE", "/TLBID:1",
        "/ERRORREPORT:QUEUE", "/MANIFESTUAC:level='asInvoker' uiAccess='false'", "/PDBALTPATH:%_PDB%",
        "/NATVIS:intrinsic.natvis", "/LTCG:INCREMENTAL", "/ILK:a.ilk", "/DEBUG:FASTLINK", "/IGNORE:4221,4217",
        "/NODEFAULTLIB:LIBCMT", "/NODEFAULTLIB", "/DELAY:UNLOAD", "/DELAYLOAD:d3d11.dll", "/d2:-x", "/d2threads8",
        "/time+", "/STACK:12000000", "/NOEXP", "/NOIMPLIB", "/experimental:deterministic", "/CGTHREADS:8", "/PROFILE",
        "/FASTFAIL", "/KERNEL", "/pdbpagesize:8192", "/timestamp:1700000000", "/lldignoreenv", "/lldltocache:x",
        "/lldltocachepolicy:y", "/opt:lldlto=2,lldltojobs=4", "/mllvm:-x", "/call-graph-profile-sort:no",
        "/thinlto-index-only", "--color-diagnostics", "--rsp-quoting=posix", "/winmdfile:x", "/WINMD:NO",
        "/demangle:no", "/build-id", "/threads:4", "/MAP", "/MAPINFO:EXPORTS", "/HEAP:1048576", "/HIGHENTROPYVA",
        "/SAFESEH:NO", "/ALLOWISOLATION", "/APPCONTAINER:NO", "/CETCOMPAT", "/INTEGRITYCHECK", "/FILEALIGN:512",
        "/SWAPRUN:CD,NET", "/EDITANDCONTINUE", "/SOURCELINK:x.json", "/EMITTOOLVERSIONINFO:NO", "/lldmingw",
        "/runtime-pseudo-reloc", "/auto-import", "/opt:noref,noicf,lbr", "/osversion:10.0", "/vfsoverlay:x", "a.obj");
    const char *said = messages(f); // the two that ask for what is not here are answered once each
    assert_non_null(strstr(said, "ignoring '/winmdfile:x'"));
    assert_non_null(strstr(said, "ignoring '/vfsoverlay:x'"));
    size_t lines = 0;
    for (const char *c = said; *c; c++)
        lines += *c == '\n';
    if (lines != 2)
        fail_msg("%s", said);
}

static void whole_archives_are_inputs_at_their_place(void **state)
{
    struct fixture *f = *state;
    read_arguments(f, "a.obj", "/WHOLEARCHIVE:w.lib", "b.obj");
    assert_silent(f);
    assert_inputs(f, "a.obj|w.lib|b.obj");
    assert_true(f->options.inputs.items[1].is_whole_archive);
    assert_false(f->options.inputs.items[2].is_whole_archive);
    assert_false(f->options.whole_archive);
    read_arguments(f, "/WHOLEARCHIVE");
    assert_true(f->options.whole_archive);
}

// --- environment ---

static void environment_stands_around_the_command_line(void **state)
{
    struct fixture *f = *state;
    setenv("LINK", "/out:first /stack:1,1 \"a b.obj\"", 1);
    setenv("_LINK_", "/out:last z.obj", 1);
    read_arguments(f, "/out:middle", "/stack:2,2", "m.obj");
    assert_silent(f);
    assert_text(f->options.output, "last");
    assert_int_equal(f->options.stack_reserve, 2);
    assert_inputs(f, "a b.obj|m.obj|z.obj");
}

static void library_folders_follow_libpath(void **state)
{
    struct fixture *f = *state;
    setenv("LIB", "/a;\"/b c\";;C:\\lib; /d:e ", 1);
    read_arguments(f, "/libpath:/first", "/libpath:second");
    assert_silent(f);
    assert_texts(f, &f->options.library_paths, "/first|second|/a|/b c|C:\\lib|/d:e");
}

static void the_environment_can_be_left_out(void **state)
{
    struct fixture *f = *state;
    setenv("LINK", "/out:first a.obj", 1);
    setenv("_LINK_", "/out:last", 1);
    setenv("LIB", "/a", 1);
    read_arguments(f, "/LLDIGNOREENV", "m.obj");
    assert_silent(f);
    assert_inputs(f, "m.obj");
    assert_int_equal(f->options.output.size, 0);
    assert_int_equal(f->options.library_paths.count, 0);
}

// --- response files ---

static void response_files_nest(void **state)
{
    struct fixture *f = *state;
    write_text("outer.rsp", "a.obj\n@inner.rsp\r\n\"c d.obj\"\n");
    write_text("inner.rsp", "/OUT:\"x y.exe\" b.obj");
    read_arguments(f, "first.obj", "@outer.rsp", "last.obj", "@inner.rsp");
    assert_silent(f);
    assert_true(f->was_read);
    assert_inputs(f, "first.obj|a.obj|b.obj|c d.obj|last.obj|b.obj");
    assert_text(f->options.output, "x y.exe");
}

static void response_files_have_marks(void **state)
{
    struct fixture *f = *state;
    write_bytes("utf8.rsp", "\xef\xbb\xbf\xc3\xa4.obj", 9);
    write_bytes("utf16.rsp", "\xff\xfe\xe4\0.\0o\0b\0j\0\n\0\"\0b\0 \0c\0\"\0", 24);
    write_text("plain.rsp", "\xc3\xa4.obj");
    write_text("empty.rsp", "");
    read_arguments(f, "@utf8.rsp", "@utf16.rsp", "@plain.rsp", "@empty.rsp");
    assert_silent(f);
    assert_inputs(f, "\xc3\xa4.obj|\xc3\xa4.obj|b c|\xc3\xa4.obj");
}

static void response_files_may_be_quoted_as_in_a_shell(void **state)
{
    struct fixture *f = *state;
    write_text("a.rsp", "'a b.obj' c\\ d.obj");
    read_arguments(f, "--rsp-quoting=posix", "@a.rsp");
    assert_silent(f);
    assert_inputs(f, "a b.obj|c d.obj");
}

static void a_response_file_that_includes_itself_is_an_error(void **state)
{
    struct fixture *f = *state;
    write_text("a.rsp", "x.obj @b.rsp y.obj");
    write_text("b.rsp", "z.obj @link.rsp");
    assert_int_equal(symlink("a.rsp", "link.rsp"), 0);
    read_arguments(f, "@a.rsp");
    assert_false(f->was_read);
    assert_said(f, "error: response file 'link.rsp' includes itself");
    assert_int_equal(diagnostics_error_count(f->diagnostics), 1);
    assert_inputs(f, "x.obj|z.obj|y.obj");
}

static void a_missing_response_file_is_an_error(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(mkdir("folder", 0700), 0);
    read_arguments(f, "@none.rsp", "@folder", "a.obj", "/foo");
    assert_false(f->was_read);
    assert_said(f, "error: could not open 'none.rsp': No such file or directory [LNK1104]");
    assert_said(f, "error: could not open 'folder': Is a directory [LNK1104]");
    assert_said(f, "ignoring unknown argument '/foo'");
}

// Each of 40 files names the next one twice: 2^40 arguments if nobody counted.
static void response_files_that_multiply_are_stopped(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 40; i++) {
        char name[32], content[64];
        snprintf(name, sizeof name, "%d.rsp", i);
        snprintf(content, sizeof content, "@%d.rsp @%d.rsp", i + 1, i + 1);
        write_text(name, i < 39 ? content : "a.obj");
    }
    read_arguments(f, "@0.rsp");
    assert_false(f->was_read);
    assert_said(f, "error: too many nested response files");
    assert_true(f->options.inputs.count < 20000);
}

static void response_files_nest_only_so_deep(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 70; i++) {
        char name[32], content[64];
        snprintf(name, sizeof name, "%d.rsp", i);
        snprintf(content, sizeof content, "@%d.rsp", i + 1);
        write_text(name, content);
    }
    write_text("70.rsp", "");
    read_arguments(f, "@0.rsp");
    assert_said(f, "error: too many nested response files at '64.rsp'");
    assert_int_equal(diagnostics_error_count(f->diagnostics), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(options_have_any_case_and_either_dash),
        fixture_test(two_dashes_are_for_the_few_that_have_them),
        fixture_test(help_has_three_names),
        fixture_test(an_unknown_option_is_a_warning),
        folder_test(a_slash_may_begin_a_path),
        fixture_test(the_last_one_wins),
        fixture_test(missing_and_unwanted_values_are_errors),
        fixture_test(warnings_about_the_command_line_obey_it),
        fixture_test(single_warnings_become_errors),
        fixture_test(command_lines_of_drivers_are_read_in_silence),
        fixture_test(whole_archives_are_inputs_at_their_place),
        fixture_test(environment_stands_around_the_command_line),
        fixture_test(library_folders_follow_libpath),
        fixture_test(the_environment_can_be_left_out),
        folder_test(response_files_nest),
        folder_test(response_files_have_marks),
        folder_test(response_files_may_be_quoted_as_in_a_shell),
        folder_test(a_response_file_that_includes_itself_is_an_error),
        folder_test(a_missing_response_file_is_an_error),
        folder_test(response_files_that_multiply_are_stopped),
        folder_test(response_files_nest_only_so_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
