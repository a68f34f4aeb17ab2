// Objects are walked in parallel, each into an array of its own; the arrays are joined in the order of the objects, so
// that no thread decides which of two names comes first.
#include "linker/patch/link_functions.h"

#include "common/parallel.h"
#include "linker/input/import.h"
#include "linker/input/object.h"
#include "linker/input/object_reader.h"
#include "linker/link.h"
#include "linker/patch/codeview_functions.h"
#include "linker/patch/patch.h"
#include "linker/symbols/symbol.h"
#include "linker/time_report.h"

struct object_functions {
    const struct link *link;
    struct object *object;
    struct arena *arena;
    bool is_accepted;
    uint32_t *at_start; // for each kept section: index in `found` of what begins it, plus 1
    array_of(struct function_candidate) found;
    array_of(uint32_t) codeview; // numbers of .debug$S sections to be read
};

// The section whose bytes stand in the image for this one, or NULL.
static struct section *section_in_image(struct section *section)
{
    if (!section || section->is_discarded)
        return NULL;
    for (int i = 0; section->folded_into && i < 64; i++)
        section = section->folded_into;
    return section->chunk.output && section->chunk.is_code ? section : NULL;
}

// The reasons that a link knows before any byte is looked at.
static uint16_t policy_reasons(const struct object_functions *functions, const struct section *section, uint32_t value,
                               bool is_folded)
{
    const struct link *link = functions->link;
    unsigned reasons = 0;
    if (link->pads.size == 0 || !functions->is_accepted)
        reasons |= REASON_BIT(REASON_NOT_ACCEPTED);
    else if (pads_of_function(link, section_name(section)) == 0)
        reasons |= REASON_BIT(REASON_EXCLUDED);
    if (value != 0)
        reasons |= REASON_BIT(REASON_NOT_SEPARABLE);
    if (is_folded)
        reasons |= REASON_BIT(REASON_FOLDED);
    return (uint16_t)reasons;
}

// A candidate at an offset of one of the object's sections, if that is code in the image.
static struct function_candidate *add_at(struct object_functions *functions, int32_t section_number, uint32_t value)
{
    if (section_number <= 0 || (uint32_t)section_number > functions->object->section_count)
        return NULL;
    struct section *section = object_section(functions->object, section_number);
    struct section *placed = section_in_image(section);
    if (!placed || value >= placed->chunk.size)
        return NULL;
    struct function_candidate candidate = {
        .object = functions->object->display,
        .chunk = &placed->chunk,
        .rva = placed->chunk.rva + value,
        .limit = placed->chunk.rva + placed->chunk.size,
        .reasons = policy_reasons(functions, section, value, placed != section),
        .end_rank = END_GUESSED,
        .is_accepted = functions->is_accepted,
    };
    array_push(functions->arena, &functions->found, candidate);
    return &functions->found.items[functions->found.count - 1];
}

static void look_at_section_symbol(struct object_functions *functions, int32_t number, uint32_t symbol)
{
    const struct object *object = functions->object;
    if (number <= 0 || (uint32_t)number > object->section_count || object->claims[number].is_for_image)
        return;
    if (codeview_section_matters(object, (uint32_t)number, symbol))
        array_push(functions->arena, &functions->codeview, (uint32_t)number);
}

// Function symbols; external symbols without a type where a section begins with one, or, tentatively, anywhere; labels.
static void add_symbols(struct object_functions *functions)
{
    struct object *object = functions->object;
    for (uint32_t index = 0, next; index < object->symbol_count; index = next) {
        struct object_symbol symbol = object_symbol_fields(object, index);
        bool is_function = symbol.type == COFF_TYPE_FUNCTION;
        bool is_external = symbol.storage_class == STORAGE_EXTERNAL;
        bool is_label = symbol.storage_class == STORAGE_LABEL;
        next = index + 1 + symbol.aux_count;
        if (symbol.storage_class == STORAGE_STATIC && symbol.value == 0 && symbol.aux_count && object->has_codeview)
            look_at_section_symbol(functions, symbol.section_number, index);
        if (symbol.section_number <= 0 || (!is_function && !is_external && !is_label))
            continue;
        struct function_candidate *candidate = add_at(functions, symbol.section_number, symbol.value);
        if (!candidate)
            continue;
        const struct symbol *global = object_global(object, index);
        candidate->name = global ? symbol_name(global) : text_copy(functions->arena, object_symbol_name(object, index));
        candidate->source = SOURCE_SYMBOL;
        candidate->name_rank = is_external ? NAME_EXTERNAL : NAME_STATIC;
        candidate->is_tentative = !is_function && symbol.value != 0;
        candidate->is_label = is_label;
        struct section *section = object_section(object, symbol.section_number);
        if (symbol.value == 0 && !is_label)
            functions->at_start[section - object->kept] = (uint32_t)functions->found.count;
    }
}

// A procedure record adds its length to what a symbol has said of the same place, which is nearly always there; else it
// is a candidate itself.
static void add_procedure(void *context, const struct codeview_function *procedure)
{
    struct object_functions *functions = context;
    struct section *section = object_section(functions->object, procedure->section_number);
    if (!section)
        return;
    uint32_t known = procedure->value ? 0 : functions->at_start[section - functions->object->kept];
    struct function_candidate *candidate =
        known ? &functions->found.items[known - 1] : add_at(functions, procedure->section_number, procedure->value);
    if (!candidate)
        return;
    candidate->size = procedure->size;
    candidate->source |= SOURCE_CODEVIEW;
    candidate->end_rank = procedure->size ? END_CODEVIEW : END_GUESSED;
    candidate->is_tentative = false;
    if (!known) {
        candidate->name = text_copy(functions->arena, procedure->name); // the record is borrowed
        candidate->name_rank = NAME_CODEVIEW;
    }
}

static void object_functions_find(struct object_functions *functions)
{
    size_t kept = functions->object->kept_count;
    functions->found.capacity = kept / 2 + 8; // code, its unwind data and constants: a third are functions
    functions->found.items = arena_array(functions->arena, struct function_candidate, functions->found.capacity);
    functions->at_start = arena_array(functions->arena, uint32_t, kept);
    functions->is_accepted = functions->link->options.function_pad_all || object_is_accepted(functions->object);
    add_symbols(functions);
    for (size_t i = 0; i < functions->codeview.count; i++)
        codeview_functions_find(functions->object, functions->codeview.items[i], add_procedure, functions);
}

// Functions that the linker made: import thunks by the import's name, others by what they are.
static void add_synthesized(struct examination *examination, const struct link *link, const struct chunk *chunk,
                            struct text name, struct text object, uint16_t source)
{
    if (!chunk->is_live || !chunk->output || !chunk->size)
        return;
    unsigned reasons = link->pads.size == 0 ? REASON_BIT(REASON_NOT_ACCEPTED) : 0;
    if (link->pads.size && chunk->pad == 0)
        reasons = REASON_BIT(REASON_EXCLUDED);
    struct function_candidate candidate = {
        .name = name,
        .object = object,
        .chunk = chunk,
        .rva = chunk->rva,
        .size = chunk->size,
        .source = source,
        .reasons = (uint16_t)reasons,
        .name_rank = NAME_STATIC,
        .end_rank = END_SYMBOL,
        .is_accepted = true,
    };
    examination_add(examination, &candidate);
}

static void add_linker_functions(struct examination *examination, const struct link *link)
{
    for (size_t i = 0; i < link->imports.count; i++) {
        const struct import *import = link->imports.items[i];
        struct text name = import->symbol ? symbol_name(import->symbol) : import->header.symbol;
        struct text object = import->object ? import->object->display : import->header.dll;
        add_synthesized(examination, link, &import->thunk, name, object, SOURCE_IMPORT_THUNK);
    }
    for (size_t i = 0; i < link->synthesized.count; i++) {
        const struct chunk *chunk = link->synthesized.items[i];
        if (chunk->is_function)
            add_synthesized(examination, link, chunk, text_of(chunk->kind->name), TEXT(""), SOURCE_LINKER);
    }
}

void link_functions_add(struct examination *examination, struct link *link)
{
    size_t count = link->objects.count;
    struct object_functions *all = arena_array(&examination->arenas[0], struct object_functions, count);
    struct object_buffer *buffers =
        arena_array(&examination->arenas[0], struct object_buffer, (size_t)link->thread_count);

#pragma omp parallel for schedule(dynamic, 4) if (count > 8)
    for (size_t i = 0; i < count; i++) {
        struct object *object = link->objects.items[i];
        if (object->import || object->is_failed)
            continue;
        all[i] = (struct object_functions){.link = link, .object = object};
        all[i].arena = &examination->arenas[thread_index()];
        uint64_t begin = time_slice_begin(link);
        if (object_tables_borrow(link, object, TABLE_HEADERS | TABLE_SYMBOLS | TABLE_STRINGS)) {
            object_debug_borrow(link, object, &buffers[thread_index()]);
            object_functions_find(&all[i]);
            object_debug_return(object);
        }
        object_tables_return(object);
        time_slice_end(link, begin, "find functions", object->display);
    }
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += all[i].found.count;
    examination_expect(examination, found);
    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < all[i].found.count; c++)
            examination_add(examination, &all[i].found.items[c]);
    add_linker_functions(examination, link);
}
