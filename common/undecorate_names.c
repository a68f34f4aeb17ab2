// Names in a decorated name. They stand innermost first, each ending in '@', the list of them in another '@':
// "f@A@B@@" is B::A::f. A part is
//
//        f@              itself
//        0               the first name that was seen, up to 9 for the tenth
//        ?$f@HH@         f<int, int>: arguments up to '@'; digits in there count from the template's own name on
//        ?A0x1234@       an unnamed namespace (the number tells files apart)
//        ?1??f@@YAXXZ@   in the second block of another whole decorated name
//        ?H              an operator; only as the last part of a symbol's name
//
// Microsoft does not document it. What compilers write is collected in clang's mangler and in "Calling conventions"
// by Agner Fog (section 8, "Name mangling").
#include "common/undecorate_parts.h"

// By '0' to '9', 'A' to 'Z'. What is NULL is no operator, or is read elsewhere.
static const char *const operators[36] = {
    NULL,         NULL,          "operator new", "operator delete", "operator=",  "operator>>",
    "operator<<", "operator!",   "operator==",   "operator!=",      "operator[]", NULL,
    "operator->", "operator*",   "operator++",   "operator--",      "operator-",  "operator+",
    "operator&",  "operator->*", "operator/",    "operator%",       "operator<",  "operator<=",
    "operator>",  "operator>=",  "operator,",    "operator()",      "operator~",  "operator^",
    "operator|",  "operator&&",  "operator||",   "operator*=",      "operator+=", "operator-=",
};

static const char *const operators_with_underscore[36] = {
    ['0' - '0'] = "operator/=",
    ['1' - '0'] = "operator%=",
    ['2' - '0'] = "operator>>=",
    ['3' - '0'] = "operator<<=",
    ['4' - '0'] = "operator&=",
    ['5' - '0'] = "operator|=",
    ['6' - '0'] = "operator^=",
    ['D' - 'A' + 10] = "`vbase dtor'",
    ['E' - 'A' + 10] = "`vector deleting dtor'",
    ['F' - 'A' + 10] = "`default ctor closure'",
    ['G' - 'A' + 10] = "`scalar deleting dtor'",
    ['H' - 'A' + 10] = "`vector ctor iterator'",
    ['I' - 'A' + 10] = "`vector dtor iterator'",
    ['J' - 'A' + 10] = "`vector vbase ctor iterator'",
    ['K' - 'A' + 10] = "`virtual displacement map'",
    ['L' - 'A' + 10] = "`eh vector ctor iterator'",
    ['M' - 'A' + 10] = "`eh vector dtor iterator'",
    ['N' - 'A' + 10] = "`eh vector vbase ctor iterator'",
    ['O' - 'A' + 10] = "`copy ctor closure'",
    ['T' - 'A' + 10] = "`local vftable ctor closure'",
    ['U' - 'A' + 10] = "operator new[]",
    ['V' - 'A' + 10] = "operator delete[]",
};

static const char *const operators_with_two_underscores[36] = {
    ['A' - 'A' + 10] = "`managed vector ctor iterator'",
    ['B' - 'A' + 10] = "`managed vector dtor iterator'",
    ['C' - 'A' + 10] = "`EH vector copy ctor iterator'",
    ['D' - 'A' + 10] = "`EH vector vbase copy ctor iterator'",
    ['G' - 'A' + 10] = "`vector copy ctor iterator'",
    ['H' - 'A' + 10] = "`vector vbase copy constructor iterator'",
    ['I' - 'A' + 10] = "`managed vector vbase copy constructor iterator'",
    ['L' - 'A' + 10] = "operator co_await",
    ['M' - 'A' + 10] = "operator<=>",
};

void undecorate_remember_name(struct undecorator *u, struct text name)
{
    struct back_references *references = &u->references;
    if (u->failed || references->name_count == BACK_REFERENCE_COUNT)
        return;
    for (unsigned i = 0; i < references->name_count; i++)
        if (text_equal(references->names[i], name))
            return;
    references->names[references->name_count++] = name;
}

static struct text name_referred_to(struct undecorator *u)
{
    unsigned index = (unsigned)(undecorate_next(u) - '0');
    if (u->failed || index >= u->references.name_count) {
        undecorate_fail(u);
        return TEXT("");
    }
    return u->references.names[index];
}

struct text undecorate_simple_name(struct undecorator *u)
{
    size_t size = text_find(u->rest, '@');
    if (u->failed || size == 0 || size == u->rest.size) {
        undecorate_fail(u);
        return TEXT("");
    }
    struct text name = text_prefix(u->rest, size);
    u->rest = text_skip(u->rest, size + 1);
    return name;
}

static struct text simple_name_remembered(struct undecorator *u)
{
    struct text name = undecorate_simple_name(u);
    undecorate_remember_name(u, name);
    return name;
}

static struct text joined(struct undecorator *u, struct text a, struct text b)
{
    size_t begun = undecorate_begin(u);
    undecorate_put(u, a);
    undecorate_put(u, b);
    return undecorate_end(u, begun);
}

static struct identifier operator_name(struct undecorator *u)
{
    struct identifier out = {IDENTIFIER_PLAIN, TEXT("")};
    const char *const *table = operators;
    if (undecorate_skip(u, TEXT("__")))
        table = operators_with_two_underscores;
    else if (undecorate_skip(u, TEXT("_")))
        table = operators_with_underscore;
    char c = undecorate_next(u);
    if (table == operators && (c == '0' || c == '1')) {
        out.kind = c == '0' ? IDENTIFIER_CONSTRUCTOR : IDENTIFIER_DESTRUCTOR;
        return out;
    }
    if (table == operators && c == 'B')
        return (struct identifier){IDENTIFIER_CONVERSION, TEXT("operator")};
    if (table == operators_with_two_underscores && c == 'K') {
        out.text = joined(u, TEXT("operator \"\""), undecorate_simple_name(u));
        return out;
    }
    const char *name = NULL;
    if (c >= '0' && c <= '9')
        name = table[c - '0'];
    else if (c >= 'A' && c <= 'Z')
        name = table[c - 'A' + 10];
    if (name)
        out.text = text_of(name);
    else
        undecorate_fail(u);
    return out;
}

// A function, variable or member as an argument. `letter` says which: '1' a pointer, 'E' a reference, 'H' to 'J' a
// method and one to three numbers that find it in a class with several bases, 'F' and 'G' only two or three numbers.
static void put_entity_argument(struct undecorator *u, char letter)
{
    unsigned offset_count = letter == 'J' || letter == 'G' ? 3 : letter == 'I' || letter == 'F' ? 2 : letter == 'H';
    bool has_name = letter != 'F' && letter != 'G' && undecorate_is_at(u, TEXT("?"));
    if (!has_name && !offset_count)
        undecorate_fail(u);
    if (offset_count)
        undecorate_put(u, TEXT("{"));
    else if (letter != 'E')
        undecorate_put(u, TEXT("&"));
    if (has_name) {
        struct entity entity = undecorate_entity(u);
        if (letter != 'E')
            undecorate_remember_name(u, entity.last);
        undecorate_put_entity(u, &entity);
    }
    for (unsigned i = 0; i < offset_count; i++) {
        if (i || has_name)
            undecorate_put(u, TEXT(", "));
        undecorate_put_signed(u, undecorate_signed(u));
    }
    if (offset_count)
        undecorate_put(u, TEXT("}"));
}

static void put_type_argument(struct undecorator *u, enum leading_qualifiers leading)
{
    const struct type *type = undecorate_type(u, leading);
    if (u->failed)
        return;
    undecorate_put_before(u, type);
    undecorate_put_behind(u, type);
}

// The letter of an argument that is a value, or 0 where it is a type. A value has '$' in front of its letter, but for
// one that is declared `auto`: its type stands before it.
static char value_letter(struct undecorator *u, bool is_auto)
{
    struct text ahead = u->rest;
    if (!is_auto && !undecorate_is_at(u, TEXT("$")))
        return 0;
    if (!is_auto)
        ahead = text_skip(ahead, 1);
    if (u->failed || !ahead.size || !memchr("01EFGHIJ", ahead.data[0], 8))
        return 0;
    if (ahead.data[0] == 'E' && !text_starts_with(ahead, TEXT("E?")))
        return 0;
    u->rest = text_skip(ahead, 1);
    return ahead.data[0];
}

static void put_template_argument(struct undecorator *u)
{
    bool is_auto = undecorate_skip(u, TEXT("$M"));
    if (is_auto)
        undecorate_type(u, WITHOUT_QUALIFIERS);
    if (undecorate_skip(u, TEXT("$$Y"))) {
        undecorate_put(u, undecorate_type_name(u));
        return;
    }
    if (undecorate_skip(u, TEXT("$$B"))) {
        put_type_argument(u, WITHOUT_QUALIFIERS);
        return;
    }
    if (undecorate_skip(u, TEXT("$$C"))) {
        put_type_argument(u, WITH_QUALIFIERS);
        return;
    }
    char letter = value_letter(u, is_auto);
    if (letter == '0') {
        bool is_negative;
        uint64_t value = undecorate_number(u, &is_negative);
        undecorate_put_number(u, value, is_negative);
    } else if (letter) {
        put_entity_argument(u, letter);
    } else {
        put_type_argument(u, WITHOUT_QUALIFIERS);
    }
}

static struct text template_arguments(struct undecorator *u)
{
    size_t begun = undecorate_begin(u);
    undecorate_put(u, TEXT("<"));
    for (size_t count = 0; !u->failed && !undecorate_skip(u, TEXT("@"));) {
        // An empty pack, or where one pack ends and the next begins.
        if (undecorate_skip(u, TEXT("$S")) || undecorate_skip(u, TEXT("$$V")) || undecorate_skip(u, TEXT("$$$V")) ||
            undecorate_skip(u, TEXT("$$Z")))
            continue;
        if (count++)
            undecorate_put(u, TEXT(", "));
        put_template_argument(u);
    }
    undecorate_put(u, TEXT(">"));
    return undecorate_end(u, begun);
}

static struct identifier symbol_identifier(struct undecorator *u);

// "?$" was read. Digits within refer to names within.
static struct identifier template_instance(struct undecorator *u)
{
    struct identifier out = {IDENTIFIER_PLAIN, TEXT("")};
    if (!undecorate_enter(u))
        return out;
    struct back_references outer = u->references;
    u->references = (struct back_references){0};
    if (undecorate_is_at(u, TEXT("?$")))
        undecorate_fail(u);
    out = symbol_identifier(u);
    out.text = joined(u, out.text, template_arguments(u));
    u->references = outer;
    undecorate_leave(u);
    return out;
}

static struct identifier symbol_identifier(struct undecorator *u)
{
    if (undecorate_is_at_digit(u))
        return (struct identifier){IDENTIFIER_PLAIN, name_referred_to(u)};
    if (undecorate_skip(u, TEXT("?$")))
        return template_instance(u);
    if (undecorate_skip(u, TEXT("?")))
        return operator_name(u);
    return (struct identifier){IDENTIFIER_PLAIN, simple_name_remembered(u)};
}

struct text undecorate_type_identifier(struct undecorator *u)
{
    if (undecorate_is_at_digit(u))
        return name_referred_to(u);
    if (!undecorate_skip(u, TEXT("?$")))
        return simple_name_remembered(u);
    struct identifier identifier = template_instance(u);
    if (identifier.kind != IDENTIFIER_PLAIN)
        undecorate_fail(u);
    undecorate_remember_name(u, identifier.text);
    return identifier.text;
}

// Whether "?", a number and "?" are next. A number of several letters has no leading zero ('A').
static bool is_at_local_scope(const struct undecorator *u)
{
    if (!undecorate_is_at(u, TEXT("?")))
        return false;
    struct text ahead = text_skip(u->rest, 1);
    if (ahead.size && ahead.data[0] >= '0' && ahead.data[0] <= '9')
        return text_starts_with(text_skip(ahead, 1), TEXT("?"));
    size_t size = 0;
    while (size < ahead.size && size <= 16 && ahead.data[size] >= 'A' && ahead.data[size] <= 'P')
        size++;
    return (size == 0 || ahead.data[0] != 'A') && text_starts_with(text_skip(ahead, size), TEXT("@?"));
}

static struct text local_scope(struct undecorator *u)
{
    size_t begun = undecorate_begin(u);
    undecorate_expect(u, TEXT("?"));
    uint64_t number = undecorate_unsigned(u);
    undecorate_expect(u, TEXT("?"));
    struct entity entity = undecorate_entity(u);
    undecorate_put(u, TEXT("`"));
    undecorate_put_entity(u, &entity);
    undecorate_put(u, TEXT("'::`"));
    undecorate_put_number(u, number, false);
    undecorate_put(u, TEXT("'"));
    return undecorate_end(u, begun);
}

static struct text scope_part(struct undecorator *u)
{
    if (undecorate_skip(u, TEXT("?A"))) {
        // What can be referred to is the number: a digit shows that.
        size_t size = text_find(u->rest, '@');
        undecorate_remember_name(u, text_prefix(u->rest, size));
        u->rest = text_skip(u->rest, size);
        undecorate_expect(u, TEXT("@"));
        return TEXT("`anonymous namespace'");
    }
    if (is_at_local_scope(u))
        return local_scope(u);
    return undecorate_type_identifier(u);
}

struct text undecorate_scope(struct undecorator *u, struct text *innermost)
{
    array_of(struct text) parts = {0};
    while (!u->failed && !undecorate_skip(u, TEXT("@"))) {
        struct text part = scope_part(u);
        array_push(u->arena, &parts, part);
    }
    if (innermost)
        *innermost = parts.count ? parts.items[0] : TEXT("");
    size_t begun = undecorate_begin(u);
    for (size_t i = parts.count; i-- > 0 && !u->failed;) {
        undecorate_put(u, parts.items[i]);
        undecorate_put(u, TEXT("::"));
    }
    return undecorate_end(u, begun);
}

struct text undecorate_type_name(struct undecorator *u)
{
    struct text last = undecorate_type_identifier(u);
    struct text scope = undecorate_scope(u, NULL);
    return scope.size ? joined(u, scope, last) : last;
}

struct qualified_name undecorate_symbol_name(struct undecorator *u)
{
    struct qualified_name name;
    struct text enclosing;
    name.last = symbol_identifier(u);
    name.scope = undecorate_scope(u, &enclosing);
    bool is_destructor = name.last.kind == IDENTIFIER_DESTRUCTOR;
    if (is_destructor || name.last.kind == IDENTIFIER_CONSTRUCTOR) {
        if (!enclosing.size)
            undecorate_fail(u);
        struct text called = is_destructor ? joined(u, TEXT("~"), enclosing) : enclosing;
        name.last = (struct identifier){IDENTIFIER_PLAIN, joined(u, called, name.last.text)};
    }
    return name;
}
