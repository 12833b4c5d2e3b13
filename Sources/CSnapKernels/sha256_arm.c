// SHA-256 with ARMv8's SHA2 instructions.

#include "sha256_kernels.h"

#if defined(__aarch64__)

#include <arm_neon.h>

__attribute__((target("+crypto"))) void snap_sha256_arm_instructions(
    uint32_t state[8], const uint8_t *data, size_t blocks) {
    uint32x4_t abcd = vld1q_u32(state), efgh = vld1q_u32(state + 4);
    for (; blocks > 0; blocks--, data += 64) {
        uint32x4_t old_abcd = abcd, old_efgh = efgh, w[4];
        for (int i = 0; i < 4; i++)
            w[i] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(data + 16 * i)));
        const uint32_t *k = snap_sha256_constants;
#define FOUR_ROUNDS(i)                                                                                                 \
    {                                                                                                                  \
        uint32x4_t sum = vaddq_u32(w[i], vld1q_u32(k)), before = abcd;                                                 \
        k += 4;                                                                                                        \
        abcd = vsha256hq_u32(abcd, efgh, sum);                                                                         \
        efgh = vsha256h2q_u32(efgh, before, sum);                                                                      \
        if (more)                                                                                                      \
            w[i] = vsha256su1q_u32(vsha256su0q_u32(w[i], w[(i + 1) & 3]), w[(i + 2) & 3], w[(i + 3) & 3]);             \
    }
        for (int more = 3; more >= 0; more--) {
            FOUR_ROUNDS(0)
            FOUR_ROUNDS(1)
            FOUR_ROUNDS(2)
            FOUR_ROUNDS(3)
        }
#undef FOUR_ROUNDS
        abcd = vaddq_u32(abcd, old_abcd);
        efgh = vaddq_u32(efgh, old_efgh);
    }
    vst1q_u32(state, abcd);
    vst1q_u32(state + 4, efgh);
}

#endif
