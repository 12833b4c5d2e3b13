// SHA-256 of many messages: which kernel, and how messages of different lengths keep its lanes full.
//
// A single stream of SHA-256 is a chain of dependent steps, so without SHA instructions a processor idles through most
// of it; independent messages in the lanes of its vector unit do not. The scheduler gives each lane a message, longest
// first, advances all of them by the least number of blocks that any has left in one piece, and gives a lane that is
// done the next message. When messages run out, the live lanes are kept together at the front, so that a narrower
// kernel, and at last the single-message one, can finish what is left.

#include "snap_kernels.h"

#include "sha256_kernels.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

/// A kernel for several lanes, and from how many live lanes on it beats the next one.
struct step {
    snap_sha256_multiple *compress;
    unsigned width;
    unsigned at_least;
};

/// How to hash: the steps with most lanes first, and what does the rest.
struct plan {
    const char *name;
    snap_sha256_single *single;
    struct step steps[2];
};

#if defined(__x86_64__)
#define HAS_AVX512 (HAS("avx512f") && HAS("avx512bw") && HAS("avx512vl"))
#define HAS_SCHEDULE (HAS("avx2") && HAS("bmi") && HAS("bmi2"))
#define HAS(feature) __builtin_cpu_supports(feature)

static int has_instructions(void) {
    unsigned a, b, c, d;
    return HAS("sse4.1") && HAS("ssse3") && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1);
}

static const struct plan forced[SNAP_SHA256_KERNELS] = {
    [SNAP_SHA256_PORTABLE] = {"portable", snap_sha256_portable, {{0}}},
    [SNAP_SHA256_SCHEDULE] = {"AVX2 schedule", snap_sha256_schedule, {{0}}},
    [SNAP_SHA256_INSTRUCTIONS] = {"SHA instructions", snap_sha256_x86_instructions, {{0}}},
    [SNAP_SHA256_AVX2] = {"8 lanes of AVX2", snap_sha256_portable, {{snap_sha256_avx2, 8, 1}}},
    [SNAP_SHA256_AVX512_NARROW] = {"8 lanes of AVX-512", snap_sha256_portable, {{snap_sha256_avx512_narrow, 8, 1}}},
    [SNAP_SHA256_AVX512] = {"16 lanes of AVX-512", snap_sha256_portable, {{snap_sha256_avx512, 16, 1}}},
};

static int supports(int kernel) {
    switch (kernel) {
    case SNAP_SHA256_PORTABLE: return 1;
    case SNAP_SHA256_SCHEDULE: return HAS_SCHEDULE;
    case SNAP_SHA256_INSTRUCTIONS: return has_instructions();
    case SNAP_SHA256_AVX2: return !!HAS("avx2");
    case SNAP_SHA256_AVX512_NARROW:
    case SNAP_SHA256_AVX512: return HAS_AVX512;
    default: return 0;
    }
}

/// The thresholds are measured; with the SHA instructions they follow from 1.9 GB/s for one message.
static const struct plan *best_plan(void) {
    static const struct plan
        instructions_and_lanes = {
            "SHA instructions, 16 lanes of AVX-512", snap_sha256_x86_instructions, {{snap_sha256_avx512, 16, 12}}},
        wide = {
            "16 or 8 lanes of AVX-512, AVX2 schedule", snap_sha256_schedule,
            {{snap_sha256_avx512, 16, 9}, {snap_sha256_avx512_narrow, 8, 2}}},
        eight = {"8 lanes of AVX2, AVX2 schedule", snap_sha256_schedule, {{snap_sha256_avx2, 8, 3}}};
    int instructions = has_instructions();
    if (HAS_AVX512 && HAS_SCHEDULE)
        return instructions ? &instructions_and_lanes : &wide;
    if (instructions)
        return &forced[SNAP_SHA256_INSTRUCTIONS];
    return HAS_SCHEDULE ? &eight : &forced[SNAP_SHA256_PORTABLE];
}
#else
static const struct plan forced[SNAP_SHA256_KERNELS] = {
    [SNAP_SHA256_PORTABLE] = {"portable", snap_sha256_portable, {{0}}},
#if defined(__aarch64__)
    [SNAP_SHA256_INSTRUCTIONS] = {"SHA2 instructions", snap_sha256_arm_instructions, {{0}}},
#endif
};

static int supports(int kernel) {
    if (kernel == SNAP_SHA256_INSTRUCTIONS) {
#if defined(__aarch64__) && defined(__linux__)
        return (getauxval(AT_HWCAP) & HWCAP_SHA2) != 0;
#elif defined(__aarch64__) && defined(__ARM_FEATURE_SHA2)
        return 1;
#endif
    }
    return kernel == SNAP_SHA256_PORTABLE;
}

static const struct plan *best_plan(void) {
    return &forced[supports(SNAP_SHA256_INSTRUCTIONS) ? SNAP_SHA256_INSTRUCTIONS : SNAP_SHA256_PORTABLE];
}
#endif

/// Asking the processor can cost a trap to a hypervisor: once. Two threads that ask at once find the same.
static _Atomic(const struct plan *) chosen;

static const struct plan *current_plan(void) {
    const struct plan *plan = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (!plan) {
        plan = best_plan();
        atomic_store_explicit(&chosen, plan, memory_order_relaxed);
    }
    return plan;
}

const char *snap_sha256_kernel_name(void) {
    return current_plan()->name;
}

int snap_sha256_force(int kernel) {
    int possible = kernel > 0 && kernel < SNAP_SHA256_KERNELS && supports(kernel);
    atomic_store_explicit(&chosen, possible ? &forced[kernel] : best_plan(), memory_order_relaxed);
    return possible || kernel == SNAP_SHA256_AUTOMATIC;
}

/// A message on its way. It is up to three pieces of whole blocks: the head (prefix and first data, in the buffer),
/// the body (in place), the tail (last data, padding and length, in the buffer).
struct message {
    const uint8_t *piece;
    size_t blocks;
    const uint8_t *rest;
    size_t rest_length;
    size_t in_buffer;
    uint64_t total;
    uint8_t *digest;
    int ended;
    uint8_t buffer[128];
};

/// Moves to the next piece; 0 if there is none.
static int next_piece(struct message *m) {
    if (m->ended)
        return 0;
    if (m->in_buffer + m->rest_length >= 64 && m->in_buffer > 0) {
        size_t fill = 64 - m->in_buffer;
        if (fill > 0)
            memcpy(m->buffer + m->in_buffer, m->rest, fill);
        m->rest += fill;
        m->rest_length -= fill;
        m->in_buffer = 0;
        m->piece = m->buffer;
        m->blocks = 1;
        return 1;
    }
    if (m->rest_length >= 64) {
        m->piece = m->rest;
        m->blocks = m->rest_length / 64;
        m->rest += 64 * m->blocks;
        m->rest_length %= 64;
        return 1;
    }
    size_t used = m->in_buffer;
    if (m->rest_length > 0)
        memcpy(m->buffer + used, m->rest, m->rest_length);
    used += m->rest_length;
    m->blocks = used < 56 ? 1 : 2;
    memset(m->buffer + used, 0, 64 * m->blocks - used);
    m->buffer[used] = 0x80;
    for (int i = 0; i < 8; i++)
        m->buffer[64 * m->blocks - 1 - i] = (uint8_t)(m->total * 8 >> (8 * i));
    m->piece = m->buffer;
    m->ended = 1;
    return 1;
}

static void start(struct message *m, const struct snap_sha256_job *job) {
    m->rest = job->data;
    m->rest_length = job->length;
    m->in_buffer = job->prefix_length;
    m->total = (uint64_t)job->prefix_length + job->length;
    m->digest = job->digest;
    m->ended = 0;
    if (job->prefix_length > 0)
        memcpy(m->buffer, job->prefix, job->prefix_length);
    next_piece(m);
}

static const uint32_t initial[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static void put_word(uint8_t *bytes, uint32_t word) {
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(word >> (24 - 8 * i));
}

/// Hashes what is left of a message alone.
static void finish(struct message *m, uint32_t state[8], snap_sha256_single *compress) {
    do
        compress(state, m->piece, m->blocks);
    while (next_piece(m));
    for (int i = 0; i < 8; i++)
        put_word(m->digest + 4 * i, state[i]);
}

/// Which eighth of which octave a length is in: fine enough an order to keep lanes full, and sorted in linear time.
static unsigned size_class(size_t length) {
    unsigned long long blocks = (unsigned long long)length / 64 + 8;
    unsigned octave = 63 - (unsigned)__builtin_clzll(blocks);
    return (octave - 3) * 8 + (unsigned)(blocks >> (octave - 3) & 7);
}

/// The jobs' numbers, longest first, or null if there is no memory: then they are taken as they come.
static size_t *longest_first(const struct snap_sha256_job *jobs, size_t count) {
    enum { classes = 62 * 8 };
    size_t places[classes + 1] = {0};
    size_t *order = count <= SIZE_MAX / sizeof *order ? malloc(count * sizeof *order) : NULL;
    if (!order)
        return NULL;
    for (size_t i = 0; i < count; i++)
        places[classes - 1 - size_class(jobs[i].length) + 1]++;
    for (int c = 0; c < classes; c++)
        places[c + 1] += places[c];
    for (size_t i = 0; i < count; i++)
        order[places[classes - 1 - size_class(jobs[i].length)]++] = i;
    return order;
}

/// Hashes in lanes until messages run out and too few lanes are live; then alone.
static void hash_lanes(const struct plan *plan, const struct snap_sha256_job *jobs, const size_t *order, size_t count) {
    struct message messages[SNAP_LANES];
    struct message *live[SNAP_LANES];
    struct snap_sha256_lanes lanes __attribute__((aligned(64)));
    const uint8_t *pieces[SNAP_LANES];
    unsigned width = plan->steps[0].width, live_count = 0;
    size_t taken = 0;
    memset(&lanes, 0, sizeof lanes);
    for (unsigned i = 0; i < SNAP_LANES; i++)
        live[i] = &messages[i];
    for (;;) {
        for (; live_count < width && taken < count; taken++, live_count++) {
            start(live[live_count], &jobs[order ? order[taken] : taken]);
            for (int i = 0; i < 8; i++)
                lanes.word[i][live_count] = initial[i];
        }
        const struct step *step = &plan->steps[0];
        if (live_count < step->at_least || live_count == 0)
            step = &plan->steps[1];
        if (!step->compress || live_count < step->at_least || live_count == 0)
            break;
        size_t blocks = SIZE_MAX;
        for (unsigned i = 0; i < live_count; i++)
            blocks = live[i]->blocks < blocks ? live[i]->blocks : blocks;
        // An idle lane reads what lane 0 reads, and its state is never looked at.
        for (unsigned i = 0; i < SNAP_LANES; i++)
            pieces[i] = live[i < live_count ? i : 0]->piece;
        step->compress(&lanes, pieces, blocks);
        for (unsigned i = live_count; i-- > 0;) {
            struct message *m = live[i];
            m->piece += 64 * blocks;
            m->blocks -= blocks;
            if (m->blocks > 0 || next_piece(m))
                continue;
            // Done: the last live lane moves here.
            live_count--;
            live[i] = live[live_count];
            live[live_count] = m;
            for (int j = 0; j < 8; j++) {
                put_word(m->digest + 4 * j, lanes.word[j][i]);
                lanes.word[j][i] = lanes.word[j][live_count];
            }
        }
    }
    for (unsigned i = 0; i < live_count; i++) {
        uint32_t state[8];
        for (int j = 0; j < 8; j++)
            state[j] = lanes.word[j][i];
        finish(live[i], state, plan->single);
    }
}

void snap_sha256_many(const struct snap_sha256_job *jobs, size_t count) {
    const struct plan *plan = current_plan();
    const struct step *last = &plan->steps[plan->steps[1].compress ? 1 : 0];
    if (!last->compress || count < last->at_least) {
        for (size_t i = 0; i < count; i++) {
            struct message m;
            uint32_t state[8];
            memcpy(state, initial, sizeof state);
            start(&m, &jobs[i]);
            finish(&m, state, plan->single);
        }
        return;
    }
    if (count == 0)
        return;
    size_t *order = count > plan->steps[0].width ? longest_first(jobs, count) : NULL;
    hash_lanes(plan, jobs, order, count);
    free(order);
}
