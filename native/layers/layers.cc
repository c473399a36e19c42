#include "layers.h"

#include <algorithm>
#include <cmath>

#include "../simd/vector.h"

namespace prismap {
namespace PRISMAP_ISA {
namespace {

// Calls body(offset, lanes) for every vector of a row of `count` floats.
template <typename Body>
PRISMAP_INLINE void eachVector(int64_t count, const Body& body) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) body(i, kLanes);
  if (i < count) body(i, static_cast<int>(count - i));
}

// Ones in the first `lanes` lanes, so that what lies behind a row's end adds nothing.
PRISMAP_INLINE Vector ones(int lanes) {
  Vector x = {};
  for (int i = 0; i < lanes; i++) x[i] = 1.0f;
  return x;
}

struct Moments {
  float mean, scale;  // scale = 1 / sqrt(variance + epsilon)
};

PRISMAP_INLINE Moments momentsOf(const float* x, int64_t channels, float epsilon) {
  Vector sum = {}, squares = {};
  eachVector(channels, [&](int64_t i, int lanes) { sum += load(x + i, lanes); });
  const float mean = sumLanes(sum) / channels;
  eachVector(channels, [&](int64_t i, int lanes) {
    Vector centred = load(x + i, lanes) - mean;
    if (lanes < kLanes) centred *= ones(lanes);
    squares += centred * centred;
  });
  return {mean, 1.0f / std::sqrt(sumLanes(squares) / channels + epsilon)};
}

// out (rows, columns) = start + a · b. `a` is read at row · aRow + k · aStep, `b` at k · bStep + column, and `start`, which
// may be null or out itself, at row · startRow + column.
struct Product {
  int64_t depth;
  const float* a;
  int64_t aRow, aStep;
  const float* b;
  int64_t bStep;
  const float* start;
  int64_t startRow;
  float* out;
  int64_t outRow;
};

// A tile of the product that fits the registers; the last of its vectors has `lanes` columns.
template <int kRows, int kVectors>
PRISMAP_INLINE void multiplyTile(const Product& p, int64_t row, int64_t column, int lanes) {
  const int64_t depth = p.depth, aRow = p.aRow, aStep = p.aStep, bStep = p.bStep;
  const auto lanesOf = [&](int v) { return v + 1 < kVectors ? kLanes : lanes; };
  Vector sums[kRows][kVectors];
#pragma GCC unroll 4
  for (int r = 0; r < kRows; r++) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; v++) {
      sums[r][v] = p.start == nullptr
                       ? Vector{}
                       : load(p.start + (row + r) * p.startRow + column + v * kLanes, lanesOf(v));
    }
  }
  const float *a = p.a + row * aRow, *b = p.b + column;
  for (int64_t k = 0; k < depth; k++, a += aStep, b += bStep) {
    Vector values[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; v++) values[v] = load(b + v * kLanes, lanesOf(v));
#pragma GCC unroll 4
    for (int r = 0; r < kRows; r++) {
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; v++) sums[r][v] += values[v] * a[r * aRow];
    }
  }
#pragma GCC unroll 4
  for (int r = 0; r < kRows; r++) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; v++) {
      store(p.out + (row + r) * p.outRow + column + v * kLanes, sums[r][v], lanesOf(v));
    }
  }
}

constexpr int kTileVectors = kLanes == 16 ? 4 : 2;  // AVX-512 has twice the registers

// Whole vectors, where lanes is known to the compiler, apart from the others.
template <int kRows, int kVectors>
void multiplyColumns(const Product& p, int64_t row, int64_t column, int lanes) {
  if (lanes == kLanes) {
    multiplyTile<kRows, kVectors>(p, row, column, kLanes);
  } else {
    multiplyTile<kRows, kVectors>(p, row, column, lanes);
  }
}

template <int kRows>
void multiplyRows(const Product& p, int64_t row, int64_t columns) {
  for (int64_t column = 0; column < columns; column += kTileVectors * kLanes) {
    const int64_t left = std::min<int64_t>(columns - column, kTileVectors * kLanes);
    const int vectors = static_cast<int>((left + kLanes - 1) / kLanes);
    const int lanes = static_cast<int>(left - (vectors - 1) * kLanes);
    switch (vectors) {
      case 1: multiplyColumns<kRows, 1>(p, row, column, lanes); break;
      case 2: multiplyColumns<kRows, 2>(p, row, column, lanes); break;
      case 3: multiplyColumns<kRows, kTileVectors == 4 ? 3 : 1>(p, row, column, lanes); break;
      default: multiplyColumns<kRows, kTileVectors>(p, row, column, lanes); break;
    }
  }
}

void multiply(const Product& p, int64_t rows, int64_t columns) {
  int64_t row = 0;
  for (; row + 4 <= rows; row += 4) multiplyRows<4>(p, row, columns);
  for (; row < rows; row++) multiplyRows<1>(p, row, columns);
}

}  // namespace

void siluForward(int64_t first, int64_t last, const float* x, float* y) {
  eachVector(last - first, [&](int64_t i, int lanes) {
    const Vector v = load(x + first + i, lanes);
    store(y + first + i, v * sigmoid(v), lanes);
  });
}

void siluBackward(int64_t first, int64_t last, const float* x, const float* gy, float* gx) {
  eachVector(last - first, [&](int64_t i, int lanes) {
    const Vector v = load(x + first + i, lanes), open = sigmoid(v);
    store(gx + first + i, load(gy + first + i, lanes) * open * (1.0f + v * (1.0f - open)), lanes);
  });
}

void normForward(const Rows& rows, float epsilon, const float* x, const float* weight, const float* bias, float* y) {
  for (int64_t row = rows.first; row < rows.last; row++) {
    const float* from = x + row * rows.channels;
    float* to = y + row * rows.channels;
    const Moments m = momentsOf(from, rows.channels, epsilon);
    eachVector(rows.channels, [&](int64_t i, int lanes) {
      const Vector normal = (load(from + i, lanes) - m.mean) * m.scale;
      store(to + i, normal * load(weight + i, lanes) + load(bias + i, lanes), lanes);
    });
  }
}

void normBackward(const Rows& rows, float epsilon, const float* x, const float* weight, const float* gy, float* gx,
                  float* sums) {
  float *toWeight = sums, *toBias = sums + rows.channels;
  for (int64_t row = rows.first; row < rows.last; row++) {
    const float *from = x + row * rows.channels, *g = gy + row * rows.channels;
    float* to = gx + row * rows.channels;
    const Moments m = momentsOf(from, rows.channels, epsilon);
    Vector sum = {}, product = {};
    eachVector(rows.channels, [&](int64_t i, int lanes) {
      const Vector normal = (load(from + i, lanes) - m.mean) * m.scale;
      const Vector gradient = load(g + i, lanes), scaled = gradient * load(weight + i, lanes);
      sum += scaled;
      product += scaled * normal;
      store(toWeight + i, load(toWeight + i, lanes) + gradient * normal, lanes);
      store(toBias + i, load(toBias + i, lanes) + gradient, lanes);
    });
    const float mean = sumLanes(sum) / rows.channels, slope = sumLanes(product) / rows.channels;
    eachVector(rows.channels, [&](int64_t i, int lanes) {
      const Vector normal = (load(from + i, lanes) - m.mean) * m.scale;
      const Vector scaled = load(g + i, lanes) * load(weight + i, lanes);
      store(to + i, (scaled - mean - normal * slope) * m.scale, lanes);
    });
  }
}

void linearForward(const Linear& size, const float* x, const float* transposed, const float* bias, float* y) {
  const int64_t in = size.in, out = size.out;
  multiply({in, x + size.first * in, in, 1, transposed, out, bias, 0, y + size.first * out, out},
           size.last - size.first, out);
}

void linearBackward(const Linear& size, const float* x, const float* weight, const float* gy, float* gx, float* sums) {
  constexpr int64_t kRows = 64;  // stay in the first-level cache for both products
  const int64_t in = size.in, out = size.out;
  float* toBias = sums + out * in;
  for (int64_t first = size.first; first < size.last; first += kRows) {
    const int64_t rows = std::min(kRows, size.last - first);
    const float *input = x + first * in, *gradient = gy + first * out;
    multiply({out, gradient, out, 1, weight, in, nullptr, 0, gx + first * in, in}, rows, in);
    multiply({rows, gradient, 1, out, input, in, sums, in, sums, in}, out, in);
    for (int64_t row = 0; row < rows; row++) {
      eachVector(out, [&](int64_t i, int lanes) {
        store(toBias + i, load(toBias + i, lanes) + load(gradient + row * out + i, lanes), lanes);
      });
    }
  }
}

void causalForward(const Sequences& part, int64_t taps, const float* x, const float* kernel, const float* bias,
                   float* y) {
  const int64_t d = part.channels;
  for (int64_t sequence = part.first; sequence < part.last; sequence++) {
    const int64_t start = sequence * part.steps;
    for (int64_t t = 0; t < part.steps; t++) {
      eachVector(d, [&](int64_t i, int lanes) {
        Vector sum = load(bias + i, lanes);
        for (int64_t j = std::max<int64_t>(0, taps - 1 - t); j < taps; j++) {
          sum += load(kernel + j * d + i, lanes) * load(x + (start + t - taps + 1 + j) * d + i, lanes);
        }
        store(y + (start + t) * d + i, sum, lanes);
      });
    }
  }
}

void causalBackward(const Sequences& part, int64_t taps, const float* x, const float* kernel, const float* gy,
                    float* gx, float* sums) {
  const int64_t d = part.channels;
  for (int64_t sequence = part.first; sequence < part.last; sequence++) {
    const int64_t start = sequence * part.steps;
    for (int64_t t = 0; t < part.steps; t++) {
      eachVector(d, [&](int64_t i, int lanes) {
        const Vector gradient = load(gy + (start + t) * d + i, lanes);
        Vector toX = {};
        // The input of step t meets tap j in the output of step t + taps - 1 - j.
        for (int64_t j = std::max<int64_t>(0, taps - part.steps + t); j < taps; j++) {
          toX += load(kernel + j * d + i, lanes) * load(gy + (start + t + taps - 1 - j) * d + i, lanes);
        }
        store(gx + (start + t) * d + i, toX, lanes);
        for (int64_t j = std::max<int64_t>(0, taps - 1 - t); j < taps; j++) {
          const Vector input = load(x + (start + t - taps + 1 + j) * d + i, lanes);
          float* sum = sums + j * d + i;
          store(sum, load(sum, lanes) + gradient * input, lanes);
        }
        float* bias = sums + taps * d + i;
        store(bias, load(bias, lanes) + gradient, lanes);
      });
    }
  }
}

}  // namespace PRISMAP_ISA
}  // namespace prismap
