#include "attention.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "../simd/product.h"
#include "../simd/vector.h"

namespace prismap {
namespace PRISMAP_ISA {
namespace {

// x (tokens, size) at stride `row` as columns: panels of kTileColumns tokens, in each (size, kTileColumns); zeros behind.
void packColumns(const Attention& shape, const float* x, float* columns) {
  const int64_t panels = (shape.tokens + kTileColumns - 1) / kTileColumns;
  for (int64_t panel = 0; panel < panels; panel++) {
    float* to = columns + panel * kTileColumns * shape.size;
    const int64_t first = panel * kTileColumns, count = std::min<int64_t>(kTileColumns, shape.tokens - first);
    if (count < kTileColumns) std::fill_n(to, kTileColumns * shape.size, 0.0f);
    for (int64_t token = 0; token < count; token++) {
      const float* from = x + (first + token) * shape.row();
      for (int64_t i = 0; i < shape.size; i++) to[i * kTileColumns + token] = from[i];
    }
  }
}

// Rows [first, last) of x, close together, each padded with zeros to whole vectors, times a factor.
void packRows(const Attention& shape, int64_t first, int64_t last, const float* x, float factor, float* rows) {
  const int64_t width = Attention::lanes(shape.size);
  for (int64_t row = first; row < last; row++) {
    const float* from = x + row * shape.row();
    float* to = rows + (row - first) * width;
    for (int64_t i = 0; i < shape.size; i++) to[i] = from[i] * factor;
    std::fill(to + shape.size, to + width, 0.0f);
  }
}

// scores (rows, tokens) = a (rows, size) times packed columns.
void multiplyColumns(const Attention& shape, int64_t rows, const float* a, int64_t aRow, const float* columns,
                     float* scores, int64_t stride) {
  for (int64_t first = 0; first < shape.tokens; first += kTileColumns) {
    multiplyPanel<kTileVectors>(
        {shape.size, a, aRow, 1, columns + first * shape.size, kTileColumns, scores + first, stride, false}, rows);
  }
}

template <typename Body>
PRISMAP_INLINE void eachVector(int64_t count, const Body& body) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) body(i, kLanes);
  if (i < count) body(i, static_cast<int>(count - i));
}

PRISMAP_INLINE Vector larger(Vector a, Vector b) { return select(a > b, a, b); }

// The first lanes of x, zeros behind.
PRISMAP_INLINE Vector firstOf(Vector x, int lanes) {
  for (int i = lanes; i < kLanes; i++) x[i] = 0.0f;
  return x;
}

float largestOf(const float* x, int64_t count) {
  Vector most = broadcast(x[0]);
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) most = larger(most, load(x + i, kLanes));
  float result = most[0];
  for (int lane = 1; lane < kLanes; lane++) result = std::max(result, most[lane]);
  for (; i < count; i++) result = std::max(result, x[i]);
  return result;
}

// x to e^(x - shift); the sum.
float exponentials(float* x, int64_t count, float shift) {
  Vector sum = {};
  eachVector(count, [&](int64_t i, int lanes) {
    const Vector e = exponential(load(x + i, lanes) - shift);
    store(x + i, e, lanes);
    sum += lanes == kLanes ? e : firstOf(e, lanes);
  });
  return sumLanes(sum);
}

float dot(const float* a, const float* b, int64_t count) {
  Vector sum = {};
  eachVector(count, [&](int64_t i, int lanes) { sum += load(a + i, lanes) * load(b + i, lanes); });
  return sumLanes(sum);
}

void writeRows(const Attention& shape, int64_t first, int64_t last, const float* rows, float* x) {
  const int64_t width = Attention::lanes(shape.size);
  for (int64_t row = first; row < last; row++) {
    std::copy_n(rows + (row - first) * width, shape.size, x + row * shape.row());
  }
}

}  // namespace

void attentionPack(const Attention& shape, const float* k, const float* v, float* columns, float* rows) {
  packColumns(shape, k, columns);
  packRows(shape, 0, shape.tokens, v, 1.0f, rows);
}

void attendForward(const Attention& shape, int64_t first, int64_t last, const float* q, const float* columns,
                   const float* rows, float* out, float* logSums, float* workspace) {
  // Sixteen more than the tokens, so that rows do not fall on the same lines of the first-level cache.
  const int64_t n = shape.tokens, stride = Attention::whole(n) + 16, width = Attention::lanes(shape.size);
  const int64_t count = last - first;
  float *scores = workspace, *block = scores + kQueryRows * stride;
  packRows(shape, first, last, q, 1.0f / std::sqrt(static_cast<float>(shape.size)), block);
  multiplyColumns(shape, count, block, width, columns, scores, stride);
  float sums[kQueryRows];
  for (int64_t row = 0; row < count; row++) {
    const float most = largestOf(scores + row * stride, n);
    sums[row] = exponentials(scores + row * stride, n, most);
    logSums[first + row] = most + std::log(sums[row]);
  }
  multiplyDeep({n, scores, stride, 1, rows, width, block, width, false}, count, width);
  for (int64_t row = 0; row < count; row++) {
    float* to = out + (first + row) * shape.row();
    const float share = 1.0f / sums[row];
    for (int64_t i = 0; i < shape.size; i++) to[i] = block[row * width + i] * share;
  }
}

void attendBackward(const Attention& shape, const AttentionGradient& at, float* workspace) {
  const int64_t n = shape.tokens, stride = Attention::whole(n) + 16, width = Attention::lanes(shape.size);
  const float scale = 1.0f / std::sqrt(static_cast<float>(shape.size));
  float* next = workspace;
  const auto take = [&](int64_t size) { return std::exchange(next, next + size); };
  float *shares = take(kQueryRows * stride), *slopes = take(kQueryRows * stride);
  float *query = take(kQueryRows * width), *gradient = take(kQueryRows * width), *result = take(kQueryRows * width);
  float *keys = take(shape.columnsSize()), *values = take(shape.columnsSize());
  float *keyRows = take(shape.rowsSize()), *gk = take(shape.rowsSize()), *gv = take(shape.rowsSize());
  packColumns(shape, at.k, keys);
  packColumns(shape, at.v, values);
  packRows(shape, 0, n, at.k, scale, keyRows);
  for (int64_t first = 0; first < n; first += kQueryRows) {
    const int64_t last = std::min(n, first + kQueryRows), count = last - first;
    packRows(shape, first, last, at.q, scale, query);
    packRows(shape, first, last, at.gradient, 1.0f, gradient);
    multiplyColumns(shape, count, query, width, keys, shares, stride);
    multiplyColumns(shape, count, gradient, width, values, slopes, stride);
    for (int64_t row = 0; row < count; row++) {
      const float mean = dot(at.gradient + (first + row) * shape.row(), at.out + (first + row) * shape.row(), shape.size);
      const float logSum = at.logSums[first + row];
      float *share = shares + row * stride, *slope = slopes + row * stride;
      eachVector(n, [&](int64_t i, int lanes) {
        const Vector p = exponential(load(share + i, lanes) - logSum);
        store(share + i, p, lanes);
        store(slope + i, p * (load(slope + i, lanes) - mean), lanes);
      });
    }
    multiplyDeep({n, slopes, stride, 1, keyRows, width, result, width, false}, count, width);
    writeRows(shape, first, last, result, at.gq);
    const bool adds = first > 0;  // the sums begin with the first block
    multiplyAll({count, shares, 1, stride, gradient, width, gv, width, adds}, n, width);
    multiplyAll({count, slopes, 1, stride, query, width, gk, width, adds}, n, width);
  }
  writeRows(shape, 0, n, gk, at.gk);
  writeRows(shape, 0, n, gv, at.gv);
}

}  // namespace PRISMAP_ISA
}  // namespace prismap
