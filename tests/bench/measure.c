// measure COMMAND [ARGUMENT…]: runs it with its output thrown away and prints wall seconds, CPU seconds (all threads,
// user and system), peak resident bytes and exit status. A small program of its own, because a child's peak starts from
// its parent's size: measured from Python, nothing would be smaller than Python.
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status;
    struct rusage usage;

    if (argc < 2)
        return 2;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    double began = now();
    if (posix_spawnp(&child, argv[1], &actions, NULL, argv + 1, environ) != 0) {
        perror(argv[1]);
        return 2;
    }
    if (wait4(child, &status, 0, &usage) != child)
        return 2;
    double wall = now() - began;
    printf("%.6f %.6f %lld %d\n", wall, seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss * 1024LL,
           WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return 0;
}
