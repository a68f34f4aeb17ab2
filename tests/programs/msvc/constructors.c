// Constructors the way a C++ compiler for the MSVC ABI registers them: pointers in .CRT$XCU, between the run time's
// .CRT$XCA and .CRT$XCZ. The linker sorts the sections by what stands behind the $, so the order of the sources
// does not matter; within one name the objects' order does.
#include <stdio.h>

typedef void (*initializer)(void);

static char order[64];
static int count;

void note(char letter) // constructors_other.c notes as well
{
    order[count++] = letter;
}

static void late(void)
{
    note('L');
}

static void early(void)
{
    note('E');
}

static void usual_first(void)
{
    note('1');
}

static void usual_second(void)
{
    note('2');
}

#pragma section(".CRT$XCA", long, read)
#pragma section(".CRT$XCT", long, read)
#pragma section(".CRT$XCU", long, read)
#pragma section(".CRT$XCV", long, read)
#pragma section(".CRT$XCZ", long, read)

__declspec(allocate(".CRT$XCV")) initializer late_entry = late;
__declspec(allocate(".CRT$XCZ")) initializer list_end = 0;
__declspec(allocate(".CRT$XCU")) initializer usual_first_entry = usual_first;
__declspec(allocate(".CRT$XCU")) initializer usual_second_entry = usual_second;
__declspec(allocate(".CRT$XCA")) initializer list_start = 0;
__declspec(allocate(".CRT$XCT")) initializer early_entry = early;

// What the run time of the compiler does before main.
static void run_initializers(initializer *from, initializer *to)
{
    for (; from < to; from++)
        if (*from)
            (*from)();
}

int main(void)
{
    initializer *volatile from = &list_start; // volatile: to the compiler these are two variables, not one array
    initializer *volatile to = &list_end;
    run_initializers(from, to);
    printf("%s\n", order);
    return 0;
}
