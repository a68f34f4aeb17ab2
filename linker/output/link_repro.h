// Between link_repro.c and link_repro_response.c.
#pragma once

#include "common/arena.h"
#include "common/text.h"

struct link;

struct link_repro_file {
    struct text name; // in the packed folder
    struct bytes content;
};

struct link_repro {
    struct link *link;
    struct arena *arena;
    array_of(struct link_repro_file) files;
};

// Where a file lies in the packed folder: its absolute path without the leading '/'. A path whose folder does not exist
// stays as it is.
struct text link_repro_path(struct arena *arena, struct text path);
// The same for a folder; "." for the root.
struct text link_repro_folder(struct arena *arena, struct text folder);

// The text of response.txt: the arguments of the link, with files where they are packed and outputs in the current
// folder.
struct text link_repro_response(struct link_repro *repro);
