#include "feedForward.h"

#include "../simd/vector.h"

namespace prismap {
namespace PRISMAP_ISA {
namespace {

template <typename Body>
PRISMAP_INLINE void eachVector(int64_t count, const Body& body) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) body(i, kLanes);
  if (i < count) body(i, static_cast<int>(count - i));
}

PRISMAP_INLINE Vector clamp(Vector x, float bound) {
  const Vector low = select(x < -bound, broadcast(-bound), x);  // in this order NaN stays NaN
  return select(low > bound, broadcast(bound), low);
}

// Φ(x) = (1 + erf(x / √2)) / 2. erf as a rational function, x p(x²) / q(x²) (Eigen, MPL 2.0), to two units of the last digit
// of 1; beyond the bound it is 1 in float.
PRISMAP_INLINE Vector normalShare(Vector x) {
  const Vector z = clamp(x * 0.707106781f, 3.83250689f), s = z * z;
  Vector p = s * -2.72614225801306e-10f + 2.77068142495902e-08f;
  p = p * s - 2.10102402082508e-06f;
  p = p * s - 5.69250639462346e-05f;
  p = p * s - 7.34990630326855e-04f;
  p = p * s - 2.95459980854025e-03f;
  p = p * s - 1.60960333262415e-02f;
  Vector q = s * -1.45660718464996e-05f - 2.13374055278905e-04f;
  q = q * s - 1.68282697438203e-03f;
  q = q * s - 7.37332916720468e-03f;
  q = q * s - 1.42647390514189e-02f;
  return 0.5f + 0.5f * (z * p * reciprocal(q));
}

// φ(x)
PRISMAP_INLINE Vector normalDensity(Vector x) {
  const Vector bounded = clamp(x, 13.0f);  // beyond it the density is nothing beside 1
  return exponential(bounded * bounded * -0.5f) * 0.398942280f;
}

}  // namespace

void geluForward(const Span& rows, const float* x, const float* bias, float* y) {
  for (int64_t row = rows.first; row < rows.last; row++) {
    const int64_t at = row * rows.channels;
    eachVector(rows.channels, [&](int64_t i, int lanes) {
      const Vector g = load(x + at + i, lanes) + load(bias + i, lanes);
      store(y + at + i, g * normalShare(g), lanes);
    });
  }
}

void geluBackward(const Span& rows, const float* x, const float* bias, const float* gy, float* gx, float* sums) {
  for (int64_t row = rows.first; row < rows.last; row++) {
    const int64_t at = row * rows.channels;
    eachVector(rows.channels, [&](int64_t i, int lanes) {
      const Vector g = load(x + at + i, lanes) + load(bias + i, lanes);
      const Vector slope = normalShare(g) + g * normalDensity(g), gradient = load(gy + at + i, lanes) * slope;
      store(gx + at + i, gradient, lanes);
      store(sums + i, load(sums + i, lanes) + gradient, lanes);
    });
  }
}

void addBias(const Span& rows, const float* bias, float* x) {
  for (int64_t row = rows.first; row < rows.last; row++) {
    float* at = x + row * rows.channels;
    eachVector(rows.channels,
               [&](int64_t i, int lanes) { store(at + i, load(at + i, lanes) + load(bias + i, lanes), lanes); });
  }
}

void sumRows(const Span& rows, const float* x, float* sums) {
  for (int64_t row = rows.first; row < rows.last; row++) {
    const float* at = x + row * rows.channels;
    eachVector(rows.channels,
               [&](int64_t i, int lanes) { store(sums + i, load(sums + i, lanes) + load(at + i, lanes), lanes); });
  }
}

}  // namespace PRISMAP_ISA
}  // namespace prismap
