#ifndef TESTS_END_TO_END_EMULATOR_H
#define TESTS_END_TO_END_EMULATOR_H

#include "tests/support/image.h"

// Runs 32-bit ARM images in Unicorn, for which no system that would load them is at hand. The loader here does what
// Windows does: maps sections, corrects addresses where the image is not at its base, fills import address tables from
// images that were loaded before or with stand-ins written in C, and gives a thread its block and its thread-local
// variables. Whatever goes wrong fails the test.

struct emulator;

struct emulator *emulator_create(struct scratch *scratch);
void emulator_destroy(struct emulator *emulator);

// What an import that no loaded image exports calls: four arguments from registers, the rest with emulator_argument.
// Known before images are loaded. A few of the C run time's are there from the start, so that a program of the
// harness's start-up code runs: printf and its like write to emulator_output, exit ends the call with its status.
typedef uint32_t (*emulator_function)(struct emulator *emulator, const uint32_t arguments[4]);
void emulator_stand_in(struct emulator *emulator, const char *name, emulator_function function);
uint32_t emulator_argument(struct emulator *emulator, unsigned number); // from 0; of the stand-in being called
const char *emulator_output(const struct emulator *emulator);

// Loads an image at `base` (0: its own) under the name by which others import from it. Returns the base.
uint32_t emulator_load(struct emulator *emulator, const struct image *image, const char *name, uint32_t base);

// Another thread: its own block, its own copy of every loaded image's thread-local template. Becomes the current one;
// the first is 0.
void emulator_switch_thread(struct emulator *emulator, unsigned thread);

// Calls the function at an address (bit 0 set: Thumb) and returns what it leaves in r0.
uint32_t emulator_call(struct emulator *emulator, uint32_t address, const uint32_t *arguments, size_t count);

// The same in pieces: begins a call; runs so many instructions (0: all that are left); true when it has returned.
void emulator_begin(struct emulator *emulator, uint32_t address, const uint32_t *arguments, size_t count);
bool emulator_run(struct emulator *emulator, size_t instructions);
uint32_t emulator_result(struct emulator *emulator);
uint32_t emulator_place(struct emulator *emulator); // address of the next instruction

void emulator_read(struct emulator *emulator, uint32_t address, void *bytes, size_t size);
// Writes at once and makes it known to instruction fetch, as FlushInstructionCache does.
void emulator_write(struct emulator *emulator, uint32_t address, const void *bytes, size_t size);
uint32_t emulator_u32(struct emulator *emulator, uint32_t address);
const char *emulator_text(struct emulator *emulator, uint32_t address); // up to a NUL

#endif
