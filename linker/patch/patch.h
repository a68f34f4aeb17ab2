// Hotpatching: who gets a pad, and how large it is. Readiness (what the final bytes prove) has headers of its own
// beside this one.
#pragma once

#include "common/text.h"

struct chunk;
struct link;

// Reads how each object was compiled (object->acceptance) where pads or readiness are asked for. Parallel.
void acceptance_read(struct link *link);

// Settles the number of /FUNCTIONPADMIN for the machine and sets the pad of every accepted function's chunk. Before
// grouping and layout; range thunks made later ask pad_of_function.
void pads_reserve(struct link *link);

// Bytes to reserve before a function that the linker makes (import thunk, range thunk) in this section.
uint32_t pads_of_function(const struct link *link, struct text section_name);

// /TIME, /VERBOSE: how many functions were padded, what it cost, how many were left out and why.
void pads_print_summary(const struct link *link);
