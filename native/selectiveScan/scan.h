// Selective scan (Gu and Dao 2023, S6), forward and backward, on plain arrays. Row-major float32; letters as in
// app/model/ops.ts: b batch, l steps, d channels, n states.
//   dt = softplus(dtRaw + dtBias); h_t = exp(dt_t A) h_(t-1) + dt_t u_t B_t; y_t = C_t·h_t + D u_t; out = y · SiLU(z)
#pragma once
#include <cstdint>

#include "../simd/dispatch.h"

namespace prismap {

struct ScanSize {
  int64_t batch, steps, channels, states;
};

struct ScanInput {
  const float* u;       // [b, l, d]
  const float* dtRaw;   // [b, l, d]
  const float* a;       // [d, n]
  const float* b;       // [b, l, n]
  const float* c;       // [b, l, n]
  const float* skip;    // D [d] or null
  const float* z;       // [b, l, d] or null
  const float* dtBias;  // [d] or null
};

struct ScanGradients {
  float* u;
  float* dtRaw;
  float* z;       // null where the input has no z
  float* b;       // [b, l, n], the sum over the channels of one part
  float* c;       // likewise
  float* shared;  // [n + 2, d], zeroed by the caller: gradients of A (transposed), D and dtBias, summed over a range of b
};

// A piece of the work: batch elements [first, last), channels [firstChannel, lastChannel).
struct ScanRange {
  int64_t first, last, firstChannel, lastChannel;
};

// Backward walks a sequence by segments of this many steps. Forward leaves it the states at the start of each, the array
// `starts` [b, segments, n, d]: they cost less to write and read than the whole recurrence again. Of 4, 8 and 16 the
// fastest: what a segment needs must fit the first-level cache.
constexpr int64_t kScanSegment = 8;

inline int64_t segmentsOf(const ScanSize& size) { return (size.steps + kScanSegment - 1) / kScanSegment; }

}  // namespace prismap

// starts: null where no gradient will be wanted
PRISMAP_KERNEL(scanForward,
               (const ScanSize& size, const ScanInput& input, const ScanRange& range, float* out, float* starts),
               (size, input, range, out, starts))
PRISMAP_KERNEL(scanBackward,
               (const ScanSize& size, const ScanInput& input, const ScanRange& range, const float* starts,
                const float* outGradient, const ScanGradients& gradients),
               (size, input, range, starts, outGradient, gradients))
