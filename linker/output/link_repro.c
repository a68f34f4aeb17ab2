// A link to take elsewhere: every file that it read, each at the place it had but below one folder, and response.txt,
// which links them again (/LINKREPRO:folder leaves the folder, /REPRODUCE:file.tar[.gz] packs it). In the folder,
//
//     mylink @response.txt
//
// makes the same image or fails the same way: a file that was missing is missing there, a library that was found
// through LIB is found through the /LIBPATH that stands for it.
//
// The file /usr/lib/a.lib becomes usr/lib/a.lib. Folders are resolved (symbolic links, ".."), a file's own name is not,
// so that a folder that is searched and the file that was found there stay together.
#include "linker/output/link_repro.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/archive.h"
#include "common/file.h"
#include "common/output_file.h"
#include "common/tar_writer.h"
#include "common/text_buffer.h"
#include "linker/input/input.h"
#include "linker/link.h"
#include "linker/output/gzip.h"
#include "linker/output/output.h"
#include "linker/time_report.h"

struct text link_repro_path(struct arena *arena, struct text path)
{
    struct text name = text_file_name(path);
    struct text folder = text_prefix(path, path.size - name.size);
    char resolved[PATH_MAX];
    const char *folder_name = folder.size ? text_copy(arena, folder).data : ".";
    if (!realpath(folder_name, resolved))
        return path;
    const char *from_root = resolved;
    while (*from_root == '/')
        from_root++;
    if (!*from_root)
        return text_copy(arena, name);
    if (!name.size)
        return text_copy(arena, text_of(from_root));
    return text_format(arena, "%s/%.*s", from_root, TEXT_ARGUMENT(name));
}

struct text link_repro_folder(struct arena *arena, struct text folder)
{
    struct text packed = link_repro_path(arena, text_format(arena, "%.*s/", TEXT_ARGUMENT(folder)));
    return packed.size ? packed : TEXT(".");
}

// --- files ---

static void add_mapped(struct link_repro *repro, struct text path, struct bytes content)
{
    struct link_repro_file file = {link_repro_path(repro->arena, path), content};
    array_push(repro->arena, &repro->files, file);
}

// A file that passes read without leaving it in link->files. One that is not there is not packed: that is why the link
// failed.
static void add_named(struct link_repro *repro, struct text path)
{
    struct file file;
    if (path.size && file_exists(path) && file_map(&file, path, repro->arena, repro->link->diagnostics))
        add_mapped(repro, path, file.content);
}

// Members of thin archives are files beside them; the archive itself is among link->files.
static void add_thin_members(struct link_repro *repro)
{
    const struct link *link = repro->link;
    for (size_t i = 0; i < link->objects.count; i++) {
        const struct object *object = link->objects.items[i];
        if (!object->library || !object->library->is_thin)
            continue;
        struct text archive = object->library->path, path = object->member;
        struct text folder = text_prefix(archive, archive.size - text_file_name(archive).size);
        if (!text_starts_with(path, TEXT("/")))
            path = text_format(repro->arena, "%.*s%.*s", TEXT_ARGUMENT(folder), TEXT_ARGUMENT(path));
        add_mapped(repro, path, object->content);
    }
}

static int compare_files(const void *a, const void *b)
{
    const struct link_repro_file *left = a, *right = b;
    return text_compare(left->name, right->name);
}

// Everything that was read, by name, no name twice.
static void gather_files(struct link_repro *repro)
{
    const struct options *options = &repro->link->options;
    for (size_t i = 0; i < repro->link->files.count; i++)
        add_mapped(repro, repro->link->files.items[i]->path, repro->link->files.items[i]->content);
    add_thin_members(repro);
    add_named(repro, options->definition_file);
    add_named(repro, options->order_file);
    add_named(repro, options->stub);
    add_named(repro, options->patch_ready_except);
    for (size_t i = 0; i < options->manifest_inputs.count; i++)
        add_named(repro, options->manifest_inputs.items[i]);

    if (repro->files.count)
        qsort(repro->files.items, repro->files.count, sizeof *repro->files.items, compare_files);
    size_t kept = 0;
    for (size_t i = 0; i < repro->files.count; i++)
        if (!kept || !text_equal(repro->files.items[kept - 1].name, repro->files.items[i].name))
            repro->files.items[kept++] = repro->files.items[i];
    repro->files.count = kept;
}

// --- outputs ---

static bool make_folders(struct link_repro *repro, struct text path)
{
    char *folder = (char *)(uintptr_t)text_copy(repro->arena, path).data; // our own copy
    for (char *slash = folder + 1; *folder && *slash; slash++) {
        if (*slash != '/')
            continue;
        *slash = '\0';
        bool ok = mkdir(folder, 0777) == 0 || errno == EEXIST;
        if (!ok) {
            report_error(repro->link->diagnostics, 1104, "could not create folder '%s': %s", folder, strerror(errno));
            return false;
        }
        *slash = '/';
    }
    return true;
}

// Each file for itself: a folder can't be put in place as a whole, and thousands of open outputs help nobody.
static bool write_into_folder(struct link_repro *repro, struct text folder, struct text name, struct bytes content)
{
    struct text path = text_format(repro->arena, "%.*s/%.*s", TEXT_ARGUMENT(folder), TEXT_ARGUMENT(name));
    struct output_set *set = output_set_create(repro->arena, repro->link->diagnostics);
    return make_folders(repro, path) && output_file_write(set, path, content) && output_set_commit(set);
}

static void write_folder(struct link_repro *repro, struct text folder)
{
    for (size_t i = 0; i < repro->files.count; i++)
        if (!write_into_folder(repro, folder, repro->files.items[i].name, repro->files.items[i].content))
            return;
}

// "dir/repro.tar.gz": what is packed lies in the folder "repro".
static struct text archive_folder(struct text path)
{
    static const char *const endings[] = {".tar.gz", ".tgz", ".tar"};
    struct text name = text_file_name(path);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (text_ends_with(name, text_of(endings[i])) && name.size > strlen(endings[i]))
            return text_prefix(name, name.size - strlen(endings[i]));
    return TEXT("repro");
}

static void write_pieces(struct output_set *set, struct text path, const struct tar_writer *tar)
{
    struct output_file *file = output_file_create(set, path, tar->size, false);
    if (!file)
        return;
    uint8_t *out = output_file_data(file);
    for (size_t i = 0; i < tar->pieces.count; i++) {
        memcpy(out, tar->pieces.items[i].data, tar->pieces.items[i].size);
        out += tar->pieces.items[i].size;
    }
}

static void write_archive(struct link_repro *repro, struct text path)
{
    struct diagnostics *diagnostics = repro->link->diagnostics;
    bool is_compressed = text_ends_with(path, TEXT(".gz")) || text_ends_with(path, TEXT(".tgz"));
    if (is_compressed && !gzip_is_available()) {
        report_error(diagnostics, 0, "/reproduce: cannot write '%.*s': built without zlib; name a .tar file",
                     TEXT_ARGUMENT(path));
        return;
    }
    struct tar_writer tar = {.arena = repro->arena};
    struct text folder = archive_folder(path);
    for (size_t i = 0; i < repro->files.count; i++)
        tar_add_file(
            &tar,
            text_format(repro->arena, "%.*s/%.*s", TEXT_ARGUMENT(folder), TEXT_ARGUMENT(repro->files.items[i].name)),
            repro->files.items[i].content);
    tar_end(&tar);

    struct bytes compressed = {NULL, 0};
    if (is_compressed && !gzip_compress(tar.pieces.items, tar.pieces.count, repro->arena, &compressed)) {
        report_error(diagnostics, 0, "/reproduce: out of memory while compressing '%.*s'", TEXT_ARGUMENT(path));
        return;
    }
    if (is_compressed)
        output_file_write(repro->link->records, path, compressed);
    else
        write_pieces(repro->link->records, path, &tar);
}

void link_repro_write(struct link *link)
{
    const struct options *options = &link->options;
    if (!options->link_repro.size && !options->reproduce.size)
        return;
    pass_begin(link, "pack the link");
    struct link_repro repro = {.link = link, .arena = link_arena(link)};
    gather_files(&repro);
    struct text response = link_repro_response(&repro);
    struct link_repro_file own[] = {
        {TEXT("response.txt"), {(const uint8_t *)response.data, response.size}},
        {TEXT("version.txt"), {(const uint8_t *)"mylink " MYLINK_VERSION "\n", strlen("mylink " MYLINK_VERSION "\n")}},
    };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        array_push(repro.arena, &repro.files, own[i]);
    if (options->link_repro.size)
        write_folder(&repro, options->link_repro);
    if (options->reproduce.size)
        write_archive(&repro, options->reproduce);
}
