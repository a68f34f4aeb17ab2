// What a C run time brings for thread-local variables, written out because Wine's has none: the ends of the
// template (.tls before and .tls$ZZZ behind everything that compilers put into .tls$), the list of callbacks
// likewise, the index, and the directory that the linker finds by its name, _tls_used.
#include <windows.h>

ULONG _tls_index;

#pragma section(".tls", long, read, write)
#pragma section(".tls$ZZZ", long, read, write)
__declspec(allocate(".tls")) char _tls_start;
__declspec(allocate(".tls$ZZZ")) char _tls_end;

#pragma section(".CRT$XLA", long, read)
#pragma section(".CRT$XLZ", long, read)
__declspec(allocate(".CRT$XLA")) PIMAGE_TLS_CALLBACK first_callback;
__declspec(allocate(".CRT$XLZ")) PIMAGE_TLS_CALLBACK last_callback;

#pragma section(".rdata$T", long, read)
__declspec(allocate(".rdata$T")) const IMAGE_TLS_DIRECTORY _tls_used = {
    (ULONG_PTR)&_tls_start, (ULONG_PTR)&_tls_end, (ULONG_PTR)&_tls_index, (ULONG_PTR)(&first_callback + 1), 0, 0,
};

// An extern variable may live in another image's template that was never initialised for this thread, so the
// compiler asks this guard first and calls the function where it is not set.
__declspec(thread) char __tls_guard = 1;

void __dyn_tls_on_demand_init(void)
{
}

// x86 code finds its thread's array of templates at fs:[__tls_array]: a symbol without a section, whose value is
// the number.
#ifdef _M_IX86
__asm__(".globl __tls_array\n.set __tls_array, 0x2C\n");
#endif
