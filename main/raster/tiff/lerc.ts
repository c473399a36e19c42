import type { LercData, LercHeaderInfo } from 'lerc';
import { unzstd } from './inflate.ts';
import { kernels } from './kernels.ts';
import { type BlockRequest, blockSamples } from './layout.ts';

/** The part of the package that is used. */
type LercModule = {
  load(): Promise<void>;
  getBlobInfo(input: Uint8Array): LercHeaderInfo;
  decode(input: Uint8Array, options?: { returnInterleaved?: boolean }): LercData;
};

let loading: Promise<void> | undefined;
let library: LercModule | undefined;

/** Loads the WebAssembly once a process. */
export function loadLerc(): Promise<void> {
  loading ??= (async () => {
    const loaded = (await import('lerc')) as LercModule;
    await loaded.load();
    library = loaded;
  })();
  return loading;
}

/** Types of Lerc headers, by number, as GDAL names the sample types. */
const lercTypes = ['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'float32', 'float64'];

/**
 * Decodes one LERC block, with deflate or zstd around it where the second Lerc parameter says so. Masked float samples
 * become NaN, masked integers 0, as libtiff fills them.
 */
export function decodeLerc(input: Uint8Array, request: BlockRequest): Uint8Array<ArrayBuffer> {
  const { layout, rows } = request;
  const blob = unwrap(input, layout.lercCompression, request.most);
  const info = library!.getBlobInfo(blob);
  const samples = blockSamples(layout);
  const { bandCount, depthCount } = info;
  // One after the other, or interleaved in one; not both.
  const fits =
    (bandCount === samples && depthCount === 1) || (bandCount === 1 && depthCount === samples);
  const height = info.height;
  if (info.width !== layout.blockWidth || height < rows || height > layout.blockHeight) {
    throw new Error(
      `it holds ${info.width} x ${height} pixels, not ${layout.blockWidth} x ${rows}`,
    );
  }
  if (!fits || lercTypes[info.dataType] !== layout.type) {
    const found = `${bandCount * depthCount} bands of type ${lercTypes[info.dataType]}`;
    throw new Error(`it holds ${found}, not ${samples} of type ${layout.type}`);
  }
  const data = library!.decode(blob, { returnInterleaved: true });
  return interleave(data, request);
}

function unwrap(input: Uint8Array, kind: number, expected: number): Uint8Array {
  // A Lerc blob of raw values is a little longer than these: header, mask and tile tables.
  const bound = expected + (expected >> 3) + 65536;
  const compact = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);
  if (kind === 0) return input;
  if (kind === 1) return compact(kernels().inflate(input, bound));
  if (kind === 2) return compact(unzstd(input, bound));
  throw new Error(`its Lerc parameters name an unknown compression ${kind}`);
}

function interleave(data: LercData, request: BlockRequest): Uint8Array<ArrayBuffer> {
  const { layout, rows, expected } = request;
  const samples = blockSamples(layout);
  const count = layout.blockWidth * rows;
  const first = data.pixels[0]!;
  const Result = first.constructor as new (length: number) => typeof first;
  const result = new Result(count * samples);
  for (let band = 0; band < samples; band++) {
    const depth = data.depthCount > 1;
    const pixels = data.pixels[depth ? 0 : band]!;
    const mask = data.bandMasks?.[band] ?? data.mask;
    for (let i = 0; i < count; i++) {
      const masked = mask?.[i] === 0;
      const value = depth ? pixels[i * samples + band]! : pixels[i]!;
      result[i * samples + band] = masked ? (layout.format === 'float' ? Number.NaN : 0) : value;
    }
  }
  return new Uint8Array(result.buffer, 0, expected);
}
