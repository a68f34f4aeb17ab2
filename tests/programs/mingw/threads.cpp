// std::thread, iostream, and thread-local objects with destructors: C++'s whole run time in one image, linked
// statically.
#include <atomic>
#include <condition_variable>
#include <future>
#include <iostream>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

static std::atomic<int> made, destroyed;
static std::mutex output;

// The destructor keeps to variables of the program: on x86, gcc 12 runs it when the thread's own memory is gone
// already.
struct counted {
    int uses = 1;
    counted()
    {
        made++;
    }
    ~counted()
    {
        destroyed++;
        std::lock_guard<std::mutex> lock(output);
        std::cout << "a thread's object is destroyed" << std::endl;
    }
};

static thread_local counted own;
static thread_local int plain = 5;

static void work(int number)
{
    for (int i = 0; i <= number; i++)
        own.uses++;
    plain += number;
    std::lock_guard<std::mutex> lock(output);
    std::cout << "thread " << number << ": " << own.uses << " uses, plain is " << plain << std::endl;
}

struct global {
    std::map<std::string, int> values{{"one", 1}, {"two", 2}};
    ~global()
    {
        std::cout << "global destroyed, " << values.size() << " values" << std::endl;
    }
} a_global;

static int sum_of(const std::vector<int> &values)
{
    int sum = 0;
    for (int v : values)
        sum += v;
    return sum;
}

int main()
{
    for (int i = 0; i < 3; i++) { // one after another, so that their output has an order
        std::thread thread(work, i);
        thread.join();
    }
    std::cout << made << " made, " << destroyed << " destroyed, plain is " << plain << std::endl;

    std::vector<std::thread> threads;
    std::mutex mutex;
    std::condition_variable ready;
    int waiting = 0, total = 0;
    for (int i = 0; i < 4; i++)
        threads.emplace_back([&, i] {
            std::unique_lock<std::mutex> lock(mutex);
            waiting++;
            ready.notify_all();
            ready.wait(lock, [&] { return waiting == 4; });
            total += i;
        });
    for (auto &thread : threads)
        thread.join();
    std::cout << "total " << total << std::endl;

    auto answer = std::async(std::launch::async, [] { return sum_of({1, 2, 3, 4}); });
    std::cout << "future " << answer.get() << std::endl;
    auto failing = std::async(std::launch::async, []() -> int { throw std::runtime_error("through a future"); });
    try {
        failing.get();
    } catch (const std::exception &error) {
        std::cout << "caught " << error.what() << std::endl;
    }

    std::istringstream in("12 words 3.5");
    int number;
    std::string word;
    double real;
    in >> number >> word >> real;
    std::cout << number << ' ' << word << ' ' << real << ' ' << std::hex << 255 << std::endl;
    std::cout << a_global.values.at("two") << std::endl;
    return 0;
}
