// Procedure records of CodeView in one object: static functions too, with their exact length.
#pragma once

#include "common/text.h"

struct object;

struct codeview_function {
    struct text name;
    int32_t section_number; // of the object
    uint32_t value;         // offset in that section
    uint32_t size;          // bytes of code
};

// Whether section `number`, which the object's symbol `symbol` defines, is a .debug$S that tells of something in the
// image. One that belongs to a COMDAT that is not kept is known by its symbol, without a look at its bytes: in a C++
// program most are such.
bool codeview_section_matters(const struct object *object, uint32_t number, uint32_t symbol);

// Calls `found` for each S_GPROC32, S_LPROC32 and their _ID forms in this .debug$S section whose place a relocation
// tells. A section whose records lie is read up to the lie: debug data is not needed to decide, so it is no error.
void codeview_functions_find(const struct object *object, uint32_t number,
                             void (*found)(void *context, const struct codeview_function *function), void *context);
