// An object's tables: header, sections with names, bytes and relocations, symbols with names and auxiliary records.
#include "linker/input/input.h"
#include "linker/input/section_reader.h"
#include "linker/link.h"
#include "linker/settings.h"
#include "tests/fuzz/fuzz.h"

static void read_sections(const struct object *object)
{
    for (uint32_t i = 0; i < object->kept_count; i++) {
        const struct section *section = &object->kept[i];
        fuzz_read_text(section_name(section));
        fuzz_read_all(section_content(section));
        fuzz_read_all((struct bytes){(const uint8_t *)section->relocations,
                                     section->relocation_count * sizeof(struct coff_relocation)});
    }
}

static void read_symbols(const struct object *object)
{
    for (uint32_t i = 0; i < object->symbol_count; i++) {
        struct object_symbol symbol = object_symbol_at(object, i);
        fuzz_read_text(symbol.name);
        for (uint32_t k = 0; k < symbol.aux_count; k++) {
            const void *auxiliary = object_auxiliary_at(object, i, k);
            if (auxiliary)
                fuzz_read_all((struct bytes){auxiliary, sizeof(struct coff_symbol)});
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct link *link = link_create("mylink");
    struct section_reader reader = {0};
    struct object object = {.path = TEXT("fuzz.obj"), .display = TEXT("fuzz.obj"), .content = {data, size}};
    if (object_read_header(link, &object, object.content) && object_read_tables(link, &object)) {
        object_keep_sections(link, &object);
        object_read_sections(link, &object, &reader);
        read_sections(&object);
        read_symbols(&object);
    }
    fuzz_link_release(link);
    return 0;
}
