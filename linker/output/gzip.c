#include "linker/output/gzip.h"

#ifdef HAVE_ZLIB
#include <zlib.h>

#include "common/arena.h"

enum { GZIP_WRAPPER = 16, OUTPUT_BLOCK = 1 << 20, INPUT_BLOCK = 1 << 30 };

bool gzip_is_available(void)
{
    return true;
}

struct output_blocks {
    struct arena *arena;
    array_of(uint8_t *) blocks; // all full but the last
};

// Runs the compressor until it has taken its input, or, at the end, given all its output.
static bool run(z_stream *stream, struct output_blocks *out, int flush)
{
    for (;;) {
        if (stream->avail_out == 0) {
            uint8_t *block = arena_array(out->arena, uint8_t, OUTPUT_BLOCK);
            array_push(out->arena, &out->blocks, block);
            stream->next_out = block;
            stream->avail_out = OUTPUT_BLOCK;
        }
        int result = deflate(stream, flush);
        if (result == Z_STREAM_END || (flush == Z_NO_FLUSH && stream->avail_in == 0 && stream->avail_out))
            return true;
        if (result != Z_OK && result != Z_BUF_ERROR)
            return false;
    }
}

static bool compress_pieces(z_stream *stream, struct output_blocks *out, const struct bytes *pieces, size_t piece_count)
{
    for (size_t i = 0; i < piece_count; i++) {
        for (size_t offset = 0; offset < pieces[i].size; offset += INPUT_BLOCK) {
            size_t left = pieces[i].size - offset;
            stream->next_in = (z_const Bytef *)(uintptr_t)(pieces[i].data + offset); // zlib does not write to it
            stream->avail_in = left < INPUT_BLOCK ? (uInt)left : INPUT_BLOCK;
            if (!run(stream, out, Z_NO_FLUSH))
                return false;
        }
    }
    return run(stream, out, Z_FINISH);
}

static struct bytes join(const struct output_blocks *out, size_t size)
{
    uint8_t *all = arena_array(out->arena, uint8_t, size);
    for (size_t i = 0; i < out->blocks.count; i++) {
        size_t offset = i * OUTPUT_BLOCK;
        memcpy(all + offset, out->blocks.items[i], size - offset < OUTPUT_BLOCK ? size - offset : OUTPUT_BLOCK);
    }
    return (struct bytes){all, size};
}

// Fast rather than small: what is packed is as large as a link's inputs.
bool gzip_compress(const struct bytes *pieces, size_t piece_count, struct arena *arena, struct bytes *out)
{
    z_stream stream = {0};
    if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS + GZIP_WRAPPER, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    struct output_blocks blocks = {.arena = arena};
    bool ok = compress_pieces(&stream, &blocks, pieces, piece_count);
    if (ok)
        *out = join(&blocks, blocks.blocks.count * (size_t)OUTPUT_BLOCK - stream.avail_out);
    deflateEnd(&stream);
    return ok;
}
#else
bool gzip_is_available(void)
{
    return false;
}

bool gzip_compress(const struct bytes *pieces, size_t piece_count, struct arena *arena, struct bytes *out)
{
    (void)pieces, (void)piece_count, (void)arena, (void)out;
    return false;
}
#endif
