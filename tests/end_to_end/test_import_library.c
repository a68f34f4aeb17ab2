// The library that goes with an image. What it holds is compared with what llvm-lib and lld-link make for the same
// names, and three linkers link against it: mylink, lld-link and MinGW's ld. What they made runs.

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/support/program.h"

// What llvm-readobj prints of a library that has the same name on both sides.
static const char *members_of(struct program *p, const char *folder)
{
    return read_back_with(&p->scratch, program_path(p, folder),
                          "llvm-readobj-19 --file-headers --sections --section-data --relocations --symbols x.lib");
}

static const char *index_of(struct program *p, const char *folder)
{
    return read_back_with(&p->scratch, program_path(p, folder), "llvm-nm-19 --print-armap x.lib");
}

// One line for each import object, sorted: exports of different linkers come in different order.
static const char *imports_of(struct program *p, const char *folder)
{
    return read_back_with(&p->scratch, program_path(p, folder),
                          "sh -c \"llvm-readobj-19 x.lib | sed /^$/d | paste -sd' ' | sed 's/File:/\\n/g' | sort\"");
}

static void begin_library(struct program *p)
{
    process_must_run(&p->scratch, p->folder, "mkdir -p ours theirs");
    program_begin_image(p, "a_long_name_of_a_dll.dll");
}

// llvm-lib takes hints from the .def file, which has none; nothing here prints them.
static void holds_what_llvm_lib_makes_of_the_same_names(void **state)
{
    struct program *p = program(state);
    begin_library(p);
    program_compile(p, "int alpha(void) { return 1; } int beta = 2; int gamma_(void) { return 3; } int hidden = 4;",
                    "");
    program_write(p, "x.def",
                  "LIBRARY a_long_name_of_a_dll\nEXPORTS\n alpha @7\n beta DATA\n constant=beta CONSTANT\n"
                  " gamma_ @9 NONAME\n hidden PRIVATE\n renamed=alpha\n");
    program_link(p, "/DLL /NOENTRY /DEF:x.def /IMPLIB:ours/x.lib");
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /def:x.def /machine:%s /out:theirs/x.lib", p->platform->name);
    assert_same_text(index_of(p, "ours"), index_of(p, "theirs"));
    assert_same_text(members_of(p, "ours"), members_of(p, "theirs"));
}

// The four calling conventions and C++, each exported by the compiler and by a .def file: lld-link knows link.exe's
// rules for decoration.
static void decorates_as_lld_link_does(void **state)
{
    struct program *p = program(state);
    begin_library(p);
    const char *object = program_compile_as(p, "names.cpp",
                                            "#define API extern \"C\" __declspec(dllexport)\n"
                                            "API int from_cdecl(int a) { return a; }\n"
                                            "API int __stdcall from_stdcall(int a) { return a; }\n"
                                            "API int __fastcall from_fastcall(int a) { return a; }\n"
                                            "API int data = 5;\n"
                                            "__declspec(dllexport) int overloaded(int a) { return a; }\n"
                                            "__declspec(dllexport) int overloaded(char a) { return a; }\n"
                                            "extern \"C\" int plain(int a) { return a; }\n"
                                            "extern \"C\" int __stdcall plain_stdcall(int a, int b) { return a + b; }\n"
                                            "extern \"C\" int __fastcall plain_fastcall(int a) { return a; }\n",
                                            "");
    program_write(p, "x.def",
                  "LIBRARY a_long_name_of_a_dll\nEXPORTS\n plain\n plain_stdcall\n plain_fastcall\n"
                  " renamed=plain\n by_ordinal=plain @33 NONAME\n forwarded=KERNEL32.Sleep\n");
    program_link(p, "/DLL /NOENTRY /DEF:x.def /IMPLIB:ours/x.lib");
    process_must_run(&p->scratch, p->folder,
                     "lld-link-19 %s /dll /noentry /nodefaultlib /def:x.def /implib:theirs/x.lib /out:theirs.dll",
                     object);
    assert_same_text(imports_of(p, "ours"), imports_of(p, "theirs"));
    assert_contains(imports_of(p, "ours"),
                    p->platform->pointer_size == 4 ? "Name type: undecorate" : "Name type: name");
}

static const char library_source[] = "int counter = 5;\n"
                                     "int add(int a, int b) { return a + b; }\n"
                                     "int __stdcall multiply(int a, int b) { return a * b; }\n"
                                     "int secret(void) { return 40; }\n";
static const char library_names[] = "LIBRARY calc.dll\nEXPORTS\n add\n counter DATA\n multiply\n"
                                    " secret @77 NONAME\n twice=add\n";
static const char user_source[] = "#include <stdio.h>\n"
                                  "__declspec(dllimport) extern int counter;\n"
                                  "__declspec(dllimport) int add(int a, int b);\n"
                                  "int __stdcall multiply(int a, int b);\n"
                                  "int secret(void);\n"
                                  "int twice(int a, int b);\n"
                                  "int main(void)\n"
                                  "{\n"
                                  "    printf(\"%d %d %d %d %d\\n\", counter, add(2, 3), multiply(6, 7), secret(),\n"
                                  "           twice(4, 4));\n"
                                  "    return 0;\n"
                                  "}\n";
static const char expected_output[] = "5 5 42 40 8\n";

static void make_calculator(struct program *p)
{
    program_begin_image(p, "calc.dll");
    program_compile(p, library_source, "/O2");
    program_write(p, "calc.def", library_names);
    program_link(p, "/DLL /NOENTRY /DEF:calc.def");
    assert_true(path_exists(program_path(p, "calc.lib"))); // named after /OUT where /IMPLIB does not say
}

static void mylink_links_against_it(void **state)
{
    struct program *p = program(state);
    make_calculator(p);
    program_begin_image(p, "user.exe");
    program_compile(p, user_source, "/O2");
    program_add_input(p, "calc.lib");
    program_link_with_run_time(p, "");
    assert_true(image_imports_ordinal(p->image, "calc.dll", 77));
    assert_same_text(program_output(p, ""), expected_output);
}

static void lld_link_links_against_it(void **state)
{
    struct program *p = program(state);
    make_calculator(p);
    program_begin_image(p, "user.exe");
    const char *object = program_compile(p, user_source, "/O2");
    const char *libraries = platform_library_folder(&p->scratch, p->platform);
    process_must_run(&p->scratch, p->folder,
                     "lld-link-19 %s calc.lib %s/libucrtbase.a %s/libkernel32.a %s/libwinecrt0.a /out:user.exe "
                     "/entry:mainCRTStartup /subsystem:console /nodefaultlib /safeseh:no",
                     object, libraries, libraries, libraries);
    p->image_path = program_path(p, "user.exe");
    assert_same_text(program_output(p, ""), expected_output);
}

static void mingw_ld_links_against_it(void **state)
{
    struct program *p = program(state);
    make_calculator(p);
    program_write(p, "user.c", user_source);
    process_must_run(&p->scratch, p->folder, "%s-gcc -O2 user.c calc.lib -o user.exe", p->platform->mingw);
    p->image_path = program_path(p, "user.exe");
    assert_same_text(program_output(p, ""), expected_output);
}

// The index of 16-bit numbers can't name all members of such a library: readers get by with the other one.
static void sixty_five_thousand_exports_can_be_linked_against(void **state)
{
    struct program *p = program(state);
    enum { COUNT = 65535 };
    char *names = scratch_allocate(&p->scratch, COUNT * 16 + 100), *end = names;
    end += sprintf(end, "LIBRARY many.dll\nEXPORTS\n");
    for (int i = 0; i < COUNT; i++)
        end += sprintf(end, "e%d=%s\n", i, i == COUNT - 1 ? "last" : "first");
    program_write(p, "many.def", names);
    program_begin_image(p, "many.dll");
    program_compile(p, "int first(void) { return 1; } int last(void) { return 99; }", "");
    program_link(p, "/DLL /NOENTRY /DEF:many.def");

    const char *source = "int e0(void); int e65534(void); int main(void) { return e0() + e65534(); }";
    program_begin_image(p, "user.exe");
    program_compile(p, source, "");
    program_add_input(p, "many.lib");
    program_link_with_run_time(p, "");
    assert_int_equal(program_run(p, ""), 100);

    program_write(p, "user.c", source);
    process_must_run(&p->scratch, p->folder, "%s-gcc user.c many.lib -o user.exe", p->platform->mingw);
    assert_int_equal(program_run(p, ""), 100);
}

static void is_left_alone_when_nothing_changed(void **state)
{
    struct program *p = program(state);
    make_calculator(p);
    struct stat before, after;
    assert_int_equal(stat(program_path(p, "calc.lib"), &before), 0);
    program_link(p, "/DLL /NOENTRY /DEF:calc.def");
    assert_int_equal(stat(program_path(p, "calc.lib"), &after), 0);
    assert_true(before.st_ino == after.st_ino && before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
    program_link(p, "/DLL /NOENTRY /DEF:calc.def /EXPORT:more=add");
    assert_int_equal(stat(program_path(p, "calc.lib"), &after), 0);
    assert_false(before.st_ino == after.st_ino);
}

static void is_made_when_something_is_exported(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int f(void) { return 1; } int start(void) { return 0; }", "");
    program_begin_image(p, "none.dll");
    program_add_input(p, "1.obj");
    program_link(p, "/DLL /NOENTRY");
    assert_false(path_exists(program_path(p, "none.lib")));
    program_link(p, "/DLL /NOENTRY /EXPORT:f /NOIMPLIB");
    assert_false(path_exists(program_path(p, "none.lib")));
    program_link(p, "/DLL /NOENTRY /IMPLIB:asked.lib");
    assert_true(path_exists(program_path(p, "asked.lib")));
    program_link(p, "/DLL /NOENTRY /EXPORT:f /MINGW"); // GNU's drivers name the one that they want
    assert_false(path_exists(program_path(p, "none.lib")));

    program_begin_image(p, "program.exe");
    program_add_input(p, "1.obj");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /EXPORT:f");
    assert_contains(read_back_with(&p->scratch, p->folder, "llvm-nm-19 --print-armap program.lib"), "program.exe");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_x64(holds_what_llvm_lib_makes_of_the_same_names),
        test_on_x86(holds_what_llvm_lib_makes_of_the_same_names),
        test_on_arm64(holds_what_llvm_lib_makes_of_the_same_names),
        test_on_arm(holds_what_llvm_lib_makes_of_the_same_names),
        test_on_x64(decorates_as_lld_link_does),
        test_on_x86(decorates_as_lld_link_does),
        test_on_x64(mylink_links_against_it),
        test_on_x86(mylink_links_against_it),
        test_on_arm64(mylink_links_against_it),
        test_on_x64(lld_link_links_against_it),
        test_on_x86(lld_link_links_against_it),
        test_on_x64(mingw_ld_links_against_it),
        test_on_x86(mingw_ld_links_against_it),
        test_on_x64(sixty_five_thousand_exports_can_be_linked_against),
        test_on_x64(is_left_alone_when_nothing_changed),
        test_on_x64(is_made_when_something_is_exported),
    };
    return cmocka_run_group_tests_name("import library", tests, NULL, NULL);
}
