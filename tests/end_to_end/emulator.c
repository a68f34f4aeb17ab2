#include "tests/end_to_end/emulator.h"

#include <stdio.h>
#include <string.h>

#include <unicorn/unicorn.h>

#include "tests/support/checks.h"

enum {
    STANDS = 0x70000000, // one `bx lr` for each import that is not an image's
    STACK = 0x60000000,
    STACK_SIZE = 0x100000,
    BLOCKS = 0x68000000, // thread blocks and thread-local variables
    BLOCK_SIZE = 0x100000,
    THREADS = 8,
    RETURN = 0x7f000000, // where calls return to: nothing is mapped there
    IMAGES = 4,
    STAND_INS = 128,
    IN_BLOCK_TLS_POINTER = 0x2c, // of the thread block: the array of templates' copies
};

struct loaded {
    const struct image *image;
    const char *name;
    uint32_t base;
};

struct emulator {
    uc_engine *engine;
    struct scratch *scratch;
    struct loaded images[IMAGES];
    size_t image_count;
    struct stand_in {
        const char *name;
        emulator_function function; // NULL: nobody has said what it does
    } stand_ins[STAND_INS];
    size_t stand_in_count;
    char *output;
    bool is_over; // exit was called
    unsigned thread;
};

static void must(uc_err error, const char *what)
{
    if (error != UC_ERR_OK)
        fail_with("Unicorn: %s: %s", what, uc_strerror(error));
}

// --- memory ---

void emulator_read(struct emulator *emulator, uint32_t address, void *bytes, size_t size)
{
    if (uc_mem_read(emulator->engine, address, bytes, size) != UC_ERR_OK)
        fail_with("no %zu bytes at 0x%x", size, address);
}

void emulator_write(struct emulator *emulator, uint32_t address, const void *bytes, size_t size)
{
    if (uc_mem_write(emulator->engine, address, bytes, size) != UC_ERR_OK)
        fail_with("no room for %zu bytes at 0x%x", size, address);
    uc_ctl_remove_cache(emulator->engine, (uint64_t)address & ~0xfffu, (uint64_t)address + size);
}

uint32_t emulator_u32(struct emulator *emulator, uint32_t address)
{
    uint8_t bytes[4];
    emulator_read(emulator, address, bytes, 4);
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void write_u32(struct emulator *emulator, uint32_t address, uint32_t value)
{
    uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16), (uint8_t)(value >> 24)};
    emulator_write(emulator, address, bytes, 4);
}

const char *emulator_text(struct emulator *emulator, uint32_t address)
{
    char text[512];
    size_t size = 0;
    do
        emulator_read(emulator, address + (uint32_t)size, &text[size], 1);
    while (text[size++] && size < sizeof text);
    text[sizeof text - 1] = '\0';
    return scratch_format(emulator->scratch, "%s", text);
}

static uint32_t get_register(struct emulator *emulator, int number)
{
    uint32_t value = 0;
    must(uc_reg_read(emulator->engine, number, &value), "reading a register");
    return value;
}

static void set_register(struct emulator *emulator, int number, uint32_t value)
{
    must(uc_reg_write(emulator->engine, number, &value), "writing a register");
}

// --- stand-ins ---

static size_t find_stand_in(struct emulator *emulator, const char *name)
{
    for (size_t i = 0; i < emulator->stand_in_count; i++)
        if (strcmp(emulator->stand_ins[i].name, name) == 0)
            return i;
    assert_in_range(emulator->stand_in_count, 0, STAND_INS - 1);
    emulator->stand_ins[emulator->stand_in_count].name = scratch_format(emulator->scratch, "%s", name);
    return emulator->stand_in_count++;
}

void emulator_stand_in(struct emulator *emulator, const char *name, emulator_function function)
{
    emulator->stand_ins[find_stand_in(emulator, name)].function = function;
}

uint32_t emulator_argument(struct emulator *emulator, unsigned number)
{
    if (number < 4)
        return get_register(emulator, UC_ARM_REG_R0 + (int)number);
    return emulator_u32(emulator, get_register(emulator, UC_ARM_REG_SP) + 4 * (number - 4));
}

static void on_stand_in(uc_engine *engine, uint64_t address, uint32_t size, void *user)
{
    (void)engine, (void)size;
    struct emulator *emulator = user;
    const struct stand_in *stand_in = &emulator->stand_ins[(address - STANDS) / 4];
    if (!stand_in->function)
        fail_with("the image calls %s, and nobody has said what it does", stand_in->name);
    uint32_t arguments[4];
    for (unsigned i = 0; i < 4; i++)
        arguments[i] = emulator_argument(emulator, i);
    set_register(emulator, UC_ARM_REG_R0, stand_in->function(emulator, arguments));
}

static uint32_t zero(struct emulator *emulator, const uint32_t arguments[4])
{
    (void)emulator, (void)arguments;
    return 0;
}

static uint32_t a_pointer_to_zero(struct emulator *emulator, const uint32_t arguments[4])
{
    (void)emulator, (void)arguments;
    return BLOCKS + BLOCK_SIZE * THREADS - 16;
}

static uint32_t ends_program(struct emulator *emulator, const uint32_t arguments[4])
{
    emulator->is_over = true;
    uc_emu_stop(emulator->engine);
    return arguments[0];
}

// The conversions that the programs of these tests use, each of one 32-bit argument.
static uint32_t prints(struct emulator *emulator, const uint32_t arguments[4])
{
    const char *format = emulator_text(emulator, arguments[3]);
    uint32_t next = emulator_argument(emulator, 5);
    struct scratch *scratch = emulator->scratch;
    for (const char *at = format; *at; at++) {
        if (*at != '%') {
            emulator->output = scratch_format(scratch, "%s%c", emulator->output, *at);
            continue;
        }
        size_t length = strspn(at + 1, "-0123456789l") + 2;
        char conversion[16] = {0};
        assert_in_range(length, 2, sizeof conversion - 1);
        memcpy(conversion, at, length);
        at += length - 1;
        uint32_t value = emulator_u32(emulator, next);
        next += 4;
        if (*at == 's')
            emulator->output = scratch_format(scratch, "%s%s", emulator->output, emulator_text(emulator, value));
        else if (*at == 'd')
            emulator->output = scratch_format(scratch, "%s%d", emulator->output, (int)value);
        else if (*at == 'x')
            emulator->output = scratch_format(scratch, "%s%x", emulator->output, value);
        else
            fail_with("no conversion for %s", conversion);
    }
    return 1;
}

const char *emulator_output(const struct emulator *emulator)
{
    return emulator->output;
}

// --- set-up ---

static void map(struct emulator *emulator, uint32_t address, size_t size)
{
    must(uc_mem_map(emulator->engine, address, size, UC_PROT_ALL), "mapping memory");
}

static void allow_vectors(struct emulator *emulator)
{
    uc_arm_cp_reg access = {.cp = 15, .crn = 1, .crm = 0, .opc1 = 0, .opc2 = 2};
    must(uc_reg_read(emulator->engine, UC_ARM_REG_CP_REG, &access), "reading CPACR");
    access.val |= 0xf << 20;
    must(uc_reg_write(emulator->engine, UC_ARM_REG_CP_REG, &access), "writing CPACR");
    set_register(emulator, UC_ARM_REG_FPEXC, 0x40000000);
}

struct emulator *emulator_create(struct scratch *scratch)
{
    struct emulator *emulator = scratch_allocate(scratch, sizeof *emulator);
    *emulator = (struct emulator){.scratch = scratch, .output = scratch_format(scratch, "%s", "")};
    must(uc_open(UC_ARCH_ARM, UC_MODE_THUMB, &emulator->engine), "starting");
    map(emulator, STACK, STACK_SIZE);
    map(emulator, BLOCKS, BLOCK_SIZE * THREADS);
    map(emulator, STANDS, 0x1000);
    for (uint32_t i = 0; i < STAND_INS; i++)
        write_u32(emulator, STANDS + 4 * i, 0x47704770); // bx lr
    uc_hook hook;
    must(uc_hook_add(emulator->engine, &hook, UC_HOOK_CODE, (void *)(uintptr_t)on_stand_in, emulator, STANDS,
                     STANDS + 4 * STAND_INS - 1),
         "hooking");
    allow_vectors(emulator);
    emulator_switch_thread(emulator, 0);
    static const char *const zeros[] = {"_configure_narrow_argv", "_initialize_narrow_environment", "__acrt_iob_func",
                                        "__stdio_common_vfprintf"};
    for (size_t i = 0; i < 3; i++)
        emulator_stand_in(emulator, zeros[i], zero);
    static const char *const pointers[] = {"__p___argc", "__p___argv", "__p__environ"};
    for (size_t i = 0; i < 3; i++)
        emulator_stand_in(emulator, pointers[i], a_pointer_to_zero);
    emulator_stand_in(emulator, "__stdio_common_vfprintf", prints);
    emulator_stand_in(emulator, "exit", ends_program);
    return emulator;
}

void emulator_destroy(struct emulator *emulator)
{
    uc_close(emulator->engine);
}

// --- loading ---

static void add_to_immediates(struct emulator *emulator, uint32_t address, uint32_t difference)
{
    uint32_t halves[2] = {emulator_u32(emulator, address), emulator_u32(emulator, address + 4)}, value = 0;
    for (int i = 0; i < 2; i++) { // movw and movt: i:imm3:imm8 and imm4, first halfword low
        uint32_t h = halves[i];
        value |= ((h >> 16 & 0xff) | (h >> 28 & 7) << 8 | (h >> 10 & 1) << 11 | (h & 0xf) << 12) << 16 * i;
    }
    value += difference;
    for (int i = 0; i < 2; i++) {
        uint32_t part = value >> 16 * i;
        uint32_t fields = (part & 0xff) << 16 | (part >> 8 & 7) << 28 | (part >> 11 & 1) << 10 | (part >> 12 & 0xf);
        write_u32(emulator, address + 4 * (uint32_t)i, (halves[i] & ~0x70ff040fu) | fields);
    }
}

static void relocate(struct emulator *emulator, const struct image *image, uint32_t base)
{
    struct image_directory directory = image->directories[IMAGE_DIRECTORY_BASE_RELOCATIONS];
    uint32_t difference = base - (uint32_t)image->base;
    for (uint32_t at = directory.rva; difference && at < directory.rva + directory.size;) {
        uint32_t page = image_u32(image, at), size = image_u32(image, at + 4);
        assert_in_range(size, 8, directory.rva + directory.size - at);
        for (uint32_t i = 8; i < size; i += 2) {
            uint32_t entry = image_u16(image, at + i), address = base + page + (entry & 0xfff);
            if (entry >> 12 == 3)
                write_u32(emulator, address, emulator_u32(emulator, address) + difference);
            else if (entry >> 12 == 7)
                add_to_immediates(emulator, address, difference);
            else
                assert_int_equal(entry >> 12, 0);
        }
        at += size;
    }
}

static uint32_t find_import(struct emulator *emulator, const char *dll, const char *name)
{
    for (size_t i = 0; i < emulator->image_count; i++) {
        const struct loaded *loaded = &emulator->images[i];
        if (strcmp(loaded->name, dll) == 0)
            return loaded->base + image_export_rva(loaded->image, name);
    }
    return STANDS + 4 * (uint32_t)find_stand_in(emulator, name) + 1;
}

static const char *image_text(const struct image *image, uint32_t rva)
{
    return (const char *)image_at(image, rva, 1);
}

static void fill_imports(struct emulator *emulator, const struct image *image, uint32_t base)
{
    uint32_t at = image->directories[IMAGE_DIRECTORY_IMPORTS].rva;
    for (; at && image_u32(image, at + 12); at += 20) {
        const char *dll = image_text(image, image_u32(image, at + 12));
        uint32_t names = image_u32(image, at), slots = image_u32(image, at + 16);
        for (uint32_t i = 0, entry; (entry = image_u32(image, names + i)) != 0; i += 4) {
            if (entry & 0x80000000) {
                const struct loaded *loaded = emulator->images;
                while (loaded < emulator->images + emulator->image_count && strcmp(loaded->name, dll) != 0)
                    loaded++;
                assert_true(loaded < emulator->images + emulator->image_count);
                write_u32(emulator, base + slots + i,
                          loaded->base + image_export_rva_by_ordinal(loaded->image, entry & 0xffff));
            } else {
                write_u32(emulator, base + slots + i, find_import(emulator, dll, image_text(image, entry + 2)));
            }
        }
    }
}

// A thread's block is followed by an array of pointers, one for each image, and behind that by the copies.
static void copy_templates(struct emulator *emulator, unsigned thread)
{
    uint32_t block = BLOCKS + BLOCK_SIZE * thread, array = block + 0x1000, room = block + 0x2000;
    write_u32(emulator, block + IN_BLOCK_TLS_POINTER, array);
    for (uint32_t i = 0; i < emulator->image_count; i++) {
        const struct image *image = emulator->images[i].image;
        struct image_directory directory = image->directories[IMAGE_DIRECTORY_TLS];
        if (!directory.rva)
            continue;
        uint32_t at = emulator->images[i].base + directory.rva;
        uint32_t start = emulator_u32(emulator, at), end = emulator_u32(emulator, at + 4);
        uint32_t alignment = emulator_u32(emulator, at + 20) >> 20 & 15;
        alignment = alignment ? 1u << (alignment - 1) : 16;
        room = (room + alignment - 1) & ~(alignment - 1);
        uint8_t *bytes = scratch_allocate(emulator->scratch, end - start + 1);
        emulator_read(emulator, start, bytes, end - start);
        emulator_write(emulator, room, bytes, end - start);
        write_u32(emulator, array + 4 * i, room);
        write_u32(emulator, emulator_u32(emulator, at + 8), i);
        room += end - start + emulator_u32(emulator, at + 16);
    }
}

void emulator_switch_thread(struct emulator *emulator, unsigned thread)
{
    assert_in_range(thread, 0, THREADS - 2);
    emulator->thread = thread;
    uint32_t block = BLOCKS + BLOCK_SIZE * thread;
    if (!emulator_u32(emulator, block + IN_BLOCK_TLS_POINTER) && emulator->image_count)
        copy_templates(emulator, thread);
    uc_arm_cp_reg pointer = {.cp = 15, .crn = 13, .crm = 0, .opc1 = 0, .opc2 = 2, .val = block}; // TPIDRURW
    must(uc_reg_write(emulator->engine, UC_ARM_REG_CP_REG, &pointer), "writing TPIDRURW");
}

uint32_t emulator_load(struct emulator *emulator, const struct image *image, const char *name, uint32_t base)
{
    assert_int_equal(image->machine, 0x01c4);
    assert_in_range(emulator->image_count, 0, IMAGES - 1);
    if (!base)
        base = (uint32_t)image->base;
    size_t size = ((size_t)image->size_of_image + 0xfff) & ~(size_t)0xfff;
    map(emulator, base, size);
    emulator_write(emulator, base, image->mapped, image->size_of_image);
    relocate(emulator, image, base);
    fill_imports(emulator, image, base);
    emulator->images[emulator->image_count++] = (struct loaded){image, name, base};
    copy_templates(emulator, emulator->thread);
    return base;
}

// --- running ---

void emulator_begin(struct emulator *emulator, uint32_t address, const uint32_t *arguments, size_t count)
{
    assert_in_range(count, 0, 4);
    if (!(address & 1))
        fail_with("0x%x is called without the bit that says Thumb", address);
    for (size_t i = 0; i < count; i++)
        set_register(emulator, UC_ARM_REG_R0 + (int)i, arguments[i]);
    set_register(emulator, UC_ARM_REG_SP, STACK + STACK_SIZE - 0x1000);
    set_register(emulator, UC_ARM_REG_LR, RETURN | 1);
    set_register(emulator, UC_ARM_REG_PC, address);
    emulator->is_over = false;
}

uint32_t emulator_place(struct emulator *emulator)
{
    return get_register(emulator, UC_ARM_REG_PC);
}

bool emulator_run(struct emulator *emulator, size_t instructions)
{
    uint32_t place = emulator_place(emulator);
    uc_err error = uc_emu_start(emulator->engine, place | 1, RETURN, 0, instructions);
    uint32_t now = emulator_place(emulator);
    if (error != UC_ERR_OK)
        fail_with("the image stopped at 0x%x, lr 0x%x: %s", now, get_register(emulator, UC_ARM_REG_LR),
                  uc_strerror(error));
    // A mapping that is Thumb all over never leaves it.
    assert_true(get_register(emulator, UC_ARM_REG_CPSR) & 1u << 5);
    return emulator->is_over || now == RETURN;
}

uint32_t emulator_result(struct emulator *emulator)
{
    return get_register(emulator, UC_ARM_REG_R0);
}

uint32_t emulator_call(struct emulator *emulator, uint32_t address, const uint32_t *arguments, size_t count)
{
    emulator_begin(emulator, address, arguments, count);
    if (!emulator_run(emulator, 0))
        fail_with("the call of 0x%x stopped at 0x%x", address, emulator_place(emulator));
    return emulator_result(emulator);
}
