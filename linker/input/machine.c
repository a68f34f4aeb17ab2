// One image, one machine. /MACHINE decides, or else the first object that names one; everything else has to agree. Objects of no
// machine (0: resources made by cvtres, pure data) go with any.
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
        object->is_failed = true;
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
    object->is_failed = true;
}
