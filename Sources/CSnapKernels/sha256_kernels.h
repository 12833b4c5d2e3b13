// What the SHA-256 files share: the scheduler in sha256.c, and one function for each way to compress.

#ifndef SNAP_SHA256_KERNELS_H
#define SNAP_SHA256_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#define SNAP_LANES 16

/// The chaining values of up to 16 messages, word by word: `word[i][lane]`, as the vector units want them.
struct snap_sha256_lanes {
    uint32_t word[8][SNAP_LANES];
};

/// Compresses `blocks` blocks of one message.
typedef void snap_sha256_single(uint32_t state[8], const uint8_t *data, size_t blocks);

/// Compresses `blocks` blocks of each lane. `data` has an address for every lane of the kernel's width.
typedef void snap_sha256_multiple(struct snap_sha256_lanes *lanes, const uint8_t *const *data, size_t blocks);

extern const uint32_t snap_sha256_constants[64];

snap_sha256_single snap_sha256_portable;

#if defined(__x86_64__)
snap_sha256_single snap_sha256_schedule;
snap_sha256_single snap_sha256_x86_instructions;
snap_sha256_multiple snap_sha256_avx2;
snap_sha256_multiple snap_sha256_avx512_narrow;
snap_sha256_multiple snap_sha256_avx512;
#elif defined(__aarch64__)
snap_sha256_single snap_sha256_arm_instructions;
#endif

/// The 64 rounds. `words[t * stride]` is the schedule's word t with the round's constant added.
static inline __attribute__((always_inline)) void snap_sha256_rounds(
    uint32_t state[8], const uint32_t *words, size_t stride) {
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    // b ^ c of a round is a ^ b of the round before.
    uint32_t b_c = b ^ c, a_b;
#define ROTATE(x, n) ((x) >> (n) | (x) << (32 - (n)))
    // Ch as a sum of two disjoint terms keeps it off the path through e, which is what limits the speed.
#define ROUND(a, b, c, d, e, f, g, h, t)                                                                               \
    h += words[(t) * stride] + (e & f);                                                                                \
    h += ~e & g;                                                                                                       \
    h += ROTATE(e, 6) ^ ROTATE(e, 11) ^ ROTATE(e, 25);                                                                 \
    d += h;                                                                                                            \
    a_b = a ^ b;                                                                                                       \
    b_c = (b_c & a_b) ^ b;                                                                                             \
    h += ROTATE(a, 2) ^ ROTATE(a, 13) ^ ROTATE(a, 22);                                                                 \
    h += b_c;                                                                                                          \
    b_c = a_b;
    for (int t = 0; t < 64; t += 8) {
        ROUND(a, b, c, d, e, f, g, h, t)
        ROUND(h, a, b, c, d, e, f, g, t + 1)
        ROUND(g, h, a, b, c, d, e, f, t + 2)
        ROUND(f, g, h, a, b, c, d, e, t + 3)
        ROUND(e, f, g, h, a, b, c, d, t + 4)
        ROUND(d, e, f, g, h, a, b, c, t + 5)
        ROUND(c, d, e, f, g, h, a, b, t + 6)
        ROUND(b, c, d, e, f, g, h, a, t + 7)
    }
#undef ROUND
#undef ROTATE
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
}

#endif
