// The manifest tells Windows which rights a program wants and which side-by-side assemblies it uses (Microsoft,
// "Application Manifests"; link.exe, /MANIFEST, /MANIFESTUAC, /MANIFESTDEPENDENCY). The text is that of lld-link, so
// that builds which compare it find no difference.
//
// /MANIFESTINPUT merges files into it as mt.exe does (manifest_merge.c), which takes an XML library: a build without
// one says so.
#include "linker/synthesize/manifest.h"

#include "common/text_buffer.h"
#include "linker/link.h"
#include "linker/synthesize/manifest_merge.h"

static struct text default_text(struct link *link)
{
    const struct options *options = &link->options;
    struct text_buffer text = {.arena = link_arena(link)};
    text_buffer_put(&text, TEXT("<?xml version=\"1.0\" standalone=\"yes\"?>\n"
                                "<assembly xmlns=\"urn:schemas-microsoft-com:asm.v1\"\n"
                                "          manifestVersion=\"1.0\">\n"));
    if (options->manifest_uac)
        text_buffer_format(&text,
                           "  <trustInfo>\n"
                           "    <security>\n"
                           "      <requestedPrivileges>\n"
                           "         <requestedExecutionLevel level=%.*s uiAccess=%.*s/>\n"
                           "      </requestedPrivileges>\n"
                           "    </security>\n"
                           "  </trustInfo>\n",
                           TEXT_ARGUMENT(options->manifest_level), TEXT_ARGUMENT(options->manifest_ui_access));
    for (size_t i = 0; i < options->manifest_dependencies.count; i++)
        text_buffer_format(&text,
                           "  <dependency>\n"
                           "    <dependentAssembly>\n"
                           "      <assemblyIdentity %.*s />\n"
                           "    </dependentAssembly>\n"
                           "  </dependency>\n",
                           TEXT_ARGUMENT(options->manifest_dependencies.items[i]));
    text_buffer_put(&text, TEXT("</assembly>\n"));
    return text_buffer_text(&text);
}

struct text manifest_text(struct link *link)
{
    struct text text = default_text(link);
    if (link->options.manifest_inputs.count)
        text = manifest_merge(link, text);
    return text;
}
