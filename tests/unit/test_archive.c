// Libraries of every librarian at hand, their index compared with what llvm-nm reads from it; and libraries that lie.
#include "tests/unit/test_common.h"

#include "common/archive.h"

// Symbols of all the kinds that an index can have, and some that it can't.
static const char source_a[] = ".globl f, d, absolute_symbol\n"
                               ".text\n"
                               "f: ret\n"
                               "local: call undefined_symbol\n"
                               ".data\n"
                               "d: .long 1\n"
                               ".comm common_symbol, 16, 4\n"
                               "absolute_symbol = 42\n"
                               ".weak w\n"
                               "w: .long 2\n";
static const char source_b[] = ".globl f, a_name_that_is_longer_than_eight\n"
                               ".text\n"
                               "f: ret\n"
                               "a_name_that_is_longer_than_eight: ret\n";
static const char definition[] = "LIBRARY other.dll\n"
                                 "EXPORTS\n"
                                 "function\n"
                                 "by_ordinal @7 NONAME\n"
                                 "variable DATA\n";

static void run(struct fixture *f, const char *line)
{
    process_must_run(&f->scratch, f->folder, "%s", line);
}

static void make_members(struct fixture *f)
{
    write_whole(f, "a.s", source_a, sizeof source_a - 1);
    write_whole(f, "b.s", source_b, sizeof source_b - 1);
    write_whole(f, "other.def", definition, sizeof definition - 1);
    run(f, "llvm-mc-19 -triple x86_64-windows-msvc -filetype=obj a.s -o a.obj");
    run(f, "llvm-mc-19 -triple x86_64-windows-msvc -filetype=obj b.s -o an_object_with_a_long_name.obj");
    run(f, "x86_64-w64-mingw32-as -mbig-obj b.s -o big.obj");
}

static void must_open(struct fixture *f, const char *name, struct archive *archive)
{
    if (!archive_open(archive, in_folder(f, name), read_whole(f, name), &f->arena, f->diagnostics))
        fail_with("%s: %s", name, messages(f));
}

// The name of the member that the archive's index gives for `symbol`, or NULL.
static const char *definer(struct fixture *f, const struct archive *archive, struct text symbol)
{
    struct archive_member member;
    uint64_t offset = archive_find(archive, symbol, text_hash(symbol));
    if (!offset)
        return NULL;
    if (!archive_member_at(archive, offset, &member, f->diagnostics))
        fail_with("%s", messages(f));
    return text_copy(&f->arena, member.name).data;
}

// Compares with llvm-nm's "NAME in MEMBER" lines for the library `oracle`: the first line of a name counts.
static void assert_index(struct fixture *f, const struct archive *archive, const char *oracle)
{
    char *line = process_must_run(&f->scratch, f->folder, "llvm-nm-19 --quiet --print-armap %s", oracle).output;
    array_of(struct text) seen = {0};
    line = strchr(line, '\n') + 1; // "Archive map"
    for (char *end; (end = strchr(line, '\n')) && end != line; line = end + 1) {
        *end = 0;
        char *member = strstr(line, " in ") + 4;
        struct text name = {line, (size_t)(member - 4 - line)};
        bool is_first = true;
        for (size_t i = 0; i < seen.count; i++)
            is_first &= !text_equal(seen.items[i], name);
        array_push(&f->arena, &seen, name);
        const char *is = definer(f, archive, name);
        if (is_first && (!is || strcmp(is, member) != 0))
            fail_with("%.*s is in %s, not in %s", TEXT_ARGUMENT(name), member, is ? is : "any member");
    }
    assert_true(seen.count > 0);
    assert_int_equal(archive->symbol_count, seen.count);
    assert_null(definer(f, archive, TEXT("undefined_symbol")));
    assert_null(definer(f, archive, TEXT("local")));
    assert_null(definer(f, archive, TEXT("")));
}

static void every_librarian(void **state)
{
    struct fixture *f = *state;
    make_members(f);
    static const struct {
        const char *name, *command;
        bool is_thin;
    } rows[] = {
        {"lib.lib", "llvm-lib-19 /out:lib.lib a.obj an_object_with_a_long_name.obj big.obj", false},
        {"gnu.lib", "ar rcD gnu.lib a.obj an_object_with_a_long_name.obj big.obj", false},
        {"mingw.lib", "x86_64-w64-mingw32-ar rcD mingw.lib a.obj an_object_with_a_long_name.obj", false},
        {"thin.lib", "ar rcTD thin.lib a.obj an_object_with_a_long_name.obj", true},
        {"llvm.lib", "llvm-ar-19 --format=gnu rc llvm.lib a.obj an_object_with_a_long_name.obj big.obj", false},
        {"llvmthin.lib", "llvm-ar-19 --thin rc llvmthin.lib a.obj an_object_with_a_long_name.obj", true},
        {"libthin.lib", "llvm-lib-19 /llvmlibthin /out:libthin.lib a.obj an_object_with_a_long_name.obj", true},
        {"bsd.lib", "llvm-ar-19 --format=bsd rc bsd.lib a.obj an_object_with_a_long_name.obj", false},
        {"import.lib", "llvm-lib-19 /machine:x64 /def:other.def /out:import.lib", false},
        {"longimport.lib", "llvm-dlltool-19 -m i386:x86-64 -d other.def -l longimport.lib", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        run(f, rows[i].command);
        struct archive archive;
        must_open(f, rows[i].name, &archive);
        assert_int_equal(archive.is_thin, rows[i].is_thin);
        assert_index(f, &archive, rows[i].name);
        assert_string_equal(messages(f), "");
    }
}

// LLVM writes the 64-bit index where offsets need it; this makes it think so from the first byte on.
static void index_of_64_bits(void **state)
{
    struct fixture *f = *state;
    make_members(f);
    setenv("SYM64_THRESHOLD", "0", 1);
    run(f, "llvm-ar-19 --format=gnu rc wide.lib a.obj an_object_with_a_long_name.obj");
    unsetenv("SYM64_THRESHOLD");
    assert_memory_equal(read_whole(f, "wide.lib").data + 8, "/SYM64/ ", 8);
    struct archive archive;
    must_open(f, "wide.lib", &archive);
    assert_index(f, &archive, "wide.lib");
}

// The library without its linker members: from its first other header on.
static void strip_index(struct fixture *f, const char *from, const char *to)
{
    struct bytes content = read_whole(f, from);
    uint8_t *out = arena_allocate(&f->arena, content.size, 1);
    size_t at = 8;
    while (memcmp(content.data + at, "/ ", 2) == 0)
        at = align_up(at + 60 + strtoul((const char *)content.data + at + 48, NULL, 10), 2);
    memcpy(out, content.data, 8);
    memcpy(out + 8, content.data + at, content.size - at);
    write_whole(f, to, out, content.size - at + 8);
}

// The index that is missing is read from the members: it is the one that the librarian would have written.
static void no_index(void **state)
{
    struct fixture *f = *state;
    make_members(f);
    run(f, "llvm-ar-19 --format=gnu rc full.lib a.obj an_object_with_a_long_name.obj big.obj");
    run(f, "llvm-ar-19 --format=gnu rcS without.lib a.obj an_object_with_a_long_name.obj big.obj");
    run(f, "llvm-ar-19 --thin rc fullthin.lib a.obj an_object_with_a_long_name.obj big.obj");
    run(f, "llvm-ar-19 --thin rcS thin.lib a.obj an_object_with_a_long_name.obj big.obj");
    run(f, "llvm-lib-19 /machine:x64 /def:other.def /out:import.lib");
    strip_index(f, "import.lib", "importwithout.lib");
    static const char *const rows[][2] = {
        {"without.lib", "full.lib"}, {"thin.lib", "fullthin.lib"}, {"importwithout.lib", "import.lib"}};
    for (size_t i = 0; i < 3; i++) {
        struct archive archive;
        must_open(f, rows[i][0], &archive);
        assert_index(f, &archive, rows[i][1]);
    }
}

static void members_in_their_order(void **state)
{
    struct fixture *f = *state;
    make_members(f);
    // Two members may have one name, and a member that is no object is one all the same.
    write_whole(f, "odd.txt", "odd", 3);
    run(f, "llvm-ar-19 --format=gnu qc q.lib a.obj odd.txt a.obj an_object_with_a_long_name.obj");
    struct archive archive;
    struct archive_member member, again;
    must_open(f, "q.lib", &archive);
    const char *const names[] = {"a.obj", "odd.txt", "a.obj", "an_object_with_a_long_name.obj"};
    uint64_t offset = 0, last = 0;
    for (size_t i = 0; i < 4; i++) {
        assert_true(archive_next(&archive, &offset, &member, f->diagnostics));
        assert_text(member.name, names[i]);
        assert_true(member.header_offset > last);
        last = member.header_offset;
        struct bytes file = read_whole(f, names[i]);
        assert_int_equal(member.content.size, file.size);
        assert_memory_equal(member.content.data, file.data, file.size);
        assert_true(archive_member_at(&archive, member.header_offset, &again, f->diagnostics));
        assert_ptr_equal(again.content.data, member.content.data);
    }
    assert_false(archive_next(&archive, &offset, &member, f->diagnostics));
    assert_false(archive_next(&archive, &offset, &member, f->diagnostics));
    assert_string_equal(messages(f), "");
}

static void members_of_thin_libraries_are_files(void **state)
{
    struct fixture *f = *state;
    make_members(f);
    run(f, "mkdir sub");
    run(f, "ar rcTD sub/thin.lib a.obj an_object_with_a_long_name.obj");
    struct archive archive;
    must_open(f, "sub/thin.lib", &archive);
    assert_index(f, &archive, "sub/thin.lib");
    struct archive_member member;
    uint64_t offset = 0;
    while (archive_next(&archive, &offset, &member, f->diagnostics)) {
        assert_int_equal(member.content.size, 0);
        assert_true(archive_map_member(&archive, &member, &f->arena, f->diagnostics));
        struct bytes file = read_whole(f, text_file_name(text_copy(&f->arena, member.name)).data);
        assert_int_equal(member.content.size, file.size);
        assert_memory_equal(member.content.data, file.data, file.size);
    }
    run(f, "rm a.obj");
    offset = 0;
    assert_true(archive_next(&archive, &offset, &member, f->diagnostics));
    assert_false(archive_map_member(&archive, &member, &f->arena, f->diagnostics));
    assert_contains(messages(f), "a.obj': No such file or directory [LNK1104]\n");
}

// --- libraries made by hand ---

struct builder {
    uint8_t bytes[1 << 16];
    size_t size;
};

static void put(struct builder *b, const void *data, size_t size)
{
    memcpy(b->bytes + b->size, data, size);
    b->size += size;
}

static void put_member(struct builder *b, const char *name, const void *data, size_t size)
{
    char header[61];
    snprintf(header, sizeof header, "%-16s%-12d%-6d%-6d%-8d%-10zu`\n", name, 0, 0, 0, 644, size);
    put(b, header, 60);
    put(b, data, size);
    if (size % 2)
        put(b, "\n", 1);
}

static struct builder *build(struct fixture *f, const char *magic)
{
    struct builder *b = arena_new(&f->arena, struct builder);
    put(b, magic, 8);
    return b;
}

static bool open_built(struct fixture *f, struct archive *archive, const struct builder *b)
{
    write_whole(f, "built.lib", b->bytes, b->size);
    return archive_open(archive, in_folder(f, "built.lib"), read_whole(f, "built.lib"), &f->arena, f->diagnostics);
}

static void indexes_of_others_are_passed_over(void **state)
{
    struct fixture *f = *state;
    make_members(f);
    struct bytes object = read_whole(f, "a.obj");
    struct builder *b = build(f, "!<arch>\n");
    put_member(b, "//", "lib name with \\ and /\0second/third.obj", 39); // MSVC's: ended by a NUL
    put_member(b, "/<ECSYMBOLS>/", "\1\0\0\0\1\0x", 8);
    put_member(b, "/<XFGHASHMAP>/", "odd", 3);
    put_member(b, "/0", object.data, object.size);
    put_member(b, "/<ECSYMBOLS>/", "x", 1);
    put_member(b, "__.SYMDEF", "x", 1);
    put_member(b, "/22", "odd", 3);
    b->size--; // the last byte is padding, and may be missing
    struct archive archive;
    assert_true(open_built(f, &archive, b));
    struct archive_member member;
    uint64_t offset = 0;
    assert_true(archive_next(&archive, &offset, &member, f->diagnostics));
    assert_text(member.name, "lib name with \\ and ");
    assert_true(archive_next(&archive, &offset, &member, f->diagnostics));
    assert_text(member.name, "second/third.obj");
    assert_int_equal(member.content.size, 3);
    assert_false(archive_next(&archive, &offset, &member, f->diagnostics));
    assert_string_equal(definer(f, &archive, TEXT("f")), "lib name with \\ and ");
    assert_string_equal(messages(f), "");
}

static void an_empty_library(void **state)
{
    struct fixture *f = *state;
    struct archive archive;
    struct archive_member member;
    uint64_t offset = 0;
    assert_true(open_built(f, &archive, build(f, "!<arch>\n")));
    assert_false(archive_next(&archive, &offset, &member, f->diagnostics));
    assert_null(definer(f, &archive, TEXT("f")));
    assert_string_equal(messages(f), "");
}

static void assert_open_fails(struct fixture *f, const struct builder *b, const char *reason)
{
    struct archive archive;
    assert_false(open_built(f, &archive, b));
    assert_contains(messages(f), scratch_format(&f->scratch, "built.lib: %s [LNK1107]\n", reason));
}

// A library that begins with a linker member of these bytes, and a second one unless that is NULL.
static struct builder *with_index(struct fixture *f, const void *first, size_t first_size, const void *second,
                                  size_t second_size)
{
    struct builder *b = build(f, "!<arch>\n");
    put_member(b, "/", first, first_size);
    if (second)
        put_member(b, "/", second, second_size);
    put_member(b, "a/", "x", 1);
    return b;
}

static void indexes_that_lie(void **state)
{
    struct fixture *f = *state;
    const char *const short_index = "the index is cut short at offset 0x44";
    assert_open_fails(f, with_index(f, "\0\0", 2, NULL, 0), short_index);
    assert_open_fails(f, with_index(f, "\0\0\0\1", 4, NULL, 0), short_index);
    assert_open_fails(f, with_index(f, "\xff\xff\xff\xff\0\0\0\0", 8, NULL, 0), short_index);
    assert_open_fails(f, with_index(f, "\0\0\0\1\0\0\0\x44", 8, NULL, 0),
                      "the index has fewer names than it says at offset 0x44");
    assert_open_fails(f,
                      with_index(f,
                                 "\0\0\0\2\0\0\0\x44\0\0\0\x44"
                                 "a\0b",
                                 15, NULL, 0),
                      "the index's names are cut short at offset 0x44");
    assert_open_fails(f, with_index(f, "\0\0\0\1\xff\0\0\0a", 10, NULL, 0),
                      "the index leads outside of the library at offset 0x44");

    const char *const short_second = "the second linker member is cut short at offset 0x84";
    assert_open_fails(f, with_index(f, "\0\0\0\0", 4, "\1\0\0\0", 4), short_second);
    assert_open_fails(f, with_index(f, "\0\0\0\0", 4, "\xff\xff\xff\xff\0\0\0\0", 8), short_second);
    assert_open_fails(f, with_index(f, "\0\0\0\0", 4, "\0\0\0\0\xff\xff\xff\xff", 8), short_second);
    assert_open_fails(f, with_index(f, "\0\0\0\0", 4, "\1\0\0\0\x44\0\0\0\1\0\0\0\2\0a", 16),
                      "the index leads outside of the library at offset 0x84");
    assert_open_fails(f, with_index(f, "\0\0\0\0", 4, "\1\0\0\0\x44\0\0\0\1\0\0\0\0\0a", 16),
                      "the index leads outside of the library at offset 0x84");

    struct builder *wide = build(f, "!<arch>\n");
    put_member(wide, "/SYM64/", "\x20\0\0\0\0\0\0\1\0\0\0\0", 12);
    assert_open_fails(f, wide, short_index);
}

// An index that leads to a place where no member is: said when the member is asked for.
static void index_to_no_member(void **state)
{
    struct fixture *f = *state;
    struct archive archive;
    struct archive_member member;
    assert_true(open_built(f, &archive,
                           with_index(f,
                                      "\0\0\0\2\0\0\0\x0a\0\0\0\x08"
                                      "a\0b",
                                      16, NULL, 0)));
    assert_false(
        archive_member_at(&archive, archive_find(&archive, TEXT("a"), text_hash(TEXT("a"))), &member, f->diagnostics));
    assert_contains(messages(f), "built.lib: there is no member's header at offset 0xa [LNK1107]\n");
    assert_false(archive_member_at(&archive, 8, &member, f->diagnostics));
    assert_contains(messages(f), "an index stands where a member should be at offset 0x8 [LNK1107]\n");
    assert_false(archive_member_at(&archive, UINT64_MAX, &member, f->diagnostics));
    assert_contains(messages(f), "a member's header is cut short at offset 0xffffffffffffffff [LNK1107]\n");
}

static void headers_that_lie(void **state)
{
    struct fixture *f = *state;
    struct archive archive;
    struct builder *b = build(f, "!<arcH>\n");
    assert_open_fails(f, b, "not a library at offset 0x0");
    static const struct {
        size_t offset;
        const char *bytes;
        const char *reason;
    } rows[] = {
        {66, "xx", "there is no member's header at offset 0x8"},
        {56, "9999999999", "a member is cut short at offset 0x8"},
        {56, "-1        ", "a member's size is not a number at offset 0x8"},
        {56, "          ", "a member's size is not a number at offset 0x8"},
        {8, "/99", "a member's name is outside the long names at offset 0x8"},
        {8, "/1:2", "a member of a library inside a thin library at offset 0x8"},
        {8, "#1/9 ", "a member's name is longer than the member at offset 0x8"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        b = build(f, "!<arch>\n");
        put_member(b, "a.obj/", "content", 8);
        memcpy(b->bytes + rows[i].offset, rows[i].bytes, strlen(rows[i].bytes));
        assert_open_fails(f, b, rows[i].reason);
    }
    b = build(f, "!<arch>\n");
    put_member(b, "a.obj/", "content", 8);
    put(b, "a.obj/", 6);
    assert_false(open_built(f, &archive, b));
    assert_contains(messages(f), "a member's header is cut short at offset 0x4c [LNK1107]\n");
}

// A thin library that lists itself, and a library in a library: nobody goes round in circles.
static void a_library_that_names_itself(void **state)
{
    struct fixture *f = *state;
    struct archive archive;
    struct builder *b = build(f, "!<thin>\n");
    put_member(b, "//", "built.lib/\n", 12);
    put_member(b, "/0", "", 0);
    assert_true(open_built(f, &archive, b));
    assert_int_equal(archive.symbol_count, 0);

    make_members(f);
    run(f, "llvm-lib-19 /out:inner.lib a.obj");
    run(f, "llvm-ar-19 --format=gnu rcS outer.lib inner.lib");
    must_open(f, "outer.lib", &archive);
    assert_int_equal(archive.symbol_count, 0);
    assert_string_equal(messages(f), "");
}

static void an_object_that_lies_in_a_library_without_index(void **state)
{
    struct fixture *f = *state;
    make_members(f);
    struct bytes object = read_whole(f, "a.obj");
    struct builder *b = build(f, "!<arch>\n");
    put_member(b, "a.obj/", object.data, object.size);
    store32(b->bytes + 8 + 60 + 12, 0x7fffffff); // number of symbols
    struct archive archive;
    assert_false(open_built(f, &archive, b));
    assert_contains(messages(f), "built.lib(a.obj): symbol table is outside of the file [LNK1107]\n");
}

static void use_archive(void *context, struct bytes content)
{
    struct fixture *f = context;
    struct arena arena = {0};
    struct archive archive;
    struct archive_member member;
    if (archive_open(&archive, TEXT("a.lib"), content, &arena, f->diagnostics)) {
        for (size_t i = 0; i < archive.symbol_count; i++) {
            const struct archive_symbol *symbol = &archive.symbols[i];
            uint64_t offset = archive_find(&archive, symbol->name, symbol->hash);
            assert_true(offset != 0);
            archive_member_at(&archive, offset, &member, f->diagnostics);
        }
        for (uint64_t offset = 0; archive_next(&archive, &offset, &member, f->diagnostics);)
            assert_true(member.content.size <= content.size && member.name.size < 100);
    } else {
        assert_string_not_equal(messages(f), "");
    }
    messages(f);
    arena_release(&arena);
}

static void damaged_libraries(void **state)
{
    struct fixture *f = *state;
    make_members(f);
    const char *const commands[] = {
        "llvm-lib-19 /out:a.lib a.obj an_object_with_a_long_name.obj big.obj",
        "ar rcSD a.lib a.obj an_object_with_a_long_name.obj big.obj",
        "llvm-ar-19 --format=bsd rc a.lib an_object_with_a_long_name.obj",
        "llvm-lib-19 /machine:x64 /def:other.def /out:a.lib",
    };
    for (size_t i = 0; i < 4; i++) {
        run(f, "rm -f a.lib");
        run(f, commands[i]);
        parse_damaged(read_whole(f, "a.lib"), 1, use_archive, f);
    }
}

// A library of a name a million times, and one of a million names: both in well under a second. (No time is asserted: a
// chain of a million would take minutes, and the test's time limit end it.)
static void many_symbols(void **state)
{
    struct fixture *f = *state;
    enum { COUNT = 1000000 };
    for (int is_same = 0; is_same < 2; is_same++) {
        size_t size = 8 + 60 + 4 + (size_t)COUNT * 16 + 61;
        char *content = arena_allocate(&f->arena, size + 1, 1);
        size_t at = (size_t)sprintf(content, "!<arch>\n%-16s%-32d%-10zu`\n", "/", 0, 4 + (size_t)COUNT * 12);
        store32((uint8_t *)content + at, __builtin_bswap32(COUNT));
        memset(content + at + 4, 0, (size_t)COUNT * 4);
        for (size_t i = 0; i < COUNT; i++)
            content[at + 4 + 4 * i + 3] = 8;
        at += 4 + (size_t)COUNT * 4;
        for (int i = 0; i < COUNT; i++)
            at += (size_t)sprintf(content + at, "n%06d", is_same ? 5 : i) + 1;
        struct archive archive;
        struct bytes bytes = {(uint8_t *)content, at};
        assert_true(archive_open(&archive, TEXT("many.lib"), bytes, &f->arena, f->diagnostics));
        assert_int_equal(archive.symbol_count, COUNT);
        assert_int_equal(archive_find(&archive, TEXT("n000005"), text_hash(TEXT("n000005"))), 8);
        assert_int_equal(archive_find(&archive, TEXT("n"), text_hash(TEXT("n"))), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(every_librarian),
        fixture_test(index_of_64_bits),
        fixture_test(no_index),
        fixture_test(members_in_their_order),
        fixture_test(members_of_thin_libraries_are_files),
        fixture_test(indexes_of_others_are_passed_over),
        fixture_test(an_empty_library),
        fixture_test(indexes_that_lie),
        fixture_test(index_to_no_member),
        fixture_test(headers_that_lie),
        fixture_test(a_library_that_names_itself),
        fixture_test(an_object_that_lies_in_a_library_without_index),
        fixture_test(damaged_libraries),
        fixture_test(many_symbols),
    };
    return cmocka_run_group_tests_name("archive", tests, NULL, NULL);
}
