// Structured exceptions on ARM64: raised several frames down, through a frame with a finally block, caught by a filter;
// a second one inside a handler. The system finds its way by .pdata and .xdata, packed for small functions and unpacked
// for those with handlers.
#include <stdio.h>
#include <windows.h>

#ifndef GetExceptionCode
unsigned long _exception_code(void);
#define GetExceptionCode() _exception_code()
#endif

static volatile int depth_sum;

__declspec(noinline) static void raise_from(int depth)
{
    volatile char frame[512]; // of some size, so that the unwind codes say something
    for (int i = 0; i < 512; i++)
        frame[i] = (char)(i + depth);
    if (depth == 0)
        RaiseException(0xE0001234, 0, 0, NULL);
    raise_from(depth - 1);
    depth_sum += frame[7]; // no tail call
}

static int filter(unsigned code)
{
    printf("filter: %08x\n", code);
    return code == 0xE0001234 ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH;
}

__declspec(noinline) static void with_finally(void)
{
    __try {
        raise_from(5);
        printf("not reached\n");
    } __finally {
        printf("finally\n");
    }
}

int main(void)
{
    __try {
        with_finally();
    } __except (filter(GetExceptionCode())) {
        printf("caught\n");
        __try {
            RaiseException(0xE0001234, 0, 0, NULL);
            printf("not reached\n");
        } __except (filter(GetExceptionCode())) {
            printf("caught again\n");
        }
    }
    return depth_sum;
}
