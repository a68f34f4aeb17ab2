// One function or variable for each form of type, so that objects have all the names that types make.

using size_type = decltype(sizeof 0);
using null_pointer = decltype(nullptr);
struct s;
class c;
union u;
enum e { e0 };
enum class strong : char { a };
namespace n {
struct s;
class c {};
namespace inner {
enum e2 { a };
struct deep;
} // namespace inner
inline namespace v1 {
struct versioned {};
} // namespace v1
} // namespace n

#define EACH(of)                                                                                                       \
    of(void, 0) of(bool, 1) of(char, 2) of(signed char, 3) of(unsigned char, 4) of(short, 5) of(unsigned short, 6)     \
        of(int, 7) of(unsigned, 8) of(long, 9) of(unsigned long, 10) of(long long, 11) of(unsigned long long, 12)      \
            of(float, 13) of(double, 14) of(long double, 15) of(wchar_t, 16) of(char16_t, 17) of(char32_t, 18)         \
                of(char8_t, 19) of(s, 20) of(c, 21) of(u, 22) of(e, 23) of(strong, 24) of(n::s, 25) of(n::c, 26)       \
                    of(n::inner::e2, 27) of(n::inner::deep, 28) of(n::versioned, 29)

#define POINTERS(type, number)                                                                                         \
    void pointers_##number(type *, const type *, volatile type *, const volatile type *, type *const, type **,         \
                           const type *const *, type *__restrict, const type *__restrict *, type *volatile *)          \
    {                                                                                                                  \
    }                                                                                                                  \
    type *pointer_##number;                                                                                            \
    extern type const *const pointer_to_const_##number = 0;                                                            \
    type *volatile volatile_pointer_##number;                                                                          \
    type *returns_pointer_##number()                                                                                   \
    {                                                                                                                  \
        return 0;                                                                                                      \
    }                                                                                                                  \
    const type *const returns_const_##number(type *a, type *b)                                                         \
    {                                                                                                                  \
        return 0;                                                                                                      \
    }
#define NOTHING(type, number)
EACH(POINTERS)

#define REFERENCES(type, number)                                                                                       \
    void references_##number(type &, const type &, volatile type &, type &&, const type &&, type *&, type *const &)    \
    {                                                                                                                  \
    }                                                                                                                  \
    type &returns_reference_##number(type &a)                                                                          \
    {                                                                                                                  \
        return a;                                                                                                      \
    }                                                                                                                  \
    type &&returns_moved_##number(type &a)                                                                             \
    {                                                                                                                  \
        return (type &&)a;                                                                                             \
    }
#define VALUES(type, number)                                                                                           \
    type value_##number;                                                                                               \
    extern const type constant_##number = {};                                                                          \
    volatile type volatile_##number;                                                                                   \
    extern const volatile type both_##number = {};                                                                     \
    type array_##number[3];                                                                                            \
    type matrix_##number[2][30];                                                                                       \
    extern const type constant_array_##number[2][4] = {};                                                              \
    void takes_##number(type)                                                                                          \
    {                                                                                                                  \
    }                                                                                                                  \
    void takes_two_##number(type, const type)                                                                          \
    {                                                                                                                  \
    }                                                                                                                  \
    type returns_##number()                                                                                            \
    {                                                                                                                  \
        return {};                                                                                                     \
    }                                                                                                                  \
    const type returns_const_value_##number(type, ...)                                                                 \
    {                                                                                                                  \
        return {};                                                                                                     \
    }                                                                                                                  \
    void takes_array_##number(type[3], type[4][5], type(&)[6], const type(&)[7][8], type(*)[9], type(&&)[10])          \
    {                                                                                                                  \
    }                                                                                                                  \
    void takes_open_array_##number(type(&)[], type(*)[])                                                               \
    {                                                                                                                  \
    }                                                                                                                  \
    type(*returns_array_##number())[3]                                                                                 \
    {                                                                                                                  \
        return 0;                                                                                                      \
    }                                                                                                                  \
    type(*pointer_to_array_##number)[1000];                                                                            \
    const type(*pointer_to_constant_array_##number)[2][3];
struct s {
    int a;
};
class c {
    int a;
};
union u {
    int a;
    float b;
};
namespace n {
struct s {};
namespace inner {
struct deep {};
} // namespace inner
} // namespace n
#define EACH_VALUE(of)                                                                                                 \
    of(bool, 1) of(char, 2) of(signed char, 3) of(unsigned char, 4) of(short, 5) of(unsigned short, 6) of(int, 7)      \
        of(unsigned, 8) of(long, 9) of(unsigned long, 10) of(long long, 11) of(unsigned long long, 12) of(float, 13)   \
            of(double, 14) of(long double, 15) of(wchar_t, 16) of(char16_t, 17) of(char32_t, 18) of(char8_t, 19)       \
                of(s, 20) of(c, 21) of(u, 22) of(e, 23) of(strong, 24) of(n::s, 25) of(n::c, 26) of(n::inner::e2, 27)  \
                    of(n::inner::deep, 28) of(n::versioned, 29)
EACH_VALUE(VALUES)
EACH_VALUE(REFERENCES)

null_pointer null_value;
void takes_null(null_pointer, null_pointer)
{
}

// Functions: how they are called, what they take, pointers to them.
void __cdecl called_cdecl(int)
{
}
void __stdcall called_stdcall(int)
{
}
void __fastcall called_fastcall(int)
{
}
void __vectorcall called_vectorcall(int)
{
}
void variadic(...)
{
}
void variadic_more(int, const char *, ...)
{
}
void never_throws() noexcept
{
}
int never_throws_either(int, char *) noexcept
{
    return 0;
}
[[noreturn]] void never_returns()
{
    for (;;) {
    }
}
void takes_function(void (*)(), int (*)(int, char *), void (&)(), void (&&)(int), void (*const)(...))
{
}
void takes_quiet_function(void (*)() noexcept, int (*)(s *, s *) noexcept)
{
}
void takes_called(void(__stdcall *)(), void(__fastcall *)(int), void(__vectorcall *)(int), void(__stdcall **)())
{
}
void (*returns_function())(int)
{
    return 0;
}
int (*(*returns_function_of_function(void (*)(char)))(int))(s, s)
{
    return 0;
}
void (*function_pointer)(int, s *, s *);
void (*const volatile *pointer_to_function_pointer)(int);
void (*function_array[4])(int);
int (*(*array_of_array_functions[2])(const int (*)[3]))[5];
void takes_function_type(void(int), int (&)(s &, s &), void (*(*)(int))(char))
{
}
auto deduced()
{
    return 1;
}
decltype(auto) deduced_entirely()
{
    return (null_value);
}
auto trailing(int a) -> s *
{
    return 0;
}
auto *deduced_pointer()
{
    return &null_value;
}

// References back: names and types, more than ten of each.
void again(s, s, s &, s &, s *, s *, n::s, n::s, n::s *, n::inner::deep *, n::inner::deep *, n::inner::e2 **)
{
}
void many(s *, c *, u *, e *, strong *, n::s *, n::c *, n::inner::deep *, s **, c **, u **, e **, s *, c **, e **, u **)
{
}
void nested_again(void (*)(s *, c *), void (*)(s *, c *), s *, c *, void (*)(void (*)(s *, c *), c *, int, int))
{
}
n::inner::deep &names_again(n::inner::deep *, n::inner::e2, n::s, struct n::c)
{
    static n::inner::deep d;
    return d;
}

// Pointers to members.
struct base {
    int a;
    int f(int);
    int g(s *, s *) const volatile;
    int q() noexcept;
    void l() &;
    void r() &&;
};
struct __single_inheritance single : base{};
struct other {
    int b;
};
struct multiple : base, other {};
struct with_virtual_base : virtual base {};
struct unknown;
int base::*data_member;
const int base::*constant_data_member;
int base::*const constant_pointer_to_member = 0;
extern int base::*volatile volatile_pointer_to_member;
int base::*volatile volatile_pointer_to_member;
int *base::*pointer_member;
int (base::*array_member)[3];
int (base::*method)(int);
int (base::*constant_method)(s *, s *) const volatile;
int (base::*quiet_method)() noexcept;
void (base::*l_method)() &;
void (base::*r_method)() &&;
void (multiple::*multiple_method)();
void (with_virtual_base::*virtual_method)();
int (__stdcall base::*stdcall_method)(int);
void takes_members(int base::*, int base::*, int (base::*)(int), int (base::*)(int), const int multiple::*,
                   void (with_virtual_base::*)(base *), int base::*base::*)
{
}
void takes_members_by_pointer(int base::**, int base::*const *, int (base::**)(int), int base::*&, int (base::*&&)())
{
}
int base::*returns_member(int (base::*)(int base::*))
{
    return 0;
}
int (base::*returns_method(char))(int)
{
    return 0;
}
typedef float float4 __attribute__((ext_vector_type(4)));
void takes_vector(int __attribute__((vector_size(16))), float4)
{
}
void unaligned(int __unaligned *, const s __unaligned *, int __unaligned *__restrict, int __unaligned **)
{
}
int __unaligned *unaligned_pointer;
void restricted(int *__restrict, const char *__restrict *__restrict, int *const __restrict)
{
}
int *__restrict restricted_pointer;
_Complex float complex_value;
void takes_complex(_Complex double)
{
}
void takes_atomic(_Atomic(int) *)
{
}
