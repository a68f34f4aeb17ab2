#pragma once
#include <stdexcept>
#include <string>

#ifdef BUILDING_LIBRARY
#define LIBRARY __declspec(dllexport)
#else
#define LIBRARY __declspec(dllimport)
#endif

struct LIBRARY failure : std::runtime_error {
    int code;
    failure(const std::string &what, int code);
    ~failure() override;
};

// Throws what `kind` says, from some frames down.
LIBRARY void library_throw(int kind);

// Calls back; catches what the callback throws, and throws something else.
LIBRARY void library_rethrow(void (*callback)());
