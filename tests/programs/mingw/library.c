// library.dll: no export is named anywhere, so everything global is exported, as MinGW's users expect.
int shared_value = 77;
const char *shared_names[] = {"zero", "one"};

int library_call(int (*callback)(int), int value)
{
    return callback(value) + shared_value;
}
