// .def files: what a DLL exports, its name and a few numbers, as link.exe documents them in "Module-Definition (.Def)
// Files", with what GNU ld and lld add (CONSTANT, EXPORTAS, name == import_name). Most statements are command line
// options under another name and are handed to those. STACKSIZE, HEAPSIZE, VERSION and BASE= stand against the
// command line, NAME and LIBRARY don't stand against /OUT: so do link.exe and lld-link. LIBRARY does not make a DLL
// by itself; /DLL does.
//
// Keywords are upper case and end what stands before them; an export that is called like one is written in quotes.
#include "linker/options/definition_tokens.h"
#include "linker/options/option_table.h"

#include "common/coff.h"
#include "common/file.h"
#include "common/unicode.h"

struct definition_reader {
    struct definition_tokens tokens;
    struct options *options;
    struct text path;
    unsigned statement_line;
    struct arena *arena;
    struct diagnostics *diagnostics;
};

typedef void statement_reader(struct definition_reader *reader);

static const struct definition_token *current(const struct definition_reader *reader)
{
    return &reader->tokens.current;
}

static void advance(struct definition_reader *reader)
{
    definition_tokens_advance(&reader->tokens);
}

static bool at(const struct definition_reader *reader, const char *keyword)
{
    return definition_token_is(current(reader), text_of(keyword));
}

#define definition_error(reader, at_line, format, ...)                                                                 \
    report_error((reader)->diagnostics, 1118, "%.*s:%u: " format, TEXT_ARGUMENT((reader)->path), (at_line), __VA_ARGS__)

// Applies the command line option that says the same as a statement.
static void apply_option(struct definition_reader *reader, unsigned line, enum option_origin origin, const char *name,
                         struct text value)
{
    struct text source = text_format(reader->arena, "%.*s:%u", TEXT_ARGUMENT(reader->path), line);
    struct text argument = text_format(reader->arena, "/%s:%.*s", name, TEXT_ARGUMENT(value));
    option_apply(reader->options, argument, origin, source, reader->arena, reader->diagnostics);
}

static bool at_statement(const struct definition_reader *reader);

// The word here, unless a statement begins: "LIBRARY" alone is followed by EXPORTS, which is not its name.
static bool take_word(struct definition_reader *reader, struct text *word)
{
    if (current(reader)->kind != DEFINITION_WORD || at_statement(reader))
        return false;
    *word = current(reader)->text;
    advance(reader);
    return true;
}

static void expect_word(struct definition_reader *reader, const char *statement, struct text *word)
{
    *word = TEXT("");
    if (!take_word(reader, word))
        definition_error(reader, reader->statement_line, "syntax error in '%s' statement", statement);
}

// "LIBRARY [name] [BASE=address]", "NAME [name] [BASE=address]"
static void read_name(struct definition_reader *reader)
{
    struct text name;
    if (!at(reader, "BASE") && take_word(reader, &name))
        reader->options->library_name = name;
    if (!at(reader, "BASE"))
        return;
    unsigned line = current(reader)->line;
    advance(reader);
    if (current(reader)->kind != DEFINITION_EQUAL) {
        definition_error(reader, line, "'=' expected behind %s", "BASE");
        if (!current(reader)->is_first_on_line)
            definition_tokens_skip_line(&reader->tokens);
        return;
    }
    advance(reader);
    struct text address;
    expect_word(reader, "BASE", &address);
    if (address.size)
        apply_option(reader, line, ORIGIN_COMMAND_LINE, "BASE", address);
}

// "reserve[,commit]" for /STACK and /HEAP
static void read_sizes(struct definition_reader *reader, const char *statement, const char *option)
{
    unsigned line = current(reader)->line;
    struct text reserve, commit;
    expect_word(reader, statement, &reserve);
    if (current(reader)->kind == DEFINITION_COMMA) {
        advance(reader);
        expect_word(reader, statement, &commit);
        reserve = text_format(reader->arena, "%.*s,%.*s", TEXT_ARGUMENT(reserve), TEXT_ARGUMENT(commit));
    }
    if (reserve.size)
        apply_option(reader, line, ORIGIN_COMMAND_LINE, option, reserve);
}

static void read_stack_size(struct definition_reader *reader)
{
    read_sizes(reader, "STACKSIZE", "STACK");
}

static void read_heap_size(struct definition_reader *reader)
{
    read_sizes(reader, "HEAPSIZE", "HEAP");
}

static void read_version(struct definition_reader *reader)
{
    unsigned line = current(reader)->line;
    struct text version;
    expect_word(reader, "VERSION", &version);
    if (version.size)
        apply_option(reader, line, ORIGIN_COMMAND_LINE, "VERSION", version);
}

// "STUB:file", with or without blanks around the colon
static void read_stub(struct definition_reader *reader)
{
    unsigned line = current(reader)->line;
    struct text file;
    expect_word(reader, "STUB", &file);
    if (text_equal(file, TEXT(":")))
        expect_word(reader, "STUB", &file);
    else if (text_starts_with(file, TEXT(":")))
        file = text_skip(file, 1);
    if (file.size > 2 && file.data[0] == '\'' && file.data[file.size - 1] == '\'')
        file = text_prefix(text_skip(file, 1), file.size - 2);
    if (file.size)
        apply_option(reader, line, ORIGIN_DEFINITION_FILE, "STUB", file);
}

// --- EXPORTS ---

// "@ordinal" or "@ ordinal"; false where the word is a name that begins so (__fastcall: @name@8), the next export's.
static bool read_ordinal(struct definition_reader *reader, struct export_request *request)
{
    unsigned line = current(reader)->line;
    struct text number = text_skip(current(reader)->text, 1);
    uint64_t ordinal;
    if (current(reader)->is_quoted || (number.size && (number.data[0] < '0' || number.data[0] > '9')) ||
        text_find(number, '@') < number.size)
        return false;
    advance(reader);
    if (number.size == 0 && !take_word(reader, &number))
        number = TEXT("");
    if (!number_parse(number, UINT16_MAX, &ordinal) || ordinal == 0) {
        definition_error(reader, line, "invalid ordinal for export '%.*s': @%.*s", TEXT_ARGUMENT(request->name),
                         TEXT_ARGUMENT(number));
        return true;
    }
    request->has_ordinal = true;
    request->ordinal = (uint32_t)ordinal;
    return true;
}

// One attribute behind an export's names; false where something else stands there.
static bool read_export_attribute(struct definition_reader *reader, struct export_request *request)
{
    const struct definition_token *token = current(reader);
    if (token->kind == DEFINITION_WORD && token->text.size && token->text.data[0] == '@')
        return read_ordinal(reader, request);
    if (token->kind == DEFINITION_EQUAL_EQUAL || at(reader, "EXPORTAS")) {
        advance(reader);
        expect_word(reader, "EXPORTS", &request->export_as);
        return true;
    }
    if (at(reader, "NONAME"))
        request->no_name = true;
    else if (at(reader, "DATA"))
        request->is_data = true;
    else if (at(reader, "CONSTANT"))
        request->is_constant = true;
    else if (at(reader, "PRIVATE"))
        request->is_private = true;
    else if (!at(reader, "RESIDENTNAME") && token->kind != DEFINITION_COMMA) // both say nothing
        return false;
    advance(reader);
    return true;
}

static void read_export(struct definition_reader *reader)
{
    unsigned line = current(reader)->line;
    struct export_request request = {.name = current(reader)->text};
    advance(reader);
    if (current(reader)->kind == DEFINITION_EQUAL) {
        advance(reader);
        struct text internal;
        if (!take_word(reader, &internal)) {
            definition_error(reader, line, "identifier expected behind '%.*s ='", TEXT_ARGUMENT(request.name));
            return;
        }
        size_t dot = text_find(internal, '.');
        if (dot > 0 && dot < internal.size)
            request.forward_to = internal;
        else
            request.internal_name = internal;
    }
    while (read_export_attribute(reader, &request))
        ;
    if (request.no_name && !request.has_ordinal)
        definition_error(reader, line, "NONAME without an ordinal: %.*s", TEXT_ARGUMENT(request.name));
    else if (request.name.size)
        array_push(reader->arena, &reader->options->exports, request);
}

static void read_exports(struct definition_reader *reader)
{
    while (current(reader)->kind != DEFINITION_END && !at_statement(reader)) {
        if (current(reader)->kind == DEFINITION_WORD) {
            read_export(reader);
        } else {
            definition_error(reader, current(reader)->line, "unexpected '%.*s' in EXPORTS",
                             TEXT_ARGUMENT(current(reader)->text));
            advance(reader);
        }
    }
}

// --- SECTIONS ---

static const struct section_word {
    const char *word;
    uint32_t set;
} section_words[] = {
    {"EXECUTE", SECTION_EXECUTE},
    {"READ", SECTION_READ},
    {"SHARED", SECTION_SHARED},
    {"WRITE", SECTION_WRITE},
    {"EXECUTEONLY", SECTION_EXECUTE},
    {"EXECUTE-ONLY", SECTION_EXECUTE},
    {"EXECUTEREAD", SECTION_EXECUTE | SECTION_READ},
    {"READONLY", SECTION_READ},
    {"READWRITE", SECTION_READ | SECTION_WRITE},
    {"DISCARDABLE", SECTION_DISCARDABLE},
    // Of 16-bit Windows and OS/2: reserved, without a meaning.
    {"PRIVATE", 0},
    {"NONSHARED", 0},
    {"NONDISCARDABLE", 0},
    {"PRELOAD", 0},
    {"LOADONCALL", 0},
    {"MOVEABLE", 0},
    {"FIXED", 0},
    {"SINGLE", 0},
    {"MULTIPLE", 0},
    {"NONE", 0},
};

static bool read_section_word(struct definition_reader *reader, uint32_t *set)
{
    if (at(reader, "CLASS")) { // CLASS 'name': no meaning, but no section either
        advance(reader);
        advance(reader);
        return true;
    }
    for (size_t i = 0; i < sizeof section_words / sizeof section_words[0]; i++)
        if (at(reader, section_words[i].word)) {
            *set |= section_words[i].set;
            advance(reader);
            return true;
        }
    return false;
}

// ".name READ WRITE SHARED", one a line
static void read_section(struct definition_reader *reader)
{
    struct definition_token name = *current(reader);
    uint32_t set = 0;
    advance(reader);
    while (!current(reader)->is_first_on_line && current(reader)->kind != DEFINITION_END)
        if (current(reader)->kind == DEFINITION_COMMA) {
            advance(reader);
        } else if (!read_section_word(reader, &set)) {
            definition_error(reader, name.line, "unknown attribute of section '%.*s': %.*s", TEXT_ARGUMENT(name.text),
                             TEXT_ARGUMENT(current(reader)->text));
            definition_tokens_skip_line(&reader->tokens);
            break;
        }
    struct section_attributes attributes = {.name = name.text, .set = set};
    section_attributes_complete(&attributes);
    section_attributes_store(reader->options, attributes, ORIGIN_DEFINITION_FILE, reader->arena);
}

static void read_sections(struct definition_reader *reader)
{
    while (current(reader)->kind == DEFINITION_WORD && !at_statement(reader))
        read_section(reader);
}

// --- statements ---

// link.exe's words for what only other systems' executables have; the statement goes up to the end of its line.
static void skip_unsupported(struct definition_reader *reader, const char *keyword)
{
    report_warning(reader->diagnostics, 4017, "%.*s:%u: %s statement not supported for the target platform; ignored",
                   TEXT_ARGUMENT(reader->path), current(reader)->line, keyword);
    definition_tokens_skip_line(&reader->tokens);
}

// IMPORTS takes as many lines as it likes.
static void skip_imports(struct definition_reader *reader)
{
    skip_unsupported(reader, "IMPORTS");
    while (current(reader)->kind != DEFINITION_END && !at_statement(reader))
        advance(reader);
}

static const struct statement {
    const char *keyword;
    statement_reader *read;     // NULL: not for this target
    bool is_only_first_on_line; // names of exports, elsewhere: only a line that begins so is a statement
} statements[] = {
    {"EXPORTS", read_exports, false},
    {"LIBRARY", read_name, false},
    {"NAME", read_name, false},
    {"HEAPSIZE", read_heap_size, false},
    {"STACKSIZE", read_stack_size, false},
    {"VERSION", read_version, false},
    {"SECTIONS", read_sections, true},
    {"SEGMENTS", read_sections, true},
    {"STUB", read_stub, true},
    {"IMPORTS", skip_imports, true},
    {"DESCRIPTION", NULL, true},
    {"EXETYPE", NULL, true},
    {"CODE", NULL, true},
    {"SUBSYSTEM", NULL, true},
    {"PROTMODE", NULL, true},
    {"REALMODE", NULL, true},
    {"APPLOADER", NULL, true},
};

static const struct statement *find_statement(const struct definition_reader *reader)
{
    const struct definition_token *token = current(reader);
    if (token->kind != DEFINITION_WORD || token->is_quoted)
        return NULL;
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++)
        if (text_equal(token->text, text_of(statements[i].keyword)) &&
            (token->is_first_on_line || !statements[i].is_only_first_on_line))
            return &statements[i];
    return NULL;
}

static bool at_statement(const struct definition_reader *reader)
{
    return find_statement(reader) != NULL;
}

static void read_statement(struct definition_reader *reader)
{
    const struct statement *statement = find_statement(reader);
    reader->statement_line = current(reader)->line;
    if (statement && statement->read) {
        if (statement->read != skip_imports)
            advance(reader);
        statement->read(reader);
    } else if (statement) {
        skip_unsupported(reader, statement->keyword);
    } else if (at(reader, "DATA")) { // "DATA PRELOAD SHARED"; among exports it is an attribute
        skip_unsupported(reader, "DATA");
    } else {
        definition_error(reader, current(reader)->line, "unknown directive: %.*s",
                         TEXT_ARGUMENT(current(reader)->text));
        definition_tokens_skip_line(&reader->tokens);
    }
}

void definition_text_read(struct options *options, struct text content, struct text path, struct arena *arena,
                          struct diagnostics *diagnostics)
{
    struct definition_reader reader = {
        .tokens = {.rest = content, .line = 1, .arena = arena},
        .options = options,
        .path = path,
        .arena = arena,
        .diagnostics = diagnostics,
    };
    advance(&reader);
    while (current(&reader)->kind != DEFINITION_END)
        read_statement(&reader);
    if (reader.tokens.has_open_quote)
        report_error(diagnostics, 1118, "%.*s: a quote is not closed on its line", TEXT_ARGUMENT(path));
}

void options_read_definition_file(struct options *options, struct text path, struct arena *arena,
                                  struct diagnostics *diagnostics)
{
    struct file file = {0};
    if (file_map(&file, path, arena, diagnostics))
        definition_text_read(options, unicode_read_text_file(file.content, arena), path, arena, diagnostics);
}
