import {
  bytesPerSample,
  type SampleArray,
  type SampleType,
  samplesOf,
} from '../../../app/raster/samples.ts';
import type { ByteSource } from '../tiff/byteSource.ts';
import { breathe } from './cancelled.ts';
import { limits } from './limits.ts';
import type { CheckedRequest } from './request.ts';

/**
 * Samples of one type that lie in a file (or in memory) at regular distances: every uncompressed format, in any order
 * of its axes. Strides are in samples; the smallest is 1.
 */
export type StridedLayout = {
  readonly type: SampleType;
  /** Byte position of the first sample. */
  readonly offset: number;
  readonly bigEndian: boolean;
  readonly strides: { readonly band: number; readonly row: number; readonly column: number };
};

/** One dimension of a request: which indices are wanted (ascending) and where each goes in the result. */
type Axis = {
  readonly name: 'band' | 'row' | 'column';
  readonly stride: number;
  readonly wanted: ArrayLike<number>;
  readonly place: ArrayLike<number>;
};

/** A box of wanted samples that is read in one go: [from, to) within the wanted indices of the inner two axes. */
type Piece = {
  readonly offset: number;
  readonly length: number;
  readonly inner: readonly [number, number];
  readonly middle: readonly [number, number];
  readonly outer: number;
};

/**
 * Reads the samples of a request and no more than a few kilobytes beside each run of them.
 * @throws AppError `corrupt` where the file is too short, `cancelled`
 */
export async function readStrided(
  source: ByteSource,
  layout: StridedLayout,
  request: CheckedRequest,
): Promise<SampleArray[]> {
  if (request.bands.length === 0) return [];
  const pixels = request.width * request.height;
  const results = request.bands.map(() => samplesOf(layout.type, pixels));
  const axes = axesOf(layout, request);
  let group: Piece[] = [];
  let bytes = 0;
  for (const piece of pieces(axes, layout)) {
    const last = group.at(-1);
    const gap = last === undefined ? 0 : piece.offset - (last.offset + last.length);
    if (gap < 0 || gap > limits.gapBytes || bytes + gap + piece.length > limits.chunkBytes) {
      await readGroup(source, layout, { axes, group, results, request });
      group = [];
      bytes = 0;
    }
    bytes += (group.length === 0 ? 0 : gap) + piece.length;
    group.push(piece);
  }
  await readGroup(source, layout, { axes, group, results, request });
  return results;
}

/** The axes of a layout, the densest first. */
function axesOf(layout: StridedLayout, request: CheckedRequest): readonly [Axis, Axis, Axis] {
  const order = request.bands
    .map((_, i) => i)
    .sort((a, b) => request.bands[a]! - request.bands[b]!);
  const sequence = (length: number) => Int32Array.from({ length }, (_, i) => i);
  const axes: Axis[] = [
    {
      name: 'band',
      stride: layout.strides.band,
      wanted: order.map((i) => request.bands[i]!),
      place: order,
    },
    {
      name: 'row',
      stride: layout.strides.row,
      wanted: request.rows,
      place: sequence(request.height),
    },
    {
      name: 'column',
      stride: layout.strides.column,
      wanted: request.columns,
      place: sequence(request.width),
    },
  ];
  axes.sort((a, b) => a.stride - b.stride || b.wanted.length - a.wanted.length);
  return [axes[0]!, axes[1]!, axes[2]!];
}

/** Boxes to read, ascending in the file as far as the axes allow. */
function* pieces(axes: readonly [Axis, Axis, Axis], layout: StridedLayout): Generator<Piece> {
  const [inner, middle, outer] = axes;
  const size = bytesPerSample(layout.type);
  const run = (last(inner.wanted) - inner.wanted[0]! + 1) * size;
  const step = middle.stride * size;
  // Whole boxes where the bytes between two runs are few; single runs where most of the file lies between them.
  const joined = step - run <= limits.gapBytes || run * 2 >= step;
  const most = joined ? Math.max(1, Math.floor(limits.chunkBytes / step)) : 1;
  for (let z = 0; z < outer.wanted.length; z++) {
    let from = 0;
    while (from < middle.wanted.length) {
      const first = middle.wanted[from]!;
      let to = from + 1;
      while (to < middle.wanted.length && middle.wanted[to]! - first < most) {
        if ((middle.wanted[to]! - middle.wanted[to - 1]! - 1) * step > limits.gapBytes) break;
        to++;
      }
      const span = middle.wanted[to - 1]! - first;
      const start =
        outer.wanted[z]! * outer.stride + first * middle.stride + inner.wanted[0]! * inner.stride;
      yield {
        offset: layout.offset + start * size,
        length: span * step + run,
        inner: [0, inner.wanted.length],
        middle: [from, to],
        outer: z,
      };
      from = to;
    }
  }
}

function last(values: ArrayLike<number>): number {
  return values[values.length - 1]!;
}

async function readGroup(
  source: ByteSource,
  layout: StridedLayout,
  work: {
    readonly axes: readonly [Axis, Axis, Axis];
    readonly group: readonly Piece[];
    readonly results: readonly SampleArray[];
    readonly request: CheckedRequest;
  },
): Promise<void> {
  const { axes, group, results, request } = work;
  const [first, final] = [group[0]!, group.at(-1)!];
  await breathe(request.signal);
  const length = final.offset + final.length - first.offset;
  const [bytes] = await source.read([{ offset: first.offset, length }], request.signal);
  const size = bytesPerSample(layout.type);
  if (layout.bigEndian) swapBytes(bytes!, size);
  const view = samplesOf(layout.type, bytes!.buffer, bytes!.byteOffset, length / size);
  for (const piece of group) {
    copyPiece(view, (piece.offset - first.offset) / size, {
      axes,
      piece,
      results,
      width: request.width,
    });
  }
}

function copyPiece(
  view: SampleArray,
  start: number,
  work: {
    readonly axes: readonly [Axis, Axis, Axis];
    readonly piece: Piece;
    readonly results: readonly SampleArray[];
    readonly width: number;
  },
): void {
  const [inner, middle, outer] = work.axes;
  const { piece, results, width } = work;
  const first = middle.wanted[piece.middle[0]]!;
  const placed = { band: 0, row: 0, column: 0 };
  placed[outer.name] = outer.place[piece.outer]!;
  for (let m = piece.middle[0]; m < piece.middle[1]; m++) {
    placed[middle.name] = middle.place[m]!;
    const base = start + (middle.wanted[m]! - first) * middle.stride;
    if (inner.name === 'band') {
      const target = placed.row * width + placed.column;
      copyAcross(view, base, inner, { results, target });
      continue;
    }
    const target = inner.name === 'column' ? placed.row * width : placed.column;
    const step = inner.name === 'column' ? 1 : width;
    copyAlong(view, base, inner, { result: results[placed.band]!, target, step });
  }
}

/** One run of samples of one band; neighbours in the file go `step` apart in the result. */
function copyAlong(
  view: SampleArray,
  base: number,
  inner: Axis,
  to: { readonly result: SampleArray; readonly target: number; readonly step: number },
): void {
  const { wanted } = inner;
  const origin = base - wanted[0]!;
  const count = wanted.length;
  if (to.step === 1 && last(wanted) - wanted[0]! === count - 1) {
    copyRun(to.result, view.subarray(base, base + count), to.target);
    return;
  }
  let target = to.target;
  for (let i = 0; i < count; i++) {
    to.result[target] = view[origin + wanted[i]!]!;
    target += to.step;
  }
}

/** One pixel of a pixel-interleaved file: a sample for each band. */
function copyAcross(
  view: SampleArray,
  base: number,
  inner: Axis,
  to: { readonly results: readonly SampleArray[]; readonly target: number },
): void {
  const { wanted, place } = inner;
  const origin = base - wanted[0]!;
  for (let i = 0; i < wanted.length; i++) {
    to.results[place[i]!]![to.target] = view[origin + wanted[i]!]!;
  }
}

/** `set` for two arrays that are known to be of one type. */
export function copyRun(target: SampleArray, run: SampleArray, at: number): void {
  (target as Uint8Array).set(run as Uint8Array, at);
}

/** Turns the bytes of every sample round, in place. */
export function swapBytes(bytes: Uint8Array, size: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (size === 2) buffer.swap16();
  else if (size === 4) buffer.swap32();
  else if (size === 8) buffer.swap64();
}
