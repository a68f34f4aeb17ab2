// Why a function is not ready: the closed list of the contract (design, "Readiness: the contract"), with the words that
// reports use for each and what a user can do about it.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum reason {
    REASON_NO_PAD,
    REASON_NOT_ACCEPTED,
    REASON_EXCLUDED,
    REASON_NOT_SEPARABLE,
    REASON_SHORT_ENTRY,
    REASON_BRANCH_TO_ENTRY,
    REASON_MISALIGNED,
    REASON_TOO_SMALL,
    REASON_FOLDED,
    REASON_UNDECODABLE,
    REASON_COUNT,
};

#define REASON_BIT(reason) ((uint16_t)(1u << (reason)))

// Reasons that already say why there is no pad: a function with one of these is not called `no-pad` as well.
#define REASONS_OF_POLICY                                                                                              \
    (REASON_BIT(REASON_NOT_ACCEPTED) | REASON_BIT(REASON_EXCLUDED) | REASON_BIT(REASON_NOT_SEPARABLE))

const char *reason_name(enum reason reason);    // "no-pad"
const char *reason_meaning(enum reason reason); // "fewer free bytes before the entry than wanted"

// What to do about it, as an instruction to the user. `pad_was_asked` is false where the link had no /FUNCTIONPADMIN at
// all.
const char *reason_remedy(enum reason reason, bool pad_was_asked);
