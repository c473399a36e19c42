import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { BlockRequest, ImageLayout } from './layout.ts';
import { blockSamples } from './layout.ts';
import { photometric } from './tags.ts';

/** libjpeg-turbo as the package's WebAssembly offers it. */
type JpegModule = {
  readonly JPEGDecoder: new () => {
    getEncodedBuffer(length: number): Uint8Array;
    getDecodedBuffer(): Uint8Array;
    decode(): void;
    delete(): void;
  };
};

type JpegFactory = (options: { wasmBinary: Uint8Array }) => Promise<JpegModule>;

let loading: Promise<void> | undefined;
let library: JpegModule | undefined;

/** Loads the WebAssembly once a process. */
export function loadJpeg(): Promise<void> {
  loading ??= (async () => {
    const require = createRequire(import.meta.url);
    const name = '@cornerstonejs/codec-libjpeg-turbo-8bit';
    const factory = require(`${name}/decodewasmjs`) as JpegFactory;
    library = await factory({ wasmBinary: readFileSync(require.resolve(`${name}/decodewasm`)) });
  })();
  return loading;
}

/** The frame header of a JPEG stream. */
type Frame = { width: number; height: number; precision: number; components: number };

/** Quantisation and Huffman tables and the restart interval: what blocks may share. */
const tableMarkers: readonly number[] = [0xdb, 0xc4, 0xdd];

/** A progressive image may repeat its scans without end; real ones have about ten. */
const mostScans = 64;

/**
 * Decodes one JPEG block. Its size, depth and components are compared with the directory's before any is decoded; the
 * colour conversion follows the photometric field as in libtiff (YCbCr to RGB, else none), not the stream's own markers.
 */
export function decodeJpeg(input: Uint8Array, request: BlockRequest): Uint8Array<ArrayBuffer> {
  const { layout, rows, expected } = request;
  const stream = assemble(input, layout);
  checkFrame(stream.frame, layout, rows);
  const decoder = new library!.JPEGDecoder();
  try {
    decoder.getEncodedBuffer(stream.bytes.length).set(stream.bytes);
    decoder.decode();
    return new Uint8Array(decoder.getDecodedBuffer().subarray(0, expected));
  } finally {
    decoder.delete();
  }
}

function checkFrame(frame: Frame, layout: ImageLayout, rows: number): void {
  const samples = blockSamples(layout);
  const fits =
    frame.precision === 8 &&
    frame.components === samples &&
    frame.width === layout.blockWidth &&
    frame.height >= rows &&
    frame.height <= layout.blockHeight;
  if (fits) return;
  const found = `${frame.width} x ${frame.height} x ${frame.components}, ${frame.precision} bits`;
  throw new Error(
    `it holds a JPEG of ${found} where ${layout.blockWidth} x ${rows} x ${samples} of 8 bits is needed`,
  );
}

/** The block's stream with the shared tables put in front of it and one marker that states the colour conversion. */
function assemble(input: Uint8Array, layout: ImageLayout): { bytes: Uint8Array; frame: Frame } {
  const parts: Uint8Array[] = [Uint8Array.of(0xff, 0xd8)];
  let frame: Frame | undefined;
  let scan = 0;
  const convert = layout.photometric === photometric.yCbCr;
  parts.push(adobeMarker(convert ? 1 : 0));
  if (layout.jpegTables !== undefined) {
    // A frame among them would be decoded in place of the block's own, whatever size it states.
    for (const segment of segments(layout.jpegTables))
      if (tableMarkers.includes(segment.marker)) parts.push(segment.bytes);
  }
  for (const segment of segments(input)) {
    if (segment.marker >= 0xe0 && segment.marker <= 0xef) continue;
    frame ??= frameOf(segment.marker, segment.bytes);
    if (segment.marker === 0xda) {
      scan = segment.start;
      break;
    }
    parts.push(segment.bytes);
  }
  if (frame === undefined || scan === 0) throw new Error('its JPEG stream has no frame');
  const rest = input.subarray(scan);
  checkScans(rest);
  parts.push(rest);
  return { bytes: Buffer.concat(parts), frame };
}

function adobeMarker(transform: number): Uint8Array {
  // APP14, length 14, "Adobe", version 100, two flag words, transform.
  return Uint8Array.of(0xff, 0xee, 0, 14, 65, 100, 111, 98, 101, 0, 100, 0, 0, 0, 0, transform);
}

type Segment = { readonly marker: number; readonly start: number; readonly bytes: Uint8Array };

/** The marker segments of a stream up to and including its first scan header. */
function* segments(stream: Uint8Array): Generator<Segment> {
  if (stream[0] !== 0xff || stream[1] !== 0xd8) throw new Error('it is not a JPEG stream');
  let at = 2;
  while (at + 4 <= stream.length) {
    if (stream[at] !== 0xff) throw new Error('its JPEG stream has no marker where one is due');
    const marker = stream[at + 1]!;
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === 0xd9) return;
    const length = (stream[at + 2]! << 8) | stream[at + 3]!;
    if (length < 2 || at + 2 + length > stream.length)
      throw new Error('its JPEG stream ends early');
    yield { marker, start: at, bytes: stream.subarray(at, at + 2 + length) };
    if (marker === 0xda) return;
    at += 2 + length;
  }
}

function frameOf(marker: number, bytes: Uint8Array): Frame | undefined {
  const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
  if (!isFrame) return undefined;
  if (marker > 0xc2 || bytes.length < 10) throw new Error('its kind of JPEG is not read');
  return {
    precision: bytes[4]!,
    height: (bytes[5]! << 8) | bytes[6]!,
    width: (bytes[7]! << 8) | bytes[8]!,
    components: bytes[9]!,
  };
}

function checkScans(stream: Uint8Array): void {
  let scans = 0;
  for (let at = stream.indexOf(0xff); at >= 0; at = stream.indexOf(0xff, at + 1)) {
    if (stream[at + 1] === 0xda && ++scans > mostScans) throw new Error('it has too many scans');
  }
}
