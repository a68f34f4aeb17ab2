// A whole decorated name: '?', a name (undecorate_names.c), and what it names. A digit from 0 to 4 there is a variable
// with its type, a letter or '$' a function with its access and its type. What compilers make themselves (tables of
// virtual functions, run-time type information, guards of local statics, initializers) has a name that begins with
// "?_" and a form of its own.
#include "common/undecorate.h"

#include "common/undecorate_parts.h"

static struct entity entity_named(struct undecorator *u, struct text name)
{
    struct text scope = undecorate_scope(u, NULL);
    return (struct entity){.scope = scope, .last = name};
}

static struct text piece(struct undecorator *u, struct text a, struct text b, struct text c)
{
    size_t begun = undecorate_begin(u);
    undecorate_put(u, a);
    undecorate_put(u, b);
    undecorate_put(u, c);
    return undecorate_end(u, begun);
}

static void variable_read(struct undecorator *u, struct entity *entity)
{
    static const char *const prefixes[] = {"private: static ", "protected: static ", "public: static ", "", ""};
    entity->is_variable = true;
    entity->prefix = text_of(prefixes[undecorate_next(u) - '0']);
    entity->type = undecorate_variable_type(u);
}

// What a thunk adds to `this` before it jumps: a number, or, in a class with virtual bases, what it finds there. They
// are numbers of 32 bits, as a negative one shows.
static void put_virtual_adjustment(struct undecorator *u, bool is_extended)
{
    undecorate_put(u, is_extended ? TEXT("`vtordispex{") : TEXT("`vtordisp{"));
    for (int i = is_extended ? 3 : 1; i > 0; i--) {
        undecorate_put_signed(u, (int32_t)undecorate_signed(u));
        undecorate_put(u, TEXT(", "));
    }
    undecorate_put_signed(u, (uint32_t)undecorate_signed(u));
    undecorate_put(u, TEXT("}'"));
}

// A to X: eight letters for each access, of which two each (the second for "far") are members, static members, virtual
// members and thunks. That a private thunk is virtual too is left out by llvm-undname, unless it is one for virtual
// bases.
static struct text member_prefix(unsigned access, unsigned kind)
{
    static const char *const prefixes[3][4] = {
        {"private: ", "private: static ", "private: virtual ", "[thunk]: private: "},
        {"protected: ", "protected: static ", "protected: virtual ", "[thunk]: protected: virtual "},
        {"public: ", "public: static ", "public: virtual ", "[thunk]: public: virtual "},
    };
    return text_of(prefixes[access][kind]);
}

// Reads the class of a function into the prefix and the adjustment. Returns whether it has a `this`.
static bool function_class_read(struct undecorator *u, struct entity *entity)
{
    enum { STATIC_MEMBER = 1, THUNK = 3 };
    char c = undecorate_next(u);
    if (c == 'Y' || c == 'Z')
        return false;
    if (c >= 'A' && c <= 'X') {
        unsigned kind = (unsigned)(c - 'A') / 2 % 4;
        entity->prefix = member_prefix((unsigned)(c - 'A') / 8, kind);
        if (kind == THUNK) {
            size_t begun = undecorate_begin(u);
            undecorate_put(u, TEXT("`adjustor{"));
            undecorate_put_signed(u, (uint32_t)undecorate_signed(u));
            undecorate_put(u, TEXT("}'"));
            entity->adjustment = undecorate_end(u, begun);
        }
        return kind != STATIC_MEMBER;
    }
    if (c != '$')
        return undecorate_fail(u);
    bool is_extended = undecorate_skip(u, TEXT("R"));
    c = undecorate_next(u);
    if (c < '0' || c > '5')
        return undecorate_fail(u);
    entity->prefix = c < '2' ? TEXT("[thunk]: private: virtual ") : member_prefix((unsigned)(c - '0') / 2, THUNK);
    size_t begun = undecorate_begin(u);
    put_virtual_adjustment(u, is_extended);
    entity->adjustment = undecorate_end(u, begun);
    return true;
}

static void function_read(struct undecorator *u, struct entity *entity)
{
    bool is_c = undecorate_skip(u, TEXT("$$J0"));
    if (undecorate_skip(u, TEXT("9"))) { // of a C function there is just the name
        entity->prefix = TEXT("extern \"C\" ");
        entity->is_without_parameters = true;
        return;
    }
    bool has_this = function_class_read(u, entity);
    if (is_c)
        entity->prefix = piece(u, entity->prefix, TEXT("extern \"C\" "), TEXT(""));
    entity->type = undecorate_function_type(u, has_this);
}

static struct entity declaration_read(struct undecorator *u)
{
    struct qualified_name name = undecorate_symbol_name(u);
    struct entity entity = {.scope = name.scope, .last = name.last.text};
    if (undecorate_is_at_digit(u) && u->rest.data[0] <= '4')
        variable_read(u, &entity);
    else
        function_read(u, &entity);
    if (u->failed || name.last.kind != IDENTIFIER_CONVERSION)
        return entity;
    if (!entity.type || entity.is_variable || !entity.type->target) {
        undecorate_fail(u);
        return entity;
    }
    size_t begun = undecorate_begin(u);
    undecorate_put(u, name.last.text);
    undecorate_put(u, TEXT(" "));
    undecorate_put_before(u, entity.type->target);
    undecorate_put_behind(u, entity.type->target);
    entity.last = undecorate_end(u, begun);
    return entity;
}

// "6" or "7", qualifiers of the table, and, in a class with several of them, the base that it is for.
static struct entity table_read(struct undecorator *u, struct text name)
{
    struct entity entity = entity_named(u, name);
    if (!undecorate_skip(u, TEXT("6")))
        undecorate_expect(u, TEXT("7"));
    size_t begun = undecorate_begin(u);
    undecorate_put_qualifiers(u, undecorate_qualifiers(u), false);
    if (u->out.size > u->start)
        undecorate_put(u, TEXT(" "));
    entity.prefix = undecorate_end(u, begun);
    if (!undecorate_skip(u, TEXT("@")))
        entity.adjustment = piece(u, TEXT("{for `"), undecorate_type_name(u), TEXT("'}"));
    return entity;
}

// "$B", its place in the table in bytes, and "A" for the one kind of pointer there is.
static struct entity virtual_call_read(struct undecorator *u)
{
    struct text scope = undecorate_scope(u, NULL);
    undecorate_expect(u, TEXT("$B"));
    size_t begun = undecorate_begin(u);
    undecorate_put(u, TEXT("`vcall'{"));
    undecorate_put_number(u, undecorate_unsigned(u), false);
    undecorate_put(u, TEXT(", {flat}}"));
    struct text last = undecorate_end(u, begun);
    undecorate_expect(u, TEXT("A"));
    struct text convention = undecorate_convention(u);
    return (struct entity){.scope = scope, .last = last, .prefix = piece(u, TEXT("[thunk]: "), convention, TEXT(""))};
}

static struct entity guard_read(struct undecorator *u, struct text name)
{
    struct entity entity = entity_named(u, name);
    if (!undecorate_skip(u, TEXT("4IA")))
        undecorate_expect(u, TEXT("5"));
    uint64_t block = !u->failed && u->rest.size ? undecorate_unsigned(u) : 0;
    if (!block)
        return entity;
    size_t begun = undecorate_begin(u);
    undecorate_put(u, name);
    undecorate_put(u, TEXT("{"));
    undecorate_put_number(u, block, false);
    undecorate_put(u, TEXT("}"));
    entity.last = undecorate_end(u, begun);
    return entity;
}

static struct entity type_descriptor_read(struct undecorator *u)
{
    struct entity entity = {.last = TEXT("`RTTI Type Descriptor'"), .is_variable = true};
    entity.type = undecorate_type(u, WITH_QUALIFIERS_OF_RESULT);
    undecorate_expect(u, TEXT("@8"));
    if (u->rest.size)
        undecorate_fail(u);
    return entity;
}

static struct entity type_table_read(struct undecorator *u, struct text name)
{
    struct entity entity = entity_named(u, name);
    undecorate_expect(u, TEXT("8"));
    return entity;
}

// Where the base is in the class: offset of the member, of the table of virtual bases, in that table, and attributes.
static struct entity base_class_read(struct undecorator *u)
{
    size_t begun = undecorate_begin(u);
    undecorate_put(u, TEXT("`RTTI Base Class Descriptor at ("));
    undecorate_put_number(u, undecorate_unsigned(u), false);
    undecorate_put(u, TEXT(", "));
    undecorate_put_signed(u, undecorate_signed(u));
    for (int i = 0; i < 2; i++) {
        undecorate_put(u, TEXT(", "));
        undecorate_put_number(u, undecorate_unsigned(u), false);
    }
    undecorate_put(u, TEXT(")'"));
    return type_table_read(u, undecorate_end(u, begun));
}

// The function that initializes (or, at exit, destroys) a variable. It is named for the variable, or, where that is a
// static member, for its whole decorated name, which ends in "@@" here; older clangs wrote one '@' and no '?'.
static struct entity initializer_read(struct undecorator *u, struct text what)
{
    bool has_mark = undecorate_skip(u, TEXT("?"));
    struct entity entity = declaration_read(u);
    if (!entity.is_variable) {
        if (has_mark)
            undecorate_fail(u);
        struct text name = piece(u, entity.scope, entity.last, TEXT(""));
        entity.scope = TEXT("");
        entity.last = piece(u, what, piece(u, TEXT("'"), name, TEXT("'")), TEXT("'"));
        return entity;
    }
    size_t begun = undecorate_begin(u);
    undecorate_put(u, what);
    undecorate_put(u, TEXT("`"));
    undecorate_put_entity(u, &entity);
    undecorate_put(u, TEXT("''"));
    struct entity function = {.last = undecorate_end(u, begun)};
    undecorate_expect(u, has_mark ? TEXT("@@") : TEXT("@"));
    function_read(u, &function);
    return function;
}

// What follows "?_": false where it is the name of an operator, which has a declaration like any other.
static bool special_read(struct undecorator *u, struct entity *entity)
{
    if (undecorate_skip(u, TEXT("?_7")))
        *entity = table_read(u, TEXT("`vftable'"));
    else if (undecorate_skip(u, TEXT("?_8")))
        *entity = table_read(u, TEXT("`vbtable'"));
    else if (undecorate_skip(u, TEXT("?_S")))
        *entity = table_read(u, TEXT("`local vftable'"));
    else if (undecorate_skip(u, TEXT("?_R4")))
        *entity = table_read(u, TEXT("`RTTI Complete Object Locator'"));
    else if (undecorate_skip(u, TEXT("?_9")))
        *entity = virtual_call_read(u);
    else if (undecorate_skip(u, TEXT("?_B")))
        *entity = guard_read(u, TEXT("`local static guard'"));
    else if (undecorate_skip(u, TEXT("?__J")))
        *entity = guard_read(u, TEXT("`local static thread guard'"));
    else if (undecorate_skip(u, TEXT("?_C")))
        *entity = (struct entity){.last = undecorate_string(u)};
    else if (undecorate_skip(u, TEXT("?_R0")))
        *entity = type_descriptor_read(u);
    else if (undecorate_skip(u, TEXT("?_R1")))
        *entity = base_class_read(u);
    else if (undecorate_skip(u, TEXT("?_R2")))
        *entity = type_table_read(u, TEXT("`RTTI Base Class Array'"));
    else if (undecorate_skip(u, TEXT("?_R3")))
        *entity = type_table_read(u, TEXT("`RTTI Class Hierarchy Descriptor'"));
    else if (undecorate_skip(u, TEXT("?__E")))
        *entity = initializer_read(u, TEXT("`dynamic initializer for "));
    else if (undecorate_skip(u, TEXT("?__F")))
        *entity = initializer_read(u, TEXT("`dynamic atexit destructor for "));
    else
        return false;
    return true;
}

// A name that was too long for its compiler is "??@", a hash and '@', and says nothing.
static bool hash_read(struct undecorator *u, struct entity *entity)
{
    struct text whole = u->rest;
    if (!undecorate_skip(u, TEXT("??@")))
        return false;
    size_t size = text_find(u->rest, '@');
    u->rest = text_skip(u->rest, size);
    undecorate_expect(u, TEXT("@"));
    undecorate_skip(u, TEXT("??_R4@"));
    *entity = (struct entity){.last = text_prefix(whole, whole.size - u->rest.size)};
    return true;
}

struct entity undecorate_entity(struct undecorator *u)
{
    struct entity entity = {0};
    if (!undecorate_enter(u))
        return entity;
    if (!hash_read(u, &entity)) {
        undecorate_expect(u, TEXT("?"));
        if (!special_read(u, &entity))
            entity = declaration_read(u);
    }
    undecorate_leave(u);
    return entity;
}

void undecorate_put_entity(struct undecorator *u, const struct entity *entity)
{
    if (u->failed)
        return;
    size_t begun = undecorate_begin(u);
    const struct type *function = entity->type && !entity->is_variable ? entity->type : NULL;
    undecorate_put(u, entity->prefix);
    if (function) {
        undecorate_put_result(u, function);
        undecorate_put_convention(u, function);
    } else if (entity->type) {
        undecorate_put_before(u, entity->type);
    }
    undecorate_put_space(u);
    undecorate_put(u, entity->scope);
    undecorate_put(u, entity->last);
    undecorate_put(u, entity->adjustment);
    if (entity->type)
        undecorate_put_behind(u, entity->type);
    u->start = begun; // what was written stays where it is, a part of the piece around it
}

struct text undecorate(struct arena *arena, struct text name)
{
    if (!text_starts_with(name, TEXT("?")) || name.size > UNDECORATE_NAME_LIMIT)
        return name;
    struct arena own = {0};
    struct undecorator u = {.arena = &own, .rest = name, .out = {.arena = &own}};
    struct entity entity = undecorate_entity(&u);
    undecorate_put_entity(&u, &entity);
    struct text out = u.failed ? name : text_copy(arena, text_buffer_text(&u.out));
    arena_release(&own);
    return out;
}
