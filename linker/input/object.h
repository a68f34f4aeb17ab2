// An object as the link sees it: its COFF symbols bound to the link's symbols, and a struct section for each section
// that can come into the image.
#pragma once

#include "common/coff.h"
#include "linker/chunk.h"

struct archive;
struct arena;
struct file;
struct import;
struct object;
struct symbol;

// Whether an object's functions get a pad (design, "Pads: the contract"), and from what that was seen.
enum acceptance {
    ACCEPTANCE_UNKNOWN,       // not looked at: no pads are asked for
    ACCEPTANCE_HOTPATCH_FLAG, // compile record with the hot-patch flag
    ACCEPTANCE_NO_RECORD,     // no compile record: accepted on x64, ARM, ARM64; not on x86
    ACCEPTANCE_NO_FLAG,       // compile record without the flag: not accepted
};

// What is known of every section of an object, in eight bytes: most sections of a C++ program are copies that are not
// kept or debug information, so nothing more is made of them. `link` is read through the functions behind it until
// sections are kept; then it is the section's place among the kept ones, plus 1.
struct section_claim {
    uint32_t link;
    uint8_t selection;     // enum comdat_selection
    bool is_for_image : 1; // can come into the image
    bool is_discarded : 1; // lost its COMDAT selection: not in the image, whatever refers to it
};
_Static_assert(sizeof(struct section_claim) == 8, "a link has hundreds of thousands of sections");

// While names are bound: symbol index of the COMDAT's leader, plus 1; the section's number that an associative one
// belongs to. 0: none.
static inline uint32_t section_claim_leader(const struct section_claim *claim)
{
    return claim->selection == COMDAT_ASSOCIATIVE ? 0 : claim->link;
}
static inline uint32_t section_claim_parent(const struct section_claim *claim)
{
    return claim->selection == COMDAT_ASSOCIATIVE ? claim->link : 0;
}

// A section that is kept: its COMDAT was selected, or it is none.
struct section {
    // The first cache line is what liveness and folding look at.
    _Alignas(64) struct chunk chunk; // first: a chunk whose is_section is set is cast back
    struct object *object;
    const struct coff_relocation *relocations; // checked against the file. Set once sections are read, like `content`
    uint32_t relocation_count;                 // the header's, until then
    uint32_t fold_index;             // sections/fold.c: index among what may be folded, from 1; 0: not one of them
    struct section *folded_into;     // ICF: the section whose bytes stand for this one, or NULL
    struct section *first_associate; // COMDAT_ASSOCIATIVE sections that live and die with this one
    struct section *next_associate;
    uint32_t number;          // 1-based, as symbols name it
    uint32_t characteristics; // the header's
    char name[8];             // the header's: section_name
    const uint8_t *content;   // chunk.size bytes of the file; NULL: it has none there
    uint32_t raw_offset;      // of them in the file; 0: none
    uint32_t relocation_offset;
    uint32_t address;  // what relocations' offsets count from; 0 but in odd objects
    bool is_discarded; // replaced after it was kept (MinGW's .refptr): nothing reaches it any more
};
_Static_assert(sizeof(struct section) == 128, "a link has hundreds of thousands of sections");

static inline struct section *section_of_chunk(const struct chunk *chunk)
{
    return (struct section *)chunk;
}

struct file_extent {
    uint64_t offset, size; // bytes, in the file
};

// Bytes of an object's file in memory.
struct file_part {
    uint64_t offset; // in the file
    struct bytes bytes;
};

struct object {
    struct text path;              // of the file, as the user wrote it or the search found it
    struct text member;            // name inside the library, or empty
    struct text display;           // "a.obj" or "lib.lib(member.obj)": for diagnostics and maps
    struct bytes content;          // all of it, mapped or in memory
    struct file_part borrowed;     // debug sections, while a pass looks at them
    const struct file *file;       // its own or its library's, to read what is better not mapped; NULL: it is not open
    uint64_t file_base;            // where the object begins in there
    const struct archive *library; // it came from, or NULL
    uint32_t library_order;        // rank of that library in the search order, or UINT32_MAX
    uint64_t library_offset;       // file offset of the member's header: which member it is
    uint32_t order;                // rank among all objects: contribution order and symbol rank
    uint32_t timestamp;            // the header's
    uint16_t machine;
    bool is_bigobj;
    bool is_parsed;        // its header is read
    bool may_have_special; // sections that are parts of the linker's own tables
    bool is_failed;        // had an error while parsing: it defines nothing
    bool has_codeview;     // a section's name begins with .debug$
    uint32_t section_count;
    uint32_t symbol_count; // records, auxiliary ones included
    struct file_extent
        codeview;      // of the first .debug$S that belongs to no COMDAT; it tells how the object was compiled
    uint32_t features; // value of @feat.00 (enum feature_bits)
    enum acceptance acceptance;
    uint64_t headers_offset, symbols_offset;   // of the tables in the file; strings follow symbols
    const struct coff_section_header *headers; // object_header reads one
    const uint8_t *symbols;                    // symbol_count records of symbol_size bytes
    size_t symbol_size;                        // 18 or 20
    struct bytes strings;                      // string table, its length field included
    struct section_claim *claims;              // [section_count + 1], by number
    struct section *kept;                      // [kept_count] the kept ones, by number
    uint32_t kept_count;
    uint64_t *names;             // [symbol_count] what each symbol record names: object_name
    struct import *import;       // a short import object: no sections and no COFF symbols of its own; else NULL
    uint32_t directives_section; // number of .drectve, or 0
    struct text directives;      // its text, in place
};

// Where its string table is in the file.
static inline uint64_t object_strings_offset(const struct object *object)
{
    return object->symbols_offset + (uint64_t)object->symbol_count * object->symbol_size;
}

// A symbol record of either width, read in place. `section_number` has a sign: COFF_ABSOLUTE is -1.
struct object_symbol {
    struct text name;
    uint32_t value;
    int32_t section_number;
    uint16_t type;
    uint8_t storage_class;
    uint8_t aux_count;
};

// The record at `index`, which must be below symbol_count.
struct object_symbol object_symbol_at(const struct object *object, uint32_t index);
// The same without its name, for walks that need few names: finding the end of one is most of the work.
static inline struct object_symbol object_symbol_fields(const struct object *object, uint32_t index)
{
    const uint8_t *record = object->symbols + (size_t)index * object->symbol_size;
    // In both widths the section number begins at 12; what follows it is 2 bytes further in a bigobj.
    const uint8_t *rest = record + (object->is_bigobj ? 16 : 14);
    return (struct object_symbol){
        .value = load32(record + 8),
        .section_number = object->is_bigobj ? (int32_t)load32(record + 12) : coff_section_number(load16(record + 12)),
        .type = load16(rest),
        .storage_class = rest[2],
        .aux_count = rest[3],
    };
}
// Whether the record's name is in the string table.
static inline bool object_symbol_has_long_name(const struct object *object, uint32_t index)
{
    return load32(object->symbols + (size_t)index * object->symbol_size) == 0;
}
// The name alone. One that points outside the string table reads as empty.
struct text object_symbol_name(const struct object *object, uint32_t index);
// What a record names, in eight bytes, as relocations ask for it: a symbol of the link (a pointer, once names are bound),
// a place of the object itself (once sections are kept), or nothing (0: an auxiliary record, or something that can't be
// in the image).
static inline uint64_t object_name(const struct object *object, uint32_t index)
{
    return index < object->symbol_count ? object->names[index] : 0;
}
struct local_place {
    uint32_t value; // the record's
    uint32_t kept;  // place of its section among the kept ones, plus 1; 0: the value is absolute
    bool is_function;
};
static inline bool name_is_local(uint64_t name)
{
    return name & 1;
}
static inline struct local_place name_local(uint64_t name)
{
    return (struct local_place){(uint32_t)(name >> 32), (uint32_t)name >> 2, (name & 2) != 0};
}
static inline uint64_t name_of_local(struct local_place place)
{
    return (uint64_t)place.value << 32 | (uint32_t)(place.kept << 2) | (unsigned)place.is_function << 1 | 1;
}
static inline struct symbol *name_global(uint64_t name)
{
    return name_is_local(name) ? NULL : (struct symbol *)(uintptr_t)name;
}
// The link's symbol that a record names, or NULL: something else, or an index past the table's end.
static inline struct symbol *object_global(const struct object *object, uint32_t index)
{
    return name_global(object_name(object, index));
}

// The kept section of this number, or NULL: not kept, or no section's number. Once sections are kept.
static inline struct section *object_section(const struct object *object, int64_t number)
{
    if (number <= 0 || number > object->section_count || !object->kept_count)
        return NULL;
    const struct section_claim *claim = &object->claims[number];
    return claim->is_for_image && !claim->is_discarded && claim->link ? &object->kept[claim->link - 1] : NULL;
}

// The `number`th auxiliary record (from 0) of the symbol at `index`, 18 bytes, or NULL where the file ends before it.
const void *object_auxiliary_at(const struct object *object, uint32_t index, uint32_t number);

// The header of the section of this number, which must be one.
static inline const struct coff_section_header *object_header(const struct object *object, uint32_t number)
{
    return &object->headers[number - 1];
}

// The full name of a section, long names ("/4", "//AAAA") looked up.
struct text object_section_name(const struct object *object, uint32_t number);
struct text section_name(const struct section *section);

// Whether this section is .debug$S of the object as a whole, not of a COMDAT.
bool object_section_is_codeview(const struct object *object, uint32_t number);

// [offset, offset + size) of the object's file: {NULL, 0} where it is not wholly inside.
struct bytes object_bytes(const struct object *object, uint64_t offset, uint64_t size);

// Bytes of a section as they lie in the file; empty for uninitialised data, and where they would reach past the file's
// end. For sections that are not kept, or not yet.
struct bytes object_section_content(const struct object *object, uint32_t number);
// The same of a kept one, once sections are read.
static inline struct bytes section_content(const struct section *section)
{
    return (struct bytes){section->content, section->content ? section->chunk.size : 0};
}

// Whether functions of the object get a pad on this machine.
bool object_is_accepted(const struct object *object);
