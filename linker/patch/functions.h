// The functions of one image and everything that was found out about them, in a form that serves a link (which also
// knows objects, acceptance and folding) and /PATCHCHECK (which has nothing but the image) alike.
//
// A function is what has an entry. Every source names candidates (image_functions.c, link_functions.c);
// functions_settle makes one function of all candidates at one RVA. Where sources disagree:
//
// - An entry is an entry when any source says so. Two exceptions: a piece of another function (chained unwind info, a
//   fragment record of ARM, `.cold` code, an exception funclet) is a part and no function; a symbol without a function
//   type, and the shape of an import thunk, count only when a direct call or jump goes there, or another source names
//   them too.
// - The end is taken from unwind data, else from CodeView, else from the symbol's own record; else the function reaches
//   to the next entry or the end of its section in the object, less the fill bytes there.
// - The name is an external symbol's, else a static symbol's, the map file's, an export's, CodeView's; else "sub_RVA".
#pragma once

#include "common/arena.h"
#include "common/text.h"
#include "linker/patch/reasons.h"

struct link;
struct chunk;

enum function_source {
    SOURCE_SYMBOL = 1 << 0,
    SOURCE_UNWIND = 1 << 1,
    SOURCE_CODEVIEW = 1 << 2,
    SOURCE_EXPORT = 1 << 3,
    SOURCE_ENTRY_POINT = 1 << 4,
    SOURCE_GUARD_TABLE = 1 << 5,
    SOURCE_IMPORT_THUNK = 1 << 6,
    SOURCE_MAP_FILE = 1 << 7,
    SOURCE_LINKER = 1 << 8, // made by the linker: range thunks, delay-load thunks
};
#define SOURCE_COUNT 9
const char *function_source_name(unsigned bit_number); // "symbol", "unwind", …

// From best to worst; likewise of what is believed about an end.
enum name_rank { NAME_EXTERNAL, NAME_STATIC, NAME_MAP, NAME_EXPORT, NAME_CODEVIEW, NAME_NONE };
enum end_rank { END_UNWIND, END_CODEVIEW, END_SYMBOL, END_GUESSED };

struct function_candidate {
    struct text name; // empty: the source has none
    struct text object;
    const struct chunk *chunk; // in a link: where it lies; else NULL
    uint32_t rva;
    uint32_t size;  // bytes; with `end_rank`. 0 and END_GUESSED: not said
    uint32_t limit; // RVA that it can't reach over (end of its section in the object), or 0
    uint32_t owner; // of a part: RVA of the function it belongs to, or 0 where that is not known
    uint16_t source, reasons;
    uint8_t name_rank, end_rank;
    bool is_tentative;         // needs a branch to count
    bool is_label;             // code may go there, but it is no function
    bool is_part, is_fragment; // by name or chain; by the unwind record of ARM, which a symbol overrules
    bool is_accepted;
};

struct patch_function {
    struct text name, object;
    const struct text *other_names; // of the same entry, in the order of their ranks
    const struct chunk *chunk;
    uint64_t identity[2]; // XXH3-128 of the body with relocated fields masked: low, high
    uint32_t other_name_count;
    uint32_t rva, size;
    uint32_t pad_found; // free bytes right before the entry
    uint32_t floor;     // RVA that the pad can't reach below: end of what stands before
    uint32_t owner;
    uint16_t section; // index into examination->sections
    uint16_t sources, reasons;
    uint8_t first_length; // of the first instruction, in bytes; 0: none
    uint8_t replaced;     // bytes that the branch over the entry takes
    uint8_t end_rank;
    bool is_part, is_tentative, is_accepted;
    bool has_certain_end; // said by a source, or by the object's section: code does not run on behind it
};

struct examined_section {
    struct text name;
    const uint8_t *data;
    uint32_t rva, virtual_size;
    uint32_t size; // bytes that the file has of it, at most virtual_size
    bool is_code;
    // Of code, one bit a byte: where a branch matters (pads and replaced bytes), entries, and where a field begins that
    // the loader relocates.
    uint8_t *guarded, *entries, *relocated;
};

// A place in the pads or the replaced bytes that something names.
struct branch_hit {
    uint32_t source, target; // RVAs; source 0: not code
    uint8_t kind;            // enum instruction_kind; INSTRUCTION_OTHER: an address is taken
};

struct examination {
    struct arena *arenas; // [thread_limit()]; the first serves what is not parallel
    struct text path;     // of the image, for reports
    uint16_t machine;
    uint64_t image_base;
    uint64_t file_size;
    uint32_t timestamp;
    uint32_t pad_wanted;
    bool pad_was_asked;                // false: a link without /FUNCTIONPADMIN
    const struct link *link;           // that made the image: objects, acceptance and folding are known; NULL: whoever
    bool identity_of_link;             // identities are made from relocations, not from the image
    struct examined_section *sections; // by RVA
    size_t section_count;
    uint32_t code_start, code_end; // RVAs around all sections of code
    array_of(struct function_candidate) candidates;
    array_of(struct branch_hit) hits;
    struct patch_function *functions; // by RVA; parts and unconfirmed ones are gone after functions_confirm
    size_t function_count;
    size_t part_count;
};

static inline bool bit_is_set(const uint8_t *bits, uint32_t index)
{
    return bits[index >> 3] >> (index & 7) & 1;
}

// The section that holds the RVA among the bytes that the file has, or NULL.
struct examined_section *examination_section_at(const struct examination *examination, uint64_t rva);

// Adds a candidate. One that lies in no code is dropped; the Thumb bit is taken off on ARM.
void examination_add(struct examination *examination, const struct function_candidate *candidate);

// Makes room for `count` candidates and as many that images name: an array of hundreds of thousands should not grow by
// doubling.
void examination_expect(struct examination *examination, size_t count);

// Makes the functions: one an RVA, sorted, with ends, floors and names as above. Hits are added for labels.
void functions_settle(struct examination *examination);

// Drops what turned out to be no function: tentative ones that no hit confirmed, and parts.
void functions_confirm(struct examination *examination);

// Index of the first function whose RVA is above `rva`.
size_t functions_upper_bound(const struct examination *examination, uint32_t rva);
