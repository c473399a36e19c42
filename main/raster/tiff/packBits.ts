/**
 * Decodes PackBits (TIFF 6.0 section 9) into `output` and returns how many bytes it wrote; fewer than its length means
 * that the data ended early.
 */
export function decodePackBits(input: Uint8Array, output: Uint8Array): number {
  const size = output.length;
  let position = 0;
  let written = 0;
  while (written < size && position < input.length) {
    const count = input[position++]!;
    if (count === 128) continue;
    if (count > 128) {
      if (position >= input.length) return written;
      const stop = Math.min(size, written + 257 - count);
      output.fill(input[position++]!, written, stop);
      written = stop;
    } else {
      const length = Math.min(count + 1, input.length - position, size - written);
      output.set(input.subarray(position, position + length), written);
      written += length;
      position += count + 1;
    }
  }
  return written;
}
