// C++ exceptions across a DLL boundary, both ways: thrown in the DLL and caught here by class, by base class and by
// value; thrown here, caught in the DLL and turned into another that is caught here. On x64 the unwinder goes by
// .pdata; on x86 by .eh_frame, which each image registers.
#include "exceptions.h"

#include <cstdio>

struct guard {
    const char *name;
    ~guard()
    {
        std::printf("unwound %s\n", name);
    }
};

static void throw_here()
{
    guard g{"callback"};
    throw std::invalid_argument("thrown in the program");
}

int main()
{
    try {
        guard g{"first"};
        library_throw(0);
    } catch (const failure &error) {
        std::printf("failure %d: %s\n", error.code, error.what());
    }
    try {
        library_throw(1);
    } catch (const std::logic_error &error) {
        std::printf("logic_error: %s\n", error.what());
    }
    try {
        library_throw(2);
    } catch (int number) {
        std::printf("int %d\n", number);
    }
    try {
        library_throw(3);
    } catch (const std::exception &error) {
        std::printf("exception\n");
    }
    try {
        guard g{"outer"};
        library_rethrow(throw_here);
    } catch (const std::runtime_error &error) {
        std::printf("runtime_error: %s, code %d\n", error.what(), dynamic_cast<const failure &>(error).code);
    }
    return 0;
}
