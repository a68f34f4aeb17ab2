// Zydis decodes the encoding alone here (no operands, no text), which is several times faster than a full decoding and says all that
// is needed: the length, the category, and where displacement and immediate lie in the bytes.
#include "common/x86_instructions.h"

#include <Zydis/Zydis.h>

static enum instruction_kind kind_of(const ZydisDecodedInstruction *decoded, bool is_relative)
{
    switch (decoded->meta.category) {
    case ZYDIS_CATEGORY_CALL: return is_relative ? INSTRUCTION_CALL : INSTRUCTION_OTHER;
    case ZYDIS_CATEGORY_COND_BR: return INSTRUCTION_CONDITIONAL_JUMP; // JCC, LOOP, JCXZ: all of them relative
    case ZYDIS_CATEGORY_UNCOND_BR: return is_relative ? INSTRUCTION_JUMP : INSTRUCTION_INDIRECT_JUMP;
    case ZYDIS_CATEGORY_RET: return INSTRUCTION_INDIRECT_JUMP;
    case ZYDIS_CATEGORY_INTERRUPT:
        return decoded->mnemonic == ZYDIS_MNEMONIC_INT3 ? INSTRUCTION_TRAP : INSTRUCTION_OTHER;
    default: break;
    }
    return decoded->mnemonic == ZYDIS_MNEMONIC_UD2 ? INSTRUCTION_TRAP : INSTRUCTION_OTHER;
}

struct instruction x86_decode(enum x86_mode mode, struct bytes code, uint64_t address)
{
    struct instruction out = {0};
    ZydisDecoder decoder;
    ZydisDecodedInstruction decoded;
    if (mode == X86_MODE_64)
        ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    else
        ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32);
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder, NULL, code.data, code.size, &decoded)))
        return out;

    // XBEGIN names a place by its distance as well, and goes there when the transaction fails.
    bool is_relative = decoded.raw.imm[0].is_relative && decoded.raw.imm[0].size != 0;
    uint64_t next = address + decoded.length;
    uint64_t limit = mode == X86_MODE_64 ? UINT64_MAX : UINT32_MAX;
    out.length = decoded.length;
    out.kind = (uint8_t)kind_of(&decoded, is_relative);
    if (is_relative) {
        if (out.kind == INSTRUCTION_OTHER)
            out.kind = INSTRUCTION_CONDITIONAL_JUMP;
        out.has_target = true;
        out.target = (next + (uint64_t)decoded.raw.imm[0].value.s) & limit;
        out.field = decoded.raw.imm[0].offset;
        out.field_size = decoded.raw.imm[0].size / 8;
    } else if (mode == X86_MODE_64 && decoded.raw.disp.size == 32 && decoded.raw.modrm.mod == 0 &&
               decoded.raw.modrm.rm == 5) {
        out.has_reference = true;
        out.reference = next + (uint64_t)decoded.raw.disp.value;
        out.field = decoded.raw.disp.offset;
        out.field_size = 4;
    }
    return out;
}
