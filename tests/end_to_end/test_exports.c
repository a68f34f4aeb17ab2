// Exports: the export directory as a loader reads it, and the names in it and in the import library. For names lld-link
// is asked: the same objects and options have to give the same names, ordinals and import objects.

#include <stdio.h>
#include <string.h>

#include "tests/support/program.h"

static const char *listing(struct program *p, const char *file, const char *option, const char *lines)
{
    return process_must_run(&p->scratch, p->folder, "sh -c \"llvm-readobj-19 %s %s | grep -E '%s'\"", option, file,
                            lines)
        .output;
}

// Links a DLL with both linkers and compares what they export and what their import libraries define.
static void link_like_lld(struct program *p, const char *options)
{
    program_link(p, scratch_format(&p->scratch, "/DLL /NOENTRY /IMPLIB:program.lib %s", options));
    struct process lld = {.folder = p->folder};
    arguments_add_line(&p->scratch, &lld.arguments,
                       "lld-link-19 /DLL /NOENTRY /SAFESEH:NO /OUT:lld/program.dll /IMPLIB:lld/program.lib");
    arguments_add_line(&p->scratch, &lld.arguments, options);
    arguments_add_all(&p->scratch, &lld.arguments, &p->inputs);
    process_must_run(&p->scratch, p->folder, "mkdir -p lld");
    struct outcome outcome = process_run(&p->scratch, &lld);
    if (outcome.status != 0)
        fail_with("lld-link: %s", outcome.errors);
    assert_same_text(listing(p, "program.dll", "--coff-exports", "Ordinal|Name|Forwarded"),
                     listing(p, "lld/program.dll", "--coff-exports", "Ordinal|Name|Forwarded"));
    assert_same_text(listing(p, "program.lib", "", "Type|type|xport|Symbol|Ordinal"),
                     listing(p, "lld/program.lib", "", "Type|type|xport|Symbol|Ordinal"));
}

static const char functions[] = "int alpha(int a) { return a + 1; }\n"
                                "int beta(int a) { return a + 2; }\n"
                                "int gamma_(int a) { return a + 3; }\n"
                                "int Delta(int a) { return a + 4; }\n"
                                "int data = 42;\n"
                                "const int constant = 43;\n";

static void names_are_sorted_by_bytes_and_found(void **state)
{
    struct program *p = program(state);
    program_compile(p, functions, "/O2");
    link_like_lld(p, "/EXPORT:gamma_ /EXPORT:Delta /EXPORT:beta /EXPORT:alpha /EXPORT:data,DATA");
    assert_int_equal((int)program_call(p, "alpha", 10), 11);
    assert_int_equal((int)program_call(p, "beta", 10), 12);
    assert_int_equal((int)program_call(p, "gamma_", 10), 13);
    assert_int_equal((int)program_call(p, "Delta", 10), 14);
    assert_string_equal(image_export_dll_name(p->image), "program.dll");
    assert_int_equal(*image_export(p->image, "data"), 42);
}

static void ordinals_stay_as_given(void **state)
{
    struct program *p = program(state);
    program_compile(p, functions, "/O2");
    program_write(p, "o.def",
                  "LIBRARY program.dll\nEXPORTS\n"
                  " alpha @7\n beta\n gamma_ @3 NONAME\n Delta @12 PRIVATE\n data @5 DATA\n"
                  " constant @6 CONSTANT\n");
    link_like_lld(p, "/DEF:o.def");
    assert_int_equal(image_export_ordinal(p->image, "alpha"), 7);
    assert_int_equal(image_export_ordinal(p->image, "beta"), 13);
    assert_false(image_exports(p->image, "gamma_"));
    assert_int_not_equal(image_export_rva_by_ordinal(p->image, 3), 0);
    assert_int_equal(image_export_count(p->image), 13 - 3 + 1); // from the lowest to the highest
    assert_int_equal((int)program_call(p, "alpha", 10), 11);
}

static void high_ordinals_cost_no_table(void **state)
{
    struct program *p = program(state);
    program_compile(p, functions, "/O2");
    program_link(p, "/DLL /NOENTRY /EXPORT:alpha,@65535 /EXPORT:beta");
    assert_int_equal(image_export_ordinal(p->image, "alpha"), 65535);
    assert_int_equal(image_export_ordinal(p->image, "beta"), 1); // the highest is taken: the gaps are filled
    assert_int_equal((int)program_call(p, "beta", 1), 3);
}

static void renamed_exports_keep_their_function(void **state)
{
    struct program *p = program(state);
    program_compile(p, functions, "/O2");
    link_like_lld(p, "/EXPORT:first=alpha /EXPORT:second=beta,@9 /EXPORT:alpha");
    assert_int_equal((int)program_call(p, "first", 1), 2);
    assert_int_equal((int)program_call(p, "second", 1), 3);
    assert_int_equal(image_export_rva(p->image, "first"), image_export_rva(p->image, "alpha"));
}

// The loader looks for what a forwarder names when somebody asks for it.
static void a_forwarder_leads_to_another_dll(void **state)
{
    struct program *p = program(state);
    program_begin_image(p, "real.dll");
    program_compile(p, functions, "/O2");
    program_link(p, "/DLL /NOENTRY /EXPORT:alpha /EXPORT:beta,@5,NONAME");
    program_begin_image(p, "program.dll");
    program_compile(p, "int own(int a) { return a * 2; }", "/O2");
    link_like_lld(p, "/EXPORT:elsewhere=real.alpha /EXPORT:own /EXPORT:numbered=real.#5");
    assert_string_equal(image_export_forwarder(p->image, "elsewhere"), "real.alpha");
    assert_string_equal(image_export_forwarder(p->image, "numbered"), "real.#5");
    assert_int_equal((int)program_call(p, "elsewhere", 1), 2);
    assert_int_equal((int)program_call(p, "numbered", 1), 3);
    assert_int_equal((int)program_call(p, "own", 4), 8);
}

static void directives_of_objects_are_exact(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "__declspec(dllexport) int plain(int a) { return a; }\n"
                    "__declspec(dllexport) int __stdcall standard(int a) { return a + 1; }\n"
                    "__declspec(dllexport) int __fastcall fast(int a) { return a + 2; }\n"
                    "__declspec(dllexport) int __vectorcall vector(int a) { return a + 3; }\n"
                    "__declspec(dllexport) int variable = 4;\n",
                    "/O2");
    program_compile_as(p, "c.cpp",
                       "__declspec(dllexport) int plus(int a) { return a; }\n"
                       "struct __declspec(dllexport) Point { int x; int sum(int y); };\n"
                       "int Point::sum(int y) { return x + y; }\n",
                       "/O2");
    link_like_lld(p, "");
}

// /EXPORT and .def files name functions as a programmer does.
static void a_users_name_finds_every_decorated_form(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "int plain(int a) { return a; }\n"
                    "int __stdcall standard(int a, int b) { return a + b; }\n"
                    "int __fastcall fast(int a) { return a + 2; }\n"
                    "int __vectorcall vector(int a) { return a + 3; }\n",
                    "/O2");
    program_compile_as(p, "c.cpp", "int plus(int a) { return a; }\n", "/O2");
    program_write(p, "f.def", "LIBRARY program.dll\nEXPORTS\n fast\n other=standard\n plus @20\n");
    link_like_lld(p, "/EXPORT:plain /EXPORT:standard /EXPORT:again=plus /DEF:f.def");
    assert_true(image_exports(p->image, "standard"));
    assert_true(image_exports(p->image, "plus"));
    program_link(p, "/DLL /NOENTRY /EXPORT:vector"); // lld-link does not look for that one on x64
    assert_true(image_exports(p->image, "vector"));
}

static void decorated_names_are_taken_literally(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "int __stdcall standard(int a, int b) { return a + b; }\n"
                    "int __fastcall fast(int a) { return a + 2; }\n",
                    "/O2");
    program_compile_as(p, "c.cpp", "int plus(int a) { return a; }\n", "/O2");
    link_like_lld(p, "/EXPORT:_standard@8 /EXPORT:@fast@4 /EXPORT:?plus@@YAHH@Z");
    assert_true(image_exports(p->image, "_standard@8"));
    // lld-link's import library has _renamed here, which its image has not.
    program_link(p, "/DLL /NOENTRY /EXPORT:renamed=_standard@8 /IMPLIB:program.lib");
    assert_true(image_exports(p->image, "renamed"));
    assert_contains(listing(p, "program.lib", "", "xport"), "Export name: renamed");
}

// A program links against the import library and calls what the DLL really has.
static void the_import_library_agrees_with_the_image(void **state)
{
    struct program *p = program(state);
    program_begin_image(p, "calls.dll");
    program_compile(p,
                    "int __cdecl plain(int a) { return a; }\n"
                    "int __stdcall standard(int a, int b) { return a + b; }\n"
                    "int __fastcall fast(int a) { return a + 2; }\n"
                    "__declspec(dllexport) int __stdcall declared(int a) { return a + 3; }\n"
                    "int renamed_inside(int a) { return a + 4; }\n"
                    "int secret(void) { return 1; }\n",
                    "/O2");
    program_write(p, "c.def",
                  "EXPORTS\n plain\n standard\n fast @4 NONAME\n outside=renamed_inside\n secret PRIVATE\n");
    program_link(p, "/DLL /NOENTRY /DEF:c.def /IMPLIB:calls.lib");
    program_begin_image(p, "user.exe");
    program_compile(
        p,
        "__declspec(dllimport) int __cdecl plain(int); __declspec(dllimport) int __stdcall standard(int, int);\n"
        "__declspec(dllimport) int __fastcall fast(int); __declspec(dllimport) int __stdcall declared(int);\n"
        "__declspec(dllimport) int outside(int);\n"
        "int start(void) { return plain(1) + standard(2, 3) + fast(4) + declared(5) + outside(6); }",
        "/O2");
    program_add_input(p, "calls.lib");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE");
    assert_int_equal(program_run(p, ""), 1 + 5 + 6 + 8 + 10);
    program_compile(p, "int secret(void); int other(void) { return secret(); }", "/O2");
    program_link_fails(p, "/ENTRY:start /SUBSYSTEM:CONSOLE", "undefined symbol: ");
}

static void export_as_gives_the_name_in_the_image(void **state)
{
    struct program *p = program(state);
    program_compile(p, functions, "/O2");
    link_like_lld(p, "/EXPORT:alpha,EXPORTAS,omega /EXPORT:beta");
    assert_int_equal((int)program_call(p, "omega", 1), 2);
}

// An export asks libraries for its function, which is then live.
static void an_export_is_found_in_a_library(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int __stdcall deep(int a) { return a * 3; }", "/O2");
    process_must_run(&p->scratch, p->folder, "llvm-lib-19 /out:deep.lib %s", p->inputs.items[0]);
    p->inputs.count = 0;
    program_compile(p, "int shallow(void) { return 1; }", "/O2");
    program_add_input(p, "deep.lib");
    program_link(p, "/DLL /NOENTRY /EXPORT:deep /OPT:REF");
    assert_true(image_exports(p->image, "deep"));
    if (p->platform != &platform_x86) // where it is __stdcall, and our caller is not
        assert_int_equal((int)program_call(p, "deep", 5), 15);
}

static void weak_and_alternate_names_are_exported(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "int fallback(int a) { return a + 5; }\n"
                    "int weakly(int a) __attribute__((weak, alias(\"fallback\")));\n"
                    "#ifdef _M_IX86\n#pragma comment(linker, \"/ALTERNATENAME:_other=_fallback\")\n#else\n"
                    "#pragma comment(linker, \"/ALTERNATENAME:other=fallback\")\n#endif\n",
                    "/O2");
    program_link(p, "/DLL /NOENTRY /EXPORT:weakly /EXPORT:other");
    assert_int_equal((int)program_call(p, "weakly", 1), 6);
    assert_int_equal((int)program_call(p, "other", 2), 7);
}

// A DLL may hand on what it imports: the thunk is exported.
static void an_imported_function_is_exported_again(void **state)
{
    struct program *p = program(state);
    program_begin_image(p, "inner.dll");
    program_compile(p, "__declspec(dllexport) int deep(int a) { return a * 3; }", "/O2");
    program_link(p, "/DLL /NOENTRY /IMPLIB:inner.lib");
    program_begin_image(p, "outer.dll");
    program_compile(p, "int shallow(int a) { return a; }", "/O2");
    program_add_input(p, "inner.lib");
    program_link(p, "/DLL /NOENTRY /EXPORT:deep /EXPORT:shallow");
    assert_int_equal((int)program_call(p, "deep", 5), 15);
}

static void a_program_has_exports_too(void **state)
{
    struct program *p = program(state);
    program_compile(p,
                    "#include <windows.h>\nint answer(void) { return 41; }\n"
                    "int main(void) { int (*f)(void) = (void *)GetProcAddress(GetModuleHandleA(0), \"answer\");\n"
                    "return f() + 1; }",
                    "/O2");
    program_link_with_run_time(p, "/EXPORT:answer");
    assert_int_equal(program_run(p, ""), 42);
}

static void the_library_statement_names_the_dll(void **state)
{
    struct program *p = program(state);
    program_compile(p, functions, "/O2");
    program_write(p, "n.def", "LIBRARY other\nEXPORTS\n alpha\n");
    program_link(p, "/DLL /NOENTRY /DEF:n.def");
    assert_string_equal(image_export_dll_name(p->image), "other.dll");
}

// A directory that a program brings in .edata is used as it is.
static void a_literal_export_directory_overrides_exports(void **state)
{
    struct program *p = program(state);
    program_compile_as(
        p, "edata.s",
        ".text\n.globl three, _three\nthree:\n_three: movl $3, %eax\nret\n"
        ".section .edata,\"dr\"\nstart: .long 0, 0, 0\n.rva dll\n.long 1, 1, 1\n.rva addresses, names, ordinals\n"
        "addresses: .rva three\nnames: .rva name\nordinals: .short 0\ndll: .asciz \"own.dll\"\nname: .asciz "
        "\"drei\"\n",
        "");
    program_link(p, "/DLL /NOENTRY");
    assert_string_equal(image_export_dll_name(p->image), "own.dll");
    assert_int_equal((int)program_call(p, "drei", 0), 3);
    program_link(p, "/DLL /NOENTRY /EXPORT:three");
    assert_contains(p->link.errors, "warning: literal .edata sections override exports");
    assert_true(image_exports(p->image, "drei"));
}

static void the_same_export_twice(void **state)
{
    struct program *p = program(state);
    program_compile(p, "__declspec(dllexport) int alpha(int a) { return a; }\nint beta(void) { return 2; }", "/O2");
    program_compile(p, "__declspec(dllexport) int alpha(int a);", "/O2");
    program_link(p, "/DLL /NOENTRY /EXPORT:alpha"); // the user's word replaces the object's
    assert_lacks(p->link.errors, "warning");
    program_link(p, "/DLL /NOENTRY /EXPORT:beta /EXPORT:beta");
    assert_contains(p->link.errors,
                    "warning: export 'beta' specified multiple times; using first specification [LNK4197]");
    program_link_fails(p, "/DLL /NOENTRY /EXPORT:alpha,@4 /EXPORT:beta,@4", "duplicate export ordinal: alpha and beta");
}

static void an_export_that_nobody_defines(void **state)
{
    struct program *p = program(state);
    program_compile(p, functions, "/O2");
    program_link_fails(p, "/DLL /NOENTRY /EXPORT:alpha /EXPORT:nobody /EXPORT:x=neither", "undefined symbol: ");
    assert_contains(p->link.errors, ">>> referenced by the export of nobody");
    assert_contains(p->link.errors, "neither [LNK2001]\n>>> referenced by the export of x");
    assert_contains(p->link.errors, "[LNK2001]");
}

static void an_overloaded_function_is_not_chosen(void **state)
{
    struct program *p = program(state);
    program_compile_as(p, "c.cpp", "int plus(int a) { return a; }\nint plus(int a, int b) { return a + b; }\n", "/O2");
    program_link_fails(p, "/DLL /NOENTRY /EXPORT:plus", "export of plus is ambiguous");
}

static void more_exports_than_ordinals(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int f(void) { return 6; }", "/O2");
    size_t size = 65537 * 16;
    char *text = scratch_format(&p->scratch, "%*s", (int)size, "");
    size_t at = (size_t)sprintf(text, "EXPORTS\n");
    for (int i = 0; i < 65535; i++)
        at += (size_t)sprintf(text + at, " n%d=f\n", i);
    program_write(p, "many.def", text);
    program_link(p, "/DLL /NOENTRY /DEF:many.def /NOIMPLIB");
    assert_int_equal(image_export_count(p->image), 65535);
    assert_int_equal((int)program_call(p, "n65534", 0), 6);
    sprintf(text + at, " more=f\n");
    program_write(p, "many.def", text);
    program_link_fails(p, "/DLL /NOENTRY /DEF:many.def", "too many exported symbols (got 65536, max 65535) [LNK1189]");
}

#define TESTS_ON(f) test_on_x64(f), test_on_x86(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTS_ON(names_are_sorted_by_bytes_and_found),
        TESTS_ON(ordinals_stay_as_given),
        TESTS_ON(high_ordinals_cost_no_table),
        TESTS_ON(renamed_exports_keep_their_function),
        TESTS_ON(a_forwarder_leads_to_another_dll),
        TESTS_ON(directives_of_objects_are_exact),
        TESTS_ON(a_users_name_finds_every_decorated_form),
        test_on_x86(decorated_names_are_taken_literally),
        TESTS_ON(the_import_library_agrees_with_the_image),
        TESTS_ON(export_as_gives_the_name_in_the_image),
        TESTS_ON(an_export_is_found_in_a_library),
        TESTS_ON(weak_and_alternate_names_are_exported),
        TESTS_ON(an_imported_function_is_exported_again),
        TESTS_ON(a_program_has_exports_too),
        TESTS_ON(the_library_statement_names_the_dll),
        TESTS_ON(a_literal_export_directory_overrides_exports),
        TESTS_ON(the_same_export_twice),
        test_on_arm64(names_are_sorted_by_bytes_and_found),
        test_on_arm64(a_forwarder_leads_to_another_dll),
        TESTS_ON(an_export_that_nobody_defines),
        TESTS_ON(an_overloaded_function_is_not_chosen),
        test_on_x64(more_exports_than_ordinals),
    };
    return cmocka_run_group_tests_name("exports", tests, NULL, NULL);
}
