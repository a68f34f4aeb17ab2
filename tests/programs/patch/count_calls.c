// Functions whose calls are known in number, and two that can't be patched.
#include <stdio.h>

volatile int flag, total;

__declspec(noinline) int thousand_times(int a)
{
    total += a;
    return total;
}

__declspec(noinline) int once(int a)
{
    return a * total;
}

// Saves a register first where its entry was not prepared.
__declspec(noinline) int saves_register(int a)
{
    int before = total;
    total = a;
    int sum = thousand_times(before) + once(a);
    return sum + before + a;
}

// A loop from its first byte on.
__declspec(noinline) void countdown(volatile int *left)
{
    while (--*left)
        ;
}

int main(void)
{
    for (int i = 0; i < 999; i++)
        thousand_times(i);
    volatile int left = 500;
    countdown(&left);
    printf("%d %d\n", saves_register(3), left);
    return 0;
}
