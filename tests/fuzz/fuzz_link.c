// Whole links. The input is two bytes that pick options, then a file: an object, a library (every member of it is
// linked) or resources. What is undefined or doubled does not stop the link (/FORCE), so that damaged objects come as
// far as the image.
#include <stdlib.h>
#include <unistd.h>

#include "linker/link.h"
#include "linker/settings.h"
#include "tests/fuzz/fuzz.h"

struct choice {
    const char *set, *clear; // the options that a bit stands for
};

static const struct choice choices[16] = {
    {"/dll /noentry /export:main", "/entry:main"},
    {"/opt:ref,icf", "/opt:noref,noicf"},
    {"/debug:dwarf", "/debug:none"},
    {"/map /mapinfo:exports", ""},
    {"/functionpadmin /patchreport:fuzz.json", ""},
    {"/mingw", ""},
    {"/guard:cf,ehcont", ""},
    {"/fixed", ""},
    {"/delayload:a.dll /delayload:kernel32.dll", ""},
    {"/merge:.rdata=.text", ""},
    {"/implib:fuzz-import.lib", "/noimplib"},
    {"/patchready:warn /hotpatchcompatible", ""},
    {"/debug:symtab", ""},
    {"/align:64 /filealign:16", ""},
    {"/functionpadall /functionpadmin:32", ""},
    {"/safeseh", "/safeseh:no"},
};

enum { MOST_ARGUMENTS = 64 };

static int add_words(struct arena *arena, const char *words, const char **arguments, int count)
{
    struct text rest = text_of(words);
    while (rest.size) {
        size_t end = text_find(rest, ' ');
        arguments[count++] = text_copy(arena, text_prefix(rest, end)).data;
        rest = text_skip(rest, end + 1);
    }
    return count;
}

static int choose_arguments(struct arena *arena, uint16_t bits, const char **arguments)
{
    int count = 0;
    const char *always = "/lldignoreenv /force /nodefaultlib /wholearchive /threads:1 /timestamp:0 /subsystem:console";
    count = add_words(arena, always, arguments, count);
    for (int i = 0; i < 16; i++)
        count = add_words(arena, bits >> i & 1 ? choices[i].set : choices[i].clear, arguments, count);
    arguments[count++] = "/out:fuzz.exe";
    arguments[count++] = "fuzz.obj";
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    static bool is_there;
    if (!is_there && chdir(fuzz_folder()) != 0)
        abort();
    is_there = true;
    fuzz_write_file("fuzz.obj", (struct bytes){data + 2, size - 2});

    struct arena arena = {0};
    const char *arguments[MOST_ARGUMENTS];
    int count = choose_arguments(&arena, load16(data), arguments);
    struct link *link = link_create("mylink");
    bool ok = options_read_command_line(&link->options, count, (char **)arguments, &link->arenas[0], link->diagnostics);
    ok = ok && diagnostics_error_count(link->diagnostics) == 0 && link_image(link);
    link_finish(link, ok);
    diagnostics_flush(link->diagnostics);
    fuzz_link_release(link);
    arena_release(&arena);
    return 0;
}
