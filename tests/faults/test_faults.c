// Every call to the system and every allocation of a link fails once, each in a link of its own. Such a link says what
// happened and to which file, ends with status 1, and leaves the previous outputs as they were and nothing beside them;
// or it gets by without that call and makes the same outputs as ever. What tells of the link, its pack and its trace,
// may be new then, but is whole.
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/program.h"

struct listing { // a folder's files with their bytes
    size_t count;
    struct entry {
        char *name;
        void *content;
        size_t size;
    } entries[64];
};

static struct listing list_folder(struct scratch *scratch, const char *folder)
{
    struct listing out = {0};
    DIR *stream = opendir(folder);
    assert_non_null(stream);
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        assert_true(out.count < 64);
        struct entry *e = &out.entries[out.count++];
        e->name = scratch_format(scratch, "%s", entry->d_name);
        e->content = folder_read_file(scratch, path_join(scratch, folder, e->name), &e->size);
    }
    closedir(stream);
    return out;
}

// The name of the first file that is not the same in b, or NULL.
static const char *find_missing(const struct listing *a, const struct listing *b)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct entry *x = &a->entries[i], *y = NULL;
        for (size_t k = 0; k < b->count; k++)
            if (strcmp(b->entries[k].name, x->name) == 0)
                y = &b->entries[k];
        if (!y || x->size != y->size || memcmp(x->content, y->content, x->size) != 0)
            return x->name;
    }
    return NULL;
}

static const char *find_difference(const struct listing *a, const struct listing *b)
{
    const char *missing = find_missing(a, b);
    return missing ? missing : find_missing(b, a);
}

// The outputs lie in out/; beside them nothing is written.
static struct process link_of_everything(struct program *p, const char *records)
{
    struct process process = {.program = MYLINK_PATH, .folder = p->folder};
    struct scratch *scratch = &p->scratch;
    arguments_add_line(scratch, &process.arguments,
                       "mylink /LLDIGNOREENV /THREADS:1 @link.rsp /OUT:out/program.dll /MAP:out/program.map "
                       "/IMPLIB:out/program.lib /PATCHREPORT:out/report.json.gz /MANIFEST "
                       "/MANIFESTFILE:out/program.manifest /DEBUG:SYMTAB /FUNCTIONPADMIN");
    arguments_add_line(scratch, &process.arguments, records);
    return process;
}

static void prepare(struct program *p)
{
    program_compile(p, "__declspec(dllimport) int imported(int); int f(int a) { return imported(a) + 1; }",
                    "/hotpatch");
    program_compile(p, "int g(int a) { return a + 2; }", "/hotpatch");
    program_write(p, "program.def", "LIBRARY program.dll\nEXPORTS\n f\n g @7\n");
    program_write(p, "resources.rc", "1 RCDATA { 1, 2, 3 }\n");
    process_must_run(&p->scratch, p->folder, "llvm-rc-19 /FO resources.res resources.rc");
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:library.lib 2.obj");
    program_add_import_library(p, "imports.lib", "LIBRARY other.dll\nEXPORTS\n imported\n");
    program_write(p, "link.rsp",
                  "/DLL /NOENTRY /DEF:program.def /INCLUDE:g 1.obj library.lib imports.lib resources.res\n");
    process_must_run(&p->scratch, p->folder, "mkdir out");
}

// "open Input/output error path" as its three parts.
struct fault {
    char call[32], error[64];
    const char *name; // of the file, without folder and without what makes it temporary; "" where it is not known
};

static struct fault read_fault(struct scratch *scratch, const char *path)
{
    struct fault fault = {.name = ""};
    const char *text = folder_read_file(scratch, path, NULL);
    static const char *const errors[] = {"Input/output error", "Cannot allocate memory", "No space left on device"};
    size_t end = strcspn(text, " ");
    snprintf(fault.call, sizeof fault.call, "%.*s", (int)end, text);
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (strncmp(text + end + 1, errors[i], strlen(errors[i])) == 0)
            snprintf(fault.error, sizeof fault.error, "%s", errors[i]);
    assert_true(*fault.error);
    const char *file = text + end + 1 + strlen(fault.error) + 1, *slash = strrchr(file, '/');
    fault.name = slash ? slash + 1 : file;
    size_t size = strlen(fault.name);
    if (*fault.name == '.' && size > 22) // ".name.0123456789abcdef.tmp"
        fault.name = scratch_format(scratch, "%.*s", (int)(size - 22), fault.name + 1);
    return fault;
}

// Takes a file out of a listing: one that tells of the link. NULL where there is none.
static const struct entry *take_entry(struct scratch *scratch, struct listing *listing, const char *name)
{
    for (size_t i = 0; i < listing->count; i++) {
        if (strcmp(listing->entries[i].name, name) != 0)
            continue;
        struct entry *taken = scratch_allocate(scratch, sizeof *taken);
        *taken = listing->entries[i];
        listing->entries[i] = listing->entries[--listing->count];
        return taken;
    }
    return NULL;
}

// Where a previous file is to be recognised its name is its content.
static bool is_previous(const struct entry *entry)
{
    return entry->size == strlen(entry->name) && memcmp(entry->content, entry->name, entry->size) == 0;
}

static bool is_whole_trace(const struct entry *entry)
{
    const char *text = entry->content;
    return entry->size > 2 && text[0] == '{' && text[entry->size - 1] == '}';
}

// What was compressed is made of 512-byte blocks; its size is the last word of the file (RFC 1952).
static bool is_whole_pack(const struct entry *entry)
{
    const uint8_t *data = entry->content;
    if (entry->size < 18 || data[0] != 0x1f || data[1] != 0x8b)
        return false;
    const uint8_t *size = data + entry->size - 4;
    return size[0] == 0 && size[1] % 2 == 0 && (size[1] | size[2] | size[3]) != 0;
}

// Leaves the outputs proper in the listing. A link that succeeds has records that are new; one that fails may have
// them, or the previous ones, and nothing between.
static void check_records(struct scratch *scratch, struct listing *now, const char *records, bool is_good)
{
    const struct entry *trace = take_entry(scratch, now, "trace.json");
    const struct entry *pack = take_entry(scratch, now, "pack.tar.gz");
    assert_true(!trace || is_whole_trace(trace) || (!is_good && is_previous(trace)));
    assert_true(!pack || is_whole_pack(pack) || (!is_good && is_previous(pack)));
    if (is_good) {
        assert_int_equal(trace != NULL, strstr(records, "trace.json") != NULL);
        assert_int_equal(pack != NULL, strstr(records, "pack.tar.gz") != NULL);
    }
}

static void check_failed_link(const struct fault *fault, const struct outcome *outcome, int number)
{
    bool names_cause = strstr(outcome->errors, fault->error) || strcasestr(outcome->errors, "out of memory");
    if (outcome->status != 1 || !names_cause || !strstr(outcome->errors, fault->name))
        fail_with("call %d, %s of '%s' that fails (%s): status %d\n%s", number, fault->call, fault->name, fault->error,
                  outcome->status, outcome->errors);
}

struct links {
    const char *records;         // options
    const char *call;            // what fails, as tests/faults/faults.c has it; NULL: everything
    struct listing good, before; // the outputs proper: made by a link without a fault, and there before
};

// Links in a new out/, in which the `number`th call goes wrong; program_path "fault" tells which. `how` may add to the
// environment.
static struct outcome link_with_fault(struct program *p, struct scratch *scratch, const struct links *links, int number,
                                      const char *how)
{
    struct process process = link_of_everything(p, links->records);
    process_must_run(scratch, p->folder, "rm -rf out fault");
    process_must_run(scratch, p->folder, "cp -r previous out");
    arguments_add(scratch, &process.environment, "LD_PRELOAD=" FAULTS_PATH);
    if (links->call)
        arguments_add(scratch, &process.environment, scratch_format(scratch, "FAULT_CALL=%s", links->call));
    if (how)
        arguments_add(scratch, &process.environment, how);
    arguments_add(scratch, &process.environment, scratch_format(scratch, "FAULT_NUMBER=%d", number));
    arguments_add(scratch, &process.environment,
                  scratch_format(scratch, "FAULT_REPORT=%s", path_join(scratch, p->folder, "fault")));
    return process_run(scratch, &process);
}

// Lets the `number`th call fail. False where the link makes fewer.
static bool try_fault(struct program *p, const struct links *links, int number)
{
    struct scratch scratch = {0};
    const char *report = path_join(&scratch, p->folder, "fault");
    const char *folder = path_join(&scratch, p->folder, "out");
    struct outcome outcome = link_with_fault(p, &scratch, links, number, NULL);
    bool was_made = path_exists(report);
    if (was_made) {
        struct fault fault = read_fault(&scratch, report);
        struct listing now = list_folder(&scratch, folder);
        check_records(&scratch, &now, links->records, outcome.status == 0);
        if (outcome.status != 0)
            check_failed_link(&fault, &outcome, number);
        const char *difference = find_difference(outcome.status == 0 ? &links->good : &links->before, &now);
        if (difference)
            fail_with("call %d, %s of '%s' that fails (%s): status %d, but %s is not as it was\n%s", number, fault.call,
                      fault.name, fault.error, outcome.status, difference, outcome.errors);
    }
    scratch_free(&scratch);
    return was_made;
}

// Links without a fault, and makes "previous", a folder to start from.
static struct links link_once(struct program *p, const char *records)
{
    prepare(p);
    struct links links = {.records = records};
    struct process process = link_of_everything(p, records);
    struct outcome outcome = process_run(&p->scratch, &process);
    if (outcome.status != 0)
        fail_with("status %d\n%s", outcome.status, outcome.errors);
    links.good = list_folder(&p->scratch, program_path(p, "out"));
    check_records(&p->scratch, &links.good, records, true);
    assert_int_equal(links.good.count, 5);
    process_must_run(&p->scratch, p->folder, "mkdir previous");
    return links;
}

static void try_all_faults(struct program *p, struct links *links)
{
    links->before = list_folder(&p->scratch, program_path(p, "previous"));
    take_entry(&p->scratch, &links->before, "trace.json");
    take_entry(&p->scratch, &links->before, "pack.tar.gz");
    int number = 1;
    while (try_fault(p, links, number))
        number++;
    print_message("%d calls failed one by one\n", number - 1);
    assert_true(number > 50); // else the library was not in the way
}

// Recognised later: other bytes under the same names.
static void make_previous(struct program *p)
{
    process_must_run(&p->scratch, p->folder, "sh -c \"cd out && for f in *; do printf %%s $f > ../previous/$f; done\"");
}

static void previous_outputs_stay_when_a_call_fails(void **state)
{
    struct program *p = program(state);
    struct links links = link_once(p, "");
    make_previous(p);
    try_all_faults(p, &links);
}

static void nothing_is_left_behind_when_a_call_fails(void **state)
{
    struct program *p = program(state);
    struct links links = link_once(p, "");
    try_all_faults(p, &links);
}

// Not every allocation as well: a trace takes a thousand of them, all of one kind.
static void records_are_whole_or_fail_the_link(void **state)
{
    struct program *p = program(state);
    struct links links = link_once(p, "/REPRODUCE:out/pack.tar.gz /TIMETRACE:out/trace.json");
    links.call = "!malloc";
    make_previous(p);
    try_all_faults(p, &links);
}

// Whether files of the test's folder can be made without a name (tmpfs and most disks, not every overlay).
static bool has_unnamed_files(struct program *p)
{
    int file = open(p->folder, O_RDWR | O_TMPFILE, 0600);
    if (file >= 0)
        close(file);
    return file >= 0;
}

// An output is as one of the two listings has it. Anything else is what a killed link left: allowed while outputs are
// being put in place, in a folder whose files have names from the start, and nowhere else.
static void check_killed_link(struct program *p, const struct links *links, const struct listing *now,
                              const struct fault *fault, bool *is_placing)
{
    size_t outputs = 0;
    *is_placing |= strcmp(fault->call, "rename") == 0;
    for (size_t i = 0; i < now->count; i++) {
        const struct entry *e = &now->entries[i];
        const struct listing one = {.count = 1, .entries = {*e}};
        bool is_output = !find_missing(&one, &links->before) || !find_missing(&one, &links->good);
        outputs += is_output;
        if (!is_output && !*is_placing && has_unnamed_files(p))
            fail_with("killed at %s of '%s': %s was left", fault->call, fault->name, e->name);
        if (!is_output && !strstr(e->name, ".tmp"))
            fail_with("killed at %s of '%s': %s is not whole", fault->call, fault->name, e->name);
    }
    assert_true(outputs >= links->before.count);
}

static void kill_at_every_call(struct program *p, struct links *links)
{
    bool is_placing = false, was_made = true;
    int number = 1;
    for (; was_made; number++) {
        struct scratch scratch = {0};
        struct outcome outcome = link_with_fault(p, &scratch, links, number, "FAULT_KILL=1");
        was_made = path_exists(path_join(&scratch, p->folder, "fault"));
        if (was_made) {
            struct fault fault = read_fault(&scratch, path_join(&scratch, p->folder, "fault"));
            struct listing now = list_folder(&scratch, path_join(&scratch, p->folder, "out"));
            assert_int_equal(outcome.status, 128 + SIGKILL);
            check_killed_link(p, links, &now, &fault, &is_placing);
        }
        scratch_free(&scratch);
    }
    print_message("killed at %d calls one by one\n", number - 2);
    assert_true(number > 30);
}

static void a_link_that_is_killed_at_any_call(void **state)
{
    struct program *p = program(state);
    struct links links = link_once(p, "");
    links.call = "!malloc";
    kill_at_every_call(p, &links); // no outputs from before
    make_previous(p);
    links.before = list_folder(&p->scratch, program_path(p, "previous"));
    kill_at_every_call(p, &links);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_x64(previous_outputs_stay_when_a_call_fails),
        test_on_x64(nothing_is_left_behind_when_a_call_fails),
        test_on_x64(records_are_whole_or_fail_the_link),
        test_on_x64(a_link_that_is_killed_at_any_call),
    };
    return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
