// Thread-local data (PE format, "The .tls Section"). The program brings the directory itself, `_tls_used` of its C run
// time:
//
//   pointer start, end of the template   pointer index   pointer callbacks   le32 zero fill   le32 characteristics
//
// All but one field is settled by relocations: only the linker knows how the template's parts have to be aligned, which
// bits 20 to 23 of the characteristics say as a section header does.
#include "linker/synthesize/tls.h"

#include "linker/symbols/symbol.h"
#include "linker/synthesize/image_place.h"
#include "linker/synthesize/synthesize.h"
#include "linker/target/target.h"

static uint32_t directory_size(const struct link *link)
{
    return 4 * link->target->pointer_size + 8;
}

struct directory tls_directory(struct link *link)
{
    const struct symbol *symbol = link->tls_used ? symbol_resolve(link->tls_used) : NULL;
    if (!symbol || !symbol_is_defined(symbol) || !symbol->chunk)
        return (struct directory){0, 0};
    uint32_t size = directory_size(link);
    if (symbol->value > symbol->chunk->size || symbol->chunk->size - symbol->value < size) {
        report_error(link->diagnostics, 0, "_tls_used is malformed: it needs %u bytes", size);
        return (struct directory){0, 0};
    }
    return (struct directory){(uint32_t)symbol_rva(link, symbol), size};
}

void tls_directory_finish(struct link *link)
{
    struct directory directory = link->directories[DIRECTORY_TLS];
    struct group_span template = group_span_of(link, TEXT(".tls"));
    if (!directory.size || !template.count)
        return;
    uint8_t *bytes = image_bytes_at(link, directory.rva, directory.size);
    if (!bytes)
        return;
    uint8_t *characteristics = bytes + directory.size - 4;
    uint32_t others = load32(characteristics) & ~(uint32_t)SECTION_ALIGN_MASK;
    store32(characteristics, others | (uint32_t)(template.alignment_shift + 1) << 20);
}
