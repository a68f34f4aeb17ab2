// Mapped inputs, and the places that are none.
#include "tests/unit/test_common.h"

#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"

static void a_file_is_its_bytes(void **state)
{
    struct fixture *f = *state;
    struct file file, link;
    write_whole(f, "a.obj", "content", 7);
    assert_int_equal(symlink("a.obj", in_folder(f, "b.obj").data), 0);
    assert_true(file_map(&file, in_folder(f, "a.obj"), &f->arena, f->diagnostics));
    assert_true(file_map(&link, in_folder(f, "b.obj"), &f->arena, f->diagnostics));
    assert_int_equal(file.content.size, 7);
    assert_memory_equal(file.content.data, "content", 7);
    assert_text(file.path, in_folder(f, "a.obj").data);
    assert_true(file.device == link.device && file.inode == link.inode);
    assert_string_equal(messages(f), "");
}

static void an_empty_file_is_mapped_well(void **state)
{
    struct fixture *f = *state;
    struct file file;
    write_whole(f, "empty", "", 0);
    assert_true(file_map(&file, in_folder(f, "empty"), &f->arena, f->diagnostics));
    assert_int_equal(file.content.size, 0);
}

static void assert_refused(struct fixture *f, struct text path, const char *reason)
{
    struct file file;
    assert_false(file_map(&file, path, &f->arena, f->diagnostics));
    assert_contains(messages(f), reason);
    assert_false(file_exists(path));
}

static void what_is_no_file_is_said(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(mkfifo(in_folder(f, "fifo").data, 0600), 0);
    assert_refused(f, in_folder(f, "missing.obj"), "missing.obj': No such file or directory [LNK1104]\n");
    assert_refused(f, text_of(f->folder), "': Is a directory [LNK1104]\n");
    assert_refused(f, in_folder(f, "fifo"), "fifo': not a regular file [LNK1104]\n"); // and nobody waits for its writer
    assert_refused(f, TEXT("/dev/null"), "'/dev/null': not a regular file [LNK1104]\n");
    assert_refused(f, TEXT(""), "could not open '': No such file or directory [LNK1104]\n");
    assert_refused(f, (struct text){"a\0b", 3}, "No such file or directory [LNK1104]\n");
    assert_refused(f, text_of(long_name(f, 5000)), "File name too long [LNK1104]\n");
    if (geteuid() != 0) { // root reads everything
        write_whole(f, "secret", "x", 1);
        chmod(in_folder(f, "secret").data, 0);
        struct file file;
        assert_false(file_map(&file, in_folder(f, "secret"), &f->arena, f->diagnostics));
        assert_contains(messages(f), "Permission denied [LNK1104]\n");
    }
}

static void existence(void **state)
{
    struct fixture *f = *state;
    write_whole(f, "a", "", 0);
    assert_int_equal(symlink("a", in_folder(f, "link").data), 0);
    assert_int_equal(symlink("nothing", in_folder(f, "dangling").data), 0);
    assert_true(file_exists(in_folder(f, "a")));
    assert_true(file_exists(in_folder(f, "link")));
    assert_false(file_exists(in_folder(f, "dangling")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(a_file_is_its_bytes),
        fixture_test(an_empty_file_is_mapped_well),
        fixture_test(what_is_no_file_is_said),
        fixture_test(existence),
    };
    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
