#include "common/tar_writer.h"

#include <stdio.h>

enum { BLOCK = 512, NAME_SIZE = 100, PREFIX_SIZE = 155 };
#define LARGEST_SIZE 077777777777ull // 11 octal digits

struct tar_header {
    char name[NAME_SIZE], mode[8], owner[8], group[8], size[12], time[12], checksum[8], type, link_name[100];
    char magic[6], version[2], owner_name[32], group_name[32], device_major[8], device_minor[8];
    char prefix[PREFIX_SIZE], unused[12];
};
_Static_assert(sizeof(struct tar_header) == BLOCK, "ustar header");

static const uint8_t zeros[2 * BLOCK];

static void add_piece(struct tar_writer *tar, struct bytes piece)
{
    if (!piece.size)
        return;
    array_push(tar->arena, &tar->pieces, piece);
    tar->size += piece.size;
}

static void add_content(struct tar_writer *tar, struct bytes content)
{
    add_piece(tar, content);
    add_piece(tar, (struct bytes){zeros, (size_t)(align_up(content.size, BLOCK) - content.size)});
}

// Splits a long name at a '/' so that both parts fit; false where there is no such place.
static bool split_name(struct text name, struct text *prefix, struct text *rest)
{
    *prefix = (struct text){NULL, 0};
    *rest = name;
    if (name.size <= NAME_SIZE)
        return true;
    for (size_t i = name.size - NAME_SIZE - 1; i < name.size && i <= PREFIX_SIZE; i++) {
        if (name.data[i] != '/' || i == 0 || i + 1 == name.size)
            continue;
        *prefix = text_prefix(name, i);
        *rest = text_skip(name, i + 1);
        return true;
    }
    return false;
}

static void add_header(struct tar_writer *tar, struct text prefix, struct text name, char type, uint64_t size)
{
    struct tar_header *header = arena_new(tar->arena, struct tar_header);
    memcpy(header->name, name.data, name.size < NAME_SIZE ? name.size : NAME_SIZE);
    if (prefix.size)
        memcpy(header->prefix, prefix.data, prefix.size);
    memcpy(header->mode, "0000644", 8);
    memcpy(header->owner, "0000000", 8);
    memcpy(header->group, "0000000", 8);
    snprintf(header->size, sizeof header->size, "%011llo", (unsigned long long)(size <= LARGEST_SIZE ? size : 0));
    memcpy(header->time, "00000000000", 12);
    header->type = type;
    memcpy(header->magic, "ustar", 6);
    memcpy(header->version, "00", 2);
    memset(header->checksum, ' ', sizeof header->checksum); // counts as blanks in its own sum
    unsigned sum = 0;
    for (size_t i = 0; i < BLOCK; i++)
        sum += ((const uint8_t *)header)[i];
    snprintf(header->checksum, 7, "%06o", sum & 0777777u);
    header->checksum[7] = ' ';
    add_piece(tar, (struct bytes){(const uint8_t *)header, BLOCK});
}

// "25 path=a/long/name\n": the length counts its own digits.
static struct text pax_record(struct arena *arena, const char *key, struct text value)
{
    size_t rest = 1 + strlen(key) + 1 + value.size + 1;
    size_t size = rest;
    char digits[24];
    do {
        size = rest + (size_t)snprintf(digits, sizeof digits, "%zu", size);
    } while (rest + (size_t)snprintf(digits, sizeof digits, "%zu", size) != size);
    return text_format(arena, "%zu %s=%.*s\n", size, key, TEXT_ARGUMENT(value));
}

static void add_pax_header(struct tar_writer *tar, struct text name, uint64_t size)
{
    struct text records = pax_record(tar->arena, "path", name);
    if (size > LARGEST_SIZE) {
        struct text number = text_format(tar->arena, "%llu", (unsigned long long)size);
        struct text record = pax_record(tar->arena, "size", number);
        records = text_format(tar->arena, "%.*s%.*s", TEXT_ARGUMENT(records), TEXT_ARGUMENT(record));
    }
    add_header(tar, (struct text){NULL, 0}, TEXT("pax"), 'x', records.size);
    add_content(tar, (struct bytes){(const uint8_t *)records.data, records.size});
}

void tar_add_file(struct tar_writer *tar, struct text name, struct bytes content)
{
    struct text prefix, rest;
    if (!split_name(name, &prefix, &rest) || content.size > LARGEST_SIZE) {
        add_pax_header(tar, name, content.size);
        prefix.size = 0;
        rest = text_file_name(name);
    }
    add_header(tar, prefix, rest, '0', content.size);
    add_content(tar, content);
}

void tar_end(struct tar_writer *tar)
{
    add_piece(tar, (struct bytes){zeros, sizeof zeros});
}
