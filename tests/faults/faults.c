// A library to be preloaded (LD_PRELOAD) that makes one call of a program fail: the FAULT_NUMBERth, from 1, of all that
// it watches, of those to the function FAULT_CALL alone, or (FAULT_CALL=!malloc) of all but those to one. Before it
// fails, what fails and why is written to the file FAULT_REPORT: "open Input/output error path"; where nothing is
// written, the program made fewer calls. With FAULT_KILL set the call is not made either: the program is killed.
//
// The C library's own calls of itself (fopen's open) go past it, and so do those of the dynamic loader.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Atomic long calls;

// Writes with bare system calls: this runs inside of malloc.
static void tell(const char *call, int error, const char *path)
{
    const char *report = getenv("FAULT_REPORT");
    long descriptor = report ? syscall(SYS_openat, AT_FDCWD, report, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
    if (descriptor < 0)
        return;
    const char *parts[] = {call, " ", strerrordesc_np(error), " ", path ? path : ""};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        syscall(SYS_write, descriptor, parts[i], strlen(parts[i]));
    syscall(SYS_close, descriptor);
}

// Whether this call is the one. The error number is set then.
static bool fails(const char *call, int error, const char *path)
{
    const char *only = getenv("FAULT_CALL"), *number = getenv("FAULT_NUMBER");
    bool is_meant = !only || (*only == '!' ? strcmp(only + 1, call) != 0 : strcmp(only, call) == 0);
    if (!number || !is_meant || ++calls != atol(number))
        return false;
    tell(call, error, path);
    if (getenv("FAULT_KILL"))
        kill(getpid(), SIGKILL);
    errno = error;
    return true;
}

// The function that would have been called without us.
#define real(name) ((__typeof__(&name))(uintptr_t)dlsym(RTLD_NEXT, #name))

static mode_t mode_of(int flags, va_list list)
{
    return flags & (O_CREAT | __O_TMPFILE) ? va_arg(list, mode_t) : 0;
}

#define WATCH_OPEN(name)                                                                                               \
    int name(const char *path, int flags, ...)                                                                         \
    {                                                                                                                  \
        va_list list;                                                                                                  \
        va_start(list, flags);                                                                                         \
        mode_t mode = mode_of(flags, list);                                                                            \
        va_end(list);                                                                                                  \
        return fails("open", EIO, path) ? -1 : real(name)(path, flags, mode);                                          \
    }
WATCH_OPEN(open)
WATCH_OPEN(open64)

ssize_t read(int descriptor, void *buffer, size_t size)
{
    return fails("read", EIO, NULL) ? -1 : real(read)(descriptor, buffer, size);
}

#define WATCH_READ_AT(name, offset)                                                                                    \
    ssize_t name(int descriptor, void *buffer, size_t size, offset at)                                                 \
    {                                                                                                                  \
        return fails("read", EIO, NULL) ? -1 : real(name)(descriptor, buffer, size, at);                               \
    }
WATCH_READ_AT(pread, off_t)
WATCH_READ_AT(pread64, off64_t)

ssize_t write(int descriptor, const void *buffer, size_t size)
{
    return fails("write", EIO, NULL) ? -1 : real(write)(descriptor, buffer, size);
}

#define WATCH_MMAP(name, offset)                                                                                       \
    void *name(void *address, size_t size, int protection, int flags, int descriptor, offset at)                       \
    {                                                                                                                  \
        return fails("mmap", ENOMEM, NULL) ? MAP_FAILED                                                                \
                                           : real(name)(address, size, protection, flags, descriptor, at);             \
    }
WATCH_MMAP(mmap, off_t)
WATCH_MMAP(mmap64, off64_t)

#define WATCH_SIZE(name, offset)                                                                                       \
    int name(int descriptor, offset size)                                                                              \
    {                                                                                                                  \
        return fails("ftruncate", EIO, NULL) ? -1 : real(name)(descriptor, size);                                      \
    }
WATCH_SIZE(ftruncate, off_t)
WATCH_SIZE(ftruncate64, off64_t)

#define WATCH_ROOM(name, offset)                                                                                       \
    int name(int descriptor, int mode, offset at, offset size)                                                         \
    {                                                                                                                  \
        return fails("fallocate", ENOSPC, NULL) ? -1 : real(name)(descriptor, mode, at, size);                         \
    }
WATCH_ROOM(fallocate, off_t)
WATCH_ROOM(fallocate64, off64_t)

int fchmod(int descriptor, mode_t mode)
{
    return fails("fchmod", EIO, NULL) ? -1 : real(fchmod)(descriptor, mode);
}

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags)
{
    return fails("link", EIO, to) ? -1 : real(linkat)(from_folder, from, to_folder, to, flags);
}

// A moment to be killed at. It doesn't fail: what can't be removed stays, and nobody can do anything about it.
int unlink(const char *path)
{
    if (getenv("FAULT_KILL"))
        fails("unlink", EIO, path);
    return real(unlink)(path);
}

int rename(const char *from, const char *to)
{
    return fails("rename", EIO, to) ? -1 : real(rename)(from, to);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
    return fails("rename", EIO, to) ? -1 : real(renameat2)(from_folder, from, to_folder, to, flags);
}

// The C library has its allocator under these names too, so it need not be looked up (looking up allocates).
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);

void *malloc(size_t size)
{
    return fails("malloc", ENOMEM, NULL) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails("malloc", ENOMEM, NULL) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    return fails("malloc", ENOMEM, NULL) ? NULL : __libc_realloc(block, size);
}
