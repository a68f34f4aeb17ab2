// The new version: what the DLL brings while the program runs.
#include "answer.h"

__declspec(dllexport) int new_answer(int first, int second, int third)
{
    return ANSWER_NEW + first * 3 + second * 5 + third * 7;
}
