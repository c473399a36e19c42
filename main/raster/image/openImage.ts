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
import { decodePng } from './png.ts';
import { type PngHeader, readPngHeader } from './pngHeader.ts';

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
      ...nodataOf(header),
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

/** The one grey value or palette entry that is transparent, as GDAL takes it. */
function nodataOf(header: PngHeader): Pick<Picture, 'nodata'> {
  if (header.channels !== 1) return {};
  if (header.transparent !== undefined) return { nodata: header.transparent };
  const faint = [...(header.palette ?? [])].filter(([, colour]) => colour[3] < 255);
  return faint.length === 1 && faint[0]![1][3] === 0 ? { nodata: [faint[0]![0]] } : {};
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
      if (picture.alpha === undefined) return { bands };
      const shared = await alphaMask(decoded, layout, { request, alpha: picture.alpha });
      // Opacity itself is known everywhere.
      const masks = request.bands.map((band) => (band === picture.alpha ? undefined : shared));
      return { bands, masks };
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
  options: { readonly request: CheckedRequest; readonly alpha: number },
): Promise<Uint8Array | undefined> {
  const { request, alpha } = options;
  const [opacity] = await readStrided(decoded, layout, { ...request, bands: [alpha] });
  return maskOf(opacity!, [0]);
}
