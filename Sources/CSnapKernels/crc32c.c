// CRC-32C: the checksum of everything in a store.
//
// The instruction has a latency of three and takes one eight-byte word a cycle, so three stretches are summed at once.
// Their checksums are joined by multiplying with x^(8 n) modulo the polynomial, n being the bytes that follow: a
// carry-less multiplication by x^(8 n - 33) and one more instruction, which supplies the missing x^33 (32 by its own
// reduction, one by the reflected order of bits).

#include "snap_kernels.h"

#include <pthread.h>
#include <string.h>

#define POLYNOMIAL UINT32_C(0x82f63b78)

/// tables[k][b]: the checksum register after byte b and k zero bytes ("slicing by eight", Kounavis and Berry, 2005).
static uint32_t tables[8][256];
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;

static void make_tables(void) {
    for (uint32_t b = 0; b < 256; b++) {
        uint32_t c = b;
        for (int i = 0; i < 8; i++)
            c = c & 1 ? c >> 1 ^ POLYNOMIAL : c >> 1;
        tables[0][b] = c;
    }
    for (int b = 0; b < 256; b++)
        for (int k = 1; k < 8; k++)
            tables[k][b] = tables[k - 1][b] >> 8 ^ tables[0][tables[k - 1][b] & 255];
}

uint32_t snap_crc32c_portable(uint32_t seed, const void *data, size_t length) {
    const uint8_t *p = data;
    uint32_t crc = ~seed;
    pthread_once(&tables_once, make_tables);
    for (; length >= 8; length -= 8, p += 8) {
        uint32_t low = crc ^ (p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24);
        crc = tables[7][low & 255] ^ tables[6][low >> 8 & 255] ^ tables[5][low >> 16 & 255] ^ tables[4][low >> 24] ^
            tables[3][p[4]] ^ tables[2][p[5]] ^ tables[1][p[6]] ^ tables[0][p[7]];
    }
    for (; length > 0; length--)
        crc = crc >> 8 ^ tables[0][(crc ^ *p++) & 255];
    return ~crc;
}

#if defined(__x86_64__)

#include <immintrin.h>

static inline uint64_t word_at(const uint8_t *p) {
    uint64_t word;
    memcpy(&word, p, 8);
    return word;
}

__attribute__((target("sse4.2,pclmul"))) static inline uint64_t shift(uint64_t crc, uint32_t power) {
    __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)crc), _mm_cvtsi64_si128(power), 0);
    return _mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(product));
}

__attribute__((target("sse4.2,pclmul"))) static uint32_t crc32c_x86(uint32_t seed, const uint8_t *p, size_t length) {
    // x^(8 * 2 n - 33) and x^(8 n - 33), bits reflected.
    static const struct {
        size_t n;
        uint32_t two, one;
    } sizes[] = {{2048, 0x82f89c77, 0xa51b6135}, {256, 0xdd7e3b0c, 0xb9e02b86}};
    uint64_t crc = ~seed;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        const size_t n = sizes[s].n;
        for (; length >= 3 * n; length -= 3 * n, p += 3 * n) {
            uint64_t second = 0, third = 0;
            for (size_t i = 0; i < n; i += 8) {
                crc = _mm_crc32_u64(crc, word_at(p + i));
                second = _mm_crc32_u64(second, word_at(p + n + i));
                third = _mm_crc32_u64(third, word_at(p + 2 * n + i));
            }
            crc = shift(crc, sizes[s].two) ^ shift(second, sizes[s].one) ^ third;
        }
    }
    for (; length >= 8; length -= 8, p += 8)
        crc = _mm_crc32_u64(crc, word_at(p));
    for (; length > 0; length--)
        crc = _mm_crc32_u8((uint32_t)crc, *p++);
    return ~(uint32_t)crc;
}

uint32_t snap_crc32c(uint32_t seed, const void *data, size_t length) {
    if (__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul"))
        return crc32c_x86(seed, data, length);
    return snap_crc32c_portable(seed, data, length);
}

#elif defined(__aarch64__)

#if defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif
#if defined(__clang__) && !defined(__ARM_FEATURE_CRC32)
// Without the feature on the command line clang's header hides the names; its builtins are there for the target
// attribute.
#define __crc32cb __builtin_arm_crc32cb
#define __crc32cd __builtin_arm_crc32cd
#else
#include <arm_acle.h>
#endif

__attribute__((target("+crc"))) static uint32_t crc32c_arm(uint32_t seed, const uint8_t *p, size_t length) {
    uint32_t crc = ~seed;
    for (; length >= 8; length -= 8, p += 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        crc = __crc32cd(crc, word);
    }
    for (; length > 0; length--)
        crc = __crc32cb(crc, *p++);
    return ~crc;
}

uint32_t snap_crc32c(uint32_t seed, const void *data, size_t length) {
#if defined(__linux__)
    if (getauxval(AT_HWCAP) & HWCAP_CRC32)
        return crc32c_arm(seed, data, length);
#elif defined(__ARM_FEATURE_CRC32)
    return crc32c_arm(seed, data, length);
#endif
    return snap_crc32c_portable(seed, data, length);
}

#else

uint32_t snap_crc32c(uint32_t seed, const void *data, size_t length) {
    return snap_crc32c_portable(seed, data, length);
}

#endif
