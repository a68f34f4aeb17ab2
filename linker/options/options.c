// The one table of options: how each is spelled, what form its value has, whether an object may ask for it, and who
// handles it. A new option is a row here, a field in options.h and, where no general handler does, a function in one
// of the option_*.c files.
//
// Known are all options of link.exe's reference and of lld-link 19, and those that compilers and build systems pass
// without any reference mentioning them. What this linker does not do is said once, as a warning, where it could
// matter (warn_no_effect); what only steers the inside of another linker is accepted in silence (no handler).
#include "linker/options/option_table.h"

#include "common/coff.h"
#include "common/pe.h"

#define FIELD(member) offsetof(struct options, member)
#define DIRECTIVE     OPTION_IN_DIRECTIVE
#define SINGLE        OPTION_SINGLE
#define EARLY         OPTION_EARLY
#define LIST          OPTION_LIST

// clang-format off
const struct option option_table[] = {
    {"?", VALUE_NONE, 0, set_flag, FIELD(show_help), NULL, "Show this page"},
    {"ALIGN", VALUE_REQUIRED, SINGLE, set_alignment, 0, "bytes", "Alignment of sections in memory; a power of two"},
    {"ALIGNCOMM", VALUE_REQUIRED, DIRECTIVE, add_common_alignment, 0, "name,n", "Align a common symbol to two to the power of n"},
    {"ALLOWBIND", VALUE_SWITCH, SINGLE, set_flag_unless_no, FIELD(no_bind), NULL, "Let the image be bound (default)"},
    {"ALLOWISOLATION", VALUE_SWITCH, SINGLE, set_flag_unless_no, FIELD(no_isolation), NULL, "Look for a manifest at run time (default)"},
    {"ALTERNATENAME", VALUE_REQUIRED, DIRECTIVE, add_alternate_name, 0, "from=to", "Use `to` where nobody defines `from`"},
    {"APPCONTAINER", VALUE_SWITCH, SINGLE, set_flag_or_no, FIELD(app_container), NULL, "The image only runs in an app container"},
    {"ARM64XFUNCTIONPADMINX64", VALUE_REQUIRED, 0, warn_no_effect, 0, NULL, NULL},
    {"ARM64XSAMEADDRESS", VALUE_REQUIRED, DIRECTIVE, NULL, 0, NULL, NULL},
    {"ASSEMBLYDEBUG", VALUE_OPTIONAL, 0, warn_no_effect, 0, NULL, NULL},
    {"ASSEMBLYLINKRESOURCE", VALUE_REQUIRED, 0, warn_no_effect, 0, NULL, NULL},
    {"ASSEMBLYMODULE", VALUE_REQUIRED, 0, warn_no_effect, 0, NULL, NULL},
    {"ASSEMBLYRESOURCE", VALUE_REQUIRED, 0, warn_no_effect, 0, NULL, NULL},
    {"AUTO-IMPORT", VALUE_SWITCH, SINGLE, set_flag_or_no, FIELD(auto_import), NULL, "Import data that was not declared so (with /MINGW: default)"},
    {"BASE", VALUE_REQUIRED, SINGLE, set_base, 0, "{address[,size]|@file,key}", "Preferred address of the image"},
    {"BREPRO", VALUE_NONE, SINGLE, set_brepro, 0, NULL, "Mark the timestamp as a hash of the image"},
    {"BUILD-ID", VALUE_SWITCH, 0, NULL, 0, NULL, NULL},
    {"CALL-GRAPH-ORDERING-FILE", VALUE_REQUIRED, 0, warn_no_effect, 0, NULL, NULL},
    {"CALL-GRAPH-PROFILE-SORT", VALUE_SWITCH, 0, NULL, 0, NULL, NULL},
    {"CETCOMPAT", VALUE_SWITCH, SINGLE, set_flag_or_no, FIELD(cet_compat), NULL, "The image keeps to the rules of shadow stacks"},
    {"CGTHREADS", VALUE_REQUIRED, 0, NULL, 0, NULL, NULL},
    {"CLRIMAGETYPE", VALUE_REQUIRED, DIRECTIVE, warn_no_effect, 0, NULL, NULL},
    {"CLRLOADEROPTIMIZATION", VALUE_REQUIRED, 0, warn_no_effect, 0, NULL, NULL},
    {"CLRSUPPORTLASTERROR", VALUE_OPTIONAL, 0, warn_no_effect, 0, NULL, NULL},
    {"CLRTHREADATTRIBUTE", VALUE_REQUIRED, DIRECTIVE, warn_no_effect, 0, NULL, NULL},
    {"CLRUNMANAGEDCODECHECK", VALUE_SWITCH, 0, warn_no_effect, 0, NULL, NULL},
    {"COLOR-DIAGNOSTICS", VALUE_OPTIONAL, 0, NULL, 0, NULL, NULL},
    {"D2", VALUE_GLUED, 0, NULL, 0, NULL, NULL}, // for the code generator behind /LTCG
    {"DEBUG", VALUE_OPTIONAL, SINGLE, set_debug, 0, "{FULL|FASTLINK|NONE|SYMTAB|DWARF|GHASH|NOGHASH}", "Keep debug information"},
    {"DEBUGTYPE", VALUE_REQUIRED, 0, NULL, 0, NULL, NULL},
    {"DEF", VALUE_REQUIRED, SINGLE, set_text, FIELD(definition_file), "file", "Module-definition file"},
    {"DEFARM64NATIVE", VALUE_REQUIRED, 0, warn_no_effect, 0, NULL, NULL},
    {"DEFAULTLIB", VALUE_REQUIRED, DIRECTIVE, add_default_library, 0, "library", "Search this library behind those on the command line"},
    {"DELAY", VALUE_REQUIRED, 0, set_delay, 0, "{UNLOAD|NOBIND}", "How delay-loaded DLLs are imported"},
    {"DELAYLOAD", VALUE_REQUIRED, 0, add_text, FIELD(delay_loads), "dll", "Load this DLL at the first call into it"},
    {"DELAYSIGN", VALUE_SWITCH, 0, warn_no_effect, 0, NULL, NULL},
    {"DEMANGLE", VALUE_SWITCH, 0, set_flag_or_no, FIELD(demangle), NULL, "Show C++ names in messages as they are written (default)"},
    {"DEPENDENTLOADFLAG", VALUE_OPTIONAL, SINGLE, set_dependent_load_flags, 0, "flags", "Where the image's own DLLs are looked for (LOAD_LIBRARY_SEARCH flags)"},
    {"DIASDKDIR", VALUE_REQUIRED, 0, NULL, 0, NULL, NULL},
    {"DISALLOWLIB", VALUE_REQUIRED, DIRECTIVE, add_excluded_library, 0, "library", "The same as /NODEFAULTLIB:library"},
    {"DLL", VALUE_NONE, 0, set_flag, FIELD(is_dll), NULL, "Make a DLL"},
    {"DRIVER", VALUE_OPTIONAL, 0, set_driver, 0, "{WDM|UPONLY}", "Make a kernel-mode driver"},
    {"DWODIR", VALUE_REQUIRED, 0, NULL, 0, NULL, NULL},
    {"DYNAMICBASE", VALUE_SWITCH, SINGLE, set_switch, FIELD(dynamic_base), NULL, "The image can be loaded anywhere (default unless /FIXED)"},
    {"DYNAMICDEOPT", VALUE_OPTIONAL, 0, warn_no_effect, 0, NULL, NULL},
    {"EDITANDCONTINUE", VALUE_NONE, DIRECTIVE, NULL, 0, NULL, NULL},
    {"EMITASMFUNCINFO", VALUE_OPTIONAL, 0, NULL, 0, NULL, NULL},
    {"EMITPOGOPHASEINFO", VALUE_OPTIONAL, 0, NULL, 0, NULL, NULL},
    {"EMITTOOLVERSIONINFO", VALUE_SWITCH, 0, NULL, 0, NULL, NULL},
    {"EMITVOLATILEMETADATA", VALUE_SWITCH, 0, warn_no_effect, 0, NULL, NULL},
    {"END-LIB", VALUE_NONE, 0, NULL, 0, NULL, NULL},
    {"ENTRY", VALUE_REQUIRED, SINGLE | DIRECTIVE, set_text, FIELD(entry), "function", "Where the image starts"},
    {"ERRORLIMIT", VALUE_REQUIRED, EARLY, set_error_limit, 0, "n", "Show at most n errors (20; 0: all)"},
    {"ERRORREPORT", VALUE_OPTIONAL, 0, NULL, 0, NULL, NULL},
    {"EXCLUDE-ALL-SYMBOLS", VALUE_NONE, 0, set_flag, FIELD(exclude_all_symbols), NULL, "Export nothing that was not asked for (with /MINGW)"},
    {"EXCLUDE-SYMBOLS", VALUE_REQUIRED, DIRECTIVE, add_excluded_symbols, 0, "name[,name...]", "Leave these out of automatic exports (with /MINGW)"},
    {"EXPERIMENTAL", VALUE_REQUIRED, 0, NULL, 0, NULL, NULL},
    {"EXPORT", VALUE_REQUIRED, DIRECTIVE, add_export, 0, "name[=internal][,@n[,NONAME]][,DATA][,PRIVATE]", "Export a function or variable"},
    {"EXPORT-ALL-SYMBOLS", VALUE_NONE, 0, set_flag, FIELD(export_all_symbols), NULL, "Export every function and variable (with /MINGW)"},
    {"EXPORTPADMIN", VALUE_OPTIONAL, 0, warn_no_effect, 0, NULL, NULL},
    {"FAILIFMISMATCH", VALUE_REQUIRED, DIRECTIVE, add_mismatch_check, 0, NULL, NULL},
    {"FASTFAIL", VALUE_NONE, 0, NULL, 0, NULL, NULL},
    {"FASTGENPROFILE", VALUE_OPTIONAL, 0, warn_no_effect, 0, NULL, NULL},
    {"FILEALIGN", VALUE_REQUIRED, SINGLE, set_file_alignment, 0, "bytes", "Alignment of sections in the file; a power of two (512)"},
    {"FIXED", VALUE_SWITCH, SINGLE, set_switch, FIELD(fixed), NULL, "The image can only be loaded at its preferred address"},
    {"FORCE", VALUE_OPTIONAL, 0, set_force, 0, "{UNRESOLVED|MULTIPLE|MULTIPLERES}", "Make an image in spite of these errors"},
    {"FUNCTIONPADALL", VALUE_NONE, 0, set_flag, FIELD(function_pad_all), NULL, "Pad the functions of all objects, hot-patchable or not"},
    {"FUNCTIONPADMIN", VALUE_OPTIONAL, SINGLE, set_function_pad, 0, "bytes", "Keep this much room free before every function"},
    {"GENPROFILE", VALUE_OPTIONAL, 0, warn_no_effect, 0, NULL, NULL},
    {"GUARD", VALUE_REQUIRED, SINGLE, set_guard, 0, "{CF|LONGJMP|EHCONT|NO|...}", "Write the tables of Control Flow Guard"},
    {"GUARDSYM", VALUE_REQUIRED, DIRECTIVE, NULL, 0, NULL, NULL},
    {"HEAP", VALUE_REQUIRED, SINGLE, set_heap, 0, "reserve[,commit]", "Size of the process heap, in bytes"},
    {"HELP", VALUE_NONE, 0, set_flag, FIELD(show_help), NULL, NULL},
    {"HIGHENTROPYVA", VALUE_SWITCH, SINGLE, set_switch, FIELD(high_entropy), NULL, "Use all of a 64-bit address space (default on 64-bit machines)"},
    {"HOTPATCHCOMPATIBLE", VALUE_SWITCH, SINGLE, set_flag_or_no, FIELD(hotpatch_compatible), NULL, "Mark the image as hot-patchable, and fail if it is not"},
    {"IDLOUT", VALUE_REQUIRED, 0, NULL, 0, NULL, NULL},
    {"IGNORE", VALUE_REQUIRED, EARLY, set_ignore, 0, "n[,n...]", "Don't show these warnings"},
    {"IGNOREIDL", VALUE_NONE, 0, NULL, 0, NULL, NULL},
    {"ILK", VALUE_REQUIRED, 0, NULL, 0, NULL, NULL},
    {"IMPLIB", VALUE_REQUIRED, SINGLE, set_text, FIELD(import_library), "file", "Name of the import library"},
    {"INCLUDE", VALUE_REQUIRED, DIRECTIVE, add_include, 0, "symbol", "Ask for this symbol"},
    {"INCLUDEGLOB", VALUE_REQUIRED, 0, warn_no_effect, 0, NULL, NULL},
    {"INCLUDEOPTIONAL", VALUE_REQUIRED, 0, add_optional_include, 0, "symbol", "Ask for this symbol, but do without it"},
    {"INCREMENTAL", VALUE_SWITCH, SINGLE, set_flag_or_no, FIELD(incremental), NULL, NULL},
    {"INFERASANLIBS", VALUE_SWITCH, DIRECTIVE, warn_infer_asan, 0, NULL, NULL},
    {"INTEGRITYCHECK", VALUE_SWITCH, SINGLE, set_flag_or_no, FIELD(integrity_check), NULL, "Loading checks the image's signature"},
    {"KERNEL", VALUE_NONE, 0, NULL, 0, NULL, NULL},
    {"KEYCONTAINER", VALUE_REQUIRED, 0, warn_no_effect, 0, NULL, NULL},
    {"KEYFILE", VALUE_REQUIRED, 0, warn_no_effect, 0, NULL, NULL},
    {"KILL-AT", VALUE_NONE, 0, warn_no_effect, 0, NULL, NULL},
    {"LARGEADDRESSAWARE", VALUE_SWITCH, SINGLE, set_switch, FIELD(large_address_aware), NULL, "Addresses above 2 GB are no problem (default on 64-bit machines)"},
    {"LAST", VALUE_REQUIRED, 0, warn_no_effect, 0, NULL, NULL},
    {"LIB", VALUE_NONE, 0, warn_lib_not_first, 0, NULL, NULL},
    {"LIBPATH", VALUE_REQUIRED, 0, add_text, FIELD(library_paths), "folder", "Search libraries here, before LIB's folders"},
    {"LINKREPRO", VALUE_REQUIRED, SINGLE, set_text, FIELD(link_repro), "folder", "Copy all inputs and a response file there"},
    {"LINKREPROFULLPATHRSP", VALUE_REQUIRED, 0, warn_no_effect, 0, NULL, NULL},
    {"LINKREPROTARGET", VALUE_REQUIRED, 0, warn_no_effect, 0, NULL, NULL},
    {"LLD-ALLOW-DUPLICATE-WEAK", VALUE_SWITCH, 0, NULL, 0, NULL, NULL},
    {"LLDEMIT", VALUE_REQUIRED, 0, warn_no_effect, 0, NULL, NULL},
    {"LLDIGNOREENV", VALUE_NONE, 0, set_ignore_environment, 0, NULL, "Don't read LINK, _LINK_ and LIB"},
    {"LLDLTOCACHE", VALUE_REQUIRED, 0, NULL, 0, NULL, NULL},
    {"LLDLTOCACHEPOLICY", VALUE_REQUIRED, 0, NULL, 0, NULL, NULL},
    {"LLDMAP", VALUE_OPTIONAL, SINGLE, set_map, 0, NULL, NULL},
    {"LLDMINGW", VALUE_NONE, 0, set_flag, FIELD(mingw), NULL, NULL},
    {"LLDSAVETEMPS", VALUE_OPTIONAL, 0, NULL, 0, NULL, NULL},
    {"LTCG", VALUE_OPTIONAL, 0, NULL, 0, NULL, NULL},
    {"LTCGOUT", VALUE_REQUIRED, 0, NULL, 0, NULL, NULL},
    {"LTO-CS-PROFILE-FILE", VALUE_REQUIRED, 0, NULL, 0, NULL, NULL},
    {"LTO-CS-PROFILE-GENERATE", VALUE_NONE, 0, NULL, 0, NULL, NULL},
    {"LTO-OBJ-PATH", VALUE_REQUIRED, 0, NULL, 0, NULL, NULL},
    {"LTO-PGO-WARN-MISMATCH", VALUE_SWITCH, 0, NULL, 0, NULL, NULL},
    {"LTO-SAMPLE-PROFILE", VALUE_REQUIRED, 0, NULL, 0, NULL, NULL},
    {"MACHINE", VALUE_REQUIRED, SINGLE, set_machine, 0, "{X64|X86|ARM64|ARM}", "Machine of the image"},
    {"MANIFEST", VALUE_OPTIONAL, SINGLE, set_manifest, 0, "{EMBED[,ID=n]|NO}", "Write a manifest beside the image or into it"},
    {"MANIFESTDEPENDENCY", VALUE_REQUIRED, DIRECTIVE, add_manifest_dependency, 0, "attributes", "An assembly that the manifest names"},
    {"MANIFESTFILE", VALUE_REQUIRED, SINGLE, set_text, FIELD(manifest_file), "file", "Name of the manifest"},
    {"MANIFESTINPUT", VALUE_REQUIRED, 0, add_text, FIELD(manifest_inputs), "file", "Merge this file into the embedded manifest"},
    {"MANIFESTUAC", VALUE_OPTIONAL, SINGLE, set_manifest_uac, 0, "{NO|level='...' uiAccess='...'}", "User account control in the manifest"},
    {"MAP", VALUE_OPTIONAL, SINGLE, set_map, 0, "file", "Write a map file"},
    {"MAPINFO", VALUE_REQUIRED, 0, set_map_info, 0, "EXPORTS", "List exports in the map file"},
    {"MAXILKSIZE", VALUE_REQUIRED, 0, NULL, 0, NULL, NULL},
    {"MERGE", VALUE_REQUIRED, DIRECTIVE, add_merge, 0, "from=to", "Put a section into another one"},
    {"MIDL", VALUE_REQUIRED, 0, warn_no_effect, 0, NULL, NULL},
    {"MINGW", VALUE_NONE, 0, set_flag, FIELD(mingw), NULL, "Follow the rules of MinGW-w64's objects and libraries"},
    {"MINPDBPATHLEN", VALUE_REQUIRED, 0, NULL, 0, NULL, NULL},
    {"MLLVM", VALUE_REQUIRED, 0, NULL, 0, NULL, NULL},
    {"NATVIS", VALUE_REQUIRED, 0, NULL, 0, NULL, NULL},
    {"NO-COLOR-DIAGNOSTICS", VALUE_NONE, 0, NULL, 0, NULL, NULL},
    {"NOASSEMBLY", VALUE_NONE, 0, warn_no_effect, 0, NULL, NULL},
    {"NOCOFFGRPINFO", VALUE_NONE, 0, NULL, 0, NULL, NULL},
    {"NODEFAULTLIB", VALUE_OPTIONAL, DIRECTIVE, set_no_default_libraries, 0, "library", "Don't search default libraries, or not this one"},
    {"NOENTRY", VALUE_NONE, 0, set_flag, FIELD(no_entry), NULL, "The DLL has no entry point"},
    {"NOEXP", VALUE_NONE, 0, NULL, 0, NULL, NULL},
    {"NOFUNCTIONPADSECTION", VALUE_REQUIRED, 0, add_text, FIELD(no_pad_sections), "section", "Don't pad the functions of this section"},
    {"NOIMPLIB", VALUE_NONE, 0, set_flag, FIELD(no_import_library), NULL, "Don't write an import library"},
    {"NOINFERASANLIBS", VALUE_NONE, DIRECTIVE, NULL, 0, NULL, NULL},
    {"NOLOGO", VALUE_NONE, 0, set_flag, FIELD(no_logo), NULL, "Accepted: there is no banner"},
    {"NOOPTIDATA", VALUE_NONE, 0, NULL, 0, NULL, NULL},
    {"NOSEH", VALUE_NONE, 0, set_flag, FIELD(no_seh), NULL, "The image has no structured exception handlers"},
    {"NOVCFEATURE", VALUE_OPTIONAL, 0, NULL, 0, NULL, NULL},
    {"NXCOMPAT", VALUE_SWITCH, SINGLE, set_switch, FIELD(nx_compat), NULL, "Data can't be executed (default)"},
    {"OPT", VALUE_REQUIRED, 0, set_optimizations, 0, "{[NO]REF|[NO]ICF[=n]|[NO]LBR}", "Leave out what nobody refers to; fold what is identical"},
    {"ORDER", VALUE_REQUIRED, SINGLE, set_list_file, FIELD(order_file), "@file", "Put functions in this order"},
    {"OSVERSION", VALUE_REQUIRED, SINGLE, set_os_version, 0, "major[.minor]", "Lowest version of the system"},
    {"OUT", VALUE_REQUIRED, SINGLE, set_text, FIELD(output), "file", "Name of the image"},
    {"OUTPUT-DEF", VALUE_REQUIRED, 0, warn_no_effect, 0, NULL, NULL},
    {"PATCHREADY", VALUE_OPTIONAL, SINGLE, set_patch_ready, 0, "WARN", "Fail, or warn, when a hot-patchable function can't be patched"},
    {"PATCHREADYEXCEPT", VALUE_REQUIRED, SINGLE, set_list_file, FIELD(patch_ready_except), "@file", "Functions that need not be ready"},
    {"PATCHREPORT", VALUE_OPTIONAL, SINGLE, set_patch_report, 0, "file", "Write which functions can be patched, and why others can't"},
    {"PDB", VALUE_REQUIRED, SINGLE, set_text, FIELD(pdb), "file", "Name of the program database"},
    {"PDBALTPATH", VALUE_REQUIRED, SINGLE, set_text, FIELD(pdb_alt_path), "file", "Name by which the image refers to its program database"},
    {"PDBCOMPRESS", VALUE_NONE, 0, NULL, 0, NULL, NULL},
    {"PDBDLL", VALUE_REQUIRED, 0, NULL, 0, NULL, NULL},
    {"PDBMAP", VALUE_REQUIRED, 0, NULL, 0, NULL, NULL},
    {"PDBPAGESIZE", VALUE_REQUIRED, 0, NULL, 0, NULL, NULL},
    {"PDBSOURCEPATH", VALUE_REQUIRED, 0, NULL, 0, NULL, NULL},
    {"PDBSTREAM", VALUE_REQUIRED, 0, NULL, 0, NULL, NULL},
    {"PDBSTRIPPED", VALUE_OPTIONAL, 0, warn_no_effect, 0, NULL, NULL},
    {"PDBTMCACHE", VALUE_REQUIRED, 0, NULL, 0, NULL, NULL},
    {"PGD", VALUE_REQUIRED, 0, warn_no_effect, 0, NULL, NULL},
    {"POGOSAFEMODE", VALUE_NONE, 0, warn_no_effect, 0, NULL, NULL},
    {"PRINT-SEARCH-PATHS", VALUE_NONE, 0, warn_no_effect, 0, NULL, NULL},
    {"PRINT-SYMBOL-ORDER", VALUE_REQUIRED, 0, warn_no_effect, 0, NULL, NULL},
    {"PROFILE", VALUE_NONE, 0, set_profile, 0, NULL, "Keep what a profiler needs: /OPT:REF,NOICF and base relocations"},
    {"RELEASE", VALUE_NONE, DIRECTIVE, set_flag, FIELD(release_checksum), NULL, "Set the image's checksum"},
    {"REPRODUCE", VALUE_REQUIRED, SINGLE, set_text, FIELD(reproduce), "file", "Pack all inputs and a response file into this archive"},
    {"RSP-QUOTING", VALUE_REQUIRED, 0, set_quoting, 0, NULL, NULL},
    {"RUNTIME-PSEUDO-RELOC", VALUE_SWITCH, SINGLE, set_flag_or_no, FIELD(pseudo_relocations), NULL, "Fix up automatic imports at run time (with /MINGW: default)"},
    {"SAFESEH", VALUE_SWITCH, SINGLE, set_switch, FIELD(safe_seh), NULL, "Write the table of exception handlers (x86)"},
    {"SECTION", VALUE_REQUIRED, DIRECTIVE, add_section_attributes, 0, "name,[[!]DEKPRSW][,ALIGN=n]", "Set a section's attributes"},
    {"SOURCELINK", VALUE_REQUIRED, 0, NULL, 0, NULL, NULL},
    {"STACK", VALUE_REQUIRED, SINGLE | DIRECTIVE, set_stack, 0, "reserve[,commit]", "Size of the main thread's stack, in bytes"},
    {"START-LIB", VALUE_NONE, 0, warn_no_effect, 0, NULL, NULL},
    {"STDCALL-FIXUP", VALUE_SWITCH, 0, NULL, 0, NULL, NULL},
    {"STUB", VALUE_REQUIRED, SINGLE, set_text, FIELD(stub), "file", "MS-DOS program in front of the image"},
    {"SUBSYSTEM", VALUE_REQUIRED, SINGLE | DIRECTIVE, set_subsystem, 0, "{CONSOLE|WINDOWS|NATIVE|...}[,major[.minor]]", "What the image runs under"},
    {"SUMMARY", VALUE_NONE, 0, set_flag, FIELD(time), NULL, NULL},
    {"SWAPRUN", VALUE_REQUIRED, 0, set_swap_run, 0, "{CD|NET}", "Copy the image before running it from such a place"},
    {"THINLTO-", VALUE_GLUED, 0, NULL, 0, NULL, NULL},
    {"THREADS", VALUE_REQUIRED, SINGLE, set_threads, 0, "n", "Number of threads; by default what the machine has"},
    {"THROWINGNEW", VALUE_NONE, DIRECTIVE, NULL, 0, NULL, NULL},
    {"TIME", VALUE_NONE, 0, set_flag, FIELD(time), NULL, "Show how long each pass took"},
    {"TIME+", VALUE_NONE, 0, set_flag, FIELD(time), NULL, NULL},
    {"TIME-TRACE", VALUE_OPTIONAL, SINGLE, set_time_trace, 0, NULL, NULL},
    {"TIME-TRACE-GRANULARITY", VALUE_REQUIRED, 0, NULL, 0, NULL, NULL},
    {"TIMESTAMP", VALUE_REQUIRED, SINGLE, set_timestamp, 0, "n", "Timestamp of the image; by default a hash of its content"},
    {"TIMETRACE", VALUE_REQUIRED, SINGLE, set_time_trace, 0, "file", "Write a trace of the passes for Chrome's and Perfetto's viewers"},
    {"TLBID", VALUE_REQUIRED, 0, NULL, 0, NULL, NULL},
    {"TLBOUT", VALUE_REQUIRED, 0, NULL, 0, NULL, NULL},
    {"TSAWARE", VALUE_SWITCH, SINGLE, set_switch, FIELD(terminal_server_aware), NULL, "Aware of Terminal Server (default for programs)"},
    {"USEPROFILE", VALUE_OPTIONAL, 0, warn_no_effect, 0, NULL, NULL},
    {"VCTOOLSDIR", VALUE_REQUIRED, 0, warn_no_effect, 0, NULL, NULL},
    {"VCTOOLSVERSION", VALUE_REQUIRED, 0, warn_no_effect, 0, NULL, NULL},
    {"VERBOSE", VALUE_OPTIONAL, 0, set_verbose, 0, "{ICF|LIB|REF|UNUSEDLIBS}", "Show what the linker does, all or some of it"},
    {"VERSION", VALUE_OPTIONAL, SINGLE, set_version, 0, "major[.minor]", "Version of the image; --version shows the linker's"},
    {"VFSOVERLAY", VALUE_REQUIRED, 0, warn_no_effect, 0, NULL, NULL},
    {"WBRDDLL", VALUE_NONE, 0, warn_no_effect, 0, NULL, NULL},
    {"WBRDTESTSIGN", VALUE_NONE, 0, warn_no_effect, 0, NULL, NULL},
    {"WHOLEARCHIVE", VALUE_OPTIONAL, 0, add_whole_archive, 0, "library", "Take every object of all libraries, or of this one"},
    {"WINMD", VALUE_OPTIONAL, 0, warn_no_effect, 0, NULL, NULL},
    {"WINMDDELAYSIGN", VALUE_SWITCH, 0, warn_no_effect, 0, NULL, NULL},
    {"WINMDFILE", VALUE_REQUIRED, 0, warn_no_effect, 0, NULL, NULL},
    {"WINMDKEYCONTAINER", VALUE_REQUIRED, 0, warn_no_effect, 0, NULL, NULL},
    {"WINMDKEYFILE", VALUE_REQUIRED, 0, warn_no_effect, 0, NULL, NULL},
    {"WINSDKDIR", VALUE_REQUIRED, 0, warn_no_effect, 0, NULL, NULL},
    {"WINSDKVERSION", VALUE_REQUIRED, 0, warn_no_effect, 0, NULL, NULL},
    {"WINSYSROOT", VALUE_REQUIRED, 0, warn_no_effect, 0, NULL, NULL},
    {"WRAP", VALUE_REQUIRED, 0, warn_no_effect, 0, NULL, NULL},
    {"WX", VALUE_OPTIONAL, EARLY, set_warnings_as_errors, 0, "[NO][:n,...]", "Treat warnings as errors"},
};
// clang-format on

const size_t option_table_count = sizeof option_table / sizeof option_table[0];
_Static_assert(sizeof option_table / sizeof option_table[0] <= OPTION_TABLE_MAXIMUM,
               "option_state.origin has a place for each row");

void options_init(struct options *options, struct arena *arena)
{
    *options = (struct options){
        .manifest_uac = true,
        .manifest_level = TEXT("'asInvoker'"),
        .manifest_ui_access = TEXT("'false'"),
        .section_alignment = PE_PAGE_SIZE,
        .file_alignment = 512,
        .subsystem_major = 6,
        .os_major = 6,
        .stack_reserve = 1u << 20,
        .stack_commit = 4096,
        .heap_reserve = 1u << 20,
        .heap_commit = 4096,
        .auto_import = true,
        .pseudo_relocations = true,
        .error_limit = 20,
        .demangle = true,
        .state = arena_new(arena, struct option_state),
    };
    options->state->arena = arena;
}

// Byte order of upper-case forms: the table's.
static int option_name_compare(struct text name, const char *row)
{
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        if (c != row[i]) // an end of `row` is a NUL, smaller than any character of a name
            return (unsigned char)c < (unsigned char)row[i] ? -1 : 1;
        if (c == 0)
            return 1;
    }
    return row[name.size] ? -1 : 0;
}

static const struct option *option_find_glued(struct text name)
{
    for (size_t i = 0; i < name.size; i++)
        if (name.data[i] == '/' || name.data[i] == '.')
            return NULL; // a path
    for (size_t i = 0; i < option_table_count; i++)
        if (option_table[i].form == VALUE_GLUED && text_starts_with_ignoring_case(name, text_of(option_table[i].name)))
            return &option_table[i];
    return NULL;
}

const struct option *option_find(struct text name)
{
    size_t low = 0, high = option_table_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = option_name_compare(name, option_table[middle].name);
        if (order == 0)
            return &option_table[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return option_find_glued(name);
}

bool option_split(struct text argument, struct option_call *call)
{
    if (argument.size < 2 || (argument.data[0] != '/' && argument.data[0] != '-'))
        return false;
    call->is_long = argument.size > 2 && argument.data[0] == '-' && argument.data[1] == '-';
    struct text name = text_skip(argument, call->is_long ? 2 : 1);
    call->may_be_unknown = name.size > 1 && name.data[0] == '?';
    if (call->may_be_unknown)
        name = text_skip(name, 1);
    size_t colon = text_find(name, ':');
    if (call->is_long && text_find(name, '=') < colon)
        colon = text_find(name, '=');
    call->argument = argument;
    call->has_value = colon < name.size;
    call->value = call->has_value ? text_skip(name, colon + 1) : TEXT("");
    call->option = option_find(text_prefix(name, colon));
    return true;
}

// Whether this caller may set an option that has one value; remembers that it did.
static bool option_takes_precedence(const struct option_call *call)
{
    if (!(call->option->flags & OPTION_SINGLE))
        return true;
    uint8_t *origin = &call->options->state->origin[call->option - option_table];
    if (call->origin < *origin || (call->origin == ORIGIN_DIRECTIVE && *origin == ORIGIN_DIRECTIVE))
        return false;
    *origin = (uint8_t)call->origin;
    return true;
}

// A value where none belongs, or none where one does. (link.exe, LNK1117 and LNK1146)
static bool option_check_form(const struct option_call *call)
{
    enum value_form form = call->option->form;
    bool is_switch_value = form == VALUE_SWITCH && text_equal_ignoring_case(call->value, TEXT("no"));
    if (call->has_value && (form == VALUE_NONE || (form == VALUE_SWITCH && !is_switch_value))) {
        option_error(call, 1117, "syntax error in option '%.*s'", TEXT_ARGUMENT(call->argument));
        return false;
    }
    if (form == VALUE_REQUIRED && call->value.size == 0) {
        option_error(call, 1146, "no argument specified with option '%.*s'", TEXT_ARGUMENT(call->argument));
        return false;
    }
    return true;
}

void option_run(const struct option_call *call)
{
    if (call->option->handle && option_check_form(call) && option_takes_precedence(call))
        call->option->handle(call);
}

void option_apply(struct options *options, struct text argument, enum option_origin origin, struct text source,
                  struct arena *arena, struct diagnostics *diagnostics)
{
    struct option_call call = {
        .options = options, .origin = origin, .source = source, .arena = arena, .diagnostics = diagnostics};
    if (option_split(argument, &call) && call.option)
        option_run(&call);
}
