// SHA-256 for x86-64: lanes for AVX2 and AVX-512, one message with its schedule in vectors, and the SHA instructions.
// Each function is compiled for the features it names, whatever the compiler was told; sha256.c asks the processor
// first.

#include "sha256_kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

typedef uint32_t vector8 __attribute__((vector_size(32)));
typedef uint32_t vector16 __attribute__((vector_size(64)));

#define WORD_SWAP 0x0c0d0e0f08090a0b, 0x0405060700010203
#define QUARTER16(p, i, at) _mm_loadu_si128((const __m128i *)(const void *)((p)[4 * (i)] + (at)))
#define TWO_QUARTERS(p, at) _mm256_inserti128_si256(_mm256_castsi128_si256(QUARTER16(p, 0, at)), QUARTER16(p, 1, at), 1)

// AVX2, eight lanes.
#define NAME snap_sha256_avx2
#define SCHEDULE_NAME schedule_eight
#define TARGET "avx2"
#define LANES 8
#define VECTOR vector8
#define ROTATE(x, n) ((x) >> (n) | (x) << (32 - (n)))
#define XOR3(x, y, z) ((x) ^ (y) ^ (z))
#define CHOOSE(x, y, z) ((((y) ^ (z)) & (x)) ^ (z))
#define MAJORITY(x, y, z) ((((x) ^ (y)) & ((y) ^ (z))) ^ (y))
#define QUARTER(p, at) (vector8) TWO_QUARTERS(p, at)
#define SWAP(x) (vector8) _mm256_shuffle_epi8((__m256i)(x), _mm256_set_epi64x(WORD_SWAP, WORD_SWAP))
#define UNPACK_LOW32(x, y) (vector8) _mm256_unpacklo_epi32((__m256i)(x), (__m256i)(y))
#define UNPACK_HIGH32(x, y) (vector8) _mm256_unpackhi_epi32((__m256i)(x), (__m256i)(y))
#define UNPACK_LOW64(x, y) (vector8) _mm256_unpacklo_epi64((__m256i)(x), (__m256i)(y))
#define UNPACK_HIGH64(x, y) (vector8) _mm256_unpackhi_epi64((__m256i)(x), (__m256i)(y))
#include "sha256_lanes.h"

// AVX-512VL, eight lanes: rotations and three-operand logic in one instruction each, on three ports.
#define NAME snap_sha256_avx512_narrow
#define TARGET "avx512f,avx512vl,avx2"
#define LANES 8
#define VECTOR vector8
#define TERNARY(x, y, z, table) (vector8) _mm256_ternarylogic_epi32((__m256i)(x), (__m256i)(y), (__m256i)(z), table)
#define ROTATE(x, n) (vector8) _mm256_ror_epi32((__m256i)(x), n)
#define XOR3(x, y, z) TERNARY(x, y, z, 0x96)
#define CHOOSE(x, y, z) TERNARY(x, y, z, 0xca)
#define MAJORITY(x, y, z) TERNARY(x, y, z, 0xe8)
#define QUARTER(p, at) (vector8) TWO_QUARTERS(p, at)
#define SWAP(x) (vector8) _mm256_shuffle_epi8((__m256i)(x), _mm256_set_epi64x(WORD_SWAP, WORD_SWAP))
#define UNPACK_LOW32(x, y) (vector8) _mm256_unpacklo_epi32((__m256i)(x), (__m256i)(y))
#define UNPACK_HIGH32(x, y) (vector8) _mm256_unpackhi_epi32((__m256i)(x), (__m256i)(y))
#define UNPACK_LOW64(x, y) (vector8) _mm256_unpacklo_epi64((__m256i)(x), (__m256i)(y))
#define UNPACK_HIGH64(x, y) (vector8) _mm256_unpackhi_epi64((__m256i)(x), (__m256i)(y))
#include "sha256_lanes.h"
#undef TERNARY

// AVX-512, sixteen lanes.
#define NAME snap_sha256_avx512
#define TARGET "avx512f,avx512bw,avx2"
#define LANES 16
#define VECTOR vector16
#define TERNARY(x, y, z, table) (vector16) _mm512_ternarylogic_epi32((__m512i)(x), (__m512i)(y), (__m512i)(z), table)
#define ROTATE(x, n) (vector16) _mm512_ror_epi32((__m512i)(x), n)
#define XOR3(x, y, z) TERNARY(x, y, z, 0x96)
#define CHOOSE(x, y, z) TERNARY(x, y, z, 0xca)
#define MAJORITY(x, y, z) TERNARY(x, y, z, 0xe8)
#define QUARTER(p, at)                                                                                                 \
    (vector16) _mm512_inserti64x4(_mm512_castsi256_si512(TWO_QUARTERS(p, at)), TWO_QUARTERS((p) + 8, at), 1)
#define SWAP(x)                                                                                                        \
    (vector16) _mm512_shuffle_epi8((__m512i)(x), _mm512_set_epi64(WORD_SWAP, WORD_SWAP, WORD_SWAP, WORD_SWAP))
#define UNPACK_LOW32(x, y) (vector16) _mm512_unpacklo_epi32((__m512i)(x), (__m512i)(y))
#define UNPACK_HIGH32(x, y) (vector16) _mm512_unpackhi_epi32((__m512i)(x), (__m512i)(y))
#define UNPACK_LOW64(x, y) (vector16) _mm512_unpacklo_epi64((__m512i)(x), (__m512i)(y))
#define UNPACK_HIGH64(x, y) (vector16) _mm512_unpackhi_epi64((__m512i)(x), (__m512i)(y))
#include "sha256_lanes.h"
#undef TERNARY

__attribute__((target("avx2,bmi,bmi2"))) void snap_sha256_schedule(
    uint32_t state[8], const uint8_t *data, size_t blocks) {
    uint32_t words[64][8] __attribute__((aligned(32)));
    for (; blocks >= 8; blocks -= 8, data += 512) {
        schedule_eight(words, data);
        for (int i = 0; i < 8; i++)
            snap_sha256_rounds(state, &words[0][i], 8);
    }
    if (blocks == 1) {
        snap_sha256_portable(state, data, 1);
    } else if (blocks > 0) {
        // Fewer than eight: the rest of the vector is computed and not used.
        uint8_t padded[512];
        memcpy(padded, data, 64 * blocks);
        memset(padded + 64 * blocks, 0, sizeof padded - 64 * blocks);
        schedule_eight(words, padded);
        for (size_t i = 0; i < blocks; i++)
            snap_sha256_rounds(state, &words[0][i], 8);
    }
}

// Intel, "New instructions supporting the Secure Hash Algorithm on Intel Architecture processors", 2013.
__attribute__((target("sha,sse4.1,ssse3"))) void snap_sha256_x86_instructions(
    uint32_t state[8], const uint8_t *data, size_t blocks) {
    const __m128i swap = _mm_set_epi64x(WORD_SWAP);
    // The instructions want the state as (a, b, e, f) and (c, d, g, h), the first word highest.
    __m128i low = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(const void *)state), 0xb1);
    __m128i high = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(const void *)(state + 4)), 0x1b);
    __m128i abef = _mm_alignr_epi8(low, high, 8), cdgh = _mm_blend_epi16(high, low, 0xf0);
    for (; blocks > 0; blocks--, data += 64) {
        __m128i old_abef = abef, old_cdgh = cdgh, w[4];
        for (int i = 0; i < 4; i++)
            w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)(data + 16 * i)), swap);
        const __m128i *k = (const __m128i *)(const void *)snap_sha256_constants;
        // w[i], w[i + 1] … (modulo 4) are the sixteen words that the next four are made of.
#define FOUR_ROUNDS(i)                                                                                                 \
    {                                                                                                                  \
        __m128i sum = _mm_add_epi32(w[i], _mm_loadu_si128(k++));                                                       \
        cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);                                                                 \
        abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));                                        \
        if (more) {                                                                                                    \
            __m128i seven_back = _mm_alignr_epi8(w[(i + 3) & 3], w[(i + 2) & 3], 4);                                   \
            w[i] = _mm_add_epi32(_mm_sha256msg1_epu32(w[i], w[(i + 1) & 3]), seven_back);                              \
            w[i] = _mm_sha256msg2_epu32(w[i], w[(i + 3) & 3]);                                                         \
        }                                                                                                              \
    }
        for (int more = 3; more >= 0; more--) {
            FOUR_ROUNDS(0)
            FOUR_ROUNDS(1)
            FOUR_ROUNDS(2)
            FOUR_ROUNDS(3)
        }
#undef FOUR_ROUNDS
        abef = _mm_add_epi32(abef, old_abef);
        cdgh = _mm_add_epi32(cdgh, old_cdgh);
    }
    low = _mm_shuffle_epi32(abef, 0x1b);
    high = _mm_shuffle_epi32(cdgh, 0xb1);
    _mm_storeu_si128((__m128i *)(void *)state, _mm_blend_epi16(low, high, 0xf0));
    _mm_storeu_si128((__m128i *)(void *)(state + 4), _mm_alignr_epi8(high, low, 8));
}

#endif
