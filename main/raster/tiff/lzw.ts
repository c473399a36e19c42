// LZW of TIFF 6.0 (codes with the most significant bit first, the width changing one code early) and its older form of
// TIFF 5 writers (least significant bit first, changing late). Output goes straight into a buffer of known size: a string
// is copied from where it was first written, so no chain of links can grow without bound.

const clearCode = 256;
const endCode = 257;
const tableSize = 4097;

/** Start and length in the output of the string that each code stands for. */
const starts = new Int32Array(tableSize);
const lengths = new Int32Array(tableSize);

/**
 * Decodes into `output` and returns how many bytes it wrote; fewer than its length means that the data ended early.
 * Codes that are not yet defined end the decoding with -1.
 */
export function decodeLzw(input: Uint8Array, output: Uint8Array): number {
  const old = input.length >= 2 && input[0] === 0 && (input[1]! & 1) === 1;
  return old ? decodeOld(input, output) : decodeNew(input, output);
}

function decodeNew(input: Uint8Array, output: Uint8Array): number {
  const end = input.length;
  const size = output.length;
  let position = 0;
  let bits = 0;
  let held = 0;
  let width = 9;
  let next = 258;
  let written = 0;
  let previous = -1;
  while (written < size) {
    while (held < width) {
      if (position >= end) return written;
      bits = ((bits << 8) | input[position++]!) & 0xffffff;
      held += 8;
    }
    held -= width;
    const code = (bits >>> held) & ((1 << width) - 1);
    if (code === clearCode) {
      width = 9;
      next = 258;
      previous = -1;
      continue;
    }
    if (code === endCode) return written;
    const start = written;
    if (code < 256) output[written++] = code;
    else {
      if (code > next || previous < 0 || (code === next && next >= tableSize)) return -1;
      // The string of the code being defined now is the previous one and its own first byte.
      const from = code === next ? previous : starts[code]!;
      const length = code === next ? start - previous + 1 : lengths[code]!;
      written = copy(output, from, start, length);
    }
    if (previous >= 0 && next < tableSize) {
      starts[next] = previous;
      lengths[next++] = start - previous + 1;
      if (next === 511) width = 10;
      else if (next === 1023) width = 11;
      else if (next === 2047) width = 12;
    }
    previous = start;
  }
  return written;
}

/** Copies within `output` up to its end, byte by byte because the two parts may overlap; returns the new end. */
function copy(output: Uint8Array, from: number, to: number, length: number): number {
  const stop = to + length < output.length ? to + length : output.length;
  while (to < stop) output[to++] = output[from++]!;
  return to;
}

function decodeOld(input: Uint8Array, output: Uint8Array): number {
  const end = input.length;
  const size = output.length;
  let position = 0;
  let bits = 0;
  let held = 0;
  let width = 9;
  let next = 258;
  let written = 0;
  let previous = -1;
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
      next = 258;
      previous = -1;
      continue;
    }
    if (code === endCode) return written;
    const start = written;
    if (code < 256) output[written++] = code;
    else {
      if (code > next || previous < 0 || (code === next && next >= tableSize)) return -1;
      const from = code === next ? previous : starts[code]!;
      const length = code === next ? start - previous + 1 : lengths[code]!;
      written = copy(output, from, start, length);
    }
    if (previous >= 0 && next < tableSize) {
      starts[next] = previous;
      lengths[next++] = start - previous + 1;
      if (next === 512) width = 10;
      else if (next === 1024) width = 11;
      else if (next === 2048) width = 12;
    }
    previous = start;
  }
  return written;
}
