// SHA-256 of several messages at once, a message to each 32-bit lane of a vector (Gueron and Krasnov, "Simultaneous
// hashing of multiple messages", 2012). A template: sha256_x86.c includes it once for each vector unit, after defining
//
//     NAME, TARGET        the function and the processor features it is compiled for
//     LANES, VECTOR       a power of two, and a vector type of that many uint32_t
//     ROTATE(x, n)        to the right; n is constant
//     XOR3 CHOOSE MAJORITY  of three vectors
//     QUARTER(p, at)      lane group i of four words: the 16 bytes at p[4 * i] + at, for all i side by side
//     SWAP(x)             the bytes of each word reversed
//     UNPACK_LOW32 …      the unpack instructions
//
// and undefines them all at its end.

#define SIGMA0(x) XOR3(ROTATE(x, 7), ROTATE(x, 18), (x) >> 3)
#define SIGMA1(x) XOR3(ROTATE(x, 17), ROTATE(x, 19), (x) >> 10)

// Four words of every lane: message 4 i + k stands in quarter k's group i, so transposing each 4 × 4 puts it in lane 4
// i + k.
#define LOAD_WORDS(w, p, at, t)                                                                                        \
    {                                                                                                                  \
        VECTOR x0 = SWAP(QUARTER(p, (at) + 4 * (t))), x1 = SWAP(QUARTER((p) + 1, (at) + 4 * (t)));                     \
        VECTOR x2 = SWAP(QUARTER((p) + 2, (at) + 4 * (t))), x3 = SWAP(QUARTER((p) + 3, (at) + 4 * (t)));               \
        VECTOR y0 = UNPACK_LOW32(x0, x1), y1 = UNPACK_HIGH32(x0, x1);                                                  \
        VECTOR y2 = UNPACK_LOW32(x2, x3), y3 = UNPACK_HIGH32(x2, x3);                                                  \
        w[t] = UNPACK_LOW64(y0, y2);                                                                                   \
        w[t + 1] = UNPACK_HIGH64(y0, y2);                                                                              \
        w[t + 2] = UNPACK_LOW64(y1, y3);                                                                               \
        w[t + 3] = UNPACK_HIGH64(y1, y3);                                                                              \
    }

#define NEXT_WORD(w, i) w[i] += SIGMA0(w[((i) + 1) & 15]) + w[((i) + 9) & 15] + SIGMA1(w[((i) + 14) & 15])

#define ROUND(a, b, c, d, e, f, g, h, i)                                                                               \
    h += w[i] + k[i] + CHOOSE(e, f, g) + XOR3(ROTATE(e, 6), ROTATE(e, 11), ROTATE(e, 25));                             \
    d += h;                                                                                                            \
    h += MAJORITY(a, b, c) + XOR3(ROTATE(a, 2), ROTATE(a, 13), ROTATE(a, 22));                                         \
    if (more)                                                                                                          \
        NEXT_WORD(w, i);

#define EIGHT_ROUNDS(i)                                                                                                \
    ROUND(a, b, c, d, e, f, g, h, i)                                                                                   \
    ROUND(h, a, b, c, d, e, f, g, (i) + 1)                                                                             \
    ROUND(g, h, a, b, c, d, e, f, (i) + 2)                                                                             \
    ROUND(f, g, h, a, b, c, d, e, (i) + 3)                                                                             \
    ROUND(e, f, g, h, a, b, c, d, (i) + 4)                                                                             \
    ROUND(d, e, f, g, h, a, b, c, (i) + 5)                                                                             \
    ROUND(c, d, e, f, g, h, a, b, (i) + 6)                                                                             \
    ROUND(b, c, d, e, f, g, h, a, (i) + 7)

__attribute__((target(TARGET))) void NAME(
    struct snap_sha256_lanes *lanes, const uint8_t *const *data, size_t blocks) {
    VECTOR state[8], w[16];
    for (int i = 0; i < 8; i++)
        memcpy(&state[i], lanes->word[i], sizeof(VECTOR));
    for (size_t at = 0; at < 64 * blocks; at += 64) {
        VECTOR a = state[0], b = state[1], c = state[2], d = state[3];
        VECTOR e = state[4], f = state[5], g = state[6], h = state[7];
        LOAD_WORDS(w, data, at, 0)
        LOAD_WORDS(w, data, at, 4)
        LOAD_WORDS(w, data, at, 8)
        LOAD_WORDS(w, data, at, 12)
        const uint32_t *k = snap_sha256_constants;
        for (int more = 3; more >= 0; more--, k += 16) {
            EIGHT_ROUNDS(0)
            EIGHT_ROUNDS(8)
        }
        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
        state[5] += f;
        state[6] += g;
        state[7] += h;
    }
    for (int i = 0; i < 8; i++)
        memcpy(lanes->word[i], &state[i], sizeof(VECTOR));
}

#ifdef SCHEDULE_NAME
// The schedules of LANES consecutive blocks of one message, the constants added. They do not depend on the state, so
// this is where a single message can use vectors.
__attribute__((target(TARGET))) static inline void SCHEDULE_NAME(uint32_t words[64][LANES], const uint8_t *data) {
    const uint8_t *blocks[LANES];
    VECTOR w[16];
    for (int i = 0; i < LANES; i++)
        blocks[i] = data + 64 * i;
    LOAD_WORDS(w, blocks, 0, 0)
    LOAD_WORDS(w, blocks, 0, 4)
    LOAD_WORDS(w, blocks, 0, 8)
    LOAD_WORDS(w, blocks, 0, 12)
    for (int t = 0; t < 64; t += 16) {
#define SCHEDULE_WORD(i)                                                                                               \
    {                                                                                                                  \
        VECTOR sum = w[i] + snap_sha256_constants[t + (i)];                                                            \
        memcpy(words[t + (i)], &sum, sizeof sum);                                                                      \
        NEXT_WORD(w, i);                                                                                               \
    }
        SCHEDULE_WORD(0) SCHEDULE_WORD(1) SCHEDULE_WORD(2) SCHEDULE_WORD(3)
        SCHEDULE_WORD(4) SCHEDULE_WORD(5) SCHEDULE_WORD(6) SCHEDULE_WORD(7)
        SCHEDULE_WORD(8) SCHEDULE_WORD(9) SCHEDULE_WORD(10) SCHEDULE_WORD(11)
        SCHEDULE_WORD(12) SCHEDULE_WORD(13) SCHEDULE_WORD(14) SCHEDULE_WORD(15)
#undef SCHEDULE_WORD
    }
}
#endif

#undef NAME
#undef SCHEDULE_NAME
#undef TARGET
#undef LANES
#undef VECTOR
#undef ROTATE
#undef XOR3
#undef CHOOSE
#undef MAJORITY
#undef QUARTER
#undef SWAP
#undef UNPACK_LOW32
#undef UNPACK_HIGH32
#undef UNPACK_LOW64
#undef UNPACK_HIGH64
#undef SIGMA0
#undef SIGMA1
#undef LOAD_WORDS
#undef NEXT_WORD
#undef ROUND
#undef EIGHT_ROUNDS
