// Files become objects, libraries and resources: what link.c and symbols/ call of this room.
#pragma once

#include "linker/input/object.h"

struct library;
struct link;

extern const struct chunk_kind section_chunk_kind; // output/section_writer.c: bytes of the object, relocated

// Opens every input that the options name, in parallel: tells by content what each is, reads objects' headers, indexes
// libraries, keeps resources. Called again after directives named further libraries or members were pulled: only what
// is new is read.
void inputs_load(struct link *link);

// Adds the library of this name (a default library or an argument) at the end of the search order unless it is there or
// was excluded. The file is opened by the next inputs_load.
void input_add_default_library(struct link *link, struct text name);

// Pulls the member of `library` whose header is at `header_offset`: appends an object (not parsed yet) to
// link->objects, or does nothing where it was pulled before. Returns whether it is new.
bool input_pull_member(struct link *link, struct library *library, uint32_t library_order, uint64_t header_offset);

// Something was wrong with the object, and was reported: it defines nothing and asks for nothing. Returns false.
bool object_fail(struct object *object);

// Reads an object's header, which is in `head`: its first bytes, 64 or all. On a lie reports it, and the object defines
// nothing; so do the others. Any thread.
bool object_read_header(struct link *link, struct object *object, struct bytes head);

// Reads its tables, which are borrowed then, and directives, and tells which of its sections can come into the image.
bool object_read_tables(struct link *link, struct object *object);

// Makes a struct section of every claim that is for the image and not discarded, as its header tells of it, and strings
// associated sections to what they belong to. One that lies is reported and not kept. Any thread.
void object_keep_sections(struct link *link, struct object *object);

// Reports a lie in a section's header; false.
bool section_complain(struct link *link, const struct object *object, uint32_t number, const char *what);
bool object_is_bigobj(struct bytes content);

// Finds a file as link.exe does: as it is written, then in /LIBPATH and LIB; a name without an extension gets
// `extension`. With /MINGW, "lib<name>.a" is tried too. Empty text where there is none.
struct text input_find_file(struct link *link, struct text name, struct text extension);

// machine.c: the link's machine and target, and the check that an object is for it (else an error names both, and the
// object counts as failed).
void machine_set(struct link *link, uint16_t machine);
void machine_check(struct link *link, struct object *object);
// Nobody has named a machine (libraries or resources alone): that of the libraries, or else x64. link.exe defaults to
// its own host's, with the same warning (LNK4068).
void machine_default(struct link *link);
