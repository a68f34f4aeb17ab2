// Options about the image's headers: where it is loaded, what runs it, how large its stack is.
#include "linker/options/option_table.h"

#include "common/coff.h"
#include "common/file.h"
#include "common/pe.h"
#include "common/unicode.h"

// A power of two in bytes, at most 2^31: what a 32-bit field of the header can say.
static bool parse_power_of_two(const struct option_call *call, uint32_t *alignment)
{
    uint64_t value;
    if (!option_number(call, call->value, UINT32_MAX, &value))
        return false;
    if (value == 0 || (value & (value - 1))) {
        struct text name = text_lower(call->arena, text_of(call->option->name));
        option_error(call, 1117, "/%.*s: not a power of two: %.*s", TEXT_ARGUMENT(name), TEXT_ARGUMENT(call->value));
        return false;
    }
    *alignment = (uint32_t)value;
    return true;
}

void set_alignment(const struct option_call *call)
{
    if (parse_power_of_two(call, &call->options->section_alignment))
        call->options->section_alignment_given = true;
}

void set_file_alignment(const struct option_call *call)
{
    parse_power_of_two(call, &call->options->file_alignment);
}

static void set_base_numbers(const struct option_call *call, struct text numbers)
{
    struct text rest = numbers;
    struct text base = text_split(&rest, ',');
    uint64_t address, size = 0;
    if (!option_number(call, base, UINT64_MAX, &address) ||
        (rest.size && !option_number(call, rest, UINT64_MAX, &size)))
        return;
    call->options->base_given = true;
    call->options->image_base = address;
    call->options->base_maximum_size = size;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct text next_word(struct text *line)
{
    while (line->size && is_blank(line->data[0]))
        *line = text_skip(*line, 1);
    size_t end = 0;
    while (end < line->size && !is_blank(line->data[end]))
        end++;
    struct text word = text_prefix(*line, end);
    *line = text_skip(*line, end);
    return word;
}

// /BASE:@file,key: a file of lines "key address size", with comments behind ';' (link.exe, "/BASE").
static void set_base_from_file(const struct option_call *call)
{
    struct text key = text_skip(call->value, 1);
    struct text path = text_split(&key, ',');
    struct file file = {0};
    if (key.size == 0) {
        option_error(call, 1117, "syntax error in option '%.*s'", TEXT_ARGUMENT(call->argument));
        return;
    }
    if (!file_map(&file, path, call->arena, call->diagnostics))
        return;
    struct text rest = unicode_read_text_file(file.content, call->arena);
    while (rest.size) {
        struct text line = text_split(&rest, '\n');
        line = text_prefix(line, text_find(line, ';'));
        if (!text_equal_ignoring_case(next_word(&line), key))
            continue;
        struct text address = next_word(&line), size = next_word(&line);
        set_base_numbers(call, text_format(call->arena, "%.*s,%.*s", TEXT_ARGUMENT(address), TEXT_ARGUMENT(size)));
        return;
    }
    option_warning(call, 4198, "base key \"%.*s\" not found - using default", TEXT_ARGUMENT(key));
}

void set_base(const struct option_call *call)
{
    if (call->value.data[0] == '@')
        set_base_from_file(call);
    else
        set_base_numbers(call, call->value);
}

void set_driver(const struct option_call *call)
{
    struct text rest = call->value;
    call->options->is_driver = true;
    while (rest.size) {
        struct text kind = text_split(&rest, ',');
        if (text_equal_ignoring_case(kind, TEXT("wdm")))
            call->options->is_driver_wdm = true;
        else if (text_equal_ignoring_case(kind, TEXT("uponly")))
            call->options->is_driver_uponly = true;
        else
            option_invalid_argument(call, kind);
    }
}

void set_guard(const struct option_call *call)
{
    struct options *options = call->options;
    struct text rest = call->value;
    options->guard_given = true;
    while (rest.size) {
        struct text kind = text_split(&rest, ',');
        if (text_equal_ignoring_case(kind, TEXT("no")))
            options->guard_cf = options->guard_long_jump = options->guard_ehcont = false;
        else if (text_equal_ignoring_case(kind, TEXT("cf")) || text_equal_ignoring_case(kind, TEXT("longjmp")))
            options->guard_cf = options->guard_long_jump = true;
        else if (text_equal_ignoring_case(kind, TEXT("nolongjmp")))
            options->guard_long_jump = false;
        else if (text_equal_ignoring_case(kind, TEXT("ehcont")))
            options->guard_cf = options->guard_ehcont = true;
        else if (text_equal_ignoring_case(kind, TEXT("noehcont")))
            options->guard_ehcont = false;
        else
            option_error(call, 1117, "invalid argument to /guard: %.*s", TEXT_ARGUMENT(kind));
    }
}

// "reserve[,commit]". The reserve may be left out: ",4096".
static void set_sizes(const struct option_call *call, uint64_t *reserve, uint64_t *commit)
{
    struct text rest = call->value;
    struct text reserve_text = text_split(&rest, ',');
    uint64_t reserve_size = *reserve, commit_size = *commit;
    if (reserve_text.size == 0 && rest.size == 0) {
        option_error(call, 1117, "syntax error in option '%.*s'", TEXT_ARGUMENT(call->argument));
        return;
    }
    if ((reserve_text.size && !option_number(call, reserve_text, UINT64_MAX, &reserve_size)) ||
        (rest.size && !option_number(call, rest, UINT64_MAX, &commit_size)))
        return;
    *reserve = reserve_size;
    *commit = commit_size;
}

void set_heap(const struct option_call *call)
{
    set_sizes(call, &call->options->heap_reserve, &call->options->heap_commit);
}

void set_stack(const struct option_call *call)
{
    set_sizes(call, &call->options->stack_reserve, &call->options->stack_commit);
}

struct named_number {
    const char *name;
    uint16_t number;
};

static bool find_named_number(const struct named_number *names, size_t count, struct text name, uint16_t *number)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal_ignoring_case(name, text_of(names[i].name))) {
            *number = names[i].number;
            return true;
        }
    return false;
}

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

void set_machine(const struct option_call *call)
{
    static const struct named_number machines[] = {
        {"x64", MACHINE_X64},     {"amd64", MACHINE_X64},       {"x86", MACHINE_X86},       {"i386", MACHINE_X86},
        {"ix86", MACHINE_X86},    {"arm", MACHINE_ARM},         {"armnt", MACHINE_ARM},     {"thumb", MACHINE_ARM},
        {"arm64", MACHINE_ARM64}, {"arm64ec", MACHINE_ARM64EC}, {"arm64x", MACHINE_ARM64X},
    };
    uint16_t machine;
    if (!find_named_number(machines, COUNT_OF(machines), call->value, &machine)) {
        option_error(call, 1113, "unknown /machine argument: %.*s", TEXT_ARGUMENT(call->value));
        return;
    }
    if (machine == MACHINE_ARM64EC || machine == MACHINE_ARM64X) {
        option_error(call, 1113, "/machine:%.*s is not supported", TEXT_ARGUMENT(call->value));
        return;
    }
    call->options->machine = machine;
}

void set_os_version(const struct option_call *call)
{
    if (option_version(call, call->value, &call->options->os_major, &call->options->os_minor))
        call->options->os_version_given = true;
}

void set_subsystem(const struct option_call *call)
{
    static const struct named_number subsystems[] = {
        {"boot_application", SUBSYSTEM_BOOT_APPLICATION},
        {"console", SUBSYSTEM_CONSOLE},
        {"default", SUBSYSTEM_UNKNOWN},
        {"efi_application", SUBSYSTEM_EFI_APPLICATION},
        {"efi_boot_service_driver", SUBSYSTEM_EFI_BOOT_SERVICE_DRIVER},
        {"efi_rom", SUBSYSTEM_EFI_ROM},
        {"efi_runtime_driver", SUBSYSTEM_EFI_RUNTIME_DRIVER},
        {"native", SUBSYSTEM_NATIVE},
        {"posix", SUBSYSTEM_POSIX},
        {"windows", SUBSYSTEM_WINDOWS},
        {"windowsce", SUBSYSTEM_WINDOWS_CE},
        {"xbox", SUBSYSTEM_XBOX},
    };
    struct options *options = call->options;
    struct text version = call->value;
    struct text name = text_split(&version, ',');
    if (!find_named_number(subsystems, COUNT_OF(subsystems), name, &options->subsystem)) {
        option_error(call, 1117, "unknown subsystem: %.*s", TEXT_ARGUMENT(name));
        return;
    }
    if (version.size && option_version(call, version, &options->subsystem_major, &options->subsystem_minor))
        options->subsystem_version_given = true;
}

void set_swap_run(const struct option_call *call)
{
    struct text rest = call->value;
    bool is_missing = rest.data[rest.size - 1] == ',';
    while (rest.size) {
        struct text place = text_split(&rest, ',');
        if (text_equal_ignoring_case(place, TEXT("cd")))
            call->options->swaprun_cd = true;
        else if (text_equal_ignoring_case(place, TEXT("net")))
            call->options->swaprun_net = true;
        else if (place.size == 0)
            is_missing = true;
        else
            option_invalid_argument(call, place);
    }
    if (is_missing)
        option_error(call, 1146, "/swaprun: missing argument%s", "");
}

void set_timestamp(const struct option_call *call)
{
    uint64_t value;
    if (!number_parse(call->value, UINT32_MAX, &value)) {
        option_error(call, 1117, "invalid timestamp: %.*s.  Expected 32-bit integer", TEXT_ARGUMENT(call->value));
        return;
    }
    call->options->timestamp_given = true;
    call->options->timestamp = (uint32_t)value;
    call->options->brepro = false;
}

void set_brepro(const struct option_call *call)
{
    call->options->brepro = true;
    call->options->timestamp_given = false;
}

// --version asks for the linker's own version, /VERSION:1.2 sets the image's.
void set_version(const struct option_call *call)
{
    if (call->is_long && !call->has_value)
        call->options->show_version = true;
    else if (call->value.size == 0)
        option_error(call, 1146, "no argument specified with option '%.*s'", TEXT_ARGUMENT(call->argument));
    else
        option_version(call, call->value, &call->options->image_major, &call->options->image_minor);
}

void set_dependent_load_flags(const struct option_call *call)
{
    uint64_t flags;
    if (call->value.size == 0) {
        option_error(call, 1146, "/dependentloadflag: no argument specified%s", "");
    } else if (!number_parse(call->value, UINT16_MAX, &flags)) {
        option_invalid_argument(call, call->value);
    } else {
        call->options->dependent_load_flags_given = true;
        call->options->dependent_load_flags = (uint16_t)flags;
    }
}
