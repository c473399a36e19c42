#include "lzw.h"

#include <cstring>

namespace prismap {
namespace {

constexpr uint32_t kClear = 256, kEnd = 257, kTable = 4096;
constexpr size_t kStep = 16;  // bytes copied at once

// Through a copy: source and target may overlap.
inline void copyStep(uint8_t* to, const uint8_t* from) {
  uint8_t held[kStep];
  memcpy(held, from, kStep);
  memcpy(to, held, kStep);
}

// Where in the output the string of a code was first written.
struct String {
  size_t start, length;
};

// Codes of growing width, most significant bit first as in TIFF 6.0 or least significant first as writers of TIFF 5 did.
template <bool old>
class Codes {
 public:
  Codes(const uint8_t* input, size_t length) : input_(input), length_(length) {}

  // The next code; false at the end of the input.
  bool next(unsigned width, uint32_t* code) {
    if (held_ < width && !fill(width)) return false;
    const uint64_t bits = old ? bits_ : bits_ >> (64 - width);
    *code = static_cast<uint32_t>(bits & ((1u << width) - 1));
    bits_ = old ? bits_ >> width : bits_ << width;
    held_ -= width;
    return true;
  }

 private:
  // At least `width` bits; the new ones lie behind the held ones, which fill bits_ from its first end.
  bool fill(unsigned width) {
    if (length_ - at_ >= 8) {
      uint64_t word;
      memcpy(&word, input_ + at_, 8);
      word = inOrder(word);
      const unsigned bytes = (63 - held_) / 8;
      bits_ |= old ? word << held_ : word >> held_;
      at_ += bytes;
      held_ += 8 * bytes;
      // What lies behind the whole bytes taken comes again with the next word: the same bits, so OR leaves them right.
      return true;
    }
    while (held_ <= 56 && at_ < length_) {
      const uint64_t byte = input_[at_++];
      bits_ |= old ? byte << held_ : byte << (56 - held_);
      held_ += 8;
    }
    return held_ >= width;
  }

  static uint64_t inOrder(uint64_t word) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return old ? word : __builtin_bswap64(word);
#else
    return old ? __builtin_bswap64(word) : word;
#endif
  }

  const uint8_t* const input_;
  const size_t length_;
  size_t at_ = 0;
  uint64_t bits_ = 0;
  unsigned held_ = 0;
};

template <bool old>
int64_t decode(const uint8_t* input, size_t length, uint8_t* output, size_t size) {
  // Each code is defined before the current one is used: as the previous string and the byte after it, which is right
  // even where that byte is only about to be written. The first definition after a clear code goes to the unused slot of
  // the end code; once the table is full, to the slot behind it. No slot is read before it was written.
  String strings[kTable + 1];
  Codes<old> codes(input, length);
  String last = {0, 0};
  unsigned width = 9;
  uint32_t next = kEnd;
  size_t written = 0;
  while (written < size) {
    uint32_t code;
    if (!codes.next(width, &code)) return written;
    if (code < 256) {
      strings[next] = {last.start, last.length + 1};
      last = {written, 1};
      output[written++] = static_cast<uint8_t>(code);
    } else if (code > kEnd) {
      if (code > next || next == kEnd) return -1;
      strings[next] = {last.start, last.length + 1};
      const String string = strings[code];
      last = {written, string.length};
      const uint8_t* from = output + string.start;
      uint8_t* to = output + written;
      if (code != next && size - written >= string.length + kStep) {
        // The string lies wholly before `to`; what is copied past its end is overwritten later.
        for (size_t i = 0; i < string.length; i += kStep) copyStep(to + i, from + i);
        written += string.length;
      } else {
        const size_t rest = size - written < string.length ? size - written : string.length;
        for (size_t i = 0; i < rest; i++) to[i] = from[i];
        written += rest;
      }
    } else if (code == kClear) {
      width = 9;
      next = kEnd;
      continue;
    } else {
      return written;
    }
    if (next < kTable) next++;
    // The newer form widens one code early.
    if (next + (old ? 0 : 1) == 1u << width && width < 12) width++;
  }
  return written;
}

}  // namespace

int64_t decodeLzw(const uint8_t* input, size_t length, uint8_t* output, size_t size) {
  const bool old = length >= 2 && input[0] == 0 && (input[1] & 1) == 1;
  return old ? decode<true>(input, length, output, size) : decode<false>(input, length, output, size);
}

}  // namespace prismap
