// The function that is patched while it runs. Both versions take the same arguments and differ in what they add.
#pragma once

#define ANSWER_OLD 1000
#define ANSWER_NEW 2000

// answer.c, in the program. Compiled alone, so that no caller knows what it returns.
int answer(int first, int second, int third);

// new_answer.c, in the DLL.
typedef int (*answer_function)(int first, int second, int third);
