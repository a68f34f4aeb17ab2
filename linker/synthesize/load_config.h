// The load configuration: for the header.
#pragma once

#include "linker/link.h"

// RVA and size (by its own first field) of the program's load configuration; {0, 0} where it has none. Once laid out.
struct directory load_config_directory(struct link *link);
