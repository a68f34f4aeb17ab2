// Objects that lie: cut short anywhere, with counts, offsets and indexes that point nowhere. Each gets one error that
// names the file and the place; the link makes nothing, and goes on to report what else is wrong. The object is built
// here byte by byte, so that every field's place is known (PE format, "COFF File Header (Object and Image)", "Section
// Table", "COFF Relocations", "COFF Symbol Table").

#include <stdio.h>
#include <string.h>

#include "tests/support/program.h"

#define START "/ENTRY:start /SUBSYSTEM:CONSOLE"

// Where things are in the object.
enum {
    HEADER = 0,
    SECTION_1 = 20, // .text
    SECTION_2 = 60, // .data, by a long name
    TEXT = 100,
    DATA = 116,
    RELOCATION_1 = 124,
    RELOCATION_2 = 134,
    SYMBOLS = 144, // records of 18 bytes: .text and its definition, start, value, weak and its default
    SYMBOL_COUNT = 6,
    STRINGS = SYMBOLS + SYMBOL_COUNT * 18,
    NAME_1 = 4, // in the string table
    NAME_2 = 4 + 19,
    OBJECT_SIZE = STRINGS + 4 + 19 + 19,
};
enum { RECORD_TEXT = 0, RECORD_START = 2, RECORD_VALUE = 3, RECORD_WEAK = 4 };

static int symbol_at(int record)
{
    return SYMBOLS + 18 * record;
}

static void put(uint8_t *object, int at, uint64_t value, int size)
{
    for (int i = 0; i < size; i++)
        object[at + i] = (uint8_t)(value >> 8 * i);
}

static void put_section(uint8_t *object, int at, const char *name, uint32_t size, uint32_t offset, uint32_t relocations,
                        uint32_t flags)
{
    memcpy(object + at, name, strlen(name));
    put(object, at + 16, size, 4);
    put(object, at + 20, offset, 4);
    put(object, at + 24, relocations, 4);
    put(object, at + 32, 1, 2);
    put(object, at + 36, flags, 4);
}

static void put_symbol(uint8_t *object, int record, const char *name, int name_offset, uint32_t value, uint32_t section,
                       int class, int auxiliary)
{
    int at = symbol_at(record);
    if (name)
        memcpy(object + at, name, strlen(name));
    else
        put(object, at + 4, (uint32_t)name_offset, 4);
    put(object, at + 8, value, 4);
    put(object, at + 12, section, 2);
    object[at + 16] = (uint8_t)class;
    object[at + 17] = (uint8_t)auxiliary;
}

// start: mov eax, [rip + a_long_symbol_name]; ret. The data is a pointer to start.
static void build_object(uint8_t object[OBJECT_SIZE])
{
    memset(object, 0, OBJECT_SIZE);
    put(object, HEADER, 0x8664, 2);
    put(object, 2, 2, 2);
    put(object, 8, SYMBOLS, 4);
    put(object, 12, SYMBOL_COUNT, 4);
    put_section(object, SECTION_1, ".text", 16, TEXT, RELOCATION_1, 0x60500020);
    put_section(object, SECTION_2, "/23", 8, DATA, RELOCATION_2, 0xc0400040);
    memcpy(object + TEXT, "\x8b\x05\0\0\0\0\xc3\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc", 16);
    memcpy(object + DATA, "\x2a\0\0\0\0\0\0\0", 8);
    put(object, RELOCATION_1, 2, 4);
    put(object, RELOCATION_1 + 4, RECORD_VALUE, 4);
    put(object, RELOCATION_1 + 8, 4, 2); // REL32
    put(object, RELOCATION_2, 0, 4);
    put(object, RELOCATION_2 + 4, RECORD_START, 4);
    put(object, RELOCATION_2 + 8, 0, 2); // ABSOLUTE: nothing to do
    put_symbol(object, RECORD_TEXT, ".text", 0, 0, 1, 3, 1);
    put(object, symbol_at(1), 16, 4);
    put(object, symbol_at(1) + 4, 1, 2);
    put_symbol(object, RECORD_START, "start", 0, 0, 1, 2, 0);
    put_symbol(object, RECORD_VALUE, NULL, NAME_1, 0, 2, 2, 0);
    put_symbol(object, RECORD_WEAK, "weak", 0, 0, 0, 105, 1);
    put(object, symbol_at(5), RECORD_VALUE, 4);
    put(object, symbol_at(5) + 4, 3, 4);
    put(object, STRINGS, 4 + 19 + 19, 4);
    memcpy(object + STRINGS + NAME_1, "a_long_symbol_name", 19);
    memcpy(object + STRINGS + NAME_2, ".data$long_section", 19);
}

static void the_object_is_good(void **state)
{
    struct program *p = program(state);
    uint8_t object[OBJECT_SIZE];
    build_object(object);
    folder_write_file(program_path(p, "a.obj"), object, sizeof object);
    program_add_input(p, "a.obj");
    program_link(p, START);
    assert_int_equal(program_run(p, ""), 42);
}

// The link of "bad.obj" fails, says so of that file, and leaves what was there before. Returns what it said.
static const char *link_bad(struct program *p, const uint8_t *object, size_t size)
{
    folder_write_file(program_path(p, "bad.obj"), object, size);
    program_write(p, "program.exe", "as it was");
    p->timeout = 10;
    int status = program_try_link(p, START);
    if (status != 1 || !strstr(p->link.errors, "bad.obj"))
        fail_with("status %d, %zu bytes: %s", status, size, p->link.errors);
    assert_string_equal(program_read(p, "program.exe"), "as it was");
    return p->link.errors;
}

// An object that ends too early is never taken for a whole one, wherever it ends.
static void cut_short_anywhere(void **state)
{
    struct program *p = program(state);
    uint8_t object[OBJECT_SIZE];
    build_object(object);
    program_add_input(p, "bad.obj");
    for (size_t size = 0; size < OBJECT_SIZE; size++)
        link_bad(p, object, size);
}

// --- one field at a time ---

struct lie {
    int at, size;
    uint64_t value;
    const char *message; // behind "bad.obj: "
};

static const struct lie lies[] = {
    {2, 2, 0xffff, "invalid or corrupt object: section table reaches past the end of the file"},
    {2, 2, 9, "invalid or corrupt object: section table reaches past the end of the file"},
    {16, 2, 0xffff, "invalid or corrupt object: section table reaches past the end of the file"},
    {8, 4, 0xffffffff, "invalid or corrupt object: symbol table reaches past the end of the file"},
    {8, 4, OBJECT_SIZE, "invalid or corrupt object: symbol table reaches past the end of the file"},
    {12, 4, 0xffffffff, "invalid or corrupt object: symbol table reaches past the end of the file"},
    {12, 4, 0x0e38e38f,
     "invalid or corrupt object: symbol table reaches past the end of the file"}, // * 18 wraps 32 bits
    {SECTION_1 + 16, 4, 0xffffffff, "invalid or corrupt object: section 1 (.text) has bytes past the end of the file"},
    {SECTION_1 + 20, 4, 0xfffffff0, "invalid or corrupt object: section 1 (.text) has bytes past the end of the file"},
    {SECTION_1 + 20, 4, OBJECT_SIZE - 15,
     "invalid or corrupt object: section 1 (.text) has bytes past the end of the file"},
    {SECTION_1 + 24, 4, 0xffffffff,
     "invalid or corrupt object: section 1 (.text) has relocations past the end of the file"},
    {SECTION_1 + 32, 2, 0xffff,
     "invalid or corrupt object: section 1 (.text) has relocations past the end of the file"},
    {SECTION_1 + 36, 4, 0x60f00020,
     "invalid or corrupt object: section 1 (.text) has an alignment that does not exist"},
    {SECTION_2 + 16, 4, 0x7fffffff,
     "invalid or corrupt object: section 2 (.data$long_section) has bytes past the end of the file"},
    {STRINGS, 4, 0xffffffff, "invalid or corrupt object: string table reaches past the end of the file"},
    {STRINGS, 4, 4 + 19 + 18, "invalid or corrupt object: string table does not end with a NUL"},
    {SYMBOLS + 17, 1, 0xff, "invalid or corrupt object: symbol table ends inside symbol 0"},
    {SYMBOLS + 18 * RECORD_START + 12, 2, 3,
     "invalid or corrupt object: symbol 2 (start) is in section 3, which does not exist"},
    {SYMBOLS + 18 * RECORD_START + 12, 2, 0x7fff,
     "invalid or corrupt object: symbol 2 (start) is in section 32767, which does not exist"},
    {SYMBOLS + 18 * RECORD_START + 12, 2, 0xfffd,
     "invalid or corrupt object: symbol 2 (start) is in section -3, which does not exist"},
    {SYMBOLS + 18 * 5, 4, 0xffffffff, "invalid or corrupt object: weak external weak has no default symbol"},
    {SYMBOLS + 18 * 5, 4, SYMBOL_COUNT, "invalid or corrupt object: weak external weak has no default symbol"},
    {RELOCATION_1 + 4, 4, SYMBOL_COUNT, "relocation names a symbol that does not exist"},
    {RELOCATION_1 + 4, 4, 0xffffffff, "relocation names a symbol that does not exist"},
    {RELOCATION_1, 4, 17, "relocation outside its section"},
    {RELOCATION_1, 4, 0xffffffff, "relocation outside its section"},
    {RELOCATION_1, 4, 13, "relocation reaches past the end of its section"},
    {RELOCATION_1, 4, 16, "relocation reaches past the end of its section"},
    {RELOCATION_1 + 8, 2, 0xffff, "unsupported relocation type"},
    {SYMBOLS + 18 * RECORD_VALUE + 4, 4, 0xffffffff,
     "invalid or corrupt object: symbol 3 has no name in the string table"},
    {SYMBOLS + 18 * RECORD_VALUE + 4, 4, 3, "invalid or corrupt object: symbol 3 has no name in the string table"},
    {HEADER, 2, 0x1234, "unknown file type"},
};

static void every_field_can_lie(void **state)
{
    struct program *p = program(state);
    program_add_input(p, "bad.obj");
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        uint8_t object[OBJECT_SIZE];
        build_object(object);
        put(object, lies[i].at, lies[i].value, lies[i].size);
        const char *errors = link_bad(p, object, sizeof object);
        const char *wanted = scratch_format(&p->scratch, "error: bad.obj: %s", lies[i].message);
        if (!strstr(errors, wanted))
            fail_with("byte %d = 0x%llx: expected '%s', got:\n%s", lies[i].at, (unsigned long long)lies[i].value,
                      wanted, errors);
    }
}

// Whatever a byte becomes, the link ends soon, with an image or with an error that names the file.
static void every_byte_can_be_anything(void **state)
{
    static const uint8_t values[] = {0x00, 0x7f, 0xff};
    struct program *p = program(state);
    program_add_input(p, "bad.obj");
    p->timeout = 10;
    for (size_t at = 0; at < OBJECT_SIZE; at++) {
        uint8_t object[OBJECT_SIZE];
        build_object(object);
        object[at] = values[at % 3];
        folder_write_file(program_path(p, "bad.obj"), object, sizeof object);
        int status = program_try_link(p, START " /FUNCTIONPADMIN /OPT:REF,ICF");
        if (status != 0 && (status != 1 || !strstr(p->link.errors, "error: ")))
            fail_with("byte %zu: status %d: %s", at, status, p->link.errors);
    }
}

// --- COMDATs ---

static void comdats_can_lie(void **state)
{
    static const struct {
        int selection, parent;
        const char *message;
    } cases[] = {
        {0, 0, "section 1 has the COMDAT selection 0, which does not exist"},
        {8, 0, "section 1 has the COMDAT selection 8, which does not exist"},
        {255, 0, "section 1 has the COMDAT selection 255, which does not exist"},
        {5, 3, "section 1 is associated with section 3, which does not exist"},
        {5, 0, "section 1 is associated with section 0, which does not exist"},
        {5, 1, "section 1 is associated with section 1, which does not exist"},
        {5, 0xffff, "section 1 is associated with section 65535, which does not exist"},
    };
    struct program *p = program(state);
    program_add_input(p, "bad.obj");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t object[OBJECT_SIZE];
        build_object(object);
        put(object, SECTION_1 + 36, 0x60501020, 4);
        put(object, symbol_at(1) + 12, (uint32_t)cases[i].parent, 2);
        object[symbol_at(1) + 14] = (uint8_t)cases[i].selection;
        assert_contains(link_bad(p, object, sizeof object),
                        scratch_format(&p->scratch, "error: bad.obj: invalid or corrupt object: %s", cases[i].message));
    }
}

// Two sections that belong to each other, and to nothing else.
static void a_circle_of_associations_ends(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "a.s",
                       ".globl start\nstart: movl $42, %eax\n ret\n"
                       ".section .one,\"dr\",discard,one\n.globl one\none: .quad two\n.section "
                       ".two,\"dr\",discard,two\n.globl two\ntwo: .long 2\n",
                       "");
    size_t size;
    uint8_t *object = folder_read_file(&p->scratch, program_path(p, "a.obj"), &size);
    uint32_t symbols, count;
    memcpy(&symbols, object + 8, 4);
    memcpy(&count, object + 12, 4);
    unsigned numbers[2] = {0}, found = 0;
    uint8_t *definitions[2] = {0};
    for (uint32_t i = 0; i < count; i += 1u + object[symbols + 18 * i + 17]) {
        uint8_t *record = object + symbols + 18 * i;
        if ((memcmp(record, ".one", 5) == 0 || memcmp(record, ".two", 5) == 0) && record[17] == 1) {
            numbers[found] = record[12];
            definitions[found++] = record + 18;
        }
    }
    assert_int_equal(found, 2);
    for (int i = 0; i < 2; i++) {
        definitions[i][12] = (uint8_t)numbers[1 - i];
        definitions[i][14] = 5;
    }
    folder_write_file(program_path(p, "a.obj"), object, size);
    static const char *const options[] = {"/OPT:REF", "/OPT:NOREF", "/OPT:REF,ICF", "/INCLUDE:one"};
    for (size_t i = 0; i < 4; i++) {
        p->timeout = 10;
        assert_int_equal(program_try_link(p, scratch_format(&p->scratch, START " %s", options[i])), 0);
    }
}

// --- many at once ---

static void all_errors_of_a_link_are_told(void **state)
{
    struct program *p = program(state);
    uint8_t object[OBJECT_SIZE];
    build_object(object);
    put(object, 8, 0xffffffff, 4);
    folder_write_file(program_path(p, "symbols.obj"), object, sizeof object);
    build_object(object);
    put(object, SECTION_1 + 20, 0xffffff00, 4);
    folder_write_file(program_path(p, "bytes.obj"), object, sizeof object);
    program_compile(p, "int missing(void); int start(void) { return missing(); }", "");
    program_add_input(p, "symbols.obj");
    program_add_input(p, "bytes.obj");
    program_add_input(p, "nowhere.obj");
    program_link_fails(p, START, "error: symbols.obj: invalid or corrupt object: symbol table");
    assert_contains(p->link.errors, "error: bytes.obj: invalid or corrupt object: section 1 (.text)");
    assert_contains(p->link.errors, "error: could not open 'nowhere.obj'");
    assert_contains(p->link.errors, "error: undefined symbol: missing");
}

// A count that promises four thousand million of something costs no memory.
static void a_lie_costs_no_memory(void **state)
{
    static const struct {
        int at, size;
    } counts[] = {{2, 2}, {12, 4}, {SECTION_1 + 16, 4}, {SECTION_1 + 32, 2}, {STRINGS, 4}};
    struct program *p = program(state);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        uint8_t object[OBJECT_SIZE];
        build_object(object);
        memset(object + counts[i].at, 0xff, (size_t)counts[i].size);
        folder_write_file(program_path(p, "bad.obj"), object, sizeof object);
        struct process process = {.folder = p->folder, .timeout = 20};
        arguments_add_line(&p->scratch, &process.arguments,
                           scratch_format(&p->scratch,
                                          "sh -c \"" LIMIT_MEMORY "1500000; exec %s/mylink /OUT:program.exe " START
                                          " bad.obj\"",
                                          BUILD_FOLDER));
        struct outcome outcome = process_run(&p->scratch, &process);
        assert_int_equal(outcome.status, 1);
        assert_contains(outcome.errors, "bad.obj");
        assert_lacks(outcome.errors, "memory");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_x64(the_object_is_good),
        test_on_x64(cut_short_anywhere),
        test_on_x64(every_field_can_lie),
        test_on_x64(every_byte_can_be_anything),
        test_on_x64(comdats_can_lie),
        test_on_x64(a_circle_of_associations_ends),
        test_on_x64(all_errors_of_a_link_are_told),
        test_on_x64(a_lie_costs_no_memory),
    };
    return cmocka_run_group_tests_name("bad objects", tests, NULL, NULL);
}
