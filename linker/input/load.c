// From names to open inputs, in parallel, one file a task: found, opened, told apart by its first bytes and never by its
// extension. Then each takes its place in the link, one after the other: order is
// that of the names.
//
// Default libraries (/DEFAULTLIB, here or in an object) queue behind what the command line named, as link.exe
// documents: "LINK searches default libraries after it searches the libraries explicitly named". The same file under
// two names is read once.
#include <sys/resource.h>

#include "common/archive.h"
#include "common/file.h"
#include "common/parallel.h"
#include "common/resource.h"
#include "linker/input/default_library.h"
#include "linker/input/import.h"
#include "linker/input/input.h"
#include "linker/input/known_files.h"
#include "linker/input/resource_file.h"
#include "linker/link.h"
#include "linker/target/target.h"
#include "linker/time_report.h"

enum content_kind { CONTENT_OBJECT, CONTENT_LIBRARY, CONTENT_RESOURCE, CONTENT_REFUSED };

// What a file's first bytes say it is; what can't be linked is refused with a reason that helps.
static enum content_kind content_kind_of(struct bytes content, const char **refusal)
{
    if (archive_is(content))
        return CONTENT_LIBRARY;
    if (resource_file_is(content))
        return CONTENT_RESOURCE;
    if (object_is_bigobj(content) || import_object_is(content))
        return CONTENT_OBJECT;
    if (content.size >= 2 && load16(content.data) == PE_DOS_MAGIC) {
        *refusal = "bad file type. Did you specify a DLL instead of an import library?";
        return CONTENT_REFUSED;
    }
    if (content.size >= 4 && (memcmp(content.data, "BC\xc0\xde", 4) == 0 || load32(content.data) == 0x0b17c0de)) {
        *refusal = "LLVM bitcode: link-time optimization is not supported; compile without -flto";
        return CONTENT_REFUSED;
    }
    if (content.size >= 4 && load16(content.data) == 0 && load16(content.data + 2) == 0xffff) {
        *refusal =
            "an anonymous object of an unknown kind (compiled with /GL? link-time code generation is not supported)";
        return CONTENT_REFUSED;
    }
    if (content.size >= sizeof(struct coff_header)) {
        uint16_t machine = load16(content.data);
        if (machine == MACHINE_UNKNOWN || machine == MACHINE_ARM64EC || machine == MACHINE_ARM64X ||
            target_of_machine(machine))
            return CONTENT_OBJECT;
    }
    *refusal = content.size ? "unknown file type" : "file is empty";
    return CONTENT_REFUSED;
}

static struct object *object_new(struct link *link, struct text path, struct text member, struct bytes content)
{
    struct arena *arena = link_arena(link);
    struct object *object = arena_new(arena, struct object);
    object->path = path;
    object->member = member;
    object->display = path;
    if (member.size)
        object->display = text_format(arena, "%.*s(%.*s)", TEXT_ARGUMENT(text_file_name(path)),
                                      TEXT_ARGUMENT(text_file_name(member)));
    object->content = content;
    object->library_order = UINT32_MAX;
    return object;
}

static void object_add(struct link *link, struct object *object)
{
    object->order = (uint32_t)link->objects.count;
    array_push(link_arena(link), &link->objects, object);
}

static void library_add(struct link *link, struct file *file, bool is_whole, bool is_default)
{
    struct arena *arena = link_arena(link);
    struct library *library = arena_new(arena, struct library);
    library->archive = arena_new(arena, struct archive);
    library->archive->path = file->path;
    library->archive->content = file->content;
    library->file = file;
    library->display = file->path;
    library->is_whole = is_whole;
    library->is_default = is_default;
    array_push(arena, &link->libraries, library);
}

// An object given twice is a mistake that link.exe warns of. A library may be named once to be searched and once to be
// taken whole.
static void file_admit_again(struct link *link, const struct file *file, const struct file *known,
                             const struct input_request *request, enum content_kind kind)
{
    if (kind == CONTENT_OBJECT)
        report_warning(link->diagnostics, 4042, "%.*s: object specified more than once; extras ignored",
                       TEXT_ARGUMENT(file->path));
    for (size_t i = 0; i < link->libraries.count; i++)
        if (link->libraries.items[i]->archive->content.data == known->content.data)
            link->libraries.items[i]->is_whole |= request->is_whole_archive;
}

enum {
    HEAD_SIZE = 64,               // bytes that tell what a file is, and an object's header
    SMALL_SIZE = 64 << 10,        // a file that is read whole: mapping it would cost more
    MAPPED_MEMBER_MAX = 16 << 10, // a member whose pages came with its header's, or nearly
};

// One input on its way in.
struct incoming {
    struct file *file; // NULL: it could not be had, which was reported, or is left out
    enum content_kind kind;
    const char *refusal;
    uint8_t head[HEAD_SIZE]; // its first bytes; a small file is in memory whole
};

static bool import_parse(struct link *link, struct object *object)
{
    struct arena *arena = link_arena(link);
    struct import *import = arena_new(arena, struct import);
    const char *problem = import_object_parse(object->content, &import->header);
    if (problem) {
        report_error(link->diagnostics, 1136, "%.*s: invalid or corrupt import object: %s",
                     TEXT_ARGUMENT(object->display), problem);
        return object_fail(object);
    }
    object->machine = import->header.machine;
    import->object = object;
    import->slot.kind = &import_slot_kind;
    import->thunk.kind = &import_thunk_kind;
    object->import = import;
    return true;
}

// What can be known of an object by its first bytes; of a short import object, all.
static void object_open(struct link *link, struct object *object, struct bytes head)
{
    object->is_parsed = true;
    if (import_object_is(head) && !object_is_bigobj(head))
        import_parse(link, object);
    else
        object_read_header(link, object, head);
}

static bool file_read_whole(struct link *link, const struct file *file, uint64_t offset, size_t size, struct bytes *out)
{
    uint8_t *bytes = arena_array(link_arena(link), uint8_t, size);
    *out = (struct bytes){bytes, size};
    return file_read(file, offset, bytes, size, link->diagnostics);
}

// Puts a file where its content belongs; an object is opened. Mapping is done here, by one thread: several would wait
// for each other, as a process has one lock for all its mappings.
static void file_admit(struct link *link, const struct incoming *incoming, const struct input_request *request)
{
    struct file *file = incoming->file;
    const struct file *known = known_file_add(link, file);
    if (known) {
        file_admit_again(link, file, known, request, incoming->kind);
        return;
    }
    if (file->size > file->content.size && !file_map_content(file, link->diagnostics))
        return;
    array_push(link_arena(link), &link->files, file);
    switch (incoming->kind) {
    case CONTENT_OBJECT: {
        struct object *object = object_new(link, file->path, (struct text){NULL, 0}, file->content);
        object_add(link, object);
        if (file->descriptor >= 0)
            object->file = file;
        object_open(link, object, file->size > SMALL_SIZE ? (struct bytes){incoming->head, HEAD_SIZE} : file->content);
        break;
    }
    case CONTENT_LIBRARY:
        library_add(link, file, request->is_whole_archive || link->options.whole_archive, request->is_default_library);
        break;
    case CONTENT_RESOURCE: resource_file_add(link, file->path, file->content); break;
    case CONTENT_REFUSED:
        report_error(link->diagnostics, 1107, "%.*s: %s", TEXT_ARGUMENT(file->path), incoming->refusal);
        break;
    }
}

// Reads the indexes of new libraries in parallel, and pulls every member of those that are wanted whole.
static void libraries_open(struct link *link, size_t first)
{
    size_t count = link->libraries.count;
#pragma omp parallel for schedule(dynamic, 1) if (count - first > 1)
    for (size_t i = first; i < count; i++) {
        struct archive *archive = link->libraries.items[i]->archive;
        diagnostics_set_order(link->diagnostics, i);
        uint64_t begin = time_slice_begin(link);
        archive_open(archive, archive->path, archive->content, link_arena(link), link->diagnostics);
        time_slice_end(link, begin, "index library", archive->path);
    }
    for (size_t i = first; i < count; i++) {
        struct library *library = link->libraries.items[i];
        struct archive_member member;
        uint64_t offset = 0;
        while (library->is_whole && archive_next(library->archive, &offset, &member, link->diagnostics))
            input_pull_member(link, library, (uint32_t)i, member.header_offset);
    }
}

// --- members ---

static uint64_t *pulled_place(const struct library *library, uint64_t header_offset)
{
    size_t mask = library->pulled_capacity - 1;
    size_t at = (size_t)(header_offset * 0x9e3779b97f4a7c15u >> 20) & mask;
    while (library->pulled[at] && library->pulled[at] != header_offset)
        at = (at + 1) & mask;
    return &library->pulled[at];
}

// Remembers that a member is in; false where it already was.
static bool pulled_add(struct link *link, struct library *library, uint64_t header_offset)
{
    if (2 * (library->pulled_count + 1) > library->pulled_capacity) {
        uint64_t *old = library->pulled;
        size_t old_capacity = library->pulled_capacity;
        library->pulled_capacity = old_capacity ? 2 * old_capacity : 64;
        library->pulled = arena_array(link_arena(link), uint64_t, library->pulled_capacity);
        for (size_t i = 0; i < old_capacity; i++)
            if (old[i])
                *pulled_place(library, old[i]) = old[i];
    }
    uint64_t *place = pulled_place(library, header_offset);
    if (*place)
        return false;
    *place = header_offset;
    library->pulled_count++;
    return true;
}

// A thin archive has its members beside it. Who names a file that is not there is told with it.
static bool member_map(struct link *link, const struct archive *archive, struct archive_member *member)
{
    if (archive_map_member(archive, member, link_arena(link), link->diagnostics))
        return true;
    report_note(link->diagnostics, "%.*s is a member of the thin archive %.*s", TEXT_ARGUMENT(member->name),
                TEXT_ARGUMENT(archive->path));
    return false;
}

bool input_pull_member(struct link *link, struct library *library, uint32_t library_order, uint64_t header_offset)
{
    struct archive_member member;
    if (!pulled_add(link, library, header_offset) ||
        !archive_member_at(library->archive, header_offset, &member, link->diagnostics) ||
        !member_map(link, library->archive, &member))
        return false;
    const char *refusal = "a library inside a library";
    enum content_kind kind = content_kind_of(member.content, &refusal);
    if (kind == CONTENT_RESOURCE) {
        resource_file_add(
            link,
            text_format(link_arena(link), "%.*s(%.*s)", TEXT_ARGUMENT(library->display), TEXT_ARGUMENT(member.name)),
            member.content);
        return true;
    }
    if (kind != CONTENT_OBJECT) {
        report_error(link->diagnostics, 1107, "%.*s(%.*s): %s", TEXT_ARGUMENT(library->display),
                     TEXT_ARGUMENT(member.name), refusal);
        return false;
    }
    struct object *object = object_new(link, library->archive->path, member.name, member.content);
    object->library = library->archive;
    object->library_order = library_order;
    object->library_offset = header_offset;
    object_add(link, object);
    return true;
}

// --- opening ---

// A member is read from its library's file as an object is from its own, where it is in there (in a thin archive it is
// not).
static void member_open(struct link *link, struct object *object)
{
    const struct file *file = link->libraries.items[object->library_order]->file;
    struct bytes all = file->content, content = object->content;
    if (file->descriptor >= 0 && content.size > MAPPED_MEMBER_MAX && content.data > all.data &&
        content.data + content.size <= all.data + all.size) {
        uint64_t base = (uint64_t)(content.data - all.data);
        if (content.size > SMALL_SIZE) {
            object->file = file;
            object->file_base = base;
        } else if (!file_read_whole(link, file, base, content.size, &object->content)) {
            object->is_parsed = true;
            object_fail(object);
            return;
        }
    }
    object_open(link, object, object->content);
}

// Tells what an open file is; a small one is read whole. Any thread.
static bool file_look_into(struct link *link, struct incoming *incoming)
{
    struct file *file = incoming->file;
    struct bytes head = {incoming->head, file->size < HEAD_SIZE ? (size_t)file->size : HEAD_SIZE};
    if (file->size <= SMALL_SIZE) {
        if (!file_read_whole(link, file, 0, (size_t)file->size, &file->content))
            return false;
        memcpy(incoming->head, file->content.data, head.size);
    } else if (!file_read(file, 0, incoming->head, HEAD_SIZE, link->diagnostics)) {
        return false;
    }
    incoming->kind = content_kind_of(file->size <= SMALL_SIZE ? file->content : head, &incoming->refusal);
    return true;
}

// Finds the file that a request means. False where there is none, or it is left out.
static bool file_find(struct link *link, const struct input_request *request, struct file *file)
{
    if (request->is_default_library && default_library_is_excluded(link, request->path))
        return false;
    bool is_library = request->is_default_library || request->is_whole_archive;
    file->path = input_find_file(link, request->path, is_library ? TEXT(".lib") : TEXT(".obj"));
    if (!file->path.size)
        report_error(link->diagnostics, 1104, "could not open '%.*s': No such file or directory",
                     TEXT_ARGUMENT(request->path));
    return file->path.size != 0;
}

static bool file_take_in(struct link *link, struct incoming *incoming, bool may_stay_open)
{
    struct file *file = incoming->file;
    bool is_well = file_open(file, file->path, link_arena(link), link->diagnostics) && file_look_into(link, incoming);
    if (is_well && !may_stay_open && file->size > SMALL_SIZE)
        is_well = file_map_content(file, link->diagnostics);
    if (!is_well || !may_stay_open || file->size <= SMALL_SIZE)
        file_close(file);
    return is_well;
}

// How many inputs may stay open, to be read from when it is known what is needed of them: half of what the system
// allows. Of the others everything is mapped.
static size_t files_may_stay_open(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (size_t)limit.rlim_cur / 2 : 0;
}

static struct incoming *files_take_in(struct link *link, size_t first, size_t count)
{
    struct incoming *all = arena_array(link_arena(link), struct incoming, count);
    struct file *files = arena_array(link_arena(link), struct file, count);
    size_t may_stay_open = files_may_stay_open();
    if (count > 8)
        files_expect(first + count < may_stay_open ? first + count : may_stay_open);
#pragma omp parallel for schedule(dynamic, 2) if (count > 8)
    for (size_t i = 0; i < count; i++) {
        diagnostics_set_order(link->diagnostics, first + i);
        all[i].file = &files[i];
        files[i].descriptor = -1;
        if (!file_find(link, &link->options.inputs.items[first + i], &files[i]) ||
            !file_take_in(link, &all[i], first + i < may_stay_open))
            all[i].file = NULL;
    }
    return all;
}

// Objects that came in since the last time: those that were named are open, members that were pulled are not.
static void objects_open_new(struct link *link)
{
    size_t first = link->objects_parsed, count = link->objects.count;
    link->objects_parsed = count;
#pragma omp parallel for schedule(dynamic, 4) if (count - first > 8)
    for (size_t i = first; i < count; i++) {
        diagnostics_set_order(link->diagnostics, i);
        if (!link->objects.items[i]->is_parsed)
            member_open(link, link->objects.items[i]);
    }
    for (size_t i = first; i < count; i++) {
        struct object *object = link->objects.items[i];
        machine_check(link, object);
        if (object->import && !object->is_failed)
            array_push(link_arena(link), &link->imports, object->import);
    }
    diagnostics_flush(link->diagnostics);
}

void inputs_load(struct link *link)
{
    // Members of whole libraries add no inputs, so one round is enough.
    size_t first = link->inputs_loaded, count = link->options.inputs.count - first;
    size_t first_library = link->libraries.count;
    link->inputs_loaded += count;
    struct incoming *incoming = files_take_in(link, first, count);
    for (size_t i = 0; i < count; i++)
        if (incoming[i].file)
            file_admit(link, &incoming[i], &link->options.inputs.items[first + i]);
    libraries_open(link, first_library);
    objects_open_new(link);
    diagnostics_flush(link->diagnostics);
}
