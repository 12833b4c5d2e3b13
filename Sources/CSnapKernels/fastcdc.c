// FastCDC's cut (Xia et al., USENIX ATC 2016), as docs/format.md, section 3.1, fixes it: the place of a cut is part of
// what makes content deduplicate, so it must never change for given parameters.
//
// A mask of the top bits makes `fp & mask == 0` the comparison `fp < limit`. The byte at offset i is judged by the hard
// mask if i < average, else by the easy one.

#include "snap_kernels.h"

// Two bytes a step: the fingerprint after the second does not wait for the one after the first. The empty asm keeps
// the compiler from adding in another order, which would put two more instructions on the chain through fp: 1.3 cycles
// a byte, not 1.9.
#define PAIR(k)                                                                                                        \
    {                                                                                                                  \
        uint64_t x = gear[data[at + (k)]], y = gear[data[at + (k) + 1]];                                               \
        uint64_t first = (fp << 1) + x;                                                                                \
        uint64_t both = (x << 1) + y;                                                                                  \
        __asm__("" : "+r"(both));                                                                                      \
        fp = (fp << 2) + both;                                                                                         \
        if (__builtin_expect(first < limit, 0))                                                                        \
            return at + (k) + 1;                                                                                       \
        if (__builtin_expect(fp < limit, 0))                                                                           \
            return at + (k) + 2;                                                                                       \
    }

/// The length up to the first cut after a byte in `from ..< to`, or 0. `*print` is the fingerprint, kept for the next
/// call.
static inline __attribute__((always_inline)) size_t scan(
    const uint8_t *data, size_t from, size_t to, uint64_t limit, const uint64_t *gear, uint64_t *print) {
    uint64_t fp = *print;
    size_t at = from;
    for (; to - at >= 8; at += 8) {
        PAIR(0)
        PAIR(2)
        PAIR(4)
        PAIR(6)
    }
    for (; at < to; at++) {
        fp = (fp << 1) + gear[data[at]];
        if (fp < limit)
            return at + 1;
    }
    *print = fp;
    return 0;
}

size_t snap_fastcdc_cut(
    const uint8_t *data, size_t length, size_t minimum, size_t average, size_t maximum, uint64_t seed,
    const uint64_t *gear) {
    size_t end = length < maximum ? length : maximum;
    if (end <= minimum)
        return end;
    uint64_t seeded[256];
    if (!gear)
        gear = snap_gear;
    if (seed) {
        for (int i = 0; i < 256; i++)
            seeded[i] = gear[i] ^ seed;
        gear = seeded;
    }
    // Level 2 of normalisation: two bits harder before the average, two easier after it.
    unsigned bits = 3;
    while (bits < 60 && (average >> bits) > 1)
        bits++;
    size_t middle = average < end ? average : end;
    if (middle < minimum)
        middle = minimum;
    uint64_t print = 0;
    size_t cut = scan(data, minimum, middle, UINT64_C(1) << (64 - (bits + 2)), gear, &print);
    if (!cut)
        cut = scan(data, middle, end, UINT64_C(1) << (64 - (bits - 2)), gear, &print);
    return cut ? cut : end;
}
