#define BUILDING_LIBRARY
#include "exceptions.h"

#include <vector>

failure::failure(const std::string &what, int code) : std::runtime_error(what), code(code)
{
}

failure::~failure() = default;

__attribute__((noinline)) static void deeper(int kind, int depth)
{
    std::vector<std::string> kept(static_cast<size_t>(depth) + 1, "a string to destroy on the way");
    if (depth > 0) {
        deeper(kind, depth - 1);
    } else {
        switch (kind) {
        case 0: throw failure("own class", 42);
        case 1: throw std::out_of_range("a class of the run time");
        case 2: throw 17;
        default: (void)kept.at(1000);
        }
    }
}

void library_throw(int kind)
{
    deeper(kind, 4);
}

void library_rethrow(void (*callback)())
{
    try {
        callback();
    } catch (const std::logic_error &error) {
        throw failure(std::string("was: ") + error.what(), 43);
    }
}
