// The lines that matter look like this, publics first and static symbols behind a heading of their own; link.exe marks
// functions with `f` and what is in a COMDAT or an import library with `i`; lld-link marks nothing, and what is not
// marked counts when code calls it:
//
//      0001:00000010       main                       0000000140001010 f   main.obj
//
// The place is a section's number and an offset in it; the column behind the name repeats it as a VA.
#include "linker/patch/map_names.h"

#include <ctype.h>

#include "common/diagnostics.h"
#include "common/file.h"

static struct text next_word(struct text *line)
{
    while (line->size && isspace((unsigned char)line->data[0]))
        *line = text_skip(*line, 1);
    size_t end = 0;
    while (end < line->size && !isspace((unsigned char)line->data[end]))
        end++;
    struct text word = text_prefix(*line, end);
    *line = text_skip(*line, end);
    return word;
}

static bool read_hexadecimal(struct text word, size_t digits, uint64_t *value)
{
    *value = 0;
    if (word.size != digits)
        return false;
    for (size_t i = 0; i < word.size; i++) {
        unsigned char c = (unsigned char)word.data[i];
        if (!isxdigit(c))
            return false;
        *value = *value << 4 | (uint64_t)(isdigit(c) ? c - '0' : tolower(c) - 'a' + 10);
    }
    return true;
}

// "Timestamp is 5f3a1b2c (…)": true unless it says another number than the image's.
static bool is_of_this_image(struct text line, const struct pe_image *image)
{
    uint64_t timestamp;
    next_word(&line);
    next_word(&line);
    return !read_hexadecimal(next_word(&line), 8, &timestamp) || timestamp == image->timestamp;
}

static void add_line(struct examination *examination, const struct pe_image *image, struct text line)
{
    struct text place = next_word(&line), name = next_word(&line), address = next_word(&line),
                object = next_word(&line);
    uint64_t section, offset;
    bool is_function = false;
    if (place.size != 13 || place.data[4] != ':' || !read_hexadecimal(text_prefix(place, 4), 4, &section) ||
        !read_hexadecimal(text_skip(place, 5), 8, &offset) || address.size < 8)
        return;
    if (section == 0 || section > image->section_count || offset >= image->sections[section - 1].virtual_size)
        return;
    while (text_equal(object, TEXT("f")) || text_equal(object, TEXT("i"))) {
        is_function |= text_equal(object, TEXT("f"));
        object = next_word(&line);
    }
    struct function_candidate candidate = {
        .rva = image->sections[section - 1].rva + (uint32_t)offset,
        .name = text_copy(&examination->arenas[0], name),
        .object = text_copy(&examination->arenas[0], object),
        .source = SOURCE_MAP_FILE,
        .name_rank = NAME_MAP,
        .end_rank = END_GUESSED,
        .is_tentative = !is_function,
    };
    examination_add(examination, &candidate);
}

static struct text map_path(struct examination *examination)
{
    struct text path = examination->path;
    struct text file = text_file_name(path);
    size_t dot = text_find_last(file, '.');
    struct text stem = text_prefix(path, path.size - file.size + dot);
    return text_format(&examination->arenas[0], "%.*s.map", TEXT_ARGUMENT(stem));
}

void map_names_add(struct examination *examination, const struct pe_image *image, struct diagnostics *diagnostics)
{
    struct text path = map_path(examination);
    struct file file;
    if (!file_exists(path) || !file_map(&file, path, &examination->arenas[0], diagnostics))
        return;
    struct text left = {(const char *)file.content.data, file.content.size};
    while (left.size) {
        size_t end = text_find(left, '\n');
        struct text line = text_prefix(left, end);
        left = text_skip(left, end + 1);
        struct text word = line;
        if (text_equal(next_word(&word), TEXT("Timestamp")) && !is_of_this_image(line, image)) {
            report_warning(diagnostics, 0,
                           "%.*s: the map file is of another build of the image: its names are not used",
                           TEXT_ARGUMENT(path));
            break;
        }
        add_line(examination, image, line);
    }
    file_unmap(&file);
}
