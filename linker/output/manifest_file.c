// The manifest beside the image: NAME.exe.manifest, or what /MANIFESTFILE says. Written only where one was asked for and is not
// embedded (link.exe, "/MANIFEST"; like lld-link, no option means no file).
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
    struct text text = manifest_text(link);
    output_file_write(link->outputs, path, (struct bytes){(const uint8_t *)text.data, text.size});
}
