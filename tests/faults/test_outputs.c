// Outputs in places and at moments that are bad: a full disk, a folder that can't be written, a program that runs, two
// links at once, a link that is killed. An output is the old one or the new one, whole.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/program.h"

// A script in the test's folder; "$LINK" in it is the linker with what every link here has in common.
static struct outcome run_script(struct program *p, const char *script)
{
    struct process process = {.folder = p->folder, .timeout = 120};
    struct scratch *scratch = &p->scratch;
    arguments_add(scratch, &process.arguments, "sh");
    arguments_add(scratch, &process.arguments, "-c");
    arguments_add(scratch, &process.arguments, script);
    arguments_add(scratch, &process.environment,
                  "LINK_IT=" MYLINK_PATH " /LLDIGNOREENV /NODEFAULTLIB /SUBSYSTEM:CONSOLE /ENTRY:main");
    return process_run(scratch, &process);
}

static void must_say(const struct outcome *outcome, int status, const char *message)
{
    if (outcome->status != status)
        fail_with("status %d\n%s%s", outcome->status, outcome->output, outcome->errors);
    assert_contains(outcome->errors, message);
}

// An object whose image has some megabytes that are `value`.
static void compile_large(struct program *p, const char *name, int value)
{
    const char *form = ".data\n.rept 0x80000\n.quad 0x%02x%02x%02x%02x\n.endr\n.text\n.globl main\nmain: ret\n";
    program_compile_as(p, name, scratch_format(&p->scratch, form, value, value, value, value), "");
}

// Whether this system lets a test mount (in a name space of its own).
static bool can_mount(struct program *p)
{
    struct outcome outcome =
        run_script(p, "mkdir -p probe && unshare --mount --map-root-user mount -t tmpfs -o size=64k none probe");
    return outcome.status == 0;
}

static void a_full_disk(void **state)
{
    struct program *p = program(state);
    if (!can_mount(p))
        skip();
    compile_large(p, "large.s", 1);
    struct outcome outcome =
        run_script(p, "mkdir disk && cat > inside <<'END'\n"
                      "mount -t tmpfs -o size=2m none disk && echo old > disk/a.exe && echo older > disk/a.map\n"
                      "$LINK_IT /OUT:disk/a.exe /MAP:disk/a.map large.obj\n"
                      "status=$?\n"
                      "ls -A disk; cat disk/a.exe disk/a.map; exit $status\n"
                      "END\n"
                      "exec unshare --mount --map-root-user sh inside");
    must_say(&outcome, 1, "mylink: error: could not write 'disk/a.exe': No space left on device [LNK1180]");
    assert_string_equal(outcome.output, "a.exe\na.map\nold\nolder\n");
}

// The image fits, the map does not: neither is put in place.
static void a_disk_that_is_full_halfway(void **state)
{
    struct program *p = program(state);
    if (!can_mount(p))
        skip();
    program_compile_as(p, "names.s",
                       ".text\n.altmacro\n.macro many n\n.globl main\\n\nmain\\n:\n.endm\n.globl main\nmain: ret\n"
                       ".set i, 0\n.rept 9000\nmany %i\n.set i, i+1\n.endr\n",
                       "");
    struct outcome outcome =
        run_script(p, "mkdir disk && cat > inside <<'END'\n"
                      "mount -t tmpfs -o size=400k none disk && echo old > disk/a.exe && echo older > disk/a.map\n"
                      "$LINK_IT /OUT:disk/a.exe /MAP:disk/a.map names.obj\n"
                      "status=$?\n"
                      "ls -A disk; cat disk/a.exe disk/a.map; exit $status\n"
                      "END\n"
                      "exec unshare --mount --map-root-user sh inside");
    must_say(&outcome, 1, "could not write 'disk/a.map': No space left on device [LNK1180]");
    assert_string_equal(outcome.output, "a.exe\na.map\nold\nolder\n");
}

static void a_folder_that_can_not_be_written(void **state)
{
    struct program *p = program(state);
    if (!can_mount(p))
        skip();
    program_compile_as(p, "small.c", "int main(void) { return 0; }", "");
    struct outcome outcome =
        run_script(p, "mkdir disk && cat > inside <<'END'\n"
                      "mount -t tmpfs -o size=1m none disk && echo old > disk/a.exe && mount -o remount,ro disk\n"
                      "$LINK_IT /OUT:disk/a.exe small.obj; a=$?; $LINK_IT /OUT:disk/new.exe small.obj; b=$?\n"
                      "ls -A disk; cat disk/a.exe; exit $((10 * a + b))\n"
                      "END\n"
                      "exec unshare --mount --map-root-user sh inside");
    must_say(&outcome, 11, "could not write 'disk/a.exe': Read-only file system");
    assert_contains(outcome.errors, "could not write 'disk/new.exe': Read-only file system");
    assert_string_equal(outcome.output, "a.exe\nold\n");
    outcome = run_script(p, "$LINK_IT /OUT:nowhere/a.exe small.obj");
    must_say(&outcome, 1, "could not write 'nowhere/a.exe': No such file or directory");
}

// It goes on running: what it was started from is still there, under no name.
static void an_output_that_is_a_running_program(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "small.c", "int main(void) { return 0; }", "");
    struct outcome outcome = run_script(p, "cp /bin/sleep a.exe; ./a.exe 2 & running=$!\n"
                                           "$LINK_IT /OUT:a.exe small.obj; status=$?\n"
                                           "wait $running && head -c 2 a.exe; exit $status\n");
    must_say(&outcome, 0, "");
    assert_string_equal(outcome.output, "MZ");
}

static void an_output_on_another_file_system(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "small.c", "int main(void) { return 0; }", "");
    struct outcome outcome =
        run_script(p, "far=$(mktemp -d /dev/shm/mylink-test-XXXXXX); echo old > $far/b.exe\n"
                      "ln -s $far/b.exe a.exe; $LINK_IT /OUT:a.exe /MAP:$far/a.map small.obj; status=$?\n"
                      "ls -A $far; test -L a.exe && head -c 2 $far/b.exe; rm -r $far; exit $status\n");
    must_say(&outcome, 0, "");
    assert_string_equal(outcome.output, "a.map\nb.exe\nMZ");
}

// The input is mapped, and what is mapped is not what a rename replaces.
static void an_output_that_is_an_input(void **state)
{
    struct program *p = program(state);
    compile_large(p, "large.s", 1);
    struct outcome outcome = run_script(
        p, "$LINK_IT /OUT:good.exe large.obj && $LINK_IT /OUT:large.obj large.obj && cmp good.exe large.obj");
    must_say(&outcome, 0, "");
}

static void two_links_to_one_output(void **state)
{
    struct program *p = program(state);
    compile_large(p, "one.s", 1);
    compile_large(p, "two.s", 2);
    struct outcome outcome =
        run_script(p, "$LINK_IT /OUT:one.exe one.obj && $LINK_IT /OUT:two.exe two.obj || exit 1\n"
                      "for i in 1 2 3 4 5 6 7 8; do\n"
                      "  $LINK_IT /OUT:both.exe one.obj & a=$!; $LINK_IT /OUT:both.exe two.obj & b=$!\n"
                      "  wait $a || exit 2; wait $b || exit 3\n"
                      "  cmp -s both.exe one.exe || cmp -s both.exe two.exe || exit 4\n"
                      "done; ls -A | grep tmp\n");
    must_say(&outcome, 1, ""); // of grep: it found none
}

static void kill_at_random(struct program *p, const char *signal_name, bool leaves_nothing)
{
    compile_large(p, "one.s", 1);
    compile_large(p, "two.s", 2);
    const char *script =
        scratch_format(&p->scratch,
                       "$LINK_IT /OUT:one.exe one.obj && $LINK_IT /OUT:two.exe two.obj && cp one.exe a.exe || exit 1\n"
                       "i=0; killed=0; while [ $i -lt 60 ]; do i=$((i + 1))\n"
                       "  zero=0; [ $((i %% 2)) = 0 ] || zero=\n" // moments for a machine at ease, and for a busy one
                       "  timeout -s %s 0.0$zero$((i %% 10))$((i * 7 %% 10)) $LINK_IT /OUT:a.exe two.obj >said 2>&1 || "
                       "killed=$((killed + 1))\n"
                       "  cmp -s a.exe one.exe || cmp -s a.exe two.exe || exit 2\n"
                       "  if [ %d = 1 ] && ls -A | grep tmp; then exit 3; fi\n"
                       "  rm -f .a.exe.*; cp one.exe a.new && mv a.new a.exe\n"
                       "done; [ $killed -gt 5 ] || exit 4\n",
                       signal_name, leaves_nothing);
    struct outcome outcome = run_script(p, script);
    must_say(&outcome, 0, "");
}

static void a_link_that_is_ended_at_any_moment(void **state)
{
    kill_at_random(program(state), "TERM", true);
}

static void a_link_that_is_killed_at_any_moment(void **state)
{
    kill_at_random(program(state), "KILL", false); // nobody can tidy up then: a file ".a.exe.….tmp" may stay
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_x64(a_full_disk),
        test_on_x64(a_disk_that_is_full_halfway),
        test_on_x64(a_folder_that_can_not_be_written),
        test_on_x64(an_output_that_is_a_running_program),
        test_on_x64(an_output_on_another_file_system),
        test_on_x64(an_output_that_is_an_input),
        test_on_x64(two_links_to_one_output),
        test_on_x64(a_link_that_is_ended_at_any_moment),
        test_on_x64(a_link_that_is_killed_at_any_moment),
    };
    return cmocka_run_group_tests_name("outputs", tests, NULL, NULL);
}
