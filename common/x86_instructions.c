// Zydis decodes in its minimal mode here: no operands, no text, no semantics, which is several times faster than a full
// decoding and says all that is needed: the length, the mnemonic, and where displacement and immediate lie in the
// bytes.
#include "common/x86_instructions.h"

#include <Zydis/Zydis.h>

static enum instruction_kind kind_of(ZydisMnemonic mnemonic, bool is_relative)
{
    switch (mnemonic) {
    case ZYDIS_MNEMONIC_CALL: return is_relative ? INSTRUCTION_CALL : INSTRUCTION_OTHER;
    case ZYDIS_MNEMONIC_JMP: return is_relative ? INSTRUCTION_JUMP : INSTRUCTION_INDIRECT_JUMP;
    case ZYDIS_MNEMONIC_RET:
    case ZYDIS_MNEMONIC_IRET:
    case ZYDIS_MNEMONIC_IRETD:
    case ZYDIS_MNEMONIC_IRETQ: return INSTRUCTION_INDIRECT_JUMP;
    case ZYDIS_MNEMONIC_INT3:
    case ZYDIS_MNEMONIC_UD0:
    case ZYDIS_MNEMONIC_UD1:
    case ZYDIS_MNEMONIC_UD2: return INSTRUCTION_TRAP;
    default: // JCC, LOOP and JCXZ; XBEGIN, which goes there when its transaction fails
        return is_relative ? INSTRUCTION_CONDITIONAL_JUMP : INSTRUCTION_OTHER;
    }
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
    ZydisDecoderEnableMode(&decoder, ZYDIS_DECODER_MODE_MINIMAL, ZYAN_TRUE);
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder, NULL, code.data, code.size, &decoded)))
        return out;

    bool is_relative = decoded.raw.imm[0].is_relative && decoded.raw.imm[0].size != 0;
    uint64_t next = address + decoded.length;
    uint64_t limit = mode == X86_MODE_64 ? UINT64_MAX : UINT32_MAX;
    out.length = decoded.length;
    out.kind = (uint8_t)kind_of(decoded.mnemonic, is_relative);
    if (is_relative) {
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
