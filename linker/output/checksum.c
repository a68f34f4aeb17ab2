// Adding with end-around carry is addition modulo 65535, so words can be added in any order and any width: here as
// 32-bit pieces into 64 bits, side by side, folded to 16 bits once. A sum that is not zero never folds to zero, in one
// step or in many, so the one number that has two names modulo 65535 comes out as it does word by word.
#include "linker/output/checksum.h"

#include "common/parallel.h"

enum { BLOCK = 1 << 20 };

// 4 GiB are 2^30 pieces of less than 2^32: nothing overflows 64 bits.
static uint64_t sum_block(struct bytes block)
{
    uint64_t sum = 0;
    size_t i = 0;
    for (; i + 4 <= block.size; i += 4)
        sum += load32(block.data + i);
    uint8_t rest[4] = {0};
    if (i < block.size)
        memcpy(rest, block.data + i, block.size - i);
    return sum + load32(rest);
}

uint32_t pe_checksum(struct bytes image, size_t field_offset)
{
    uint64_t sum = 0;
    size_t block_count = (image.size + BLOCK - 1) / BLOCK;
#pragma omp parallel for reduction(+ : sum) if (block_count > 4)
    for (size_t i = 0; i < block_count; i++) {
        size_t offset = i * BLOCK;
        size_t size = image.size - offset < BLOCK ? image.size - offset : BLOCK;
        sum += sum_block(bytes_slice(image, offset, size));
    }

    struct bytes field = bytes_slice(image, field_offset, 4);
    if (field.size && field_offset % 4 == 0)
        sum -= load32(field.data);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint32_t)sum + (uint32_t)image.size;
}
