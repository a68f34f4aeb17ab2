// The shortest way through everything: small programs compiled, linked, run and read back on each
// machine. What fails here fails everywhere, so look here first.

#include "tests/support/program.h"

static const char hello[] = "#include <stdio.h>\n"
                            "int main(int count, char **arguments)\n"
                            "{\n"
                            "    for (int i = 1; i < count; i++)\n"
                            "        printf(\"<%s>\\n\", arguments[i]);\n"
                            "    fprintf(stderr, \"to standard error\\n\");\n"
                            "    return 40 + count;\n"
                            "}\n";

static void a_c_program_prints_and_returns(void **state)
{
    struct program *p = program(state);
    program_compile(p, hello, "/O2");
    program_link_with_run_time(p, "");
    assert_int_equal(program_run(p, "one \"two three\""), 43);
    assert_same_text(p->run.output, "<one>\n<two three>\n");
    assert_same_text(p->run.errors, "to standard error\n");
}

static void a_dll_exports_a_function(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int add(int a, int b) { return a + b; }", "/O2");
    program_link(p, "/DLL /NOENTRY /EXPORT:add");
    assert_true(image_exports(p->image, "add"));
    assert_int_equal((int)program_call(p, "add", 2, -5), -3);
}

static void a_program_imports_from_a_dll(void **state)
{
    struct program *p = program(state);
    program_begin_image(p, "shapes.dll");
    program_compile(p, "__declspec(dllexport) int corners(int n) { return 2 * n; }", "/O2");
    program_link(p, "/DLL /NOENTRY /IMPLIB:shapes.lib");

    program_begin_image(p, "draw.exe");
    program_compile(p, "__declspec(dllimport) int corners(int n); int main(void) { return corners(21); }", "/O2");
    program_add_input(p, "shapes.lib");
    program_link_with_run_time(p, "");
    assert_true(image_imports(p->image, "shapes.dll", "corners"));
    assert_int_equal(program_run(p, ""), 42);
}

static void an_undefined_symbol_is_an_error(void **state)
{
    struct program *p = program(state);
    program_compile(p, "int missing(void); int main(void) { return missing(); }", "");
    program_link_fails(p, "/ENTRY:main /SUBSYSTEM:CONSOLE", "missing");
}

static void an_image_can_be_signed(void **state)
{
    struct program *p = program(state);
    program_compile(p, hello, "");
    program_link_with_run_time(p, "");
    read_back_signature(&p->scratch, p->folder, p->image_path);
}

static void a_mingw_program_throws_and_catches(void **state)
{
    struct program *p = program(state);
    program_compile_mingw(p, "throw.cpp",
                          "#include <iostream>\n"
                          "#include <stdexcept>\n"
                          "int main()\n"
                          "{\n"
                          "    try { throw std::runtime_error(\"caught\"); }\n"
                          "    catch (std::exception &e) { std::cout << e.what() << std::endl; }\n"
                          "}\n",
                          "-O2");
    program_link_mingw(p, "");
    assert_same_text(program_output(p, ""), "caught\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_x64(a_c_program_prints_and_returns),
        test_on_x86(a_c_program_prints_and_returns),
        test_on_arm64(a_c_program_prints_and_returns),
        test_on_x64(a_dll_exports_a_function),
        test_on_x86(a_dll_exports_a_function),
        test_on_arm64(a_dll_exports_a_function),
        test_on_x64(a_program_imports_from_a_dll),
        test_on_x86(a_program_imports_from_a_dll),
        test_on_arm64(a_program_imports_from_a_dll),
        test_on_x64(an_undefined_symbol_is_an_error),
        test_on_x86(an_undefined_symbol_is_an_error),
        test_on_x64(an_image_can_be_signed),
        test_on_x86(an_image_can_be_signed),
        test_on_x64(a_mingw_program_throws_and_catches),
        test_on_x86(a_mingw_program_throws_and_catches),
    };
    return cmocka_run_group_tests_name("first programs", tests, NULL, NULL);
}
