import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { AppError } from '../../../app/error.ts';
import { limits } from '../scenes/limits.ts';
import type { ByteSource } from '../tiff/byteSource.ts';

/** The frame of a JPEG file. */
export type JpegHeader = {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
};

type JpegDecoder = {
  getEncodedBuffer(length: number): Uint8Array;
  getDecodedBuffer(): Uint8Array;
  decode(): void;
  delete(): void;
};
type JpegLibrary = { readonly JPEGDecoder: new () => JpegDecoder };
type JpegFactory = (options: {
  readonly wasmBinary: Uint8Array;
  readonly print: (line: string) => void;
  readonly printErr: (line: string) => void;
}) => Promise<JpegLibrary>;

const mostSegments = 10_000;
/** Real progressive images have about ten scans; each costs a pass over the whole image. */
const mostScans = 100;

/** Reads the frame header. @throws AppError `corrupt`, `unsupported`, `too-large` */
export async function readJpegHeader(source: ByteSource): Promise<JpegHeader> {
  let position = 2;
  for (let i = 0; i < mostSegments && position + 4 <= source.size; i++) {
    const head = await bytesAt(source, position, 4);
    const marker = head[1]!;
    if (head[0] !== 0xff) throw damaged(source, 'a marker is missing');
    if (marker === 0xff) {
      position++;
      continue;
    }
    const length = head.readUInt16BE(2);
    if (marker === 0xd9 || marker === 0xda || length < 2) break;
    if (isFrame(marker)) return frameOf(source, marker, await bytesAt(source, position + 4, 6));
    position += 2 + length;
  }
  throw damaged(source, 'it has no frame');
}

async function bytesAt(source: ByteSource, offset: number, length: number): Promise<Buffer> {
  if (offset + length > source.size) throw damaged(source, 'it is cut short');
  const [bytes] = await source.read([{ offset, length }]);
  return Buffer.from(bytes!.buffer, bytes!.byteOffset, bytes!.byteLength);
}

function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function frameOf(source: ByteSource, marker: number, bytes: Buffer): JpegHeader {
  const precision = bytes[0]!;
  const height = bytes.readUInt16BE(1);
  const width = bytes.readUInt16BE(3);
  const channels = bytes[5]!;
  if (marker > 0xc2 || precision !== 8 || (channels !== 1 && channels !== 3)) {
    throw new AppError(
      'unsupported',
      `${source.uri} is a JPEG with ${channels} channels of ${precision} bits${marker > 0xc2 ? ' in a rare coding' : ''}; ` +
        'Prismap reads grey and colour JPEG of 8 bits. Convert it to GeoTIFF.',
      { uri: source.uri, channels, precision },
    );
  }
  if (width === 0 || height === 0) throw damaged(source, `its size is ${width} × ${height}`);
  const bytesDecoded = width * height * channels;
  if (bytesDecoded > limits.imageBytes) {
    throw new AppError(
      'too-large',
      `${source.uri} is a JPEG of ${width} × ${height} pixels; at most ${limits.imageBytes / 2 ** 20} MiB are decoded ` +
        'because a JPEG is decoded whole. Convert it to GeoTIFF.',
      { uri: source.uri, width, height },
    );
  }
  // A block of 8 × 8 pixels takes two bits or more in each component, so a small file cannot hold a huge image.
  if (source.size * 8 * 64 < width * height) {
    throw damaged(source, 'it holds far fewer pixels than it declares');
  }
  return { width, height, channels };
}

/** Decodes the whole image: interleaved 8-bit grey or RGB. @throws AppError `corrupt` */
export async function decodeJpegFile(
  source: ByteSource,
  header: JpegHeader,
): Promise<Uint8Array<ArrayBuffer>> {
  const [bytes] = await source.read([{ offset: 0, length: source.size }]);
  checkComplete(source, bytes!);
  const { library, messages } = await load();
  messages.length = 0;
  const decoder = new library.JPEGDecoder();
  try {
    decoder.getEncodedBuffer(bytes!.length).set(bytes!);
    decoder.decode();
    const decoded = decoder.getDecodedBuffer();
    if (decoded.length !== header.width * header.height * header.channels) {
      throw damaged(source, 'it decodes to another size than it declares');
    }
    return new Uint8Array(decoded);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw damaged(source, messages[0] ?? 'its pixels cannot be decoded');
  } finally {
    decoder.delete();
  }
}

/** The decoder fills what is missing with grey: an image that does not end, or scans without end, are refused here. */
function checkComplete(source: ByteSource, bytes: Uint8Array): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.lastIndexOf(Buffer.of(0xff, 0xd9)) < 2) throw damaged(source, 'it is cut short');
  let scans = 0;
  const scan = Buffer.of(0xff, 0xda);
  for (let at = buffer.indexOf(scan); at >= 0; at = buffer.indexOf(scan, at + 2)) {
    if (++scans > mostScans) throw damaged(source, `it has more than ${mostScans} scans`);
  }
}

let loading: Promise<{ readonly library: JpegLibrary; readonly messages: string[] }> | undefined;

function load(): NonNullable<typeof loading> {
  loading ??= (async () => {
    const require = createRequire(import.meta.url);
    const name = '@cornerstonejs/codec-libjpeg-turbo-8bit';
    const factory = require(`${name}/decodewasmjs`) as JpegFactory;
    const messages: string[] = [];
    const note = (line: string): void => void messages.push(line);
    const wasmBinary = readFileSync(require.resolve(`${name}/decodewasm`));
    return { library: await factory({ wasmBinary, print: note, printErr: note }), messages };
  })();
  return loading;
}

function damaged(source: ByteSource, found: string): AppError {
  return new AppError(
    'corrupt',
    `${source.uri} is a damaged JPEG: ${found}. Copy or download it again.`,
    { uri: source.uri },
  );
}
