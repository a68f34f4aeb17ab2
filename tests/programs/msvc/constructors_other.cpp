// A C++ object with a constructor: the compiler itself puts the pointer into .CRT$XCU.
extern "C" void note(char letter);

struct noted {
    noted()
    {
        note('o');
    }
};

noted global_object;
