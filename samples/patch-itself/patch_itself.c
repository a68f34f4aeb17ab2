// A program that patches itself while it runs. Three threads call `answer` without pause; the main thread loads a
// DLL with a new version, redirects `answer` to it, waits until a caller has met the new version, goes back to the
// old one, waits until a caller has met that, and does so ten thousand times. Every single call must give the old
// or the new answer.
#include "answer.h"
#include "patch.h"

#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

enum { CALLERS = 3, DEFAULT_ROUNDS = 10000 };

// One a thread, on cache lines of its own. Only that thread writes it; the main thread reads.
struct caller {
    __declspec(align(64)) volatile LONG old_answers;
    volatile LONG new_answers, wrong_answers;
};

static struct caller callers[CALLERS];
static volatile LONG stop;

static DWORD WINAPI call_without_pause(void *argument)
{
    struct caller *caller = argument;
    for (int i = 0; !stop; i = (i + 1) & 0xFFFF) {
        int result = answer(i, i + 1, i + 2) - (i * 3 + (i + 1) * 5 + (i + 2) * 7);
        if (result == ANSWER_OLD)
            caller->old_answers++;
        else if (result == ANSWER_NEW)
            caller->new_answers++;
        else
            caller->wrong_answers++;
        if (i % 1024 == 0) // there may be fewer processors than threads
            SwitchToThread();
    }
    return 0;
}

static LONG old_answers(void)
{
    LONG sum = 0;
    for (int i = 0; i < CALLERS; i++)
        sum += callers[i].old_answers;
    return sum;
}

static LONG new_answers(void)
{
    LONG sum = 0;
    for (int i = 0; i < CALLERS; i++)
        sum += callers[i].new_answers;
    return sum;
}

static LONG wrong_answers(void)
{
    LONG sum = 0;
    for (int i = 0; i < CALLERS; i++)
        sum += callers[i].wrong_answers;
    return sum;
}

// Until a call that the other version answered has come back. A call may have been under way when the patch was made
// and counts for the version that it met, so the count only has to change. Ten seconds without one mean that the patch
// does nothing.
static bool wait_for_change(LONG (*count)(void), LONG before)
{
    DWORD start = GetTickCount();
    while (count() == before) {
        if (GetTickCount() - start > 10000)
            return false;
        SwitchToThread();
    }
    return true;
}

static bool patch_many_times(answer_function new_answer, int rounds)
{
    static struct patch patch;
    bool met = true;
    if (!patch_prepare(&patch, (void *)answer, (void *)new_answer))
        return false;
    for (int i = 0; met && i < rounds; i++) {
        LONG seen = new_answers();
        patch_apply(&patch);
        met = wait_for_change(new_answers, seen);

        seen = old_answers();
        patch_revert(&patch);
        met = met && wait_for_change(old_answers, seen);
    }
    patch_finish(&patch);
    if (!met)
        printf("no caller has met the other version\n");
    return met;
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : DEFAULT_ROUNDS;
    HANDLE threads[CALLERS];

    HMODULE library = LoadLibraryA("new_answer.dll");
    answer_function new_answer = library ? (answer_function)(void *)GetProcAddress(library, "new_answer") : NULL;
    if (!new_answer) {
        printf("new_answer.dll: error %lu\n", (unsigned long)GetLastError());
        return 1;
    }

    for (int i = 0; i < CALLERS; i++)
        threads[i] = CreateThread(NULL, 0, call_without_pause, &callers[i], 0, NULL);
    bool patched = patch_many_times(new_answer, rounds);
    stop = 1;
    WaitForMultipleObjects(CALLERS, threads, TRUE, INFINITE);
    if (!patched)
        return 1;

    printf("patched and restored %d times while %d threads called: %ld old answers, %ld new answers, %ld wrong\n",
           rounds, CALLERS, (long)old_answers(), (long)new_answers(), (long)wrong_answers());
    return wrong_answers() == 0 && answer(0, 0, 0) == ANSWER_OLD ? 0 : 1;
}
