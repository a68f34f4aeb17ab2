// C++ names as a reader wants them. What is right is what llvm-undname prints: for names picked by hand, for all those
// that clang makes of tests/programs/undecorate, and for pieces of names, which may also come back as they are.
#include "tests/unit/test_common.h"

#include "common/undecorate.h"

typedef array_of(struct text) text_array;

enum { NAMES_AT_ONCE = 500 };

static const char *const names_by_hand[] = {
    "?x@@3HA",
    "?x@@3HB",
    "?x@n@@3PEBHEB",
    "?x@c@@0HA",
    "?x@c@@1HA",
    "?x@c@@2HA",
    "?x@?1??f@@YAXXZ@4HA",
    "?x@?BA@??f@@YAXXZ@4HA",
    "?x@?@??f@@YAXXZ@4HA",
    "?x@?1??f@@9@4HA",
    "?x@@3P6AXXZA",
    "?x@@3QAY01HA",
    "?x@@3PQS@@HQ1@",
    "?x@@3P8S@@EAAXXZEQ1@",
    "?x@@3PEIFAHEIFA",
    "?x@@3$$TA",
    "?x@@3?<auto>@@A",
    "?x@@3W4e@@A",
    "?f@@YAXXZ",
    "?f@@YAHH@Z",
    "?f@@YAXZZ",
    "?f@@YAXHZZ",
    "?f@@YAX@Z",
    "?f@@YAXX_E",
    "?f@@YGXXZ",
    "?f@@YIXXZ",
    "?f@@YEXXZ",
    "?f@@YCXXZ",
    "?f@@YMXXZ",
    "?f@@YOXXZ",
    "?f@@YQXXZ",
    "?f@@YSXXZ",
    "?f@@YWXXZ",
    "?f@@9",
    "?f@@$$J0YAXXZ",
    "?f@@YA?AUs@@XZ",
    "?f@@YA?BHXZ",
    "?f@@YAP6AHH@ZXZ",
    "?f@@YAPEAY02HXZ",
    "?f@@YAXPEAY0A@H@Z",
    "?f@@YAX$$QEAH$$Q6AXXZ@Z",
    "?f@@YAXP6A_NH@_E@Z",
    "?f@@YAXU?$a@HH@@0@Z",
    "?f@@YAX_J0@Z",
    "?f@@YAX$$A6AXXZ@Z",
    "?f@?A0xabc@@YAXVs@1@@Z",
    "?f@?A0xabc@@YAXVs@?A0xdef@@@Z",
    "?f@S@@QEGBAXXZ",
    "?f@S@@QEHAAXXZ",
    "?f@S@@QEIGCAXXZ",
    "?f@S@@QEFAAXXZ",
    "?f@S@@AEAAXXZ",
    "?f@S@@CAXXZ",
    "?f@S@@EEAAXXZ",
    "?f@S@@IEAAXXZ",
    "?f@S@@MEAAXXZ",
    "?f@s@@G3AEXXZ",
    "?f@s@@O3AEXXZ",
    "?f@s@@W3AEXXZ",
    "?f@s@@W7EAAXXZ",
    "?f@s@@$4PPPPPPPM@3AEXXZ",
    "?f@s@@$2PPPPPPPM@A@AEXXZ",
    "?f@s@@$R4A@A@PPPPPPPM@3AEXXZ",
    "??0S@@QEAA@XZ",
    "??1S@@QEAA@XZ",
    "??0?$S@H@@QEAA@XZ",
    "??$?0H@?$S@H@@QEAA@H@Z",
    "??BOps@@QAEHXZ",
    "??$?BH@Ops@@QAEHXZ",
    "??R<lambda_0>@?0??f@@YAXXZ@QEBA@XZ",
    "??__K_deg@@YAHO@Z",
    "??__LS@@QEAAXXZ",
    "??__MS@@QEAAXXZ",
    "??_US@@SAPEAX_K@Z",
    "??_GS@@UEAAPEAXI@Z",
    "??_ES@@UEAAPEAXI@Z",
    "??_DS@@QEAAXXZ",
    "??_FS@@QEAAXXZ",
    "??_7S@@6B@",
    "??_7S@@6BA@@@",
    "??_7S@@6BA@@B@@@",
    "??_8S@@7B@",
    "??_8S@@7BA@n@@@",
    "??_SS@@6B@",
    "??_R4S@@6B@",
    "??_R0?AUS@@@8",
    "??_R0PEAD@8",
    "??_R1A@?0A@EA@S@@8",
    "??_R2S@@8",
    "??_R3S@@8",
    "??_9S@@$BA@AA",
    "??_9S@@$B7AE",
    "??_B?1??f@@YAXXZ@51",
    "??_B?1??f@@YAXXZ@4IA",
    "??__J?1??f@@YAXXZ@51",
    "??__Efoo@@YAXXZ",
    "??__Ffoo@@YAXXZ",
    "??__E?foo@C@@2HA@@YAXXZ",
    "??__F?foo@C@@2HA@@YAXXZ",
    "??__Efoo@C@@2HA@YAXXZ",
    "??$f@V?$a@V?$b@H@@@@@@YAXXZ",
    "??$f@$$V@@YAXXZ",
    "??$f@H$$V@@YAXXZ",
    "??$f@$S@@YAXXZ",
    "??$f@$$ZH$$ZH@@YAXXZ",
    "??$f@$$YA@n@@@@YAXXZ",
    "??$f@$MH0A@@@YAXXZ",
    "??$f@$0?0@@YAXXZ",
    "??$f@$0A@@@YAXXZ",
    "??$f@$0PPPPPPPPPPPPPPPP@@@YAXXZ",
    "??$f@$$BY02H@@YAXXZ",
    "??$f@$$CBH@@YAXXZ",
    "??$f@$E?x@@3HA@@YAXXZ",
    "??$f@$1?x@@3HA@@YAXXZ",
    "??$f@$1?g@@YAXXZ@@YAXXZ",
    "??$f@$H?g@s@@QEAAXXZ3@@YAXXZ",
    "??$f@$I?g@s@@QEAAXXZ34@@YAXXZ",
    "??$f@$J?g@s@@QEAAXXZ3A@?0@@YAXXZ",
    "??$f@$HA@@@YAXXZ",
    "??$f@$F34@@YAXXZ",
    "??$f@$G345@@YAXXZ",
    "??$f@$$A6AXXZ@@YAXXZ",
    "??$f@$$A8@@EBAXXZ@@YAXXZ",
    "??$f@P8S@@EAAXXZ@@YAXXZ",
    "??_C@_03GBHNHGHD@foo?$AA@",
    "??_C@_15HBGEIKHG@?$AAf?$AAo?$AA?$AA@",
    "??_C@_0CB@JMGELPPL@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@",
    "??_C@_07ABCDEFGH@a?6?7?8?0?1?2?3?4?5?9?$AA@",
    "??_C@_02ABCDEFGH@?a?A@",
    "??_C@_05ABCDEFGH@f?$AAo?$AA?$AA?$AA@",
    "??_C@_07ABCDEFGH@f?$AA?$AA?$AA?$AA?$AA?$AA?$AA@",
    "??@0123456789abcdef0123456789abcdef@",
    "??@0123456789abcdef0123456789abcdef@??_R4@",
    "?x@@3HAbehind",
    "f",
    "_f@8",
    "_Z1fi",
    "?",
    "??",
    "?f",
    "?f@",
};

// What llvm-undname says of each, or an empty text where it gives up.
static text_array truth_of(struct fixture *f, const text_array *names)
{
    text_array out = {0};
    for (size_t first = 0; first < names->count; first += NAMES_AT_ONCE) {
        size_t end = first + NAMES_AT_ONCE < names->count ? first + NAMES_AT_ONCE : names->count;
        struct process process = {0};
        arguments_add_line(&f->scratch, &process.arguments, "llvm-undname-19 --");
        for (size_t i = first; i < end; i++)
            arguments_add(&f->scratch, &process.arguments, text_copy(&f->arena, names->items[i]).data);
        struct outcome outcome = process_run(&f->scratch, &process);
        struct text said = {outcome.output, outcome.output_size};
        // The name, what it means unless it means nothing, and an empty line.
        for (size_t i = first; i < end; i++) {
            assert_true(text_starts_with(said, names->items[i]));
            said = text_skip(said, names->items[i].size + 1);
            struct text line = text_prefix(said, text_find(said, '\n'));
            said = text_skip(said, line.size ? line.size + 2 : 1);
            array_push(&f->arena, &out, line);
        }
    }
    return out;
}

// A copy on the heap of exactly its size, so that AddressSanitizer sees the first character read behind it.
static struct text undecorate_copy(struct fixture *f, struct text name)
{
    char *copy = malloc(name.size ? name.size : 1);
    if (name.size)
        memcpy(copy, name.data, name.size);
    struct text result = undecorate(&f->arena, (struct text){copy, name.size});
    struct text out = text_copy(&f->arena, result);
    free(copy);
    return out;
}

// Returns how many were undecorated.
static size_t compare_with_truth(struct fixture *f, const text_array *names)
{
    text_array truth = truth_of(f, names);
    size_t count = 0;
    for (size_t i = 0; i < names->count; i++) {
        struct text expected = truth.items[i].size ? truth.items[i] : names->items[i];
        struct text actual = undecorate_copy(f, names->items[i]);
        if (!text_equal(actual, expected))
            fail_with("%.*s:\nis       %.*s\nexpected %.*s", TEXT_ARGUMENT(names->items[i]), TEXT_ARGUMENT(actual),
                      TEXT_ARGUMENT(expected));
        count += !text_equal(actual, names->items[i]);
    }
    return count;
}

static text_array array_of_names_by_hand(struct fixture *f)
{
    text_array names = {0};
    for (size_t i = 0; i < sizeof names_by_hand / sizeof *names_by_hand; i++)
        array_push(&f->arena, &names, text_of(names_by_hand[i]));
    return names;
}

static void names_are_those_of_llvm_undname(void **state)
{
    struct fixture *f = *state;
    text_array names = array_of_names_by_hand(f);
    compare_with_truth(f, &names);
}

static void names_of_program(struct fixture *f, const char *program, size_t at_least)
{
    static const char *const machines[] = {"i686", "x86_64"};
    text_array names = {0};
    for (size_t i = 0; i < 2; i++) {
        process_must_run(&f->scratch, f->folder,
                         "clang-19 --target=%s-pc-windows-msvc -std=c++23 -fexceptions -fcxx-exceptions -w -c -o "
                         "program.obj " SOURCE_FOLDER "/tests/programs/undecorate/%s",
                         machines[i], program);
        struct outcome listed =
            process_must_run(&f->scratch, f->folder, "llvm-nm-19 --format=just-symbols program.obj");
        struct text rest = {listed.output, listed.output_size};
        while (rest.size) {
            struct text name = text_prefix(rest, text_find(rest, '\n'));
            rest = text_skip(rest, name.size + 1);
            if (name.size)
                array_push(&f->arena, &names, name);
        }
    }
    assert_true(names.count >= at_least);
    assert_true(compare_with_truth(f, &names) >= at_least);
}

static void names_of_types(void **state)
{
    names_of_program(*state, "types.cpp", 1500);
}

static void names_of_classes(void **state)
{
    names_of_program(*state, "classes.cpp", 1000);
}

static void names_of_templates(void **state)
{
    names_of_program(*state, "templates.cpp", 4000);
}

static void names_cut_short_are_harmless(void **state)
{
    struct fixture *f = *state;
    text_array whole = array_of_names_by_hand(f), names = {0};
    for (size_t i = 0; i < whole.count; i++)
        for (size_t size = 1; size < whole.items[i].size; size++)
            array_push(&f->arena, &names, text_prefix(whole.items[i], size));
    text_array truth = truth_of(f, &names);
    for (size_t i = 0; i < names.count; i++) {
        struct text actual = undecorate_copy(f, names.items[i]);
        if (!text_equal(actual, names.items[i]) && !text_equal(actual, truth.items[i]))
            fail_with("%.*s: %.*s", TEXT_ARGUMENT(names.items[i]), TEXT_ARGUMENT(actual));
    }
    assert_text(undecorate(&f->arena, TEXT("")), "");
    assert_text(undecorate(&f->arena, (struct text){NULL, 0}), "");
}

// Operators without a name, conventions that nobody has, values of a class type: as they are, rather than with a gap.
// llvm-undname prints some of them with one.
static void what_is_not_known_stays_as_it_is(void **state)
{
    static const char *const names[] = {"??_QS@@QEAAXXZ",     "??__NS@@QEAAXXZ", "?f@@Y?XXZ",      "??$f@$1@@YAXXZ",
                                        "??$f@$2Us@@@@YAXXZ", "?f@@$$FYAXXZ",    "??_AS@@QEAAXXZ", "??_PS@@QEAAXXZ"};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_text(undecorate(&f->arena, text_of(names[i])), names[i]);
}

// "auto" that is not deduced yet has letters of its own in Microsoft's newer compilers.
static void placeholders_are_named(void **state)
{
    struct fixture *f = *state;
    assert_text(undecorate(&f->arena, TEXT("?f@@YA?A_PXZ")), "auto __cdecl f(void)");
    assert_text(undecorate(&f->arena, TEXT("?f@@YA?A_TXZ")), "decltype(auto) __cdecl f(void)");
}

static struct text repeated(struct fixture *f, const char *before, const char *part, size_t count, const char *behind)
{
    size_t size = strlen(before) + strlen(part) * count + strlen(behind);
    char *out = arena_allocate(&f->arena, size + 1, 1), *to = out;
    to = stpcpy(to, before);
    for (size_t i = 0; i < count; i++)
        to = stpcpy(to, part);
    stpcpy(to, behind);
    return (struct text){out, size};
}

static void check_is_left(struct fixture *f, struct text name)
{
    assert_true(text_equal(undecorate(&f->arena, name), name));
}

// Recursion, and back-references to what has back-references itself: each of ten parameters below has the one before
// it thirty times, so that the tenth would be of 30 to the ninth types.
static void hostile_names_cost_little(void **state)
{
    struct fixture *f = *state;
    const size_t deep = 20000;
    check_is_left(f, repeated(f, "?x@@3", "PEA", deep, "HA"));
    check_is_left(f, repeated(f, "?x@@3", "PEA", 100000, "HA"));
    check_is_left(f, repeated(f, "?f@@YAX", "P6AX", deep, "X"));
    check_is_left(f, repeated(f, "??$f@", "V?$a@", deep, "H"));
    check_is_left(f, repeated(f, "?x@", "?1??f@", deep, ""));
    check_is_left(f, repeated(f, "", "??$", deep, ""));
    check_is_left(f, repeated(f, "", "??__E", deep, ""));
    check_is_left(f, repeated(f, "??$f@", "$1??$f@", deep, ""));
    check_is_left(f, repeated(f, "?x@@3Y", "PPPPPPPPPPPPPPPA", 1, "@HA"));
    check_is_left(f, repeated(f, "?f@", "a@", 25000, "@YAXXZ"));

    struct text parameters = TEXT("?f@@YAXP6AXXZ");
    for (char digit = '0'; digit < '9'; digit++) {
        const char again[] = {digit, 0};
        parameters =
            repeated(f, text_copy(&f->arena, parameters).data, repeated(f, "P6AX", again, 30, "@Z").data, 1, "");
    }
    check_is_left(f, repeated(f, text_copy(&f->arena, parameters).data, "", 0, "@Z"));
}

// What people write is within the limits.
static void deep_names_are_read(void **state)
{
    struct fixture *f = *state;
    text_array names = {0};
    array_push(&f->arena, &names, repeated(f, "?x@@3", "PEA", 200, "HEA"));
    array_push(&f->arena, &names, repeated(f, repeated(f, "?x@@3", "V?$a@", 100, "H").data, "@@", 100, "A"));
    array_push(&f->arena, &names, repeated(f, "?f@", "a@", 2000, "@YAXXZ"));
    assert_int_equal(compare_with_truth(f, &names), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(names_are_those_of_llvm_undname),
        fixture_test(names_of_types),
        fixture_test(names_of_classes),
        fixture_test(names_of_templates),
        fixture_test(names_cut_short_are_harmless),
        fixture_test(what_is_not_known_stays_as_it_is),
        fixture_test(placeholders_are_named),
        fixture_test(hostile_names_cost_little),
        fixture_test(deep_names_are_read),
    };
    return cmocka_run_group_tests_name("undecorate", tests, NULL, NULL);
}
