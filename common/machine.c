// Names of machines as users write and read them: those of /MACHINE.
#include "common/coff.h"

const char *machine_name(uint16_t machine)
{
    switch (machine) {
    case MACHINE_X86: return "x86";
    case MACHINE_X64: return "x64";
    case MACHINE_ARM: return "arm";
    case MACHINE_ARM64: return "arm64";
    case MACHINE_ARM64EC: return "arm64ec";
    case MACHINE_ARM64X: return "arm64x";
    default: return "unknown";
    }
}
