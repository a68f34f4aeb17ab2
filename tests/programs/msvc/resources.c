// Resources read back through the system: the tree that the linker made of two .res files is walked by the loader's
// code, by number, by name and by language.
#include "resources.h"

#include <stdio.h>
#include <string.h>
#include <windows.h>

static void show(const char *what, LPCSTR name, LPCSTR type)
{
    HRSRC found = FindResourceA(NULL, name, type);
    if (!found) {
        printf("%s: not found\n", what);
        return;
    }
    const unsigned char *bytes = LockResource(LoadResource(NULL, found));
    DWORD size = SizeofResource(NULL, found);
    printf("%s: %lu bytes:", what, (unsigned long)size);
    for (DWORD i = 0; i < size; i++)
        if (bytes[i] >= 32 && bytes[i] < 127)
            printf(" %c", bytes[i]);
        else
            printf(" %02x", bytes[i]);
    printf("\n");
}

static BOOL CALLBACK count_language(HMODULE module, LPCSTR type, LPCSTR name, WORD language, LONG_PTR parameter)
{
    (void)module, (void)type, (void)name;
    printf("language %u of the string block\n", language);
    ++*(int *)parameter;
    return TRUE;
}

int main(void)
{
    char text[100];
    int languages = 0;

    show("blob", MAKEINTRESOURCEA(BLOB_ID), MAKEINTRESOURCEA(10));
    show("other", MAKEINTRESOURCEA(OTHER_ID), MAKEINTRESOURCEA(10));
    show("named", "NAMED", "BINARY");
    show("missing", MAKEINTRESOURCEA(999), MAKEINTRESOURCEA(10));
    EnumResourceLanguagesA(NULL, MAKEINTRESOURCEA(6), MAKEINTRESOURCEA(STRING_HELLO / 16 + 1), count_language,
                           (LONG_PTR)&languages);
    printf("%d languages\n", languages);
    if (LoadStringA(GetModuleHandleA(NULL), STRING_HELLO, text, sizeof text))
        printf("%s\n", text);
    WCHAR wide[100];
    if (LoadStringW(GetModuleHandleA(NULL), STRING_FAR, wide, 100))
        printf("%x %c\n", wide[0], wide[1]);

    HRSRC version = FindResourceA(NULL, MAKEINTRESOURCEA(1), MAKEINTRESOURCEA(16));
    const char *block = version ? LockResource(LoadResource(NULL, version)) : NULL;
    if (block) {
        const VS_FIXEDFILEINFO *fixed = (const VS_FIXEDFILEINFO *)(block + 40);
        printf("version %08lx %08lx %08lx\n", (unsigned long)fixed->dwSignature, (unsigned long)fixed->dwFileVersionMS,
               (unsigned long)fixed->dwFileVersionLS);
    }
    printf("dialog %s\n", FindResourceA(NULL, MAKEINTRESOURCEA(1), MAKEINTRESOURCEA(5)) ? "found" : "not found");
    return 0;
}
