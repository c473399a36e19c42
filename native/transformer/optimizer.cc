#include "optimizer.h"

#include <algorithm>
#include <cmath>

#include "../simd/vector.h"

namespace prismap {
namespace PRISMAP_ISA {

void adamwStep(const AdamW& step, int64_t first, int64_t last, const float* gradient, float* weight, float* m, float* v) {
  // Plain, so that the compiler's own division and square root are used: an optimiser's step is bound by memory.
  const AdamW s = step;
  for (int64_t i = first; i < last; i++) {
    const float g = gradient[i] * s.scale;
    const float mean = m[i] + s.gain1 * (g - m[i]), square = v[i] * s.beta2 + s.gain2 * g * g;
    m[i] = mean;
    v[i] = square;
    weight[i] = weight[i] * s.kept - s.size * mean / (std::sqrt(square) * s.root + s.epsilon);
  }
}

void addShare(int64_t first, int64_t last, float share, const float* x, float* sum) {
  for (int64_t i = first; i < last; i++) sum[i] += share * x[i];
}

void sumSquares(int64_t first, int64_t last, const float* x, double* sum) {
  constexpr int64_t kPiece = 256;  // as many squares are added up in float, lane by lane
  for (int64_t start = first; start < last; start += kPiece) {
    const int64_t end = std::min(last, start + kPiece);
    Vector part = {};
    for (int64_t i = start; i < end; i += kLanes) {
      const Vector value = load(x + i, static_cast<int>(std::min<int64_t>(kLanes, end - i)));
      part += value * value;
    }
    for (int lane = 0; lane < kLanes; lane++) *sum += part[lane];
  }
}

}  // namespace PRISMAP_ISA
}  // namespace prismap
