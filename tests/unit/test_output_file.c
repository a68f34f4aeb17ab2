// Outputs: in place whole or not at all, whatever ends the run; and destinations that are not just a file.
#include "tests/unit/test_common.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/file.h"
#include "common/output_file.h"

static struct bytes bytes_of(const char *string)
{
    return (struct bytes){(const uint8_t *)string, strlen(string)};
}

static const char *listing(struct fixture *f)
{
    return process_must_run(&f->scratch, f->folder, "ls -A").output;
}

static void assert_content(struct fixture *f, const char *name, const char *content)
{
    assert_string_equal((const char *)read_whole(f, name).data, content);
}

static mode_t mode_of(struct fixture *f, const char *name)
{
    struct stat status;
    assert_int_equal(stat(in_folder(f, name).data, &status), 0);
    return status.st_mode & 07777;
}

static void all_are_put_in_place_at_once(void **state)
{
    struct fixture *f = *state;
    struct output_set *set = output_set_create(&f->arena, f->diagnostics);
    write_whole(f, "a.exe", "old", 3);
    struct output_file *image = output_file_create(set, in_folder(f, "a.exe"), 100000, true);
    assert_non_null(image);
    for (size_t i = 0; i < 100000; i++)
        assert_int_equal(output_file_data(image)[i], 0);
    memset(output_file_data(image), 'i', 100000);
    assert_true(output_file_write(set, in_folder(f, "a.map"), bytes_of("map")));
    assert_true(output_file_write(set, in_folder(f, "empty"), bytes_of("")));
    assert_content(f, "a.exe", "old");
    assert_false(path_exists(in_folder(f, "a.map").data));

    assert_true(output_set_commit(set));
    struct bytes content = read_whole(f, "a.exe");
    assert_int_equal(content.size, 100000);
    assert_int_equal(content.data[99999], 'i');
    assert_content(f, "a.map", "map");
    assert_content(f, "empty", "");
    assert_same_text(listing(f), "a.exe\na.map\nempty\n");
    assert_string_equal(messages(f), "");
}

static void discarded_outputs_leave_nothing(void **state)
{
    struct fixture *f = *state;
    struct output_set *set = output_set_create(&f->arena, f->diagnostics);
    write_whole(f, "a.exe", "old", 3);
    assert_true(output_file_write(set, in_folder(f, "a.exe"), bytes_of("new")));
    assert_true(output_file_write(set, in_folder(f, "b"), bytes_of("new")));
    output_set_discard(set);
    assert_content(f, "a.exe", "old");
    assert_same_text(listing(f), "a.exe\n");
}

static void permissions(void **state)
{
    struct fixture *f = *state;
    mode_t old_mask = umask(027);
    write_whole(f, "private", "old", 3);
    chmod(in_folder(f, "private").data, 0604);
    struct output_set *set = output_set_create(&f->arena, f->diagnostics);
    assert_non_null(output_file_create(set, in_folder(f, "a.exe"), 1, true));
    assert_non_null(output_file_create(set, in_folder(f, "a.map"), 1, false));
    assert_non_null(output_file_create(set, in_folder(f, "private"), 1, true));
    assert_true(output_set_commit(set));
    umask(old_mask);
    assert_int_equal(mode_of(f, "a.exe"), 0750);
    assert_int_equal(mode_of(f, "a.map"), 0640);
    assert_int_equal(mode_of(f, "private"), 0604);
}

// The link stays, what it leads to is replaced; also where nothing is there yet.
static void symbolic_links_are_followed(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(mkdir(in_folder(f, "real").data, 0777), 0);
    write_whole(f, "real/a.exe", "old", 3);
    assert_int_equal(symlink("real/a.exe", in_folder(f, "a.exe").data), 0);
    assert_int_equal(symlink("a.exe", in_folder(f, "again.exe").data), 0);
    assert_int_equal(symlink(in_folder(f, "real/b.exe").data, in_folder(f, "b.exe").data), 0);
    assert_int_equal(symlink("round", in_folder(f, "round").data), 0);
    struct output_set *set = output_set_create(&f->arena, f->diagnostics);
    assert_true(output_file_write(set, in_folder(f, "again.exe"), bytes_of("new a")));
    assert_true(output_file_write(set, in_folder(f, "b.exe"), bytes_of("new b")));
    assert_false(output_file_write(set, in_folder(f, "round"), bytes_of("x")));
    assert_true(output_set_commit(set));
    assert_contains(messages(f), "round': Too many levels of symbolic links [LNK1104]\n");
    assert_content(f, "real/a.exe", "new a");
    assert_content(f, "real/b.exe", "new b");
    struct stat status;
    assert_true(lstat(in_folder(f, "b.exe").data, &status) == 0 && S_ISLNK(status.st_mode));
}

// A mapping of the old file, and a program that runs from it, go on with the old bytes.
static void an_input_can_be_replaced(void **state)
{
    struct fixture *f = *state;
    struct file input;
    write_whole(f, "a.lib", "old", 3);
    assert_true(file_map(&input, in_folder(f, "a.lib"), &f->arena, f->diagnostics));
    struct output_set *set = output_set_create(&f->arena, f->diagnostics);
    assert_true(output_file_write(set, in_folder(f, "a.lib"), bytes_of("new!")));
    assert_true(output_set_commit(set));
    assert_memory_equal(input.content.data, "old", 3);
    assert_content(f, "a.lib", "new!");
}

static void impossible_destinations(void **state)
{
    struct fixture *f = *state;
    struct output_set *set = output_set_create(&f->arena, f->diagnostics);
    assert_int_equal(mkdir(in_folder(f, "folder").data, 0777), 0);
    write_whole(f, "file", "x", 1);
    const char *name = long_name(f, 300);
    const struct {
        const char *name, *message;
    } rows[] = {
        {"folder", "folder': Is a directory [LNK1104]\n"},
        {"folder/", "folder/': Is a directory [LNK1104]\n"},
        {"missing/a.exe", "missing/a.exe': No such file or directory [LNK1104]\n"},
        {"file/a.exe", "file/a.exe': Not a directory [LNK1104]\n"},
        {name, "': File name too long [LNK1104]\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_null(output_file_create(set, in_folder(f, rows[i].name), 10, false));
        assert_contains(messages(f), rows[i].message);
    }
    assert_null(output_file_create(set, TEXT(""), 10, false));
    assert_null(output_file_create(set, in_folder(f, "huge"), UINT64_MAX, false));
    assert_contains(messages(f), "huge': File too large [LNK1104]\n");
    if (geteuid() != 0) {
        chmod(in_folder(f, "file").data, 0444);
        assert_null(output_file_create(set, in_folder(f, "file"), 10, false));
        assert_contains(messages(f), "file': Permission denied [LNK1104]\n");
    }
    assert_same_text(listing(f), "file\nfolder\n");
}

// As long as a name may be there is no room for more, and the temporary one is cut.
static void the_longest_name(void **state)
{
    struct fixture *f = *state;
    struct output_set *set = output_set_create(&f->arena, f->diagnostics);
    const char *name = long_name(f, 255);
    assert_true(output_file_write(set, in_folder(f, name), bytes_of("new")));
    assert_true(output_set_commit(set));
    assert_content(f, name, "new");
}

static void two_outputs_of_one_name(void **state)
{
    struct fixture *f = *state;
    struct output_set *set = output_set_create(&f->arena, f->diagnostics);
    assert_int_equal(mkdir(in_folder(f, "folder").data, 0777), 0);
    assert_int_equal(symlink("a.exe", in_folder(f, "link").data), 0);
    assert_true(output_file_write(set, in_folder(f, "a.exe"), bytes_of("1")));
    assert_false(output_file_write(set, in_folder(f, "folder/../a.exe"), bytes_of("2")));
    assert_contains(messages(f), "a.exe' is the same file, and another output [LNK1104]\n");
    assert_false(output_file_write(set, in_folder(f, "link"), bytes_of("2")));
    assert_true(output_file_write(set, in_folder(f, "folder/a.exe"), bytes_of("3")));
    assert_true(output_file_write(set, TEXT("/dev/null"), bytes_of("4")));
    assert_true(output_file_write(set, TEXT("/dev/null"), bytes_of("5")));
    output_set_discard(set);
}

static void devices_and_pipes_are_written_to(void **state)
{
    struct fixture *f = *state;
    struct output_set *set = output_set_create(&f->arena, f->diagnostics);
    const char *fifo = in_folder(f, "fifo").data;
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_false(output_file_write(set, text_of(fifo), bytes_of("x"))); // nobody reads: not a wait without end
    assert_contains(messages(f), "fifo': No such device or address [LNK1104]\n");
    int reader = open(fifo, O_RDONLY | O_NONBLOCK);
    assert_true(output_file_write(set, text_of(fifo), bytes_of("through the pipe")));
    assert_true(output_file_write(set, TEXT("/dev/null"), bytes_of("gone")));
    assert_true(output_set_commit(set));
    char got[32] = "";
    assert_int_equal(read(reader, got, sizeof got), 16);
    assert_string_equal(got, "through the pipe");
    close(reader);
    struct stat status;
    assert_true(stat("/dev/null", &status) == 0 && S_ISCHR(status.st_mode));
    assert_true(lstat(fifo, &status) == 0 && S_ISFIFO(status.st_mode));
}

static void a_reader_that_leaves_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct output_set *set = output_set_create(&f->arena, f->diagnostics);
    const char *fifo = in_folder(f, "fifo").data;
    assert_int_equal(mkfifo(fifo, 0600), 0);
    int reader = open(fifo, O_RDONLY | O_NONBLOCK);
    assert_true(output_file_write(set, in_folder(f, "a.exe"), bytes_of("new")));
    assert_true(output_file_write(set, text_of(fifo), bytes_of("x")));
    close(reader);
    assert_false(output_set_commit(set));
    assert_contains(messages(f), "fifo': Broken pipe [LNK1104]\n");
    output_set_discard(set);
    assert_same_text(listing(f), "fifo\n");
}

// One output that can't be put in place takes back those that were.
static void a_commit_that_fails_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct output_set *set = output_set_create(&f->arena, f->diagnostics);
    write_whole(f, "1", "old", 3);
    assert_true(output_file_write(set, in_folder(f, "1"), bytes_of("new")));
    assert_true(output_file_write(set, in_folder(f, "2"), bytes_of("new")));
    assert_true(output_file_write(set, in_folder(f, "3"), bytes_of("new")));
    assert_int_equal(mkdir(in_folder(f, "3").data, 0777), 0); // since then
    assert_false(output_set_commit(set));
    assert_contains(messages(f), "3': Is a directory [LNK1104]\n");
    output_set_discard(set);
    assert_content(f, "1", "old");
    assert_same_text(listing(f), "1\n3\n");
}

// --- ends of a run, each in a child ---

// Whether the test's folder can have a file without a name, and we can give it one later.
static bool can_do_without_names(struct fixture *f)
{
    int file = open(f->folder, O_RDWR | O_TMPFILE, 0600);
    bool can = file >= 0 && path_exists("/proc/self/fd");
    close(file);
    return can;
}

// What is written aside has a name only where it has to: what has none needs nobody to remove it.
static void assert_written_aside(struct fixture *f)
{
    if (can_do_without_names(f))
        assert_same_text(listing(f), "a.exe\n");
    else
        assert_string_not_equal(listing(f), "a.exe\n");
}

static void write_two(struct fixture *f, uint64_t size)
{
    struct output_set *set = output_set_create(&f->arena, f->diagnostics);
    struct output_file *file = output_file_create(set, in_folder(f, "a.exe"), size, true);
    output_file_write(set, in_folder(f, "a.map"), bytes_of("new"));
    if (!file) {
        diagnostics_flush(f->diagnostics);
        fflush(f->stream);
        fputs(f->said, stderr);
        exit(1);
    }
    memset(output_file_data(file), 1, size);
}

static void end_by_exit(struct fixture *f)
{
    write_two(f, 100000);
    exit(3);
}

static void end_by_signal(struct fixture *f)
{
    write_two(f, 100000);
    assert_written_aside(f);
    raise(SIGTERM);
}

static void end_by_kill(struct fixture *f)
{
    write_two(f, 100000);
    raise(SIGKILL);
}

static void end_by_ignored_signal(struct fixture *f)
{
    signal(SIGHUP, SIG_IGN); // as nohup does
    write_two(f, 100000);
    raise(SIGHUP);
    exit(4);
}

static void end_by_file_size_limit(struct fixture *f)
{
    const struct rlimit limit = {1 << 20, 1 << 20};
    setrlimit(RLIMIT_FSIZE, &limit);
    write_two(f, 2 << 20);
}

// Another process that forks may not take its parent's files away.
static void end_with_a_child(struct fixture *f)
{
    write_two(f, 100000);
    if (fork() == 0)
        exit(0);
    int status;
    wait(&status);
    assert_written_aside(f);
    exit(5);
}

static int status_of_child(struct fixture *f, void (*body)(struct fixture *))
{
    pid_t child = fork();
    if (child == 0) {
        body(f);
        _exit(77);
    }
    int status;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static const struct end {
    void (*body)(struct fixture *);
    int status;
} ends[] = {
    {end_by_exit, 3},      {end_by_signal, 128 + SIGTERM}, {end_by_ignored_signal, 4}, {end_by_file_size_limit, 1},
    {end_with_a_child, 5},
};

static void a_run_that_ends_early_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    write_whole(f, "a.exe", "old", 3);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        assert_int_equal(status_of_child(f, ends[i].body), ends[i].status);
        assert_content(f, "a.exe", "old");
        assert_same_text(listing(f), "a.exe\n");
    }
}

static void a_run_that_is_killed_leaves_the_previous_outputs(void **state)
{
    struct fixture *f = *state;
    write_whole(f, "a.exe", "old", 3);
    assert_int_equal(status_of_child(f, end_by_kill), 128 + SIGKILL);
    assert_content(f, "a.exe", "old");
    assert_written_aside(f); // the child's
}

// --- file systems of their own, seen by a child alone ---

enum { MAY_NOT_MOUNT = 66 };

// Without /proc no file can be given a name later, so all have one from the start.
static void end_with_names(struct fixture *f)
{
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", "/proc", "tmpfs", 0, NULL) != 0)
        _exit(MAY_NOT_MOUNT);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        bool is_as_told = status_of_child(f, ends[i].body) == ends[i].status;
        if (!is_as_told || strcmp(listing(f), "a.exe\n") != 0)
            _exit((int)i + 1);
    }
    struct output_set *set = output_set_create(&f->arena, f->diagnostics);
    output_file_write(set, in_folder(f, "a.exe"), bytes_of("new"));
    output_file_write(set, in_folder(f, "a.map"), bytes_of("newer"));
    bool is_placed = output_set_commit(set);
    bool is_new = strcmp((const char *)read_whole(f, "a.exe").data, "new") == 0;
    _exit(!is_placed ? 20 : !is_new ? 21 : strcmp(listing(f), "a.exe\na.map\n") != 0 ? 22 : 0);
}

static void mount_over_folder(struct fixture *f, const char *type, const char *options)
{
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", f->folder, type, 0, options) != 0)
        _exit(MAY_NOT_MOUNT);
    write_whole(f, "a.exe", "old", 3);
}

// 1 MiB: what doesn't fit is an error when the output is made, not a signal when it is filled.
static void fill_small_disk(struct fixture *f)
{
    mount_over_folder(f, "tmpfs", "size=1m");
    struct output_set *set = output_set_create(&f->arena, f->diagnostics);
    bool fits = output_file_create(set, in_folder(f, "a.exe"), 2 << 20, true) != NULL;
    bool is_said = strstr(messages(f), "a.exe': No space left on device [LNK1180]\n") != NULL;
    bool is_old = strcmp((const char *)read_whole(f, "a.exe").data, "old") == 0;
    bool is_alone = strcmp(listing(f), "a.exe\n") == 0;
    _exit(fits ? 2 : !is_said ? 3 : !is_old ? 4 : !is_alone ? 5 : 0);
}

// A file system that can't reserve space.
static void write_without_fallocate(struct fixture *f)
{
    mount_over_folder(f, "ramfs", NULL);
    int probe = open(in_folder(f, "a.exe").data, O_RDWR);
    if (fallocate(probe, 0, 0, 4096) == 0 || errno != EOPNOTSUPP)
        _exit(2);
    struct output_set *set = output_set_create(&f->arena, f->diagnostics);
    struct output_file *file = output_file_create(set, in_folder(f, "a.exe"), 3 << 20, true);
    if (!file)
        _exit(3);
    memset(output_file_data(file), 'n', 3 << 20);
    bool is_old = strcmp((const char *)read_whole(f, "a.exe").data, "old") == 0;
    bool is_placed = output_set_commit(set);
    struct bytes content = read_whole(f, "a.exe");
    bool is_whole = content.size == 3 << 20 && content.data[0] == 'n' && content.data[content.size - 1] == 'n';
    bool is_alone = strcmp(listing(f), "a.exe\n") == 0;
    _exit(!is_old ? 4 : !is_placed ? 5 : !is_whole ? 6 : !is_alone ? 7 : 0);
}

static void run_mounting(struct fixture *f, void (*body)(struct fixture *))
{
    int status = status_of_child(f, body);
    if (status == MAY_NOT_MOUNT) // that is root's
        skip();
    assert_int_equal(status, 0);
}

static void names_from_the_start(void **state)
{
    write_whole(*state, "a.exe", "old", 3);
    run_mounting(*state, end_with_names);
}

static void a_full_disk_is_an_error(void **state)
{
    run_mounting(*state, fill_small_disk);
}

static void a_disk_without_fallocate_is_written(void **state)
{
    run_mounting(*state, write_without_fallocate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(all_are_put_in_place_at_once),
        fixture_test(discarded_outputs_leave_nothing),
        fixture_test(permissions),
        fixture_test(symbolic_links_are_followed),
        fixture_test(an_input_can_be_replaced),
        fixture_test(impossible_destinations),
        fixture_test(the_longest_name),
        fixture_test(two_outputs_of_one_name),
        fixture_test(devices_and_pipes_are_written_to),
        fixture_test(a_reader_that_leaves_is_an_error),
        fixture_test(a_commit_that_fails_changes_nothing),
        fixture_test(a_run_that_ends_early_leaves_nothing),
        fixture_test(a_run_that_is_killed_leaves_the_previous_outputs),
        fixture_test(names_from_the_start),
        fixture_test(a_full_disk_is_an_error),
        fixture_test(a_disk_without_fallocate_is_written),
    };
    return cmocka_run_group_tests_name("output file", tests, NULL, NULL);
}
