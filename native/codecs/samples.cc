#include "samples.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace prismap {
namespace {

// Sums down the pixels of a row for `columns` neighbouring samples, which stay in registers.
template <int columns, typename T>
void sumColumns(T* row, size_t samples, size_t rowSamples) {
  T sums[columns] = {};
  for (size_t i = 0; i < rowSamples; i += samples) {
    for (int j = 0; j < columns; j++) sums[j] += row[i + j];
    memcpy(row + i, sums, sizeof sums);
  }
}

// As many samples as fit sixteen bytes: a register of SSE2 and NEON.
template <typename T>
struct Sixteen {
  typedef T Vector __attribute__((vector_size(16)));
  static constexpr size_t lanes = 16 / sizeof(T);
};

// a[from], b[from], a[from + 1], b[from + 1], …: one instruction.
template <size_t from, typename Vector, size_t... lane>
inline Vector interleave(Vector a, Vector b, std::index_sequence<lane...>) {
  return Vector{(lane % 2 == 0 ? a[from + lane / 2] : b[from + lane / 2])...};
}

// Transposes a square: sample i of pixel j, which begins at from + j · samples, goes to targets[i][at + j].
template <typename T>
inline void transposeSquare(const T* from, size_t samples, T* const* targets, size_t at) {
  constexpr size_t lanes = Sixteen<T>::lanes;
  const std::make_index_sequence<lanes> every;
  typename Sixteen<T>::Vector rows[lanes], mixed[lanes];
  for (size_t i = 0; i < lanes; i++) memcpy(&rows[i], from + i * samples, sizeof rows[i]);
  // Interleaving row i with row i + lanes/2 turns the bits of (row, lane) by one place; log2(lanes) turns swap the two.
  for (size_t step = 1; step < lanes; step *= 2) {
    for (size_t i = 0; i < lanes / 2; i++) {
      mixed[2 * i] = interleave<0>(rows[i], rows[i + lanes / 2], every);
      mixed[2 * i + 1] = interleave<lanes / 2>(rows[i], rows[i + lanes / 2], every);
    }
    for (size_t i = 0; i < lanes; i++) rows[i] = mixed[i];
  }
  for (size_t i = 0; i < lanes; i++) memcpy(targets[i] + at, &rows[i], sizeof rows[i]);
}

template <typename T>
inline void gatherRow(const T* from, size_t samples, T* to, size_t width) {
  if (samples == 1) {
    memcpy(to, from, width * sizeof(T));
  } else {
    for (size_t i = 0; i < width; i++) to[i] = from[i * samples];
  }
}

// One row of `bands` neighbouring bands, at least as many as lanes; the last squares may overlap those before.
template <typename T>
inline void gatherNeighbours(const T* from, size_t samples, T* const* targets, size_t bands, size_t at, size_t width) {
  constexpr size_t lanes = Sixteen<T>::lanes;
  const size_t whole = width - width % lanes;
  for (size_t next = 0; next < bands; next += lanes) {
    const size_t band = std::min(next, bands - lanes);
    for (size_t x = 0; x < whole; x += lanes) {
      transposeSquare(from + x * samples + band, samples, targets + band, at + x);
    }
  }
  for (size_t band = 0; band < bands; band++) {
    gatherRow(from + whole * samples + band, samples, targets[band] + at + whole, width - whole);
  }
}

// How many bands from the first on lie side by side in a pixel.
size_t neighbours(const size_t* firsts, size_t bands) {
  size_t count = 1;
  while (count < bands && firsts[count] == firsts[0] + count) count++;
  return count;
}

}  // namespace

template <typename T>
void undoDifferences(T* values, size_t count, size_t samples, size_t rowSamples) {
  for (T* row = values; count >= rowSamples; row += rowSamples, count -= rowSamples) {
    size_t column = 0;
    for (; column + 8 <= samples; column += 8) sumColumns<8>(row + column, samples, rowSamples);
    for (; column + 4 <= samples; column += 4) sumColumns<4>(row + column, samples, rowSamples);
    for (; column < samples; column++) sumColumns<1>(row + column, samples, rowSamples);
  }
}

template <typename T>
void gather(const T* source, T* const* targets, const size_t* firsts, size_t bands, const Region& region) {
  // Bands within rows: a row of a block stays in the nearest cache until all its bands are taken.
  for (size_t row = 0; row < region.height; row++) {
    const T* from = source + row * region.fromStride;
    const size_t to = region.to + row * region.toStride;
    for (size_t band = 0; band < bands;) {
      const size_t run = neighbours(firsts + band, bands - band);
      if (run >= Sixteen<T>::lanes) {
        gatherNeighbours(from + firsts[band], region.samples, targets + band, run, to, region.width);
        band += run;
      } else {
        gatherRow(from + firsts[band], region.samples, targets[band] + to, region.width);
        band++;
      }
    }
  }
}

#define PRISMAP_SAMPLES(T)                                                              \
  template void undoDifferences<T>(T*, size_t, size_t, size_t);                          \
  template void gather<T>(const T*, T* const*, const size_t*, size_t, const Region&);
PRISMAP_SAMPLES(uint8_t)
PRISMAP_SAMPLES(uint16_t)
PRISMAP_SAMPLES(uint32_t)
PRISMAP_SAMPLES(uint64_t)

}  // namespace prismap
