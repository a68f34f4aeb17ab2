// The manifest as a file beside the image (/MANIFEST): "app.exe.manifest", where the loader looks for it, or where
// /MANIFESTFILE says. An embedded one is a resource (synthesize/).
#include "common/output_file.h"
#include "linker/link.h"
#include "linker/output/output.h"
#include "linker/synthesize/manifest.h"

void manifest_file_write(struct link *link)
{
    const struct options *options = &link->options;
    if (options->manifest != MANIFEST_SIDE_BY_SIDE)
        return;
    struct text path = options->manifest_file;
    if (!path.size)
        path = text_format(link_arena(link), "%.*s.manifest", TEXT_ARGUMENT(options->output));
    struct text manifest = manifest_text(link);
    output_file_write(link->outputs, path, (struct bytes){(const uint8_t *)manifest.data, manifest.size});
}
