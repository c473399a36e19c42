import { AppError } from '../../../app/error.ts';
import type { SampleType } from '../../../app/raster/samples.ts';
import { corrupt, type Directory, readBytes, readNumbers, type TiffFile } from './directory.ts';
import { limits } from './limits.ts';
import { compressionNames, photometric, tags } from './tags.ts';

export type SampleFormat = 'unsigned' | 'signed' | 'float';

/** How one image lies in its file, checked: sizes are positive, within the limits, and agree with each other. */
export type ImageLayout = {
  readonly width: number;
  readonly height: number;
  /** Samples of a pixel: all bands, extra samples included. */
  readonly samples: number;
  readonly bits: number;
  readonly format: SampleFormat;
  /** The type that the samples are handed out in. */
  readonly type: SampleType;
  readonly photometric: number;
  readonly compression: number;
  /** 1 none, 2 horizontal differences, 3 floating point. */
  readonly predictor: 1 | 2 | 3;
  /** True where each band has blocks of its own (planar configuration 2). */
  readonly planar: boolean;
  readonly tiled: boolean;
  /** Size of a tile; a strip is as wide as the image. */
  readonly blockWidth: number;
  readonly blockHeight: number;
  readonly blocksAcross: number;
  readonly blocksDown: number;
  /** Bytes of one decoded row of a block. */
  readonly rowBytes: number;
  /** True where the bits of each stored byte are reversed (fill order 2). */
  readonly reversedBits: boolean;
  readonly extraSamples: readonly number[];
  readonly jpegTables?: Uint8Array;
  /** Second Lerc parameter: 0 none, 1 deflate, 2 zstd around the Lerc bytes. */
  readonly lercCompression: number;
};

/** What a codec needs to know beside the bytes. */
export type BlockRequest = {
  readonly layout: ImageLayout;
  /** Rows wanted: the block's height, fewer where the image ends within the block. */
  readonly rows: number;
  /** rows · rowBytes: what has to be there. */
  readonly expected: number;
  /** blockHeight · rowBytes: what may be there. */
  readonly most: number;
};

/** Samples interleaved in one block. */
export function blockSamples(layout: ImageLayout): number {
  return layout.planar ? 1 : layout.samples;
}

/** Number of blocks of the image, all planes together. */
export function blockCount(layout: ImageLayout): number {
  return layout.blocksAcross * layout.blocksDown * (layout.planar ? layout.samples : 1);
}

/** Reads and checks the layout of one image. @throws AppError `corrupt`, `unsupported`, `too-large` */
export async function readLayout(file: TiffFile, directory: Directory): Promise<ImageLayout> {
  const reader = new FieldReader(file, directory);
  const uri = file.source.uri;
  const width = await reader.required(tags.imageWidth, 'width');
  const height = await reader.required(tags.imageLength, 'height');
  const samples = await reader.single(tags.samplesPerPixel, 1);
  checkSize(uri, width, height, samples);
  const bits = await reader.perSample(tags.bitsPerSample, samples, 1);
  const format = await reader.perSample(tags.sampleFormat, samples, 1);
  const compression = await reader.perSample(tags.compression, samples, 1);
  const interpretation = await reader.single(tags.photometric, photometric.minIsBlack);
  checkInterpretation(uri, { interpretation, compression, samples, bits });
  const sample = sampleLayout(uri, bits, format);
  const planar = (await reader.choice(tags.planarConfiguration, [1, 2], 1)) === 2 && samples > 1;
  const block = await blockLayout(reader, uri, { width, height, bits, samples, planar });
  const predicts = [5, 8, 32946, 50000, 34925].includes(compression);
  const predictor = predicts ? await reader.choice(tags.predictor, [1, 2, 3], 1) : 1;
  checkPredictor(uri, predictor, bits, sample.format);
  const tables = directory.fields.get(tags.jpegTables);
  const lerc = directory.fields.get(tags.lercParameters);
  return {
    width,
    height,
    samples,
    bits,
    ...sample,
    photometric: interpretation,
    compression,
    predictor: predictor as 1 | 2 | 3,
    planar,
    ...block,
    reversedBits: (await reader.choice(tags.fillOrder, [1, 2], 1)) === 2 && compression !== 7,
    extraSamples: checkExtra(uri, await reader.numbers(tags.extraSamples), samples),
    ...(tables === undefined ? {} : { jpegTables: await readBytes(file, tables) }),
    lercCompression: lerc === undefined ? 0 : ((await readNumbers(file, lerc))[1] ?? 0),
  };
}

function checkExtra(uri: string, kinds: readonly number[], samples: number): readonly number[] {
  // 999 is an old value of Corel Draw for alpha, which libtiff knows.
  const known = kinds.every((kind) => [0, 1, 2, 999].includes(kind));
  if (!known || kinds.length > samples) {
    throw corrupt(uri, `it states extra samples of kinds ${kinds.slice(0, 8).join(', ')}`);
  }
  return kinds;
}

function checkSize(uri: string, width: number, height: number, samples: number): void {
  if (samples < 1) throw corrupt(uri, `it states ${samples} samples a pixel`);
  const { side, pixels, bands } = limits;
  if (width <= side && height <= side && width * height <= pixels && samples <= bands) return;
  throw new AppError(
    'too-large',
    `${uri} states ${width} × ${height} pixels of ${samples} bands, more than Prismap opens. ` +
      'Its header is probably damaged; check it with gdalinfo.',
    { uri, width, height, samples },
  );
}

/** Refuses colours that GDAL would convert to RGB on the fly: their stored values are not what it presents. */
function checkInterpretation(
  uri: string,
  stored: { interpretation: number; compression: number; samples: number; bits: number },
): void {
  const { interpretation, compression, samples, bits } = stored;
  const { yCbCr, separated, cieLab, iccLab, ituLab, logL, logLuv } = photometric;
  const others: readonly number[] = [cieLab, iccLab, ituLab, logL, logLuv];
  const name =
    interpretation === yCbCr && compression !== 7 && compression !== 50001
      ? 'YCbCr'
      : interpretation === separated && samples === 4 && bits === 8
        ? 'CMYK'
        : others.includes(interpretation)
          ? 'Lab or LogLuv'
          : undefined;
  if (name === undefined) return;
  throw new AppError(
    'unsupported',
    `${uri} stores ${name} colours (${compressionNames.get(compression) ?? compression}), which Prismap does not ` +
      'convert. Convert it to RGB with gdal_translate first.',
    { uri, photometric: interpretation, compression },
  );
}

type Sample = { readonly format: SampleFormat; readonly type: SampleType };

function sampleLayout(uri: string, bits: number, format: number): Sample {
  const sample = format === 3 ? floatSample(bits) : integerSample(bits, format);
  if (sample !== undefined) return sample;
  const complex = format === 5 || format === 6;
  throw new AppError(
    complex || format <= 6 ? 'unsupported' : 'corrupt',
    `${uri} stores ${complex ? 'complex' : `${bits}-bit`} samples (sample format ${format}), which Prismap does not ` +
      'read. Convert it to a real type with gdal_translate first.',
    { uri, bits, format },
  );
}

function floatSample(bits: number): Sample | undefined {
  if ([16, 24, 32].includes(bits)) return { format: 'float', type: 'float32' };
  return bits === 64 ? { format: 'float', type: 'float64' } : undefined;
}

/** Formats 1 unsigned, 2 signed, and 4 "undefined", which GDAL reads as unsigned; odd widths are always unsigned. */
function integerSample(bits: number, format: number): Sample | undefined {
  const known = [1, 2, 4].includes(format);
  if (!known || !(bits >= 1 && (bits <= 32 || bits === 64))) return undefined;
  const signed = format === 2 && [8, 16, 32, 64].includes(bits);
  const width = ([8, 16, 32, 64] as const).find((candidate) => bits <= candidate)!;
  return { format: signed ? 'signed' : 'unsigned', type: `${signed ? 'int' : 'uint'}${width}` };
}

function checkPredictor(uri: string, predictor: number, bits: number, format: SampleFormat): void {
  const fits =
    predictor === 1 ||
    (predictor === 2 && [8, 16, 32, 64].includes(bits)) ||
    (predictor === 3 && format === 'float');
  if (!fits) throw corrupt(uri, `predictor ${predictor} does not go with ${bits}-bit samples`);
}

type Geometry = { width: number; height: number; bits: number; samples: number; planar: boolean };

type BlockGeometry = Pick<
  ImageLayout,
  'tiled' | 'blockWidth' | 'blockHeight' | 'blocksAcross' | 'blocksDown' | 'rowBytes'
>;

async function blockLayout(
  reader: FieldReader,
  uri: string,
  { width, height, bits, samples, planar }: Geometry,
): Promise<BlockGeometry> {
  const tiled = reader.has(tags.tileWidth) || reader.has(tags.tileLength);
  const rows = tiled ? 0 : await reader.single(tags.rowsPerStrip, height);
  const blockWidth = tiled ? await reader.required(tags.tileWidth, 'tile width') : width;
  const blockHeight = tiled
    ? await reader.required(tags.tileLength, 'tile height')
    : Math.min(rows, height);
  if (blockHeight < 1) throw corrupt(uri, 'its strips have no rows');
  const blocksAcross = Math.ceil(width / blockWidth);
  const blocksDown = Math.ceil(height / blockHeight);
  const rowBytes = Math.ceil((blockWidth * (planar ? 1 : samples) * bits) / 8);
  const blocks = blocksAcross * blocksDown * (planar ? samples : 1);
  if (blockWidth > limits.side || blockHeight > limits.side || blocks > limits.blocks) {
    throw new AppError(
      'too-large',
      `${uri} states ${blocks} tiles of ${blockWidth} × ${blockHeight}, more than Prismap opens.`,
      { uri, blocks, blockWidth, blockHeight },
    );
  }
  return { tiled, blockWidth, blockHeight, blocksAcross, blocksDown, rowBytes };
}

/** The small numeric fields of one directory. */
class FieldReader {
  readonly #file: TiffFile;
  readonly #directory: Directory;

  constructor(file: TiffFile, directory: Directory) {
    this.#file = file;
    this.#directory = directory;
  }

  has(tag: number): boolean {
    return this.#directory.fields.has(tag);
  }

  async numbers(tag: number): Promise<number[]> {
    const field = this.#directory.fields.get(tag);
    return field === undefined ? [] : readNumbers(this.#file, field);
  }

  /** The value of a field of one integer. */
  async single(tag: number, absent: number): Promise<number> {
    const field = this.#directory.fields.get(tag);
    if (field === undefined) return absent;
    this.#checkInteger(tag, field.type);
    if (field.count !== 1) {
      throw corrupt(this.#file.source.uri, `field ${tag} has ${field.count} values, not one`);
    }
    return (await readNumbers(this.#file, field))[0]!;
  }

  async required(tag: number, name: string): Promise<number> {
    const value = await this.single(tag, 0);
    if (value < 1) throw corrupt(this.#file.source.uri, `its ${name} is missing or zero`);
    return value;
  }

  async choice(tag: number, values: readonly number[], absent: number): Promise<number> {
    const value = await this.single(tag, absent);
    if (values.includes(value)) return value;
    throw corrupt(this.#file.source.uri, `field ${tag} holds ${value}`);
  }

  /** The value that all samples share: the field has one value, or one a sample. */
  async perSample(tag: number, samples: number, absent: number): Promise<number> {
    const field = this.#directory.fields.get(tag);
    if (field === undefined) return absent;
    this.#checkInteger(tag, field.type);
    const values = await readNumbers(this.#file, field);
    if (values.length === 1) return values[0]!;
    const used = values.slice(0, samples);
    if (values.length < samples || used.some((value) => value !== used[0])) {
      throw new AppError(
        'unsupported',
        `${this.#file.source.uri} has bands of different types (field ${tag}: ${used.slice(0, 8).join(', ')}), ` +
          'which GDAL does not read either. Split it into one file a band.',
        { uri: this.#file.source.uri, tag },
      );
    }
    return used[0]!;
  }

  #checkInteger(tag: number, type: number): void {
    if ([1, 3, 4, 6, 8, 9, 16, 17].includes(type)) return;
    throw corrupt(this.#file.source.uri, `field ${tag} has the type ${type}`);
  }
}
