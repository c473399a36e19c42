// LZW of TIFF 6.0 (codes with the most significant bit first, the width changing one code early) and its older form of
// TIFF 5 writers (least significant bit first, changing late). Output goes straight into a buffer of known size: a string
// is copied from where it was first written, so no chain of links can grow without bound. `native/codecs/lzw.cc` does the
// same several times as fast.

const clearCode = 256;
const endCode = 257;
const tableSize = 4096;

/** Start and length in the output of the string that each code stands for. */
const starts = new Int32Array(tableSize + 1);
const lengths = new Int32Array(tableSize + 1);

/**
 * Decodes into `output` and returns how many bytes it wrote; fewer than its length means that the data ended early.
 * Codes that are not yet defined end the decoding with -1.
 */
// eslint-disable-next-line complexity -- one loop: a call for each code would cost more than the decoding
export function decodeLzw(input: Uint8Array, output: Uint8Array): number {
  const old = input.length >= 2 && input[0] === 0 && (input[1]! & 1) === 1;
  const size = output.length;
  let position = 0;
  let bits = 0;
  let held = 0;
  let width = 9;
  let next = endCode;
  let written = 0;
  let start = 0;
  let length = 0;
  while (written < size) {
    while (held < width) {
      if (position >= input.length) return written;
      const byte = input[position++]!;
      bits = old ? bits | (byte << held) : (bits << 8) | byte;
      held += 8;
    }
    held -= width;
    const code = (old ? bits : bits >>> held) & ((1 << width) - 1);
    if (old) bits >>>= width;
    if (code === endCode) return written;
    if (code === clearCode) {
      width = 9;
      next = endCode;
      continue;
    }
    if (code > endCode && (code > next || next === endCode)) return -1;
    // The next code is defined before the current one is used: as the previous string and the byte after it, which is
    // right even where that byte is only about to be written. After a clear code the first definition goes to the unused
    // slot of the end code; once the table is full, to the slot behind it.
    starts[next] = start;
    lengths[next] = length + 1;
    start = written;
    if (code < 256) {
      output[written++] = code;
      length = 1;
    } else {
      let from = starts[code]!;
      length = lengths[code]!;
      const stop = Math.min(written + length, size);
      while (written < stop) output[written++] = output[from++]!;
    }
    if (next < tableSize) next++;
    if (next + (old ? 0 : 1) === 1 << width && width < 12) width++;
  }
  return written;
}
