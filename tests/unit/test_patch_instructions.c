// The decoders against llvm-objdump: many thousands of instructions of each machine, made of random bits in every
// encoding that can branch, name an address or trap, and of bits that are random altogether. What llvm-objdump prints
// is the truth: length, kind, target.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arm64_instructions.h"
#include "common/coff.h"
#include "common/thumb_instructions.h"
#include "common/x86_instructions.h"
#include "tests/support/checks.h"
#include "tests/support/folder.h"
#include "tests/support/process.h"

struct random_bits {
    uint64_t state;
};

static uint32_t random_next(struct random_bits *random) // xorshift64*: the same bits every time
{
    random->state ^= random->state >> 12;
    random->state ^= random->state << 25;
    random->state ^= random->state >> 27;
    return (uint32_t)(random->state * UINT64_C(0x2545F4914F6CDD1D) >> 32);
}

struct machine_under_test {
    const char *name, *elf, *options;
    struct instruction (*decode)(struct bytes code, uint64_t address);
    // Appends one instruction (at most 16 bytes) and says how long it is.
    size_t (*make)(struct random_bits *random, uint8_t *out);
    uint64_t address_mask;
    bool is_lenient; // words that llvm-objdump does not know may be taken for instructions
};

// --- what llvm-objdump says of an instruction ---

struct truth {
    unsigned length;
    bool is_known;
    int kind;
    bool has_target, has_reference;
    uint64_t target, reference;
};

static bool starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_word(const char *text, const char *word)
{
    size_t size = strlen(word);
    return strncmp(text, word, size) == 0 && (text[size] == 0 || text[size] == '\t' || text[size] == ' ');
}

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (is_word(text, *words))
            return true;
    return false;
}

// The last number in front of the symbol that the address is shown with.
static bool read_address(const char *text, uint64_t *address)
{
    const char *end = strchr(text, '<'), *last = NULL;
    for (const char *at = strstr(text, "0x"); at && (!end || at < end); at = strstr(at + 1, "0x"))
        last = at;
    if (!last || !end)
        return false;
    *address = strtoull(last, NULL, 16);
    return true;
}

static int kind_on_arm64(const char *text, bool has_address)
{
    static const char *const conditional[] = {"cbz", "cbnz", "tbz", "tbnz", NULL};
    static const char *const indirect[] = {"br",    "braa", "brab",   "braaz",  "brabz", "ret", "retaa",
                                           "retab", "eret", "eretaa", "eretab", "drps",  NULL};
    static const char *const trap[] = {"brk", "udf", NULL};
    if (is_word(text, "b"))
        return INSTRUCTION_JUMP;
    if (is_word(text, "bl"))
        return INSTRUCTION_CALL;
    if (is_one_of(text, conditional) || ((starts(text, "b.") || starts(text, "bc.")) && has_address))
        return INSTRUCTION_CONDITIONAL_JUMP;
    if (is_one_of(text, indirect))
        return INSTRUCTION_INDIRECT_JUMP;
    return is_one_of(text, trap) ? INSTRUCTION_TRAP : INSTRUCTION_OTHER;
}

static bool names_pc(const char *text)
{
    return strstr(text, "pc}") || starts(text, "ldr\tpc,") || starts(text, "ldr.w\tpc,") || starts(text, "mov\tpc") ||
           starts(text, "add\tpc") || starts(text, "subs\tpc");
}

static int kind_on_thumb(const char *text, bool has_address)
{
    static const char *const trap[] = {"udf", "udf.w", "bkpt", "trap", "__brkdiv0", NULL};
    if (is_one_of(text, trap))
        return INSTRUCTION_TRAP;
    if (starts(text, "bl") && has_address && (text[2] == '\t' || text[2] == 'x'))
        return INSTRUCTION_CALL;
    if (is_word(text, "b") || is_word(text, "b.w"))
        return INSTRUCTION_JUMP;
    if (has_address && (starts(text, "cb") || (text[0] == 'b' && !starts(text, "bl\t"))))
        return INSTRUCTION_CONDITIONAL_JUMP;
    if (is_word(text, "tbb") || is_word(text, "tbh"))
        return INSTRUCTION_TABLE_JUMP;
    bool leaves = is_word(text, "bx") || (starts(text, "pop") && names_pc(text)) ||
                  (starts(text, "ldm") && names_pc(text)) ||
                  (!starts(text, "ldm") && !starts(text, "pop") && !strchr(text, '}') && names_pc(text));
    return leaves ? INSTRUCTION_INDIRECT_JUMP : INSTRUCTION_OTHER;
}

static int kind_on_x86(const char *text, bool has_address)
{
    static const char *const indirect[] = {"ret",   "retl",  "retq",  "lret",  "lretl",   "lretq", "iret",
                                           "iretl", "iretq", "iretw", "jmp",   "jmpl",    "jmpq",  "jmpw",
                                           "ljmp",  "ljmpl", "ljmpq", "ljmpw", "notrack", NULL};
    static const char *const trap[] = {"int3", "ud2", NULL};
    static const char *const prefixes[] = {"rep", "repne", "notrack", NULL};
    while (is_one_of(text, prefixes)) {
        text += strcspn(text, " \t");
        text += strspn(text, " \t");
    }
    if (starts(text, "call") && has_address)
        return INSTRUCTION_CALL;
    if (starts(text, "jmp") && has_address)
        return INSTRUCTION_JUMP;
    if ((text[0] == 'j' || starts(text, "loop") || starts(text, "xbegin")) && has_address)
        return INSTRUCTION_CONDITIONAL_JUMP;
    if (is_one_of(text, indirect))
        return INSTRUCTION_INDIRECT_JUMP;
    return is_one_of(text, trap) ? INSTRUCTION_TRAP : INSTRUCTION_OTHER;
}

static bool is_branch(int kind)
{
    return kind == INSTRUCTION_JUMP || kind == INSTRUCTION_CONDITIONAL_JUMP || kind == INSTRUCTION_CALL;
}

static void read_truth(const struct machine_under_test *machine, char *text, struct truth *out)
{
    uint64_t address = 0;
    bool is_x86 = machine->name[0] == 'x', is_thumb = strcmp(machine->name, "arm") == 0;
    char *comment = strchr(text, is_thumb ? '@' : '#');
    out->is_known = !strstr(text, "<unknown>");
    if (is_x86 || is_thumb) { // RIP-relative operands and literals are explained behind the instruction
        if (comment && (is_thumb || comment[1] == ' ')) {
            out->has_reference = read_address(comment, &out->reference);
            *comment = 0;
        }
    }
    bool has_address = read_address(text, &address);
    out->kind = is_x86     ? kind_on_x86(text, has_address)
                : is_thumb ? kind_on_thumb(text, has_address)
                           : kind_on_arm64(text, has_address);
    out->has_target = is_branch(out->kind);
    if (out->has_target) {
        out->target = address;
        out->has_reference = false;
    } else if (has_address) {
        out->has_reference = true;
        out->reference = address;
    }
}

// --- making instructions ---

static size_t make_arm64(struct random_bits *random, uint8_t *out)
{
    static const struct {
        uint32_t set, mask; // mask: bits that are taken at random
    } shapes[] = {
        {0x14000000, 0x83ffffff}, // B, BL
        {0x54000000, 0x00ffffef}, // B.cond
        {0x34000000, 0x81ffffff}, // CBZ, CBNZ
        {0x36000000, 0x81ffffff}, // TBZ, TBNZ
        {0x10000000, 0xe0ffffff}, // ADR, ADRP
        {0x18000000, 0xc4ffffff}, // loads of literals
        {0xd61f0000, 0x000003e0}, // BR
        {0xd63f0000, 0x000003e0}, // BLR
        {0xd65f0000, 0x000003e0}, // RET
        {0xd4200000, 0x001fffe0}, // BRK
        {0x00000000, 0x0000ffff}, // UDF
        {0xd4000001, 0x001fffe0}, // SVC
        {0x91000000, 0x607fffff}, // ADD and SUB of an immediate
        {0xf9400000, 0x003fffff}, // LDR
        {0x00000000, 0xffffffff}, // anything
        {0x94000000, 0x03ffffff}, // BL
    };
    uint32_t shape = random_next(random) % (sizeof shapes / sizeof *shapes);
    store32(out, shapes[shape].set | (random_next(random) & shapes[shape].mask));
    return 4;
}

static size_t make_thumb(struct random_bits *random, uint8_t *out)
{
    static const struct {
        uint32_t set, mask;
        unsigned size;
    } shapes[] = {
        {0xd000, 0x0fff, 2},         // B T1, UDF, SVC
        {0xe000, 0x07ff, 2},         // B T2
        {0xb100, 0x0aff, 2},         // CBZ, CBNZ
        {0x4800, 0x07ff, 2},         // LDR of a literal
        {0xa000, 0x07ff, 2},         // ADR
        {0x4700, 0x0078, 2},         // BX
        {0x4780, 0x0078, 2},         // BLX
        {0xbc00, 0x01ff, 2},         // POP
        {0xbe00, 0x00ff, 2},         // BKPT
        {0x4687, 0x0078, 2},         // MOV pc
        {0x0000, 0xffff, 2},         // any that is not the first half of four bytes
        {0xf0008000, 0x07ff2fff, 4}, // B T3, and the system instructions beside it
        {0xf0009000, 0x07ff2fff, 4}, // B T4
        {0xf000d000, 0x07ff2fff, 4}, // BL
        {0xf000c000, 0x07ff2ffe, 4}, // BLX
        {0xe8d0f000, 0x000c000c, 4}, // TBB
        {0xe8d0f010, 0x000c000c, 4}, // TBH
        {0xf85f0000, 0x0080ffff, 4}, // LDR.W of a literal
        {0xf20f0000, 0x040070ff, 4}, // ADR.W forward
        {0xf2af0000, 0x040070ff, 4}, // ADR.W back
        {0xed1f0a00, 0x00c0f1ff, 4}, // VLDR
        {0xe8bd0000, 0x0000dfff, 4}, // POP.W
        {0xf2400000, 0x040f70ff, 4}, // MOVW
        {0xf8d00000, 0x000effff, 4}, // LDR.W
        {0xf7f0a000, 0x000f0fff, 4}, // UDF.W
    };
    uint32_t shape = random_next(random) % (sizeof shapes / sizeof *shapes);
    uint32_t code = shapes[shape].set | (random_next(random) & shapes[shape].mask);
    if (shapes[shape].size == 2) {
        // IT changes how the instructions behind it are printed, and nothing that is asked here.
        bool is_it = code >> 8 == 0xbf && (code & 15) != 0;
        store16(out, (uint16_t)(code >= 0xe800 || is_it ? 0xbf00 : code));
        return 2;
    }
    store16(out, (uint16_t)(code >> 16));
    store16(out + 2, (uint16_t)code);
    return 4;
}

// `?` stands for a random byte; what has fewer bytes of opcode is listed more often.
static size_t make_x86_of(struct random_bits *random, uint8_t *out, const char *const *shapes, size_t count)
{
    size_t size = 0;
    for (const char *at = shapes[random_next(random) % count]; *at; at += 2) {
        while (*at == ' ')
            at++;
        unsigned value = 0;
        if (at[0] == '?')
            value = random_next(random) & 0xff;
        else
            sscanf(at, "%2x", &value);
        out[size++] = (uint8_t)value;
    }
    return size;
}

#define SHAPES_OF_BOTH                                                                                                 \
    "E9????????", "EB??", "E8????????", "E8????????", "70??", "72??", "74??", "75??", "7F??", "0F80????????",          \
        "0F84????????", "0F85????????", "0F8F????????", "E0??", "E1??", "E2??", "E3??", "C3", "C2????", "CC", "0F0B",  \
        "FFD0", "FFE0", "FFE3", "8BFF", "90", "6690", "0F1F4000", "B8????????", "83C0??", "89E5", "50",                \
        "C7F8????????", "C9", "F3C3", "F2E9????????", "3E75??", "C5F877", "0FAF C3", "660F6FC1", "CF"

static size_t make_x64(struct random_bits *random, uint8_t *out)
{
    static const char *const shapes[] = {
        SHAPES_OF_BOTH,       "488D05????????",       "8B0D????????",     "48C705????????????????",
        "FF25????????",       "FF15????????",         "48FF25????????",   "F20F1005????????",
        "C5FB1005????????",   "803D??????????",       "4C8B25????????",   "483B05????????",
        "66C705????????????", "48B8????????????????", "488B8424????????", "62F17C481005????????",
    };
    return make_x86_of(random, out, shapes, sizeof shapes / sizeof *shapes);
}

static size_t make_x86(struct random_bits *random, uint8_t *out)
{
    static const char *const shapes[] = {
        SHAPES_OF_BOTH, "FF25????????", "FF15????????",   "8B0D????????", "A1????????",
        "6A??",         "68????????",   "EA????????????", "60",
    };
    return make_x86_of(random, out, shapes, sizeof shapes / sizeof *shapes);
}

static struct instruction decode_arm64(struct bytes code, uint64_t address)
{
    return arm64_decode(load32(code.data), address);
}

static struct instruction decode_x64(struct bytes code, uint64_t address)
{
    return x86_decode(X86_MODE_64, code, address);
}

static struct instruction decode_x86(struct bytes code, uint64_t address)
{
    return x86_decode(X86_MODE_32, code, address);
}

static const struct machine_under_test machine_arm64 = {
    "arm64", "elf64-littleaarch64", "--triple=aarch64 --mattr=+v8.8a", decode_arm64, make_arm64, UINT64_MAX, true};
static const struct machine_under_test machine_arm = {
    "arm", "elf32-littlearm", "--triple=thumbv7a --mattr=+vfp4,+neon", thumb_decode, make_thumb, UINT32_MAX, true};
static const struct machine_under_test machine_x64 = {
    "x64", "elf64-x86-64", "--triple=x86_64 --mattr=+avx512f", decode_x64, make_x64, UINT64_MAX, false};
static const struct machine_under_test machine_x86 = {"x86",      "elf32-i386", "--triple=i386", decode_x86, make_x86,
                                                      UINT32_MAX, false};

// --- comparing ---

enum { COUNT = 60000 };

struct comparison {
    const struct machine_under_test *machine;
    struct bytes code;
    size_t seen[16], references, unknown, lenient;
};

static void compare(struct comparison *comparison, uint64_t address, uint64_t end, char *text)
{
    const struct machine_under_test *machine = comparison->machine;
    struct truth truth = {.length = (unsigned)(end - address)};
    char shown[256];
    snprintf(shown, sizeof shown, "%s", text);
    read_truth(machine, text, &truth);
    struct instruction ours = machine->decode(bytes_from(comparison->code, address), address);
    if (!truth.is_known) {
        comparison->unknown++;
        comparison->lenient += ours.length != 0;
        if (ours.length && !machine->is_lenient)
            fail_with("%s at %" PRIx64 ": no instruction, and %u bytes decoded", machine->name, address, ours.length);
        return;
    }
    if (ours.length != truth.length)
        fail_with("%s at %" PRIx64 ": %s: %u bytes, not %u", machine->name, address, shown, truth.length, ours.length);
    if (ours.kind != truth.kind)
        fail_with("%s at %" PRIx64 ": %s: kind %d, not %d", machine->name, address, shown, truth.kind, ours.kind);
    if (ours.has_target != truth.has_target ||
        (truth.has_target && ((ours.target ^ truth.target) & machine->address_mask)))
        fail_with("%s at %" PRIx64 ": %s: target %" PRIx64, machine->name, address, shown, ours.target);
    if (truth.has_reference &&
        !(ours.has_reference && ((ours.reference ^ truth.reference) & machine->address_mask) == 0))
        fail_with("%s at %" PRIx64 ": %s: reference %" PRIx64, machine->name, address, shown, ours.reference);
    comparison->seen[ours.kind]++;
    comparison->references += ours.has_reference;
}

// "   1a2c: \tadd r0, r1" without its newline; false for other lines.
static bool read_line(char *line, uint64_t *address, char **text)
{
    char *end;
    *address = strtoull(line, &end, 16);
    if (end == line || *end != ':')
        return false;
    *text = end + 1 + strspn(end + 1, " \t");
    return **text != 0;
}

static void decodes_like_objdump(const struct machine_under_test *machine, struct comparison *comparison)
{
    struct scratch scratch = {0};
    const char *folder = folder_create(&scratch);
    uint8_t *code = scratch_allocate(&scratch, COUNT * 16 + 16);
    struct random_bits random = {UINT64_C(0x9E3779B97F4A7C15)};
    size_t size = 0;
    for (int i = 0; i < COUNT; i++)
        size += machine->make(&random, code + size);
    folder_write_file(path_join(&scratch, folder, "code"), code, size);
    process_must_run(&scratch, folder, "llvm-objcopy-19 -I binary -O %s --rename-section .data=.text,code code code.o",
                     machine->elf);
    struct outcome out =
        process_must_run(&scratch, folder, "llvm-objdump-19 -d --no-show-raw-insn %s code.o", machine->options);

    *comparison = (struct comparison){.machine = machine, .code = {code, size}};
    uint64_t address = 0, next;
    char *text = NULL, *next_text;
    for (char *line = strtok(out.output, "\n"); line; line = strtok(NULL, "\n")) {
        if (!read_line(line, &next, &next_text))
            continue;
        if (text)
            compare(comparison, address, next, text);
        address = next;
        text = next_text;
    }
    assert_non_null(text);
    compare(comparison, address, size, text);
    folder_remove(folder);
    scratch_free(&scratch);
}

static void assert_thousands(const struct comparison *comparison, const int *kinds)
{
    for (; *kinds >= 0; kinds++)
        if (comparison->seen[*kinds] < 1000)
            fail_with("only %zu instructions of kind %d", comparison->seen[*kinds], *kinds);
    assert_true(comparison->references > 1000 || comparison->machine == &machine_x86);
}

static const int common_kinds[] = {INSTRUCTION_OTHER,
                                   INSTRUCTION_JUMP,
                                   INSTRUCTION_CONDITIONAL_JUMP,
                                   INSTRUCTION_CALL,
                                   INSTRUCTION_INDIRECT_JUMP,
                                   INSTRUCTION_TRAP,
                                   -1};

static void arm64_as_objdump_says(void **state)
{
    (void)state;
    struct comparison comparison;
    decodes_like_objdump(&machine_arm64, &comparison);
    assert_thousands(&comparison, common_kinds);
}

static void thumb_as_objdump_says(void **state)
{
    (void)state;
    struct comparison comparison;
    decodes_like_objdump(&machine_arm, &comparison);
    assert_thousands(&comparison, common_kinds);
    assert_true(comparison.seen[INSTRUCTION_TABLE_JUMP] > 1000);
}

static void x64_as_objdump_says(void **state)
{
    (void)state;
    struct comparison comparison;
    decodes_like_objdump(&machine_x64, &comparison);
    assert_thousands(&comparison, common_kinds);
}

static void x86_as_objdump_says(void **state)
{
    (void)state;
    struct comparison comparison;
    decodes_like_objdump(&machine_x86, &comparison);
    assert_thousands(&comparison, common_kinds);
}

// What is cut short is no instruction, wherever it is cut.
static void cut_short_is_none(void **state)
{
    (void)state;
    const uint8_t call[] = {0xe8, 1, 2, 3, 4}, branch[] = {0x00, 0xf0, 0x00, 0xb8};
    for (size_t size = 0; size < sizeof call; size++) {
        assert_int_equal(x86_decode(X86_MODE_64, (struct bytes){call, size}, 0).length, 0);
        assert_int_equal(x86_decode(X86_MODE_32, (struct bytes){call, size}, 0).length, 0);
    }
    for (size_t size = 0; size < sizeof branch; size++)
        assert_int_equal(thumb_decode((struct bytes){branch, size}, 0).length, 0);
    assert_int_equal(thumb_decode((struct bytes){branch, 4}, 0).length, 4);
}

// movw r0, #0x5678 / movt r0, #0x1234, as llvm-mc encodes it.
static void thumb_pairs(void **state)
{
    (void)state;
    const uint8_t pair[] = {0x45, 0xf2, 0x78, 0x60, 0xc1, 0xf2, 0x34, 0x20};
    assert_int_equal(thumb_pair_value((struct bytes){pair, 8}), 0x12345678);
    assert_int_equal(thumb_pair_value((struct bytes){pair, 7}), 0);
    assert_int_equal(thumb_pair_value((struct bytes){pair + 4, 4}), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arm64_as_objdump_says), cmocka_unit_test(thumb_as_objdump_says),
        cmocka_unit_test(x64_as_objdump_says),   cmocka_unit_test(x86_as_objdump_says),
        cmocka_unit_test(cut_short_is_none),     cmocka_unit_test(thumb_pairs),
    };
    return cmocka_run_group_tests_name("instructions", tests, NULL, NULL);
}
