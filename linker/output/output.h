// What a link leaves behind. Every file goes through common/output_file.h: written aside, put in place at the end.
#pragma once

#include "common/text.h"

struct link;

// --- the image: image.c, headers.c ---
void headers_reserve(struct link *link); // reads /STUB; link->headers_size for the output sections there are
void image_create(struct link *link);    // the output, made at its final size; file offsets are known
void image_write(struct link *link);     // headers, then chunks in parallel
void image_finish(
    struct link *link); // timestamp from the content's hash, checksum: after everything else has written into the image

// --- beside it ---
void map_file_write(struct link *link);       // map_file.c: /MAP, in link.exe's form
void import_library_write(struct link *link); // import_library.c: short import objects for link's exports
void manifest_file_write(struct link *link);  // manifest_file.c: /MANIFEST to a file

// --- in the image, behind its sections: coff_symbols.c (/DEBUG:SYMTAB, long section names) ---
// Sizes the COFF symbol table and string table; before image_create. Sets name_offset of output sections with long
// names.
void coff_symbols_settle(struct link *link);
uint64_t coff_symbols_size(const struct link *link); // bytes behind the sections; 0: none
// Records, for the COFF header. 0 is possible with a size: a string table for section names alone.
uint32_t coff_symbols_count(const struct link *link);
void coff_symbols_write(struct link *link); // at link->image + link->image_file_size - its size

// --- for another machine: link_repro.c (/LINKREPRO, /REPRODUCE) ---
// Packs what the link read and a response file, where that was asked for, whether the link went well or not. An archive
// is one of link->records; a folder is filled at once.
void link_repro_write(struct link *link);
