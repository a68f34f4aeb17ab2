// A DLL that names no export exports everything (GNU ld, "--export-all-symbols"), except what came from the run time:
// its libraries and start-up objects, and names that only linkers and import libraries use.
#include <stdlib.h>

#include "linker/gnu/gnu.h"
#include "linker/input/object.h"
#include "linker/link.h"
#include "linker/symbols/symbol_table.h"
#include "linker/symbols/symbols.h"
#include "linker/target/target.h"

// What belongs to the tool chain, after ld's documentation of the option and MinGW-w64's file names.
static bool is_run_time(const struct object *object)
{
    static const char *const libraries[] = {
        "libgcc",      "libgcc_eh",      "libgcc_s",    "libstdc++", "libmingw32",  "libmingwex",
        "libg2c",      "libsupc++",      "libobjc",     "libgcj",    "libmsvcrt",   "libucrt",
        "libucrtbase", "libc++",         "libc++abi",   "libunwind", "libpthread",  "libwinpthread",
        "libmoldname", "libcompiler_rt", "libclang_rt", "libssp",    "libkernel32", "libuser32"};
    static const char *const objects[] = {"crt0.o",    "crt1.o",    "crt1u.o",   "crt2.o",    "crt2u.o",    "dllcrt1.o",
                                          "dllcrt2.o", "gcrt0.o",   "gcrt1.o",   "gcrt2.o",   "crtbegin.o", "crtend.o",
                                          "binmode.o", "txtmode.o", "CRT_fp8.o", "CRT_fp10.o"};
    struct text file = text_file_name(object->path);
    if (!object->library) {
        for (size_t i = 0; i < sizeof objects / sizeof *objects; i++)
            if (text_equal(file, text_of(objects[i])))
                return true;
        return false;
    }
    struct text base = text_prefix(file, text_find(file, '.'));
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
        if (text_equal(base, text_of(libraries[i])) || text_starts_with(base, TEXT("libclang_rt")) ||
            text_starts_with(base, TEXT("libapi-ms-win")))
            return true;
    return false;
}

static bool is_linkers_name(struct text name)
{
    static const char *const prefixes[] = {"__imp_",
                                           "_imp_",
                                           "__IMPORT_DESCRIPTOR_",
                                           "__NULL_IMPORT_DESCRIPTOR",
                                           ".refptr.",
                                           "_head_",
                                           "__head_",
                                           "__nm_",
                                           "_nm__",
                                           "__rtti_",
                                           "__builtin_",
                                           "_GLOBAL__F_",
                                           ".weak.",
                                           "?"};
    static const char *const suffixes[] = {"_iname", "_NULL_THUNK_DATA"};
    static const char *const names[] = {"DllMain",
                                        "_DllMain@12",
                                        "DllEntryPoint@12",
                                        "_DllEntryPoint@12",
                                        "impure_ptr",
                                        "_impure_ptr",
                                        "_pei386_runtime_relocator",
                                        "do_pseudo_reloc",
                                        "_fmode",
                                        "environ",
                                        "cygwin_premain0",
                                        "__main",
                                        "___main",
                                        "_tls_used",
                                        "__tls_used"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (text_starts_with(name, text_of(prefixes[i])))
            return true;
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (text_ends_with(name, text_of(suffixes[i])))
            return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (text_equal(name, text_of(names[i])))
            return true;
    return false;
}

static bool is_excluded(const struct link *link, struct text name)
{
    const struct options *options = &link->options;
    for (size_t i = 0; i < options->excluded_symbols.count; i++)
        if (text_equal(options->excluded_symbols.items[i], name))
            return true;
    return false;
}

static bool is_exportable(const struct link *link, const struct symbol *symbol)
{
    if (symbol->kind != SYMBOL_DEFINED && symbol->kind != SYMBOL_COMMON)
        return false;
    if (symbol->is_synthetic || symbol->is_import || symbol->is_pseudo || symbol->is_absolute || !symbol->chunk ||
        symbol == link->entry || rank_kind(symbol->rank) >= SYMBOL_WEAK)
        return false;
    const struct object *object = link->objects.items[rank_order(symbol->rank)];
    return !object->import && !is_run_time(object) && !is_linkers_name(symbol_name(symbol));
}

static int symbol_compare(const void *a, const void *b)
{
    const struct symbol *x = *(struct symbol *const *)a, *y = *(struct symbol *const *)b;
    return text_compare(symbol_name(x), symbol_name(y));
}

void gnu_export_all(struct link *link)
{
    const struct options *options = &link->options;
    if (!options->mingw)
        return;
    if (!options->export_all_symbols && (!options->is_dll || options->exports.count))
        return;
    if (options->exclude_all_symbols)
        return;
    symbol_array all = {0};
    for (size_t list = 0; list < symbol_table_list_count(link); list++) {
        const symbol_array *symbols = symbol_table_list(link, list);
        for (size_t i = 0; i < symbols->count; i++)
            if (is_exportable(link, symbols->items[i]))
                array_push(link_arena(link), &all, symbols->items[i]);
    }
    if (all.count)
        qsort(all.items, all.count, sizeof *all.items, symbol_compare);
    for (size_t i = 0; i < all.count; i++) {
        struct text decorated = symbol_name(all.items[i]), name = decorated;
        if (link->target->has_underscore && name.size && name.data[0] == '_')
            name = text_skip(name, 1);
        if (is_excluded(link, name))
            continue;
        struct export_request request = {.name = name, .is_data = !all.items[i]->is_function};
        array_push(link_arena(link), &link->options.exports, request);
    }
}
