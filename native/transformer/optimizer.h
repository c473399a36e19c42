// AdamW (Loshchilov and Hutter 2019) and what gradient clipping needs, in one pass over a parameter's memory each.
#pragma once
#include <cstdint>

#include "../simd/dispatch.h"

namespace prismap {

// One step: w = w · kept - size · m / (√v · root + epsilon), after m += gain1 (g - m), v = beta2 v + gain2 g², g = scale · gradient.
struct AdamW {
  float kept, size, root, epsilon, gain1, beta2, gain2, scale;
};

}  // namespace prismap

// Numbers [first, last); weight and moments are changed in place.
PRISMAP_KERNEL(adamwStep,
               (const AdamW& step, int64_t first, int64_t last, const float* gradient, float* weight, float* m, float* v),
               (step, first, last, gradient, weight, m, v))
// sum += share · x
PRISMAP_KERNEL(addShare, (int64_t first, int64_t last, float share, const float* x, float* sum),
               (first, last, share, x, sum))
// *sum += the squares, added up in double precision
PRISMAP_KERNEL(sumSquares, (int64_t first, int64_t last, const float* x, double* sum), (first, last, x, sum))
