// Options about names: libraries, symbols and sections. Most of them stand in .drectve sections too, the same ones in
// object after object, so each list keeps a name once and a hash table remembers which (seen_set.c).
#include "linker/options/option_table.h"

#include "common/coff.h"

// Adds to a set under a key that may not live on; true where it is new.
static bool remember(const struct option_call *call, enum seen_kind kind, struct text key)
{
    struct option_state *state = call->options->state;
    if (seen_find(&state->seen, kind, key))
        return false;
    bool is_new;
    seen_add(&state->seen, state->arena, kind, text_copy(state->arena, key), &is_new);
    return true;
}

static struct text call_source(const struct option_call *call)
{
    return call->source.size ? call->source : TEXT("command line");
}

// --- libraries ---

#define LIBRARY_KEY_MAXIMUM 512

// The form in which default libraries are compared: lower case, without folder and ".lib" (link.exe, "/NODEFAULTLIB").
// Longer names are cut: no file system has them.
static struct text library_key(struct text name, char buffer[LIBRARY_KEY_MAXIMUM])
{
    name = text_file_name(name);
    if (text_ends_with_ignoring_case(name, TEXT(".lib")))
        name.size -= 4;
    size_t size = name.size < LIBRARY_KEY_MAXIMUM ? name.size : LIBRARY_KEY_MAXIMUM;
    for (size_t i = 0; i < size; i++) {
        char c = name.data[i];
        buffer[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return (struct text){buffer, size};
}

void add_default_library(const struct option_call *call)
{
    char buffer[LIBRARY_KEY_MAXIMUM];
    if (remember(call, SEEN_DEFAULT_LIBRARY, library_key(call->value, buffer)))
        array_push(call->arena, &call->options->default_libraries, call->value);
}

void add_excluded_library(const struct option_call *call)
{
    char buffer[LIBRARY_KEY_MAXIMUM];
    if (remember(call, SEEN_EXCLUDED_LIBRARY, library_key(call->value, buffer)))
        array_push(call->arena, &call->options->excluded_default_libraries, call->value);
}

bool options_exclude_default_library(const struct options *options, struct text name)
{
    char buffer[LIBRARY_KEY_MAXIMUM];
    return options->no_default_libraries ||
           seen_find(&options->state->seen, SEEN_EXCLUDED_LIBRARY, library_key(name, buffer));
}

void set_no_default_libraries(const struct option_call *call)
{
    if (!call->has_value)
        call->options->no_default_libraries = true;
    else if (call->value.size)
        add_excluded_library(call);
    else
        option_error(call, 1146, "no argument specified with option '%.*s'", TEXT_ARGUMENT(call->argument));
}

// /WHOLEARCHIVE:lib names an input as well, at this place among the others.
void add_whole_archive(const struct option_call *call)
{
    if (!call->has_value) {
        call->options->whole_archive = true;
    } else if (call->value.size == 0) {
        option_error(call, 1146, "no argument specified with option '%.*s'", TEXT_ARGUMENT(call->argument));
    } else {
        array_push(call->arena, &call->options->inputs,
                   ((struct input_request){.path = call->value, .is_whole_archive = true}));
    }
}

void set_delay(const struct option_call *call)
{
    if (text_equal_ignoring_case(call->value, TEXT("unload")))
        call->options->delay_unload = true;
    else if (text_equal_ignoring_case(call->value, TEXT("nobind")))
        call->options->delay_no_bind = true;
    else
        option_invalid_argument(call, call->value);
}

// --- symbols ---

void add_include(const struct option_call *call)
{
    if (remember(call, SEEN_INCLUDE, call->value))
        array_push(call->arena, &call->options->includes, call->value);
}

void add_optional_include(const struct option_call *call)
{
    if (remember(call, SEEN_OPTIONAL_INCLUDE, call->value))
        array_push(call->arena, &call->options->optional_includes, call->value);
}

void add_excluded_symbols(const struct option_call *call)
{
    struct text rest = call->value;
    while (rest.size) {
        struct text name = text_split(&rest, ',');
        if (name.size && remember(call, SEEN_EXCLUDED_SYMBOL, name))
            array_push(call->arena, &call->options->excluded_symbols, name);
    }
}

// "from=to"; reports and returns false where one of them is missing.
static bool parse_pair(const struct option_call *call, struct name_pair *pair)
{
    struct text to = call->value;
    struct text from = text_split(&to, '=');
    *pair = (struct name_pair){from, to, call_source(call)};
    if (from.size && to.size)
        return true;
    option_invalid_argument(call, call->value);
    return false;
}

// The pair that has this `from` already, or NULL once `pair` has been added to the list.
static const struct name_pair *add_pair(const struct option_call *call, enum seen_kind kind, name_pair_array *list,
                                        struct name_pair pair)
{
    struct option_state *state = call->options->state;
    bool is_new;
    struct seen_entry *entry = seen_add(&state->seen, state->arena, kind, pair.from, &is_new);
    if (!is_new)
        return &list->items[entry->index];
    entry->index = list->count;
    array_push(call->arena, list, pair);
    return NULL;
}

void add_alternate_name(const struct option_call *call)
{
    struct name_pair pair;
    if (!parse_pair(call, &pair))
        return;
    const struct name_pair *earlier = add_pair(call, SEEN_ALTERNATE_NAME, &call->options->alternate_names, pair);
    if (earlier && !text_equal(earlier->to, pair.to))
        option_error(call, 0, "/alternatename: conflicts: %.*s\n>>> %.*s has %.*s=%.*s", TEXT_ARGUMENT(call->value),
                     TEXT_ARGUMENT(earlier->source), TEXT_ARGUMENT(earlier->from), TEXT_ARGUMENT(earlier->to));
}

// Objects that were compiled in ways that don't mix say so by giving one key different values.
void add_mismatch_check(const struct option_call *call)
{
    struct name_pair pair;
    if (!parse_pair(call, &pair))
        return;
    const struct name_pair *earlier = add_pair(call, SEEN_MISMATCH_KEY, &call->options->mismatch_checks, pair);
    if (!earlier || text_equal(earlier->to, pair.to))
        return;
    call->options->state->message_count++;
    report_error(call->diagnostics, 2038,
                 "/failifmismatch: mismatch detected for '%.*s':\n>>> %.*s has value %.*s\n>>> %.*s has value %.*s",
                 TEXT_ARGUMENT(pair.from), TEXT_ARGUMENT(earlier->source), TEXT_ARGUMENT(earlier->to),
                 TEXT_ARGUMENT(pair.source), TEXT_ARGUMENT(pair.to));
}

// -aligncomm:name,shift
void add_common_alignment(const struct option_call *call)
{
    struct options *options = call->options;
    size_t comma = text_find_last(call->value, ',');
    struct text name = text_prefix(call->value, comma);
    uint64_t shift;
    if (name.size == 0 || comma == call->value.size || !number_parse(text_skip(call->value, comma + 1), 13, &shift)) {
        option_invalid_argument(call, call->value);
        return;
    }
    bool is_new;
    struct seen_entry *entry =
        seen_add(&options->state->seen, options->state->arena, SEEN_COMMON_ALIGNMENT, name, &is_new);
    if (is_new) {
        entry->index = options->common_alignments.count;
        array_push(call->arena, &options->common_alignments, ((struct common_alignment){.name = name}));
    }
    struct common_alignment *alignment = &options->common_alignments.items[entry->index];
    if (alignment->alignment_shift < shift)
        alignment->alignment_shift = (uint32_t)shift;
}

const struct common_alignment *options_find_common_alignment(const struct options *options, struct text name)
{
    const struct seen_entry *entry = seen_find(&options->state->seen, SEEN_COMMON_ALIGNMENT, name);
    return entry ? &options->common_alignments.items[entry->index] : NULL;
}

// --- exports ---

// One word behind the name; false where it says nothing that is known.
static bool export_attribute_parse(struct text word, struct text *rest, struct export_request *request)
{
    uint64_t ordinal;
    if (text_equal_ignoring_case(word, TEXT("noname"))) {
        request->no_name = true;
    } else if (text_equal_ignoring_case(word, TEXT("data"))) {
        request->is_data = true;
    } else if (text_equal_ignoring_case(word, TEXT("constant"))) {
        request->is_constant = true;
    } else if (text_equal_ignoring_case(word, TEXT("private"))) {
        request->is_private = true;
    } else if (text_equal_ignoring_case(word, TEXT("exportas"))) { // takes what is left
        request->export_as = *rest;
        *rest = TEXT("");
        return request->export_as.size && text_find(request->export_as, ',') == request->export_as.size;
    } else if (word.size && word.data[0] == '@' && number_parse(text_skip(word, 1), UINT16_MAX, &ordinal) && ordinal) {
        request->has_ordinal = true;
        request->ordinal = (uint32_t)ordinal;
    } else {
        return false;
    }
    return true;
}

bool export_request_parse(struct text specification, struct export_request *request, bool *has_extra_delimiter)
{
    struct text rest = specification;
    struct text internal_name = text_split(&rest, ',');
    bool is_renamed = text_find(internal_name, '=') < internal_name.size;
    *request = (struct export_request){.name = text_split(&internal_name, '=')};
    size_t dot = text_find(internal_name, '.');
    if (dot > 0 && dot < internal_name.size)
        request->forward_to = internal_name;
    else
        request->internal_name = internal_name;
    if (request->name.size == 0 || (is_renamed && internal_name.size == 0))
        return false;
    *has_extra_delimiter = specification.data[specification.size - 1] == ',';
    while (rest.size) {
        struct text word = text_split(&rest, ',');
        if (!(word.size == 0 && rest.size == 0) && !export_attribute_parse(word, &rest, request))
            return false;
    }
    return !request->no_name || request->has_ordinal;
}

void add_export(const struct option_call *call)
{
    bool is_directive = call->origin == ORIGIN_DIRECTIVE;
    if (is_directive && !remember(call, SEEN_EXPORT, call->value))
        return;
    struct export_request request;
    bool has_extra_delimiter = false;
    if (!export_request_parse(call->value, &request, &has_extra_delimiter)) {
        option_error(call, 1117, "invalid /export: %.*s", TEXT_ARGUMENT(call->value));
        return;
    }
    if (has_extra_delimiter)
        option_warning(call, 4051, "extra delimiter in /export: %.*s", TEXT_ARGUMENT(call->value));
    request.is_from_directive = is_directive;
    array_push(call->arena, &call->options->exports, request);
}

// --- sections ---

static bool is_unmergeable(struct text name)
{
    return text_equal(name, TEXT(".rsrc")) || text_equal(name, TEXT(".reloc"));
}

void add_merge(const struct option_call *call)
{
    struct name_pair pair;
    if (!parse_pair(call, &pair))
        return;
    if (is_unmergeable(pair.from) || is_unmergeable(pair.to)) {
        struct text name = is_unmergeable(pair.from) ? pair.from : pair.to;
        option_error(call, 0, "/merge: cannot merge '%.*s' with any section", TEXT_ARGUMENT(name));
        return;
    }
    const struct name_pair *earlier = add_pair(call, SEEN_MERGE, &call->options->merges, pair);
    if (earlier && !text_equal(earlier->to, pair.to))
        option_warning(call, 4253, "%.*s: already merged into %.*s", TEXT_ARGUMENT(call->value),
                       TEXT_ARGUMENT(earlier->to));
}

const struct name_pair *options_find_merge(const struct options *options, struct text from)
{
    const struct seen_entry *entry = seen_find(&options->state->seen, SEEN_MERGE, from);
    return entry ? &options->merges.items[entry->index] : NULL;
}

static uint32_t section_characteristic(char letter)
{
    switch (letter) {
    case 'd':
    case 'D': return SECTION_DISCARDABLE;
    case 'e':
    case 'E': return SECTION_EXECUTE;
    case 'k':
    case 'K': return SECTION_NOT_CACHED;
    case 'p':
    case 'P': return SECTION_NOT_PAGED;
    case 'r':
    case 'R': return SECTION_READ;
    case 's':
    case 'S': return SECTION_SHARED;
    case 'w':
    case 'W': return SECTION_WRITE;
    default: return 0;
    }
}

// K and P are said in the negative: the letter alone is what every section is (cached, pageable), "!K" and "!P" set
// the bits.
static bool is_negative_letter(char letter)
{
    return letter == 'k' || letter == 'K' || letter == 'p' || letter == 'P';
}

void section_attributes_complete(struct section_attributes *attributes)
{
    const uint32_t access = SECTION_READ | SECTION_WRITE | SECTION_EXECUTE;
    const uint32_t others = SECTION_DISCARDABLE | SECTION_NOT_CACHED | SECTION_NOT_PAGED | SECTION_SHARED;
    attributes->clear |= others;
    if (attributes->set & access)
        attributes->clear |= access;
    attributes->clear &= ~attributes->set;
}

static bool section_letters_parse(struct text letters, struct section_attributes *attributes)
{
    for (size_t i = 0; i < letters.size; i++) {
        bool is_negated = letters.data[i] == '!' && i + 1 < letters.size;
        char letter = letters.data[is_negated ? ++i : i];
        uint32_t bit = section_characteristic(letter);
        if (bit == 0)
            return false;
        *(is_negated == is_negative_letter(letter) ? &attributes->set : &attributes->clear) |= bit;
    }
    attributes->set &= ~attributes->clear;
    section_attributes_complete(attributes);
    return true;
}

// "name,letters,ALIGN=n"; what is wrong is reported.
static bool section_attributes_parse(const struct option_call *call, struct section_attributes *attributes)
{
    struct text rest = call->value;
    *attributes = (struct section_attributes){.name = text_split(&rest, ',')};
    if (attributes->name.size == 0 || rest.size == 0) {
        option_invalid_argument(call, call->value);
        return false;
    }
    while (rest.size) {
        struct text part = text_split(&rest, ',');
        uint64_t alignment;
        bool is_alignment = text_starts_with_ignoring_case(part, TEXT("align="));
        if (is_alignment && number_parse(text_skip(part, 6), 8192, &alignment) && alignment &&
            !(alignment & (alignment - 1))) {
            attributes->alignment = (uint32_t)alignment;
        } else if (is_alignment || (part.size && !section_letters_parse(part, attributes))) {
            option_invalid_argument(call, part);
            return false;
        }
    }
    return true;
}

void section_attributes_store(struct options *options, struct section_attributes attributes, enum option_origin origin,
                              struct arena *arena)
{
    bool is_new;
    struct seen_entry *entry =
        seen_add(&options->state->seen, options->state->arena, SEEN_SECTION, attributes.name, &is_new);
    if (is_new) {
        entry->index = options->section_attributes.count;
        array_push(arena, &options->section_attributes, attributes);
    } else if (origin == ORIGIN_COMMAND_LINE) {
        options->section_attributes.items[entry->index] = attributes;
    }
}

const struct section_attributes *options_find_section_attributes(const struct options *options, struct text name)
{
    const struct seen_entry *entry = seen_find(&options->state->seen, SEEN_SECTION, name);
    return entry ? &options->section_attributes.items[entry->index] : NULL;
}

void add_section_attributes(const struct option_call *call)
{
    struct section_attributes attributes;
    if (section_attributes_parse(call, &attributes))
        section_attributes_store(call->options, attributes, call->origin, call->arena);
}

// --- what is kept ---

// /FORCE[:{UNRESOLVED|MULTIPLE|MULTIPLERES}]; without a value, the first two.
void set_force(const struct option_call *call)
{
    struct options *options = call->options;
    struct text rest = call->value;
    if (rest.size == 0)
        options->force_unresolved = options->force_multiple = true;
    while (rest.size) {
        struct text kind = text_split(&rest, ',');
        if (text_equal_ignoring_case(kind, TEXT("unresolved")))
            options->force_unresolved = true;
        else if (text_equal_ignoring_case(kind, TEXT("multiple")))
            options->force_multiple = true;
        else if (text_equal_ignoring_case(kind, TEXT("multipleres")))
            options->force_multiple_resolution = true;
        else
            option_invalid_argument(call, kind);
    }
}

// lld-link's words about its own optimizers, and link.exe's of old: nothing here, and nothing lost.
static bool is_ignored_optimization(struct text word)
{
    static const char *const prefixes[] = {
        "lldtailmerge", "nolldtailmerge", "ltodebugpassmanager", "noltodebugpassmanager", "lldlto", "win98", "nowin98"};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (text_starts_with_ignoring_case(word, text_of(prefixes[i])))
            return true;
    return false;
}

void set_optimizations(const struct option_call *call)
{
    struct options *options = call->options;
    struct text rest = call->value;
    uint64_t iterations;
    while (rest.size) {
        struct text word = text_split(&rest, ',');
        if (text_equal_ignoring_case(word, TEXT("ref"))) {
            options->opt_ref = ON;
        } else if (text_equal_ignoring_case(word, TEXT("noref"))) {
            options->opt_ref = OFF;
        } else if (text_equal_ignoring_case(word, TEXT("icf"))) {
            options->opt_icf = ON;
        } else if (text_equal_ignoring_case(word, TEXT("noicf"))) {
            options->opt_icf = OFF;
        } else if (text_starts_with_ignoring_case(word, TEXT("icf=")) &&
                   number_parse(text_skip(word, 4), UINT32_MAX, &iterations)) {
            options->opt_icf = ON;
            options->icf_iterations = (unsigned)iterations;
        } else if (text_equal_ignoring_case(word, TEXT("safeicf"))) {
            options->opt_icf = OFF;
            option_warning(call, 0, "/opt:safeicf folds nothing in this linker%s", "");
        } else if (text_equal_ignoring_case(word, TEXT("lbr"))) {
            options->opt_lbr = true;
        } else if (text_equal_ignoring_case(word, TEXT("nolbr"))) {
            options->opt_lbr = false;
        } else if (!is_ignored_optimization(word)) {
            option_error(call, 1117, "/opt: unknown option: %.*s", TEXT_ARGUMENT(word));
        }
    }
}
