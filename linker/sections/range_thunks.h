// Branches that can't reach: thunks for ARM and ARM64 (range_thunks.c).
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct link;
struct relocation_site;
struct section;

// With all RVAs assigned, adds a thunk for every branch that can't reach its target and has none in reach; shared where
// the range allows. Returns whether anything was added, so that RVAs have to be assigned again. Does nothing on
// machines whose branches reach everything. Reports an error and returns false when it does not come to an end.
bool range_thunks_place(struct link *link);

// Points the site of a section's relocation at its thunk where it has one. Any thread.
void range_thunk_redirect(const struct link *link, const struct section *section, uint32_t relocation_index,
                          struct relocation_site *site);
