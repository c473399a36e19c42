// Vectors of floats, as wide as the instruction set that the translation unit is compiled for, and the few functions
// that the kernels need. Each unit is compiled several times; everything lies in a namespace named after its set.
#pragma once
#include <cstdint>
#include <cstring>
#if defined(__AVX2__)
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

PRISMAP_INLINE Vector select(Integers mask, Vector yes, Vector no) { return mask ? yes : no; }

#if defined(__AVX2__) && !defined(__AVX512F__)
PRISMAP_INLINE __m256i firstLanes(int lanes) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(lanes), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
#endif

// The first `lanes` floats of memory; zeros behind them.
PRISMAP_INLINE Vector load(const float* from, int lanes) {
  Vector x = {};
  if (lanes == kLanes) {
    memcpy(&x, from, sizeof x);
  } else {
#if defined(__AVX512F__)
    x = (Vector)_mm512_maskz_loadu_ps((1u << lanes) - 1, from);
#elif defined(__AVX2__)
    x = (Vector)_mm256_maskload_ps(from, firstLanes(lanes));
#else
    memcpy(&x, from, lanes * sizeof(float));
#endif
  }
  return x;
}

PRISMAP_INLINE void store(float* to, Vector x, int lanes) {
  if (lanes == kLanes) {
    memcpy(to, &x, sizeof x);
  } else {
#if defined(__AVX512F__)
    _mm512_mask_storeu_ps(to, (1u << lanes) - 1, (__m512)x);
#elif defined(__AVX2__)
    _mm256_maskstore_ps(to, firstLanes(lanes), (__m256)x);
#else
    memcpy(to, &x, lanes * sizeof(float));
#endif
  }
}

// Lane i is lane from[i] of a, or of b where from[i] >= kLanes.
PRISMAP_INLINE Vector shuffle(Vector a, Vector b, Integers from) {
#if defined(__clang__)  // has no __builtin_shuffle, but makes one of this
  Vector x;
  for (int i = 0; i < kLanes; i++) x[i] = from[i] < kLanes ? a[from[i]] : b[from[i] - kLanes];
  return x;
#else
  return __builtin_shuffle(a, b, from);
#endif
}

PRISMAP_INLINE float sumLanes(Vector x) {
#if defined(__AVX512F__)
  return _mm512_reduce_add_ps((__m512)x);
#else
  for (int half = kLanes / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; i++) x[i] += x[i + half];
  }
  return x[0];
#endif
}

#if defined(__AVX512F__)

// 2^x for |x| <= 1/64 is, to a relative 6e-8, kPowers[0] · ((x + kVertex)² + kRest), and exactly 1 at 0: with the square
// completed, the minimax polynomial of degree 2 takes one operation less.
constexpr float kVertex = 1.44271088f, kRest = 2.08130884f;
// Its factor · 2^(i / 32): two registers, looked up by the five lowest bits of a lane.
alignas(64) constexpr float kPowers[32] = {
    0.240227342f, 0.24548763f, 0.250863105f, 0.256356299f,
    0.261969775f, 0.267706156f, 0.273568153f, 0.279558539f,
    0.285680056f, 0.291935652f, 0.298328191f, 0.304860741f,
    0.311536312f, 0.318358064f, 0.325329214f, 0.332452983f,
    0.339732766f, 0.347171932f, 0.354774028f, 0.36254257f,
    0.370481193f, 0.378593683f, 0.386883825f, 0.395355463f,
    0.40401262f, 0.41285935f, 0.421899796f, 0.431138188f,
    0.440578878f, 0.450226307f, 0.460084975f, 0.470159531f,
};
// 1.5 · 2^18: adding it rounds to whole 32nds, whose count is then in the lowest bits.
constexpr float kTo32nds = 393216.0f;

// 2^(whole + x), where whole = shifted - kTo32nds and fromVertex = x + kVertex; 0 far below 2^-126.
PRISMAP_INLINE Vector exp2Table(Vector shifted, Vector whole, Vector fromVertex) {
  const __m512 low = _mm512_load_ps(kPowers), high = _mm512_load_ps(kPowers + 16);
  const Vector power = (Vector)_mm512_permutex2var_ps(low, (__m512i)shifted, high);
  return (Vector)_mm512_scalef_ps((__m512)(power * (fromVertex * fromVertex + kRest)), (__m512)whole);
}

// 2^(a · b) for a · b <= 126, to a relative 2.5e-7; the product is not rounded.
PRISMAP_INLINE Vector exp2Product(Vector a, Vector b) {
  const Vector shifted = a * b + kTo32nds, whole = shifted - kTo32nds;
  return exp2Table(shifted, whole, a * b + (kVertex - whole));
}

// e^x for x <= 87, to a relative 2.8e-7: the last product brings back what rounding log2(e) lost.
PRISMAP_INLINE Vector exponential(Vector x) {
  const Vector shifted = x * kLog2E + kTo32nds, whole = shifted - kTo32nds;
  return exp2Table(shifted, whole, x * kLog2E + (kVertex - whole) + x * kLog2ELow);
}

// 1 / x to about the last digit; a division takes far longer.
PRISMAP_INLINE Vector reciprocal(Vector x) {
  const Vector near = (Vector)_mm512_rcp14_ps((__m512)x);
  return near + near * (1.0f - x * near);
}

#else

// 2^f for f in [-1/2, 1/2]: minimax polynomial of degree 5 that is exactly 1 at 0; relative error 9.2e-8.
PRISMAP_INLINE Vector exp2Fraction(Vector f) {
  Vector p = f * 0.001326473096507285f + 0.009671512761337323f;
  p = p * f + 0.05550733727942546f;
  p = p * f + 0.24022242082764314f;
  p = p * f + 0.6931469776146083f;
  return p * f + 1.0f;
}

// 2^x · 2^correction for x <= 126 and a tiny correction; 0 below -126.
PRISMAP_INLINE Vector exp2(Vector x, Vector correction) {
  const Vector bounded = select(x < -127.0f, broadcast(-127.0f), x);
  const Vector shifted = bounded + 12582912.0f;  // 1.5 · 2^23: adding it rounds to an integer
  const Vector whole = shifted - 12582912.0f;
  const Vector p = exp2Fraction(bounded - whole + correction);
  const Vector scaled = (Vector)(((Integers)shifted << 23) + (Integers)p);
  return select(x < -126.0f, Vector{}, scaled);
}

// 2^(a · b) for a · b <= 126.
PRISMAP_INLINE Vector exp2Product(Vector a, Vector b) { return exp2(a * b, Vector{}); }

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

PRISMAP_INLINE Vector reciprocal(Vector x) { return 1.0f / x; }

#endif

PRISMAP_INLINE Vector maximum(Vector x, float bound) {
#if defined(__AVX512F__)
  return (Vector)_mm512_max_ps(_mm512_set1_ps(bound), (__m512)x);  // in this order NaN stays NaN
#else
  return select(x < bound, broadcast(bound), x);
#endif
}

// e^-|x|
PRISMAP_INLINE Vector exponentialOfMinusMagnitude(Vector x) {
  return exponential((Vector)((Integers)x | INT32_MIN));  // sets the sign
}

// softplus(x) = max(x, 0) + log1p(e), where e = e^-|x|. log1p(e) = e (1 + e q(e)), q a minimax polynomial on [0, 1]: keeps
// the digits of a tiny result, relative error 1.6e-7.
PRISMAP_INLINE Vector softplus(Vector x, Vector e) {
  Vector p = e * 0.00536481664f - 0.0300657637f;
  p = p * e + 0.0792044923f;
  p = p * e - 0.137537986f;
  p = p * e + 0.191536531f;
  p = p * e - 0.248571634f;
  p = p * e + 0.33321324f;
  p = p * e - 0.499996483f;
  p = p * e + 1.0f;
  return p * e + maximum(x, 0.0f);
}

// Its derivative, sigmoid(x).
PRISMAP_INLINE Vector softplusSlope(Vector x, Vector e) {
  return select(x < 0.0f, e, broadcast(1.0f)) * reciprocal(1.0f + e);
}

// e^-x, bounded so that 1 + e^-x has a reciprocal
PRISMAP_INLINE Vector boundedExponentialOfMinus(Vector x) { return exponential(-maximum(x, -87.0f)); }

PRISMAP_INLINE Vector sigmoid(Vector x) { return reciprocal(1.0f + boundedExponentialOfMinus(x)); }

}  // namespace PRISMAP_ISA
}  // namespace prismap
