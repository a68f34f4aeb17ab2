// Output is caught in anonymous memory files rather than in pipes: a pipe ends only when everybody
// who inherited it has gone, and Wine starts services that outlive the program that was run. A file
// has no capacity to overflow either, so there is nothing to pump while waiting.

#include "tests/support/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/checks.h"

extern char **environ;

void arguments_add(struct scratch *scratch, struct arguments *arguments, const char *argument)
{
    size_t size = (arguments->count + 2) * sizeof *arguments->items;
    arguments->items = scratch_resize(scratch, (void *)arguments->items, size);
    arguments->items[arguments->count++] = argument;
    arguments->items[arguments->count] = NULL;
}

void arguments_add_line(struct scratch *scratch, struct arguments *arguments, const char *line)
{
    while (line && *line) {
        line += strspn(line, " \t\n");
        if (!*line)
            return;
        char *word = scratch_format(scratch, "%s", line), *end = word;
        for (bool quoted = false; *line && (quoted || !strchr(" \t\n", *line)); line++) {
            if (*line == '"')
                quoted = !quoted;
            else
                *end++ = *line;
        }
        *end = '\0';
        arguments_add(scratch, arguments, word);
    }
}

void arguments_add_all(struct scratch *scratch, struct arguments *arguments, const struct arguments *more)
{
    for (size_t i = 0; i < more->count; i++)
        arguments_add(scratch, arguments, more->items[i]);
}

const char *process_describe(struct scratch *scratch, const struct process *process)
{
    const char *line = process->folder ? scratch_format(scratch, "cd %s &&", process->folder) : "";
    for (size_t i = 0; i < process->arguments.count; i++) {
        const char *argument = process->arguments.items[i];
        const char *quote = !*argument || strpbrk(argument, " \t\n$&;*?()<>|'\"\\") ? "'" : "";
        line = scratch_format(scratch, "%s%s%s%s%s", line, *line ? " " : "", quote, argument, quote);
    }
    return line;
}

// The environment of the test with the changes of `changes`.
static struct arguments make_environment(struct scratch *scratch, const struct arguments *changes)
{
    struct arguments result = {0};
    for (char **variable = environ; *variable; variable++) {
        size_t name = strcspn(*variable, "=");
        bool changed = false;
        for (size_t i = 0; i < changes->count && !changed; i++)
            changed = strcspn(changes->items[i], "=") == name && strncmp(changes->items[i], *variable, name) == 0;
        if (!changed)
            arguments_add(scratch, &result, *variable);
    }
    for (size_t i = 0; i < changes->count; i++)
        if (strchr(changes->items[i], '='))
            arguments_add(scratch, &result, changes->items[i]);
    return result;
}

static int make_memory_file(void)
{
    int file = memfd_create("output", MFD_CLOEXEC);
    assert_true(file >= 0);
    return file;
}

static char *take_memory_file(struct scratch *scratch, int file, size_t *size)
{
    off_t end = lseek(file, 0, SEEK_END);
    assert_true(end >= 0);
    char *text = scratch_allocate(scratch, (size_t)end + 1);
    size_t got = 0;
    while (got < (size_t)end) {
        ssize_t n = pread(file, text + got, (size_t)end - got, (off_t)got);
        assert_true(n > 0);
        got += (size_t)n;
    }
    text[got] = '\0';
    *size = got;
    close(file);
    return text;
}

static pid_t start(struct scratch *scratch, const struct process *process, int output, int errors)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    assert_int_equal(posix_spawn_file_actions_init(&files), 0);
    assert_int_equal(posix_spawnattr_init(&attributes), 0);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, output, 1);
    posix_spawn_file_actions_adddup2(&files, errors, 2);
    if (process->folder)
        posix_spawn_file_actions_addchdir_np(&files, process->folder);
    // A group of its own, so that a time-out reaches the children too.
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);

    struct arguments environment = make_environment(scratch, &process->environment);
    const char *program = process->program ? process->program : process->arguments.items[0];
    pid_t pid = -1;
    int error = posix_spawnp(&pid, program, &files, &attributes, (char **)(uintptr_t)process->arguments.items,
                             (char **)(uintptr_t)environment.items);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    if (error)
        fail_with("cannot start %s: %s", program, strerror(error));
    return pid;
}

// Waits for `pid` and returns its status as `struct outcome` has it.
static int wait_for(pid_t pid, double timeout)
{
    int handle = (int)syscall(SYS_pidfd_open, pid, 0);
    assert_true(handle >= 0);
    struct pollfd ready = {.fd = handle, .events = POLLIN};
    int ended;
    do
        ended = poll(&ready, 1, (int)(timeout * 1000));
    while (ended < 0 && errno == EINTR);
    close(handle);
    if (!ended)
        kill(-pid, SIGKILL);

    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (!ended)
        return -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

struct outcome process_run(struct scratch *scratch, const struct process *process)
{
    struct outcome outcome = {0};
    int output = make_memory_file(), errors = make_memory_file();
    pid_t pid = start(scratch, process, output, errors);
    outcome.status = wait_for(pid, process->timeout > 0 ? process->timeout : 120);
    outcome.output = take_memory_file(scratch, output, &outcome.output_size);
    outcome.errors = take_memory_file(scratch, errors, &outcome.errors_size);
    return outcome;
}

struct outcome process_must_run(struct scratch *scratch, const char *folder, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    const char *line = scratch_format_list(scratch, format, list);
    va_end(list);

    struct process process = {.folder = folder};
    arguments_add_line(scratch, &process.arguments, line);
    struct outcome outcome = process_run(scratch, &process);
    if (outcome.status != 0)
        fail_with("status %d from:\n  %s\n%s%s", outcome.status, process_describe(scratch, &process), outcome.output,
                  outcome.errors);
    return outcome;
}

static size_t drop_carriage_returns(char *text, size_t size)
{
    size_t kept = 0;
    for (size_t i = 0; i < size; i++)
        if (text[i] != '\r' || text[i + 1] != '\n')
            text[kept++] = text[i];
    text[kept] = '\0';
    return kept;
}

void outcome_normalize_lines(struct outcome *outcome)
{
    outcome->output_size = drop_carriage_returns(outcome->output, outcome->output_size);
    outcome->errors_size = drop_carriage_returns(outcome->errors, outcome->errors_size);
}
