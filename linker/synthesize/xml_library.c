// Which library: the one whose headers this was built with, by the name under which the loader would have looked for
// it.
#include <dlfcn.h>
#include <string.h>

#include "common/diagnostics.h"

#ifdef HAVE_LIBXML2

#include "linker/synthesize/xml_library.h"

#if LIBXML_VERSION >= 21400
#define LIBRARY_NAME "libxml2.so.16"
#else
#define LIBRARY_NAME "libxml2.so.2"
#endif

// A function's address is an object's here (POSIX, dlsym), which C converts by copying only.
static bool bind(void *library, const char *name, void *place)
{
    void *symbol = dlsym(library, name);
    memcpy(place, &symbol, sizeof symbol);
    return symbol != NULL;
}

bool xml_library_load(struct xml_library *xml, struct diagnostics *diagnostics)
{
    void *library = dlopen(LIBRARY_NAME, RTLD_NOW | RTLD_LOCAL);
    xmlFreeFunc *free_function = library ? (xmlFreeFunc *)dlsym(library, "xmlFree") : NULL; // a variable
    bool is_bound = free_function != NULL;
#define XML_LIBRARY_BIND(name) is_bound = is_bound && bind(library, #name, &xml->name);
    XML_LIBRARY_FUNCTIONS(XML_LIBRARY_BIND)
#undef XML_LIBRARY_BIND
    if (!is_bound) {
        report_error(diagnostics, 1327, "cannot merge manifests: %s", dlerror());
        return false;
    }
    xml->free = *free_function;
    return true;
}

#endif
