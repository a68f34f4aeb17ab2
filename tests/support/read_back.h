#ifndef TESTS_SUPPORT_READ_BACK_H
#define TESTS_SUPPORT_READ_BACK_H

#include "tests/support/platform.h"
#include "tests/support/process.h"

// Reading images with tools that others wrote. All paths may be relative to `folder`.

// llvm-readobj, llvm-objdump and objdump read headers, tables and directories of the image; the test
// fails when one of them fails or prints a warning.
void read_back_image(struct scratch *scratch, const char *folder, const char *image);

// Signs the image with osslsigncode and a throw-away certificate, and verifies the signature.
void read_back_signature(struct scratch *scratch, const char *folder, const char *image);

// What a tool prints about a file; the test fails when it fails or warns.
// E.g. read_back_with(scratch, folder, "llvm-readobj-19 --coff-imports program.exe").
const char *read_back_with(struct scratch *scratch, const char *folder, const char *command);

#endif
