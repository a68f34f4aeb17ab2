// One image, one machine. /MACHINE decides, or else the first object that names one; everything else has to agree.
// Objects of no machine (0: resources made by cvtres, pure data) go with any.
#include "common/archive.h"
#include "common/import_object.h"
#include "linker/input/input.h"
#include "linker/link.h"
#include "linker/target/target.h"

static bool machine_is_refused(struct link *link, const struct object *object)
{
    if (object->machine != MACHINE_ARM64EC && object->machine != MACHINE_ARM64X)
        return false;
    report_error(link->diagnostics, 1112, "%.*s: %s objects are not supported yet; compile for arm64 or x64",
                 TEXT_ARGUMENT(object->display), machine_name(object->machine));
    return true;
}

void machine_set(struct link *link, uint16_t machine)
{
    link->machine = machine;
    link->target = target_of_machine(machine);
}

void machine_check(struct link *link, struct object *object)
{
    if (object->is_failed || object->machine == MACHINE_UNKNOWN)
        return;
    if (machine_is_refused(link, object)) {
        object_fail(object);
        return;
    }
    if (link->machine == MACHINE_UNKNOWN && link->options.machine != MACHINE_UNKNOWN) {
        machine_set(link, link->options.machine);
        link->machine_source = TEXT("/machine");
    }
    if (link->machine == MACHINE_UNKNOWN) {
        machine_set(link, object->machine);
        link->machine_source = object->display;
        return;
    }
    if (object->machine == link->machine)
        return;
    report_error(link->diagnostics, 1112, "%.*s: machine type %s conflicts with %s\n>>> %s was asked for by %.*s",
                 TEXT_ARGUMENT(object->display), machine_name(object->machine), machine_name(link->machine),
                 machine_name(link->machine), TEXT_ARGUMENT(link->machine_source));
    object_fail(object);
}

// The machine of a member, object or import object; MACHINE_UNKNOWN of anything else.
static uint16_t member_machine(struct bytes content)
{
    struct import_object import;
    if (import_object_is(content) && !object_is_bigobj(content))
        return import_object_parse(content, &import) ? MACHINE_UNKNOWN : import.machine;
    if (content.size < sizeof(struct coff_bigobj_header))
        return MACHINE_UNKNOWN;
    const struct coff_bigobj_header *big = (const void *)content.data;
    const struct coff_header *header = (const void *)content.data;
    uint16_t machine = le16_get(object_is_bigobj(content) ? big->machine : header->machine);
    return target_of_machine(machine) ? machine : MACHINE_UNKNOWN;
}

// What the first library is for whose members say so.
static uint16_t libraries_machine(const struct link *link)
{
    for (size_t i = 0; i < link->libraries.count; i++) {
        struct archive_member member;
        uint64_t offset = 0;
        while (archive_next(link->libraries.items[i]->archive, &offset, &member, link->diagnostics)) {
            uint16_t machine = member_machine(member.content);
            if (machine != MACHINE_UNKNOWN)
                return machine;
        }
    }
    return MACHINE_UNKNOWN;
}

void machine_default(struct link *link)
{
    uint16_t machine = libraries_machine(link);
    machine_set(link, machine == MACHINE_UNKNOWN ? MACHINE_X64 : machine);
    link->machine_source = TEXT("default");
    report_warning(link->diagnostics, 4068, "/machine is not specified; defaulting to %s", machine_name(link->machine));
}
