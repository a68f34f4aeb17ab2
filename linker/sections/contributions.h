// What each object adds to each group: its live sections of one name and characteristics, in its order. Objects are
// looked through side by side; only what they add is put behind each other one after the other.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct link;

// Sections of one object that go into one group.
struct contribution {
    char name[8];             // as the headers have it; a long one means the same everywhere in an object
    bool is_list_end;         // MinGW: its sections are told apart by their bytes, too (mingw_names.h)
    uint32_t characteristics; // as groups have them
    uint32_t same_as;         // an earlier one, plus 1, that is to the same group and counts for both; 0: none
    uint32_t section;         // place of the first among the object's kept ones
    uint32_t group;           // in link->groups
    uint32_t first;           // place of the first in the group
    uint32_t count;
    uint64_t size; // bytes of all
};

struct contributions {
    struct contribution *items;
    size_t count;
};

// Puts live sections and the linker's own live chunks into groups, in the order of objects, and counts both in each
// group. The array is by object.
struct contributions *contributions_count(struct link *link);

// Lists the chunks of each group at its place in link->ordered_chunks and tells each its group and output section.
void contributions_put(struct link *link, struct contributions *all);
