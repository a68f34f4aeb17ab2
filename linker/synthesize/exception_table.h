// Where the unwind table is: for the header's directory.
#pragma once

#include "linker/link.h"

// RVA and size of all records of .pdata; {0, 0} where there are none or the machine has no such table. Once laid out.
struct directory exception_table_directory(struct link *link);
