import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type BlockRequest, blockSamples } from './layout.ts';

type WebpDecoder = (
  input: Uint8Array,
) => { data: Uint8ClampedArray; width: number; height: number } | null;

type WebpPackage = {
  readonly default: (options: object) => Promise<{ decode: WebpDecoder }>;
};

let loading: Promise<void> | undefined;
let library: WebpDecoder | undefined;

/** Loads the WebAssembly once a process, from the file beside the package instead of by `fetch`. */
export function loadWebp(): Promise<void> {
  loading ??= (async () => {
    const require = createRequire(import.meta.url);
    const loaded: unknown = await import('@jsquash/webp/codec/dec/webp_dec.js');
    const { default: factory } = loaded as WebpPackage;
    const wasm = readFileSync(require.resolve('@jsquash/webp/codec/dec/webp_dec.wasm'));
    const module = await factory({ noInitialRun: true, wasmBinary: wasm });
    library = (input) => module.decode(input);
  })();
  return loading;
}

/** Decodes one WebP block of 3 (RGB) or 4 (RGBA) bytes a pixel; its size is compared before it is decoded. */
export function decodeWebp(input: Uint8Array, request: BlockRequest): Uint8Array<ArrayBuffer> {
  const { layout, rows, expected } = request;
  const samples = blockSamples(layout);
  const size = webpSize(input);
  if (size.width !== layout.blockWidth || size.height < rows || size.height > layout.blockHeight) {
    throw new Error(
      `it holds ${size.width} x ${size.height} pixels, not ${layout.blockWidth} x ${rows}`,
    );
  }
  if (layout.bits !== 8 || (samples !== 3 && samples !== 4)) {
    throw new Error(`WebP holds 3 or 4 bands of 8 bits, not ${samples} of ${layout.bits}`);
  }
  const decoded = library!(input);
  if (decoded === null) throw new Error('its WebP data are invalid');
  const result = new Uint8Array(expected);
  for (let i = 0, at = 0; at < expected; i += 4) {
    for (let band = 0; band < samples; band++) result[at++] = decoded.data[i + band]!;
  }
  return result;
}

/** Width and height in the first chunk (VP8, VP8L or VP8X) of a WebP container. */
function webpSize(input: Uint8Array): { width: number; height: number } {
  const text = (from: number): string => String.fromCharCode(...input.subarray(from, from + 4));
  if (input.length < 30 || text(0) !== 'RIFF' || text(8) !== 'WEBP') {
    throw new Error('it is not a WebP stream');
  }
  const byte = (at: number): number => input[at]!;
  switch (text(12)) {
    case 'VP8 ':
      return {
        width: (byte(26) | (byte(27) << 8)) & 0x3fff,
        height: (byte(28) | (byte(29) << 8)) & 0x3fff,
      };
    case 'VP8L': {
      const bits = (byte(21) | (byte(22) << 8) | (byte(23) << 16) | (byte(24) << 24)) >>> 0;
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8X':
      return {
        width: (byte(24) | (byte(25) << 8) | (byte(26) << 16)) + 1,
        height: (byte(27) | (byte(28) << 8) | (byte(29) << 16)) + 1,
      };
    default:
      throw new Error('it is not a WebP stream');
  }
}
