// Templates of classes, functions and variables, with arguments of every kind.

using size_type = decltype(sizeof 0);
using null_pointer = decltype(nullptr);
template <class... all> void use(all &&...);

template <class... all> struct list {
    list();
    ~list();
    list(const list &);
    template <class t> list(t);
    template <class t> list &operator=(t);
    void f(list, list *, list<list>);
    static int data;
    template <class t> t g(t, list<t, all...>);
    struct nested {
        void h(nested, list);
    };
    virtual void v();
    bool operator==(list);
    operator list<int> *();
    friend list operator+(list a, list)
    {
        return a;
    }
};
template <class... all> list<all...>::list()
{
}
template <class... all> list<all...>::~list()
{
}
template <class... all> list<all...>::list(const list &)
{
}
template <class... all> template <class t> list<all...>::list(t)
{
}
template <class... all> template <class t> list<all...> &list<all...>::operator=(t)
{
    return *this;
}
template <class... all> void list<all...>::f(list, list *, list<list>)
{
}
template <class... all> int list<all...>::data = 3;
template <class... all> template <class t> t list<all...>::g(t a, list<t, all...>)
{
    return a;
}
template <class... all> void list<all...>::nested::h(nested, list)
{
}
template <class... all> void list<all...>::v()
{
}
template <class... all> bool list<all...>::operator==(list)
{
    return true;
}
template <class... all> list<all...>::operator list<int> *()
{
    return 0;
}

struct s {
    int a, b;
    void m(int);
    virtual void v();
    static int d;
    static void f(s *);
};
enum e { e0, e1 };
enum class strong : unsigned char { a, z = 200 };
namespace n {
struct s {};
template <class t> struct box {
    t value;
    template <class o> struct bag {
        void put(box<o>, bag *);
    };
};
namespace {
struct hidden {};
} // namespace
} // namespace n

template <class t> int use_list(t *)
{
    t l;
    l.f(l, &l, list<t>());
    l = 3;
    l = &l;
    l = t(2.0);
    typename t::nested().h({}, l);
    use(l.g('a', {}), l == l, (list<int> *)l, &t::data, l + l);
    return t::data;
}
template <class... all> int use_lists()
{
    return (use_list((list<all> *)0) + ...) + use_list((list<all...> *)0);
}
int lists()
{
    return use_lists<int, char, const int, int *, const char *, int &, int &&, const int *const, s, n::s, e, strong,
                     null_pointer, bool, long long, wchar_t, char16_t, char8_t>() +
           use_lists<int[3], const int[3], int[2][3], int(*)[3], int(&)[3], int[], void(), int(int, s *, s *),
                     void(...), void() const, void() &&, void() noexcept, void (*)(), int (&)(int), int s::*,
                     void (s::*)(int), const int s::*, int (s::*)() const>() +
           use_lists<list<>, list<int>, list<list<int>>, list<list<int>, list<int>>, n::box<int>,
                     n::box<n::box<list<s *, s *>>>, n::box<int>::bag<char>, n::box<n::hidden>, n::hidden,
                     void (*)(list<int>, list<int>)>() +
           use_list((list<> *)0);
}

// Values.
template <int i> int integer()
{
    return i;
}
template <long long i> int long_integer()
{
    return (int)i;
}
template <unsigned long long i> int unsigned_integer()
{
    return (int)i;
}
template <bool b> int boolean()
{
    return b;
}
template <char c> int character()
{
    return c;
}
template <e v> int enumerator()
{
    return v;
}
template <strong v> int strong_enumerator()
{
    return (int)v;
}
template <int *p> int pointer()
{
    return *p;
}
template <int &r> int reference()
{
    return r;
}
template <void (*f)(int)> int function()
{
    f(1);
    return 0;
}
template <void (&f)(int)> int function_reference()
{
    f(1);
    return 0;
}
template <int s::*m> int member()
{
    return sizeof m;
}
template <void (s::*m)(int)> int method()
{
    return sizeof m;
}
template <void (s::*m)()> int virtual_method()
{
    return sizeof m;
}
template <null_pointer p> int null()
{
    return 0;
}
template <auto v> int any()
{
    return sizeof v;
}
template <auto... v> int any_of()
{
    return sizeof...(v);
}
template <class t, t... v> int sequence()
{
    return sizeof...(v);
}
template <template <class...> class t> int of_template(t<int>)
{
    return 0;
}
template <template <auto> class t> int of_value_template()
{
    return 0;
}
template <auto v> struct value {
    static int get()
    {
        return 0;
    }
};
int variable, array[3];
extern int elsewhere;
static int in_file;
void called(int)
{
}
void called_more(int, s *, s *)
{
}
template <class t> void called_template(t)
{
}
struct left {
    virtual void l();
    int a;
};
struct right {
    virtual void r(int);
    int b;
};
struct both : left, right {
    void own();
    int c;
};
struct based : virtual left {
    void own();
    int d;
};
template <int both::*m> int member_of_both()
{
    return 0;
}
template <void (both::*m)()> int method_of_both()
{
    return 0;
}
template <void (both::*m)(int)> int other_method_of_both()
{
    return 0;
}
template <int based::*m> int member_of_based()
{
    return 0;
}
template <void (based::*m)()> int method_of_based()
{
    return 0;
}
struct undefined;
template <int undefined::*m> int member_of_undefined()
{
    return 0;
}
template <void (undefined::*m)()> int method_of_undefined()
{
    return 0;
}
int values()
{
    return integer<0>() + integer<1>() + integer<9>() + integer<10>() + integer<11>() + integer<-1>() +
           integer<-2147483647 - 1>() + integer<65536>() + long_integer<-0x7fffffffffffffff - 1>() +
           unsigned_integer<0xffffffffffffffff>() + boolean<true>() + boolean<false>() + character<'a'>() +
           character<'\xff'>() + enumerator<e1>() + strong_enumerator<strong::z>() + pointer<&variable>() +
           pointer<nullptr>() + pointer<&elsewhere>() + pointer<&in_file>() + pointer<&s::d>() + reference<variable>() +
           reference<s::d>() + function<called>() + function<called_template<int>>() + function<nullptr>() +
           function_reference<called>() + member<&s::a>() + member<&s::b>() + member<nullptr>() + method<&s::m>() +
           method<nullptr>() + virtual_method<&s::v>() + null<nullptr>();
}
int members()
{
    return member_of_both<&both::c>() + member_of_both<nullptr>() + method_of_both<&both::own>() +
           method_of_both<nullptr>() + method_of_both<(void(both::*)()) & left::l>() +
           other_method_of_both<(void(both::*)(int)) & right::r>() + member_of_based<&based::d>() +
           member_of_based<nullptr>() + method_of_based<&based::own>() + method_of_based<nullptr>() +
           member_of_undefined<nullptr>() + method_of_undefined<nullptr>();
}
int any_values()
{
    return any<0>() + any<-5>() + any<100u>() + any<'c'>() + any<true>() + any<e1>() + any<strong::a>() +
           any<&variable>() + any<&called>() + any<nullptr>() + any<(int *)nullptr>() + any<&s::a>() + any<&s::m>() +
           any<&s::v>() + any<&s::f>() + any<&called_more>() + any_of<>() + any_of<1, 2, 3>() +
           any_of<1, 'a', &variable, nullptr, &called>() + sequence<int>() + sequence<int, 1, 2, 3>() +
           sequence<unsigned char, 1, 2>() + sequence<void (*)(int), called, called>() + of_template(list<int>()) +
           of_template<n::box>({}) + of_value_template<value>() + value<3>::get() + value<&called>::get() +
           value<&s::m>::get();
}

// Packs, and what stands behind them.
template <class... a, class... b> int two_packs(list<a...>, list<b...>)
{
    return 0;
}
template <int... i, class... a> int mixed_packs(a...)
{
    return 0;
}
template <class t, class... a> int after_one(t, a...)
{
    return 0;
}
int packs()
{
    return two_packs(list<>(), list<>()) + two_packs(list<int>(), list<>()) + two_packs(list<>(), list<int, char>()) +
           two_packs(list<int, s>(), list<s, int>()) + mixed_packs<>() + mixed_packs<1, 2>(3, 'a', s()) + after_one(1) +
           after_one(1, 2, 3) + after_one(s(), s(), n::s(), n::s());
}

// Variables, aliases, constraints, deduction.
template <class t> t variable_template = t();
template <class t> static const t *constant_variable_template = nullptr;
template <class t> inline constexpr int sized = sizeof(t);
template <class t> using alias = n::box<t *>;
template <template <class> class t> struct taker {
    static void take()
    {
    }
};
template <class t>
concept small = sizeof(t) < 100;
template <small t> int constrained(t)
{
    return 0;
}
int constrained_too(small auto a, auto b)
{
    return 0;
}
template <class t> auto deduced(t a)
{
    return a;
}
template <class t> decltype(auto) deduced_entirely(t &a)
{
    return (a);
}
template <class t> auto trailing(t a) -> decltype(a + 1)
{
    return a + 1;
}
template <class t> auto trailing_pointer(t a) -> n::box<decltype(a)> *
{
    return 0;
}
template <class t, class = void> struct chosen {
    static void f()
    {
    }
};
template <class t> struct chosen<t, decltype(void(sizeof(t)))> {
    static void f()
    {
    }
};
int others()
{
    use(&variable_template<int>, &variable_template<n::box<s *>>, &constant_variable_template<int>, &sized<s>);
    taker<alias>::take();
    taker<n::box>::take();
    chosen<int>::f();
    chosen<undefined>::f();
    int i = 0;
    alias<int> a{};
    use(&a, deduced(1), deduced("x"), deduced_entirely(i), trailing(2), trailing_pointer('c'));
    return constrained(1) + constrained(s()) + constrained_too(1, 'a') + constrained_too(&i, s());
}

// References back within templates count from the template's name; those outside go on behind it.
template <class a, class b> struct pair {
    a first;
    b second;
    pair *next(pair, pair<b, a>, pair<pair, pair> *);
    template <class c> pair<a, c> with(c, pair<c, c>) const;
};
template <class a, class b> pair<a, b> *pair<a, b>::next(pair, pair<b, a>, pair<pair, pair> *)
{
    return this;
}
template <class a, class b> template <class c> pair<a, c> pair<a, b>::with(c, pair<c, c>) const
{
    return {};
}
namespace one {
struct t {};
namespace two {
struct t {};
namespace three {
struct t {};
pair<one::t, one::two::t> f(pair<one::t, two::t>, pair<two::t, one::t>, t, two::t, one::t, pair<t, t>)
{
    return {};
}
pair<t, pair<t, pair<t, pair<t, pair<t, t>>>>> g(pair<t, pair<t, t>> *, pair<t, pair<t, t>> *, pair<t, t>)
{
    return {};
}
} // namespace three
} // namespace two
} // namespace one
void pairs(pair<int, s> a, pair<s, s *> b, pair<pair<int, s>, pair<s, int>> c)
{
    use(a.next(a, {}, 0), b.next(b, {}, 0), c.next(c, {}, 0));
    use(a.with('c', {}).first, a.with(s(), {}).first, b.with(c, {}).first);
}
template struct pair<n::box<one::t>, n::box<n::box<one::two::three::t>>>;
template <class... all> list<list<all>..., all..., list<all...>> *combined(list<all> *..., list<all...> &)
{
    return 0;
}
template list<list<int>, list<s>, int, s, list<int, s>> *combined<int, s>(list<int> *, list<s> *, list<int, s> &);

// Lambdas in templates, templates in lambdas, statics in both.
template <class t> auto in_template(t a)
{
    static t kept = a;
    auto f = [&](auto b) {
        static int within = 3;
        struct local {
            void g(t, local *)
            {
                use(*this);
            }
        };
        local().g(a, 0);
        return [=] { return a; }() + within + kept;
    };
    return f(1) + f('c');
}
int lambdas()
{
    return in_template(1) + in_template('a') + any<[] {}>() + any<[](int a) { return a; }>();
}

// Deep and long, still within what is decorated in full.
template <int n> struct deep {
    using type = list<typename deep<n - 1>::type, typename deep<n - 1>::type *>;
};
template <> struct deep<0> {
    using type = int;
};
template <int n> struct tower {
    using type = n::box<typename tower<n - 1>::type>;
};
template <> struct tower<0> {
    using type = s;
};
template <class t> void takes(t *, t *, const t *)
{
}
void deeply()
{
    takes<deep<1>::type>(0, 0, 0);
    takes<deep<3>::type>(0, 0, 0);
    takes<deep<5>::type>(0, 0, 0);
    takes<tower<10>::type>(0, 0, 0);
    takes<tower<40>::type>(0, 0, 0);
    takes<tower<400>::type>(0, 0, 0); // too long: a hash
}
