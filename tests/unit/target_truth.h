#ifndef TESTS_UNIT_TARGET_TRUTH_H
#define TESTS_UNIT_TARGET_TRUTH_H

#include "linker/target/target.h"
#include "tests/support/scratch.h"

// What others say that a machine's bytes should be: llvm-mc encodes, llvm-objdump decodes, lld-link relocates. The
// tests of linker/target compare with these, never with numbers worked out by the code under test.

// A machine as the tools name it.
struct truth {
    const struct target *target;
    const char *windows_triple, *elf_triple;
};
extern const struct truth truth_x64, truth_x86, truth_arm, truth_arm64;

// The bytes of .text that llvm-mc makes of assembly text; nothing in it may need a relocation.
struct bytes truth_assemble(struct scratch *scratch, const struct truth *truth, const char *source);

// The bytes of .xdata that llvm-mc makes of the first function's .seh_ directives.
struct bytes truth_unwind(struct scratch *scratch, const struct truth *truth, const char *source);

// What llvm-readobj reads in a .xdata record of a function of this size, from "FunctionLength" on, without blanks at
// the start of lines.
const char *truth_describe_unwind(struct scratch *scratch, const struct truth *truth, uint32_t function_size,
                                  struct bytes unwind);

// What llvm-objdump reads in code at `address`: one instruction a line, blanks single, no comments but
// the addresses that x64 operands come to ("jmp qword ptr [rip + 0x100] # 0x140001106").
const char *truth_disassemble(struct scratch *scratch, const struct truth *truth, const uint8_t *code, size_t size,
                              uint64_t address);

// Assembles `source`, has lld-link make a DLL of it at `image_base`, applies the object's relocations with the target
// under test to the object's sections at the RVAs that lld-link chose, and wants the same bytes in each. Section names
// have up to 8 characters and are all different. The relocations of section ".types", in order, first get the types in
// `types` (UINT16_MAX ends it; NULL: none), for those that llvm-mc can't be made to write. `covered` gets a bit for
// every type met. The undefined symbol "absolute" becomes an absolute one.
#define TRUTH_ABSOLUTE 0x7fff1234
void truth_compare_with_lld(struct scratch *scratch, const struct truth *truth, const char *source,
                            const uint16_t *types, uint64_t image_base, const char *options, uint32_t *covered);

// One relocation of code, applied to `before` and wanted to give `after`: both are assembly texts. `result` other than
// RELOCATION_DONE wants that result, and the place left as it was.
struct truth_case {
    uint16_t type;
    const char *before, *after;
    uint64_t place_rva, target_rva;
    bool target_is_code;
    enum relocation_result result;
};
void truth_check_cases(struct scratch *scratch, const struct truth *truth, uint64_t image_base,
                       const struct truth_case *cases, size_t count);

// For every type that the target knows: with one byte less room than it changes, nothing is written; every other type
// is unknown.
void truth_check_room_and_unknown_types(const struct truth *truth);

#endif
