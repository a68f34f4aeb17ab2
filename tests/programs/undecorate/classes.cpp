// Members of every kind of access, operators, tables, thunks, and what compilers make themselves. Built with exceptions
// and run-time type information, so that their descriptors are there.

using size_type = decltype(sizeof 0);
class type_info_like;
namespace std {
class type_info {
  public:
    virtual ~type_info();
};
enum class align_val_t : size_type {};
struct strong_ordering {
    int value;
};
} // namespace std

class accesses {
    void private_method();
    static void private_static();
    virtual void private_virtual();
    static int private_data;

  protected:
    void protected_method(int);
    static void protected_static(int);
    virtual void protected_virtual(int);
    static const int protected_data;

  public:
    accesses();
    accesses(const accesses &);
    accesses(accesses &&) noexcept;
    explicit accesses(int, ...);
    virtual ~accesses();
    void public_method(accesses, accesses *, accesses &);
    static void public_static(accesses *, accesses *);
    virtual void public_virtual() = 0;
    static volatile long public_data[3];
    static accesses *(*public_function)(accesses *);
    void constant() const;
    void changing() volatile;
    void both() const volatile;
    void on_value() &;
    void on_constant() const &;
    void on_moved() &&;
    void on_constant_moved() const && noexcept;
    void __stdcall called_stdcall();
    void __fastcall called_fastcall();
    void __cdecl called_cdecl(int, ...);
    void __vectorcall called_vectorcall();
    void restricted() __restrict;
    struct nested {
        struct more {
            more(nested *, more *);
            ~more();
            more &operator=(const more &);
            void f(accesses::nested, accesses::nested::more *);
        };
        static more member;
        enum kind { one };
        kind k(kind *);
    };
    union variant {
        int a;
        variant();
        ~variant();
    };
};
void accesses::private_method()
{
}
void accesses::private_static()
{
}
void accesses::private_virtual()
{
}
int accesses::private_data;
void accesses::protected_method(int)
{
}
void accesses::protected_static(int)
{
}
void accesses::protected_virtual(int)
{
}
const int accesses::protected_data = 4;
accesses::accesses()
{
}
accesses::accesses(const accesses &)
{
}
accesses::accesses(accesses &&) noexcept
{
}
accesses::accesses(int, ...)
{
}
accesses::~accesses()
{
}
void accesses::public_static(accesses *, accesses *)
{
}
volatile long accesses::public_data[3];
accesses *(*accesses::public_function)(accesses *);
void accesses::constant() const
{
}
void accesses::changing() volatile
{
}
void accesses::both() const volatile
{
}
void accesses::on_value() &
{
}
void accesses::on_constant() const &
{
}
void accesses::on_moved() &&
{
}
void accesses::on_constant_moved() const && noexcept
{
}
void __stdcall accesses::called_stdcall()
{
}
void __fastcall accesses::called_fastcall()
{
}
void __cdecl accesses::called_cdecl(int, ...)
{
}
void __vectorcall accesses::called_vectorcall()
{
}
void accesses::restricted() __restrict
{
}
accesses::nested::more::more(nested *, more *)
{
}
accesses::nested::more::~more()
{
}
accesses::nested::more &accesses::nested::more::operator=(const more &)
{
    return *this;
}
void accesses::nested::more::f(accesses::nested, accesses::nested::more *)
{
}
accesses::nested::more accesses::nested::member(0, 0);
accesses::nested::kind accesses::nested::k(kind *)
{
    return one;
}
accesses::variant::variant()
{
}
accesses::variant::~variant()
{
}

// Operators, as members and free.
typedef void (*function)(int);
typedef int array[3];
struct number {
    int value;
    number operator+(number) const;
    number operator-(number) const;
    number operator*(number) const;
    number operator/(number) const;
    number operator%(number) const;
    number operator^(number) const;
    number operator&(number) const;
    number operator|(number) const;
    number operator~() const;
    bool operator!() const;
    bool operator<(number) const;
    bool operator>(number) const;
    bool operator<=(number) const;
    bool operator>=(number) const;
    bool operator==(number) const;
    bool operator!=(number) const;
    std::strong_ordering operator<=>(number) const;
    bool operator&&(number) const;
    bool operator||(number) const;
    number operator<<(int) const;
    number operator>>(int) const;
    number &operator=(int);
    number &operator+=(number);
    number &operator-=(number);
    number &operator*=(number);
    number &operator/=(number);
    number &operator%=(number);
    number &operator^=(number);
    number &operator&=(number);
    number &operator|=(number);
    number &operator<<=(int);
    number &operator>>=(int);
    number &operator++();
    number operator++(int);
    number &operator--();
    number operator--(int);
    number operator,(number) const;
    number *operator->();
    number &operator->*(int number::*);
    number &operator[](int);
    number operator()(int, int) const;
    static void *operator new(size_type);
    static void operator delete(void *);
    static void *operator new[](size_type);
    static void operator delete[](void *);
    operator int() const;
    operator const char *() const;
    operator function() const;
    operator number *&();
    explicit operator bool() const;
    operator array &();
    template <class t> operator t() const;
    template <class t> explicit number(t);
    template <class t> number &operator=(t *);
};
template <class... all> void use(all &&...);
void operators(number a, number b)
{
    use((a + b).value, (a - b).value, (a * b).value, (a / b).value, (a % b).value, (a ^ b).value, (a & b).value,
        (a | b).value, (~a).value, !a, a<b, a> b, a <= b, a >= b, a == b, a != b, (a <=> b).value, a && b, a || b,
        (a << 1).value, (a >> 1).value);
    a = 3;
    a += b, a -= b, a *= b, a /= b, a %= b, a ^= b, a &= b, a |= b, a <<= 1, a >>= 1;
    ++a, a++, --a, a--;
    use((a, b).value, a->value, (a->*&number::value).value, a[1].value, a(1, 2).value);
    delete new number(1);
    delete[] (number *)(void *)new number *[3];
    number::operator delete[](number::operator new[](1));
    use((int)a, (const char *)a, (function)a, (number *&)a, a.operator bool(), a.operator array &(),
        a.operator double(), a.operator number **());
    a = &b;
}
number operator+(int, number)
{
    return number(1);
}
bool operator==(int, number)
{
    return true;
}
number operator""_numbers(unsigned long long)
{
    return number(2);
}
const char *operator""_text(const char *text, size_type)
{
    return text;
}
long double operator""_degrees(long double d)
{
    return d;
}
void *operator new(size_type, void *p, int)
{
    return p;
}
void operator delete(void *, void *, int)
{
}
void *operator new[](size_type, std::align_val_t, char)
{
    return 0;
}

// Tables, thunks, and deleting destructors.
struct left {
    virtual ~left();
    virtual left *clone();
    virtual void f();
    int a;
};
struct right {
    virtual ~right();
    virtual right *clone();
    virtual void g(int);
    int b;
};
struct both : left, right {
    ~both();
    both *clone();
    void f();
    void g(int);
};
struct top {
    virtual ~top();
    virtual void h();
    virtual top *self();
    int t;
};
struct virtual_left : virtual top {
    virtual_left();
    ~virtual_left();
    void h();
    virtual_left *self();
};
struct virtual_right : virtual top {
    virtual_right();
    virtual void own();
};
struct diamond : virtual_left, virtual_right {
    diamond();
    ~diamond();
    void h();
    diamond *self();
    void own();
};
namespace space {
struct bottom : both, diamond {
    bottom();
    ~bottom();
    void f();
    void h();
    bottom *self();
};
bottom::bottom()
{
}
bottom::~bottom()
{
}
void bottom::f()
{
}
void bottom::h()
{
}
bottom *bottom::self()
{
    return this;
}
} // namespace space
both::~both()
{
}
both *both::clone()
{
    return this;
}
void both::f()
{
}
void both::g(int)
{
}
virtual_left::virtual_left()
{
}
virtual_left::~virtual_left()
{
}
void virtual_left::h()
{
}
virtual_left *virtual_left::self()
{
    return this;
}
virtual_right::virtual_right()
{
}
void virtual_right::own()
{
}
diamond::diamond()
{
}
diamond::~diamond()
{
}
void diamond::h()
{
}
diamond *diamond::self()
{
    return this;
}
void diamond::own()
{
}
void (left::*pointer_to_virtual)() = &left::f;
void (right::*pointer_to_other_virtual)(int) = &right::g;
void (diamond::*pointer_to_deep_virtual)() = &diamond::h;
void (both::*pointer_in_both)(int) = &both::g;
struct __declspec(novtable) interface_like {
    virtual void m() = 0;
};
struct abstract : interface_like {
    abstract();
    void m();
};
abstract::abstract()
{
}
void abstract::m()
{
}

// Statics of functions, their guards, and what initializes variables.
struct built {
    built(int);
    ~built();
    int a;
};
built global(1);
static built local_to_file(2);
namespace space {
built in_namespace(3);
namespace {
built in_unnamed(4);
struct hidden {
    hidden(hidden *);
    virtual void f(hidden &, hidden &);
};
hidden::hidden(hidden *)
{
}
void hidden::f(hidden &, hidden &)
{
}
void *hidden_function(hidden *a)
{
    return a;
}
} // namespace
void *keep()
{
    hidden_function(0);
    return new hidden(0);
}
} // namespace space
struct holder {
    static built member;
    static inline built inline_member{7};
    void method();
};
built holder::member(5);
thread_local built per_thread(6);
inline int statics(int a)
{
    static int plain = a;
    static built object(a);
    static const char text[] = "text";
    {
        static built in_block(a);
        {
            static int deeper = a;
            use(deeper);
        }
        use(in_block);
    }
    {
        static built in_other_block(a);
        struct local {
            int f()
            {
                static int in_local = use_it();
                return in_local;
            }
            static int use_it()
            {
                return 3;
            }
            struct inner {
                void g(local *, inner *)
                {
                    use(*this);
                }
            };
        };
        local::inner().g(0, 0);
        use(local().f(), in_other_block);
    }
    return plain + object.a + text[0];
}
inline int many_blocks(int a)
{
#define BLOCK                                                                                                          \
    {                                                                                                                  \
        static built b(a);                                                                                             \
        use(b);                                                                                                        \
    }
#define BLOCKS BLOCK BLOCK BLOCK BLOCK BLOCK BLOCK BLOCK BLOCK BLOCK BLOCK
    BLOCKS BLOCKS return 0;
}
void holder::method()
{
    static built in_method(1);
    thread_local built thread_in_method(2);
    use(in_method, thread_in_method, statics(1), many_blocks(2), &per_thread, &inline_member);
}
extern "C" {
inline int c_function(int a)
{
    static int in_c = a;
    struct c_local {
        int f()
        {
            return 1;
        }
    };
    return in_c + c_local().f();
}
int c_variable;
void __stdcall c_stdcall(int)
{
}
void __fastcall c_fastcall(int)
{
}
}
int call_c(int a)
{
    return c_function(a);
}

// Lambdas.
inline auto lambda(int a)
{
    auto first = [a](int b) { return a + b; };
    auto second = [=](auto b, auto *c) mutable {
        static int n = a;
        return b + *c + n++;
    };
    auto third = [](this auto self, int c) { return c; };
    int (*pointer)(int) = [](int d) { return d; };
    use(first(1), second(1, &a), second(2.0, "x"), pointer(3));
    return first;
}
auto lambda_outside = [](int a) { return a; };
inline auto lambda_inline = [](auto... all) {
    use(all...);
    return [] { return 5; };
};
struct with_lambda {
    int member = [] { return 3; }();
    int method(int a = [] { return 4; }())
    {
        return [this] { return member; }();
    }
};
int call_lambdas()
{
    with_lambda w;
    return lambda(1)(2) + lambda_outside(3) + lambda_inline(1, 2.0, "3")() + w.method();
}

// Exceptions bring descriptors of types.
struct thrown : left {
    thrown();
    thrown(const thrown &);
};
void throws(int a)
{
    try {
        if (a == 1)
            throw thrown();
        if (a == 2)
            throw 3;
        if (a == 4)
            throw "text";
        if (a == 5)
            throw (void (*)(int))0;
        if (a == 6)
            throw (int left::*)0;
        if (a == 7)
            throw space::in_namespace;
        if (a == 8)
            throw number(1);
    } catch (const thrown &t) {
        use(&t);
    } catch (char *) {
    } catch (...) {
        throw;
    }
}
const std::type_info &info = typeid(left);
const std::type_info &info_of_pointer = typeid(const left *(*)[3]);
const std::type_info &info_of_function = typeid(void (*)(left, right &));
const std::type_info &info_of_method = typeid(int(left::*)(int) const);
const std::type_info &info_of_hidden = typeid(space::hidden);
const std::type_info &info_of_enum = typeid(accesses::nested::kind);
bool is_both(left *l)
{
    return dynamic_cast<both *>(l) != 0;
}

// Text.
const char *texts[] = {
    "",
    "a",
    "plain",
    "with blanks, commas; and \"quotes\" '\\' / : . - + * ? @ $",
    "\t\n\r\v\f\a\b\x01\x7f\x80\xff",
    "a text that is longer than the thirty-two characters which fit into its name",
    "\xc1\xda\xe1\xfa",
    "exactly thirty-one characters..",
    "exactly thirty-two characters...",
    "zeros\0within\0it\0",
    "\0\0\0",
    "ab\0",
};
const wchar_t *wide_texts[] = {
    L"",
    L"a",
    L"plain",
    L"\x20ac\xe4\x1234",
    L"a text that is longer than the thirty-two characters of its name",
    L"fourteen chars",
    L"exactly fifteen",
    L"thirty-one characters of a text",
};
const char16_t *texts16[] = {u"",
                             u"a",
                             u"plain",
                             u"\u20ac\u00e4",
                             u"a text that is longer than sixteen characters are",
                             u"exactly sixteen",
                             u"15 characters.."};
const char32_t *texts32[] = {
    U"", U"a", U"plain", U"\U0001f600\u20ac", U"a text that is longer than eight characters", U"seven.."};
const char8_t *texts8[] = {u8"", u8"\u20ac", u8"plain"};
