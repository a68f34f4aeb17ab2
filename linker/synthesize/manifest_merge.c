// Merges manifests as mt.exe does (Microsoft, "Mt.exe", -manifest). Elements of which a manifest has one (the assembly,
// its identity, what it trusts) are merged with the one that is there: attributes are added, and the same attribute
// with another value is a conflict that only the user can solve; their children are merged likewise. All other
// elements, such as dependencies and files, are added behind.
#include "linker/synthesize/manifest_merge.h"

#include "common/file.h"
#include "linker/link.h"

#ifdef HAVE_LIBXML2

#include "linker/synthesize/xml_library.h"

struct merge {
    struct link *link;
    const struct xml_library *xml;
    struct text source; // the file that is merged
    bool failed;
};

static void merge_complain(struct merge *merge, const char *what, const xmlChar *element, const xmlChar *attribute)
{
    report_error(merge->link->diagnostics, 1327, "%.*s: %s: %s of %s", TEXT_ARGUMENT(merge->source), what,
                 (const char *)attribute, (const char *)element);
    merge->failed = true;
}

static bool is_same(const xmlChar *a, const xmlChar *b)
{
    return a && b && strcmp((const char *)a, (const char *)b) == 0;
}

// What a manifest has once.
static bool is_single(const xmlNode *node)
{
    static const char *const names[] = {
        "application", "assembly",  "assemblyIdentity",        "compatibility",       "noInherit",
        "security",    "trustInfo", "requestedExecutionLevel", "requestedPrivileges",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (is_same(node->name, (const xmlChar *)names[i]))
            return true;
    return false;
}

static xmlNode *child_named(xmlNode *parent, const xmlChar *name)
{
    for (xmlNode *child = parent->children; child; child = child->next)
        if (child->type == XML_ELEMENT_NODE && is_same(child->name, name))
            return child;
    return NULL;
}

// The namespace as seen from an element, under a prefix that attributes can have; declared there where nobody above
// has.
static xmlNs *attribute_namespace(const struct xml_library *xml, xmlNode *element, const xmlNs *space)
{
    if (!space)
        return NULL;
    for (xmlNode *at = element; at && at->type == XML_ELEMENT_NODE; at = at->parent)
        for (xmlNs *declared = at->nsDef; declared; declared = declared->next)
            if (declared->prefix && is_same(declared->href, space->href))
                return declared;
    return xml->xmlNewNs(element, space->href, space->prefix ? space->prefix : (const xmlChar *)"a");
}

static void attributes_merge(struct merge *merge, xmlNode *into, xmlNode *from)
{
    const struct xml_library *xml = merge->xml;
    for (xmlAttr *attribute = from->properties; attribute; attribute = attribute->next) {
        const xmlChar *space = attribute->ns ? attribute->ns->href : NULL;
        xmlChar *value =
            space ? xml->xmlGetNsProp(from, attribute->name, space) : xml->xmlGetNoNsProp(from, attribute->name);
        xmlChar *present =
            space ? xml->xmlGetNsProp(into, attribute->name, space) : xml->xmlGetNoNsProp(into, attribute->name);
        if (!present)
            xml->xmlSetNsProp(into, attribute_namespace(xml, into, attribute->ns), attribute->name, value);
        else if (!is_same(present, value))
            merge_complain(merge, "conflicting values of an attribute", from->name, attribute->name);
        xml->free(value);
        xml->free(present);
    }
}

// Elements below that were in the old namespace go along with it.
static void namespace_change(xmlNode *node, const xmlNs *old, xmlNs *new_space)
{
    if (node->type != XML_ELEMENT_NODE || node->ns != old)
        return;
    node->ns = new_space;
    for (xmlNode *child = node->children; child; child = child->next)
        namespace_change(child, old, new_space);
}

// A file says in which version of the schema an element is; that is more than the default text knows.
static void namespace_merge(const struct xml_library *xml, xmlNode *into, const xmlNode *from)
{
    if (!from->ns || (into->ns && is_same(into->ns->href, from->ns->href)) || !into->parent ||
        into->parent->type != XML_ELEMENT_NODE)
        return;
    xmlNs *space = xml->xmlNewNs(into, from->ns->href, NULL);
    if (space)
        namespace_change(into, into->ns, space);
}

// A copy behind the last child, in the same namespace. Readers of manifests in Windows know elements by default
// namespaces, so prefixes that the file uses are gone: a namespace is declared where it differs from the parent's.
// Comments stay behind.
static void element_append(struct merge *merge, xmlNode *parent, xmlNode *from)
{
    const struct xml_library *xml = merge->xml;
    xmlNode *copy = xml->xmlNewChild(parent, NULL, from->name, NULL);
    if (!copy)
        return;
    copy->ns = NULL;
    if (from->ns) {
        xmlNs *outer = xml->xmlSearchNs(parent->doc, parent, NULL);
        bool is_outer = outer && is_same(outer->href, from->ns->href);
        copy->ns = is_outer ? outer : xml->xmlNewNs(copy, from->ns->href, NULL);
    }
    attributes_merge(merge, copy, from);
    for (xmlNode *child = from->children; child; child = child->next) {
        if (child->type == XML_ELEMENT_NODE)
            element_append(merge, copy, child);
        else if (child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE)
            xml->xmlNodeAddContent(copy, child->content);
    }
}

static void element_merge(struct merge *merge, xmlNode *into, xmlNode *from)
{
    namespace_merge(merge->xml, into, from);
    attributes_merge(merge, into, from);
    for (xmlNode *child = from->children; child; child = child->next) {
        if (child->type != XML_ELEMENT_NODE)
            continue;
        xmlNode *same = is_single(child) ? child_named(into, child->name) : NULL;
        if (same)
            element_merge(merge, same, child);
        else
            element_append(merge, into, child);
    }
}

enum { XML_OPTIONS = XML_PARSE_NOBLANKS | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NONET };

// The document, or NULL (reported).
static xmlDoc *document_read(struct link *link, const struct xml_library *xml, struct text source, struct bytes content)
{
    xmlDoc *document = NULL;
    if (content.size <= INT32_MAX)
        document = xml->xmlReadMemory((const char *)content.data, (int)content.size, "manifest.xml", NULL, XML_OPTIONS);
    if (document && xml->xmlDocGetRootElement(document))
        return document;
    const xmlError *error = xml->xmlGetLastError();
    struct text why = text_of(error && error->message ? error->message : "no element\n");
    report_error(link->diagnostics, 1327, "%.*s: not a manifest: line %d: %.*s", TEXT_ARGUMENT(source),
                 error ? error->line : 0, (int)(why.size ? why.size - 1 : 0), why.data);
    if (document)
        xml->xmlFreeDoc(document);
    return NULL;
}

static void input_merge(struct link *link, const struct xml_library *xml, xmlDoc *base, struct text path)
{
    struct file file;
    if (!file_map(&file, path, link_arena(link), link->diagnostics))
        return;
    xmlDoc *document = document_read(link, xml, path, file.content);
    if (!document)
        return;
    struct merge merge = {.link = link, .xml = xml, .source = path};
    xmlNode *root = xml->xmlDocGetRootElement(document);
    if (is_same(root->name, (const xmlChar *)"assembly"))
        element_merge(&merge, xml->xmlDocGetRootElement(base), root);
    else
        report_error(link->diagnostics, 1327, "%.*s: not a manifest: its root is %s and not assembly",
                     TEXT_ARGUMENT(path), (const char *)root->name);
    xml->xmlFreeDoc(document);
}

struct text manifest_merge(struct link *link, struct text base)
{
    struct xml_library library;
    if (!xml_library_load(&library, link->diagnostics))
        return base;
    const struct xml_library *xml = &library;
    xmlDoc *document = document_read(link, xml, TEXT("/manifestuac, /manifestdependency"),
                                     (struct bytes){(const uint8_t *)base.data, base.size});
    if (!document)
        return base;
    for (size_t i = 0; i < link->options.manifest_inputs.count; i++)
        input_merge(link, xml, document, link->options.manifest_inputs.items[i]);

    xmlChar *content = NULL;
    int size = 0;
    xml->xmlDocDumpFormatMemoryEnc(document, &content, &size, "UTF-8", 1);
    struct text merged = base;
    if (content && size > 0)
        merged = text_copy(link_arena(link), (struct text){(const char *)content, (size_t)size});
    xml->free(content);
    xml->xmlFreeDoc(document);
    return merged;
}

#else

struct text manifest_merge(struct link *link, struct text base)
{
    report_error(link->diagnostics, 1327,
                 "/manifestinput: this mylink was built without libxml2 and merges no manifests");
    return base;
}

#endif
