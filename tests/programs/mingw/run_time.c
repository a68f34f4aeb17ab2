// MinGW's C run time, static: printf of its own, constructors and destructors through .ctors and .dtors, a variable
// of a DLL reached without dllimport (automatic import), environment, atexit, and 64-bit arithmetic helpers of
// libgcc.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

extern int shared_value; // in library.dll, without __declspec(dllimport): the linker and the run time see to it
extern const char *shared_names[];
int *const address_of_shared = &shared_value; // a pointer in initialised data
int library_call(int (*callback)(int), int value);

static int constructed;

__attribute__((constructor(200))) static void construct_early(void)
{
    constructed = constructed * 10 + 1;
}

__attribute__((constructor)) static void construct_late(void)
{
    constructed = constructed * 10 + 2;
}

__attribute__((destructor)) static void destruct(void)
{
    printf("destructor\n");
    fflush(stdout);
}

static void at_exit(void)
{
    printf("at exit\n");
}

static int twice(int value)
{
    return value * 2;
}

int main(int argc, char **argv)
{
    volatile unsigned long long large = 12345678901234567ULL;
    volatile double angle = 1.0;

    printf("constructed %d\n", constructed);
    printf("%d arguments, last %s\n", argc - 1, argv[argc - 1]);
    printf("%llu %llu\n", large / 1000003, large % 1000003);
    printf("%.6f %.6f %Lf\n", sin(angle), sqrt(angle + 1), (long double)angle);
    printf("shared %d %d %s\n", shared_value, *address_of_shared, shared_names[1]);
    shared_value = 78;
    printf("callback %d\n", library_call(twice, 20));
    char *copy = strdup("copied");
    printf("%s %d\n", copy, (int)strlen(copy));
    free(copy);
    atexit(at_exit);
    return time(NULL) > 0 ? 5 : 6;
}
