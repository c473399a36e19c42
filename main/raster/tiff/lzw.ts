// LZW of TIFF 6.0 (codes with the most significant bit first, the width changing one code early) and its older form of
// TIFF 5 writers (least significant bit first, changing late). Output goes straight into a buffer of known size: a string
// is copied from where it was first written, so no chain of links can grow without bound.

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
export function decodeLzw(input: Uint8Array, output: Uint8Array): number {
  const old = input.length >= 2 && input[0] === 0 && (input[1]! & 1) === 1;
  return old ? decodeOld(input, output) : decodeNew(input, output);
}

// Both loops define the next code before they use the current one: the code being defined is the previous string and the
// byte after it, which is right even where that byte is only about to be written. After a clear code the first definition
// goes to the unused slot of the end code; once the table is full, to the slot behind it.

// eslint-disable-next-line complexity -- one loop: a call for each code would cost more than the decoding
function decodeNew(input: Uint8Array, output: Uint8Array): number {
  const end = input.length;
  const size = output.length;
  let position = 0;
  let bits = 0;
  let held = 0;
  let width = 9;
  let limit = 511;
  let next = endCode;
  let written = 0;
  let start = 0;
  let length = 0;
  while (written < size) {
    if (held < width) {
      if (position + 1 < end) {
        bits = (bits << 16) | (input[position]! << 8) | input[position + 1]!;
        held += 16;
      } else if (position < end) {
        bits = (bits << 8) | input[position]!;
        held += 8;
        if (held < width) return written;
      } else return written;
      position += 2;
    }
    held -= width;
    const code = (bits >>> held) & ((1 << width) - 1);
    if (code < 256) {
      starts[next] = start;
      lengths[next] = length + 1;
      start = written;
      length = 1;
      output[written++] = code;
    } else if (code > endCode) {
      if (code > next || next === endCode) return -1;
      starts[next] = start;
      lengths[next] = length + 1;
      start = written;
      let from = starts[code]!;
      length = lengths[code]!;
      // Every string has two bytes or more; what goes past the end of a typed array is dropped.
      output[written] = output[from]!;
      output[written + 1] = output[from + 1]!;
      const stop = written + length < size ? written + length : size;
      written += 2;
      from += 2;
      while (written < stop) output[written++] = output[from++]!;
    } else if (code === clearCode) {
      width = 9;
      limit = 511;
      next = endCode;
      continue;
    } else return written;
    if (next < tableSize) next++;
    if (next === limit && width < 12) {
      width++;
      limit = (1 << width) - 1;
    }
  }
  return size;
}

// eslint-disable-next-line complexity -- one loop: a call for each code would cost more than the decoding
function decodeOld(input: Uint8Array, output: Uint8Array): number {
  const end = input.length;
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
      if (position >= end) return written;
      bits |= input[position++]! << held;
      held += 8;
    }
    const code = bits & ((1 << width) - 1);
    bits >>>= width;
    held -= width;
    if (code === clearCode) {
      width = 9;
      next = endCode;
      continue;
    }
    if (code === endCode) return written;
    if (next < tableSize) {
      starts[next] = start;
      lengths[next] = length + 1;
    }
    start = written;
    if (code < 256) {
      output[written++] = code;
      length = 1;
    } else {
      if (code > next || code >= tableSize || next === endCode) return -1;
      let from = starts[code]!;
      length = lengths[code]!;
      const stop = written + length < size ? written + length : size;
      while (written < stop) output[written++] = output[from++]!;
    }
    if (next < tableSize) next++;
    if (next === 512) width = 10;
    else if (next === 1024) width = 11;
    else if (next === 2048) width = 12;
  }
  return written;
}
