// Structured exceptions: raised by software and by hardware, caught with filters, unwound through finally blocks and
// several frames. On x64 the unwinder finds its way through .pdata, which the linker has to sort; on x86 handlers are
// chained on the stack and their addresses checked against the image's table of safe handlers.
#include <stdio.h>
#include <windows.h>

// What excpt.h of other headers makes of the compiler's own functions.
#ifndef GetExceptionCode
unsigned long _exception_code(void);
void *_exception_info(void);
#define GetExceptionCode()        _exception_code()
#define GetExceptionInformation() ((EXCEPTION_POINTERS *)_exception_info())
#endif

static volatile int ten = 10, zero;
static volatile int trace_count;
static unsigned caught;

// In functions of their own: compilers take only calls for what can raise an exception.
__declspec(noinline) static int divide(int a, int b)
{
    if (a == 3)
        Sleep(1); // or the compiler sees that nothing here can raise one
    return a / b;
}

__declspec(noinline) static void poke(int *where)
{
    *(volatile int *)where = 1;
}

static int remember(unsigned code)
{
    caught = code;
    return EXCEPTION_EXECUTE_HANDLER;
}

__declspec(noinline) static void raise_own(int depth)
{
    char buffer[256]; // a frame of some size, so that the unwind codes say something
    volatile char *bytes = buffer;
    for (int i = 0; i < 256; i++)
        bytes[i] = (char)(i + depth);
    if (depth > 0) {
        raise_own(depth - 1);
        trace_count += bytes[7];
    } else {
        ULONG_PTR information[2] = {11, 22};
        RaiseException(0xE0001234, 0, 2, information);
    }
}

static int own_filter(unsigned code, EXCEPTION_POINTERS *pointers)
{
    printf("filter: %08x with %d parameters, second %d\n", code, (int)pointers->ExceptionRecord->NumberParameters,
           (int)pointers->ExceptionRecord->ExceptionInformation[1]);
    return code == 0xE0001234 ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH;
}

static void software_exception(void)
{
    __try {
        __try {
            raise_own(5);
            printf("not reached\n");
        } __finally {
            printf("finally, on the way out\n");
        }
    } __except (own_filter(GetExceptionCode(), GetExceptionInformation())) {
        printf("caught\n");
    }
}

static void division_by_zero(void)
{
    __try {
        printf("%d\n", divide(ten, zero));
    } __except (remember(GetExceptionCode())) {
        printf("divided by zero: %s\n", caught == EXCEPTION_INT_DIVIDE_BY_ZERO ? "yes" : "no");
    }
}

static void access_violation(void)
{
    __try {
        poke((int *)16);
    } __except (remember(GetExceptionCode())) {
        printf("access violation: %s\n", caught == EXCEPTION_ACCESS_VIOLATION ? "yes" : "no");
    }
}

static void nested(void)
{
    __try {
        __try {
            RaiseException(0xE0000001, 0, 0, NULL);
        } __except (GetExceptionCode() == 0xE0000002 ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
            printf("the wrong handler\n");
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        printf("the outer handler\n");
        __try {
            RaiseException(0xE0000003, 0, 0, NULL);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            printf("a handler in a handler\n");
        }
    }
}

int main(void)
{
    software_exception();
    division_by_zero();
    access_violation();
    nested();
    printf("done\n");
    return 0;
}
