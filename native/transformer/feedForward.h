// What stands around the matrix products of a transformer block, in one pass over memory each. Rows of (rows, channels),
// row-major float32.
#pragma once
#include <cstdint>

#include "../simd/dispatch.h"

namespace prismap {

struct Span {
  int64_t first, last, channels;
};

}  // namespace prismap

// y = g · Φ(g) with g = x + bias: the exact GELU (Hendrycks and Gimpel 2016).
PRISMAP_KERNEL(geluForward, (const Span& rows, const float* x, const float* bias, float* y), (rows, x, bias, y))
// gx = gy · (Φ(g) + g φ(g)), which may be gy; `sums` (channels), zeroed by the caller: the gradient of the bias over these rows.
PRISMAP_KERNEL(geluBackward,
               (const Span& rows, const float* x, const float* bias, const float* gy, float* gx, float* sums),
               (rows, x, bias, gy, gx, sums))
// x += bias
PRISMAP_KERNEL(addBias, (const Span& rows, const float* bias, float* x), (rows, bias, x))
// sums += each row
PRISMAP_KERNEL(sumRows, (const Span& rows, const float* x, float* sums), (rows, x, sums))
