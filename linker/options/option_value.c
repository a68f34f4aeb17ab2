// Reading of values: the pieces between commas, numbers and versions. link.exe takes numbers "in decimal or
// C-language notation"; here that is decimal or 0x hexadecimal. A leading zero is no octal: who writes
// /FUNCTIONPADMIN:010 wants ten bytes, and in a size or an address nobody has wanted octal since link.exe exists.
#include "linker/options/option_table.h"

struct text text_split(struct text *rest, char separator)
{
    size_t end = text_find(*rest, separator);
    struct text piece = text_prefix(*rest, end);
    *rest = end < rest->size ? text_skip(*rest, end + 1) : text_skip(*rest, rest->size);
    return piece;
}

struct text text_trim(struct text t)
{
    while (t.size && (t.data[0] == ' ' || t.data[0] == '\t'))
        t = text_skip(t, 1);
    while (t.size && (t.data[t.size - 1] == ' ' || t.data[t.size - 1] == '\t'))
        t.size--;
    return t;
}

bool number_parse(struct text t, uint64_t maximum, uint64_t *value)
{
    uint64_t base = 10, number = 0;
    if (t.size > 2 && t.data[0] == '0' && (t.data[1] == 'x' || t.data[1] == 'X')) {
        base = 16;
        t = text_skip(t, 2);
    }
    if (t.size == 0)
        return false;
    for (size_t i = 0; i < t.size; i++) {
        char c = t.data[i];
        unsigned digit = 16;
        if (c >= '0' && c <= '9')
            digit = (unsigned)(c - '0');
        else if (c >= 'a' && c <= 'f')
            digit = (unsigned)(c - 'a') + 10;
        else if (c >= 'A' && c <= 'F')
            digit = (unsigned)(c - 'A') + 10;
        if (digit >= base || number > (maximum - digit) / base)
            return false;
        number = number * base + digit;
    }
    *value = number;
    return true;
}

bool option_number(const struct option_call *call, struct text value, uint64_t maximum, uint64_t *number)
{
    if (number_parse(value, maximum, number))
        return true;
    option_error(call, 1117, "%.*s: invalid number: %.*s", TEXT_ARGUMENT(call->argument), TEXT_ARGUMENT(value));
    return false;
}

bool option_version(const struct option_call *call, struct text value, uint16_t *major, uint16_t *minor)
{
    struct text rest = value;
    bool has_minor = text_find(value, '.') < value.size;
    struct text major_text = text_split(&rest, '.');
    uint64_t first, second = 0;
    if (!option_number(call, major_text, UINT16_MAX, &first) ||
        (has_minor && !option_number(call, rest, UINT16_MAX, &second)))
        return false;
    *major = (uint16_t)first;
    *minor = (uint16_t)second;
    return true;
}

void option_invalid_argument(const struct option_call *call, struct text value)
{
    struct text name = text_lower(call->arena, text_of(call->option->name));
    option_error(call, 1117, "/%.*s: invalid argument: %.*s", TEXT_ARGUMENT(name), TEXT_ARGUMENT(value));
}
