// Compressed blocks made by hand, byte for byte by the standards, for tests that damage one part of them.

type JpegParts = {
  readonly width?: number;
  readonly height?: number;
  readonly components?: number;
  readonly precision?: number;
  /** Marker of the frame: 0xc0 baseline. */
  readonly frame?: number;
  /** Times that the scan is written. */
  readonly scans?: number;
  /** Segments before the first of its own. */
  readonly before?: readonly number[];
  /** Which parts are written. */
  readonly without?: readonly ('start' | 'tables' | 'frame' | 'scan')[];
};

const segment = (marker: number, ...payload: number[]): number[] => [
  0xff,
  marker,
  (payload.length + 2) >> 8,
  (payload.length + 2) & 255,
  ...payload,
];

/** Quantisation by 8 throughout; code 0 stands for "no change", 10 for a change of six bits; every block ends at once. */
export const jpegTableSegments: readonly number[] = [
  ...segment(0xdb, 0, ...new Array<number>(64).fill(8)),
  ...segment(0xc4, 0x00, 1, 1, ...new Array<number>(14).fill(0), 0, 6),
  ...segment(0xc4, 0x10, 1, ...new Array<number>(15).fill(0), 0),
];

/** A JPEG (ITU T.81) of one grey, 160, in blocks of 8 × 8; of three components the other two are 128. */
export function constantJpeg(parts: JpegParts = {}): Uint8Array {
  const { width = 16, height = 16, components = 1, precision = 8, scans = 1 } = parts;
  const numbers = Array.from({ length: components }, (_, i) => i + 1);
  const wanted = (part: 'start' | 'tables' | 'frame' | 'scan'): boolean =>
    parts.without?.includes(part) !== true;
  const frame = segment(
    parts.frame ?? 0xc0,
    ...[precision, height >> 8, height & 255, width >> 8, width & 255, components],
    ...numbers.flatMap((number) => [number, 0x11, 0]),
  );
  const scan = [
    ...segment(0xda, components, ...numbers.flatMap((number) => [number, 0]), 0, 63, 0),
    // The first block rises by 32 (10 100000), 32 · 8 / 8 above 128; no other changes.
    ...[0b1010_0000, ...new Array<number>(Math.ceil((width * height * components) / 256)).fill(0)],
  ];
  return Uint8Array.from([
    ...(wanted('start') ? [0xff, 0xd8] : [0, 0]),
    ...(parts.before ?? []),
    ...(wanted('tables') ? jpegTableSegments : []),
    ...(wanted('frame') ? frame : []),
    ...(wanted('scan') ? Array.from({ length: scans }, () => scan).flat() : []),
    ...[0xff, 0xd9],
  ]);
}

/** A Lerc2 blob (version 2) of one value in every pixel, or of none at all. `type` by Lerc's number: 1 uint8, 6 float. */
export function constantLerc(options: {
  readonly width: number;
  readonly height: number;
  readonly type: number;
  /** Undefined for a blob without a valid pixel. */
  readonly value: number | undefined;
}): Uint8Array {
  const { width, height, type, value = 0 } = options;
  const valid = options.value === undefined ? 0 : width * height;
  const bytes = new Uint8Array(62);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode('Lerc2 '));
  [2, height, width, valid, 8, bytes.length, type].forEach((word, i) => {
    view.setInt32(6 + 4 * i, word, true);
  });
  [0, value, value].forEach((number, i) => {
    view.setFloat64(34 + 8 * i, number, true);
  });
  return bytes;
}

/** The first chunk of a WebP file, of a kind, with these bytes in it. */
export function webpChunk(kind: string, ...payload: number[]): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes.set(new TextEncoder().encode(`RIFF....WEBP${kind}`));
  bytes.set([56, 0, 0, 0], 4);
  bytes.set([44, 0, 0, 0, ...payload], 16);
  return bytes;
}
