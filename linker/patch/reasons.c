// The words of the ten reasons, in one table.
#include "linker/patch/reasons.h"

#include <stddef.h>

static const struct {
    const char *name, *meaning, *remedy;
} words[REASON_COUNT] = {
    [REASON_NO_PAD] = {"no-pad", "fewer free bytes before the entry than wanted",
                       "link with /FUNCTIONPADMIN (mylink or link.exe), the object compiled with /hotpatch"},
    [REASON_NOT_ACCEPTED] = {"not-accepted", "its object was not compiled for hot patching",
                             "compile with /hotpatch (clang: -fms-hotpatch), or link with /FUNCTIONPADALL"},
    [REASON_EXCLUDED] = {"excluded", "its section was named by /NOFUNCTIONPADSECTION",
                         "drop /NOFUNCTIONPADSECTION for its section, or move it to another one"},
    [REASON_NOT_SEPARABLE] =
        {"not-separable", "it stands behind another function in one section",
         "compile with /Gy (clang and gcc: -ffunction-sections); in assembly give it a section of its own"},
    [REASON_SHORT_ENTRY] =
        {"short-entry", "its first instruction is shorter than the branch that replaces it",
         "compile with /hotpatch (clang: -fms-hotpatch); in assembly begin with a 2-byte no-operation"},
    [REASON_BRANCH_TO_ENTRY] =
        {"branch-to-entry", "a branch goes back to its entry or into the replaced bytes",
         "compile with /hotpatch (clang: -fms-hotpatch), or put an instruction in front of the loop"},
    [REASON_MISALIGNED] = {"misaligned", "the bytes to replace cannot be written in one atomic store",
                           "align the function: drop /Os or -falign-functions=1, in assembly write .balign 16"},
    [REASON_TOO_SMALL] = {"too-small", "it ends before the replaced bytes do",
                          "compile with /hotpatch (clang: -fms-hotpatch); in assembly add a no-operation in front"},
    [REASON_FOLDED] = {"folded", "several functions share its body",
                       "link with /OPT:NOICF; an alias made in the source has to go there"},
    [REASON_UNDECODABLE] = {"undecodable", "its first bytes are no instruction",
                            "nothing to patch here: give data no function type, or put it into a data section"},
};

const char *reason_name(enum reason reason)
{
    return words[reason].name;
}

const char *reason_meaning(enum reason reason)
{
    return words[reason].meaning;
}

const char *reason_remedy(enum reason reason, bool pad_was_asked)
{
    if (reason == REASON_NOT_ACCEPTED && !pad_was_asked)
        return "link with /FUNCTIONPADMIN: the pad was not asked for";
    return words[reason].remedy;
}
