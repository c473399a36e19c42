import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** The part of the OpenJPEG build that is used. */
type OpenJpegModule = {
  readonly J2KDecoder: new () => OpenJpegDecoder;
  readonly HEAP8: { readonly length: number };
};

type OpenJpegDecoder = {
  getEncodedBuffer(length: number): Uint8Array;
  getDecodedBuffer(): Uint8Array;
  decodeSubResolution(level: number, layer: number): void;
  getFrameInfo(): {
    readonly width: number;
    readonly height: number;
    readonly bitsPerSample: number;
    readonly componentCount: number;
    readonly isSigned: boolean;
  };
  delete(): void;
};

type OpenJpegFactory = (options: {
  readonly wasmBinary: Uint8Array;
  readonly print: (line: string) => void;
  readonly printErr: (line: string) => void;
}) => Promise<OpenJpegModule>;

/** A module whose memory has grown beyond this is replaced: WebAssembly memory never shrinks. */
const keptHeapBytes = 2 ** 28;

let loaded: OpenJpegModule | undefined;
let complaint = '';

async function load(): Promise<OpenJpegModule> {
  if (loaded !== undefined && loaded.HEAP8.length <= keptHeapBytes) return loaded;
  const require = createRequire(import.meta.url);
  const name = '@cornerstonejs/codec-openjpeg';
  const factory = require(`${name}/decodewasmjs`) as OpenJpegFactory;
  // The library reports failures by printing them only; anything it calls an error ends the decoding.
  const listen = (line: string): void => {
    if (complaint === '' && /\[(ERROR|WARNING)\]/.test(line)) complaint = line;
  };
  loaded = await factory({
    wasmBinary: readFileSync(require.resolve(`${name}/decodewasm`)),
    print: listen,
    printErr: listen,
  });
  return loaded;
}

/** Interleaved samples of a decoded codestream: 8 or 16 bits each, by the depth of the first component. */
export type DecodedTile = { readonly bytes: Uint8Array<ArrayBuffer>; readonly components: number };

/**
 * Decodes a whole codestream at 1 / 2^`reduction` of its size. The caller has bounded its size.
 * @throws Error with the library's own words
 */
export async function decodeCodestream(
  stream: Uint8Array,
  reduction: number,
): Promise<DecodedTile> {
  const library = await load();
  complaint = '';
  const decoder = new library.J2KDecoder();
  try {
    decoder.getEncodedBuffer(stream.length).set(stream);
    decoder.decodeSubResolution(reduction, 0);
    if (complaint !== '') throw new Error(complaint);
    return {
      bytes: new Uint8Array(decoder.getDecodedBuffer()),
      components: decoder.getFrameInfo().componentCount,
    };
  } catch (error) {
    // A trap leaves the module's memory in an unknown state.
    loaded = undefined;
    // What the library's own C++ throws is a number.
    throw error instanceof Error ? error : new Error(complaint || 'the decoder gave up');
  } finally {
    if (loaded === library) decoder.delete();
  }
}
