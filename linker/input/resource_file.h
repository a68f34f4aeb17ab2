// A .res file among the inputs; its records become part of the image's one resource tree (synthesize/resources.c).
#pragma once

#include "common/text.h"

struct link;

struct resource_file {
    struct text path;
    struct bytes content;
};

void resource_file_add(struct link *link, struct text path, struct bytes content);
