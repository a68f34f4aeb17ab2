// The TLS directory: for the header.
#pragma once

#include "linker/link.h"

// RVA and size of the program's TLS directory; {0, 0} where it has none. Once laid out.
struct directory tls_directory(struct link *link);
