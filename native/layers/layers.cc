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
