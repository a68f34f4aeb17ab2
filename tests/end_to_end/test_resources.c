// Resources: .res files, trees that other tools made, and manifests become one tree, which Windows' functions find
// things in.

#include <stdlib.h>
#include <string.h>

#include "tests/support/program.h"

// Finds three resources by id, name and language, and prints them.
static const char reader[] =
    "#include <stdio.h>\n#include <windows.h>\n"
    "static void show(const char *name, const char *type, int language) {\n"
    "    HRSRC found = FindResourceExA(NULL, type, name, (WORD)language);\n"
    "    if (!found) { printf(\"none\\n\"); return; }\n"
    "    printf(\"%.*s\\n\", (int)SizeofResource(NULL, found), (char *)LockResource(LoadResource(NULL, found))); }\n"
    "int main(void) { char text[20]; int n = LoadStringA(GetModuleHandleA(NULL), 7, text, sizeof text);\n"
    "    show(MAKEINTRESOURCEA(1), MAKEINTRESOURCEA(10), 1033); show(MAKEINTRESOURCEA(1), MAKEINTRESOURCEA(10), "
    "1031);\n"
    "    show(\"NAMED\", \"KIND\", 1033); show(\"another\", \"kind\", 1033); printf(\"%.*s\\n\", n, text); return 0; "
    "}\n";

static const char script[] =
    "LANGUAGE 9, 1\n1 RCDATA { \"one\" }\nNamed KIND { \"by name\" }\nSTRINGTABLE { 7 \"seven\" }\n";
static const char german[] = "LANGUAGE 7, 1\n1 RCDATA { \"eins\" }\nLANGUAGE 9, 1\nanother KIND { \"second file\" }\n";

static void make_res(struct program *p, const char *name, const char *text)
{
    program_write(p, scratch_format(&p->scratch, "%s.rc", name), text);
    process_must_run(&p->scratch, p->folder, "llvm-rc-19 /fo %s.res %s.rc", name, name);
}

static const char expected[] = "one\neins\nby name\nsecond file\nseven\n";

static void several_files_make_one_tree(void **state)
{
    struct program *p = program(state);
    program_compile(p, reader, "/O2");
    make_res(p, "a", script);
    make_res(p, "b", german);
    program_add_input(p, "a.res");
    program_add_input(p, "b.res");
    program_link_with_run_time(p, "");
    assert_same_text(program_output(p, ""), expected);
    // lld-link's own tree of the same files, but for where things are.
    const char *filter =
        "sh -c \"llvm-readobj-19 --coff-resources %s | grep -vE '^File|Base Table|DataRVA|Entry Offset|"
        "Table Offset'\"";
    process_must_run(&p->scratch, p->folder, "lld-link-19 /dll /noentry /out:lld.dll /machine:%s a.res b.res",
                     p->platform->name);
    assert_same_text(process_must_run(&p->scratch, p->folder, filter, "program.exe").output,
                     process_must_run(&p->scratch, p->folder, filter, "lld.dll").output);
}

// cvtres splits its tree from the data: .rsrc$01 and .rsrc$02.
static void an_object_made_by_cvtres_is_taken_as_it_is(void **state)
{
    struct program *p = program(state);
    program_compile(p, reader, "/O2");
    make_res(p, "a", script);
    process_must_run(&p->scratch, p->folder, "llvm-cvtres-19 /machine:%s /out:a.o a.res", p->platform->name);
    program_add_input(p, "a.o");
    program_link_with_run_time(p, "");
    assert_same_text(program_output(p, ""), "one\nnone\nby name\nnone\nseven\n");
}

static void trees_and_files_are_merged(void **state)
{
    struct program *p = program(state);
    program_compile(p, reader, "/O2");
    make_res(p, "a", script);
    make_res(p, "b", german);
    process_must_run(&p->scratch, p->folder, "llvm-cvtres-19 /machine:%s /out:a.o a.res", p->platform->name);
    program_add_input(p, "b.res");
    program_add_input(p, "a.o");
    program_link_with_run_time(p, "");
    assert_same_text(program_output(p, ""), expected);
}

// windres puts everything into one .rsrc.
static void objects_made_by_windres_are_merged(void **state)
{
    struct program *p = program(state);
    program_compile(p, reader, "/O2");
    program_write(p, "a.rc", script);
    program_write(p, "b.rc", german);
    process_must_run(&p->scratch, p->folder, "%s-windres a.rc a.o", p->platform->mingw);
    process_must_run(&p->scratch, p->folder, "%s-windres b.rc b.o", p->platform->mingw);
    program_add_input(p, "a.o");
    program_add_input(p, "b.o");
    program_link_with_run_time(p, "");
    assert_same_text(program_output(p, ""), expected);
}

static void the_same_resource_twice_is_an_error(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int start(void) { return 0; }", "");
    make_res(p, "a", script);
    make_res(p, "b", "LANGUAGE 9, 1\n1 RCDATA { \"other\" }\nNAMED kind { \"x\" }\n");
    program_add_input(p, "a.res");
    program_add_input(p, "b.res");
    const char *options = "/ENTRY:start /SUBSYSTEM:CONSOLE";
    program_link_fails(p, options,
                       "duplicate resource: type RCDATA (ID 10)/name ID 1/language 1033, in a.res and in b.res");
    assert_contains(p->link.errors,
                    "duplicate resource: type \"KIND\"/name \"NAMED\"/language 1033, in a.res and in b.res");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /FORCE:MULTIPLERES");
    assert_contains(p->link.errors, "warning: duplicate resource");
}

static void damaged_resources_are_reported(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int start(void) { return 0; }", "");
    make_res(p, "a", script);
    process_must_run(&p->scratch, p->folder, "sh -c \"head -c 100 a.res > cut.res\"");
    program_add_input(p, "cut.res");
    program_link_fails(p, "/ENTRY:start /SUBSYSTEM:CONSOLE", "cut.res: invalid or corrupt resource file");
}

static void images_of_resources_alone_need_no_code(void **state)
{
    struct program *p = program(state);
    make_res(p, "a", script);
    program_add_input(p, "a.res");
    program_link(p, scratch_format(&p->scratch, "/DLL /NOENTRY /MACHINE:%s", p->platform->name));
    assert_int_not_equal(p->image->directories[IMAGE_DIRECTORY_RESOURCES].size, 0);
}

// --- manifests ---

static const char *resource_listing(struct program *p)
{
    return read_back_with(&p->scratch, p->folder,
                          scratch_format(&p->scratch, "llvm-readobj-19 --coff-resources %s", p->image_path));
}

// The embedded manifest, as the bytes that the resource's data entry names.
static const char *embedded_manifest(struct program *p)
{
    const char *listing = resource_listing(p);
    assert_contains(listing, "MANIFEST (ID 24)");
    const char *rva = strstr(listing, "DataRVA: "), *size = strstr(listing, "DataSize: ");
    assert_true(rva && size);
    uint32_t length = (uint32_t)strtoul(size + 10, NULL, 10);
    const uint8_t *bytes = image_at(p->image, (uint32_t)strtoul(rva + 9, NULL, 16), length);
    return scratch_format(&p->scratch, "%.*s", (int)length, (const char *)bytes);
}

static void a_manifest_is_embedded(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int start(void) { return 5; }", "");
    const char *options = "/ENTRY:start /SUBSYSTEM:CONSOLE /MANIFEST:EMBED /MANIFESTUAC:level='highestAvailable' "
                          "\"/MANIFESTDEPENDENCY:type='win32' name='Some.Assembly' version='1.0.0.0'\"";
    program_link(p, options);
    const char *manifest = embedded_manifest(p);
    assert_contains(resource_listing(p), "Name: (ID 1)");
    process_must_run(&p->scratch, p->folder,
                     "lld-link-19 1.obj /safeseh:no /out:lld.exe /entry:start /subsystem:console /manifest "
                     "/manifestuac:level='highestAvailable' \"/manifestdependency:type='win32' name='Some.Assembly' "
                     "version='1.0.0.0'\"");
    assert_same_text(manifest, program_read(p, "lld.exe.manifest"));
    assert_int_equal(program_run(p, ""), 5);
}

static void the_manifest_of_a_dll_has_number_two(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int f(void) { return 5; }", "");
    program_link(p, "/DLL /NOENTRY /MANIFEST:EMBED");
    assert_contains(resource_listing(p), "Name: (ID 2)");
    program_link(p, "/DLL /NOENTRY /MANIFEST:EMBED,ID=9");
    assert_contains(resource_listing(p), "Name: (ID 9)");
}

static void a_manifest_lies_beside_the_image_when_asked(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int start(void) { return 5; }", "");
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE");
    assert_false(path_exists(program_path(p, "program.exe.manifest")));
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /MANIFEST");
    assert_contains(program_read(p, "program.exe.manifest"), "level='asInvoker'");
    assert_int_equal(p->image->directories[IMAGE_DIRECTORY_RESOURCES].size, 0);
}

static const char compatibility[] =
    "<?xml version='1.0' encoding='UTF-8' standalone='yes'?>\n"
    "<assembly xmlns='urn:schemas-microsoft-com:asm.v1' manifestVersion='1.0'>\n"
    "  <assemblyIdentity name='my.program' version='1.2.3.4'/>\n"
    "  <dependency><dependentAssembly><assemblyIdentity name='from.file'/></dependentAssembly></dependency>\n"
    "  <trustInfo xmlns='urn:schemas-microsoft-com:asm.v3'><security><requestedPrivileges>\n"
    "    <requestedExecutionLevel level='asInvoker' uiAccess='false'/></requestedPrivileges></security></trustInfo>\n"
    "  <compatibility xmlns='urn:schemas-microsoft-com:compatibility.v1'><application>\n"
    "    <supportedOS Id='{8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a}'/></application></compatibility>\n"
    "</assembly>\n";

static unsigned occurrences(const char *text, const char *part)
{
    unsigned count = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        count++;
    return count;
}

static void manifest_files_are_merged(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int start(void) { return 5; }", "");
    program_write(p, "c.manifest", compatibility);
    program_link(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /MANIFEST:EMBED /MANIFESTINPUT:c.manifest "
                    "\"/MANIFESTDEPENDENCY:name='from.option'\"");
    const char *manifest = embedded_manifest(p);
    assert_int_equal(occurrences(manifest, "<trustInfo"), 1);
    assert_int_equal(occurrences(manifest, "<requestedExecutionLevel"), 1);
    assert_int_equal(occurrences(manifest, "<dependency>"), 2);
    assert_contains(manifest, "from.option");
    assert_contains(manifest, "from.file");
    assert_contains(manifest, "my.program");
    assert_contains(manifest, "supportedOS");
    program_write(p, "merged.manifest", manifest);
    process_must_run(&p->scratch, p->folder, "xmllint --noout merged.manifest");
    assert_int_equal(program_run(p, ""), 5);
}

static void manifest_files_that_contradict_are_an_error(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int start(void) { return 5; }", "");
    program_write(p, "c.manifest", compatibility);
    program_link_fails(p,
                       "/ENTRY:start /SUBSYSTEM:CONSOLE /MANIFEST:EMBED /MANIFESTINPUT:c.manifest "
                       "/MANIFESTUAC:level='requireAdministrator'",
                       "c.manifest: conflicting values of an attribute: level of requestedExecutionLevel");
    program_write(p, "broken.manifest", "<assembly><open></assembly>");
    program_link_fails(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /MANIFEST:EMBED /MANIFESTINPUT:broken.manifest",
                       "broken.manifest: not a manifest: line 1: ");
    program_link_fails(p, "/ENTRY:start /SUBSYSTEM:CONSOLE /MANIFEST:EMBED /MANIFESTINPUT:nowhere.manifest",
                       "could not open 'nowhere.manifest'");
}

// Every program of MinGW's has a manifest without a language, which gives way to the program's own.
static void mingw_default_manifests_give_way(void **state)
{
    struct program *p = program(state);
    program_compile_mingw(p, "m.c", "int start(void) { return 6; }", "-O2");
    program_write(p, "default.rc", "LANGUAGE 0, 0\n1 24 { \"<default/>\" }\n");
    program_write(p, "own.rc", "LANGUAGE 9, 1\n1 24 { \"<own/>\" }\n");
    process_must_run(&p->scratch, p->folder, "%s-windres default.rc default.o", p->platform->mingw);
    process_must_run(&p->scratch, p->folder, "%s-windres own.rc own.o", p->platform->mingw);
    program_add_input(p, "default.o");
    program_add_input(p, "own.o");
    program_link(p, p->platform == &platform_x86 ? "/MINGW /ENTRY:_start /SUBSYSTEM:CONSOLE"
                                                 : "/MINGW /ENTRY:start /SUBSYSTEM:CONSOLE");
    assert_string_equal(embedded_manifest(p), "<own/>");
    assert_int_equal(occurrences(resource_listing(p), "DataRVA"), 1);
    assert_int_equal(program_run(p, ""), 6);
}

#define TESTS_ON(f) test_on_x64(f), test_on_x86(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTS_ON(several_files_make_one_tree),
        TESTS_ON(an_object_made_by_cvtres_is_taken_as_it_is),
        TESTS_ON(trees_and_files_are_merged),
        TESTS_ON(objects_made_by_windres_are_merged),
        test_on_x64(the_same_resource_twice_is_an_error),
        test_on_x64(damaged_resources_are_reported),
        TESTS_ON(images_of_resources_alone_need_no_code),
        TESTS_ON(a_manifest_is_embedded),
        test_on_x64(the_manifest_of_a_dll_has_number_two),
        test_on_x64(a_manifest_lies_beside_the_image_when_asked),
        TESTS_ON(manifest_files_are_merged),
        test_on_x64(manifest_files_that_contradict_are_an_error),
        TESTS_ON(mingw_default_manifests_give_way),
    };
    return cmocka_run_group_tests_name("resources", tests, NULL, NULL);
}
