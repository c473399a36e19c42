import { createInflate } from 'node:zlib';
import { AppError } from '../../../app/error.ts';
import { throwIfCancelled } from '../scenes/cancelled.ts';
import type { ByteSource } from '../tiff/byteSource.ts';
import { checkSum, damaged, type PngHeader } from './pngHeader.ts';

/**
 * Decodes the pixels: interleaved samples, one byte each up to 8 bits (values as stored), else two (machine order).
 * @throws AppError `corrupt`, `cancelled`
 */
export async function decodePng(
  source: ByteSource,
  header: PngHeader,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const size = header.depth === 16 ? 2 : 1;
  const result = new Uint8Array(header.width * header.height * header.channels * size);
  const passes = passesOf(header);
  const total = passes.reduce((sum, pass) => sum + pass.height * (1 + pass.lineBytes), 0);
  const filtered = await inflateData(source, header, { total, signal });
  let position = 0;
  for (const pass of passes) {
    throwIfCancelled(signal);
    const lines = filtered.subarray(position, position + pass.height * (1 + pass.lineBytes));
    unfilter(source, lines, pass, Math.max(1, (header.channels * header.depth) >> 3));
    place(lines, pass, header, result);
    position += lines.length;
  }
  return result;
}

async function inflateData(
  source: ByteSource,
  header: PngHeader,
  options: { readonly total: number; readonly signal: AbortSignal | undefined },
): Promise<Uint8Array> {
  const target = new Uint8Array(options.total);
  const inflate = createInflate({ chunkSize: 2 ** 18 });
  let filled = 0;
  let over = false;
  inflate.on('data', (chunk: Buffer) => {
    const room = target.length - filled;
    over ||= chunk.length > room;
    target.set(chunk.subarray(0, room), filled);
    filled += Math.min(room, chunk.length);
    if (over) inflate.destroy();
  });
  const ended = new Promise<void>((resolve, reject) => {
    inflate.on('end', resolve).on('close', resolve).on('error', reject);
  });
  ended.catch(() => undefined);
  try {
    for (const range of header.data) {
      throwIfCancelled(options.signal);
      if (over) break;
      // Type and checksum lie around the data.
      const whole = { offset: range.offset - 4, length: range.length + 8 };
      const [chunk] = await source.read([whole], options.signal);
      const bytes = checkSum(source, Buffer.from(chunk!.buffer, chunk!.byteOffset, chunk!.length));
      await new Promise<void>((resolve) => {
        const done = (): void => resolve();
        inflate.once('close', done);
        inflate.write(bytes, () => {
          inflate.off('close', done);
          resolve();
        });
      });
    }
    inflate.end();
    await ended;
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw damaged(source, 'its pixels cannot be decompressed');
  } finally {
    inflate.destroy();
  }
  if (over) throw damaged(source, 'it holds more pixels than it declares');
  if (filled < target.length) throw damaged(source, 'it holds fewer pixels than it declares');
  return target;
}

/** One pass of an interlaced image, or the whole of a plain one. */
type Pass = {
  readonly width: number;
  readonly height: number;
  readonly lineBytes: number;
  readonly startX: number;
  readonly startY: number;
  readonly stepX: number;
  readonly stepY: number;
};

const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

function passesOf(header: PngHeader): Pass[] {
  const steps = header.interlaced ? adam7 : ([[0, 0, 1, 1]] as const);
  return steps
    .map(([startX, startY, stepX, stepY]): Pass => {
      const width = Math.ceil((header.width - startX) / stepX);
      const height = Math.ceil((header.height - startY) / stepY);
      const lineBytes = Math.ceil((width * header.channels * header.depth) / 8);
      return { width, height, lineBytes, startX, startY, stepX, stepY };
    })
    .filter((pass) => pass.width > 0 && pass.height > 0);
}

/** Undoes the filter of every line in place (clause 9); `step` is the distance to the same byte of the pixel before. */
function unfilter(source: ByteSource, lines: Uint8Array, pass: Pass, step: number): void {
  const stride = pass.lineBytes + 1;
  for (let y = 0; y < pass.height; y++) {
    const kind = lines[y * stride]!;
    const line = lines.subarray(y * stride + 1, (y + 1) * stride);
    const above =
      y === 0 ? new Uint8Array(pass.lineBytes) : lines.subarray((y - 1) * stride + 1, y * stride);
    if (kind > 4) throw damaged(source, `line ${y + 1} has an unknown filter`);
    if (kind === 1) for (let i = step; i < line.length; i++) line[i]! += line[i - step]!;
    if (kind === 2) for (let i = 0; i < line.length; i++) line[i]! += above[i]!;
    if (kind === 3) {
      for (let i = 0; i < line.length; i++) {
        line[i]! += ((i < step ? 0 : line[i - step]!) + above[i]!) >> 1;
      }
    }
    if (kind === 4) unfilterPaeth(line, above, step);
  }
}

function unfilterPaeth(line: Uint8Array, above: Uint8Array, step: number): void {
  for (let i = 0; i < line.length; i++) {
    const left = i < step ? 0 : line[i - step]!;
    const corner = i < step ? 0 : above[i - step]!;
    const up = above[i]!;
    const estimate = left + up - corner;
    const toLeft = Math.abs(estimate - left);
    const toUp = Math.abs(estimate - up);
    const toCorner = Math.abs(estimate - corner);
    line[i]! += toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
  }
}

/** Puts the samples of a pass where they belong in the image. */
function place(
  lines: Uint8Array,
  pass: Pass,
  header: PngHeader,
  result: Uint8Array<ArrayBuffer>,
): void {
  const { channels, depth, width } = header;
  const stride = pass.lineBytes + 1;
  const wide = depth === 16 ? new Uint16Array(result.buffer) : undefined;
  for (let y = 0; y < pass.height; y++) {
    const line = lines.subarray(y * stride + 1, (y + 1) * stride);
    const row = (pass.startY + y * pass.stepY) * width;
    if (depth === 8 && pass.stepX === 1) {
      result.set(line, row * channels);
      continue;
    }
    for (let x = 0; x < pass.width; x++) {
      const target = (row + pass.startX + x * pass.stepX) * channels;
      for (let c = 0; c < channels; c++) {
        const sample = x * channels + c;
        if (wide !== undefined) wide[target + c] = (line[2 * sample]! << 8) | line[2 * sample + 1]!;
        else result[target + c] = unpacked(line, sample, depth);
      }
    }
  }
}

function unpacked(line: Uint8Array, sample: number, depth: number): number {
  const bit = sample * depth;
  return (line[bit >> 3]! >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
}
