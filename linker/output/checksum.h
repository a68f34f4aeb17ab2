// The checksum in a PE image's optional header ("PE Format", "Optional Header Windows-Specific Fields": "the algorithm
// ... is incorporated into IMAGHELP.DLL"). Drivers and boot-time DLLs are refused when it is wrong; /RELEASE asks for
// it.
#pragma once

#include "common/bytes.h"

// The checksum of a whole image file of at most 4 GiB: its 16-bit little-endian words (an odd last byte counts as a
// word with a zero on top), the checksum's own field taken as zero, added with every carry brought back in at the
// bottom; then the file's size in bytes. `field_offset` is the file offset of the field, a multiple of 4 as in every
// image; one outside the file is ignored. Parallel for large files.
uint32_t pe_checksum(struct bytes image, size_t field_offset);
