// Thread-local variables on ARM64: a template with initialised, zeroed and aligned parts from two objects, of which
// each thread has a copy of its own, at offsets that SECREL_HIGH12A and SECREL_LOW12A relocations put into
// instructions. One lies further than the 4 KB that one of them can say.
#include <stdint.h>
#include <stdio.h>
#include <windows.h>

#include "teb.h"

__declspec(thread) int counter = 100;
__declspec(thread) int zeroed[3000];
__declspec(thread) char name[16] = "template";
__declspec(thread) __declspec(align(64)) int aligned = 5;
extern __declspec(thread) int other_counter; // thread_local_other.c
int bump_other_counter(void);

struct result {
    int counter, other_counter, zero_sum, aligned, is_aligned;
    char name[16];
};

static DWORD WINAPI work(void *argument)
{
    struct result *result = argument;
    for (int i = 0; i < 10; i++) {
        restore_x18();
        counter++;
        bump_other_counter();
        Sleep(1); // lets the other threads in between
    }
    restore_x18();
    for (int i = 0; i < 3000; i++)
        result->zero_sum += zeroed[i];
    zeroed[2999] = 1;
    result->counter = counter;
    result->other_counter = other_counter;
    result->aligned = aligned;
    result->is_aligned = (uintptr_t)&aligned % 64 == 0;
    for (int i = 0; i < 16; i++)
        result->name[i] = name[i];
    name[0] = 'X';
    return 0;
}

int main(void)
{
    struct result results[4] = {0};
    HANDLE threads[4];

    restore_x18();
    counter = 7; // of this thread alone
    for (int i = 0; i < 4; i++)
        threads[i] = CreateThread(NULL, 0, work, &results[i], 0, NULL);
    for (int i = 0; i < 4; i++)
        WaitForSingleObject(threads[i], INFINITE);
    for (int i = 0; i < 4; i++)
        printf("thread %d: %d %d %d %d %s %s\n", i, results[i].counter, results[i].other_counter, results[i].zero_sum,
               results[i].aligned, results[i].is_aligned ? "aligned" : "not aligned", results[i].name);
    restore_x18();
    int mine = counter, others = other_counter;
    printf("main: %d %d\n", mine, others);
    return 0;
}
