// Resources on their way into the image: a flat list of leaves, each with the three names that lead to it.
#pragma once

#include "common/resource.h"
#include "linker/link.h"

struct resource_leaf {
    struct resource_id type, name;
    uint16_t language;
    uint32_t code_page;
    struct bytes data;
    struct text source; // who brings it, for messages
    uint32_t order;     // of gathering
    uint32_t offset;    // of its data, in the chunk of all data
};

struct resource_list {
    array_of(struct resource_leaf) leaves;
};

enum resource_type { RESOURCE_MANIFEST = 24 };

// All leaves: of .res inputs, of objects' .rsrc sections (which are taken out of the image, as the tree is made anew),
// and the embedded manifest. resource_inputs.c. Empty where nothing has to be merged: no resources, or one object's,
// which are in the image as they are.
struct resource_list resources_gather(struct link *link);

// Ids by number behind names by UTF-16 unit, ASCII case ignored: the order of tables.
int resource_id_compare(const struct resource_id *a, const struct resource_id *b);

// RVA and size of the resource section; {0, 0} where there is none. Once laid out.
struct directory resource_directory(struct link *link);
