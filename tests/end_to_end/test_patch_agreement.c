// A verdict is right only if patching agrees. Real programs are linked with pads, every function that the report calls
// ready is sent through its pad to a detour that counts and goes on to the original (tests/programs/patch/patch_all.c),
// all of them at once before the program starts, and the program has to do what it did. What is called short-entry or
// branch-to-entry is patched all the same, and breaks.
#include "tests/end_to_end/patch_report.h"

#include <stdio.h>
#include <string.h>

#include "common/x86_instructions.h"

#define SOURCE(name) SOURCE_FOLDER "/tests/programs/patch/" name

enum { MOST_FUNCTIONS = 65536 };

struct patched {
    const char *names[MOST_FUNCTIONS];
    size_t count, executed;
    uint32_t counts[MOST_FUNCTIONS];
};

// Where the first instruction keeps a distance that changes when it is moved.
static void add_line(struct program *p, FILE *list, uint32_t rva)
{
    if (p->platform == &platform_arm64) { // instructions are of one length, and the patcher moves them by itself
        fprintf(list, "%x 4 0 0\n", rva);
        return;
    }
    enum x86_mode mode = p->platform == &platform_x64 ? X86_MODE_64 : X86_MODE_32;
    struct bytes code = {image_at(p->image, rva, 1), 15};
    struct instruction first = x86_decode(mode, code, rva);
    fprintf(list, "%x %x %x %x\n", rva, first.length, first.field_size ? first.field : 0, first.field_size);
}

// Writes patch.list: every ready function but those of the patcher itself, or the one named, whatever its verdict.
static void write_list(struct program *p, json_t *report, const char *only, struct patched *patched)
{
    FILE *list = fopen(program_path(p, "patch.list"), "w");
    json_t *function;
    size_t i;
    patched->count = 0;
    json_array_foreach(json_object_get(report_image(report, 0), "functions"), i, function)
    {
        const char *name = json_string_value(json_object_get(function, "name"));
        const char *object = json_string_value(json_object_get(function, "object"));
        bool is_wanted = only ? strcmp(name + (name[0] == '_' && p->platform == &platform_x86), only) == 0
                              : json_is_true(json_object_get(function, "ready"));
        if (!is_wanted || (object && strcmp(object, "patch_all.obj") == 0) || patched->count == MOST_FUNCTIONS)
            continue;
        add_line(p, list, (uint32_t)json_integer_value(json_object_get(function, "rva")));
        patched->names[patched->count++] = scratch_format(&p->scratch, "%s", name);
    }
    fclose(list);
}

static void read_counts(struct program *p, struct patched *patched)
{
    size_t size;
    const uint8_t *bytes = folder_read_file(&p->scratch, program_path(p, "patch.counts"), &size);
    assert_int_equal(size, sizeof patched->counts);
    patched->executed = 0;
    for (size_t i = 0; i < patched->count; i++) {
        patched->counts[i] = load32(bytes + 4 * i);
        patched->executed += patched->counts[i] != 0;
    }
}

static uint32_t count_of(const struct patched *patched, const char *name)
{
    for (size_t i = 0; i < patched->count; i++)
        if (strcmp(patched->names[i], name) == 0 ||
            (patched->names[i][0] == '_' && strcmp(patched->names[i] + 1, name) == 0))
            return patched->counts[i];
    fail_with("%s was not patched", name);
}

static void add_patcher(struct program *p)
{
    program_compile_as(p, SOURCE("patch_all.c"), NULL, "/O1 /Gy /hotpatch /Z7");
}

// Links by `link`, runs as it is and patched, and wants the same; at least `least` functions have to be patched, and
// `executed` of them called.
static void patches_and_agrees(struct program *p, void (*link)(struct program *, const char *), const char *options,
                               const char *arguments, size_t least, size_t executed)
{
    struct patched *patched = scratch_allocate(&p->scratch, sizeof *patched);
    add_patcher(p);
    link(p, scratch_format(&p->scratch, "/FUNCTIONPADMIN /OPT:NOICF %s", options));
    int status = program_run(p, arguments);
    const char *output = p->run.output;
    link(p, scratch_format(&p->scratch, "/FUNCTIONPADMIN /OPT:NOICF /ENTRY:patch_start /PATCHREPORT:report.json %s",
                           options));
    json_t *report = report_read(p, "report.json");
    write_list(p, report, NULL, patched);
    json_decref(report);
    if (program_run(p, arguments) != status)
        fail_with("status %d, unpatched %d\n%s%s", p->run.status, status, p->run.output, p->run.errors);
    assert_same_text(p->run.output, output);
    read_counts(p, patched);
    if (patched->count < least || patched->executed < executed)
        fail_with("%zu functions patched, %zu called", patched->count, patched->executed);
}

static void add_objects(struct program *p, const char *name)
{
    struct outcome made = process_must_run(
        &p->scratch, p->folder, SOURCE_FOLDER "/tests/programs/compile-program %s %s", name, p->platform->name);
    made.output[strcspn(made.output, "\n")] = 0;
    struct outcome found = process_must_run(&p->scratch, made.output, "find . -name *.o*");
    for (char *line = strtok(found.output, "\n"); line; line = strtok(NULL, "\n"))
        program_add_input(p, path_join(&p->scratch, made.output, line));
}

static const char lua_script[] =
    "local t = {} for i = 1, 200 do t[i] = (i * 7919) % 1009 end table.sort(t, function(a, b) return a > b end)\n"
    "print(table.concat(t, ',', 1, 20), #t, select('#', table.unpack(t)))\n"
    "print(('hello world'):upper():gsub('%w+', function(w) return '<' .. w .. '>' end), "
    "('%5.2f|%x|%q'):format(3.14159, 255, 'a\\nb'))\n"
    "print(string.pack('<i4d', 7, 2.5):byte(1, -1), utf8.char(228, 8364), math.tointeger(2^40), 7 // 2, 7 % -3, 1 << "
    "62)\n"
    "local co = coroutine.wrap(function(a) for i = 1, 3 do a = a + coroutine.yield(a * i) end error({code = a}) end)\n"
    "print(co(1), co(2), co(3)) print(pcall(co, 4)) print(select(2, pcall(error, 'x')))\n"
    "local m = setmetatable({}, {__index = function(_, k) return k .. '!' end, __call = function(self, ...) return "
    "select('#', ...) end, __close = function() print('closed') end})\n"
    "do local c <close> = m print(m.key, m(1, nil, nil)) end\n"
    "local s = 0 for k, v in pairs({a = 1, b = 2, c = 3}) do s = s + v end print(s, next({}), rawlen({1, 2}), "
    "type(print))\n"
    "local f = load('local a <const> = ... return function() return a * 2 end') print(f(21)()) print(load('syntax "
    "error here'))\n"
    "local big = {} for i = 1, 20000 do big[i] = {i} if i % 3 == 0 then big[i - 1] = nil end end collectgarbage() "
    "print(collectgarbage('count') > 0)\n"
    "print(os.time({year = 2020, month = 1, day = 1, hour = 12}) > 0, os.getenv('NO_SUCH_VARIABLE'), #arg)\n"
    "local file = assert(io.open('out.txt', 'w')) file:write('line 1\\n', 2, '\\n') file:close() for l in "
    "io.lines('out.txt') do print(l) end\n"
    "goto done do print('skipped') end ::done:: print(debug.traceback('trace', 1):match('trace'), string.rep('ab', 3, "
    "'-'), tostring(1e15), 10 / 3)\n"
    "print(('x'):rep(3000):find('x-$'), ('key = value'):match('^(%w+)%s*=%s*(%w+)$'), string.dump(function() "
    "end):sub(1, 4) == '\\27Lua')\n";

static void lua(void **state)
{
    struct program *p = program(state);
    add_objects(p, "lua");
    program_write(p, "script.lua", lua_script);
    patches_and_agrees(p, program_link_with_run_time, "", "script.lua one two", 700, 400);
    assert_contains(p->run.output, "<HELLO> <WORLD>");
}

static const char sqlite_script[] =
    "create table t(a integer primary key, b text, c real); create index i on t(b, c);\n"
    "with recursive n(x) as (select 1 union all select x + 1 from n where x < 500)\n"
    "  insert into t select x, printf('%05d', x * 7919 % 1009), x / 3.0 from n;\n"
    "select count(*), sum(a), min(b), max(b), round(avg(c), 4), group_concat(distinct a % 5) from t;\n"
    "select b, a from t where b like '00%' order by b desc limit 5; explain query plan select * from t where b = "
    "'00007';\n"
    "begin; update t set c = c * 2 where a % 2; delete from t where a > 400; savepoint s; drop index i; rollback to s; "
    "commit;\n"
    "select count(*), round(total(c), 3) from t; pragma integrity_check; select a, lag(b) over (order by a) from t "
    "limit 3;\n"
    "create virtual table f using fts5(x); insert into f values ('the quick brown fox'), ('jumps over the lazy dog');\n"
    "select highlight(f, 0, '[', ']') from f where f match 'quick OR dog' order by rank; create virtual table r using "
    "rtree(id, x0, x1);\n"
    "insert into r values (1, 0, 10), (2, 5, 15); select id from r where x0 > 3; select "
    "json_extract('{\"a\":[1,2,{\"b\":3}]}', '$.a[2].b');\n"
    "create trigger g after insert on t begin update t set b = upper(new.b) where a = new.a; end; insert into t values "
    "(900, 'low', 1);\n"
    "select b from t where a = 900; create view v as select a, b from t where a < 4; select * from v; vacuum; analyze; "
    "select nosuch from t;\n"
    "select typeof(1.0), date('2020-02-30'), strftime('%j', '2020-12-31'), substr('hello', -3), "
    "quote(x'0102');\n";

static void sqlite(void **state)
{
    struct program *p = program(state);
    p->timeout = 300;
    add_objects(p, "sqlite");
    program_write(p, "script.sql", sqlite_script);
    patches_and_agrees(p, program_link_mingw, "/FUNCTIONPADALL", ":memory: \".read script.sql\"", 2000, 800);
    assert_contains(p->run.output, "[quick]");
}

// zlib's own test. Its objects come from gcc, which knows nothing of hot patching: what is ready is so by its bytes.
static void zlib(void **state)
{
    struct program *p = program(state);
    add_objects(p, "zlib");
    for (size_t i = 0; i < p->inputs.count; i++) // the library has two programs
        if (strstr(p->inputs.items[i], "minigzip"))
            p->inputs.items[i] = p->inputs.items[i ? 0 : 1];
    patches_and_agrees(p, program_link_mingw, "/FUNCTIONPADALL /OPT:REF /FORCE:MULTIPLE", "", 40, 20);
    assert_contains(p->run.output, "inflate");
}

// C++ with its static run time: exceptions are thrown through patched functions, caught and rethrown, while the
// unwinder that does it is patched too.
static void exceptions(void **state)
{
    struct program *p = program(state);
    program_compile_mingw(
        p, "throws.cpp",
        "#include <iostream>\n#include <map>\n#include <memory>\n#include <sstream>\n#include <stdexcept>\n"
        "#include <algorithm>\n#include <vector>\n"
        "struct noisy { int n; ~noisy() { std::cout << '~' << n << ' '; } };\n"
        "static int deep(int n) { noisy guard{n}; if (n == 0) throw std::out_of_range(\"bottom\"); return deep(n - 1) "
        "+ 1; }\n"
        "int main() {\n"
        "  std::map<std::string, std::vector<int>> all; std::ostringstream text;\n"
        "  for (int i = 0; i < 50; i++) all[std::to_string(i % 7)].push_back(i * 31 % 17);\n"
        "  for (auto &pair : all) { std::sort(pair.second.begin(), pair.second.end()); text << pair.first << ':' << "
        "pair.second.back() << ';'; }\n"
        "  std::cout << text.str() << std::endl;\n"
        "  for (int i = 0; i < 5; i++) try { try { deep(i); } catch (const std::logic_error &e) { std::cout << "
        "e.what() << std::endl; throw; } }\n"
        "    catch (const std::exception &e) { std::cout << e.what() << i << std::endl; }\n"
        "  try { std::vector<int>().at(3); } catch (std::out_of_range &) { std::cout << \"caught\" << std::endl; }\n"
        "  try { auto p = std::make_unique<noisy>(noisy{9}); throw 7; } catch (int n) { std::cout << n << std::endl; "
        "}\n"
        "  return 3; }\n",
        "-O1 -ffunction-sections");
    patches_and_agrees(p, program_link_mingw, "/FUNCTIONPADALL", "", 400, 50);
    assert_int_equal(p->run.status, 3);
    assert_contains(p->run.output, "caught\n");
}

static void link_with_counts(struct program *p, const char *options, struct patched *patched, const char *only)
{
    program_link_with_run_time(
        p, scratch_format(&p->scratch,
                          "/FUNCTIONPADMIN /FUNCTIONPADALL /OPT:NOICF /ENTRY:patch_start /PATCHREPORT:report.json %s",
                          options));
    json_t *report = report_read(p, "report.json");
    write_list(p, report, only, patched);
    json_decref(report);
}

// Calls of ready functions are counted to the last one.
static void counts_are_exact(void **state)
{
    struct program *p = program(state);
    struct patched *patched = scratch_allocate(&p->scratch, sizeof *patched);
    add_patcher(p);
    program_compile_as(p, SOURCE("count_calls.c"), NULL, "/O1 /Gy /hotpatch /Z7");
    link_with_counts(p, "", patched, NULL);
    assert_same_text(program_output(p, ""), "2492520 0\n");
    read_counts(p, patched);
    assert_int_equal(count_of(patched, "thousand_times"), 1000);
    assert_int_equal(count_of(patched, "once"), 1);
    assert_int_equal(count_of(patched, "saves_register"), 1);
    if (p->platform != &platform_arm64) // where /hotpatch puts nothing in front of a loop: see branch_to_entry_breaks
        assert_int_equal(count_of(patched, "countdown"), 1);
}

// The branch over an entry of one byte leaves half of itself where the original goes on.
static void short_entry_breaks(void **state)
{
    struct program *p = program(state);
    struct patched *patched = scratch_allocate(&p->scratch, sizeof *patched);
    add_patcher(p);
    program_compile_as(p, SOURCE("count_calls.c"), NULL, "/O1 /Gy");
    link_with_counts(p, "", patched, "saves_register");
    json_t *report = report_read(p, "report.json");
    assert_verdict(p, report, "saves_register", "short-entry");
    json_decref(report);
    assert_int_equal(patched->count, 1);
    int status = program_run(p, "");
    bool is_unchanged = status == 0 && strcmp(p->run.output, "2492520 0\n") == 0;
    assert_false(is_unchanged);
}

// A loop that comes back to its entry goes through the detour every time: what was one call is five hundred.
static void branch_to_entry_breaks(void **state)
{
    struct program *p = program(state);
    struct patched *patched = scratch_allocate(&p->scratch, sizeof *patched);
    add_patcher(p);
    program_compile_as(p, SOURCE("count_calls.c"), NULL,
                       p->platform == &platform_x86 ? "/O1 /Gy /clang:-mregparm=3" : "/O1 /Gy");
    link_with_counts(p, "", patched, "countdown");
    json_t *report = report_read(p, "report.json");
    assert_verdict(p, report, "countdown", "branch-to-entry");
    json_decref(report);
    program_run(p, "");
    read_counts(p, patched);
    assert_int_equal(count_of(patched, "countdown"), 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_on_x64(lua),
        test_on_x86(lua),
        test_on_x64(sqlite),
        test_on_x86(sqlite),
        test_on_x64(zlib),
        test_on_x86(zlib),
        test_on_x64(exceptions),
        test_on_x86(exceptions),
        test_on_x64(counts_are_exact),
        test_on_x86(counts_are_exact),
        test_on_arm64(counts_are_exact),
        test_on_x64(short_entry_breaks),
        test_on_x86(short_entry_breaks),
        test_on_x64(branch_to_entry_breaks),
        test_on_x86(branch_to_entry_breaks),
        test_on_arm64(branch_to_entry_breaks),
    };
    return cmocka_run_group_tests_name("verdicts and patching", tests, NULL, NULL);
}
