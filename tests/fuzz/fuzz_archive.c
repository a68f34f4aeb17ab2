// A library: its index, its members, and what each of its names leads to.
#include "common/archive.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct diagnostics *diagnostics = fuzz_diagnostics();
    struct archive archive;
    if (archive_open(&archive, TEXT("fuzz.lib"), (struct bytes){data, size}, &arena, diagnostics)) {
        struct archive_member member;
        uint64_t offset = 0;
        while (archive_next(&archive, &offset, &member, diagnostics)) {
            fuzz_read_text(member.name);
            fuzz_read_all(member.content);
            uint64_t found = archive_find(&archive, member.name, text_hash(member.name));
            if (found)
                archive_member_at(&archive, found, &member, diagnostics);
        }
        archive_member_at(&archive, size / 2, &member, diagnostics);
        archive_find(&archive, TEXT("main"), text_hash(TEXT("main")));
    }
    diagnostics_flush(diagnostics);
    diagnostics_release(diagnostics);
    arena_release(&arena);
    return 0;
}
