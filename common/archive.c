// The shape of a library: its special members, then files.
//
//     "!<arch>\n"                      or "!<thin>\n": then the files' bytes are not in here
//     header, first linker member      "/"                  big-endian offsets and names, as GNU's ar writes it
//     header, second linker member     "/"                  sorted, little-endian: lib.exe and llvm-lib only
//     header, long names               "//"                 each ends in a NUL (lib.exe) or "/\n" (GNU, LLVM)
//     header, file                     "short.obj/" or "/1234", an offset into the long names
//     ...
//
// A header is 60 bytes of text and stands on an even offset; the byte between two members is padding, and many
// librarians leave it out at the end of the file. BSD's "#1/20" (the name is the first 20 bytes of the content) is
// understood, since some tools write it for any machine. Members that begin with "/<" (/<ECSYMBOLS>/, /<XFGHASHMAP>/)
// hold indexes for other readers and are passed over, as is BSD's index (__.SYMDEF).
#include "common/archive.h"

#include "common/archive_index.h"
#include "common/arena.h"
#include "common/diagnostics.h"
#include "common/file.h"

#define ARCHIVE_MAGIC      "!<arch>\n"
#define ARCHIVE_MAGIC_THIN "!<thin>\n"
#define ARCHIVE_MAGIC_SIZE 8

struct archive_header {
    char name[16];
    char date[12];
    char user[6];
    char group[6];
    char mode[8];
    char size[10]; // decimal, in bytes, the header not included
    char end[2];   // "`\n"
};
_Static_assert(sizeof(struct archive_header) == 60, "archive member header");

enum header_kind { HEADER_FILE, HEADER_LINKER_MEMBER, HEADER_SYM64, HEADER_LONG_NAMES, HEADER_OTHER_INDEX };

// A header that was read and found good.
struct archive_entry {
    enum header_kind kind;
    struct text name;     // of a file
    struct bytes content; // empty for the files of a thin archive
    uint64_t content_offset;
    uint64_t next; // file offset of the next header, or the file's size
};

bool archive_is(struct bytes content)
{
    struct text start = text_prefix((struct text){(const char *)content.data, content.size}, ARCHIVE_MAGIC_SIZE);
    return text_equal(start, TEXT(ARCHIVE_MAGIC)) || text_equal(start, TEXT(ARCHIVE_MAGIC_THIN));
}

bool archive_report(const struct archive *archive, uint64_t offset, const char *what, struct diagnostics *diagnostics)
{
    report_error(diagnostics, 1107, "%.*s: %s at offset 0x%llx", TEXT_ARGUMENT(archive->path), what,
                 (unsigned long long)offset);
    return false;
}

// A field of a header without the blanks behind it.
static struct text header_field(const char *field, size_t size)
{
    while (size && field[size - 1] == ' ')
        size--;
    return (struct text){field, size};
}

// Decimal digits and nothing else; what they say in `value`.
static bool read_decimal(struct text digits, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < digits.size; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return false;
        *value = *value * 10 + (uint64_t)(digits.data[i] - '0'); // 15 digits at most
    }
    return digits.size > 0;
}

static enum header_kind header_kind_of(struct text name)
{
    if (text_equal(name, TEXT("/")))
        return HEADER_LINKER_MEMBER;
    if (text_equal(name, TEXT("//")))
        return HEADER_LONG_NAMES;
    if (text_equal(name, TEXT("/SYM64/")))
        return HEADER_SYM64;
    if (text_starts_with(name, TEXT("/<")) || text_starts_with(name, TEXT("__.SYMDEF")))
        return HEADER_OTHER_INDEX;
    return HEADER_FILE;
}

// A name in the long names member: to its NUL, or to its line's end without the '/' before it. A '/' alone does not
// end it, since the names of a thin archive are paths. Longer than any system's paths it can't be: else a million
// members could each ask for the same megabyte.
static bool long_name_at(const struct archive *archive, uint64_t offset, struct text *name)
{
    enum { LONGEST_NAME = 1 << 16 };
    struct bytes rest = bytes_from(archive->long_names, offset);
    size_t size = 0;
    while (size < rest.size && size <= LONGEST_NAME && rest.data[size] && rest.data[size] != '\n')
        size++;
    *name = (struct text){(const char *)rest.data, size};
    if (text_ends_with(*name, TEXT("/")))
        name->size--;
    return rest.size && size <= LONGEST_NAME;
}

// Settles the name of a file, and its kind where the name says that it is none. NULL, or what is wrong.
static const char *entry_read_name(const struct archive *archive, struct text field, struct archive_entry *entry)
{
    uint64_t number;
    entry->name = field;
    if (text_starts_with(field, TEXT("#1/"))) {
        if (!read_decimal(text_skip(field, 3), &number) || number > entry->content.size)
            return "a member's name is longer than the member";
        entry->name = text_until_nul(bytes_slice(entry->content, 0, number));
        entry->content = bytes_from(entry->content, number);
        entry->content_offset += number;
        entry->kind = header_kind_of(entry->name);
        return NULL;
    }
    if (field.size > 1 && field.data[0] == '/') {
        if (text_find(field, ':') < field.size)
            return "a member of a library inside a thin library";
        if (!read_decimal(text_skip(field, 1), &number) || !long_name_at(archive, number, &entry->name))
            return "a member's name is outside the long names";
    } else if (text_ends_with(field, TEXT("/"))) {
        entry->name.size--;
    }
    return NULL;
}

// Reads the header at `offset`. NULL when all is well, or what is wrong there.
static const char *entry_read(const struct archive *archive, uint64_t offset, struct archive_entry *entry)
{
    struct bytes view = bytes_slice(archive->content, offset, sizeof(struct archive_header));
    if (!view.size)
        return "a member's header is cut short";
    const struct archive_header *header = (const void *)view.data;
    uint64_t size;
    if (memcmp(header->end, "`\n", sizeof header->end) != 0)
        return "there is no member's header";
    if (!read_decimal(header_field(header->size, sizeof header->size), &size))
        return "a member's size is not a number";

    struct text field = header_field(header->name, sizeof header->name);
    entry->kind = header_kind_of(field);
    entry->content_offset = offset + sizeof(struct archive_header);
    if (archive->is_thin && entry->kind == HEADER_FILE)
        size = 0; // that of a file elsewhere
    if (!bytes_contain(archive->content, entry->content_offset, size))
        return "a member is cut short";
    entry->content = bytes_slice(archive->content, entry->content_offset, size);
    uint64_t end = align_up(entry->content_offset + size, 2);
    entry->next = end < archive->content.size ? end : archive->content.size;
    return entry->kind == HEADER_FILE ? entry_read_name(archive, field, entry) : NULL;
}

// Walks the special members at the start.
static bool archive_read_special(struct archive *archive, struct archive_special *special,
                                 struct diagnostics *diagnostics)
{
    uint64_t offset = ARCHIVE_MAGIC_SIZE;
    while (offset < archive->content.size) {
        struct archive_entry entry;
        const char *problem = entry_read(archive, offset, &entry);
        if (problem)
            return archive_report(archive, offset, problem, diagnostics);
        bool is_second = entry.kind == HEADER_LINKER_MEMBER && special->first_offset;
        if (entry.kind == HEADER_FILE) {
            break;
        } else if (is_second) {
            special->second_linker_member = entry.content;
            special->second_offset = entry.content_offset;
        } else if (entry.kind == HEADER_LINKER_MEMBER) {
            special->first_linker_member = entry.content;
            special->first_offset = entry.content_offset;
        } else if (entry.kind == HEADER_SYM64) {
            special->sym64 = entry.content;
            special->sym64_offset = entry.content_offset;
        } else if (entry.kind == HEADER_LONG_NAMES) {
            archive->long_names = entry.content;
        }
        offset = entry.next;
    }
    return true;
}

bool archive_open(struct archive *archive, struct text path, struct bytes content, struct arena *arena,
                  struct diagnostics *diagnostics)
{
    *archive = (struct archive){.path = path, .content = content};
    if (!archive_is(content))
        return archive_report(archive, 0, "not a library", diagnostics);
    archive->is_thin = memcmp(content.data, ARCHIVE_MAGIC_THIN, ARCHIVE_MAGIC_SIZE) == 0;
    struct archive_special special = {0};
    return archive_read_special(archive, &special, diagnostics) &&
           archive_read_index(archive, &special, arena, diagnostics);
}

bool archive_map_member(const struct archive *archive, struct archive_member *member, struct arena *arena,
                        struct diagnostics *diagnostics)
{
    if (!archive->is_thin)
        return true;
    struct text path = member->name;
    size_t slash = text_find_last(archive->path, '/');
    if (slash < archive->path.size && !text_starts_with(path, TEXT("/")))
        path = text_format(arena, "%.*s/%.*s", (int)slash, archive->path.data, TEXT_ARGUMENT(path));
    struct file file;
    if (!file_map(&file, path, arena, diagnostics))
        return false;
    member->content = file.content;
    return true;
}

bool archive_member_at(const struct archive *archive, uint64_t header_offset, struct archive_member *member,
                       struct diagnostics *diagnostics)
{
    struct archive_entry entry;
    const char *problem = entry_read(archive, header_offset, &entry);
    if (!problem && entry.kind != HEADER_FILE)
        problem = "an index stands where a member should be";
    if (problem)
        return archive_report(archive, header_offset, problem, diagnostics);
    *member = (struct archive_member){entry.name, entry.content, header_offset};
    return true;
}

enum archive_step archive_step(const struct archive *archive, uint64_t *offset, struct archive_member *member,
                               struct diagnostics *diagnostics)
{
    uint64_t at = *offset ? *offset : ARCHIVE_MAGIC_SIZE;
    while (at < archive->content.size) {
        struct archive_entry entry;
        const char *problem = entry_read(archive, at, &entry);
        if (problem) {
            *offset = archive->content.size;
            archive_report(archive, at, problem, diagnostics);
            return ARCHIVE_STEP_LIE;
        }
        if (entry.kind == HEADER_FILE) {
            *member = (struct archive_member){entry.name, entry.content, at};
            *offset = entry.next;
            return ARCHIVE_STEP_MEMBER;
        }
        at = entry.next;
    }
    *offset = archive->content.size;
    return ARCHIVE_STEP_END;
}

bool archive_next(const struct archive *archive, uint64_t *offset, struct archive_member *member,
                  struct diagnostics *diagnostics)
{
    return archive_step(archive, offset, member, diagnostics) == ARCHIVE_STEP_MEMBER;
}
