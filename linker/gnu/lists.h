// Lists that MinGW's start-up code walks: between the files of this room.
#pragma once

struct link;

void constructor_lists_create(struct link *link);
void pseudo_relocations_create(struct link *link);
