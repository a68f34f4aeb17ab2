// Imports from shapes.dll through shapes.lib, the import library that mylink wrote beside it: a function by its
// name, one under its exported name, one by number, and a variable.
#include <stdio.h>

__declspec(dllimport) int rectangle_area(int width, int height);
__declspec(dllimport) int perimeter(int width, int height);
int rectangle_corners(void); // without dllimport the call goes through a thunk that mylink makes
__declspec(dllimport) extern int shape_count;

int main(void)
{
    printf("%d shapes; a rectangle of 6 by 7: area %d, perimeter %d, %d corners\n", shape_count, rectangle_area(6, 7),
           perimeter(6, 7), rectangle_corners());
    return 0;
}
