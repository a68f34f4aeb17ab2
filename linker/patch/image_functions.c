#include "linker/patch/image_functions.h"

#include "common/thumb_instructions.h"
#include "linker/patch/image_thunks.h"
#include "linker/patch/sweep.h"

bool image_examine(struct examination *examination, const struct pe_image *image, struct pe_problem *problem)
{
    uint16_t machine = image->machine;
    if (machine != MACHINE_X86 && machine != MACHINE_X64 && machine != MACHINE_ARM && machine != MACHINE_ARM64) {
        *problem = (struct pe_problem){.what = "the image is for a machine that mylink does not know"};
        return false;
    }
    examination->machine = machine;
    examination->image_base = image->image_base;
    examination->file_size = image->content.size;
    examination->timestamp = image->timestamp;
    examination->sections = arena_array(&examination->arenas[0], struct examined_section, image->section_count);
    uint64_t code = 0;
    for (uint32_t i = 0; i < image->section_count; i++) {
        const struct pe_section *from = &image->sections[i];
        bool fits = from->content.size <= from->virtual_size;
        struct examined_section section = {
            .name = from->name,
            .data = from->content.data,
            .rva = from->rva,
            .virtual_size = from->virtual_size,
            .size = fits ? (uint32_t)from->content.size : from->virtual_size,
            .is_code = (from->characteristics & SECTION_EXECUTE) != 0,
        };
        if (section.is_code) {
            if (code == 0)
                examination->code_start = section.rva;
            examination->code_end = section.rva + section.size; // sections come by rising RVA
            code += section.size;
        }
        examination->sections[examination->section_count++] = section;
    }
    if (code > image->content.size) { // a small file that claims terabytes of code would never be decoded to its end
        *problem = (struct pe_problem){.what = "sections of code share the same bytes of the file"};
        return false;
    }
    return true;
}

// The function that a chained unwind record of x64 belongs to: follows the chain, which compilers keep to one step. 0
// where it lies.
static uint32_t chain_owner(const struct pe_image *image, uint32_t unwind_rva)
{
    enum { CHAINED = 4, LONGEST = 32 };
    uint32_t owner = 0;
    for (int i = 0; i < LONGEST; i++) {
        struct bytes info = pe_image_at_rva(image, unwind_rva, 4);
        if (info.size == 0 || !(info.data[0] >> 3 & CHAINED))
            break;
        uint32_t codes = (uint32_t)(info.data[2] + 1) / 2 * 2 * 2;
        struct bytes parent = pe_image_at_rva(image, (uint64_t)unwind_rva + 4 + codes, 12);
        if (parent.size == 0)
            break;
        owner = load32(parent.data);
        unwind_rva = load32(parent.data + 8);
    }
    return owner;
}

static bool add_unwind(struct examination *examination, const struct pe_image *image, struct pe_problem *problem)
{
    struct pe_functions functions;
    struct pe_function record;
    pe_functions_open(&functions, image);
    while (pe_functions_next(&functions, &record)) {
        struct function_candidate candidate = {
            .rva = record.begin_rva,
            .size = record.end_rva - record.begin_rva,
            .source = SOURCE_UNWIND,
            .name_rank = NAME_NONE,
            .end_rank = END_UNWIND,
        };
        if (record.is_fragment && image->machine == MACHINE_X64) {
            candidate.is_part = true;
            candidate.owner = chain_owner(image, record.unwind_rva);
        } else {
            candidate.is_fragment = record.is_fragment;
        }
        examination_add(examination, &candidate);
    }
    *problem = functions.problem;
    return !problem->what;
}

static bool add_exports(struct examination *examination, const struct pe_image *image, struct pe_problem *problem)
{
    struct pe_exports exports;
    struct pe_export export;
    pe_exports_open(&exports, image, &examination->arenas[0]);
    while (pe_exports_next(&exports, &export)) {
        struct function_candidate candidate = {
            .rva = export.rva,
            .name = export.name,
            .source = SOURCE_EXPORT,
            .name_rank = NAME_EXPORT,
            .end_rank = END_GUESSED,
        };
        if (export.rva && export.forwarder.size == 0)
            examination_add(examination, &candidate);
    }
    *problem = exports.problem;
    return !problem->what;
}

static void add_table(struct examination *examination, const struct pe_guard_table *table)
{
    for (uint32_t i = 0; i < table->count; i++) {
        struct function_candidate candidate = {
            .rva = pe_guard_table_rva(table, i),
            .source = SOURCE_GUARD_TABLE,
            .name_rank = NAME_NONE,
            .end_rank = END_GUESSED,
        };
        examination_add(examination, &candidate);
    }
}

static bool add_guard_tables(struct examination *examination, const struct pe_image *image, struct pe_problem *problem)
{
    struct pe_load_config config;
    *problem = (struct pe_problem){0};
    if (pe_load_config_read(image, &config, problem)) {
        add_table(examination, &config.functions);
        add_table(examination, &config.safe_seh);
    }
    return !problem->what;
}

// A function's symbol says so by its type; another external one may be an assembler's function, and counts when code
// calls it.
static bool add_symbols(struct examination *examination, const struct pe_image *image, struct pe_problem *problem)
{
    struct pe_symbols symbols;
    struct pe_symbol symbol;
    pe_symbols_open(&symbols, image);
    while (pe_symbols_next(&symbols, &symbol)) {
        bool is_function = symbol.type == COFF_TYPE_FUNCTION;
        bool is_external = symbol.storage_class == STORAGE_EXTERNAL;
        bool is_label = symbol.storage_class == STORAGE_LABEL;
        if (symbol.rva > UINT32_MAX || (!is_function && !is_external && !is_label))
            continue;
        struct function_candidate candidate = {
            .rva = (uint32_t)symbol.rva,
            .name = symbol.name,
            .source = SOURCE_SYMBOL,
            .name_rank = is_external ? NAME_EXTERNAL : NAME_STATIC,
            .end_rank = END_GUESSED,
            .is_tentative = !is_function,
            .is_label = is_label,
        };
        examination_add(examination, &candidate);
    }
    *problem = symbols.problem;
    return !problem->what;
}

bool image_functions_add(struct examination *examination, const struct pe_image *image, bool with_symbols,
                         struct pe_problem *problem)
{
    struct function_candidate entry = {
        .rva = image->entry_rva, .source = SOURCE_ENTRY_POINT, .name_rank = NAME_NONE, .end_rank = END_GUESSED};
    if (image->entry_rva)
        examination_add(examination, &entry);
    return (!with_symbols || add_symbols(examination, image, problem)) && add_unwind(examination, image, problem) &&
           add_exports(examination, image, problem) && add_guard_tables(examination, image, problem) &&
           image_thunks_add(examination, image, problem);
}

bool image_pointers_note(struct examination *examination, const struct pe_image *image, struct pe_problem *problem)
{
    struct pe_relocations relocations;
    struct pe_relocation relocation;
    pe_relocations_open(&relocations, image);
    while (pe_relocations_next(&relocations, &relocation)) {
        uint32_t size = relocation.type == BASE_DIR64 || relocation.type == BASE_THUMB_MOV32 ? 8 : 4;
        struct bytes field = pe_image_at_rva(image, relocation.rva, size);
        uint64_t address = 0;
        if (field.size == 0)
            continue;
        if (relocation.type == BASE_DIR64)
            address = load64(field.data);
        else if (relocation.type == BASE_HIGHLOW)
            address = load32(field.data);
        else if (relocation.type == BASE_THUMB_MOV32)
            address = thumb_pair_value(field);
        uint64_t rva = address - image->image_base;
        if (image->machine == MACHINE_ARM)
            rva &= ~UINT64_C(1);
        sweep_note_pointer(examination, relocation.rva, rva);
    }
    *problem = relocations.problem;
    return !problem->what;
}
