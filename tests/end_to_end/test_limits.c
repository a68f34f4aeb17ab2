// Limits, tried at their edges, and inputs that are large in one way. Each link has seconds and a memory that is in
// proportion: a limit that is reached says so, and what is below it works.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/program.h"

// A buffer that grows, for objects and libraries written byte by byte.
struct buffer {
    struct scratch *scratch;
    uint8_t *data;
    size_t size, capacity;
};

static void put(struct buffer *buffer, const void *data, size_t size)
{
    if (buffer->size + size > buffer->capacity) {
        buffer->capacity = 2 * (buffer->size + size) + 4096;
        buffer->data = scratch_resize(buffer->scratch, buffer->data, buffer->capacity);
    }
    memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
}

static void put16(struct buffer *buffer, unsigned value)
{
    put(buffer, (uint8_t[]){(uint8_t)value, (uint8_t)(value >> 8)}, 2);
}

static void put32(struct buffer *buffer, uint32_t value)
{
    put16(buffer, value & 0xffff);
    put16(buffer, value >> 16);
}

static void put_text(struct buffer *buffer, const char *text)
{
    put(buffer, text, strlen(text) + 1);
}

// An x64 object with one section of code, its relocations (offset, symbol; REL32), and symbols that were put by
// put_symbol.
static void write_object(struct program *p, const char *name, size_t code_size, uint32_t relocations,
                         const struct buffer *symbols, const struct buffer *strings)
{
    struct buffer out = {.scratch = &p->scratch};
    uint32_t records = relocations < 0xffff ? relocations : relocations + 1; // the first tells the count
    uint32_t code_at = 60, relocations_at = code_at + (uint32_t)code_size, symbols_at = relocations_at + 10 * records;
    put16(&out, 0x8664), put16(&out, 1), put32(&out, 0), put32(&out, symbols_at);
    put32(&out, (uint32_t)(symbols->size / 18)), put32(&out, 0);
    put(&out, ".text\0\0\0", 8), put32(&out, 0), put32(&out, 0), put32(&out, (uint32_t)code_size), put32(&out, code_at);
    put32(&out, relocations_at), put32(&out, 0), put16(&out, relocations < 0xffff ? relocations : 0xffff);
    put16(&out, 0), put32(&out, 0x60500020 | (relocations < 0xffff ? 0 : 0x01000000));
    uint8_t *code = scratch_allocate(&p->scratch, code_size);
    memset(code, 0, code_size);
    put(&out, code, code_size);
    if (records != relocations)
        put32(&out, records), put32(&out, 0), put16(&out, 0);
    for (uint32_t i = 0; i < relocations; i++)
        put32(&out, 4 * i), put32(&out, i), put16(&out, 4);
    put(&out, symbols->data, symbols->size);
    put32(&out, (uint32_t)strings->size + 4);
    put(&out, strings->data, strings->size);
    folder_write_file(program_path(p, name), out.data, out.size);
    program_add_input(p, name);
}

static void put_symbol(struct buffer *symbols, uint32_t name_offset, uint32_t value, unsigned section, unsigned class)
{
    put32(symbols, 0), put32(symbols, name_offset), put32(symbols, value), put16(symbols, section),
        put16(symbols, 0x20);
    put(symbols, (uint8_t[]){(uint8_t)class, 0}, 2);
}

static void put_main(struct buffer *symbols)
{
    put(symbols, "main\0\0\0\0\0\0\0\0\1\0\x20\0\2\0", 18);
}

// Links under a limit of memory, in bytes of address space, and of time; returns the status.
static int link_within(struct program *p, unsigned megabytes, double seconds, const char *options)
{
    struct process process = {.program = "/bin/sh", .folder = p->folder, .timeout = seconds};
    struct scratch *scratch = &p->scratch;
    arguments_add(scratch, &process.arguments, "sh");
    arguments_add(scratch, &process.arguments, "-c");
    arguments_add(scratch, &process.arguments,
                  scratch_format(scratch, LIMIT_MEMORY "%u; exec \"$0\" \"$@\"", megabytes * 1024));
    arguments_add(scratch, &process.arguments, BUILD_FOLDER "/mylink");
    arguments_add_line(scratch, &process.arguments, "/LLDIGNOREENV /SUBSYSTEM:CONSOLE /THREADS:2");
    arguments_add_line(scratch, &process.arguments, options);
    arguments_add_all(scratch, &process.arguments, &p->inputs);
    p->link = process_run(scratch, &process);
    if (p->link.status != 0 && p->link.status != 1)
        fail_with("status %d (-1: took too long) from:\n  %s\n%s", p->link.status, process_describe(scratch, &process),
                  p->link.errors);
    return p->link.status;
}

static void must_link_within(struct program *p, unsigned megabytes, double seconds, const char *options)
{
    if (link_within(p, megabytes, seconds, options) != 0)
        fail_with("%.2000s", p->link.errors);
}

// ---- symbols and names

static void a_million_symbols_in_one_object(void **state)
{
    struct program *p = program(state);
    enum { COUNT = 1000000 };
    struct buffer symbols = {.scratch = &p->scratch}, strings = {.scratch = &p->scratch};
    for (unsigned i = 0; i < COUNT; i++) {
        put_symbol(&symbols, (uint32_t)strings.size + 4, 0, 1, 2);
        put_text(&strings, scratch_format(&p->scratch, "symbol_number_%u", i));
    }
    put_main(&symbols);
    write_object(p, "million.obj", 16, 0, &symbols, &strings);
    must_link_within(p, 2000, 60, "/ENTRY:main /OUT:million.exe /MAP:million.map"); // 38 MB of object, 90 MB of map
    assert_contains(program_read(p, "million.map"), "symbol_number_999999");
}

static void names_of_a_megabyte(void **state)
{
    struct program *p = program(state);
    char *name = scratch_allocate(&p->scratch, (1 << 20) + 1);
    memset(name, 'n', 1 << 20);
    name[1 << 20] = '\0';
    program_compile(p, scratch_format(&p->scratch, "int %s(void); int f(void) { return %s() + 1; }", name, name), "");
    assert_int_equal(program_try_link(p, "/DLL /NOENTRY /EXPORT:f"), 1);
    assert_contains(p->link.errors, name);
    program_compile(p, scratch_format(&p->scratch, "int %s(void) { return 6; }", name), "");
    program_link(p, "/DLL /NOENTRY /EXPORT:f /MAP:program.map");
    assert_contains(program_read(p, "program.map"), name);
    assert_int_equal(program_call(p, "f", 0), 7);
}

static void overlapping_names(struct program *p, unsigned section, unsigned class)
{
    enum { NAME_SIZE = 1 << 20, COUNT = 20000 };
    struct buffer symbols = {.scratch = &p->scratch}, strings = {.scratch = &p->scratch};
    char *name = scratch_allocate(&p->scratch, NAME_SIZE + 1);
    memset(name, 'n', NAME_SIZE);
    put(&strings, name, NAME_SIZE);
    put(&strings, "", 1);
    for (unsigned i = 0; i < COUNT; i++)
        put_symbol(&symbols, 4 + i, i, section, class);
    put_main(&symbols);
    write_object(p, "overlapping.obj", 16, 0, &symbols, &strings);
    assert_int_equal(link_within(p, 1000, 10, "/ENTRY:main /OUT:o.exe /MAP:o.map /DEBUG:SYMTAB"), 1);
    assert_contains(p->link.errors, "overlapping.obj");
    assert_contains(p->link.errors, "names take far more room than the file has");
}

// Twenty thousand names that are tails of one: twenty gigabytes, in a file of one megabyte.
static void undefined_names_that_overlap(void **state)
{
    overlapping_names(program(state), 0, 2);
}

static void static_names_that_overlap(void **state)
{
    overlapping_names(program(state), 1, 3);
}

static void two_hundred_thousand_undefined_names(void **state)
{
    struct program *p = program(state);
    enum { COUNT = 200000 };
    struct buffer symbols = {.scratch = &p->scratch}, strings = {.scratch = &p->scratch};
    for (unsigned i = 0; i < COUNT; i++) {
        put_symbol(&symbols, (uint32_t)strings.size + 4, 0, 0, 2);
        put_text(&strings, scratch_format(&p->scratch, "undefined_%u", i));
    }
    put_main(&symbols);
    write_object(p, "undefined.obj", 4 * COUNT + 16, COUNT, &symbols, &strings);
    assert_int_equal(link_within(p, 1000, 30, "/ENTRY:main /OUT:undefined.exe"), 1);
    assert_contains(p->link.errors, "undefined symbol: undefined_0 [LNK2019]\n>>> referenced by undefined.obj:(main)");
    assert_contains(p->link.errors, "too many errors emitted");
}

// ---- sections and relocations

static void more_relocations_than_a_header_counts(void **state)
{
    struct program *p = program(state);
    enum { COUNT = 70000 };
    program_compile_as(p, "table.s",
                       ".data\n.globl table\ntable:\n.rept 70000\n.quad value\n.endr\n.globl value\nvalue: .quad 77\n"
                       ".section .drectve,\"yn\"\n.ascii \"-export:table,data -export:value,data\"\n",
                       "");
    program_link(p, "/DLL /NOENTRY");
    assert_int_equal(image_base_relocation_count(p->image), COUNT);
    uint32_t table = image_export_rva(p->image, "table"), value = image_export_rva(p->image, "value");
    assert_int_equal(image_pointer(p->image, table + 8 * (COUNT - 1)) - p->image->base, value);
}

// 65,534 stand in the header; from 65,535 on the header's count is full and the first record has it.
static void as_many_relocations_as_a_header_counts(void **state)
{
    static const unsigned counts[] = {65534, 65535, 65536};
    struct program *p = program(state);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        const char *form = ".data\n.globl table\ntable:\n.rept %u\n.quad value\n.endr\n.globl value\nvalue: .quad 77\n"
                           ".section .drectve,\"yn\"\n.ascii \"-export:table,data\"\n";
        program_begin_image(p, "table.dll");
        program_compile_as(p, "table.s", scratch_format(&p->scratch, form, counts[i]), "");
        program_link(p, "/DLL /NOENTRY");
        assert_int_equal(image_base_relocation_count(p->image), counts[i]);
    }
}

static int link_sections(struct program *p, unsigned count)
{
    struct buffer source = {.scratch = &p->scratch};
    for (unsigned i = 0; i < count; i++) {
        const char *line = scratch_format(&p->scratch, ".section .t%x,\"dr\"\n.byte 1\n", i);
        put(&source, line, strlen(line));
    }
    put_text(&source, ".text\n.globl main\nmain: ret\n");
    p->inputs = (struct arguments){0};
    program_compile_as(p, "sections.s", (const char *)source.data, "");
    return link_within(p, 2000, 30, "/ENTRY:main /OUT:sections.exe");
}

// 65,278 and .reloc: the last number that a symbol can have is 65,279.
static void as_many_sections_as_an_image_can_number(void **state)
{
    struct program *p = program(state);
    assert_int_equal(link_sections(p, 65277), 0);
    assert_int_equal(image_read(&p->scratch, program_path(p, "sections.exe"))->section_count, 65278);
    assert_int_equal(link_sections(p, 65278), 1);
    assert_contains(p->link.errors, "too many sections");
    assert_int_equal(link_sections(p, 70000), 1);
    assert_contains(p->link.errors, "too many sections");
}

static void an_image_of_two_gigabytes(void **state)
{
    struct program *p = program(state);
    const char *form = ".bss\n.globl big\nbig: .zero 0x%x\n.text\n.globl main\nmain: lea big(%%rip), %%rax\nret\n";
    program_compile_as(p, "big.s", scratch_format(&p->scratch, form, 0x7ff00000), "");
    must_link_within(p, 1000, 10, "/ENTRY:main /OUT:big.exe");
    p->inputs = (struct arguments){0};
    program_compile_as(p, "big.s", scratch_format(&p->scratch, form, 0x80000000), "");
    assert_int_equal(link_within(p, 1000, 10, "/ENTRY:main /OUT:big.exe"), 1);
    assert_contains(p->link.errors, "image size exceeds maximum allowable size (0x80000000) [LNK1248]");
}

// ---- exports

static int link_exports(struct program *p, unsigned count)
{
    struct buffer definition = {.scratch = &p->scratch};
    put(&definition, "EXPORTS\n", 8);
    for (unsigned i = 0; i < count; i++) {
        const char *line = scratch_format(&p->scratch, " f%u=main\n", i);
        put(&definition, line, strlen(line));
    }
    folder_write_file(program_path(p, "many.def"), definition.data, definition.size);
    return link_within(p, 1000, 30, "/DLL /NOENTRY /DEF:many.def /OUT:many.dll");
}

static void as_many_exports_as_there_are_ordinals(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int main(void) { return 0; }", "");
    assert_int_equal(link_exports(p, 65535), 0);
    struct image *image = image_read(&p->scratch, program_path(p, "many.dll"));
    assert_int_equal(image_export_count(image), 65535);
    assert_int_equal(image_export_rva(image, "f65534"), image_export_rva(image, "f0"));
    assert_int_equal(link_exports(p, 65536), 1);
    assert_contains(p->link.errors, "too many exported symbols (got 65536, max 65535) [LNK1189]");
}

// ---- libraries

static void put_member_header(struct buffer *library, const char *name, size_t size)
{
    char header[64];
    snprintf(header, sizeof header, "%-16s%-12s%-6s%-6s%-8s%-10zu`\n", name, "0", "0", "0", "644", size);
    put(library, header, 60);
}

// Import objects "f0" to "f999999" of x.dll, and the index that llvm-ar would write.
static void write_library(struct program *p, unsigned count)
{
    struct buffer names = {.scratch = &p->scratch}, members = {.scratch = &p->scratch};
    struct buffer library = {.scratch = &p->scratch};
    size_t *offsets = scratch_allocate(&p->scratch, count * sizeof *offsets);
    for (unsigned i = 0; i < count; i++) {
        char data[32];
        int size = snprintf(data, sizeof data, "f%u%cx.dll", i, 0) + 1;
        offsets[i] = members.size;
        put_member_header(&members, "x.dll/", (size_t)size + 20);
        put16(&members, 0), put16(&members, 0xffff), put16(&members, 0), put16(&members, 0x8664), put32(&members, 0);
        put32(&members, (uint32_t)size), put16(&members, 0), put16(&members, 4);
        put(&members, data, (size_t)size);
        put(&members, "\n", members.size & 1);
        put_text(&names, scratch_format(&p->scratch, "f%u", i));
    }
    put(&library, "!<arch>\n", 8);
    size_t index_size = 4 + 4 * (size_t)count + names.size, first = 8 + 60 + index_size + (index_size & 1);
    put_member_header(&library, "/", index_size);
    for (unsigned i = 0; i <= count; i++) { // big-endian: the count, then offsets
        uint32_t value = i ? (uint32_t)(first + offsets[i - 1]) : count;
        put(&library,
            (uint8_t[]){(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value}, 4);
    }
    put(&library, names.data, names.size);
    put(&library, "\n", index_size & 1);
    put(&library, members.data, members.size);
    folder_write_file(program_path(p, "million.lib"), library.data, library.size);
}

static void a_library_of_a_million_members(void **state)
{
    struct program *p = program(state);
    write_library(p, 1000000);
    program_compile(p, "int f777777(void); int main(void) { return f777777(); }", "");
    program_add_input(p, "million.lib");
    must_link_within(p, 1000, 20, "/ENTRY:main /OUT:million.exe"); // the library has 110 MB
    assert_true(image_imports(image_read(&p->scratch, program_path(p, "million.exe")), "x.dll", "f777777"));
}

// ---- what includes itself

static void a_response_file_that_includes_itself(void **state)
{
    struct program *p = program(state);
    program_write(p, "a.rsp", "/NOLOGO @b.rsp\n");
    program_write(p, "b.rsp", "@./a.rsp @a.rsp\n");
    assert_int_equal(program_try_link_only(p, "@a.rsp"), 1);
    assert_contains(p->link.errors, "response file './a.rsp' includes itself");
}

// 10,000 in all: these are a.rsp and so many times b.rsp.
static void response_files_by_the_thousand(void **state)
{
    enum { LIMIT = 10000 };
    struct program *p = program(state);
    program_compile(p, "int start(void) { return 5; }", "");
    program_write(p, "b.rsp", "/NOLOGO\n");
    for (size_t more = 0; more < 2; more++) {
        struct buffer text = {.scratch = &p->scratch};
        for (size_t i = 0; i < LIMIT - 1 + more; i++)
            put_text(&text, "@b.rsp");
        for (size_t i = 0; i + 1 < text.size; i++) // a line each
            if (!text.data[i])
                text.data[i] = '\n';
        program_write(p, "a.rsp", (const char *)text.data);
        assert_int_equal(program_try_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE @a.rsp"), (int)more);
        if (more)
            assert_contains(p->link.errors, "response files");
    }
}

// 65,536 bytes, as lib.exe writes long names: in the member "//", each with a NUL.
static void a_members_name(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "start.c", "int start(void) { return 6; }", "");
    p->inputs.count = 0;
    program_write(p, "library.py",
                  "import sys\n"
                  "size = int(sys.argv[1])\n"
                  "def member(name, data):\n"
                  "    header = f'{name:<16}{0:<12}{0:<6}{0:<6}{644:<8}{len(data):<10}`\\n'\n"
                  "    return header.encode() + data + b'\\n' * (len(data) % 2)\n"
                  "names = b'n' * size + b'\\0'\n"
                  "content = open('start.obj', 'rb').read()\n"
                  "open('named.lib', 'wb').write(b'!<arch>\\n' + member('//', names) + member('/0', content))\n");
    program_add_input(p, "named.lib");
    process_must_run(&p->scratch, p->folder, "python3 library.py 65536");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE");
    assert_int_equal(program_run(p, ""), 6);
    process_must_run(&p->scratch, p->folder, "python3 library.py 65537");
    assert_int_equal(program_try_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE"), 1);
    assert_contains(p->link.errors, "named.lib");
    assert_contains(p->link.errors, "a member's name");
}

// A directory of resources whose one entry is the directory itself: alone, where it would go into the image as it is,
// and with others, where trees are read and made into one.
static void resources_nested_without_end(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "nested.s",
                       ".section .rsrc$01,\"dr\"\n.long 0, 0, 0\n.short 0, 1\n.long 5, 0x80000000\n"
                       ".section .rsrc$02,\"dr\"\n.long 0\n.text\n.globl main\nmain: ret\n",
                       "");
    assert_int_equal(link_within(p, 1000, 10, "/ENTRY:main /OUT:nested.exe"), 1);
    assert_contains(p->link.errors, "nested.obj: invalid or corrupt resource section");
    program_write(p, "other.rc", "1 RCDATA { 1 }\n");
    process_must_run(&p->scratch, p->folder, "llvm-rc-19 /FO other.res other.rc");
    program_add_input(p, "other.res");
    assert_int_equal(link_within(p, 1000, 10, "/ENTRY:main /OUT:nested.exe"), 1);
    assert_contains(p->link.errors, "nested.obj: invalid or corrupt resource section");
}

// ---- directives

// Twenty thousand directives of one kind, with names that lead from one to the next: a search through all of them for
// each took minutes.
static void directives_by_the_thousand(void **state)
{
    static const struct {
        const char *form, *each; // of the directive, and of what it is about
        int status;
    } rows[] = {
        {"/MERGE:.m%u=.m%u ", ".section .m%u,\"dw\"\n.byte 1\n", 0},
        {"/SECTION:.m%u,RW ", ".section .m%u,\"dw\"\n.byte 1\n", 0},
        {"/EXPORT:e%u=main ", "", 0},
        {"/ALTERNATENAME:a%u=a%u ", "", 0},
        {"/DEFAULTLIB:l%u.lib ", "", 1},
        {"/NODEFAULTLIB:l%u.lib /DEFAULTLIB:k%u.lib ", "", 1},
        {"/MANIFESTDEPENDENCY:\\\"name='n%u'\\\" ", "", 0},
        {"/FAILIFMISMATCH:k%u=1 ", "", 0},
        {"/INCLUDE:i%u ", "", 1},
        {"-exclude-symbols:x%u ", "", 0},
        {"-aligncomm:c%u,4 ", ".comm c%u, 4\n", 0},
    };
    enum { COUNT = 20000 };
    struct program *p = program(state);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer source = {.scratch = &p->scratch};
        for (unsigned k = 0; k < COUNT; k++) {
            const char *form =
                scratch_format(&p->scratch, "%s.section .drectve,\"yn\"\n.ascii \"%s\"\n", rows[i].each, rows[i].form);
            const char *lines = *rows[i].each ? scratch_format(&p->scratch, form, k, k, k + 1)
                                              : scratch_format(&p->scratch, form, k, k + 1);
            put(&source, lines, strlen(lines));
        }
        put_text(&source, ".text\n.globl main\nmain: ret\n");
        p->inputs = (struct arguments){0};
        program_compile_as(p, "directives.s", (const char *)source.data, "");
        if (link_within(p, 1000, 10, "/ENTRY:main /OUT:directives.exe") != rows[i].status)
            fail_with("%s: %.2000s", rows[i].form, p->link.errors);
    }
}

// ---- paths

static void paths_as_long_as_the_system_allows(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int main(void) { return 0; }", "");
    char name[300];
    memset(name, 'p', sizeof name);
    name[255] = '\0';
    must_link_within(p, 1000, 10, scratch_format(&p->scratch, "/ENTRY:main /OUT:%s", name));
    assert_true(path_exists(program_path(p, name)));
    name[255] = 'p', name[256] = '\0';
    assert_int_equal(link_within(p, 1000, 10, scratch_format(&p->scratch, "/ENTRY:main /OUT:%s", name)), 1);
    assert_contains(p->link.errors, "File name too long");
    assert_int_equal(link_within(p, 1000, 10, scratch_format(&p->scratch, "/ENTRY:main /OUT:m.exe %s", name)), 1);
    assert_contains(p->link.errors, name);

    // The system takes 4,095 bytes of a path.
    char path[4097];
    for (size_t i = 0; i < sizeof path; i++)
        path[i] = i % 2 ? '/' : '.';
    path[4095] = '\0';
    path[4094] = 'a';
    must_link_within(p, 1000, 10, scratch_format(&p->scratch, "/ENTRY:main /OUT:%s", path));
    assert_true(path_exists(program_path(p, "a")));
    path[4095] = 'b', path[4096] = '\0';
    assert_int_equal(link_within(p, 1000, 10, scratch_format(&p->scratch, "/ENTRY:main /OUT:%s", path)), 1);
    assert_contains(p->link.errors, "File name too long");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_x64(a_million_symbols_in_one_object),
        test_on_x64(names_of_a_megabyte),
        test_on_x64(undefined_names_that_overlap),
        test_on_x64(static_names_that_overlap),
        test_on_x64(two_hundred_thousand_undefined_names),
        test_on_x64(as_many_relocations_as_a_header_counts),
        test_on_x64(more_relocations_than_a_header_counts),
        test_on_x64(as_many_sections_as_an_image_can_number),
        test_on_x64(an_image_of_two_gigabytes),
        test_on_x64(as_many_exports_as_there_are_ordinals),
        test_on_x64(a_library_of_a_million_members),
        test_on_x64(a_response_file_that_includes_itself),
        test_on_x64(response_files_by_the_thousand),
        test_on_x64(a_members_name),
        test_on_x64(resources_nested_without_end),
        test_on_x64(directives_by_the_thousand),
        test_on_x64(paths_as_long_as_the_system_allows),
    };
    return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
