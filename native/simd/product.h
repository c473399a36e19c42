// A tile of a matrix product that stays in the registers: what attention is made of.
#pragma once
#include "vector.h"

namespace prismap {
namespace PRISMAP_ISA {

#if defined(__AVX512F__)
constexpr int kTileRows = 6, kTileVectors = 4;  // 24 sums, 4 operands and a factor in 32 registers
#else
constexpr int kTileRows = 4, kTileVectors = 2;
#endif
constexpr int kTileColumns = kTileVectors * kLanes;

// out (rows, columns) = or += a · b. `a` is read at row · aRow + k · aStep, `b` at k · bStep + column.
struct Tiles {
  int64_t depth;
  const float* a;
  int64_t aRow, aStep;
  const float* b;
  int64_t bStep;
  float* out;
  int64_t outRow;
  bool adds;
};

template <int kRows, int kVectors>
PRISMAP_INLINE void multiplyTile(const Tiles& t) {
  Vector sums[kRows][kVectors];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; r++) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; v++) sums[r][v] = t.adds ? load(t.out + r * t.outRow + v * kLanes, kLanes) : Vector{};
  }
  const float *a = t.a, *b = t.b;
  const int64_t depth = t.depth, aRow = t.aRow, aStep = t.aStep, bStep = t.bStep;
  for (int64_t k = 0; k < depth; k++, a += aStep, b += bStep) {
    Vector values[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; v++) values[v] = load(b + v * kLanes, kLanes);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; r++) {
      const float factor = a[r * aRow];  // a scalar: broadcast from memory, on no port that multiplies
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; v++) sums[r][v] += values[v] * factor;
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; r++) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; v++) store(t.out + r * t.outRow + v * kLanes, sums[r][v], kLanes);
  }
}

// All rows of a panel of kVectors whole vectors of columns.
template <int kVectors>
inline void multiplyPanel(Tiles t, int64_t rows) {
  int64_t row = 0;
  for (; row + kTileRows <= rows; row += kTileRows) {
    multiplyTile<kTileRows, kVectors>(t);
    t.a += kTileRows * t.aRow;
    t.out += kTileRows * t.outRow;
  }
  for (; row < rows; row++) {
    multiplyTile<1, kVectors>(t);
    t.a += t.aRow;
    t.out += t.outRow;
  }
}

// Rows times `columns`, a multiple of kLanes that b and out have room for.
inline void multiplyAll(Tiles t, int64_t rows, int64_t columns) {
  int64_t column = 0;
  for (; column + kTileColumns <= columns; column += kTileColumns) {
    multiplyPanel<kTileVectors>(t, rows);
    t.b += kTileColumns;
    t.out += kTileColumns;
  }
  for (; column < columns; column += kLanes) {
    multiplyPanel<1>(t, rows);
    t.b += kLanes;
    t.out += kLanes;
  }
}

// The same, the depth in pieces whose part of b stays in the first-level cache while all rows pass over it.
inline void multiplyDeep(Tiles t, int64_t rows, int64_t columns) {
  constexpr int64_t kPiece = 96;
  const int64_t depth = t.depth;
  for (int64_t first = 0; first < depth; first += kPiece) {
    t.depth = depth - first < kPiece ? depth - first : kPiece;
    multiplyAll(t, rows, columns);
    t.a += t.depth * t.aStep;
    t.b += t.depth * t.bStep;
    t.adds = true;
  }
}

}  // namespace PRISMAP_ISA
}  // namespace prismap
