#include "tests/support/folder.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/checks.h"

char *folder_create(struct scratch *scratch)
{
    const char *parent = getenv("TMPDIR");
    char *folder = scratch_format(scratch, "%s/mylink-XXXXXX", parent && *parent == '/' ? parent : "/tmp");
    if (!mkdtemp(folder))
        fail_with("cannot create %s: %s", folder, strerror(errno));
    return folder;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status, (void)kind, (void)place;
    return remove(path);
}

void folder_remove(const char *folder)
{
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

char *path_join(struct scratch *scratch, const char *folder, const char *name)
{
    return *name == '/' ? scratch_format(scratch, "%s", name) : scratch_format(scratch, "%s/%s", folder, name);
}

bool path_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

void folder_write_file(const char *path, const void *content, size_t size)
{
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(content, 1, size, file) != size || fclose(file) != 0)
        fail_with("cannot write %s: %s", path, strerror(errno));
}

void *folder_read_file(struct scratch *scratch, const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        fail_with("cannot read %s: %s", path, strerror(errno));
    long end = ftell(file);
    rewind(file);
    assert_true(end >= 0);
    char *content = scratch_allocate(scratch, (size_t)end + 1);
    if (fread(content, 1, (size_t)end, file) != (size_t)end)
        fail_with("cannot read %s: %s", path, strerror(errno));
    fclose(file);
    content[end] = '\0';
    if (size)
        *size = (size_t)end;
    return content;
}
