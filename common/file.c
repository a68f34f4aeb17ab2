// Input files. Pages of a mapping are read from the file when they are first touched, so what a link doesn't need
// (debug sections, members that nobody asks for) is never read at all.
#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/diagnostics.h"

static bool report_failure(const struct file *file, const char *reason, struct diagnostics *diagnostics)
{
    report_error(diagnostics, 1104, "could not open '%.*s': %s", TEXT_ARGUMENT(file->path), reason);
    return false;
}

// Learns what an open file is. NULL when all is well, or the reason why not.
static const char *file_look(struct file *file)
{
    struct stat status;
    if (fstat(file->descriptor, &status) != 0)
        return strerror(errno);
    if (S_ISDIR(status.st_mode))
        return strerror(EISDIR);
    if (!S_ISREG(status.st_mode))
        return "not a regular file";
    file->device = status.st_dev;
    file->inode = status.st_ino;
    file->size = (uint64_t)status.st_size;
    return NULL;
}

bool file_open(struct file *file, struct text path, struct arena *arena, struct diagnostics *diagnostics)
{
    *file = (struct file){.path = text_copy(arena, path), .descriptor = -1};
    if (!path.size || text_find(path, 0) != path.size)
        return report_failure(file, strerror(ENOENT), diagnostics);
    // Not waiting for a FIFO's writer: it is refused just below.
    file->descriptor = open(file->path.data, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    const char *reason = file->descriptor < 0 ? strerror(errno) : file_look(file);
    if (!reason)
        return true;
    file_close(file);
    return report_failure(file, reason, diagnostics);
}

bool file_read(const struct file *file, uint64_t offset, uint8_t *out, size_t size, struct diagnostics *diagnostics)
{
    while (size) {
        ssize_t got = pread(file->descriptor, out, size, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return report_failure(file, got < 0 ? strerror(errno) : "it became shorter while it was read", diagnostics);
        out += got;
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return true;
}

bool file_map_content(struct file *file, struct diagnostics *diagnostics)
{
    if (file->size == 0)
        return true;
    void *memory = mmap(NULL, file->size, PROT_READ, MAP_PRIVATE, file->descriptor, 0);
    if (memory == MAP_FAILED)
        return report_failure(file, strerror(errno), diagnostics);
    file->content = (struct bytes){memory, file->size};
    return true;
}

void file_close(struct file *file)
{
    if (file->descriptor >= 0)
        close(file->descriptor);
    file->descriptor = -1;
}

bool file_map(struct file *file, struct text path, struct arena *arena, struct diagnostics *diagnostics)
{
    bool is_mapped = file_open(file, path, arena, diagnostics) && file_map_content(file, diagnostics);
    file_close(file);
    return is_mapped;
}

void file_unmap(struct file *file)
{
    if (file->content.size)
        munmap((void *)(uintptr_t)file->content.data, file->content.size);
    file->content = (struct bytes){NULL, 0};
}

void files_expect(size_t count)
{
    int any = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int last = any >= 0 && count < INT_MAX ? fcntl(any, F_DUPFD_CLOEXEC, (int)count) : -1;
    if (last >= 0)
        close(last);
    if (any >= 0)
        close(any);
}

bool file_exists(struct text path)
{
    char name[4096]; // PATH_MAX: the kernel takes no longer one
    if (path.size == 0 || path.size >= sizeof name || text_find(path, 0) != path.size)
        return false;
    memcpy(name, path.data, path.size);
    name[path.size] = 0;
    struct stat status;
    return stat(name, &status) == 0 && S_ISREG(status.st_mode);
}
