// Types as C declares with them, around a name: "int (*", the name, ")[3]". The words and blanks are llvm-undname's.
#include "common/undecorate_parts.h"

void undecorate_put_qualifiers(struct undecorator *u, unsigned qualifiers, bool has_space_before)
{
    static const struct {
        unsigned qualifier;
        const char *word;
    } words[] = {{QUALIFIER_CONST, " const"}, {QUALIFIER_VOLATILE, " volatile"}, {QUALIFIER_RESTRICT, " __restrict"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (qualifiers & words[i].qualifier) {
            undecorate_put(u, text_skip(text_of(words[i].word), has_space_before ? 0 : 1));
            has_space_before = true;
        }
}

void undecorate_put_convention(struct undecorator *u, const struct type *function)
{
    if (!function->convention.size)
        return;
    undecorate_put_space(u);
    undecorate_put(u, function->convention);
}

void undecorate_put_result(struct undecorator *u, const struct type *function)
{
    if (!function->target)
        return;
    undecorate_put_before(u, function->target);
    undecorate_put(u, TEXT(" "));
}

static void pointer_put_before(struct undecorator *u, const struct type *pointer)
{
    const struct type *target = pointer->target;
    if (target->kind == TYPE_FUNCTION)
        undecorate_put_result(u, target);
    else
        undecorate_put_before(u, target);
    undecorate_put_space(u);
    if (pointer->qualifiers & QUALIFIER_UNALIGNED)
        undecorate_put(u, TEXT("__unaligned "));
    if (target->kind == TYPE_ARRAY || target->kind == TYPE_FUNCTION)
        undecorate_put(u, TEXT("("));
    if (target->kind == TYPE_FUNCTION) {
        undecorate_put_convention(u, target);
        undecorate_put(u, TEXT(" "));
    }
    if (pointer->class_name.size) {
        undecorate_put(u, pointer->class_name);
        undecorate_put(u, TEXT("::"));
    }
    undecorate_put(u, pointer->text);
    undecorate_put_qualifiers(u, pointer->qualifiers, false);
}

// The depth of a type is not that of the name it was read from: a back-reference stands for a whole tree.
void undecorate_put_before(struct undecorator *u, const struct type *type)
{
    if (!undecorate_enter(u))
        return;
    switch (type->kind) {
    case TYPE_NAMED:
        undecorate_put(u, type->text);
        undecorate_put_qualifiers(u, type->qualifiers, true);
        break;
    case TYPE_PLACE: undecorate_put(u, type->text); break;
    case TYPE_POINTER: pointer_put_before(u, type); break;
    case TYPE_ARRAY:
        undecorate_put_before(u, type->target);
        undecorate_put_qualifiers(u, type->qualifiers, true);
        break;
    case TYPE_FUNCTION:
        undecorate_put_result(u, type);
        undecorate_put_convention(u, type);
        break;
    }
    undecorate_leave(u);
}

void undecorate_put_behind(struct undecorator *u, const struct type *type)
{
    if (!undecorate_enter(u))
        return;
    switch (type->kind) {
    case TYPE_NAMED:
    case TYPE_PLACE: break;
    case TYPE_POINTER:
        if (type->target->kind == TYPE_ARRAY || type->target->kind == TYPE_FUNCTION)
            undecorate_put(u, TEXT(")"));
        undecorate_put_behind(u, type->target);
        break;
    case TYPE_ARRAY:
        undecorate_put(u, type->text);
        undecorate_put_behind(u, type->target);
        break;
    case TYPE_FUNCTION: undecorate_put_parameters(u, type); break;
    }
    undecorate_leave(u);
}

static void put_list(struct undecorator *u, const struct type *function)
{
    undecorate_put(u, TEXT("("));
    if (function->takes_void)
        undecorate_put(u, TEXT("void"));
    for (size_t i = 0; i < function->parameters.count && !u->failed; i++) {
        if (i)
            undecorate_put(u, TEXT(", "));
        undecorate_put_before(u, function->parameters.items[i]);
        undecorate_put_behind(u, function->parameters.items[i]);
    }
    if (function->is_variadic)
        undecorate_put(u, function->parameters.count ? TEXT(", ...") : TEXT("..."));
    undecorate_put(u, TEXT(")"));
}

void undecorate_put_parameters(struct undecorator *u, const struct type *function)
{
    put_list(u, function);
    undecorate_put_qualifiers(u, function->qualifiers, true);
    if (function->qualifiers & QUALIFIER_UNALIGNED)
        undecorate_put(u, TEXT(" __unaligned"));
    if (function->is_noexcept)
        undecorate_put(u, TEXT(" noexcept"));
    undecorate_put(u, function->reference);
    if (function->target)
        undecorate_put_behind(u, function->target);
}
