// The library is linked statically, so what it calls experimental cannot change under us.
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>
#include <zstd_errors.h>

/// What is decompressed piece by piece is written where it is to stay, without a buffer of the window's size in between.
static const ZSTD_dParameter snap_zstd_stable_output = ZSTD_d_stableOutBuffer;
