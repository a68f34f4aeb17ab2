// A map file beside an image that has the sections it speaks of: .text at 0x1000, 0x2000 bytes, all fill but for two
// returns.
#include "common/coff.h"
#include "linker/patch/check_image.h"
#include "tests/fuzz/fuzz.h"

enum { HEADERS_SIZE = 0x200, TEXT_RVA = 0x1000, TEXT_SIZE = 0x2000 };

static void write_image(void)
{
    static uint8_t image[HEADERS_SIZE + TEXT_SIZE];
    memset(image + HEADERS_SIZE, 0xcc, TEXT_SIZE);
    image[HEADERS_SIZE + 0x10] = image[HEADERS_SIZE + 0x40] = 0xc3;
    store16(image, 0x5a4d);
    store32(image + 0x3c, 0x40);
    store32(image + 0x40, 0x4550);
    uint8_t *header = image + 0x44, *optional = header + 20, *section = optional + 240;
    store16(header, 0x8664);
    store16(header + 2, 1);    // sections
    store16(header + 16, 240); // size of the optional header
    store16(header + 18, 0x22);
    store16(optional, 0x20b);
    store64(optional + 24, 0x140000000);
    store32(optional + 32, 0x1000);
    store32(optional + 36, 0x200);
    store32(optional + 56, TEXT_RVA + TEXT_SIZE);
    store32(optional + 60, HEADERS_SIZE);
    store32(optional + 108, 16);
    memcpy(section, ".text", 5);
    store32(section + 8, TEXT_SIZE);
    store32(section + 12, TEXT_RVA);
    store32(section + 16, TEXT_SIZE);
    store32(section + 20, HEADERS_SIZE);
    store32(section + 36, SECTION_CODE | SECTION_EXECUTE | SECTION_READ);
    fuzz_write_file("fuzz.exe", (struct bytes){image, sizeof image});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_written;
    if (!is_written)
        write_image();
    is_written = true;

    struct arena arena = {0};
    struct diagnostics *diagnostics = fuzz_diagnostics();
    fuzz_write_file("fuzz.map", (struct bytes){data, size});
    struct checked_image image = {.path = fuzz_path(&arena, "fuzz.exe"), .file_size = HEADERS_SIZE + TEXT_SIZE};
    struct check_request request = {.wants_report = true};
    check_image(&image, &request, &arena, diagnostics);
    if (!image.is_examined)
        __builtin_trap(); // the image is a good one, whatever the map says
    diagnostics_flush(diagnostics);
    diagnostics_release(diagnostics);
    arena_release(&arena);
    return 0;
}
