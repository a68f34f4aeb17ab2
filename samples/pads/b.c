// Two functions so short that nothing but a pad would keep them apart.
int add(int a, int b)
{
    return a + b;
}

int subtract(int a, int b)
{
    return a - b;
}
