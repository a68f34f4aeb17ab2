// The functions of libxml2 that merging manifests takes, bound when a manifest is merged. Linked in, the library would
// cost every link more than most links take: it brings thirty megabytes of Unicode tables and a C++ run time, and few
// links have a manifest to merge.
#pragma once

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlerror.h>

struct diagnostics;

#define XML_LIBRARY_FUNCTIONS(F)                                                                                       \
    F(xmlDocDumpFormatMemoryEnc)                                                                                       \
    F(xmlDocGetRootElement)                                                                                            \
    F(xmlFreeDoc)                                                                                                      \
    F(xmlGetLastError)                                                                                                 \
    F(xmlGetNoNsProp)                                                                                                  \
    F(xmlGetNsProp)                                                                                                    \
    F(xmlNewChild)                                                                                                     \
    F(xmlNewNs)                                                                                                        \
    F(xmlNodeAddContent)                                                                                               \
    F(xmlReadMemory)                                                                                                   \
    F(xmlSearchNs)                                                                                                     \
    F(xmlSetNsProp)

struct xml_library {
#define XML_LIBRARY_MEMBER(name) __typeof__ (&(name))(name);
    XML_LIBRARY_FUNCTIONS(XML_LIBRARY_MEMBER)
#undef XML_LIBRARY_MEMBER
    xmlFreeFunc free; // of what the library has allocated
};

// Binds the functions; false (reported) where the library this was built with is not on this machine.
bool xml_library_load(struct xml_library *xml, struct diagnostics *diagnostics);
