// The DLL. Nothing here says what is exported: shapes.def does.
int shape_count = 2;

int rectangle_area(int width, int height)
{
    return width * height;
}

int rectangle_perimeter(int width, int height)
{
    return 2 * (width + height);
}

int rectangle_corners(void)
{
    return 4;
}
