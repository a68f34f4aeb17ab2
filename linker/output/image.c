// The image is written once, front to back in as many pieces as there are chunks, by all threads: chunks do not
// overlap, so none waits for another. What lies between two functions is filled with the machine's trap instruction (a
// pad is such a place), so that whoever runs into it stops there.
#include "linker/link.h"
#include "linker/output/checksum.h"
#include "linker/output/headers.h"
#include "linker/output/output.h"
#include "linker/sections/prefetch.h"
#include "linker/synthesize/synthesize.h"
#include "linker/target/target.h"
#include "linker/time_report.h"

#include <xxhash.h>

#include "common/output_file.h"

// The image has to end inside the address space, and should end where the user said.
static void image_extent_check(struct link *link)
{
    uint64_t last = link->target->pointer_size == 4 ? UINT32_MAX : UINT64_MAX,
             maximum = link->options.base_maximum_size;
    if (link->image_size - 1 > last - link->image_base)
        report_error(link->diagnostics, 1249, "image exceeds maximum extent with base address 0x%llx and size 0x%x",
                     (unsigned long long)link->image_base, link->image_size);
    if (maximum && link->image_size > maximum)
        report_warning(link->diagnostics, 4013, "image size 0x%x exceeds specified maximum 0x%llx", link->image_size,
                       (unsigned long long)maximum);
}

void image_create(struct link *link)
{
    image_extent_check(link);
    link->image_file_size = link->sections_end + coff_symbols_size(link);
    struct output_file *file = output_file_create(link->outputs, link->options.output, link->image_file_size, true);
    link->image = file ? output_file_data(file) : NULL;
}

// One chunk, and the gap before it where that is code.
static void chunk_write(const struct link *link, const struct output_section *output, size_t index)
{
    const struct chunk *chunk = output->chunks[index];
    uint8_t *base = link->image + output->file_offset;
    uint64_t end = index ? (uint64_t)output->chunks[index - 1]->rva + output->chunks[index - 1]->size : output->rva;
    uint64_t begin = chunk->rva;
    if (begin - output->rva > output->raw_size) // uninitialised data behind the section's last byte in the file
        return;
    if (output->characteristics & SECTION_CODE)
        target_fill(link->target, base + (end - output->rva), (size_t)(begin - end));
    if (chunk->kind->write && chunk->size && begin + chunk->size - output->rva <= output->raw_size)
        chunk->kind->write(link, chunk, base + (begin - output->rva));
}

static void output_section_tail_write(const struct link *link, const struct output_section *output)
{
    if (!(output->characteristics & SECTION_CODE) || output->virtual_size >= output->raw_size)
        return;
    target_fill(link->target, link->image + output->file_offset + output->virtual_size,
                output->raw_size - output->virtual_size);
}

enum { CHUNKS_A_TASK = 128 };

static void chunks_write(const struct link *link, const struct output_section *output, size_t first)
{
    uint64_t begin = time_slice_begin(link);
    size_t end = first + CHUNKS_A_TASK < output->chunk_count ? first + CHUNKS_A_TASK : output->chunk_count;
    for (size_t i = first; i < end; i++) {
        chunks_prefetch(output->chunks, i, end);
        diagnostics_set_order(link->diagnostics, output->chunks[i]->order);
        chunk_write(link, output, i);
    }
    time_slice_end(link, begin, "write chunks", output->name);
}

void image_write(struct link *link)
{
    headers_write(link);
    for (size_t s = 0; s < link->output_sections.count; s++) {
        const struct output_section *output = link->output_sections.items[s];
        if (!output->raw_size)
            continue;
#pragma omp parallel for schedule(dynamic, 1) if (output->chunk_count > (size_t)2 * CHUNKS_A_TASK)
        for (size_t i = 0; i < output->chunk_count; i += CHUNKS_A_TASK)
            chunks_write(link, output, i);
        output_section_tail_write(link, output);
    }
    coff_symbols_write(link);
    diagnostics_flush(link->diagnostics);
}

// The timestamp says which build this is. By default it is a hash of everything else in the image, so that the same
// inputs give the same bytes (link.exe does so for /Brepro); /TIMESTAMP sets it.
static uint32_t image_timestamp(const struct link *link, uint64_t hash)
{
    return link->options.timestamp_given ? link->options.timestamp : (uint32_t)(hash ^ hash >> 32);
}

void image_finish(struct link *link)
{
    uint64_t hash = XXH3_64bits(link->image, link->image_file_size);
    link->timestamp = image_timestamp(link, hash);
    store32(link->image + headers_timestamp_offset(link), link->timestamp);
    debug_directory_stamp(link, link->timestamp);
    if (!link->options.release_checksum)
        return;
    struct bytes image = {link->image, link->image_file_size};
    store32(link->image + headers_checksum_offset(link), pe_checksum(image, headers_checksum_offset(link)));
}
