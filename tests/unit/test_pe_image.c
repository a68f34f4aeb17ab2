// The reader of images against llvm-readobj, on images that lld-link and GNU ld made for the four machines; and on
// damaged ones.
#include "tests/unit/test_common.h"

#include "common/pe_image.h"

// --- images ---

static void run(struct fixture *f, const char *line)
{
    process_must_run(&f->scratch, f->folder, "%s", line);
}

static void write_text(struct fixture *f, const char *name, const char *text)
{
    write_whole(f, name, text, strlen(text));
}

static const char library_source[] =
    "__declspec(dllimport) int imported(int);\n"
    "__declspec(dllimport) int by_ordinal(int);\n"
    "__declspec(dllimport) int delayed(int);\n"
    "__declspec(dllimport) extern int imported_variable;\n"
    "int _tls_index;\n"
    "__declspec(dllexport) int f(int a) { volatile int big[50]; big[0] = imported(a); return imported(big[0]) + "
    "imported_variable; }\n"
    "__declspec(dllexport) int g(int (*p)(int)) { return p(3) + by_ordinal(1) + delayed(2); }\n"
    "__declspec(dllexport) int leaf(int a) { return a + 1; }\n"
    "__declspec(dllexport) int (*table[])(int) = {f, leaf};\n"
    "void __delayLoadHelper2(void) {}\n";

// Load configuration and TLS directory of an x64 image.
static const char directories_source[] =
    ".section .rdata,\"dr\"\n"
    ".globl _load_config_used, __guard_check_icall_fptr, __guard_dispatch_icall_fptr, _tls_used\n"
    ".p2align 3\n"
    "_load_config_used:\n"
    ".long 0x118\n"
    ".zero 0x58-4\n"
    ".quad cookie, 0, 0, __guard_check_icall_fptr, __guard_dispatch_icall_fptr\n"
    ".quad __guard_fids_table, __guard_fids_count\n"
    ".long __guard_flags\n"
    ".zero 12\n"
    ".quad __guard_iat_table, __guard_iat_count, __guard_longjmp_table, __guard_longjmp_count\n"
    ".zero 0x108-0xc0\n"
    ".quad __guard_eh_cont_table, __guard_eh_cont_count\n"
    "__guard_check_icall_fptr: .quad 0\n"
    "__guard_dispatch_icall_fptr: .quad 0\n"
    ".p2align 3\n"
    "_tls_used: .quad tls_start, tls_start+8, _tls_index, callbacks\n"
    ".long 16, 0x300000\n"
    "callbacks: .quad leaf, g, 0\n"
    ".data\n"
    "cookie: .quad 42\n"
    ".section .tls,\"dw\"\n"
    "tls_start: .long 0, 0\n";

// SafeSEH needs an object that says so, and handlers.
static const char seh_source[] = ".globl @feat.00, __load_config_used, _handler, _other\n"
                                 "@feat.00 = 1\n"
                                 ".text\n"
                                 "_handler: ret\n"
                                 "_other: ret\n"
                                 ".safeseh _handler\n"
                                 ".safeseh _other\n"
                                 ".section .rdata,\"dr\"\n"
                                 ".p2align 2\n"
                                 "__load_config_used:\n"
                                 ".long 0x48\n"
                                 ".zero 0x40-4\n"
                                 ".long ___safe_se_handler_table, ___safe_se_handler_count\n";

static void make_msvc(struct fixture *f, const char *machine, const char *target, const char *more)
{
    write_text(f, "g.c", library_source);
    write_text(f, "imp.def", "LIBRARY imp.dll\nEXPORTS\nimported\nimported_variable DATA\nby_ordinal @7 NONAME\n");
    write_text(f, "late.def", "LIBRARY late.dll\nEXPORTS\ndelayed\n");
    process_must_run(&f->scratch, f->folder,
                     "clang-cl-19 --target=%s-windows-msvc /O2 /guard:cf /hotpatch /Z7 /GS- /c g.c /Fog.obj", target);
    process_must_run(&f->scratch, f->folder, "llvm-lib-19 /machine:%s /def:imp.def /out:imp.lib", machine);
    process_must_run(&f->scratch, f->folder, "llvm-lib-19 /machine:%s /def:late.def /out:late.lib", machine);
    process_must_run(&f->scratch, f->folder,
                     "lld-link-19 /dll /noentry /nodefaultlib /force:unresolved /debug /pdbaltpath:%%_PDB%% "
                     "/delayload:late.dll /out:g.dll g.obj imp.lib late.lib %s",
                     more);
}

static void make_x64(struct fixture *f)
{
    write_text(f, "directories.s", directories_source);
    run(f, "llvm-mc-19 -triple x86_64-windows-msvc -filetype=obj directories.s -o directories.obj");
    make_msvc(f, "x64", "x86_64", "directories.obj /guard:cf,longjmp,ehcont");
}

static void make_mingw(struct fixture *f, const char *target)
{
    write_text(f, "m.c",
               "#include <stdio.h>\n#include <windows.h>\n__thread int counter = 5;\n"
               "__declspec(dllexport) int exported_value = 3;\n"
               "__declspec(dllexport) int add(int a, int b) { return a + b + counter; }\n"
               "__declspec(dllexport) int show(const char *s) { return printf(\"%s\", s) + (int)GetTickCount(); }\n");
    write_text(f, "m.def", "EXPORTS\nexported_value DATA\nadd @5\nshow @9 NONAME\nforward=KERNEL32.Sleep\n");
    process_must_run(&f->scratch, f->folder, "%s-w64-mingw32-gcc -g -shared m.c m.def -o g.dll", target);
}

static void open_image(struct fixture *f, struct pe_image *image)
{
    struct pe_problem problem;
    if (!pe_image_open(image, read_whole(f, "g.dll"), &f->arena, &problem))
        fail_with("%s", pe_problem_text(problem, &f->arena).data);
}

// --- llvm-readobj's answers ---

typedef array_of(char *) line_array;

static void add_line(struct fixture *f, line_array *lines, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void add_line(struct fixture *f, line_array *lines, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *line = scratch_format_list(&f->scratch, format, arguments);
    va_end(arguments);
    array_push(&f->arena, lines, line);
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *join(struct fixture *f, line_array *lines, bool is_sorted)
{
    if (is_sorted)
        qsort(lines->items, lines->count, sizeof *lines->items, compare_lines);
    size_t size = 1;
    for (size_t i = 0; i < lines->count; i++)
        size += strlen(lines->items[i]) + 1;
    char *out = arena_allocate(&f->arena, size, 1);
    char *at = out;
    for (size_t i = 0; i < lines->count; i++)
        at += sprintf(at, "%s\n", lines->items[i]);
    return out;
}

// What a tool says of g.dll, without the NULs that come along with the names of .file symbols.
static char *tool(struct fixture *f, const char *command)
{
    struct outcome outcome = process_must_run(&f->scratch, f->folder, "%s g.dll", command);
    for (size_t i = 0; i < outcome.output_size; i++)
        if (outcome.output[i] == 0)
            outcome.output[i] = ' ';
    return outcome.output;
}

// The value of a "Key: value" line, or NULL where it has another key. Of "name (0x12)" what is in the parentheses.
static char *value_of(char *line, const char *key)
{
    line += strspn(line, " ");
    size_t size = strlen(key);
    if (strncmp(line, key, size) != 0 || line[size] != ':')
        return NULL;
    char *value = line + size + 1 + (line[size + 1] == ' ');
    char *open = strrchr(value, '(');
    if (!open || value[strlen(value) - 1] != ')' || strcmp(key, "Symbol") == 0)
        return value;
    value[strlen(value) - 1] = 0;
    return open + 1;
}

// What llvm-readobj says with `option`: the values of `keys`, a line for each block, in the order in which the block
// has them; a block ends where its first key comes again, or with the output.
static line_array readobj(struct fixture *f, const char *option, const char *const *keys)
{
    char *text = tool(f, scratch_format(&f->scratch, "llvm-readobj-19 %s", option));
    line_array out = {0};
    const char *block = NULL;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        for (size_t i = 0; keys[i]; i++) {
            char *value = value_of(line, keys[i]);
            if (value && i == 0) {
                if (block)
                    add_line(f, &out, "%s", block);
                block = value;
            } else if (value && block) {
                block = scratch_format(&f->scratch, "%s|%s", block, value);
            }
        }
    if (block)
        add_line(f, &out, "%s", block);
    return out;
}

#define READOBJ(f, option, ...) readobj((f), (option), (const char *const[]){__VA_ARGS__, NULL})

static void assert_no_problem(struct fixture *f, struct pe_problem problem)
{
    if (problem.what)
        fail_with("%s", pe_problem_text(problem, &f->arena).data);
}

static void compare_headers(struct fixture *f, const struct pe_image *image)
{
    line_array header = {0};
    add_line(f, &header, "0x%X|0x%X|0x%X|0x%llX|%u|%u|%u|%u|0x%X", image->machine, image->timestamp, image->entry_rva,
             (unsigned long long)image->image_base, image->section_alignment, image->file_alignment, image->image_size,
             image->headers_size, image->subsystem);
    line_array expected = READOBJ(f, "--file-headers", "Machine", "TimeDateStamp", "AddressOfEntryPoint", "ImageBase",
                                  "SectionAlignment", "FileAlignment", "SizeOfImage", "SizeOfHeaders", "Subsystem");
    assert_same_text(join(f, &header, false), join(f, &expected, false));
    line_array sections = READOBJ(f, "--sections", "VirtualSize", "VirtualAddress", "RawDataSize", "PointerToRawData");
    line_array names = READOBJ(f, "--sections", "Number");
    line_array is = {0};
    assert_int_equal(image->section_count, names.count);
    for (uint32_t i = 0; i < image->section_count; i++) {
        const struct pe_section *section = &image->sections[i];
        uint64_t offset = section->content.size ? (uint64_t)(section->content.data - image->content.data) : 0;
        add_line(f, &is, "0x%X|0x%X|%zu|0x%llX", section->virtual_size, section->rva, section->content.size,
                 (unsigned long long)offset);
        uint32_t rva = section->rva + section->virtual_size / 2;
        assert_ptr_equal(pe_image_section_at(image, section->rva), section);
        assert_ptr_equal(pe_image_section_at(image, rva), section);
        struct bytes half = pe_image_at_rva(image, rva, 1);
        if (section->virtual_size / 2 < section->content.size) {
            assert_ptr_equal(half.data, section->content.data + section->virtual_size / 2);
            assert_int_equal(pe_image_file_offset(image, rva), offset + section->virtual_size / 2);
        } else {
            assert_null(half.data);
        }
    }
    assert_same_text(join(f, &is, false), join(f, &sections, false));
}

static void compare_names(struct fixture *f, const struct pe_image *image)
{
    line_array is = {0};
    struct pe_exports exports;
    struct pe_export export;
    for (pe_exports_open(&exports, image, &f->arena); pe_exports_next(&exports, &export);)
        if (export.forwarder.size)
            add_line(f, &is, "%u|%.*s|%.*s", export.ordinal, TEXT_ARGUMENT(export.name),
                     TEXT_ARGUMENT(export.forwarder));
        else
            add_line(f, &is, "%u|%.*s|0x%X", export.ordinal, TEXT_ARGUMENT(export.name), export.rva);
    assert_no_problem(f, exports.problem);
    line_array all = READOBJ(f, "--coff-exports", "Ordinal", "Name", "RVA", "ForwardedTo");
    line_array expected = {0};
    for (size_t i = 0; i < all.count; i++)
        if (!strstr(all.items[i], "||0x0")) // a gap between ordinals
            add_line(f, &expected, "%s", all.items[i]);
    assert_true(expected.count > 2);
    assert_same_text(join(f, &is, true), join(f, &expected, true));

    is.count = 0;
    struct pe_imports imports;
    struct pe_import import;
    struct text dll = {0};
    for (int is_delayed = 0; is_delayed < 2; is_delayed++) {
        for (is_delayed ? pe_delay_imports_open(&imports, image) : pe_imports_open(&imports, image);
             pe_imports_next(&imports, &import);) {
            if (!text_equal(dll, import.dll))
                add_line(f, &is, "%.*s|0x%X", TEXT_ARGUMENT(import.dll), import.slot_rva);
            dll = import.dll;
            char *last = is.items[is.count - 1];
            is.items[is.count - 1] =
                scratch_format(&f->scratch, "%s|%.*s (%u)", last, TEXT_ARGUMENT(import.name), import.ordinal_or_hint);
            assert_int_equal(import.is_by_ordinal, import.name.size == 0);
        }
        assert_no_problem(f, imports.problem);
    }
    expected = READOBJ(f, "--coff-imports", "Name", "ImportAddressTableRVA", "ImportAddressTable", "Symbol");
    assert_true(expected.count > 0);
    assert_same_text(join(f, &is, false), join(f, &expected, false));
}

// Written as llvm-objdump writes them.
static void compare_symbols(struct fixture *f, const struct pe_image *image)
{
    line_array is = {0}, expected = {0};
    struct pe_symbols symbols;
    struct pe_symbol symbol;
    for (pe_symbols_open(&symbols, image); pe_symbols_next(&symbols, &symbol);) {
        add_line(f, &is, "[%2u](sec %2d)(fl 0x00)(ty %3x)(scl %3x) (nx %u) 0x%08x %.*s", symbol.index,
                 symbol.section_number, symbol.type, symbol.storage_class, symbol.aux_count, symbol.value,
                 TEXT_ARGUMENT(symbol.name));
        assert_true((symbol.rva != UINT64_MAX) == (symbol.section_number > 0));
    }
    assert_no_problem(f, symbols.problem);
    char *text = tool(f, "llvm-objdump-19 -t");
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        if (*line == '[')
            add_line(f, &expected, "%s", line);
    assert_true(expected.count > 100);
    assert_same_text(join(f, &is, false), join(f, &expected, false));
}

static void compare_relocations(struct fixture *f, const struct pe_image *image)
{
    line_array is = {0};
    struct pe_relocations relocations;
    struct pe_relocation relocation;
    for (pe_relocations_open(&relocations, image); pe_relocations_next(&relocations, &relocation);)
        add_line(f, &is, "%s|0x%X",
                 relocation.type == BASE_DIR64     ? "DIR64"
                 : relocation.type == BASE_HIGHLOW ? "HIGHLOW"
                                                   : "?",
                 relocation.rva);
    assert_no_problem(f, relocations.problem);
    line_array all = READOBJ(f, "--coff-basereloc", "Type", "Address");
    line_array expected = {0};
    for (size_t i = 0; i < all.count; i++)
        if (!strstr(all.items[i], "ABSOLUTE"))
            add_line(f, &expected, "%s", all.items[i]);
    assert_true(expected.count > 0);
    assert_same_text(join(f, &is, false), join(f, &expected, false));
}

static void compare_functions(struct fixture *f, const struct pe_image *image)
{
    line_array is = {0};
    struct pe_functions functions;
    struct pe_function function;
    bool is_x64 = image->machine == MACHINE_X64;
    unsigned long long base = image->image_base;
    for (pe_functions_open(&functions, image); pe_functions_next(&functions, &function);)
        if (is_x64)
            add_line(f, &is, "0x%llX|0x%llX|0x%llX", base + function.begin_rva, base + function.end_rva,
                     base + function.unwind_rva);
        else
            add_line(f, &is, "0x%llX|%u", base + function.begin_rva + (image->machine == MACHINE_ARM),
                     function.end_rva - function.begin_rva);
    assert_no_problem(f, functions.problem);
    line_array expected = is_x64 ? READOBJ(f, "--unwind", "StartAddress", "EndAddress", "UnwindInfoAddress")
                                 : READOBJ(f, "--unwind", "Function", "FunctionLength");
    assert_true(expected.count > 1);
    assert_same_text(join(f, &is, false), join(f, &expected, false));
}

// --- tests ---

static void x64_of_lld(void **state)
{
    struct fixture *f = *state;
    struct pe_image image;
    make_x64(f);
    open_image(f, &image);
    assert_int_equal(image.machine, MACHINE_X64);
    assert_true(image.is_64 && (image.characteristics & FILE_DLL) && image.image_base == 0x180000000);
    compare_headers(f, &image);
    compare_names(f, &image);
    compare_relocations(f, &image);
    compare_functions(f, &image);
}

static void x86_of_lld(void **state)
{
    struct fixture *f = *state;
    struct pe_image image;
    make_msvc(f, "x86", "i686", "/safeseh:no");
    open_image(f, &image);
    assert_int_equal(image.machine, MACHINE_X86);
    assert_false(image.is_64);
    compare_headers(f, &image);
    compare_names(f, &image);
    compare_relocations(f, &image);
}

static void arm_of_lld(void **state)
{
    struct fixture *f = *state;
    const char *const rows[][2] = {{"arm64", "aarch64"}, {"arm", "thumbv7"}};
    for (size_t i = 0; i < 2; i++) {
        struct pe_image image;
        make_msvc(f, rows[i][0], rows[i][1], "");
        open_image(f, &image);
        assert_int_equal(image.machine, i ? MACHINE_ARM : MACHINE_ARM64);
        compare_headers(f, &image);
        compare_names(f, &image);
        compare_functions(f, &image);
    }
}

// GNU ld: symbol table, long section names, exports without a name and with a gap, forwarders.
static void both_of_gnu_ld(void **state)
{
    struct fixture *f = *state;
    const char *const targets[] = {"x86_64", "i686"};
    for (size_t i = 0; i < 2; i++) {
        struct pe_image image;
        make_mingw(f, targets[i]);
        open_image(f, &image);
        compare_headers(f, &image);
        compare_names(f, &image);
        compare_symbols(f, &image);
        compare_relocations(f, &image);
        if (image.machine == MACHINE_X64)
            compare_functions(f, &image);
        bool has_long_name = false;
        for (uint32_t j = 0; j < image.section_count; j++)
            has_long_name |= text_equal(image.sections[j].name, TEXT(".debug_info"));
        assert_true(has_long_name);
    }
}

// Addresses as the export table has them.
static uint32_t export_rva(struct fixture *f, const struct pe_image *image, const char *name)
{
    struct pe_exports exports;
    struct pe_export export;
    for (pe_exports_open(&exports, image, &f->arena); pe_exports_next(&exports, &export);)
        if (text_equal(export.name, text_of(name)))
            return export.rva;
    fail_with("%s is not exported", name);
}

static void thread_local_storage(void **state)
{
    struct fixture *f = *state;
    struct pe_image image;
    struct pe_tls tls;
    struct pe_problem problem;
    make_x64(f);
    open_image(f, &image);
    assert_true(pe_tls_read(&image, &tls, &problem));
    unsigned long long base = image.image_base;
    line_array is = {0};
    add_line(f, &is, "0x%llX|0x%llX|0x%llX|0x%X|0x%X", base + tls.data_rva, base + tls.data_rva + tls.data_size,
             base + tls.index_rva, tls.zero_fill, tls.characteristics);
    line_array expected = {0};
    char *text = tool(f, "llvm-readobj-19 --coff-tls-directory");
    unsigned long long start, end, index;
    unsigned zero_fill, characteristics;
    assert_int_equal(sscanf(strstr(text, "StartAddress"),
                            "StartAddressOfRawData: %llx EndAddressOfRawData: %llx AddressOfIndex: %llx "
                            "AddressOfCallBacks: %*x SizeOfZeroFill: %x Characteristics [ (%x)",
                            &start, &end, &index, &zero_fill, &characteristics),
                     5);
    add_line(f, &expected, "0x%llX|0x%llX|0x%llX|0x%X|0x%X", start, end, index, zero_fill, characteristics);
    assert_same_text(join(f, &is, false), join(f, &expected, false));
    assert_int_equal(pe_tls_callback_count(&image, &tls), 2);
    assert_int_equal(pe_tls_callback_rva(&image, &tls, 0), export_rva(f, &image, "leaf"));
    assert_int_equal(pe_tls_callback_rva(&image, &tls, 1), export_rva(f, &image, "g"));

    make_msvc(f, "x86", "i686", "/safeseh:no");
    open_image(f, &image);
    assert_false(pe_tls_read(&image, &tls, &problem));
    assert_null(problem.what);
}

static void load_configuration(void **state)
{
    struct fixture *f = *state;
    struct pe_image image;
    struct pe_load_config config;
    struct pe_problem problem;
    make_x64(f);
    open_image(f, &image);
    assert_true(pe_load_config_read(&image, &config, &problem));
    char *text = tool(f, "llvm-readobj-19 --coff-load-config");
    assert_contains(
        text, scratch_format(&f->scratch, "SecurityCookie: 0x%llX\n", (unsigned long long)config.security_cookie));
    assert_contains(text, scratch_format(&f->scratch, "GuardFlags [ (0x%X)\n", config.guard_flags));
    assert_contains(text, scratch_format(&f->scratch, "GuardCFFunctionCount: %u\n", config.functions.count));
    line_array is = {0};
    for (uint32_t i = 0; i < config.functions.count; i++)
        add_line(f, &is, "  0x%llX", (unsigned long long)image.image_base + pe_guard_table_rva(&config.functions, i));
    assert_true(config.functions.count >= 3);
    assert_contains(text, scratch_format(&f->scratch, "GuardFidTable [\n%s]", join(f, &is, false)));
    assert_int_equal(config.functions.stride, 4);
    assert_false(config.has_safe_seh);
    assert_int_equal(pe_image_extended_characteristics(&image), 0);
}

static void safe_exception_handlers(void **state)
{
    struct fixture *f = *state;
    struct pe_image image;
    struct pe_load_config config;
    struct pe_problem problem;
    write_text(f, "seh.s", seh_source);
    run(f, "llvm-mc-19 -triple i686-windows-msvc -filetype=obj seh.s -o seh.obj");
    run(f, "lld-link-19 /dll /noentry /nodefaultlib /out:g.dll /export:handler /export:other seh.obj");
    open_image(f, &image);
    if (!pe_load_config_read(&image, &config, &problem))
        fail_with("%s", pe_problem_text(problem, &f->arena).data);
    assert_true(config.has_safe_seh);
    assert_int_equal(config.safe_seh.count, 2);
    assert_int_equal(pe_guard_table_rva(&config.safe_seh, 0), export_rva(f, &image, "handler"));
    assert_int_equal(pe_guard_table_rva(&config.safe_seh, 1), export_rva(f, &image, "other"));
}

static void debug_entries(void **state)
{
    struct fixture *f = *state;
    struct pe_image image;
    make_msvc(f, "x64", "x86_64", "/cetcompat /Brepro");
    open_image(f, &image);
    line_array is = {0};
    struct pe_debug_entries entries;
    struct pe_debug_entry entry;
    for (pe_debug_entries_open(&entries, &image); pe_debug_entries_next(&entries, &entry);)
        add_line(f, &is, "0x%X|0x%zX|0x%X|0x%X", entry.type, entry.content.size, entry.rva, entry.file_offset);
    assert_no_problem(f, entries.problem);
    line_array expected =
        READOBJ(f, "--coff-debug-directory", "Type", "SizeOfData", "AddressOfRawData", "PointerToRawData");
    assert_true(expected.count >= 2);
    assert_same_text(join(f, &is, false), join(f, &expected, false));
    assert_int_equal(pe_image_extended_characteristics(&image), EXTENDED_CET_COMPAT);
}

// --- lies ---

static void use_image(void *context, struct bytes content)
{
    struct arena *arena = context;
    struct pe_image image;
    struct pe_problem problem;
    if (!pe_image_open(&image, content, arena, &problem)) {
        assert_non_null(problem.what);
        return;
    }
    struct pe_exports exports;
    struct pe_export export;
    for (pe_exports_open(&exports, &image, arena); pe_exports_next(&exports, &export);)
        assert_true(export.name.size <= content.size);
    struct pe_imports imports;
    struct pe_import import;
    for (pe_imports_open(&imports, &image); pe_imports_next(&imports, &import);)
        assert_true(import.dll.size + import.name.size <= content.size);
    for (pe_delay_imports_open(&imports, &image); pe_imports_next(&imports, &import);)
        assert_true(import.dll.size + import.name.size <= content.size);
    struct pe_symbols symbols;
    struct pe_symbol symbol;
    for (pe_symbols_open(&symbols, &image); pe_symbols_next(&symbols, &symbol);)
        assert_true(symbol.name.size <= content.size);
    struct pe_functions functions;
    struct pe_function function;
    for (pe_functions_open(&functions, &image); pe_functions_next(&functions, &function);)
        assert_true(function.begin_rva <= function.end_rva);
    struct pe_relocations relocations;
    struct pe_relocation relocation;
    for (pe_relocations_open(&relocations, &image); pe_relocations_next(&relocations, &relocation);)
        assert_int_not_equal(relocation.type, BASE_ABSOLUTE);
    struct pe_debug_entries entries;
    struct pe_debug_entry entry;
    for (pe_debug_entries_open(&entries, &image); pe_debug_entries_next(&entries, &entry);)
        assert_true(entry.content.size <= content.size);
    pe_image_extended_characteristics(&image);
    struct pe_tls tls;
    if (pe_tls_read(&image, &tls, &problem))
        for (uint32_t i = 0; i < pe_tls_callback_count(&image, &tls); i++)
            pe_tls_callback_rva(&image, &tls, i);
    struct pe_load_config config;
    if (pe_load_config_read(&image, &config, &problem))
        for (uint32_t i = 0; i < config.functions.count; i++)
            pe_guard_table_rva(&config.functions, i);
    for (uint64_t rva = 0; rva < 0x10000; rva += 0x777)
        pe_image_at_rva(&image, rva, 0x100);
}

static void damaged_images(void **state)
{
    struct fixture *f = *state;
    make_x64(f);
    parse_damaged(read_whole(f, "g.dll"), 1, use_image, &f->arena);
    make_msvc(f, "arm", "thumbv7", "");
    parse_damaged(read_whole(f, "g.dll"), 3, use_image, &f->arena);
    make_mingw(f, "i686");
    parse_damaged(read_whole(f, "g.dll"), 997, use_image, &f->arena);
}

// What is said of a copy of the image in which `bytes` are changed.
static const char *said_of(struct fixture *f, struct bytes original, uint64_t offset, const void *bytes, size_t size)
{
    uint8_t *copy = arena_allocate(&f->arena, original.size, 1);
    memcpy(copy, original.data, original.size);
    memcpy(copy + offset, bytes, size);
    struct pe_image image;
    struct pe_problem problem;
    struct bytes content = {copy, original.size};
    pe_image_open(&image, content, &f->arena, &problem);
    return pe_problem_text(problem, &f->arena).data;
}

static void lies_in_headers(void **state)
{
    struct fixture *f = *state;
    make_x64(f);
    struct bytes content = read_whole(f, "g.dll");
    uint32_t signature = load32(content.data + PE_DOS_LFANEW_OFFSET);
    uint32_t optional = signature + 24;
    uint32_t sections = optional + load16(content.data + signature + 20);
    struct pe_problem problem;
    struct pe_image image;
    assert_false(pe_image_open(&image, (struct bytes){NULL, 0}, &f->arena, &problem));
    assert_false(pe_image_is((struct bytes){NULL, 0}));
    assert_true(pe_image_is(content));
    assert_string_equal(said_of(f, content, 0, "ZM", 2), "no PE image: there is no \"MZ\" at file offset 0x0");
    assert_string_equal(said_of(f, content, PE_DOS_LFANEW_OFFSET, "\xff\xff\xff\xff", 4),
                        "no PE image: the DOS header leads to no PE signature at file offset 0x3c");
    assert_contains(said_of(f, content, optional, "\x0c\x01", 2), "the optional header is neither PE32's nor PE32+'s");
    assert_contains(said_of(f, content, signature + 20, "\x10\0", 2), "the optional header is cut short");
    assert_contains(said_of(f, content, signature + 20, "\x78\0", 2), "the data directories are cut short");
    assert_contains(said_of(f, content, signature + 6, "\xff\xff", 2), "the section table is cut short");
    assert_string_equal(
        said_of(f, content, sections + 20, "\0\0\0\x7f", 4),
        scratch_format(&f->scratch, "a section's bytes are outside of the file at file offset 0x%x", sections));
    assert_contains(said_of(f, content, sections + 8, "\xff\xff\xff\xff", 4), "a section ends behind 4 GiB");
    assert_string_equal(said_of(f, content, sections + 40 + 12, "\0\x10\0\0", 4),
                        scratch_format(&f->scratch,
                                       "a section begins before the end of the one before it at file offset 0x%x",
                                       sections + 40));
    assert_string_equal(said_of(f, content, optional + 108, "\xff\xff\xff\xff", 4), // more directories than there are
                        "nothing is wrong at file offset 0x0");
}

// A thousand names that are all one long name, and a descriptor array whose tables are all one: an end all the same.
static void walks_have_an_end(void **state)
{
    struct fixture *f = *state;
    make_x64(f);
    struct pe_image image;
    open_image(f, &image);
    uint32_t edata = image.directories[DIRECTORY_EXPORT].rva;
    enum { NAMES = 100000, SIZE = 4 << 20 };
    uint8_t *section = arena_allocate(&f->arena, SIZE, 16);
    struct pe_section fake = {.rva = edata, .virtual_size = SIZE, .content = {section, SIZE}};
    image.sections = &fake;
    image.section_count = 1;
    image.content = fake.content;
    struct pe_export_directory *directory = (void *)section;
    directory->address_count = le32_of(1);
    directory->name_count = le32_of(NAMES);
    directory->address_table_rva = le32_of(edata + 40);
    directory->name_table_rva = le32_of(edata + 1000);
    directory->ordinal_table_rva = le32_of(edata + 1000 + 4 * NAMES);
    uint32_t names = 1000 + 6 * NAMES;
    for (uint32_t i = 0; i < NAMES; i++)
        store32(section + 1000 + 4 * i, edata + names);
    memset(section + names, 'x', SIZE - names - 1);
    struct pe_exports exports;
    struct pe_export export;
    size_t count = 0;
    for (pe_exports_open(&exports, &image, &f->arena); pe_exports_next(&exports, &export);)
        count++;
    assert_true(count < 10);
    assert_string_equal(exports.problem.what, "names overlap more than they can in an honest image");

    memset(section, 0, SIZE);
    image.directories[DIRECTORY_IMPORT] = (struct pe_range){edata, 1000};
    uint32_t descriptors = 100000, table = descriptors * 20 + 40;
    for (uint32_t i = 0; i < descriptors; i++) {
        struct pe_import_descriptor *descriptor = (void *)(section + 20 * i);
        descriptor->name_rva = le32_of(edata + SIZE - 2);
        descriptor->lookup_table_rva = descriptor->address_table_rva = le32_of(edata + table);
    }
    section[SIZE - 2] = 'x';
    memset(section + table, 0xff, SIZE - table - 10); // ordinals
    struct pe_imports imports;
    struct pe_import import;
    count = 0;
    for (pe_imports_open(&imports, &image); pe_imports_next(&imports, &import);)
        count++;
    assert_true(count <= SIZE / 4);
    assert_non_null(imports.problem.what);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(x64_of_lld),
        fixture_test(x86_of_lld),
        fixture_test(arm_of_lld),
        fixture_test(both_of_gnu_ld),
        fixture_test(thread_local_storage),
        fixture_test(load_configuration),
        fixture_test(safe_exception_handlers),
        fixture_test(debug_entries),
        fixture_test(damaged_images),
        fixture_test(lies_in_headers),
        fixture_test(walks_have_an_end),
    };
    return cmocka_run_group_tests_name("PE image", tests, NULL, NULL);
}
