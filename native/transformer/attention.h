// Scaled dot-product attention (Vaswani et al. 2017) over all tokens, forward and backward, in blocks of query rows: the
// scores of one block at a time are in memory, never tokens × tokens (as Dao et al. 2022, on a processor's caches).
// q, k, v, out: row-major float32 (batch, tokens, heads · size).
#pragma once
#include <cstdint>

#include "../simd/dispatch.h"

namespace prismap {

struct Attention {
  int64_t tokens, heads, size;
  int64_t row() const { return heads * size; }
  // Rounded up to whole vectors of any instruction set.
  static int64_t whole(int64_t count) { return (count + 63) / 64 * 64; }
  static int64_t lanes(int64_t count) { return (count + 15) / 16 * 16; }
  // Floats of a head's keys as columns, and of its values as rows.
  int64_t columnsSize() const { return whole(tokens) * size; }
  int64_t rowsSize() const { return tokens * lanes(size); }
};

constexpr int64_t kQueryRows = 48;

// Floats that `attendForward` and `attendBackward` need to work in.
inline int64_t forwardWorkspace(const Attention& a) {
  return kQueryRows * (Attention::whole(a.tokens) + 16 + Attention::lanes(a.size));
}
inline int64_t backwardWorkspace(const Attention& a) {
  const int64_t scores = 2 * kQueryRows * (Attention::whole(a.tokens) + 16);
  return scores + 3 * kQueryRows * Attention::lanes(a.size) + 2 * a.columnsSize() + 3 * a.rowsSize();
}

}  // namespace prismap

// One head's keys to `columns` (tokens across, in panels) and its values to `rows`, both padded with zeros. k and v point at
// the head's first number of the sample.
PRISMAP_KERNEL(attentionPack,
               (const Attention& shape, const float* k, const float* v, float* columns, float* rows),
               (shape, k, v, columns, rows))
// Query rows [first, last) of one head, at most kQueryRows: `out` and the logarithm of each row's sum of exponentials.
PRISMAP_KERNEL(attendForward,
               (const Attention& shape, int64_t first, int64_t last, const float* q, const float* columns,
                const float* rows, float* out, float* logSums, float* workspace),
               (shape, first, last, q, columns, rows, out, logSums, workspace))

namespace prismap {
// What one head's backward pass reads and writes; all point at the head's first number of the sample.
struct AttentionGradient {
  const float *q, *k, *v, *out, *logSums, *gradient;
  float *gq, *gk, *gv;
};
}  // namespace prismap

PRISMAP_KERNEL(attendBackward, (const Attention& shape, const AttentionGradient& at, float* workspace),
               (shape, at, workspace))
