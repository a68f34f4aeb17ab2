#include "tests/unit/target_truth.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/coff.h"
#include "tests/support/checks.h"
#include "tests/support/folder.h"
#include "tests/support/image.h"
#include "tests/support/process.h"

const struct truth truth_x64 = {&target_x64, "x86_64-windows-msvc", "x86_64-linux-gnu"};
const struct truth truth_x86 = {&target_x86, "i686-windows-msvc", "i686-linux-gnu"};
const struct truth truth_arm = {&target_arm, "thumbv7-windows-msvc", "thumbv7-linux-gnueabihf"};
const struct truth truth_arm64 = {&target_arm64, "aarch64-windows-msvc", "aarch64-linux-gnu"};

// --- objects, read with no more care than a file of our own tool needs ---

struct test_object {
    uint8_t *data;
    size_t size;
    const struct coff_section_header *sections;
    uint16_t section_count;
    const struct coff_symbol *symbols;
};

static struct test_object read_object(struct scratch *scratch, const char *path)
{
    struct test_object object = {0};
    object.data = folder_read_file(scratch, path, &object.size);
    const struct coff_header *header = (const void *)object.data;
    object.sections = (const void *)(object.data + sizeof *header);
    object.section_count = le16_get(header->section_count);
    object.symbols = (const void *)(object.data + le32_get(header->symbol_table_offset));
    return object;
}

static char *assemble_object(struct scratch *scratch, const char *folder, const char *triple, const char *source)
{
    char *text = path_join(scratch, folder, "truth.s");
    folder_write_file(text, source, strlen(source));
    process_must_run(scratch, folder, "llvm-mc-19 -triple %s -filetype=obj truth.s -o truth.o", triple);
    return path_join(scratch, folder, "truth.o");
}

// From an ELF object, as llvm-mc has no COFF for the ARM instruction set.
struct bytes truth_assemble(struct scratch *scratch, const struct truth *truth, const char *source)
{
    const char *folder = folder_create(scratch);
    assemble_object(scratch, folder, truth->elf_triple, source);
    process_must_run(scratch, folder, "llvm-objcopy-19 -O binary --only-section=.text truth.o truth.bin");
    struct bytes code;
    code.data = folder_read_file(scratch, path_join(scratch, folder, "truth.bin"), &code.size);
    folder_remove(folder);
    return code;
}

struct bytes truth_unwind(struct scratch *scratch, const struct truth *truth, const char *source)
{
    const char *folder = folder_create(scratch);
    const char *path = assemble_object(scratch, folder, truth->windows_triple, source);
    struct test_object object = read_object(scratch, path);
    folder_remove(folder);
    for (uint16_t i = 0; i < object.section_count; i++) {
        const struct coff_section_header *header = &object.sections[i];
        if (strncmp(header->name, ".xdata", 8) == 0)
            return (struct bytes){object.data + le32_get(header->raw_offset), le32_get(header->raw_size)};
    }
    fail_with("no unwind record");
}

// --- disassembly ---

// Copies one line of llvm-objdump's, without names of places and comments, blanks single.
static char *copy_instruction(char *out, const char *line, size_t size)
{
    char *start = out;
    for (size_t i = 0; i < size && line[i] != '@' && line[i] != ';'; i++) {
        if (line[i] == '<') {
            while (i < size && line[i] != '>')
                i++;
            continue;
        }
        bool is_blank = line[i] == ' ' || line[i] == '\t';
        if (!is_blank)
            *out++ = line[i];
        else if (out > start && out[-1] != ' ')
            *out++ = ' ';
    }
    while (out > start && out[-1] == ' ')
        out--;
    *out++ = '\n';
    return out;
}

const char *truth_disassemble(struct scratch *scratch, const struct truth *truth, const uint8_t *code, size_t size,
                              uint64_t address)
{
    // llvm-objdump works out where branches go from a section's address, so the code is linked there, by an ELF linker.
    const char *folder = folder_create(scratch);
    char *source = scratch_format(scratch, ".text\n");
    for (size_t i = 0; i < size; i++)
        source = scratch_format(scratch, "%s.byte %d\n", source, code[i]);
    assemble_object(scratch, folder, truth->elf_triple, source);
    process_must_run(scratch, folder, "ld.lld-19 -s --noinhibit-exec -e 0 -Ttext=0x%" PRIx64 " truth.o -o truth.elf",
                     address);
    struct outcome outcome = process_must_run(
        scratch, folder,
        "llvm-objdump-19 -d --triple=%s --x86-asm-syntax=intel --no-show-raw-insn --no-leading-addr truth.elf",
        truth->elf_triple);
    folder_remove(folder);

    char *text = scratch_allocate(scratch, outcome.output_size + 1), *out = text;
    for (const char *line = strstr(outcome.output, "<.text>:"); line && (line = strchr(line, '\n'));) {
        line++;
        size_t length = strcspn(line, "\n");
        if (length)
            out = copy_instruction(out, line, length);
    }
    *out = '\0';
    return text;
}

const char *truth_describe_unwind(struct scratch *scratch, const struct truth *truth, uint32_t function_size,
                                  struct bytes unwind)
{
    char *source = scratch_format(scratch,
                                  ".text\n"
                                  "f: .zero %" PRIu32 "\n"
                                  ".section .pdata,\"dr\"\n"
                                  ".rva f, x\n"
                                  ".section .xdata,\"dr\"\n"
                                  "x:\n",
                                  function_size);
    for (size_t i = 0; i < unwind.size; i++)
        source = scratch_format(scratch, "%s.byte %d\n", source, unwind.data[i]);
    const char *folder = folder_create(scratch);
    assemble_object(scratch, folder, truth->windows_triple, source);
    struct outcome outcome = process_must_run(scratch, folder, "llvm-readobj-19 --unwind truth.o");
    folder_remove(folder);

    const char *start = strstr(outcome.output, "FunctionLength");
    assert_non_null(start);
    char *text = scratch_allocate(scratch, strlen(start) + 1), *out = text;
    for (bool at_start = true; *start; start++) {
        if (*start != ' ' || !at_start)
            *out++ = *start;
        at_start = *start == '\n' || (at_start && *start == ' ');
    }
    *out = '\0';
    return text;
}

// --- comparison with lld-link ---

static uint32_t symbol_value(const struct test_object *object, uint32_t index)
{
    return le32_get(object->symbols[index].value);
}

static const struct image_section *section_in_image(const struct image *image, const struct coff_section_header *header)
{
    char name[9] = {0};
    memcpy(name, header->name, 8);
    return image_find_section(image, name);
}

static struct relocation_site site_of(const struct test_object *object, const struct image *image,
                                      const struct coff_relocation *relocation)
{
    uint32_t index = le32_get(relocation->symbol);
    int16_t number = (int16_t)le16_get(object->symbols[index].section_number);
    struct relocation_site site = {.type = le16_get(relocation->type), .image_base = image->base};
    if (number == COFF_ABSOLUTE) {
        site.target_rva = symbol_value(object, index) - image->base;
        site.target_is_absolute = true;
        site.target_section = (uint32_t)image->section_count + 1;
        return site;
    }
    assert_in_range(number, 1, object->section_count);
    const struct image_section *target = section_in_image(image, &object->sections[number - 1]);
    assert_non_null(target);
    site.target_rva = target->rva + symbol_value(object, index);
    site.target_section = (uint32_t)(target - image->sections) + 1;
    site.target_offset = symbol_value(object, index);
    site.target_is_code = target->characteristics & SECTION_EXECUTE;
    return site;
}

static void compare_section(const struct test_object *object, const struct coff_section_header *header,
                            const struct target *target, const struct image *image, uint32_t *covered)
{
    const struct image_section *section = section_in_image(image, header);
    uint32_t size = le32_get(header->raw_size);
    if (!section || size == 0)
        return;
    uint8_t *content = object->data + le32_get(header->raw_offset);
    const uint8_t *expected = image_at(image, section->rva, size);
    const struct coff_relocation *relocations = (const void *)(object->data + le32_get(header->relocation_offset));

    for (uint32_t i = 0; i < le16_get(header->relocation_count); i++) {
        struct relocation_site site = site_of(object, image, &relocations[i]);
        uint32_t offset = le32_get(relocations[i].offset);
        site.place = content + offset;
        site.room = size - offset;
        site.place_rva = section->rva + offset;
        struct relocation_traits traits = target->relocation_traits(site.type);
        enum relocation_result result = target->apply(&site);
        if (result != RELOCATION_DONE || memcmp(content + offset, expected + offset, traits.size) != 0)
            fail_with("%s at %.8s+0x%" PRIx32 " (%s): result %d, %" PRIx64 ", lld-link has %" PRIx64,
                      traits.name ? traits.name : "?", header->name, offset, target->name, (int)result,
                      load64(content + offset), load64(expected + offset));
        *covered |= 1u << site.type;
    }
    assert_memory_equal(content, expected, size);
}

static void set_types(const struct test_object *object, const uint16_t *types)
{
    for (uint16_t i = 0; i < object->section_count; i++) {
        const struct coff_section_header *header = &object->sections[i];
        if (strncmp(header->name, ".types", 8) != 0)
            continue;
        struct coff_relocation *relocations = (void *)(object->data + le32_get(header->relocation_offset));
        for (uint16_t k = 0; k < le16_get(header->relocation_count) && types && types[k] != UINT16_MAX; k++)
            relocations[k].type = le16_of(types[k]);
    }
}

// llvm-mc works out the uses of an absolute symbol itself, so the source leaves it undefined.
static void define_absolute(const struct test_object *object)
{
    const struct coff_header *header = (const void *)object->data;
    for (uint32_t i = 0; i < le32_get(header->symbol_count); i += 1u + object->symbols[i].aux_count) {
        struct coff_symbol *symbol = (struct coff_symbol *)&object->symbols[i];
        if (memcmp(symbol->name.short_name, "absolute", 8) == 0) {
            symbol->section_number = le16_of((uint16_t)COFF_ABSOLUTE);
            symbol->value = le32_of(TRUTH_ABSOLUTE);
        }
    }
}

void truth_compare_with_lld(struct scratch *scratch, const struct truth *truth, const char *source,
                            const uint16_t *types, uint64_t image_base, const char *options, uint32_t *covered)
{
    const char *folder = folder_create(scratch);
    const char *path = assemble_object(scratch, folder, truth->windows_triple, source);
    struct test_object object = read_object(scratch, path);
    set_types(&object, types);
    define_absolute(&object);
    folder_write_file(path, object.data, object.size);
    process_must_run(scratch, folder,
                     "lld-link-19 /dll /noentry /nodefaultlib /opt:noref /opt:noicf /base:0x%" PRIx64
                     " %s truth.o /out:truth.dll",
                     image_base, options);
    const struct image *image = image_read(scratch, path_join(scratch, folder, "truth.dll"));
    folder_remove(folder);
    assert_true(image->base == image_base);
    for (uint16_t i = 0; i < object.section_count; i++)
        compare_section(&object, &object.sections[i], truth->target, image, covered);
}

// --- single relocations ---

// Assembles all texts at once: each stands at a multiple of 16 bytes.
static struct bytes assemble_cases(struct scratch *scratch, const struct truth *truth, const struct truth_case *cases,
                                   size_t count)
{
    char *source = scratch_format(scratch, ".text\n.p2align 4\n");
    for (size_t i = 0; i < count; i++)
        source = scratch_format(scratch, "%s%s\n.p2align 4\n%s\n.p2align 4\n", source, cases[i].before,
                                cases[i].after ? cases[i].after : cases[i].before);
    return truth_assemble(scratch, truth, source);
}

void truth_check_cases(struct scratch *scratch, const struct truth *truth, uint64_t image_base,
                       const struct truth_case *cases, size_t count)
{
    struct bytes assembled = assemble_cases(scratch, truth, cases, count);
    assert_int_equal(assembled.size, 32 * count);
    for (size_t i = 0; i < count; i++) {
        struct relocation_traits traits = truth->target->relocation_traits(cases[i].type);
        uint8_t place[16];
        memcpy(place, assembled.data + 32 * i, sizeof place);
        struct relocation_site site = {
            .place = place,
            .room = traits.size,
            .type = cases[i].type,
            .place_rva = cases[i].place_rva,
            .target_rva = cases[i].target_rva,
            .image_base = image_base,
            .target_is_code = cases[i].target_is_code,
        };
        enum relocation_result result = truth->target->apply(&site);
        if (result != cases[i].result || memcmp(place, assembled.data + 32 * i + 16, sizeof place) != 0)
            fail_with("case %zu: %s, \"%s\" to \"%s\": result %d, wanted %d; %08" PRIx32 " %08" PRIx32
                      ", wanted %08" PRIx32 " %08" PRIx32,
                      i, traits.name, cases[i].before, cases[i].after ? cases[i].after : "the same", (int)result,
                      (int)cases[i].result, load32(place), load32(place + 4), load32(assembled.data + 32 * i + 16),
                      load32(assembled.data + 32 * i + 20));
    }
}

void truth_check_room_and_unknown_types(const struct truth *truth)
{
    const struct target *target = truth->target;
    for (uint32_t type = 0; type <= UINT16_MAX; type++) {
        struct relocation_traits traits = target->relocation_traits((uint16_t)type);
        uint8_t place[16], before[16];
        memset(place, 0x55, sizeof place);
        memcpy(before, place, sizeof place);
        struct relocation_site site = {
            .place = place,
            .room = sizeof place,
            .type = (uint16_t)type,
            .place_rva = 0x1000,
            .target_rva = 0x1000,
            .target_section = 1,
            .image_base = target->default_base_exe,
        };
        if (!traits.name) {
            assert_int_equal(target->apply(&site), RELOCATION_UNKNOWN);
        } else if (traits.size == 0) {
            site.room = 0;
            assert_int_equal(target->apply(&site), RELOCATION_DONE);
        } else {
            site.room = traits.size - 1u;
            assert_int_equal(target->apply(&site), RELOCATION_NO_ROOM);
        }
        assert_memory_equal(place, before, sizeof place);
    }
}
