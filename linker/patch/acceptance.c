// How an object was compiled, as its CodeView compile record tells: S_COMPILE3 (or S_COMPILE2) carries a flag for
// /hotpatch, and compilers for x64, ARM and ARM64 set it always. An object with no record at all is accepted on those
// three machines and not on x86; one with a record and no flag (an assembler writes such) is not accepted anywhere
// (design, "Pads: the contract").
//
// The record stands in the first .debug$S section, among its first symbols.
#include "common/codeview.h"
#include "common/file.h"
#include "linker/input/object.h"
#include "linker/link.h"
#include "linker/patch/patch.h"

enum { START_SIZE = 4096 }; // bytes of the section that are enough, nearly always

// The beginning of the first .debug$S; the mapping is left alone where the file is open, as nobody else may need it.
static struct bytes codeview_start(struct link *link, const struct object *object, uint8_t buffer[START_SIZE])
{
    struct file_extent first = object->codeview;
    size_t size = first.size < START_SIZE ? (size_t)first.size : START_SIZE;
    if (object->file && size && bytes_contain(object->content, first.offset, size) &&
        file_read(object->file, object->file_base + first.offset, buffer, size, link->diagnostics))
        return (struct bytes){buffer, size};
    return object_bytes(object, first.offset, size);
}

static void object_acceptance_read(struct link *link, struct object *object)
{
    struct codeview_compile_record record = {0};
    const struct file_extent *first = &object->codeview;
    uint8_t buffer[START_SIZE];
    // What is cut off by us is no lie: if the record is not at the beginning, the search is made again, in all there
    // is.
    codeview_find_compile_record(codeview_start(link, object, buffer), &record);
    for (uint32_t number = 1; first->size && number <= object->section_count && !record.found; number++) {
        if (!object_section_is_codeview(object, number))
            continue;
        const struct coff_section_header *header = object_header(object, number);
        struct bytes content = object_bytes(object, le32_get(header->raw_offset), le32_get(header->raw_size));
        const char *problem = codeview_find_compile_record(content, &record);
        if (problem)
            report_warning(link->diagnostics, 4099, "%.*s: section %u (.debug$S): %s", TEXT_ARGUMENT(object->display),
                           number, problem);
    }
    if (!record.found)
        object->acceptance = ACCEPTANCE_NO_RECORD;
    else
        object->acceptance = record.hotpatch ? ACCEPTANCE_HOTPATCH_FLAG : ACCEPTANCE_NO_FLAG;
}

void acceptance_read(struct link *link)
{
    if (!options_want_acceptance(&link->options))
        return;
#pragma omp parallel for schedule(dynamic, 8) if (link->objects.count > 16)
    for (size_t i = 0; i < link->objects.count; i++) {
        struct object *object = link->objects.items[i];
        diagnostics_set_order(link->diagnostics, i);
        if (!object->import && !object->is_failed)
            object_acceptance_read(link, object);
    }
    diagnostics_flush(link->diagnostics);
}
