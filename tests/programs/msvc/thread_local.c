// Thread-local variables as the compiler lays them out in .tls: initialised ones, zeroed ones, an aligned one, in two
// object files; every thread starts from the same template, and no thread sees another's values.
#include <stdint.h>
#include <stdio.h>
#include <windows.h>

__declspec(thread) int counter = 100;
__declspec(thread) char name[16] = "template";
__declspec(thread) int zeroed[1000];
__declspec(thread) __declspec(align(64)) int aligned = 5;
extern __declspec(thread) int other_counter; // thread_local_other.c
int bump_other_counter(void);

// A callback that the loader runs for every thread, found through .CRT$XL?; the _tls_used record of the run time
// points to the list's start.
static volatile LONG attached, detached;

static void NTAPI on_thread(PVOID image, DWORD reason, PVOID reserved)
{
    (void)image;
    (void)reserved;
    if (reason == DLL_THREAD_ATTACH)
        InterlockedIncrement(&attached);
    else if (reason == DLL_THREAD_DETACH)
        InterlockedIncrement(&detached);
}

#pragma section(".CRT$XLB", long, read)
__declspec(allocate(".CRT$XLB")) PIMAGE_TLS_CALLBACK on_thread_entry = on_thread;

struct result {
    int counter, other_counter, zero_sum, aligned, is_aligned;
    char name[16];
};

static DWORD WINAPI work(void *argument)
{
    struct result *result = argument;
    for (int i = 0; i < 10; i++) {
        counter++;
        bump_other_counter();
        Sleep(1); // lets the other threads in between
    }
    for (int i = 0; i < 1000; i++)
        result->zero_sum += zeroed[i];
    zeroed[500] = 1;
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

    counter = 7; // of this thread alone
    for (int i = 0; i < 4; i++)
        threads[i] = CreateThread(NULL, 0, work, &results[i], 0, NULL);
    WaitForMultipleObjects(4, threads, TRUE, INFINITE);
    for (int i = 0; i < 4; i++)
        printf("thread %d: %d %d %d %d %s %s\n", i, results[i].counter, results[i].other_counter, results[i].zero_sum,
               results[i].aligned, results[i].is_aligned ? "aligned" : "not aligned", results[i].name);
    printf("main: %d %d %s\n", counter, other_counter, name);
    printf("%ld attached, %ld detached\n", attached, detached);
    return 0;
}
