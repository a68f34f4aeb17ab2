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

// Calls `found` for each S_GPROC32, S_LPROC32 and their _ID forms in the object's .debug$S sections whose place a
// relocation tells. A section whose records lie is read up to the lie: debug data is not needed to decide, so it is no
// error.
void codeview_functions_find(const struct object *object,
                             void (*found)(void *context, const struct codeview_function *function), void *context);
