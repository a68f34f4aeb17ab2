// The image's headers: DOS stub, COFF header, optional header, data directories, section table.
#pragma once

#include "linker/link.h"

// Writes them at the start of link->image. Timestamp and checksum stay zero.
void headers_write(struct link *link);

// File offsets of the fields that are written last, once headers are.
size_t headers_timestamp_offset(const struct link *link);
size_t headers_checksum_offset(const struct link *link);
