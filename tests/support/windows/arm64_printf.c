// Formatted output and input on arm64. Debian's Wine for arm64 is compiled by gcc, to which a va_list is
// what Linux makes of it (AAPCS64, "The va_list type"), while a Windows program passes a pointer to
// eight-byte slots. A Linux va_list whose register areas are used up reads just such slots, so each of
// these functions wraps the pointer and calls Wine's of the same name. They stand in place of the import:
// the headers call through the pointer __imp_NAME, and a linker takes that from here.

typedef unsigned long long options_type;
typedef __builtin_va_list windows_list;

struct linux_list {
    void *stack, *general_top, *vector_top;
    int general_offset, vector_offset; // 0: nothing left in the register areas
};

__declspec(dllimport) void *GetModuleHandleA(const char *name);
__declspec(dllimport) void *GetProcAddress(void *module, const char *name);

static void *find(const char *name)
{
    return GetProcAddress(GetModuleHandleA("ucrtbase.dll"), name);
}

static int print_to_file(options_type options, void *file, const char *format, void *locale, windows_list arguments)
{
    int (*real)(options_type, void *, const char *, void *, struct linux_list *) = find("__stdio_common_vfprintf");
    struct linux_list list = {.stack = arguments};
    return real(options, file, format, locale, &list);
}

static int print_to_text(options_type options, char *text, unsigned long long size, const char *format, void *locale,
                         windows_list arguments)
{
    int (*real)(options_type, char *, unsigned long long, const char *, void *, struct linux_list *) =
        find("__stdio_common_vsprintf");
    struct linux_list list = {.stack = arguments};
    return real(options, text, size, format, locale, &list);
}

static int scan_text(options_type options, const char *text, unsigned long long size, const char *format, void *locale,
                     windows_list arguments)
{
    int (*real)(options_type, const char *, unsigned long long, const char *, void *, struct linux_list *) =
        find("__stdio_common_vsscanf");
    struct linux_list list = {.stack = arguments};
    return real(options, text, size, format, locale, &list);
}

void *const __imp___stdio_common_vfprintf = (void *)print_to_file;
void *const __imp___stdio_common_vsprintf = (void *)print_to_text;
void *const __imp___stdio_common_vsscanf = (void *)scan_text;
