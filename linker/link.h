// One link: everything that its passes share. A pass reads what passes before it made and adds its own; link.c calls
// them in order and is the file to read first.
#pragma once

#include "common/arena.h"
#include "common/coff.h"
#include "common/diagnostics.h"
#include "common/pe.h"
#include "linker/chunk.h"
#include "linker/input/known_files.h"
#include "linker/options/options.h"

struct archive;
struct file;
struct import;
struct object;
struct object_buffer;
struct output_set;
struct range_thunk_state;
struct resource_file;
struct section;
struct special_sections;
struct symbol;
struct resolution;
struct symbol_table;
struct target;

// A library in search order: command line first, then default libraries as they were named.
struct library {
    struct archive *archive;
    struct file *file; // open, for members that are read and not mapped
    struct text display;
    bool is_whole; // every member is pulled
    bool is_default;
    uint64_t *pulled; // set of header offsets already pulled (open addressing, 0 is empty)
    size_t pulled_count, pulled_capacity;
};

typedef array_of(struct section *) section_array;

// Chunks of one full section name and characteristics: ".text$mn" of code. The unit of `$` grouping.
struct chunk_group {
    struct text name;                  // with its suffix
    uint32_t characteristics;          // without alignment and COMDAT bits
    uint32_t chunk_first, chunk_count; // in link->ordered_chunks, once grouped
    uint64_t size;                     // bytes of its chunks, pads and gaps left out
    struct output_section *output;     // once grouped; NULL: no chunk is in it
};

struct output_section {
    struct text name; // without suffix
    uint32_t characteristics;
    uint32_t index; // 1-based, as headers number them
    uint32_t rva, virtual_size, raw_size, file_offset;
    struct chunk **chunks; // in contribution order
    size_t chunk_count;
    uint32_t name_offset;                  // in the COFF string table for long names, or 0
    struct output_section *next_same_name; // of other characteristics; while sections are grouped
};

// A data directory of the optional header: a chunk's RVA and a size in bytes, settled after layout.
struct directory {
    uint32_t rva, size;
};

struct time_report;       // time_report.h: /TIME, /TIMETRACE
struct coff_symbol_state; // output/coff_symbols.c

struct link {
    const char *program_name;
    struct options options;
    struct diagnostics *diagnostics;
    struct time_report *time_report;
    struct arena *arenas;                // [thread_count]; link_arena gives the calling thread's
    struct object_buffer *table_buffers; // [thread_count]; input/object_reader.h
    int thread_count;
    struct output_set *outputs;
    struct output_set *records; // what tells of the link, also of one that failed: pack, trace, a failed gate's report

    // input/
    array_of(struct file *) files;
    struct known_files known_files;
    array_of(struct object *) objects;    // in order: objects.items[i]->order == i
    array_of(struct library *) libraries; // in search order
    array_of(struct import *) imports;    // short import objects that were pulled, in order
    array_of(struct resource_file *) resources;
    size_t objects_parsed; // of objects
    size_t inputs_loaded;  // of options.inputs
    uint16_t machine;
    struct text machine_source; // who decided it
    const struct target *target;

    // symbols/
    struct symbol_table *symbols;
    struct resolution *resolution;
    struct symbol *entry;
    struct symbol *tls_used, *load_config_used; // or NULL
    struct chunk *headers_chunk;                // RVA 0: what __ImageBase is in

    bool gnu_has_pseudo_symbols; // gnu/: some symbol is_pseudo

    // sections/
    array_of(struct chunk_group) groups;
    array_of(struct chunk *) synthesized; // chunks that the linker made, in the order of making
    uint32_t *group_table;                // of groups, by name and characteristics: index + 1, or 0
    size_t group_table_size;
    section_array *folded;         // [thread_count] sections that others stand for; which list one is in means nothing
    struct chunk **ordered_chunks; // all chunks of the image, in image order
    size_t ordered_chunk_count;
    array_of(struct output_section *) output_sections;
    uint64_t image_base;
    uint32_t headers_size;                       // bytes, file-aligned
    uint32_t image_size;                         // bytes in memory, section-aligned
    uint32_t sections_end;                       // file offset behind the last section
    struct range_thunk_state *range_thunk_state; // sections/range_thunks.c; NULL where every branch reaches

    // synthesize/
    struct directory directories[PE_DIRECTORY_COUNT];
    struct special_sections *special_sections; // inputs that are parts of tables
    struct import_state *import_state;
    struct export_state *export_state;
    struct base_relocation_state *base_relocation_state;
    struct debug_state *debug_state;

    // patch/
    struct pad_statistics {
        uint64_t padded_functions, pad_bytes;
        uint64_t left_out_not_accepted, left_out_excluded;
        uint32_t size; // bytes reserved per function, rounded; 0: no pads are asked for
    } pads;
    struct readiness *readiness; // what the final bytes prove; NULL until decided, or not asked for

    // output/
    struct bytes stub; // DOS program at the image's start
    uint8_t *image;    // the output, in memory until it is put in place
    uint64_t image_file_size;
    uint32_t timestamp;
    struct coff_symbol_state *coff_symbol_state; // NULL: no symbol table and no string table
};

// The calling thread's arena.
struct arena *link_arena(const struct link *link);

// Adds a chunk that the linker made to the group of this section name and these characteristics, live. Not from
// parallel loops. The chunk's kind, size and alignment are set by the caller; its order is that of adding.
void link_add_chunk(struct link *link, struct chunk *chunk, struct text section_name, uint32_t characteristics);

// A chunk with bytes known now, added likewise.
struct chunk *link_add_data(struct link *link, struct bytes content, unsigned alignment, struct text section_name,
                            uint32_t characteristics);

// The group's index in link->groups, made on first use. Alignment and COMDAT bits are left out of the comparison.
uint32_t link_group(struct link *link, struct text name, uint32_t characteristics);

// The characteristics that make two groups of one name different.
uint32_t group_characteristics(uint32_t characteristics);

// Characteristics that the linker's own sections have.
#define CHARACTERISTICS_RDATA (SECTION_INITIALIZED_DATA | SECTION_READ)
#define CHARACTERISTICS_DATA  (SECTION_INITIALIZED_DATA | SECTION_READ | SECTION_WRITE)
#define CHARACTERISTICS_TEXT  (SECTION_CODE | SECTION_EXECUTE | SECTION_READ)
#define CHARACTERISTICS_BSS   (SECTION_UNINITIALIZED_DATA | SECTION_READ | SECTION_WRITE)

// Runs the linker on a command line (argv[0] is the program's name); returns the process's exit status.
int link_main(int argument_count, char **arguments);
