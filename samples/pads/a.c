// The program of the usage line, `mylink /FUNCTIONPADMIN:5 a.obj b.obj`: it asks another object for an answer.
#include <stdio.h>

int add(int a, int b); // b.c

int main(void)
{
    printf("2 + 3 = %d\n", add(2, 3));
    return 0;
}
