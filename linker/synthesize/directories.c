// The sixteen data directories of the optional header: RVA and size of each table, once everything has an RVA (PE
// format, "Optional Header Data Directories"). Tables that are made of contributions reach from the first to the end of
// the last, so that what objects bring (long import libraries, export directories and resources made by other tools)
// counts like what is made here.
#include "linker/link.h"
#include "linker/sections/sections.h"
#include "linker/synthesize/base_relocations.h"
#include "linker/synthesize/debug_directory.h"
#include "linker/synthesize/exception_table.h"
#include "linker/synthesize/exports.h"
#include "linker/synthesize/image_place.h"
#include "linker/synthesize/imports.h"
#include "linker/synthesize/load_config.h"
#include "linker/synthesize/resources.h"
#include "linker/synthesize/synthesize.h"
#include "linker/synthesize/tls.h"

static struct directory chunk_directory(const struct chunk *chunk)
{
    return chunk && chunk->size ? (struct directory){chunk->rva, chunk->size} : (struct directory){0, 0};
}

static struct directory range_directory(struct chunk_range range)
{
    return range.size ? (struct directory){range.rva, range.size} : (struct directory){0, 0};
}

// Descriptors, and the empty one that ends them in a group of its own right behind.
static struct directory import_directory(const struct link *link)
{
    struct chunk_range descriptors = section_group_range(link, TEXT(".idata$2"));
    struct chunk_range end = section_group_range(link, TEXT(".idata$3"));
    if (!descriptors.size)
        return (struct directory){0, 0};
    if (end.size && end.rva >= descriptors.rva)
        descriptors.size = end.rva + end.size - descriptors.rva;
    return range_directory(descriptors);
}

static struct directory export_directory(const struct link *link)
{
    if (link->export_state && link->export_state->directory)
        return chunk_directory(link->export_state->directory);
    struct group_span span = group_span_of(link, TEXT(".edata"));
    return span.bytes ? (struct directory){span.rva, span.span} : (struct directory){0, 0};
}

void directories_settle(struct link *link)
{
    struct directory *directories = link->directories;
    directories[DIRECTORY_EXPORT] = export_directory(link);
    directories[DIRECTORY_IMPORT] = import_directory(link);
    directories[DIRECTORY_IMPORT_ADDRESS] = range_directory(section_group_range(link, TEXT(".idata$5")));
    directories[DIRECTORY_RESOURCE] = resource_directory(link);
    directories[DIRECTORY_EXCEPTION] = exception_table_directory(link);
    directories[DIRECTORY_TLS] = tls_directory(link);
    directories[DIRECTORY_LOAD_CONFIG] = load_config_directory(link);
    if (link->base_relocation_state)
        directories[DIRECTORY_BASE_RELOCATION] = chunk_directory(&link->base_relocation_state->chunk);
    if (link->debug_state)
        directories[DIRECTORY_DEBUG] = chunk_directory(&link->debug_state->directory);
    if (link->import_state)
        directories[DIRECTORY_DELAY_IMPORT] = chunk_directory(&link->import_state->delayed.directory.chunk);
}
