// printf, arguments, environment, files and an exit status: what every C program needs of its run time.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare_numbers(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    int numbers[] = {42, -7, 1000000, 0, 3};

    printf("%d arguments\n", argc - 1);
    for (int i = 1; i < argc; i++)
        printf("[%s]\n", argv[i]);

    // run-time library called back into this image, with a pointer to one of its functions
    qsort(numbers, 5, sizeof numbers[0], compare_numbers);
    for (int i = 0; i < 5; i++)
        printf("%d%c", numbers[i], i < 4 ? ' ' : '\n');

    printf("%5.2f %e %lld %#x %-6s| %c %%\n", 3.14159, 12345.678, 1LL << 40, 0xBEEFu, "left", 'c');

    FILE *file = fopen("arguments.tmp", "w+");
    if (!file)
        return 2;
    fprintf(file, "%s:%d\n", "written", 17);
    rewind(file);
    char line[64];
    if (fgets(line, sizeof line, file))
        printf("read back %s", line);
    fclose(file);
    remove("arguments.tmp");

    fputs("to standard error\n", stderr);
    return argc > 1 ? atoi(argv[argc - 1]) : 0;
}
