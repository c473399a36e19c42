// What is done with the samples of a decoded block, on plain arrays.
#pragma once
#include <cstddef>
#include <cstdint>

namespace prismap {

// Undoes predictor 2 (TIFF 6.0 section 14) in place: in each whole row of `rowSamples` samples, `samples` of them
// interleaved, adds to every sample the one before it. Sums wrap around.
template <typename T>
void undoDifferences(T* values, size_t count, size_t samples, size_t rowSamples);

// A rectangle of an interleaved block and where its samples go in the arrays of bands, counted in samples.
struct Region {
  size_t fromStride, samples, to, toStride, width, height;
};

// Copies bands of a rectangle: band i begins at source[firsts[i]] and goes to targets[i].
template <typename T>
void gather(const T* source, T* const* targets, const size_t* firsts, size_t bands, const Region& region);

}  // namespace prismap
