// Run while mylink is built: turns a text file into a C array, so that the page of the patch report is kept as a page.
// usage: text_to_c INPUT OUTPUT NAME
#include <stdio.h>

int main(int argument_count, char **arguments)
{
    if (argument_count != 4)
        return 2;
    FILE *in = fopen(arguments[1], "rb"), *out = fopen(arguments[2], "wb");
    if (!in || !out)
        return 1;
    fprintf(out, "// Made of a text file.\n#include <stddef.h>\n\nconst char %s[] = {", arguments[3]);
    size_t size = 0;
    for (int c; (c = getc(in)) != EOF; size++)
        fprintf(out, "%s%d,", size % 24 ? "" : "\n    ", (signed char)c);
    fprintf(out, "\n    0};\nconst size_t %s_size = %zu;\n", arguments[3], size);
    fclose(in);
    return fclose(out) == 0 ? 0 : 1;
}
