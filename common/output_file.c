// Outputs, written aside and put in place with a rename.
//
// A rename within a folder is the one change to a file that the system makes whole or not at all, so each output is
// first a temporary file beside its destination. What was at the destination keeps its inode: a program that runs from
// it, or a mapping of it as an input of this very link, is not disturbed.
//
// Where the file system can (O_TMPFILE: ext4, XFS, Btrfs, tmpfs; not NFS), the temporary file has no name until it is
// put in place, and is gone with us, however we end. A name is given by a link, which replaces nothing: an output that
// is new is linked to where it belongs; one that replaces another has a name `.name.0123456789abcdef.tmp` for as long
// as the renames take. Elsewhere it has that name from the start, and one stays when we are killed. Nobody sweeps those
// up: to tell a dead link's from a living one's, the folder would have to be listed, and the owner's death be proven.
//
// An output is made in memory and written by commit, front to back. A mapped file would save that copy and cost more: a
// fault for each page that is written first (8 MB took 55 ms mapped and 3 ms written, where faults are dear), and
// SIGBUS on a full disk. Space is reserved before the link goes on, so that a full disk is an error early; file systems
// that can't reserve (network ones, some FUSE ones) tell of it when it is written. A destination that is a device or a
// pipe (/dev/null, /dev/stdout) is written to and never replaced.
//
// A destination that is a symbolic link keeps being one: the file that it leads to is replaced. A destination that
// may not be written is refused, although a rename could replace it. Setting the same file twice in one run is an
// error.
#include "common/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/diagnostics.h"
#include "common/pages.h"

// A temporary file that may have to be removed by a signal handler. These are the process's, never freed (a run has a
// handful), and linked before the file exists: a handler that finds no file at `path` has done no harm, since the
// random part of the name belongs to nobody else.
struct temporary {
    struct temporary *next;
    pid_t owner; // a child of a fork removes nothing
    _Atomic bool exists;
    char path[];
};

// The only state that is the process's: a signal handler gets no argument.
static struct temporary *_Atomic temporaries;

struct output_file {
    struct output_file *next;
    struct text path;            // as the user wrote it
    const char *target;          // what is replaced: `path` with symbolic links followed
    struct temporary *temporary; // NULL: the destination is a device or a pipe, and is written to
    uint64_t folder_device, folder_inode;
    int descriptor; // open until commit has written `data`, then -1
    int handle;     // of a temporary file that has no name yet, or -1
    mode_t mode;
    uint8_t *data;
    size_t size;
    enum placement { NOT_PLACED, PLACED_NEW, PLACED_BY_EXCHANGE, PLACED_FOR_GOOD } placement;
};

struct output_set {
    struct arena *arena;
    struct diagnostics *diagnostics;
    struct output_file *first, *last;
    const struct output_set *beside; // another of this run, or NULL
};

void output_files_remove_temporary(void)
{
    int saved = errno;
    for (struct temporary *t = temporaries; t; t = t->next)
        if (t->exists && t->owner == getpid()) {
            t->exists = false;
            unlink(t->path);
        }
    errno = saved;
}

static void die_of_signal(int number)
{
    output_files_remove_temporary();
    signal(number, SIG_DFL);
    raise(number); // delivered as soon as this handler returns
}

// Once per process. A signal that the caller has us ignore (nohup) stays ignored.
static void watch_for_the_end(void)
{
    static const int deadly[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGXCPU};
    static _Atomic bool is_watching;
    if (atomic_exchange(&is_watching, true))
        return;
    atexit(output_files_remove_temporary);
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++) {
        struct sigaction old;
        if (sigaction(deadly[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL && !(old.sa_flags & SA_SIGINFO)) {
            struct sigaction action = {.sa_handler = die_of_signal};
            sigfillset(&action.sa_mask);
            sigaction(deadly[i], &action, NULL);
        }
    }
    // A limit on file sizes is to be an error of the call that meets it (EFBIG).
    signal(SIGXFSZ, SIG_IGN);
}

struct output_set *output_set_create(struct arena *arena, struct diagnostics *diagnostics)
{
    watch_for_the_end();
    struct output_set *set = arena_new(arena, struct output_set);
    set->arena = arena;
    set->diagnostics = diagnostics;
    return set;
}

struct output_set *output_set_create_beside(const struct output_set *other)
{
    struct output_set *set = output_set_create(other->arena, other->diagnostics);
    set->beside = other;
    return set;
}

uint8_t *output_file_data(struct output_file *file)
{
    return file->data;
}

// Length of the path up to its file name: with the last '/', or 0.
static size_t folder_size_of(struct text path)
{
    size_t slash = text_find_last(path, '/');
    return slash == path.size ? 0 : slash + 1;
}

// Says that `path` could not be written because of `error`, an errno. False, to be returned.
static bool report_failure(struct output_set *set, struct text path, int error)
{
    bool is_full = error == ENOSPC || error == EDQUOT;
    report_error(set->diagnostics, is_full ? 1180 : 1104, "could not write '%.*s': %s", TEXT_ARGUMENT(path),
                 strerror(error));
    return false;
}

// The path with the symbolic links of its last part followed, or NULL with errno set. That last file need not exist;
// the folders before it are the system's to follow.
static const char *follow_links(struct arena *arena, struct text path)
{
    enum { MOST_LINKS = 40 }; // as the system has it
    char link[PATH_MAX];
    struct text at = text_copy(arena, path);
    for (int i = 0; i < MOST_LINKS; i++) {
        ssize_t size = readlink(at.data, link, sizeof link);
        if (size < 0 && (errno == EINVAL || errno == ENOENT))
            return at.data; // no link, or nothing there yet
        if (size < 0)
            return NULL;
        struct text folder = text_prefix(at, link[0] == '/' ? 0 : folder_size_of(at));
        at = text_format(arena, "%.*s%.*s", TEXT_ARGUMENT(folder), (int)size, link);
    }
    errno = ELOOP;
    return NULL;
}

// Opens a device or pipe that is to be written to. 0, or an errno. A pipe that nobody reads is an error now (ENXIO)
// and not a wait without end.
static int open_special(struct output_file *file, mode_t type)
{
    if (!S_ISCHR(type) && !S_ISFIFO(type))
        return S_ISDIR(type) ? EISDIR : EINVAL;
    file->descriptor = open(file->path.data, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (file->descriptor < 0)
        return errno;
    int flags = fcntl(file->descriptor, F_GETFL);
    fcntl(file->descriptor, F_SETFL, flags & ~O_NONBLOCK);
    return 0;
}

enum { SUFFIX_SIZE = 22 }; // of a temporary name: "." + name + ".0123456789abcdef.tmp"

// Has file->temporary stand for a file that is not there yet. 0, or an errno.
static int prepare_temporary(struct output_file *file)
{
    size_t path_size = strlen(file->target) + SUFFIX_SIZE + 1;
    struct temporary *temporary = calloc(1, sizeof *temporary + path_size);
    if (!temporary)
        return ENOMEM;
    temporary->owner = getpid();
    file->temporary = temporary;
    for (temporary->next = temporaries; !atomic_compare_exchange_weak(&temporaries, &temporary->next, temporary);)
        ;
    return 0;
}

// Gives the temporary file a name, with `make`, which returns 0 or -1 and an errno. 0, or an errno.
static int name_temporary(struct output_file *file, int (*make)(struct output_file *))
{
    enum { MOST_TRIES = 16 };
    struct temporary *temporary = file->temporary;
    struct text target = text_of(file->target);
    size_t folder_size = folder_size_of(target);
    size_t name_size = target.size - folder_size;
    if (name_size > NAME_MAX - SUFFIX_SIZE)
        name_size = NAME_MAX - SUFFIX_SIZE;
    for (int i = 0; i < MOST_TRIES; i++) {
        uint64_t random;
        if (getrandom(&random, sizeof random, 0) != sizeof random)
            return errno;
        sprintf(temporary->path, "%.*s.%.*s.%016llx.tmp", (int)folder_size, target.data, (int)name_size,
                target.data + folder_size, (unsigned long long)random);
        temporary->exists = true;
        if (make(file) == 0)
            return 0;
        temporary->exists = false;
        if (errno != EEXIST)
            break;
    }
    return errno;
}

static int open_named(struct output_file *file)
{
    file->descriptor = open(file->temporary->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, file->mode | 0600);
    return file->descriptor < 0 ? -1 : 0;
}

enum { PROC_PATH_SIZE = 40 };

static const char *path_of_descriptor(char buffer[PROC_PATH_SIZE], int descriptor)
{
    snprintf(buffer, PROC_PATH_SIZE, "/proc/self/fd/%d", descriptor);
    return buffer;
}

// Opens a file without a name in `folder`. False where that, or giving it a name later (for which /proc is needed), is
// impossible.
static bool open_unnamed(struct output_file *file, const char *folder)
{
    char path[PROC_PATH_SIZE];
    file->descriptor = open(folder, O_RDWR | O_TMPFILE | O_CLOEXEC, file->mode | 0600);
    if (file->descriptor < 0)
        return false;
    // It keeps the file while nobody has it open for writing any more: a program that somebody writes to can't be run.
    file->handle = open(path_of_descriptor(path, file->descriptor), O_PATH | O_CLOEXEC);
    if (file->handle >= 0)
        return true;
    close(file->descriptor);
    file->descriptor = -1;
    return false;
}

// Makes the temporary file beside file->target, which is in `folder`. 0, or an errno. `existing` is the mode of the
// file that will be replaced, or 0.
static int open_temporary(struct output_file *file, const char *folder, mode_t existing, bool executable)
{
    if (text_ends_with(text_of(file->target), TEXT("/")))
        return EISDIR;
    file->mode = existing ? existing & 0777 : executable ? 0777 : 0666;
    int error = prepare_temporary(file);
    if (!error && !open_unnamed(file, folder))
        error = name_temporary(file, open_named);
    if (!error && existing && fchmod(file->descriptor, file->mode) != 0)
        error = errno;
    return error;
}

// Reserves the file's space on its disk and gives it `size` zero bytes of memory. 0, or an errno.
static int make_room(struct output_file *file)
{
    if (file->size == 0) {
        static uint8_t nothing[1];
        file->data = nothing;
        return 0;
    }
    if (file->temporary) {
        int result;
        do {
            result = fallocate(file->descriptor, 0, 0, (off_t)file->size);
        } while (result != 0 && errno == EINTR);
        if (result != 0 && errno != EOPNOTSUPP && errno != ENOSYS)
            return errno;
    }
    file->data = pages_map(file->size);
    return file->data ? 0 : errno;
}

// Opens what the output is made in. 0, or an errno.
static int open_output(struct output_set *set, struct output_file *file, bool executable)
{
    if (file->path.size == 0 || text_find(file->path, 0) != file->path.size)
        return ENOENT;
    if (file->size > PTRDIFF_MAX)
        return EFBIG;
    struct stat status;
    bool exists = stat(file->path.data, &status) == 0;
    if (exists && !S_ISREG(status.st_mode))
        return open_special(file, status.st_mode);

    file->target = follow_links(set->arena, file->path);
    if (!file->target)
        return errno;
    if (exists && faccessat(AT_FDCWD, file->target, W_OK, AT_EACCESS) != 0)
        return errno;

    struct text target = text_of(file->target);
    size_t folder_size = folder_size_of(target);
    const char *folder = folder_size ? text_copy(set->arena, text_prefix(target, folder_size)).data : ".";
    struct stat folder_status;
    if (stat(folder, &folder_status) != 0)
        return errno;
    file->folder_device = folder_status.st_dev;
    file->folder_inode = folder_status.st_ino;
    return open_temporary(file, folder, exists ? status.st_mode : 0, executable);
}

static bool is_same_target(const struct output_file *a, const struct output_file *b)
{
    struct text left = text_of(a->target);
    struct text right = text_of(b->target);
    return a->folder_device == b->folder_device && a->folder_inode == b->folder_inode &&
           text_equal(text_skip(left, folder_size_of(left)), text_skip(right, folder_size_of(right)));
}

// The output of this run that would be put in the same place, or NULL.
static const struct output_file *find_same_target(const struct output_set *set, const struct output_file *file)
{
    for (; set; set = set->beside)
        for (const struct output_file *other = set->first; other; other = other->next)
            if (file->temporary && other->temporary && is_same_target(file, other))
                return other;
    return NULL;
}

// Gives back what the output holds; its destination stays as it is.
static void close_output(struct output_file *file)
{
    if (file->data && file->size)
        pages_unmap(file->data, file->size);
    if (file->descriptor >= 0)
        close(file->descriptor);
    if (file->handle >= 0)
        close(file->handle);
    file->data = NULL;
    file->descriptor = file->handle = -1;
    if (file->temporary && file->temporary->exists) {
        file->temporary->exists = false;
        unlink(file->temporary->path);
    }
}

struct output_file *output_file_create(struct output_set *set, struct text path, uint64_t size, bool executable)
{
    struct output_file *file = arena_new(set->arena, struct output_file);
    file->path = text_copy(set->arena, path);
    file->size = size;
    file->descriptor = file->handle = -1;
    int error = open_output(set, file, executable);
    const struct output_file *same = error ? NULL : find_same_target(set, file);
    if (!error && !same)
        error = make_room(file);
    if (same)
        report_error(set->diagnostics, 1104, "could not write '%.*s': '%.*s' is the same file, and another output",
                     TEXT_ARGUMENT(path), TEXT_ARGUMENT(same->path));
    else if (error)
        report_failure(set, path, error);
    if (same || error) {
        close_output(file);
        return NULL;
    }

    *(set->last ? &set->last->next : &set->first) = file;
    set->last = file;
    return file;
}

bool output_file_write(struct output_set *set, struct text path, struct bytes content)
{
    struct output_file *file = output_file_create(set, path, content.size, false);
    if (file && content.size)
        memcpy(file->data, content.data, content.size);
    return file != NULL;
}

// Writes what was kept in memory, and closes the file: network file systems tell of a full disk only then. 0, or an
// errno.
static int write_out(struct output_file *file)
{
    if (file->descriptor < 0)
        return 0;
    // A reader that went away is an error of write, not our end.
    void (*old_action)(int) = signal(SIGPIPE, SIG_IGN);
    int error = 0;
    for (size_t done = 0; !error && done < file->size;) {
        ssize_t written = write(file->descriptor, file->data + done, file->size - done);
        if (written >= 0)
            done += (size_t)written;
        else if (errno != EINTR)
            error = errno;
    }
    signal(SIGPIPE, old_action);
    if (close(file->descriptor) != 0 && !error && errno != EINTR)
        error = errno;
    file->descriptor = -1;
    return error;
}

// Links the file without a name to `path`, where nothing is. 0, or -1 and an errno.
static int link_unnamed(const struct output_file *file, const char *path)
{
    char handle[PROC_PATH_SIZE];
    return linkat(AT_FDCWD, path_of_descriptor(handle, file->handle), AT_FDCWD, path, AT_SYMLINK_FOLLOW);
}

static int link_to_temporary(struct output_file *file)
{
    return link_unnamed(file, file->temporary->path);
}

// For a file system that makes files without a name and can't give them one after all: again, with a name from the
// start.
static int write_named(struct output_file *file, bool exists)
{
    int error = name_temporary(file, open_named);
    if (!error && exists && fchmod(file->descriptor, file->mode) != 0)
        error = errno;
    return error ? error : write_out(file);
}

// Puts a file without a name where nothing is, or gives it its temporary name. 0, or an errno.
static int place_or_name(struct output_file *file, bool exists)
{
    if (!exists && link_unnamed(file, file->target) == 0) {
        file->placement = PLACED_NEW;
        return 0;
    }
    return name_temporary(file, link_to_temporary) == 0 ? 0 : write_named(file, exists);
}

// Renames the temporary file to its target. Where a file is there the two are exchanged, so that it can be undone until
// all outputs are in place; a file system that knows no exchange replaces at once. 0, or an errno.
static int place(struct output_file *file)
{
    if (!file->temporary)
        return 0;
    struct stat status;
    bool exists = lstat(file->target, &status) == 0;
    if (exists && S_ISDIR(status.st_mode))
        return EISDIR; // an exchange would do even that
    if (file->handle >= 0) {
        int error = place_or_name(file, exists);
        if (error || file->placement == PLACED_NEW)
            return error;
    }
    const char *from = file->temporary->path;
    if (exists && renameat2(AT_FDCWD, from, AT_FDCWD, file->target, RENAME_EXCHANGE) == 0) {
        file->placement = PLACED_BY_EXCHANGE;
        return 0;
    }
    if (rename(from, file->target) != 0)
        return errno;
    file->placement = exists ? PLACED_FOR_GOOD : PLACED_NEW;
    return 0;
}

static int rename_to_temporary(struct output_file *file)
{
    return renameat2(AT_FDCWD, file->target, AT_FDCWD, file->temporary->path, RENAME_NOREPLACE);
}

static void undo_placement(struct output_set *set)
{
    for (struct output_file *file = set->first; file; file = file->next) {
        if (file->placement == PLACED_BY_EXCHANGE)
            renameat2(AT_FDCWD, file->target, AT_FDCWD, file->temporary->path, RENAME_EXCHANGE);
        if (file->placement == PLACED_NEW)
            name_temporary(file, rename_to_temporary);
        if (file->placement != PLACED_FOR_GOOD)
            file->placement = NOT_PLACED;
    }
}

bool output_set_write(struct output_set *set)
{
    for (struct output_file *file = set->first; file; file = file->next) {
        int error = write_out(file);
        if (error)
            return report_failure(set, file->path, error);
    }
    return true;
}

bool output_set_commit(struct output_set *set)
{
    if (!output_set_write(set))
        return false;
    for (struct output_file *file = set->first; file; file = file->next) {
        int error = place(file);
        if (error) {
            undo_placement(set);
            return report_failure(set, file->path, error);
        }
    }
    output_set_discard(set); // by now the temporary files are the previous outputs, or gone
    return true;
}

void output_set_discard(struct output_set *set)
{
    for (struct output_file *file = set->first; file; file = file->next)
        close_output(file);
    set->first = set->last = NULL;
}
