// The same inputs give the same bytes, whatever is around the link: the time, the locale, the environment's order and
// size, where the system puts things in memory, the number of threads, the folder, the order in which its files were
// made. Over all samples, on all machines; of each link every output is compared.
//
// The harness calls a script in the linker's place. It links once as it is told, and then again and again in other
// circumstances.
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/support/program.h"

static const char script[] =
    "#!/bin/sh\n"
    "linker=" BUILD_FOLDER "/mylink\n"
    "for word in \"$@\"; do case $word in /OUT:*) image=${word#/OUT:} ;; esac; done\n"
    // A DLL's report is a page, so that both forms are seen.
    "case $image in *.dll) report=$image.html ;; *) report=$image.json ;; esac\n"
    "outputs=\"$image $image.map $report\"; pack=\n"
    "case $* in */IMPLIB:*) outputs=\"$outputs $image.lib\" ;; esac\n"
    "set -- \"$@\" /MAP:$image.map /FUNCTIONPADMIN /PATCHREPORT:$report\n"
    "\"$linker\" \"$@\" /REPRODUCE:$image.tar || exit\n"
    "mkdir -p first && mv $outputs $image.tar first || exit 2\n"
    // again COMMAND…: links anew, by a command that ends in the linker's arguments
    "again()\n"
    "{\n"
    "    \"$@\" >again.log 2>&1 || { cat again.log >&2; echo \"failed: $*\" >&2; exit 3; }\n"
    "    for output in $outputs $pack; do\n"
    "        cmp $output first/$output >&2 || { echo \"other bytes from: $*\" >&2; exit 4; }\n"
    "        rm $output\n"
    "    done\n"
    "}\n"
    "for threads in 1 2 5 16; do again \"$linker\" \"$@\" /THREADS:$threads; done\n"
    "mkdir elsewhere && far=$(mktemp -d /dev/shm/mylink-test-XXXXXX) || exit 5\n"
    "trap 'rm -rf $far elsewhere' EXIT\n"
    // Listed in another order on any file system: the names were made in the opposite one, among others and after some
    // were gone.
    "for i in 9 8 7 6 5 4 3 2 1 0; do touch $far/$i.obj $far/$i.lib elsewhere/$i.obj; done; rm $far/5.* $far/2.*\n"
    "for file in $(ls -r *.obj *.o *.a *.lib *.def 2>/dev/null); do cp $file $far; done\n"
    "for file in $(ls *.obj *.o *.a *.lib *.def 2>/dev/null); do cp $file elsewhere; done\n"
    "from() { folder=$1; shift; (cd $folder && \"$@\") && for o in $outputs; do mv $folder/$o .; done; }\n"
    "again from $far \"$linker\" \"$@\"\n"
    "again from elsewhere \"$linker\" \"$@\"\n"
    // From here on the arguments are those of the first link, and so the pack is the same, too.
    "pack=$image.tar; set -- \"$@\" /REPRODUCE:$pack\n"
    "sanitizers=ASAN_OPTIONS=$ASAN_OPTIONS\n"
    "sleep 1.1\n" // a second is what a timestamp would show
    "again env TZ=Pacific/Kiritimati SOURCE_DATE_EPOCH=1 LC_ALL=tr_TR.UTF-8 LANG=ja_JP.SJIS LANGUAGE=ar \"$linker\" "
    "\"$@\"\n"
    "again env -i $sanitizers \"$linker\" \"$@\"\n"
    "again env -i $sanitizers A=1 B=2 HOME=/ PATH=/bin Z=3 \"$linker\" \"$@\"\n"
    "again env -i Z=3 PATH=/bin HOME=/nowhere B=2 A=1 $sanitizers \"$linker\" \"$@\"\n"
    "again env LARGE=$(head -c 100000 /dev/zero | tr '\\0' x) \"$linker\" \"$@\"\n"
    "again setarch -R \"$linker\" \"$@\"\n" // nothing at random places
    "again setarch -L \"$linker\" \"$@\"\n" // mappings from below, not from above
    // Of so few files half are for inputs: the others are mapped, not read.
    "again sh -c 'ulimit -s 1024; ulimit -n 16; umask 077; exec \"$@\" </dev/null' sh \"$linker\" \"$@\"\n"
    "mv first/$image first/$image.map first/$report . && case $* in */IMPLIB:*) mv first/$image.lib . ;; esac\n";

static void link_again_and_again(struct program *p)
{
    const char *path = program_path(p, "again/mylink");
    assert_int_equal(mkdir(program_path(p, "again"), 0777), 0);
    program_write(p, "again/mylink", script);
    assert_int_equal(chmod(path, 0755), 0);
    setenv("MYLINK", path, 1);
}

static int tear_down(void **state)
{
    unsetenv("MYLINK");
    return program_tear_down(state);
}

static void compile_sample(struct program *p, const char *sample, const char *name)
{
    const char *path = scratch_format(&p->scratch, SOURCE_FOLDER "/samples/%s/%s", sample, name);
    program_compile_as(p, path, NULL, "/hotpatch /Z7 /O2 /Gy");
}

static void pads(void **state)
{
    struct program *p = program(state);
    link_again_and_again(p);
    compile_sample(p, "pads", "a.c");
    compile_sample(p, "pads", "b.c");
    program_link_with_run_time(p, "/OPT:REF,ICF /DEBUG:SYMTAB /MANIFEST:EMBED");
}

static void patch_itself(void **state)
{
    struct program *p = program(state);
    link_again_and_again(p);
    compile_sample(p, "patch-itself", "new_answer.c");
    program_link(p, "/DLL /NOENTRY");
    program_begin_image(p, "patch_itself.exe");
    compile_sample(p, "patch-itself", "answer.c");
    compile_sample(p, "patch-itself", "patch.c");
    compile_sample(p, "patch-itself", "patch_itself.c");
    program_link_with_run_time(p, "/GUARD:CF");
}

static void library(void **state)
{
    struct program *p = program(state);
    link_again_and_again(p);
    program_begin_image(p, "shapes.dll");
    compile_sample(p, "library", "shapes.c");
    process_must_run(&p->scratch, p->folder, "cp " SOURCE_FOLDER "/samples/library/shapes.def .");
    program_link(p, "/DLL /NOENTRY /DEF:shapes.def /IMPLIB:shapes.dll.lib");
    program_begin_image(p, "program.exe");
    compile_sample(p, "library", "program.c");
    program_add_input(p, "shapes.dll.lib");
    program_link_with_run_time(p, "");
}

// MinGW's rules have orders of their own: constructors, automatic imports, everything exported.
static void mingw(void **state)
{
    struct program *p = program(state);
    link_again_and_again(p);
    program_compile_mingw(p, SOURCE_FOLDER "/tests/programs/mingw/threads.cpp", NULL, "-O1 -ffunction-sections");
    program_link_mingw(p, "/FUNCTIONPADALL /OPT:REF,ICF");
}

// What an order could come from is not there: mylink has no function of the C library that lists folders, knows
// locales, or makes numbers up.
static void nothing_lists_folders(void **state)
{
    static const char *const functions[] = {" opendir",   " fdopendir", " readdir", " scandir",  " glob",
                                            " ftw",       " nftw",      " fts",     " getdents", " setlocale",
                                            " newlocale", " rand@",     " random@"};
    struct program *p = program(state);
#ifdef WITH_SANITIZERS // whose run time has every function there is
    const char *names =
        process_must_run(&p->scratch, NULL,
                         "nm -u " BUILD_FOLDER "/linker/liblinker.a " BUILD_FOLDER "/common/libcommon.a")
            .output;
#else
    const char *names = process_must_run(&p->scratch, NULL, "nm -D --undefined-only " BUILD_FOLDER "/mylink").output;
#endif
    assert_contains(names, " open"); // what is used is listed
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        assert_lacks(names, functions[i]);
}

#define test_same(f, machine) {#f " on " #machine, f, program_set_up_##machine, tear_down, NULL}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_same(pads, x64),           test_same(pads, x86),
        test_same(pads, arm64),         test_same(pads, arm),
        test_same(patch_itself, x64),   test_same(patch_itself, x86),
        test_same(patch_itself, arm64), test_same(library, x64),
        test_same(library, x86),        test_same(library, arm64),
        test_same(library, arm),        test_same(mingw, x64),
        test_same(mingw, x86),          test_on_x64(nothing_lists_folders),
    };
    return cmocka_run_group_tests_name("same bytes", tests, NULL, NULL);
}
