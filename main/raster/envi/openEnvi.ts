import { basename, dirname, extname, join } from 'node:path';
import { AppError } from '../../../app/error.ts';
import { bytesPerSample, type SampleType } from '../../../app/raster/samples.ts';
import type { SceneDescription, SceneSource } from '../../../app/raster/scene.ts';
import { createSource } from '../scenes/createSource.ts';
import { listFolder, readHead, readText } from '../scenes/files.ts';
import { limits } from '../scenes/limits.ts';
import { readStrided, type StridedLayout } from '../scenes/strided.ts';
import { openFile } from '../tiff/byteSource.ts';
import { bandsOf, classesOf } from './bands.ts';
import { type EnviFields, integerField, parseHeader } from './header.ts';
import { georeference } from './mapInfo.ts';

const types: Readonly<Record<number, SampleType>> = {
  1: 'uint8',
  2: 'int16',
  3: 'int32',
  4: 'float32',
  5: 'float64',
  12: 'uint16',
  13: 'uint32',
  14: 'int64',
  15: 'uint64',
};

/** Extensions of data files beside `name.hdr`, most usual first; `''` is a file without one. */
const dataExtensions = [
  '',
  '.img',
  '.dat',
  '.bin',
  '.raw',
  '.bsq',
  '.bil',
  '.bip',
  '.cube',
  '.sli',
  '.envi',
];

type Shape = { readonly width: number; readonly height: number; readonly bands: number };

/** The header and the data of an ENVI image. */
export type EnviPair = { readonly header: string; readonly data: string };

/**
 * Opens an ENVI image by its header or its data file. Nothing but the header is read.
 * @throws AppError `not-found`, `corrupt`, `unsupported`, `too-large`
 */
export async function openEnvi(uri: string): Promise<SceneSource> {
  const pair = findEnviPair(uri);
  if (pair === undefined) {
    throw new AppError(
      'unknown-format',
      `${uri} has no ENVI header (.hdr) beside it. Put the header into the same folder.`,
      { uri },
    );
  }
  const fields = parseHeader(await readText(pair.header, 'latin1'), pair.header);
  const shape = shapeOf(fields, pair.header);
  const layout = layoutOf(fields, shape, pair.header);
  const source = openFile(pair.data);
  try {
    checkFile(source.size, shape, layout, pair);
    const description = describe({ uri, pair, fields, shape, layout });
    return createSource(description, {
      read: async (request) => ({ bands: await readStrided(source, layout, request) }),
      close: () => source.close(),
    });
  } catch (error) {
    await source.close();
    throw error;
  }
}

/**
 * The pair that a path belongs to, whatever the case of the extensions, or undefined where there is no header.
 * @throws AppError `not-found` for a header without data
 */
export function findEnviPair(path: string): EnviPair | undefined {
  const folder = dirname(path);
  const files = listFolder(folder).filter((entry) => !entry.isDirectory());
  const find = (wanted: string): string | undefined => {
    const exact = files.find((entry) => entry.name === wanted);
    const lower = wanted.toLowerCase();
    const found = exact ?? files.find((entry) => entry.name.toLowerCase() === lower);
    return found === undefined ? undefined : join(folder, found.name);
  };
  const name = basename(path);
  if (isHeader(path)) {
    const stem = name.slice(0, name.length - extname(name).length);
    for (const extension of dataExtensions) {
      const data = find(stem + extension);
      if (data !== undefined && data !== path) return { header: path, data };
    }
    throw new AppError(
      'not-found',
      `The ENVI header ${path} has no data file beside it (looked for ${stem} and ${stem}.img, .dat, .raw …). ` +
        'Put the data file into the same folder under the same name.',
      { path },
    );
  }
  const stem = name.slice(0, name.length - extname(name).length);
  for (const candidate of [`${name}.hdr`, `${stem}.hdr`]) {
    const header = find(candidate);
    if (header !== undefined && header !== path && isHeader(header)) return { header, data: path };
  }
  return undefined;
}

function isHeader(path: string): boolean {
  return /^(\uFEFF)?ENVI\s/.test(readHead(path, 16).toString('utf8'));
}

function shapeOf(fields: EnviFields, path: string): Shape {
  const side = { path, minimum: 1, maximum: limits.side };
  return {
    width: integerField(fields, 'samples', side),
    height: integerField(fields, 'lines', side),
    bands: integerField(fields, 'bands', { ...side, maximum: limits.bands }),
  };
}

function layoutOf(fields: EnviFields, shape: Shape, path: string): StridedLayout {
  const code = integerField(fields, 'data type', { path, minimum: 1, maximum: 15 });
  const type = types[code];
  if (type === undefined) {
    const what = code === 6 || code === 9 ? 'complex numbers' : 'a type that ENVI does not define';
    throw new AppError(
      'unsupported',
      `${path} has data type ${code} (${what}); Prismap reads real numbers. Convert it, e.g. to float32 (data type 4).`,
      { path, dataType: code },
    );
  }
  if (
    integerField(fields, 'file compression', { path, minimum: 0, maximum: 255, fallback: 0 }) !== 0
  ) {
    throw new AppError(
      'unsupported',
      `${path} describes a compressed file. Save it uncompressed or as GeoTIFF.`,
      { path },
    );
  }
  return {
    type,
    offset: integerField(fields, 'header offset', {
      path,
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      fallback: 0,
    }),
    bigEndian:
      integerField(fields, 'byte order', { path, minimum: 0, maximum: 1, fallback: 0 }) === 1,
    strides: stridesOf(fields, shape, path),
  };
}

function stridesOf(fields: EnviFields, shape: Shape, path: string): StridedLayout['strides'] {
  const { width, height, bands } = shape;
  const interleave = (fields.get('interleave') ?? 'bsq').toLowerCase();
  if (interleave === 'bsq') return { band: width * height, row: width, column: 1 };
  if (interleave === 'bil') return { band: width, row: width * bands, column: 1 };
  if (interleave === 'bip') return { band: 1, row: width * bands, column: bands };
  throw new AppError(
    'corrupt',
    `${path} has interleave "${interleave}"; bsq, bil or bip is needed. Correct the header.`,
    { path, interleave },
  );
}

function checkFile(size: number, shape: Shape, layout: StridedLayout, pair: EnviPair): void {
  const { width, height, bands } = shape;
  const needed = layout.offset + width * height * bands * bytesPerSample(layout.type);
  if (Number.isSafeInteger(needed) && needed <= size) return;
  throw new AppError(
    'corrupt',
    `${pair.data} has ${size} bytes, but its header ${basename(pair.header)} describes ${needed} ` +
      `(${width} × ${height} pixels, ${bands} bands, ${layout.type}). The file is cut short or the header belongs ` +
      'to another file: copy both again.',
    { data: pair.data, header: pair.header, size, needed },
  );
}

function describe(parts: {
  readonly uri: string;
  readonly pair: EnviPair;
  readonly fields: EnviFields;
  readonly shape: Shape;
  readonly layout: StridedLayout;
}): SceneDescription {
  const { uri, pair, fields, shape, layout } = parts;
  const block = {
    width: shape.width,
    height: Math.max(1, Math.min(shape.height, Math.floor(2 ** 20 / (shape.width * shape.bands)))),
  };
  return {
    uri,
    format: 'ENVI',
    grid: { width: shape.width, height: shape.height, ...georeference(fields) },
    bands: bandsOf(fields, shape.bands, layout.type),
    overviews: [],
    block,
    ...classesOf(fields),
    metadata: metadataOf(fields),
    files: [pair.header, pair.data],
  };
}

const kept = [
  'description',
  'sensor type',
  'acquisition time',
  'interleave',
  'cloud cover',
  'sun azimuth',
  'sun elevation',
  'wavelength units',
  'map info',
];

function metadataOf(fields: EnviFields): Record<string, string> {
  const metadata: Record<string, string> = {};
  for (const name of kept) {
    const value = fields.get(name);
    if (value !== undefined && value !== '')
      metadata[name.replaceAll(' ', '_')] = value.slice(0, 4096);
  }
  return metadata;
}
