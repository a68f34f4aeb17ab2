// Debian's Wine for arm64 has its system DLLs from a compiler that does not keep x18, in which Windows code finds its
// thread's block (and there its thread-local variables): after a call of the system x18 may be anything. This gives it
// back what Windows would have left there.
#pragma once

#include <windows.h> // NtCurrentTeb

static inline void restore_x18(void)
{
    __asm__ volatile("mov x18, %0" : : "r"(NtCurrentTeb()) : "memory");
}
