// The few hot loops of snap, in C because they need processor instructions that are chosen at run time.
//
// Nothing here allocates for its caller, keeps a pointer after it returns, or fails. All functions may be called from
// several threads at once.

#ifndef SNAP_KERNELS_H
#define SNAP_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#if !defined(__clang__)
#define _Nullable
#define _Nonnull
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// One message to hash: the prefix, then the data.
struct snap_sha256_job {
    /// What is hashed in front of the data; null if `prefix_length` is 0.
    const uint8_t *_Nullable prefix;
    /// At most 64.
    size_t prefix_length;
    /// Null only if `length` is 0.
    const uint8_t *_Nullable data;
    size_t length;
    /// Where the 32 bytes of the digest go.
    uint8_t *_Nonnull digest;
};

/// SHA-256 (FIPS 180-4) of each job. Lengths may differ; the more jobs there are, the better the lanes are filled (16
/// or more are enough, and a few hundred hide different lengths).
void snap_sha256_many(const struct snap_sha256_job *_Nullable jobs, size_t count);

enum snap_sha256_kernel {
    SNAP_SHA256_AUTOMATIC = 0,
    SNAP_SHA256_PORTABLE = 1,
    /// One message at a time, its schedule eight blocks at a time (AVX2, BMI2).
    SNAP_SHA256_SCHEDULE = 2,
    /// One message at a time with the processor's SHA-256 instructions (x86 SHA or ARMv8 SHA2).
    SNAP_SHA256_INSTRUCTIONS = 3,
    /// Eight messages at a time (AVX2).
    SNAP_SHA256_AVX2 = 4,
    /// Eight messages at a time (AVX-512VL).
    SNAP_SHA256_AVX512_NARROW = 5,
    /// Sixteen messages at a time (AVX-512).
    SNAP_SHA256_AVX512 = 6,
    SNAP_SHA256_KERNELS = 7
};

/// What `snap_sha256_many` uses now, in words.
const char *_Nonnull snap_sha256_kernel_name(void);

/// Makes every `snap_sha256_many` of this process use one kernel, for tests and measurements. Returns 1 if it is in
/// force; 0 if this processor lacks it, and then the choice is automatic.
int snap_sha256_force(int kernel);

/// CRC-32C (RFC 3720, B.4) of the bytes behind those whose checksum is `seed`; 0 at the start, so that
/// crc(crc(0, a), b) is the checksum of a followed by b.
uint32_t snap_crc32c(uint32_t seed, const void *_Nullable data, size_t length);

/// The same without processor instructions: the fallback, by its own name so that tests reach it everywhere.
uint32_t snap_crc32c_portable(uint32_t seed, const void *_Nullable data, size_t length);

/// The gear table of format 1 (docs/format.md, section 3.1).
extern const uint64_t snap_gear[256];

/// The length of the first chunk of `data` by FastCDC (docs/format.md, section 3.1). The end of `data` counts as the
/// end of the content, so pass at least `maximum` bytes unless there are no more. `average` counts as the power of two
/// at or below it, from 2^3 up; a null `gear` is `snap_gear`. Returns 0 only if `length` or `maximum` is 0.
size_t snap_fastcdc_cut(
    const uint8_t *_Nullable data, size_t length, size_t minimum, size_t average, size_t maximum, uint64_t seed,
    const uint64_t *_Nullable gear);

/// 1 if all bytes are zero (and if there are none).
int snap_is_zero(const void *_Nullable data, size_t length);

/// Makes SIGINT, SIGTERM and SIGHUP set a flag instead of ending the process. System calls then fail with EINTR. A
/// signal that is ignored already (`nohup`) stays ignored.
void snap_install_interrupt_handlers(void);

/// The last of those signals that arrived; 0 if none did.
int snap_interrupt_signal(void);

/// Writing to a closed pipe then fails with EPIPE instead of ending the process.
void snap_ignore_sigpipe(void);

#ifdef __cplusplus
}
#endif

#endif
