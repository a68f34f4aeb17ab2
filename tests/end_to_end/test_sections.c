// How contributions become sections of the image: grouping by `$`, /MERGE, /SECTION, alignment, what has no bytes and
// what is left out (PE format, "Grouped Sections", "Section Flags"; link.exe, "/MERGE", "/SECTION").

#include <string.h>

#include "tests/support/program.h"

#define START "/ENTRY:start /SUBSYSTEM:CONSOLE"

enum {
    CODE = 0x20,
    INITIALIZED = 0x40,
    UNINITIALIZED = 0x80,
    DISCARDABLE = 0x02000000,
    NOT_CACHED = 0x04000000,
    NOT_PAGED = 0x08000000
};
#define SHARED  0x10000000u
#define EXECUTE 0x20000000u
#define READ    0x40000000u
#define WRITE   0x80000000u

static const char start[] = ".globl start\nstart:\n movl $42, %eax\n ret\n";

static void assemble(struct program *p, const char *name, const char *source)
{
    program_compile_as(p, name, source, "");
}

// The bytes of a section of the image, as text.
static const char *section_text(struct program *p, const char *name)
{
    const struct image_section *section = image_section(p->image, name);
    return scratch_format(&p->scratch, "%.*s", (int)section->virtual_size,
                          (const char *)image_at(p->image, section->rva, section->virtual_size));
}

// By suffix, in the order of bytes, none first; then in input order.
static void contributions_are_ordered_by_their_suffix(void **state)
{
    struct program *p = program(state);
    assemble(p, "a.s",
             ".globl start\nstart:\n movl $42, %eax\n ret\n"
             ".section .mine$c,\"dr\"\n.ascii \"1\"\n.section .mine$a,\"dr\"\n.ascii \"2\"\n.section "
             ".mine,\"dr\"\n.ascii \"3\"\n"
             ".section .mine$B,\"dr\"\n.ascii \"4\"\n.section .mine$ab,\"dr\"\n.ascii \"5\"\n");
    assemble(p, "b.s",
             ".section .mine$a,\"dr\"\n.ascii \"6\"\n.section .mine$c,\"dr\"\n.ascii \"7\"\n.section "
             ".mine$,\"dr\"\n.ascii \"8\"\n"
             ".section .mine,\"dr\"\n.ascii \"9\"\n");
    program_link(p, START);
    assert_string_equal(section_text(p, ".mine"), "398426517"); // none, "", B, a, ab, c
}

// Whatever else makes two sections of one group different.
static void contributions_of_one_object_keep_their_order(void **state)
{
    struct program *p = program(state);
    assemble(p, "a.s",
             ".globl start\nstart:\n movl $42, %eax\n ret\n"
             ".section .mine,\"dr\",discard,a\n.globl a\na: .ascii \"1\"\n"
             ".section .mine,\"dr\",discard,b\n.globl b\n.p2align 3\nb: .ascii \"2\"\n"
             ".section .mine,\"dr\",discard,c\n.globl c\nc: .ascii \"3\"\n"
             ".section .mine$longer1,\"dr\"\n.ascii \"4\"\n"
             ".section .mine$longer2,\"dr\"\n.ascii \"5\"\n"
             ".section .mine$longer1,\"dr\",discard,d\n.globl d\nd: .ascii \"6\"\n");
    // The second long name becomes the first one's equal at another place of the string table.
    process_must_run(&p->scratch, p->folder, "sed -i s/mine.longer2/mine$longer1/ a.obj");
    program_link(p, START " /OPT:NOREF");
    const struct image_section *section = image_section(p->image, ".mine");
    assert_int_equal(section->virtual_size, 13);
    assert_memory_equal(image_at(p->image, section->rva, 13), "1\0\0\0\0\0\0\00023456", 13);
}

static void a_section_keeps_its_characteristics(void **state)
{
    struct program *p = program(state);
    assemble(p, "a.s", start);
    assemble(p, "b.s",
             ".section one,\"dr\"\n.byte 1\n.section two,\"dw\"\n.byte 1\n.section three,\"xrw\"\n.byte 1\n"
             ".section four,\"dws\"\n.byte 1\n.section five,\"drD\"\n.byte 1\n");
    program_link(p, START);
    assert_int_equal(image_section(p->image, "one")->characteristics, INITIALIZED | READ);
    assert_int_equal(image_section(p->image, "two")->characteristics, INITIALIZED | READ | WRITE);
    assert_int_equal(image_section(p->image, "three")->characteristics, CODE | EXECUTE | READ | WRITE);
    assert_int_equal(image_section(p->image, "four")->characteristics, INITIALIZED | READ | WRITE | SHARED);
    assert_int_equal(image_section(p->image, "five")->characteristics, INITIALIZED | READ | DISCARDABLE);
}

// A loader protects a section as a whole, so what asks for different protection stays apart under one name.
static void sections_of_one_name_and_other_characteristics_stay_apart(void **state)
{
    struct program *p = program(state);
    assemble(p, "a.s", start);
    assemble(p, "b.s", ".section mine,\"dr\"\n.ascii \"read\"\n");
    assemble(p, "c.s", ".section mine,\"dw\"\n.ascii \"write\"\n");
    assemble(p, "d.s", ".section mine,\"dr\"\n.ascii \"more\"\n");
    program_link(p, START);
    size_t count = 0;
    for (size_t i = 0; i < p->image->section_count; i++) {
        const struct image_section *section = &p->image->sections[i];
        if (strcmp(section->name, "mine") != 0)
            continue;
        count++;
        bool writable = section->characteristics & WRITE;
        assert_int_equal(section->virtual_size, writable ? 5 : 8);
        assert_memory_equal(image_at(p->image, section->rva, section->virtual_size), writable ? "write" : "readmore",
                            section->virtual_size);
    }
    assert_int_equal(count, 2);
}

static void what_is_not_for_the_image_is_left_out(void **state)
{
    struct program *p = program(state);
    assemble(p, "a.s",
             ".globl start\nstart:\n movl $42, %eax\n ret\n"
             ".section gone,\"nr\"\n.ascii \"remove me\"\n.section empty,\"dr\"\n"
             ".section .debug_info,\"dr\"\n.ascii \"dwarf\"\n.section .debug$X,\"dr\"\n.ascii \"codeview\"\n");
    program_link(p, START);
    assert_int_equal(p->image->section_count, 1);
    assert_null(memmem(p->image->file, p->image->file_size, "remove me", 9));
    assert_null(memmem(p->image->file, p->image->file_size, "dwarf", 5));
    assert_null(memmem(p->image->file, p->image->file_size, "codeview", 8));
}

// --- alignment ---

static void contributions_are_aligned(void **state)
{
    struct program *p = program(state);
    assemble(p, "a.s",
             ".globl start\nstart:\n movl $42, %eax\n ret\n"
             ".section mine$a,\"dr\"\n.byte 1\n.section mine$b,\"dr\"\n.byte 2\n"
             ".section mine$c,\"dr\"\n.p2align 6\n.byte 3\n.section mine$d,\"dr\"\n.p2align 13\n.byte 4\n"
             ".section mine$e,\"dr\"\n.p2align 2\n.byte 5\n");
    program_link(p, START);
    const struct image_section *mine = image_section(p->image, "mine");
    const uint8_t *bytes = image_at(p->image, mine->rva, mine->virtual_size);
    assert_memory_equal(bytes, "\1\2\0", 3);
    uint32_t far = (mine->rva + 65 + 8191) / 8192 * 8192 - mine->rva;
    assert_int_equal(bytes[64], 3);
    assert_int_equal(bytes[far], 4);
    assert_int_equal(bytes[far + 4], 5);
    assert_int_equal(mine->virtual_size, far + 5);
}

// Where code is short of a function's alignment, what runs into the gap is stopped.
static void gaps_in_code_are_filled_with_traps(void **state)
{
    struct program *p = program(state);
    assemble(p, "a.s", start);
    assemble(p, "b.s", ".p2align 5\n.byte 0x90\n");
    program_link(p, START);
    const struct image_section *text = image_section(p->image, ".text");
    const uint8_t *code = image_at(p->image, text->rva, text->virtual_size);
    for (int i = 6; i < 32; i++)
        assert_int_equal(code[i], 0xcc);
    assert_int_equal(code[32], 0x90);
}

// --- what has no bytes ---

static void uninitialised_data_takes_no_room_in_the_file(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "static char room[10000000]; static int first = 1, last;\n"
                    "int start(void)\n"
                    "{\n"
                    "    for (int i = 0; i < 10000000; i += 4096) if (room[i]) return 1;\n"
                    "    room[9999999] = 2; return room[9999999] + first + last;\n"
                    "}",
                    "");
    program_link(p, START);
    assert_true(p->image->file_size < 8192);
    assert_true(p->image->size_of_image > 10000000);
    assert_int_equal(program_run(p, ""), 3);
}

// Zeroes between data with bytes: what is uninitialised is put behind it.
static void uninitialised_data_comes_behind_initialised(void **state)
{
    struct program *p = program(state);
    assemble(p, "a.s",
             ".globl start\nstart:\n movl number(%rip), %eax\n addl room(%rip), %eax\n ret\n"
             ".bss\nroom: .zero 100000\n.data\n.globl number\nnumber: .long 42\n");
    assemble(p, "b.s", ".bss\n.zero 50000\n.data\n.long 43\n");
    program_link(p, START);
    const struct image_section *data = image_section(p->image, ".data");
    assert_int_equal(data->file_size, 512);
    assert_true(data->virtual_size >= 150000);
    assert_int_equal(program_run(p, ""), 42);
}

// --- /MERGE ---

static const char three_sections[] = ".globl start\nstart:\n movl $42, %eax\n ret\n"
                                     ".section .one,\"dr\"\n.ascii \"1111\"\n.section .two,\"dr\"\n.ascii \"2222\"\n"
                                     ".section .three,\"dr\"\n.globl third\nthird: .ascii \"3333\"\n";

static void sections_are_merged(void **state)
{
    struct program *p = program(state);
    assemble(p, "a.s", three_sections);
    program_link(p, START " /MERGE:.one=.two");
    assert_null(image_find_section(p->image, ".one"));
    assert_string_equal(section_text(p, ".two"), "22221111");
    program_link(p, START " /MERGE:.one=.two /MERGE:.two=.three"); // through a chain
    assert_null(image_find_section(p->image, ".two"));
    assert_int_equal(image_section(p->image, ".three")->virtual_size, 12);
    program_link(p, START " /MERGE:.one=.new /MERGE:.three=.new"); // into one that no object has
    assert_int_equal(image_section(p->image, ".new")->virtual_size, 8);
    program_link(p, START " /MERGE:.one=.text");
    assert_int_equal(image_section(p->image, ".text")->characteristics, CODE | EXECUTE | READ);
    assert_int_equal(program_run(p, ""), 42);
    program_link(p, START " /MERGE:.none=.text");
    assert_same_text(p->link.errors, "");
}

static void merges_that_can_not_be_are_errors(void **state)
{
    struct program *p = program(state);
    assemble(p, "a.s", three_sections);
    program_link_fails(p, START " /MERGE:.one=.two /MERGE:.two=.one", "/merge: cycle found for section '.one'");
    program_link_fails(p, START " /MERGE:.rsrc=.one", ".rsrc");
    program_link_fails(p, START " /MERGE:.one=.reloc", ".reloc");
    program_link_fails(p, START " /MERGE:.one", "/merge");
    program_link(p, START " /MERGE:.one=.one");
}

static void a_section_may_be_merged_once(void **state)
{
    struct program *p = program(state);
    assemble(p, "a.s", three_sections);
    program_link(p, START " /MERGE:.one=.two /MERGE:.one=.three");
    assert_contains(p->link.errors, "warning: ");
    assert_contains(p->link.errors, ".one");
}

static void constants_and_start_up_tables_are_merged_by_default(void **state)
{
    struct program *p = program(state);
    assemble(p, "a.s",
             ".globl start\nstart:\n movl $42, %eax\n ret\n"
             ".section .xdata,\"dr\"\n.ascii \"unwind\"\n.section .rdata,\"dr\"\n.ascii \"constant\"\n.section "
             ".bss,\"bw\"\n.zero 8\n.data\n.long 1\n");
    program_link(p, START);
    assert_null(image_find_section(p->image, ".xdata"));
    assert_null(image_find_section(p->image, ".bss"));
    assert_contains(section_text(p, ".rdata"), "constant");
}

// --- /SECTION ---

static void section_sets_attributes(void **state)
{
    struct program *p = program(state);
    assemble(p, "a.s", three_sections);
    program_link(p, START " /SECTION:.one,RWS /SECTION:.two,ER /SECTION:.three,RD");
    assert_int_equal(image_section(p->image, ".one")->characteristics, INITIALIZED | READ | WRITE | SHARED);
    assert_int_equal(image_section(p->image, ".two")->characteristics, INITIALIZED | READ | EXECUTE);
    assert_int_equal(image_section(p->image, ".three")->characteristics, INITIALIZED | READ | DISCARDABLE);
    // K and P are what every section is, cached and pageable. GNU's objdump does not know sections that are not.
    assert_int_equal(program_try_link(p, START " /SECTION:.one,RK /SECTION:.three,R!K!P"), 0);
    const struct image *image = image_read(&p->scratch, p->image_path);
    assert_int_equal(image_section(image, ".one")->characteristics, INITIALIZED | READ);
    assert_int_equal(image_section(image, ".three")->characteristics, INITIALIZED | READ | NOT_CACHED | NOT_PAGED);
    program_link(p, START " /SECTION:.one,!W");
    assert_int_equal(image_section(p->image, ".one")->characteristics & WRITE, 0);
    program_link(p, START " /SECTION:.three,R,ALIGN=8192 /DEBUG:SYMTAB");
    assert_int_equal(image_symbol_rva(p->image, "third") % 8192, 0);
    program_link_fails(p, START " /SECTION:.one,Q", "/section");
}

// Shared data is one for all processes that have the image in memory.
static void shared_data_is_shared(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "#include <windows.h>\n#include <stdio.h>\n#include <string.h>\n"
                    "#pragma section(\"shared\", read, write)\n"
                    "__declspec(allocate(\"shared\")) volatile int count = 5;\n"
                    "int main(void) { count++; printf(\"%d\\n\", count); return 0; }",
                    "");
    program_link_with_run_time(p, "/SECTION:shared,RWS");
    assert_true(image_section(p->image, "shared")->characteristics & SHARED);
    assert_same_text(program_output(p, ""), "6\n");
}

// --- names ---

// Names of more than eight bytes: in an object behind its string table, in an image cut, as no loader knows longer
// ones.
static void sections_of_long_names_are_not_confused(void **state)
{
    struct program *p = program(state);
    assemble(p, "a.s",
             ".globl start\nstart:\n movl $42, %eax\n ret\n"
             ".section a_long_section_name_one,\"dr\"\n.ascii \"1\"\n.section a_long_section_name_two,\"dr\"\n.ascii "
             "\"2\"\n");
    assemble(p, "b.s",
             ".section a_long_section_name_one,\"dr\"\n.ascii \"3\"\n.section a_long_section_name_one$z,\"dr\"\n.ascii "
             "\"4\"\n");
    program_link(p, START);
    const struct image_section *first = image_section(p->image, "a_long_s");
    assert_int_equal(first->virtual_size, 3);
    assert_memory_equal(image_at(p->image, first->rva, 3), "134", 3);
    assert_string_equal(first[1].name, "a_long_s");
    assert_int_equal(first[1].virtual_size, 1);
    program_link(p, START " /MERGE:a_long_section_name_one=a_long_section_name_two");
    assert_int_equal(image_section(p->image, "a_long_s")->virtual_size, 4);
    // An image that has a string table keeps the names of what is not loaded, for debuggers.
    program_link(p, START " /DEBUG:SYMTAB /SECTION:a_long_section_name_two,RD");
    assert_contains(read_back_with(&p->scratch, p->folder, "llvm-readobj-19 --sections program.exe"),
                    "Name: a_long_section_name_two");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_x64(contributions_are_ordered_by_their_suffix),
        test_on_x64(contributions_of_one_object_keep_their_order),
        test_on_x64(a_section_keeps_its_characteristics),
        test_on_x64(sections_of_one_name_and_other_characteristics_stay_apart),
        test_on_x64(what_is_not_for_the_image_is_left_out),
        test_on_x64(contributions_are_aligned),
        test_on_x64(gaps_in_code_are_filled_with_traps),
        test_on_x64(uninitialised_data_takes_no_room_in_the_file),
        test_on_x86(uninitialised_data_takes_no_room_in_the_file),
        test_on_x64(uninitialised_data_comes_behind_initialised),
        test_on_x64(sections_are_merged),
        test_on_x64(merges_that_can_not_be_are_errors),
        test_on_x64(a_section_may_be_merged_once),
        test_on_x64(constants_and_start_up_tables_are_merged_by_default),
        test_on_x64(section_sets_attributes),
        test_on_x64(shared_data_is_shared),
        test_on_x64(sections_of_long_names_are_not_confused),
    };
    return cmocka_run_group_tests_name("sections", tests, NULL, NULL);
}
