// What the parts of the undecorator share: the state of one call, reading, writing. Only undecorate*.c include this.
//
// A decorated name is read once, from left to right. Names are written out as they are read; types stay a tree until
// the whole declaration is known, since in C a type stands on both sides of the name that it is the type of.
//
// Whatever is wrong sets `failed`, after which nothing is read or written any more: a reader reads straight down and
// its caller asks once. Bounded are the nesting (UNDECORATE_DEPTH_LIMIT), since readers call each other; the length of
// what is written; and all the writing together, since a back-reference is two characters that stand for any number.
#pragma once

#include "common/arena.h"
#include "common/text.h"
#include "common/text_buffer.h"

enum {
    UNDECORATE_NAME_LIMIT = 64 << 10,   // characters of a decorated name; compilers write 4096 at most
    UNDECORATE_OUTPUT_LIMIT = 64 << 10, // characters
    UNDECORATE_WORK_LIMIT = 4 << 20,    // characters written into names and pieces of names
    UNDECORATE_DEPTH_LIMIT = 256,
    BACK_REFERENCE_COUNT = 10, // a back-reference is one digit
};

enum {
    QUALIFIER_CONST = 1,
    QUALIFIER_VOLATILE = 2,
    QUALIFIER_RESTRICT = 4,
    QUALIFIER_UNALIGNED = 8,
};

struct type;
typedef array_of(struct type *) type_array;

enum type_kind {
    TYPE_NAMED,    // `text`, with qualifiers behind it
    TYPE_PLACE,    // `text` stands where a type will be deduced; qualifiers are not shown
    TYPE_POINTER,  // `text` ("*", "&", "&&") to `target`, member of `class_name` where that is not empty
    TYPE_ARRAY,    // of `target`, with `text` for its dimensions
    TYPE_FUNCTION, // returning `target`; NULL: a constructor or destructor, which has none
};

struct type {
    enum type_kind kind;
    unsigned qualifiers; // of a function: of its `this`
    struct text text;
    struct text class_name;
    struct type *target;
    // The rest is of functions.
    struct text convention; // empty: one that has no name here
    struct text reference;  // " &" or " &&" behind the parameters
    type_array parameters;
    bool takes_void, is_variadic, is_noexcept;
};

enum identifier_kind { IDENTIFIER_PLAIN, IDENTIFIER_CONSTRUCTOR, IDENTIFIER_DESTRUCTOR, IDENTIFIER_CONVERSION };

// The last part of a name. A constructor and a destructor are called as the class that encloses them; `text` is what
// follows that (template arguments). A conversion is called as the type that it returns, which comes in the end.
struct identifier {
    enum identifier_kind kind;
    struct text text;
};

struct qualified_name {
    struct text scope; // "A::B::", or empty
    struct identifier last;
};

// Something that has a decorated name: a function, variable, table, string.
struct entity {
    struct text scope, last; // its name in two parts
    struct text prefix;      // "public: static "
    struct type *type;       // NULL: the name is all there is
    struct text adjustment;  // of a thunk, between its name and its parameters
    bool is_variable, is_without_parameters;
};

// What digits refer to: the first ten names, and the first ten parameter types that took more than a letter.
struct back_references {
    struct text names[BACK_REFERENCE_COUNT];
    struct type *types[BACK_REFERENCE_COUNT];
    unsigned name_count, type_count;
};

struct undecorator {
    struct arena *arena; // of this call alone
    struct text rest;    // what is not read yet
    struct back_references references;
    struct text_buffer out;
    size_t start; // of the piece that is being written, in `out`
    size_t work;
    unsigned depth;
    bool failed;
};

// Reading (undecorate_reader.c).
static inline bool undecorate_is_at(const struct undecorator *u, struct text expected)
{
    return !u->failed && text_starts_with(u->rest, expected);
}
static inline bool undecorate_is_at_digit(const struct undecorator *u)
{
    return !u->failed && u->rest.size && u->rest.data[0] >= '0' && u->rest.data[0] <= '9';
}
bool undecorate_fail(struct undecorator *u);                         // false, always
bool undecorate_skip(struct undecorator *u, struct text expected);   // whether it was there
bool undecorate_expect(struct undecorator *u, struct text expected); // fails where it is not
char undecorate_next(struct undecorator *u);                         // NUL and failure at the end
// A number is a digit for 1 to 10, or base 16 in letters A to P that ends in '@'; '?' in front of it is a minus.
uint64_t undecorate_number(struct undecorator *u, bool *is_negative);
uint64_t undecorate_unsigned(struct undecorator *u);
int64_t undecorate_signed(struct undecorator *u);
// Readers that call each other go through this; what enters without failure has to leave.
bool undecorate_enter(struct undecorator *u);
void undecorate_leave(struct undecorator *u);

// Writing (undecorate_reader.c). Pieces nest: begin gives what end takes.
void undecorate_put(struct undecorator *u, struct text t);
void undecorate_put_number(struct undecorator *u, uint64_t number, bool is_negative);
void undecorate_put_signed(struct undecorator *u, int64_t number);
void undecorate_put_space(struct undecorator *u); // where a word would run into the next
size_t undecorate_begin(struct undecorator *u);
struct text undecorate_end(struct undecorator *u, size_t begun);

// Names (undecorate_names.c).
void undecorate_remember_name(struct undecorator *u, struct text name);
struct text undecorate_simple_name(struct undecorator *u); // up to '@'; not remembered
struct text undecorate_type_identifier(struct undecorator *u);
struct text undecorate_type_name(struct undecorator *u);
struct qualified_name undecorate_symbol_name(struct undecorator *u);
struct text undecorate_scope(struct undecorator *u, struct text *innermost);

// Types (undecorate_types.c).
enum leading_qualifiers { WITHOUT_QUALIFIERS, WITH_QUALIFIERS, WITH_QUALIFIERS_OF_RESULT };
struct type *undecorate_type(struct undecorator *u, enum leading_qualifiers leading);
struct type *undecorate_function_type(struct undecorator *u, bool has_this);
struct text undecorate_convention(struct undecorator *u);
unsigned undecorate_qualifiers(struct undecorator *u);
unsigned undecorate_pointer_qualifiers(struct undecorator *u);
struct type *undecorate_variable_type(struct undecorator *u);

// Types in C (undecorate_declarations.c): what stands before the name, and what behind it.
void undecorate_put_before(struct undecorator *u, const struct type *type);
void undecorate_put_behind(struct undecorator *u, const struct type *type);
void undecorate_put_result(struct undecorator *u, const struct type *function);
void undecorate_put_convention(struct undecorator *u, const struct type *function);
void undecorate_put_parameters(struct undecorator *u, const struct type *function);
void undecorate_put_qualifiers(struct undecorator *u, unsigned qualifiers, bool has_space_before);

// Whole names (undecorate.c), and strings, whose names are their contents (undecorate_strings.c).
struct entity undecorate_entity(struct undecorator *u);
void undecorate_put_entity(struct undecorator *u, const struct entity *entity);
struct text undecorate_string(struct undecorator *u);
