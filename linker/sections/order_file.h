// /ORDER:@file: the functions that a profile named come first.
#pragma once

struct link;

// Moves the COMDATs named in the file to the front of their output sections, in the file's order. A name that nothing
// has is a warning (LNK4037).
void order_file_apply(struct link *link);
