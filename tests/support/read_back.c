#include "tests/support/read_back.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "tests/support/checks.h"
#include "tests/support/folder.h"
#include "tests/support/image.h"

// The tools warn on standard error and, where an image is odd but readable, still end with status 0.
const char *read_back_with(struct scratch *scratch, const char *folder, const char *command)
{
    struct outcome outcome = process_must_run(scratch, folder, "%s", command);
    if (*outcome.errors || strcasestr(outcome.output, "warning: "))
        fail_with("warned:\n  cd %s && %s\n%s", folder, command, *outcome.errors ? outcome.errors : outcome.output);
    return outcome.output;
}

void read_back_image(struct scratch *scratch, const char *folder, const char *image)
{
    static const char *const readobj =
        "llvm-readobj-19 --file-headers --sections --symbols --unwind --coff-imports --coff-exports "
        "--coff-basereloc --coff-debug-directory --coff-tls-directory --coff-load-config --coff-resources";
    read_back_with(scratch, folder, scratch_format(scratch, "%s %s", readobj, image));
    read_back_with(scratch, folder,
                   scratch_format(scratch, "llvm-objdump-19 --private-headers --section-headers %s", image));
    // Debian's objdump knows images of x64 and x86 alone.
    const struct image *headers = image_read(scratch, path_join(scratch, folder, image));
    if (headers->machine == platform_x64.coff_machine || headers->machine == platform_x86.coff_machine)
        read_back_with(scratch, folder,
                       scratch_format(scratch, "objdump --private-headers --section-headers %s", image));
}

void read_back_signature(struct scratch *scratch, const char *folder, const char *image)
{
    process_must_run(scratch, folder,
                     "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=mylink-test "
                     "-addext extendedKeyUsage=codeSigning -keyout key.pem -out certificate.pem");
    process_must_run(scratch, folder,
                     "osslsigncode sign -h sha256 -certs certificate.pem -key key.pem -in %s -out signed.tmp", image);
    struct outcome outcome =
        process_must_run(scratch, folder, "osslsigncode verify -CAfile certificate.pem -in signed.tmp");
    assert_contains(outcome.output, "Signature verification: ok");
    remove(path_join(scratch, folder, "signed.tmp"));
}
