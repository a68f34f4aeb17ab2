// Input files, mapped. Pages are read from the file when they are first touched, so what a link doesn't need (debug
// sections, members that nobody asks for) is never read at all.
#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/diagnostics.h"

// Maps an open file. NULL when all is well, or the reason why not.
static const char *file_map_descriptor(struct file *file, int descriptor)
{
    struct stat status;
    if (fstat(descriptor, &status) != 0)
        return strerror(errno);
    if (S_ISDIR(status.st_mode))
        return strerror(EISDIR);
    if (!S_ISREG(status.st_mode))
        return "not a regular file";
    file->device = status.st_dev;
    file->inode = status.st_ino;
    if (status.st_size == 0)
        return NULL;

    size_t size = (size_t)status.st_size;
    void *memory = mmap(NULL, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (memory == MAP_FAILED)
        return strerror(errno);
    file->content = (struct bytes){memory, size};
    return NULL;
}

bool file_map(struct file *file, struct text path, struct arena *arena, struct diagnostics *diagnostics)
{
    *file = (struct file){.path = text_copy(arena, path)};
    const char *reason = strerror(ENOENT);
    if (path.size && text_find(path, 0) == path.size) {
        // Not waiting for a FIFO's writer: it is refused just below.
        int descriptor = open(file->path.data, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        reason = descriptor < 0 ? strerror(errno) : file_map_descriptor(file, descriptor);
        if (descriptor >= 0)
            close(descriptor);
    }
    if (reason)
        report_error(diagnostics, 1104, "could not open '%.*s': %s", TEXT_ARGUMENT(path), reason);
    return !reason;
}

void file_unmap(struct file *file)
{
    if (file->content.size)
        munmap((void *)(uintptr_t)file->content.data, file->content.size);
    file->content = (struct bytes){NULL, 0};
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
