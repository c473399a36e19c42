// Vectors of floats, as wide as the instruction set that the translation unit is compiled for, and the few functions
// that the kernels need. Each unit is compiled several times; everything lies in a namespace named after its set.
#pragma once
#include <cstdint>
#include <cstring>
#if defined(__AVX512F__)
#include <immintrin.h>
#endif

#ifndef PRISMAP_ISA
#error "compile with -DPRISMAP_ISA=name of the instruction set"
#endif
#define PRISMAP_INLINE inline __attribute__((always_inline))

namespace prismap {
namespace PRISMAP_ISA {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX2__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;  // SSE2, NEON
#endif

typedef float Vector __attribute__((vector_size(kLanes * 4)));
typedef int32_t Integers __attribute__((vector_size(kLanes * 4)));

constexpr float kLog2E = 1.44269504f;       // log2(e), rounded
constexpr float kLog2ELow = 1.92596299e-8f;  // what the rounding left

PRISMAP_INLINE Vector broadcast(float x) { return Vector{} + x; }

PRISMAP_INLINE Vector select(Integers mask, Vector yes, Vector no) {
  return (Vector)((mask & (Integers)yes) | (~mask & (Integers)no));
}

// The first `lanes` floats of memory; zeros behind them.
PRISMAP_INLINE Vector load(const float* from, int lanes) {
  Vector x = {};
  if (lanes == kLanes) {
    memcpy(&x, from, sizeof x);
  } else {
    memcpy(&x, from, lanes * sizeof(float));
  }
  return x;
}

PRISMAP_INLINE void store(float* to, Vector x, int lanes) {
  if (lanes == kLanes) {
    memcpy(to, &x, sizeof x);
  } else {
    memcpy(to, &x, lanes * sizeof(float));
  }
}

PRISMAP_INLINE float sumLanes(Vector x) {
  float sum = 0;
  for (int i = 0; i < kLanes; i++) sum += x[i];
  return sum;
}

// 2^f for f in [-1/2, 1/2]: minimax polynomial of degree 5 that is exactly 1 at 0; relative error 9.2e-8.
PRISMAP_INLINE Vector exp2Fraction(Vector f) {
  Vector p = f * 0.001326473096507285f + 0.009671512761337323f;
  p = p * f + 0.05550733727942546f;
  p = p * f + 0.24022242082764314f;
  p = p * f + 0.6931469776146083f;
  return p * f + 1.0f;
}

// 2^x · 2^correction for x <= 126 and a tiny correction; 0 far below -126.
PRISMAP_INLINE Vector exp2(Vector x, Vector correction) {
#if defined(__AVX512F__)
  const Vector whole = (Vector)_mm512_roundscale_ps((__m512)x, 0);
  const Vector p = exp2Fraction(x - whole + correction);
  return (Vector)_mm512_scalef_ps((__m512)p, (__m512)whole);
#else
  const Vector bounded = select(x < -127.0f, broadcast(-127.0f), x);
  const Vector shifted = bounded + 12582912.0f;  // 1.5 · 2^23: adding it rounds to an integer
  const Vector whole = shifted - 12582912.0f;
  const Vector p = exp2Fraction(bounded - whole + correction);
  const Vector scaled = (Vector)(((Integers)shifted << 23) + (Integers)p);
  return select(x < -126.0f, Vector{}, scaled);
#endif
}

PRISMAP_INLINE Vector exp2(Vector x) { return exp2(x, Vector{}); }

// e^x for x <= 87, to float precision: the second product brings back what rounding x · log2(e) lost.
PRISMAP_INLINE Vector exponential(Vector x) {
  const Vector product = x * kLog2E;
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
  const Vector lost = x * kLog2E - product;  // contracted to one rounding
  return exp2(product, lost + x * kLog2ELow);
#else
  return exp2(product, x * kLog2ELow);
#endif
}

// softplus(x) = max(x, 0) + log1p(e^-|x|), with log1p(y) = 2 artanh(y / (2 + y)): keeps the digits of a tiny result.
// `slope` receives its derivative, sigmoid(x).
PRISMAP_INLINE Vector softplus(Vector x, Vector* slope) {
  const Integers negative = x < 0.0f;
  const Vector e = exponential(select(negative, x, -x));
  *slope = select(negative, e, broadcast(1.0f)) / (1.0f + e);
  const Vector s = e / (2.0f + e);
  const Vector s2 = s * s;
  Vector p = s2 * (1.0f / 13) + (1.0f / 11);
  p = p * s2 + (1.0f / 9);
  p = p * s2 + (1.0f / 7);
  p = p * s2 + (1.0f / 5);
  p = p * s2 + (1.0f / 3);
  p = p * s2 + 1.0f;
  return select(negative, Vector{}, x) + 2.0f * s * p;
}

PRISMAP_INLINE Vector sigmoid(Vector x) {
  const Integers negative = x < 0.0f;
  const Vector e = exponential(select(negative, x, -x));
  return select(negative, e, broadcast(1.0f)) / (1.0f + e);
}

}  // namespace PRISMAP_ISA
}  // namespace prismap
