// Reading a decorated name and writing the other form: see undecorate_parts.h.
#include "common/undecorate_parts.h"

bool undecorate_fail(struct undecorator *u)
{
    u->failed = true;
    return false;
}

bool undecorate_skip(struct undecorator *u, struct text expected)
{
    if (!undecorate_is_at(u, expected))
        return false;
    u->rest = text_skip(u->rest, expected.size);
    return true;
}

bool undecorate_expect(struct undecorator *u, struct text expected)
{
    return undecorate_skip(u, expected) || undecorate_fail(u);
}

char undecorate_next(struct undecorator *u)
{
    if (u->failed || !u->rest.size) {
        u->failed = true;
        return 0;
    }
    char c = u->rest.data[0];
    u->rest = text_skip(u->rest, 1);
    return c;
}

uint64_t undecorate_number(struct undecorator *u, bool *is_negative)
{
    *is_negative = undecorate_skip(u, TEXT("?"));
    if (undecorate_is_at_digit(u))
        return (uint64_t)(undecorate_next(u) - '0') + 1;
    uint64_t value = 0;
    for (;;) {
        char c = undecorate_next(u);
        if (c == '@')
            return value;
        if (c < 'A' || c > 'P' || value >> 60) {
            undecorate_fail(u);
            return 0;
        }
        value = value << 4 | (uint64_t)(c - 'A');
    }
}

uint64_t undecorate_unsigned(struct undecorator *u)
{
    bool is_negative;
    uint64_t value = undecorate_number(u, &is_negative);
    if (is_negative)
        undecorate_fail(u);
    return value;
}

int64_t undecorate_signed(struct undecorator *u)
{
    bool is_negative;
    uint64_t value = undecorate_number(u, &is_negative);
    if (value > INT64_MAX) {
        undecorate_fail(u);
        return 0;
    }
    return is_negative ? -(int64_t)value : (int64_t)value;
}

bool undecorate_enter(struct undecorator *u)
{
    if (u->failed || u->depth == UNDECORATE_DEPTH_LIMIT)
        return undecorate_fail(u);
    u->depth++;
    return true;
}

void undecorate_leave(struct undecorator *u)
{
    u->depth--;
}

void undecorate_put(struct undecorator *u, struct text t)
{
    u->work += t.size + 1;
    if (u->work > UNDECORATE_WORK_LIMIT || u->out.size + t.size > UNDECORATE_OUTPUT_LIMIT)
        u->failed = true;
    if (!u->failed && t.size)
        text_buffer_put(&u->out, t);
}

void undecorate_put_number(struct undecorator *u, uint64_t number, bool is_negative)
{
    char digits[21];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + number % 10);
    while ((number /= 10));
    if (is_negative)
        undecorate_put(u, TEXT("-"));
    undecorate_put(u, (struct text){digits + at, sizeof digits - at});
}

void undecorate_put_signed(struct undecorator *u, int64_t number)
{
    undecorate_put_number(u, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, number < 0);
}

void undecorate_put_space(struct undecorator *u)
{
    if (u->failed || u->out.size == u->start)
        return;
    char last = u->out.data[u->out.size - 1];
    if ((last >= '0' && last <= '9') || (last >= 'A' && last <= 'Z') || (last >= 'a' && last <= 'z') || last == '>')
        undecorate_put(u, TEXT(" "));
}

size_t undecorate_begin(struct undecorator *u)
{
    size_t begun = u->start;
    u->start = u->out.size;
    return begun;
}

struct text undecorate_end(struct undecorator *u, size_t begun)
{
    struct text piece = TEXT("");
    if (!u->failed)
        piece = text_copy(u->arena, text_skip(text_buffer_text(&u->out), u->start));
    u->out.size = u->start;
    u->start = begun;
    return piece;
}
