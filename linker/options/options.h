// What the user asked for, from the command line, response files, the environment, .def files and directives in
// objects. The option table (options.c) is the one place that knows spellings; the rest of the linker reads this
// struct.
#pragma once

#include "common/arena.h"
#include "common/text.h"

struct diagnostics;

typedef array_of(struct text)
    text_array; // the one typedef: C has no other way to name an anonymous array in two places

enum tri_state { UNSET, OFF, ON };

enum verbose_topic { VERBOSE_LIB = 1, VERBOSE_REF = 2, VERBOSE_ICF = 4, VERBOSE_UNUSED_LIBS = 8 };

// An export asked for by /EXPORT, a directive or a .def file:
// entryname[=internal][,@ordinal[,NONAME]][,DATA][,PRIVATE].
struct export_request {
    struct text name;          // as exported
    struct text internal_name; // symbol that defines it, or empty: the same
    struct text forward_to;    // "OTHER.name" or "OTHER.#3": a forwarder; else empty
    struct text export_as;     // ,EXPORTAS,name: the name in the image, or empty
    uint32_t ordinal;          // 0: the linker chooses
    bool has_ordinal, no_name, is_data, is_private, is_constant;
    bool is_from_directive; // in an object: names are decorated there
};
typedef array_of(struct export_request) export_request_array;

// -aligncomm:name,shift (GNU, in directives): a common symbol wants 1 << alignment_shift bytes. One entry a name, the
// largest asked for.
struct common_alignment {
    struct text name;
    uint32_t alignment_shift; // at most 13, as sections have it
};

// /SECTION:name,[[!]attributes][,ALIGN=n] and SECTIONS in a .def file.
struct section_attributes {
    struct text name;
    uint32_t set, clear; // section characteristics
    uint32_t alignment;  // bytes, or 0
};

struct name_pair { // /MERGE:from=to, /ALTERNATENAME:from=to
    struct text from, to;
    struct text source; // who asked: an object's display name, or "command line"
};
typedef array_of(struct name_pair) name_pair_array;

struct options {
    text_array arguments; // all of them as they were read: environment included, response files expanded

    // inputs, in order
    array_of(struct input_request {
        struct text path;
        bool is_whole_archive;   // /WHOLEARCHIVE:lib
        bool is_default_library; // /DEFAULTLIB
    }) inputs;
    text_array default_libraries; // /DEFAULTLIB, in order
    text_array library_paths;     // /LIBPATH, then LIB. The current folder, always searched first, is not in the list
    bool no_default_libraries;    // /NODEFAULTLIB
    text_array excluded_default_libraries;
    bool whole_archive;          // /WHOLEARCHIVE without a name
    struct text definition_file; // /DEF
    text_array manifest_inputs;  // /MANIFESTINPUT

    // outputs
    struct text output;         // /OUT; empty until link.c settles it from the first input
    struct text import_library; // /IMPLIB
    bool no_import_library;     // /NOIMPLIB
    bool map;
    struct text map_file;                                                         // /MAP[:file]
    bool map_exports;                                                             // /MAPINFO:EXPORTS
    bool is_dll;                                                                  // /DLL
    bool is_driver, is_driver_wdm, is_driver_uponly;                              // /DRIVER
    enum debug_level { DEBUG_NONE, DEBUG_FULL, DEBUG_SYMTAB, DEBUG_DWARF } debug; // /DEBUG[:…]
    bool debug_pdb_asked; // /DEBUG, /DEBUG:FULL, …: a PDB was asked for
    struct text pdb, pdb_alt_path;
    struct text stub;         // /STUB
    struct text library_name; // LIBRARY or NAME of the .def file; or empty
    enum manifest_kind { MANIFEST_DEFAULT, MANIFEST_NO, MANIFEST_SIDE_BY_SIDE, MANIFEST_EMBED } manifest;
    uint32_t manifest_id;                           // /MANIFEST:EMBED,ID=
    text_array manifest_dependencies;               // /MANIFESTDEPENDENCY
    struct text manifest_file;                      // /MANIFESTFILE
    bool manifest_uac;                              // /MANIFESTUAC:NO clears it
    struct text manifest_level, manifest_ui_access; // 'asInvoker', 'false' with their quotes

    // symbols
    uint16_t machine;  // /MACHINE or 0: the first object's
    struct text entry; // /ENTRY
    bool no_entry;
    text_array includes;          // /INCLUDE
    text_array optional_includes; // /INCLUDEOPTIONAL: asked of libraries, but no error when nobody has it
    name_pair_array alternate_names;
    name_pair_array mismatch_checks; // /FAILIFMISMATCH:key=value, the first of each key; others were compared with it
    export_request_array exports;
    bool force_unresolved, force_multiple, force_multiple_resolution;
    text_array delay_loads; // /DELAYLOAD
    bool delay_unload, delay_no_bind;

    // sections
    enum tri_state opt_ref, opt_icf; // settled by options_settle from /DEBUG when UNSET
    unsigned icf_iterations;
    bool opt_lbr;
    struct text order_file; // /ORDER:@file
    name_pair_array merges;
    array_of(struct section_attributes) section_attributes;
    array_of(struct common_alignment) common_alignments;
    uint32_t section_alignment, file_alignment; // /ALIGN, /FILEALIGN
    bool section_alignment_given;

    // image
    bool base_given;
    uint64_t image_base;        // /BASE
    uint64_t base_maximum_size; // second number of /BASE, or 0
    uint16_t subsystem;         // 0: inferred
    bool subsystem_version_given;
    uint16_t subsystem_major, subsystem_minor, os_major, os_minor;
    bool os_version_given;
    uint16_t image_major, image_minor;
    uint64_t stack_reserve, stack_commit, heap_reserve, heap_commit;
    bool release_checksum; // /RELEASE
    enum tri_state fixed, dynamic_base, nx_compat, high_entropy, large_address_aware, terminal_server_aware, safe_seh;
    bool app_container, integrity_check, no_isolation, no_bind, swaprun_cd, swaprun_net, cet_compat, no_seh;
    bool guard_cf, guard_long_jump, guard_ehcont; // /GUARD
    bool guard_given;
    bool dependent_load_flags_given;
    uint16_t dependent_load_flags; // /DEPENDENTLOADFLAG: a field of the load configuration
    bool brepro;                   // /Brepro
    bool timestamp_given;
    uint32_t timestamp;                           // /TIMESTAMP
    bool incremental;                             // /INCREMENTAL: accepted, nothing to do
    bool mingw;                                   // /MINGW, -lldmingw
    bool exclude_all_symbols, export_all_symbols; // MinGW
    text_array excluded_symbols;                  // -exclude-symbols:a,b
    bool auto_import, pseudo_relocations;         // MinGW: on unless turned off

    // patching
    bool function_pad; // /FUNCTIONPADMIN
    bool function_pad_given_size;
    uint32_t function_pad_size; // the number, as the user gave it
    bool function_pad_all;      // /FUNCTIONPADALL
    text_array no_pad_sections; // /NOFUNCTIONPADSECTION
    bool hotpatch_compatible;   // /HOTPATCHCOMPATIBLE
    bool patch_report;
    struct text patch_report_file;
    enum patch_gate { PATCH_GATE_NONE, PATCH_GATE_WARN, PATCH_GATE_ERROR } patch_gate;
    struct text patch_ready_except; // file of names

    // behaviour
    unsigned error_limit;
    bool demangle;           // /DEMANGLE: C++ names in messages as they were written
    bool verbose;            // /VERBOSE: of everything, pads and readiness included
    unsigned verbose_topics; // enum verbose_topic
    bool no_logo, time, show_help, show_version;
    unsigned threads;                  // /THREADS; 0: as many as the machine has
    struct text time_trace;            // /TIMETRACE
    bool time_trace_beside_output;     // --time-trace: OUTPUT.time-trace
    struct text link_repro, reproduce; // /LINKREPRO, /REPRODUCE

    struct option_state *state; // what only this folder needs: who has set what, and what has been seen before
};

// Whether the finished image is looked at function by function (design, "Readiness: the contract").
static inline bool options_want_readiness(const struct options *options)
{
    return options->patch_report || options->patch_gate != PATCH_GATE_NONE || options->hotpatch_compatible ||
           (options->verbose && options->function_pad);
}

// Whether it matters how objects were compiled: for pads, or for telling why there are none.
static inline bool options_want_acceptance(const struct options *options)
{
    return options->function_pad || options_want_readiness(options);
}

// Defaults that need no input.
void options_init(struct options *options, struct arena *arena);

// Reads _LINK_, LINK, LIB and the command line (argv[0] not included), response files expanded in place. LINK comes
// before the command line's arguments and _LINK_ after them (link.exe, "LINK environment variables"). What is wrong
// is reported; the rest is read all the same. Returns false when the command line itself could not be read.
bool options_read_command_line(struct options *options, int argument_count, char **arguments, struct arena *arena,
                               struct diagnostics *diagnostics);

// What -aligncomm asked for this symbol, or NULL; by hash, not by search.
const struct common_alignment *options_find_common_alignment(const struct options *options, struct text name);

// What /MERGE and /SECTION say of a section, or NULL.
const struct name_pair *options_find_merge(const struct options *options, struct text from);
const struct section_attributes *options_find_section_attributes(const struct options *options, struct text name);

// Whether /NODEFAULTLIB leaves this default library out, or all.
bool options_exclude_default_library(const struct options *options, struct text name);

// Reads the .drectve content of one object: only the options that link.exe accepts there; an unknown one is a warning
// naming `source`.
void options_read_directives(struct options *options, struct text directives, struct text source, struct arena *arena,
                             struct diagnostics *diagnostics);

// Reads a .def file: LIBRARY, NAME, EXPORTS, SECTIONS, STACKSIZE, HEAPSIZE, VERSION, STUB, … (link.exe,
// "Module-Definition Files").
void options_read_definition_file(struct options *options, struct text path, struct arena *arena,
                                  struct diagnostics *diagnostics);

// Settles what depends on other options (REF and ICF from /DEBUG, NXCOMPAT, DYNAMICBASE from FIXED …) and reports
// contradictions. After all inputs are known.
void options_settle(struct options *options, struct diagnostics *diagnostics);

// /? : the table, as a page.
void options_print_help(const char *program_name);
