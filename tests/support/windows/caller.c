// caller DLL FUNCTION [NUMBER]…: calls an exported function with up to four integers, in a process of its
// own, and prints what it returned. Linked by another linker than the one under test.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

int main(int count, char **arguments)
{
    intptr_t numbers[4] = {0};
    if (count < 3 || count > 7)
        return 2;
    for (int i = 3; i < count; i++)
        numbers[i - 3] = (intptr_t)strtoll(arguments[i], NULL, 10);

    HMODULE library = LoadLibraryA(arguments[1]);
    if (!library) {
        fprintf(stderr, "cannot load %s: error %lu\n", arguments[1], GetLastError());
        return 3;
    }
    FARPROC function = GetProcAddress(library, arguments[2]);
    if (!function) {
        fprintf(stderr, "no function %s in %s: error %lu\n", arguments[2], arguments[1], GetLastError());
        return 4;
    }
    // The caller cleans the stack up, so a function that wants fewer does not mind.
    intptr_t (*call)(intptr_t, intptr_t, intptr_t, intptr_t) =
        (intptr_t (*)(intptr_t, intptr_t, intptr_t, intptr_t))function;
    printf("%lld\n", (long long)call(numbers[0], numbers[1], numbers[2], numbers[3]));
    return 0;
}
