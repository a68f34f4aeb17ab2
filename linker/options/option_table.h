// Between the files of this folder: what a row of the option table is and what a handler gets. The rest of the linker
// sees options.h only.
#pragma once

#include "linker/options/options.h"

#include "common/diagnostics.h"

// Who asks. A later command line option replaces an earlier one; what the command line says stands against .def files
// and objects, a .def file against objects, and of two objects that disagree the first one is heard.
enum option_origin { ORIGIN_NONE, ORIGIN_DIRECTIVE, ORIGIN_DEFINITION_FILE, ORIGIN_COMMAND_LINE };

// One option as it was met: `/name:value`.
struct option_call {
    struct options *options;
    const struct option *option;
    struct text argument; // all of it, as written
    struct text value;    // behind the colon; empty where there is none
    bool has_value;       // a colon was there
    bool is_long;         // written with two dashes
    bool may_be_unknown;  // -?name: to be ignored by a linker that does not know it (PE format, "The .drectve Section")
    enum option_origin origin;
    struct text source; // the object or .def file that says so; empty for the command line
    struct arena *arena;
    struct diagnostics *diagnostics;
};

enum value_form {
    VALUE_NONE,     // /DLL
    VALUE_OPTIONAL, // /MAP, /MAP:file
    VALUE_REQUIRED, // /OUT:file
    VALUE_SWITCH,   // /FIXED, /FIXED:NO
    VALUE_GLUED,    // /D2threads8: the name is a prefix, the rest means nothing here
};

enum option_flags {
    OPTION_IN_DIRECTIVE = 1, // link.exe accepts it in .drectve
    OPTION_SINGLE = 2,       // has one value: the order of enum option_origin decides who wins
    OPTION_EARLY = 4,        // read before all others: it decides how they are reported
    OPTION_LIST = 8,         // an empty value is no mistake
};

struct option {
    const char *name; // upper case, without '/'
    enum value_form form;
    unsigned flags;
    void (*handle)(const struct option_call *call); // NULL: known, and nothing to do
    size_t field;                                   // of struct options, for handlers that serve many rows
    const char *value_help;                         // "file", "n"
    const char *help;                               // NULL: not on the help page
};

// The table, sorted by name in byte order.
extern const struct option option_table[];
extern const size_t option_table_count;

// The row of this name in any case, or NULL.
const struct option *option_find(struct text name);

// Fills in what an argument says: its row (NULL where the table has none), value and spelling. False where it does
// not begin like an option.
bool option_split(struct text argument, struct option_call *call);

// Calls the handler of a call that has a row, unless its value has the wrong form (reported) or somebody with more
// right has set the option.
void option_run(const struct option_call *call);

// Both in one, for an argument that is known to be an option.
void option_apply(struct options *options, struct text argument, enum option_origin origin, struct text source,
                  struct arena *arena, struct diagnostics *diagnostics);

// Messages about an option: a directive's or a .def file's begin with where it stands. They are counted, so that a
// directive section that was complained about is not taken for one that was read in peace.
#define option_error(call, number, format, ...)                                                                        \
    ((call)->options->state->message_count++,                                                                          \
     report_error((call)->diagnostics, (number), "%.*s%s" format, TEXT_ARGUMENT((call)->source),                       \
                  (call)->source.size ? ": " : "", __VA_ARGS__))
#define option_warning(call, number, format, ...)                                                                      \
    ((call)->options->state->message_count++,                                                                          \
     report_warning((call)->diagnostics, (number), "%.*s%s" format, TEXT_ARGUMENT((call)->source),                     \
                    (call)->source.size ? ": " : "", __VA_ARGS__))

// "/name: invalid argument: value", in lld-link's words.
void option_invalid_argument(const struct option_call *call, struct text value);

// --- values (option_value.c) ---

// The text up to `separator`, and the rest behind it; all of it and nothing where there is no separator.
struct text text_split(struct text *rest, char separator);
struct text text_trim(struct text t);

// Decimal or 0x hexadecimal, in full. A leading 0 means nothing: 010 is ten.
bool number_parse(struct text t, uint64_t maximum, uint64_t *value);

// The whole value of the call as a number; reports and returns false where it is none.
bool option_number(const struct option_call *call, struct text value, uint64_t maximum, uint64_t *number);

// "major[.minor]", each at most 65535.
bool option_version(const struct option_call *call, struct text value, uint16_t *major, uint16_t *minor);

// --- names seen before (seen_set.c) ---

enum seen_kind {
    SEEN_DIRECTIVES, // a whole .drectve section
    SEEN_DEFAULT_LIBRARY,
    SEEN_EXCLUDED_LIBRARY,
    SEEN_EXPORT,
    SEEN_INCLUDE,
    SEEN_OPTIONAL_INCLUDE,
    SEEN_ALTERNATE_NAME,
    SEEN_MERGE,
    SEEN_SECTION,
    SEEN_MISMATCH_KEY,
    SEEN_COMMON_ALIGNMENT,
    SEEN_EXCLUDED_SYMBOL,
    SEEN_MANIFEST_DEPENDENCY,
};

// A set of texts of each kind, each with a number that its owner keeps there: an index into the list that holds it.
struct seen_entry {
    struct text key;
    uint64_t hash; // 0: an empty place
    size_t index;
    enum seen_kind kind;
};

struct seen_set {
    struct seen_entry *entries;
    size_t count, capacity;
};

// The entry of `key`, or NULL.
struct seen_entry *seen_find(const struct seen_set *set, enum seen_kind kind, struct text key);
// The same, made where it was not there (is_new). `key` has to live as long as the set. Valid until the next call.
struct seen_entry *seen_add(struct seen_set *set, struct arena *arena, enum seen_kind kind, struct text key,
                            bool *is_new);

// --- state ---

#define OPTION_TABLE_MAXIMUM 320

struct option_state {
    struct arena *arena;
    struct seen_set seen;
    size_t message_count;                 // of option_error and option_warning
    uint8_t origin[OPTION_TABLE_MAXIMUM]; // enum option_origin by row, of OPTION_SINGLE rows
    bool ignores_environment;             // /LLDIGNOREENV
    bool profile;                         // /PROFILE
    bool posix_quotes;                    // --rsp-quoting=posix
};

// --- arguments (tokenizer.c, response_file.c, environment.c) ---

// Splits as Windows' C run-time library does: blanks separate, double quotes hold together, backslashes count only
// before a quote. Tokens are slices of `line` where nothing had to be taken out of them.
void tokenize_windows(struct text line, text_array *tokens, struct arena *arena);
// The POSIX shell's way, for --rsp-quoting=posix: both quotes, and a backslash before anything.
void tokenize_posix(struct text line, text_array *tokens, struct arena *arena);

// The next token of `rest`, which is advanced past it; false at the end.
bool token_next(struct text *rest, struct text *token, struct arena *arena);

// Replaces each @file by the arguments in it, to any depth. Returns false, having said why, where a file can't be
// read or includes itself.
bool response_files_expand(const text_array *arguments, text_array *expanded, bool posix_quotes, struct arena *arena,
                           struct diagnostics *diagnostics);

void environment_add_arguments(const char *variable, text_array *arguments, struct arena *arena);
// Appends the folders of LIB to options->library_paths.
void environment_add_library_paths(struct options *options, struct arena *arena);

// --- handlers, by what they are about ---

// option_simple.c
void set_flag(const struct option_call *call);           // bool at `field`, true
void set_flag_or_no(const struct option_call *call);     // bool at `field`, of a switch
void set_flag_unless_no(const struct option_call *call); // the other way round: the bool is about :NO
void set_switch(const struct option_call *call);         // enum tri_state at `field`
void set_text(const struct option_call *call);           // struct text at `field`
void set_list_file(const struct option_call *call);      // the same, for @file
void add_text(const struct option_call *call);           // text_array at `field`
void warn_no_effect(const struct option_call *call);     // known, but this linker does not do it

// option_image.c
void set_alignment(const struct option_call *call);
void set_base(const struct option_call *call);
void set_driver(const struct option_call *call);
void set_file_alignment(const struct option_call *call);
void set_guard(const struct option_call *call);
void set_heap(const struct option_call *call);
void set_machine(const struct option_call *call);
void set_os_version(const struct option_call *call);
void set_stack(const struct option_call *call);
void set_subsystem(const struct option_call *call);
void set_swap_run(const struct option_call *call);
void set_timestamp(const struct option_call *call);
void set_brepro(const struct option_call *call);
void set_version(const struct option_call *call);
void set_dependent_load_flags(const struct option_call *call);

// option_symbol.c
void add_alternate_name(const struct option_call *call);
void add_common_alignment(const struct option_call *call);
void add_default_library(const struct option_call *call);
void add_excluded_library(const struct option_call *call);
void add_excluded_symbols(const struct option_call *call);
void add_export(const struct option_call *call);
void add_include(const struct option_call *call);
void add_optional_include(const struct option_call *call);
void add_merge(const struct option_call *call);
void add_mismatch_check(const struct option_call *call);
void add_section_attributes(const struct option_call *call);
void add_whole_archive(const struct option_call *call);
void set_no_default_libraries(const struct option_call *call);
void set_delay(const struct option_call *call);
void set_force(const struct option_call *call);
void set_optimizations(const struct option_call *call);

// "name[=internal][,@n][,NONAME]…"; false where it is no such thing.
bool export_request_parse(struct text specification, struct export_request *request, bool *has_extra_delimiter);

// Settles what a section is not from what it is: those of D, K, P and S that are not given are off; read, write and
// execute stay as the objects have them unless one of the three is given: then they are what is given (link.exe,
// "/SECTION").
void section_attributes_complete(struct section_attributes *attributes);
// Keeps one entry a section; the command line's replaces what was there.
void section_attributes_store(struct options *options, struct section_attributes attributes, enum option_origin origin,
                              struct arena *arena);

// definition_file.c: the content of a .def file; `path` is for messages.
void definition_text_read(struct options *options, struct text content, struct text path, struct arena *arena,
                          struct diagnostics *diagnostics);

// option_output.c
void set_debug(const struct option_call *call);
void set_manifest(const struct option_call *call);
void add_manifest_dependency(const struct option_call *call);
void set_manifest_uac(const struct option_call *call);
void set_map(const struct option_call *call);
void set_map_info(const struct option_call *call);

// option_run.c: patching and how the linker itself behaves
void set_function_pad(const struct option_call *call);
void set_patch_ready(const struct option_call *call);
void set_patch_report(const struct option_call *call);
void set_error_limit(const struct option_call *call);
void set_ignore(const struct option_call *call);
void set_warnings_as_errors(const struct option_call *call);
void set_threads(const struct option_call *call);
void set_verbose(const struct option_call *call);
void set_time_trace(const struct option_call *call);
void set_ignore_environment(const struct option_call *call);
void set_quoting(const struct option_call *call);
void set_profile(const struct option_call *call);
void warn_lib_not_first(const struct option_call *call);
void warn_infer_asan(const struct option_call *call);
