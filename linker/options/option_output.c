// Options about the files beside the image, and what they hold: debug information, manifest, map.
#include "linker/options/option_table.h"

// /DEBUG[:kind]. Whatever kind of PDB is asked for is one kind here; FASTLINK only ever meant a quicker way to a PDB.
void set_debug(const struct option_call *call)
{
    static const struct {
        const char *name;
        enum debug_level level;
        bool wants_pdb;
    } kinds[] = {
        {"full", DEBUG_FULL, true},    {"fastlink", DEBUG_FULL, true}, {"ghash", DEBUG_FULL, true},
        {"noghash", DEBUG_FULL, true}, {"none", DEBUG_NONE, false},    {"symtab", DEBUG_SYMTAB, false},
        {"dwarf", DEBUG_DWARF, false},
    };
    struct text kind = call->has_value ? call->value : TEXT("full");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (text_equal_ignoring_case(kind, text_of(kinds[i].name))) {
            call->options->debug = kinds[i].level;
            call->options->debug_pdb_asked = kinds[i].wants_pdb;
            return;
        }
    // lld-link takes a list: /DEBUG:DWARF,SYMTAB
    if (text_find(kind, ',') < kind.size) {
        struct option_call one = *call;
        struct text rest = kind;
        while (rest.size) {
            one.value = text_split(&rest, ',');
            set_debug(&one);
        }
        return;
    }
    option_error(call, 1117, "/debug: unknown option: %.*s", TEXT_ARGUMENT(kind));
}

// /MANIFEST[:{EMBED[,ID=n]|NO}]
void set_manifest(const struct option_call *call)
{
    struct text value = call->value;
    uint64_t id;
    if (!call->has_value) {
        call->options->manifest = MANIFEST_SIDE_BY_SIDE;
    } else if (text_equal_ignoring_case(value, TEXT("no"))) {
        call->options->manifest = MANIFEST_NO;
    } else if (text_equal_ignoring_case(value, TEXT("embed"))) {
        call->options->manifest = MANIFEST_EMBED;
    } else if (text_starts_with_ignoring_case(value, TEXT("embed,id=")) &&
               number_parse(text_skip(value, 9), UINT16_MAX, &id) && id != 0) {
        call->options->manifest = MANIFEST_EMBED;
        call->options->manifest_id = (uint32_t)id;
    } else {
        option_invalid_argument(call, value);
    }
}

void add_manifest_dependency(const struct option_call *call)
{
    struct option_state *state = call->options->state;
    bool is_new;
    seen_add(&state->seen, state->arena, SEEN_MANIFEST_DEPENDENCY, call->value, &is_new);
    if (is_new)
        array_push(call->arena, &call->options->manifest_dependencies, call->value);
}

// /MANIFESTUAC[:{NO|level='...' uiAccess='...'}]; the values keep their quotes and go into the manifest as they are.
void set_manifest_uac(const struct option_call *call)
{
    struct text rest = call->value;
    if (text_equal_ignoring_case(rest, TEXT("no"))) {
        call->options->manifest_uac = false;
        return;
    }
    call->options->manifest_uac = true;
    for (;;) {
        rest = text_trim(rest);
        if (rest.size == 0)
            return;
        struct text part = text_split(&rest, ' ');
        if (text_starts_with_ignoring_case(part, TEXT("level="))) {
            call->options->manifest_level = text_skip(part, 6);
        } else if (text_starts_with_ignoring_case(part, TEXT("uiaccess="))) {
            call->options->manifest_ui_access = text_skip(part, 9);
        } else {
            option_invalid_argument(call, part);
            return;
        }
    }
}

void set_map(const struct option_call *call)
{
    call->options->map = true;
    call->options->map_file = call->value;
}

void set_map_info(const struct option_call *call)
{
    struct text rest = call->value;
    while (rest.size) {
        struct text what = text_split(&rest, ',');
        if (text_equal_ignoring_case(what, TEXT("exports")))
            call->options->map_exports = true;
        else if (!text_equal_ignoring_case(what, TEXT("lines"))) // of old debug formats, which link.exe dropped as well
            option_error(call, 1117, "unknown option: /mapinfo:%.*s", TEXT_ARGUMENT(what));
    }
}
