// The load configuration (PE format, "The Load Configuration Structure"): what the loader and the system's mitigations
// want to know of an image. The program brings it itself, `_load_config_used` of its C run time, and its first field is
// its size. Most of its fields are addresses of the run time's variables or of tables that the linker makes, and come
// in by relocations against the linker's names; a structure of one's own that leaves them out gets lld-link's warnings,
// because then the tables are there and nobody finds them.
#include "linker/synthesize/load_config.h"

#include "linker/input/object.h"
#include "linker/symbols/symbol.h"
#include "linker/synthesize/image_place.h"
#include "linker/synthesize/synthesize.h"
#include "linker/target/target.h"

struct directory load_config_directory(struct link *link)
{
    const struct symbol *symbol = link->load_config_used ? symbol_resolve(link->load_config_used) : NULL;
    if (!symbol || !symbol_is_defined(symbol) || !symbol->chunk)
        return (struct directory){0, 0};
    struct bytes content = {NULL, 0};
    if (symbol->chunk->is_section)
        content = bytes_from(section_content(section_of_chunk(symbol->chunk)), symbol->value);
    if (content.size < 4) {
        report_error(link->diagnostics, 0, "_load_config_used is malformed");
        return (struct directory){0, 0};
    }
    uint32_t size = load32(content.data);
    if (size > content.size) {
        report_error(link->diagnostics, 0, "_load_config_used is too large: it says %u bytes, and its section has %zu",
                     size, content.size);
        return (struct directory){0, 0};
    }
    return (struct directory){(uint32_t)symbol_rva(link, symbol), size};
}

// A field: offsets in the 32-bit and the 64-bit structure, and how wide it is there.
struct field {
    const char *name;
    uint16_t offset32, offset64;
    uint8_t size32, size64;
};

static const struct field handler_table = {"SEHandlerTable", 64, 96, 4, 8};
static const struct field handler_count = {"SEHandlerCount", 68, 104, 4, 8};
static const struct field function_table = {"GuardCFFunctionTable", 80, 128, 4, 8};
static const struct field function_count = {"GuardCFFunctionCount", 84, 136, 4, 8};
static const struct field guard_flags = {"GuardFlags", 88, 144, 4, 4};
static const struct field import_table = {"GuardAddressTakenIatEntryTable", 104, 160, 4, 8};
static const struct field import_count = {"GuardAddressTakenIatEntryCount", 108, 168, 4, 8};
static const struct field long_jump_table = {"GuardLongJumpTargetTable", 112, 176, 4, 8};
static const struct field long_jump_count = {"GuardLongJumpTargetCount", 116, 184, 4, 8};
static const struct field continuation_table = {"GuardEHContinuationTable", 164, 264, 4, 8};
static const struct field continuation_count = {"GuardEHContinuationCount", 168, 272, 4, 8};
enum { DEPENDENT_LOAD_FLAGS32 = 54, DEPENDENT_LOAD_FLAGS64 = 78 };

struct load_config {
    struct link *link;
    uint8_t *bytes;
    uint32_t size;
    bool is_wide;
};

static bool has_field(const struct load_config *config, const struct field *field)
{
    uint32_t end = config->is_wide ? field->offset64 + field->size64 : field->offset32 + field->size32;
    return config->size >= end;
}

// Like has_field; warns where it is not there.
static bool wants_field(const struct load_config *config, const struct field *field)
{
    if (has_field(config, field))
        return true;
    report_warning(config->link->diagnostics, 0, "'_load_config_used' structure too small to include %s", field->name);
    return false;
}

// The field has to say what the symbol of the linker's means: a table's VA, or a number.
static void field_check(const struct load_config *config, const struct field *field, const char *symbol_name)
{
    struct link *link = config->link;
    const struct symbol *symbol = symbol_find(link, symbol_decorate(link, text_of(symbol_name)));
    if (!symbol || !symbol->is_synthetic)
        return;
    const uint8_t *at = config->bytes + (config->is_wide ? field->offset64 : field->offset32);
    uint64_t value = (config->is_wide ? field->size64 : field->size32) == 8 ? load64(at) : load32(at);
    uint64_t expected = link->image_base + symbol_rva(link, symbol);
    if (!config->is_wide)
        expected = (uint32_t)expected;
    if (value != expected)
        report_warning(link->diagnostics, 0, "%s not set correctly in '_load_config_used'", field->name);
}

static void guard_check(const struct load_config *config)
{
    const struct options *options = &config->link->options;
    if (!options->guard_cf || !wants_field(config, &guard_flags))
        return;
    field_check(config, &function_table, "__guard_fids_table");
    field_check(config, &function_count, "__guard_fids_count");
    field_check(config, &guard_flags, "__guard_flags");
    if (has_field(config, &import_count)) {
        field_check(config, &import_table, "__guard_iat_table");
        field_check(config, &import_count, "__guard_iat_count");
    }
    if (options->guard_long_jump && wants_field(config, &long_jump_count)) {
        field_check(config, &long_jump_table, "__guard_longjmp_table");
        field_check(config, &long_jump_count, "__guard_longjmp_count");
    }
    if (options->guard_ehcont && wants_field(config, &continuation_count)) {
        field_check(config, &continuation_table, "__guard_eh_cont_table");
        field_check(config, &continuation_count, "__guard_eh_cont_count");
    }
}

static void alignment_check(struct link *link, const struct symbol *symbol)
{
    unsigned expected = link->target->pointer_size;
    unsigned alignment = 1u << symbol->chunk->alignment_shift;
    uint64_t rva = symbol_rva(link, symbol);
    if (alignment < expected)
        report_warning(link->diagnostics, 0,
                       "'_load_config_used' is misaligned (expected alignment to be %u bytes, got %u instead)",
                       expected, alignment);
    else if (rva % expected)
        report_warning(link->diagnostics, 0,
                       "'_load_config_used' is misaligned (RVA is 0x%llx not aligned to %u bytes)",
                       (unsigned long long)rva, expected);
}

// /DEPENDENTLOADFLAG: flags with which the loader looks for the image's DLLs.
static void dependent_load_flags_set(const struct load_config *config)
{
    uint32_t offset = config->is_wide ? DEPENDENT_LOAD_FLAGS64 : DEPENDENT_LOAD_FLAGS32;
    if (config->link->options.dependent_load_flags_given && config->size >= offset + 2)
        store16(config->bytes + offset, config->link->options.dependent_load_flags);
}

void load_config_finish(struct link *link)
{
    struct directory directory = link->directories[DIRECTORY_LOAD_CONFIG];
    if (!directory.size) {
        if (link->options.guard_cf)
            report_warning(link->diagnostics, 0, "Control Flow Guard is enabled but '_load_config_used' is missing");
        return;
    }
    struct load_config config = {link, image_bytes_at(link, directory.rva, directory.size), directory.size,
                                 link->target->pointer_size == 8};
    if (!config.bytes)
        return;
    alignment_check(link, symbol_resolve(link->load_config_used));
    dependent_load_flags_set(&config);
    if (link->machine == MACHINE_X86 && has_field(&config, &handler_count)) {
        field_check(&config, &handler_table, "__safe_se_handler_table");
        field_check(&config, &handler_count, "__safe_se_handler_count");
    }
    guard_check(&config);
}
