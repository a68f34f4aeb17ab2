// What options settle to. The flags of each command line are those of the image that lld-link 19 makes of it, the
// optimizations what it did to a program of three functions; where it differs from link.exe's reference, the
// reference is followed and named.
#include "tests/unit/test_options.h"

#include "common/coff.h"

static void settle(void **state, const char *line)
{
    fixture_tear_down(state);
    fixture_set_up(state);
    struct fixture *f = *state;
    text_array arguments = {0};
    tokenize_windows(text_of(line), &arguments, &f->arena);
    char *list[32];
    for (size_t i = 0; i < arguments.count; i++)
        list[i] = (char *)text_copy(&f->arena, arguments.items[i]).data;
    read_argument_list(f, arguments.count, list);
    options_settle(&f->options, f->diagnostics);
}

static void check_optimizations(void **state, const char *line, bool ref, bool icf)
{
    settle(state, line);
    struct fixture *f = *state;
    assert_silent(f);
    assert_int_equal(f->options.opt_ref, ref ? ON : OFF);
    assert_int_equal(f->options.opt_icf, icf ? ON : OFF);
}

static void debugging_turns_optimizations_off(void **state)
{
    check_optimizations(state, "", true, true);
    check_optimizations(state, "/debug", false, false);
    check_optimizations(state, "/debug:full", false, false);
    check_optimizations(state, "/debug:symtab", false, false);
    check_optimizations(state, "/debug:dwarf", false, false);
    check_optimizations(state, "/debug:none", true, true);
    check_optimizations(state, "/debug /debug:none", true, true);
    check_optimizations(state, "/debug /opt:ref", true, true);
    check_optimizations(state, "/debug /opt:icf", false, true);
    check_optimizations(state, "/opt:noref", false, false);
    check_optimizations(state, "/opt:noicf", true, false);
    check_optimizations(state, "/opt:ref,noicf /debug", true, false);
    check_optimizations(state, "/profile", true, false);
    check_optimizations(state, "/profile /debug", true, false);
}

// Letters of what is on: Fixed, Dynamic base, Nx compatible, Terminal server aware, Large addresses, High entropy.
static void check_flags(void **state, const char *line, const char *expected)
{
    settle(state, line);
    struct fixture *f = *state;
    assert_silent(f);
    const struct options *o = &f->options;
    const enum tri_state values[] = {
        o->fixed, o->dynamic_base, o->nx_compat, o->terminal_server_aware, o->large_address_aware, o->high_entropy};
    char letters[8] = "";
    size_t count = 0;
    for (size_t i = 0; i < 6; i++) {
        assert_int_not_equal(values[i], UNSET);
        if (values[i] == ON)
            letters[count++] = "FDNTLH"[i];
    }
    assert_string_equal(letters, expected);
}

static void machines_have_their_defaults(void **state)
{
    check_flags(state, "/machine:x64", "DNTLH");
    check_flags(state, "/machine:arm64", "DNTLH");
    check_flags(state, "/machine:x86", "DNT");
    check_flags(state, "/machine:arm", "DNT");
    check_flags(state, "/machine:x64 /dll", "DNLH");
    check_flags(state, "/machine:x86 /dll", "DN");
    check_flags(state, "/machine:arm /dll", "DN");
}

static void fixed_images_stay_where_they_are(void **state)
{
    check_flags(state, "/machine:x64 /fixed", "FNTLH");
    check_flags(state, "/machine:x86 /fixed", "FNT");
    check_flags(state, "/machine:x86 /fixed /dynamicbase:no", "FNT");
    check_flags(state, "/machine:x64 /dynamicbase:no", "NTLH");
    check_flags(state, "/machine:x86 /fixed:no", "DNT");
    check_flags(state, "/machine:x86 /fixed /dynamicbase /fixed:no", "DNT");
}

static void switches_are_obeyed(void **state)
{
    check_flags(state, "/machine:x64 /fixed:no /nxcompat:no /tsaware:no", "DLH");
    check_flags(state, "/machine:x64 /highentropyva /largeaddressaware:no", "DNTH");
    check_flags(state, "/machine:x86 /highentropyva /largeaddressaware", "DNTL");
    check_flags(state, "/machine:x64 /highentropyva:no", "DNTL");
    check_flags(state, "/machine:x64 /dll /tsaware", "DNLH");
    check_flags(state, "/machine:x64 /driver", "DNLH"); // link.exe, "/TSAWARE": not valid for drivers
}

static void safe_exception_handlers_are_of_x86(void **state)
{
    static const struct {
        const char *line;
        enum tri_state safe_seh;
    } cases[] = {
        {"/machine:x86", UNSET},        {"/machine:x86 /safeseh", ON},        {"/machine:x86 /safeseh:no", OFF},
        {"/machine:x64 /safeseh", OFF}, {"/machine:x86 /mingw /safeseh", ON}, {"/machine:x86 /lldmingw", OFF},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        settle(state, cases[i].line);
        assert_silent(*state);
        assert_int_equal(((struct fixture *)*state)->options.safe_seh, cases[i].safe_seh);
    }
}

static void manifests_have_numbers(void **state)
{
    settle(state, "");
    assert_int_equal(((struct fixture *)*state)->options.manifest_id, 1);
    settle(state, "/dll");
    assert_int_equal(((struct fixture *)*state)->options.manifest_id, 2);
    settle(state, "/dll /manifest:embed,id=5");
    assert_int_equal(((struct fixture *)*state)->options.manifest_id, 5);
}

static void a_dependency_asks_for_a_manifest(void **state)
{
    settle(state, "/manifestdependency:name='x'");
    assert_int_equal(((struct fixture *)*state)->options.manifest, MANIFEST_SIDE_BY_SIDE);
    settle(state, "/manifestdependency:name='x' /manifest:no");
    assert_int_equal(((struct fixture *)*state)->options.manifest, MANIFEST_NO);
    settle(state, "/manifestfile:x");
    assert_int_equal(((struct fixture *)*state)->options.manifest, MANIFEST_DEFAULT);
}

static void check_versions(void **state, const char *line, unsigned os, unsigned subsystem)
{
    settle(state, line);
    const struct options *o = &((struct fixture *)*state)->options;
    assert_silent(*state);
    assert_int_equal(o->os_major * 100u + o->os_minor, os);
    assert_int_equal(o->subsystem_major * 100u + o->subsystem_minor, subsystem);
}

static void the_subsystems_version_is_the_systems(void **state)
{
    check_versions(state, "/subsystem:console", 600, 600);
    check_versions(state, "/subsystem:console,5.1", 501, 501);
    check_versions(state, "/subsystem:console,5.1 /osversion:4.0", 400, 501);
    check_versions(state, "/osversion:4.0 /subsystem:console", 400, 600);
    check_versions(state, "/subsystem:windows,10 /version:3", 1000, 1000);
}

static void contradictions_are_reported(void **state)
{
    static const struct {
        const char *line, *said;
    } cases[] = {
        {"/fixed /dynamicbase", "error: /fixed must not be specified with /dynamicbase [LNK1295]"},
        {"/machine:arm64 /fixed", "error: /dynamicbase:no is not compatible with arm64"},
        {"/machine:arm /dynamicbase:no", "error: /dynamicbase:no is not compatible with arm"},
        {"/noentry", "error: /noentry must be specified with /dll"},
        {"/dll /noentry /entry:f", "warning: ignoring '/entry' due to '/noentry' specification [LNK4075]"},
        {"/manifestinput:x", "error: /manifestinput: requires /manifest:embed"},
        {"/align:32", "warning: /align specified without /driver; image may not run [LNK4108]"},
        {"/stack:1,2", "error: /stack: commit size is larger than the reserve"},
        {"/merge:.a=.b /merge:.b=.c /merge:.c=.b", "error: /merge: cycle found for section '.b'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        settle(state, cases[i].line);
        assert_said(*state, cases[i].said);
        assert_null(strstr(strchr(messages(*state), '\n') + 1, "\n")); // and nothing else is
    }
    settle(state, "/driver /align:32 /merge:.a=.a /merge:.x=.y /merge:.y=.z /merge:.w=.y");
    assert_silent(*state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(debugging_turns_optimizations_off),  fixture_test(machines_have_their_defaults),
        fixture_test(fixed_images_stay_where_they_are),   fixture_test(switches_are_obeyed),
        fixture_test(safe_exception_handlers_are_of_x86), fixture_test(manifests_have_numbers),
        fixture_test(a_dependency_asks_for_a_manifest),   fixture_test(the_subsystems_version_is_the_systems),
        fixture_test(contradictions_are_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
