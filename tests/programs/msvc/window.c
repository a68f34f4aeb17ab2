// A window class registered, a window made of it and messages sent to its procedure: user32 calls back into the
// image.
#include <stdio.h>
#include <windows.h>

static int created, destroyed;

static LRESULT CALLBACK procedure(HWND window, UINT message, WPARAM w, LPARAM l)
{
    switch (message) {
    case WM_CREATE: created++; return 0;
    case WM_DESTROY: destroyed++; return 0;
    case WM_APP: return (LRESULT)(w * 1000 + l);
    default: return DefWindowProcA(window, message, w, l);
    }
}

int WINAPI WinMain(HINSTANCE instance, HINSTANCE previous, LPSTR arguments, int show)
{
    (void)previous, (void)show;
    WNDCLASSA class = {.lpfnWndProc = procedure, .hInstance = instance, .lpszClassName = "mylink test"};
    WNDCLASSA found;

    if (!RegisterClassA(&class))
        return 1;
    printf("registered: %d\n", GetClassInfoA(instance, "mylink test", &found) && found.lpfnWndProc == procedure);
    printf("twice: %d\n", RegisterClassA(&class) != 0);

    HWND window = CreateWindowExA(0, "mylink test", "title", 0, 0, 0, 10, 10, HWND_MESSAGE, NULL, instance, NULL);
    printf("window: %d\n", window != NULL);
    printf("answer: %d\n", (int)SendMessageA(window, WM_APP, 42, 17));
    DestroyWindow(window);
    printf("created %d, destroyed %d\n", created, destroyed);
    printf("arguments: %s\n", arguments);
    fflush(stdout);
    return 3;
}
