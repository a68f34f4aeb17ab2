// What selection has left of each object is taken over: its sections, the places of its symbols in them, their bytes and
// relocations. It is the second and last time that a link looks at all of an object's tables.
#include "common/parallel.h"
#include "linker/input/input.h"
#include "linker/input/object_reader.h"
#include "linker/input/section_reader.h"
#include "linker/link.h"
#include "linker/symbols/resolution.h"
#include "linker/symbols/symbols.h"
#include "linker/time_report.h"

static void object_keep(struct link *link, struct object *object, struct section_reader *reader)
{
    object_comdats_discard(link, object);
    if (object_tables_borrow(link, object, TABLE_HEADERS | TABLE_SYMBOLS)) {
        object_keep_sections(link, object);
        object_places_settle(link, object);
    }
    object_tables_return(object);
    object_read_sections(link, object, reader);
}

void objects_keep(struct link *link)
{
    struct section_reader *readers = arena_array(link_arena(link), struct section_reader, (size_t)link->thread_count);
#pragma omp parallel for schedule(dynamic, 4) if (link->objects.count > 8)
    for (size_t i = 0; i < link->objects.count; i++) {
        struct object *object = link->objects.items[i];
        diagnostics_set_order(link->diagnostics, i);
        uint64_t begin = time_slice_begin(link);
        object_keep(link, object, &readers[thread_index()]);
        time_slice_end(link, begin, "keep sections", object->display);
    }
    diagnostics_flush(link->diagnostics);
}
