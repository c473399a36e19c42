import type { SampleType } from '../../../app/raster/samples.ts';
import type { Band, SceneDescription, SceneSource } from '../../../app/raster/scene.ts';
import { createSource, type Reader, type Reading } from '../scenes/createSource.ts';
import { maskOf } from '../scenes/mask.ts';
import { memorySource } from '../scenes/memorySource.ts';
import type { CheckedRequest } from '../scenes/request.ts';
import { sidecarGeoreference } from '../scenes/sidecar.ts';
import { readStrided, type StridedLayout } from '../scenes/strided.ts';
import { type ByteSource, openFile } from '../tiff/byteSource.ts';
import { decodeJpegFile, readJpegHeader } from './jpeg.ts';
import { decodePng, readPngHeader } from './png.ts';

/** What the two formats have in common: a picture that can only be decoded as a whole. */
type Picture = {
  readonly format: 'PNG' | 'JPEG';
  readonly width: number;
  readonly height: number;
  readonly type: SampleType;
  readonly bands: readonly string[];
  readonly palette?: SceneDescription['palette'];
  /** A band that says where the others are valid (0 = not). */
  readonly alpha?: number;
  readonly nodata?: readonly number[];
  decode(signal: AbortSignal | undefined): Promise<Uint8Array<ArrayBuffer>>;
};

/** Opens a PNG with its world file. @throws AppError `corrupt`, `too-large` */
export async function openPng(uri: string): Promise<SceneSource> {
  return openPicture(uri, ['pgw', 'pngw', 'wld'], async (source) => {
    const header = await readPngHeader(source);
    const { channels } = header;
    return {
      format: 'PNG',
      width: header.width,
      height: header.height,
      type: header.depth === 16 ? 'uint16' : 'uint8',
      bands: namesOf(channels),
      ...(header.palette === undefined ? {} : { palette: header.palette }),
      ...(channels === 2 || channels === 4 ? { alpha: channels - 1 } : {}),
      ...(channels === 1 && header.transparent !== undefined ? { nodata: header.transparent } : {}),
      decode: (signal) => decodePng(source, header, signal),
    };
  });
}

/** Opens a JPEG with its world file. @throws AppError `corrupt`, `unsupported`, `too-large` */
export async function openJpeg(uri: string): Promise<SceneSource> {
  return openPicture(uri, ['jgw', 'jpgw', 'jpegw', 'wld'], async (source) => {
    const header = await readJpegHeader(source);
    return {
      format: 'JPEG',
      width: header.width,
      height: header.height,
      type: 'uint8',
      bands: namesOf(header.channels),
      decode: () => decodeJpegFile(source, header),
    };
  });
}

function namesOf(channels: number): string[] {
  const colour = channels >= 3 ? ['red', 'green', 'blue'] : ['grey'];
  return channels === 2 || channels === 4 ? [...colour, 'alpha'] : colour;
}

async function openPicture(
  uri: string,
  worldExtensions: readonly string[],
  read: (source: ByteSource) => Promise<Picture>,
): Promise<SceneSource> {
  const source = openFile(uri);
  try {
    const picture = await read(source);
    const sidecar = await sidecarGeoreference(uri, worldExtensions);
    const { width, height, type, palette } = picture;
    const description: SceneDescription = {
      uri,
      format: picture.format,
      grid: { width, height, ...sidecar.georeference },
      bands: picture.bands.map((name): Band => {
        const nodata = picture.nodata?.[0];
        return { name, type, ...(nodata === undefined ? {} : { nodata }), scale: 1, offset: 0 };
      }),
      overviews: [],
      block: { width, height },
      ...(palette === undefined ? {} : { palette }),
      metadata: {},
      files: [uri, ...sidecar.files],
    };
    return createSource(description, pictureReader(source, picture));
  } catch (error) {
    await source.close();
    throw error;
  }
}

function pictureReader(source: ByteSource, picture: Picture): Reader {
  const count = picture.bands.length;
  const layout: StridedLayout = {
    type: picture.type,
    offset: 0,
    bigEndian: false,
    strides: { band: 1, row: picture.width * count, column: count },
  };
  // Decoded once, at the first read; a cancelled or failed decoding is tried again at the next.
  let decoded: ByteSource | undefined;
  return {
    read: async (request): Promise<Reading> => {
      decoded ??= memorySource(source.uri, await picture.decode(request.signal));
      const bands = await readStrided(decoded, layout, request);
      const alpha = await alphaMask(decoded, layout, { request, picture });
      return alpha === undefined ? { bands } : { bands, masks: bands.map(() => alpha) };
    },
    close: async () => {
      decoded = undefined;
      await source.close();
    },
  };
}

async function alphaMask(
  decoded: ByteSource,
  layout: StridedLayout,
  options: { readonly request: CheckedRequest; readonly picture: Picture },
): Promise<Uint8Array | undefined> {
  const { request, picture } = options;
  if (picture.alpha === undefined) return undefined;
  const [opacity] = await readStrided(decoded, layout, { ...request, bands: [picture.alpha] });
  return maskOf(opacity!, [0]);
}
