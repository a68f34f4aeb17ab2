// Types in a decorated name. A letter is a basic type; "P", "Q", "A" and their like point to what follows, of which the
// qualifiers stand first ("PBH" is int const *); "U", "V", "T" and "W4" have a name; "P6", and "P8" for members, point
// to functions; "Y" counts dimensions. A parameter's type that took more than one letter can be referred to by digit.
#include "common/undecorate_parts.h"

static struct type *type_new(struct undecorator *u, enum type_kind kind, struct text text)
{
    struct type *type = arena_new(u->arena, struct type);
    type->kind = kind;
    type->text = text;
    return type;
}

// A for none to D for both; Q to T say the same of a member of a class. Fails on anything else.
static unsigned qualifiers_read(struct undecorator *u, bool *is_member)
{
    char c = undecorate_next(u);
    *is_member = c >= 'Q' && c <= 'T';
    if (c >= 'A' && c <= 'D')
        return (unsigned)(c - 'A'); // const is the lower bit
    if (*is_member)
        return (unsigned)(c - 'Q');
    undecorate_fail(u);
    return 0;
}

unsigned undecorate_qualifiers(struct undecorator *u)
{
    bool is_member;
    return qualifiers_read(u, &is_member);
}

// What a pointer itself is beside const and volatile, in this order. That it has 64 bits ('E') is not shown.
unsigned undecorate_pointer_qualifiers(struct undecorator *u)
{
    undecorate_skip(u, TEXT("E"));
    unsigned qualifiers = undecorate_skip(u, TEXT("I")) ? QUALIFIER_RESTRICT : 0;
    return undecorate_skip(u, TEXT("F")) ? qualifiers | QUALIFIER_UNALIGNED : qualifiers;
}

struct text undecorate_convention(struct undecorator *u)
{
    // Every second letter is the same for a function that is exported.
    switch (undecorate_next(u)) {
    case 'A':
    case 'B': return TEXT("__cdecl");
    case 'C':
    case 'D': return TEXT("__pascal");
    case 'E':
    case 'F': return TEXT("__thiscall");
    case 'G':
    case 'H': return TEXT("__stdcall");
    case 'I':
    case 'J': return TEXT("__fastcall");
    case 'M':
    case 'N': return TEXT("__clrcall");
    case 'O':
    case 'P': return TEXT("__eabi");
    case 'Q': return TEXT("__vectorcall");
    case 'S': return TEXT("__attribute__((__swiftcall__)) ");
    case 'W': return TEXT("__attribute__((__swiftasynccall__)) ");
    // Others are clang's own (preserve_most, regcall and so on) and have no keyword of Microsoft's.
    case 'U':
    case 'V':
    case 'w': return TEXT("");
    default: undecorate_fail(u); return TEXT("");
    }
}

static void parameter_read(struct undecorator *u, struct type *function)
{
    struct back_references *references = &u->references;
    if (undecorate_is_at_digit(u)) {
        unsigned index = (unsigned)(undecorate_next(u) - '0');
        if (index < references->type_count)
            array_push(u->arena, &function->parameters, references->types[index]);
        else
            undecorate_fail(u);
        return;
    }
    size_t size = u->rest.size;
    struct type *parameter = undecorate_type(u, WITHOUT_QUALIFIERS);
    if (u->failed)
        return;
    array_push(u->arena, &function->parameters, parameter);
    if (size - u->rest.size > 1 && references->type_count < BACK_REFERENCE_COUNT)
        references->types[references->type_count++] = parameter;
}

// "X" alone is void; else types, and '@' at their end or 'Z' for "...".
static void parameters_read(struct undecorator *u, struct type *function)
{
    if (undecorate_skip(u, TEXT("X"))) {
        function->takes_void = true;
        return;
    }
    while (!u->failed) {
        if (undecorate_skip(u, TEXT("@")))
            return;
        if (undecorate_skip(u, TEXT("Z"))) {
            function->is_variadic = true;
            return;
        }
        parameter_read(u, function);
    }
}

struct type *undecorate_function_type(struct undecorator *u, bool has_this)
{
    struct type *function = type_new(u, TYPE_FUNCTION, TEXT(""));
    if (!undecorate_enter(u))
        return function;
    if (has_this) {
        function->qualifiers = undecorate_pointer_qualifiers(u);
        if (undecorate_skip(u, TEXT("G")))
            function->reference = TEXT(" &");
        else if (undecorate_skip(u, TEXT("H")))
            function->reference = TEXT(" &&");
        function->qualifiers |= undecorate_qualifiers(u);
    }
    function->convention = undecorate_convention(u);
    if (!undecorate_skip(u, TEXT("@")))
        function->target = undecorate_type(u, WITH_QUALIFIERS_OF_RESULT);
    parameters_read(u, function);
    function->is_noexcept = undecorate_skip(u, TEXT("_E"));
    if (!function->is_noexcept)
        undecorate_expect(u, TEXT("Z"));
    undecorate_leave(u);
    return function;
}

static const char *basic_type_name(char c)
{
    static const char *const names[26] = {
        ['C' - 'A'] = "signed char",  ['D' - 'A'] = "char",           ['E' - 'A'] = "unsigned char",
        ['F' - 'A'] = "short",        ['G' - 'A'] = "unsigned short", ['H' - 'A'] = "int",
        ['I' - 'A'] = "unsigned int", ['J' - 'A'] = "long",           ['K' - 'A'] = "unsigned long",
        ['M' - 'A'] = "float",        ['N' - 'A'] = "double",         ['O' - 'A'] = "long double",
        ['X' - 'A'] = "void",
    };
    return c >= 'A' && c <= 'Z' ? names[c - 'A'] : NULL;
}

static const char *basic_type_name_with_underscore(char c)
{
    static const char *const names[26] = {
        ['J' - 'A'] = "__int64",        ['K' - 'A'] = "unsigned __int64", ['N' - 'A'] = "bool",
        ['P' - 'A'] = "auto",           ['Q' - 'A'] = "char8_t",          ['S' - 'A'] = "char16_t",
        ['T' - 'A'] = "decltype(auto)", ['U' - 'A'] = "char32_t",         ['W' - 'A'] = "wchar_t",
    };
    return c >= 'A' && c <= 'Z' ? names[c - 'A'] : NULL;
}

static struct type *basic_type(struct undecorator *u)
{
    if (undecorate_skip(u, TEXT("$$T")))
        return type_new(u, TYPE_NAMED, TEXT("std::nullptr_t"));
    const char *name = undecorate_skip(u, TEXT("_")) ? basic_type_name_with_underscore(undecorate_next(u))
                                                     : basic_type_name(undecorate_next(u));
    if (!name)
        undecorate_fail(u);
    return type_new(u, TYPE_NAMED, name ? text_of(name) : TEXT(""));
}

static struct type *tag_type(struct undecorator *u, struct text keyword)
{
    struct text name = undecorate_type_name(u);
    size_t begun = undecorate_begin(u);
    undecorate_put(u, keyword);
    undecorate_put(u, name);
    return type_new(u, TYPE_NAMED, undecorate_end(u, begun));
}

static struct type *array_type(struct undecorator *u)
{
    uint64_t rank = undecorate_unsigned(u);
    if (!rank)
        undecorate_fail(u);
    size_t begun = undecorate_begin(u);
    for (uint64_t i = 0; i < rank && !u->failed; i++) {
        uint64_t dimension = undecorate_unsigned(u);
        undecorate_put(u, TEXT("["));
        if (dimension)
            undecorate_put_number(u, dimension, false);
        undecorate_put(u, TEXT("]"));
    }
    struct type *array = type_new(u, TYPE_ARRAY, undecorate_end(u, begun));
    if (undecorate_skip(u, TEXT("$$C"))) {
        bool is_member;
        array->qualifiers = qualifiers_read(u, &is_member);
        if (is_member)
            undecorate_fail(u);
    }
    array->target = undecorate_type(u, WITHOUT_QUALIFIERS);
    return array;
}

// A pointer to member has '8' where another has '6', or qualifiers from Q to T, where its class's name follows.
static struct type *pointer_type(struct undecorator *u, struct text symbol, unsigned qualifiers)
{
    struct type *pointer = type_new(u, TYPE_POINTER, symbol);
    pointer->qualifiers = qualifiers;
    if (undecorate_skip(u, TEXT("6"))) {
        pointer->target = undecorate_function_type(u, false);
        return pointer;
    }
    bool can_be_of_member = text_equal(symbol, TEXT("*"));
    if (can_be_of_member && undecorate_skip(u, TEXT("8"))) {
        pointer->class_name = undecorate_type_name(u);
        pointer->target = undecorate_function_type(u, true);
        return pointer;
    }
    pointer->qualifiers |= undecorate_pointer_qualifiers(u);
    bool is_member;
    unsigned of_target = qualifiers_read(u, &is_member);
    if (is_member && can_be_of_member)
        pointer->class_name = undecorate_type_name(u);
    pointer->target = undecorate_type(u, WITHOUT_QUALIFIERS);
    if (!u->failed)
        pointer->target->qualifiers |= of_target;
    return pointer;
}

static struct type *unqualified_type(struct undecorator *u)
{
    if (undecorate_skip(u, TEXT("T")))
        return tag_type(u, TEXT("union "));
    if (undecorate_skip(u, TEXT("U")))
        return tag_type(u, TEXT("struct "));
    if (undecorate_skip(u, TEXT("V")))
        return tag_type(u, TEXT("class "));
    if (undecorate_skip(u, TEXT("W4")))
        return tag_type(u, TEXT("enum "));
    if (undecorate_skip(u, TEXT("$$Q")))
        return pointer_type(u, TEXT("&&"), 0);
    if (undecorate_skip(u, TEXT("A")))
        return pointer_type(u, TEXT("&"), 0);
    if (undecorate_skip(u, TEXT("P")))
        return pointer_type(u, TEXT("*"), 0);
    if (undecorate_skip(u, TEXT("Q")))
        return pointer_type(u, TEXT("*"), QUALIFIER_CONST);
    if (undecorate_skip(u, TEXT("R")))
        return pointer_type(u, TEXT("*"), QUALIFIER_VOLATILE);
    if (undecorate_skip(u, TEXT("S")))
        return pointer_type(u, TEXT("*"), QUALIFIER_CONST | QUALIFIER_VOLATILE);
    if (undecorate_skip(u, TEXT("Y")))
        return array_type(u);
    if (undecorate_skip(u, TEXT("$$A8@@")))
        return undecorate_function_type(u, true);
    if (undecorate_skip(u, TEXT("$$A6")))
        return undecorate_function_type(u, false);
    if (undecorate_skip(u, TEXT("?"))) {
        struct type *place = type_new(u, TYPE_PLACE, undecorate_type_identifier(u));
        undecorate_expect(u, TEXT("@"));
        return place;
    }
    return basic_type(u);
}

struct type *undecorate_type(struct undecorator *u, enum leading_qualifiers leading)
{
    if (!undecorate_enter(u))
        return NULL;
    unsigned qualifiers = 0;
    if (leading == WITH_QUALIFIERS || (leading == WITH_QUALIFIERS_OF_RESULT && undecorate_skip(u, TEXT("?"))))
        qualifiers = undecorate_qualifiers(u);
    struct type *type = unqualified_type(u);
    type->qualifiers |= qualifiers;
    undecorate_leave(u);
    return type;
}

// A variable's own qualifiers stand behind its type; those of a pointer's target stand there again.
struct type *undecorate_variable_type(struct undecorator *u)
{
    struct type *type = undecorate_type(u, WITHOUT_QUALIFIERS);
    if (u->failed)
        return type;
    if (type->kind != TYPE_POINTER) {
        type->qualifiers |= undecorate_qualifiers(u);
        return type;
    }
    type->qualifiers |= undecorate_pointer_qualifiers(u);
    unsigned of_target = undecorate_qualifiers(u);
    if (type->class_name.size)
        undecorate_type_name(u); // the class again
    if (!u->failed)
        type->target->qualifiers |= of_target;
    return type;
}
