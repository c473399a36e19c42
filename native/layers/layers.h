// Small layers in one pass each, forward and backward, on plain row-major float32 arrays. "Rows" are what is left of a
// tensor when its last dimension, the channels, is taken away.
#pragma once
#include <cstdint>

#include "../simd/dispatch.h"

namespace prismap {

// Rows [first, last) of (rows, channels).
struct Rows {
  int64_t first, last, channels;
};

// Rows of (rows, in) to rows of (rows, out).
struct Linear {
  int64_t first, last, in, out;
};

// Sequences [first, last) of (batch, steps, channels).
struct Sequences {
  int64_t first, last, steps, channels;
};

}  // namespace prismap

// y = x · sigmoid(x); values [first, last).
PRISMAP_KERNEL(siluForward, (int64_t first, int64_t last, const float* x, float* y), (first, last, x, y))
PRISMAP_KERNEL(siluBackward, (int64_t first, int64_t last, const float* x, const float* gy, float* gx),
               (first, last, x, gy, gx))

// y = (x - mean) / sqrt(variance + epsilon) · weight + bias, over each row. Backward recomputes mean and deviation.
PRISMAP_KERNEL(normForward,
               (const Rows& rows, float epsilon, const float* x, const float* weight, const float* bias, float* y),
               (rows, epsilon, x, weight, bias, y))
// `sums` (2, channels), zeroed by the caller: gradients of weight and bias over these rows.
PRISMAP_KERNEL(normBackward,
               (const Rows& rows, float epsilon, const float* x, const float* weight, const float* gy, float* gx,
                float* sums),
               (rows, epsilon, x, weight, gy, gx, sums))

// Depthwise convolution over time that sees the past only: y_t = bias + sum_j kernel_j x_(t - taps + 1 + j), with
// kernel (taps, channels) and zeros before the start.
PRISMAP_KERNEL(causalForward,
               (const Sequences& part, int64_t taps, const float* x, const float* kernel, const float* bias, float* y),
               (part, taps, x, kernel, bias, y))
// `sums` (taps + 1, channels), zeroed by the caller: gradients of the kernel and of the bias over these sequences.
PRISMAP_KERNEL(causalBackward,
               (const Sequences& part, int64_t taps, const float* x, const float* kernel, const float* gy, float* gx,
                float* sums),
               (part, taps, x, kernel, gy, gx, sums))

// y = x · weightᵀ + bias, with the weight as its transpose (in, out); the bias (out) may be null.
PRISMAP_KERNEL(linearForward,
               (const Linear& size, const float* x, const float* transposed, const float* bias, float* y),
               (size, x, transposed, bias, y))
// `weight` (out, in); `sums` (out · in + out), zeroed by the caller: gradients of weight and bias over these rows.
PRISMAP_KERNEL(linearBackward,
               (const Linear& size, const float* x, const float* weight, const float* gy, float* gx, float* sums),
               (size, x, weight, gy, gx, sums))
