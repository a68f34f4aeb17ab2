// What starts a C program or a DLL on the machines for which Debian has no run time to link: Wine's
// ucrtbase does the work, as Microsoft's own start-up code has it do. Compiled into arm64 and arm images.

int main(int count, char **arguments, char **environment);
int __stdcall DllMain(void *instance, unsigned reason, void *reserved);

__declspec(dllimport) int _configure_narrow_argv(int mode);
__declspec(dllimport) int _initialize_narrow_environment(void);
__declspec(dllimport) int *__p___argc(void);
__declspec(dllimport) char ***__p___argv(void);
__declspec(dllimport) char ***__p__environ(void);
__declspec(dllimport) __declspec(noreturn) void exit(int status);

// Constructors: the linker sorts the contributions between these by their suffixes.
typedef void (*initializer)(void);
#pragma section(".CRT$XCA", read)
#pragma section(".CRT$XCZ", read)
__declspec(allocate(".CRT$XCA")) initializer first_initializer[] = {0};
__declspec(allocate(".CRT$XCZ")) initializer last_initializer[] = {0};

static void run_initializers(void)
{
    for (initializer *i = first_initializer; i < last_initializer; i++)
        if (*i)
            (*i)();
}

#ifdef START_DLL

int __stdcall DllMainCRTStartup(void *instance, unsigned reason, void *reserved)
{
    if (reason == 1)
        run_initializers();
    return DllMain(instance, reason, reserved);
}

#else

void mainCRTStartup(void)
{
    _configure_narrow_argv(1);
    _initialize_narrow_environment();
    run_initializers();
    exit(main(*__p___argc(), *__p___argv(), *__p__environ()));
}

#endif
