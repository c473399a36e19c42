// LZW of TIFF, on plain arrays.
#pragma once
#include <cstddef>
#include <cstdint>

namespace prismap {

// Decodes into `output` and returns how many bytes it wrote, at most `size`; fewer mean that the data ended early, -1 that
// they hold a code which is not yet defined. Same results as main/raster/tiff/lzw.ts, whatever the input.
int64_t decodeLzw(const uint8_t* input, size_t length, uint8_t* output, size_t size);

}  // namespace prismap
