// Files of fuzzers are in memory: a disk would be most of their time.
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/file.h"
#include "linker/link.h"

static char folder[64];

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *position)
{
    (void)status, (void)type, (void)position;
    return remove(path);
}

static void remove_folder(void)
{
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *fuzz_folder(void)
{
    if (!folder[0]) {
        const char *parent = getenv("FUZZ_FOLDER"); // set and removed by `run`
        snprintf(folder, sizeof folder, "%s/mylink-fuzz-XXXXXX", parent ? parent : "/dev/shm");
        if (!mkdtemp(folder))
            abort();
        atexit(remove_folder);
    }
    return folder;
}

struct text fuzz_path(struct arena *arena, const char *name)
{
    return text_format(arena, "%s/%s", fuzz_folder(), name);
}

void fuzz_write_file(const char *name, struct bytes content)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", fuzz_folder(), name);
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (descriptor < 0 || write(descriptor, content.data, content.size) != (ssize_t)content.size)
        abort();
    close(descriptor);
}

struct diagnostics *fuzz_diagnostics(void)
{
    static FILE *nowhere;
    if (!nowhere)
        nowhere = fopen("/dev/null", "w");
    return diagnostics_create("mylink", nowhere, 1);
}

void fuzz_read_all(struct bytes view)
{
    static volatile uint8_t sum;
    for (size_t i = 0; i < view.size; i++)
        sum ^= view.data[i];
}

void fuzz_read_text(struct text text)
{
    fuzz_read_all((struct bytes){(const uint8_t *)text.data, text.size});
}

void fuzz_link_release(struct link *link)
{
    for (size_t i = 0; i < link->files.count; i++)
        file_close(link->files.items[i]); // nothing as small as our inputs is mapped
    diagnostics_release(link->diagnostics);
    for (int i = 1; i < link->thread_count; i++)
        arena_release(&link->arenas[i]);
    struct arena first = link->arenas[0]; // holds the struct itself
    arena_release(&first);
}

// In the place of _exit (meson.build): only a link that has no memory left calls it.
_Noreturn void __wrap__exit(int status);
_Noreturn void __wrap__exit(int status)
{
    (void)status;
    abort();
}
