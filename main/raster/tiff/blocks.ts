import { AppError } from '../../../app/error.ts';
import { type SampleArray, type SampleType, samplesOf } from '../../../app/raster/samples.ts';
import type { ByteRange } from './byteSource.ts';
import { type Codec, codecs } from './codecs.ts';
import { corrupt, type Directory, type Field, type TiffFile } from './directory.ts';
import { kernels } from './kernels.ts';
import { blockCount, blockSamples, type ImageLayout } from './layout.ts';
import { limits } from './limits.ts';
import { NumberTable } from './numberTable.ts';
import { reverseBits, swapBytes, type UnsignedSamples, undoFloatPredictor } from './predictor.ts';
import { compressionNames, tags } from './tags.ts';
import { unpack } from './unpack.ts';

/**
 * A chunk is what is read, decoded and cached as one: a whole tile or strip where it is compressed, a run of its rows
 * where it is not.
 */
export type Chunk = {
  readonly index: number;
  readonly block: number;
  /** Position of its first pixel in the image. */
  readonly x: number;
  readonly y: number;
  /** Rows of its block before it. */
  readonly firstRow: number;
  readonly rows: number;
};

const uncompressedChunkBytes = 2 ** 18;
const littleEndianMachine = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Finds and decodes the chunks of one image. */
export class BlockReader {
  readonly layout: ImageLayout;
  /** Rows of a chunk; the last of a block may have fewer. */
  readonly chunkRows: number;
  readonly chunksPerBlock: number;
  readonly codec: Codec | undefined;
  readonly #file: TiffFile;
  readonly #offsets: NumberTable;
  readonly #counts: NumberTable | undefined;
  readonly #estimated: boolean;

  private constructor(
    file: TiffFile,
    layout: ImageLayout,
    tables: { offsets: NumberTable; counts: NumberTable | undefined; estimated: boolean },
  ) {
    this.#file = file;
    this.layout = layout;
    this.#offsets = tables.offsets;
    this.#counts = tables.counts;
    this.#estimated = tables.estimated;
    this.codec = codecs.get(layout.compression);
    this.chunkRows =
      layout.compression === 1
        ? Math.max(
            1,
            Math.min(layout.blockHeight, Math.floor(uncompressedChunkBytes / layout.rowBytes)),
          )
        : layout.blockHeight;
    this.chunksPerBlock = Math.ceil(layout.blockHeight / this.chunkRows);
  }

  /** @throws AppError `corrupt`, `unsupported`, `too-large` */
  static async open(
    file: TiffFile,
    directory: Directory,
    layout: ImageLayout,
  ): Promise<BlockReader> {
    const { uri } = file.source;
    checkCodec(uri, layout);
    const tables = await openTables(file, directory, layout);
    const reader = new BlockReader(file, layout, tables);
    const bytes = reader.chunkRows * layout.rowBytes;
    if (bytes > limits.blockBytes) {
      throw new AppError(
        'too-large',
        `${uri} stores blocks of ${layout.blockWidth} × ${layout.blockHeight} pixels, ${bytes} bytes each; Prismap ` +
          `decodes at most ${limits.blockBytes}. Rewrite it in tiles with gdal_translate -co TILED=YES.`,
        { uri, bytes, limit: limits.blockBytes },
      );
    }
    return reader;
  }

  /** The chunk that holds pixel (x, y) of a plane. */
  chunkAt(x: number, y: number, plane: number): Chunk {
    const { layout } = this;
    const across = Math.floor(x / layout.blockWidth);
    const down = Math.floor(y / layout.blockHeight);
    const part = Math.floor((y - down * layout.blockHeight) / this.chunkRows);
    const firstRow = part * this.chunkRows;
    const top = down * layout.blockHeight + firstRow;
    // Rows below the image are not needed, and some writers leave them out even of tiles.
    const left = Math.min(layout.blockHeight - firstRow, layout.height - top);
    const block = (plane * layout.blocksDown + down) * layout.blocksAcross + across;
    return {
      index: block * this.chunksPerBlock + part,
      block,
      x: across * layout.blockWidth,
      y: top,
      firstRow,
      rows: Math.min(this.chunkRows, left),
    };
  }

  /** Where the bytes of a chunk lie; undefined for a block that was never written (sparse). */
  async rangeOf(chunk: Chunk): Promise<ByteRange | undefined> {
    const { layout } = this;
    const offset = await this.#offsets.at(chunk.block);
    const length = await this.#lengthOf(chunk.block, offset);
    if (length === 0) {
      if (offset === 0) return undefined;
      throw this.#damaged(chunk, 'it has a position but no length');
    }
    if (layout.compression !== 1) {
      this.#checkPlausible(chunk, length);
      return { offset, length };
    }
    const before = chunk.firstRow * layout.rowBytes;
    const wanted = chunk.rows * layout.rowBytes;
    if (before + wanted > length) {
      throw this.#damaged(chunk, `it has ${length} bytes where ${before + wanted} are needed`);
    }
    if (!this.#estimated && offset + length > this.#file.source.size) {
      throw this.#damaged(
        chunk,
        `its stated ${length} bytes at ${offset} pass the end of the file`,
      );
    }
    return { offset: offset + before, length: wanted };
  }

  /** Checks that every block lies within the file, so that a cut-off scene is refused when it is opened. */
  async verify(): Promise<void> {
    const { layout } = this;
    const { size } = this.#file.source;
    const blocks = blockCount(layout);
    for (let block = 0; block < blocks; block++) {
      const offset = await this.#offsets.at(block);
      const length = await this.#lengthOf(block, offset);
      if (length === 0) continue;
      const down = Math.floor(block / layout.blocksAcross) % layout.blocksDown;
      const rows = Math.min(layout.blockHeight, layout.height - down * layout.blockHeight);
      const needed = this.#estimated && layout.compression === 1 ? rows * layout.rowBytes : length;
      if (offset + needed > size) {
        throw corrupt(
          this.#file.source.uri,
          `${layout.tiled ? 'tile' : 'strip'} ${block} of ${blocks} ends at byte ${offset + needed}, but the file has ${size}`,
        );
      }
    }
  }

  async #lengthOf(block: number, offset: number): Promise<number> {
    if (!this.#estimated) return this.#counts!.at(block);
    const rest = Math.max(0, this.#file.source.size - offset);
    if (this.layout.compression !== 1) return rest;
    return this.layout.blockHeight * this.layout.rowBytes;
  }

  #checkPlausible(chunk: Chunk, length: number): void {
    const expected = chunk.rows * this.layout.rowBytes;
    if (expected > (length + 64) * this.codec!.largestRatio) {
      throw this.#damaged(chunk, `${length} bytes cannot hold its ${expected}`);
    }
    if (expected <= limits.bombBytes || expected <= length * limits.bombRatio) return;
    throw new AppError(
      'too-large',
      `${this.#file.source.uri} would grow from ${length} to ${expected} bytes in one block, which is how a ` +
        'decompression bomb looks. If you trust it, rewrite it in tiles with gdal_translate -co TILED=YES.',
      { uri: this.#file.source.uri, length, expected },
    );
  }

  #damaged(chunk: Chunk, found: string): AppError {
    const kind = this.layout.tiled ? 'tile' : 'strip';
    return corrupt(this.#file.source.uri, `${kind} ${chunk.block}: ${found}`);
  }

  /** Decodes the bytes of a chunk; they may be changed. @throws AppError `corrupt` */
  decode(chunk: Chunk, raw: Uint8Array<ArrayBuffer>): SampleArray {
    const { layout, codec } = this;
    const expected = chunk.rows * layout.rowBytes;
    if (layout.reversedBits) reverseBits(raw);
    const decoded = codec === undefined ? raw : this.#decompress(chunk, raw, expected);
    const bytes = aligned(decoded, layout.bits);
    const samples = blockSamples(layout);
    const rowSamples = layout.blockWidth * samples;
    if (layout.predictor === 3) undoFloatPredictor(bytes, layout.bits, samples, rowSamples);
    else {
      const foreign = this.#file.layout.littleEndian !== littleEndianMachine;
      if (foreign && codec?.nativeOrder !== true) swapBytes(bytes, layout.bits);
      if (layout.predictor === 2)
        kernels().undoDifferences(asUnsigned(bytes, layout.bits), samples, rowSamples);
    }
    return unpack(bytes, layout, rowSamples, chunk.rows);
  }

  #decompress(
    chunk: Chunk,
    raw: Uint8Array<ArrayBuffer>,
    expected: number,
  ): Uint8Array<ArrayBuffer> {
    const most = this.layout.blockHeight * this.layout.rowBytes;
    const request = { layout: this.layout, rows: chunk.rows, expected, most };
    let decoded: Uint8Array<ArrayBuffer>;
    try {
      decoded = this.codec!.decode(raw, request);
    } catch (error) {
      const name = compressionNames.get(this.layout.compression);
      // libjpeg-turbo in WebAssembly throws the address of what went wrong.
      const reason = error instanceof Error ? error.message : 'the decoder gave up';
      throw this.#damaged(chunk, `its ${name} data cannot be decoded (${reason})`);
    }
    if (decoded.length < expected) {
      throw this.#damaged(chunk, `it ends after ${decoded.length} of ${expected} bytes`);
    }
    return decoded.subarray(0, expected);
  }
}

/** @throws AppError `unsupported` */
function checkCodec(uri: string, layout: ImageLayout): void {
  const { compression, bits } = layout;
  const codec = codecs.get(compression);
  const samples = blockSamples(layout);
  const known = codec?.knows?.(samples, bits) ?? (codec !== undefined || compression === 1);
  if (known) return;
  const name = compressionNames.get(compression) ?? `number ${compression}`;
  const kind = codec === undefined ? name : `${name} of ${samples} bands of ${bits} bits`;
  throw new AppError(
    'unsupported',
    `${uri} is compressed with ${kind}, which Prismap does not read. Convert it with ` +
      'gdal_translate -co COMPRESS=DEFLATE first.',
    { uri, compression: name },
  );
}

/** The same bytes at a position where samples of the type may start. */
function aligned(bytes: Uint8Array<ArrayBuffer>, bits: number): Uint8Array<ArrayBuffer> {
  return bits < 16 || bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
}

function asUnsigned(bytes: Uint8Array<ArrayBuffer>, bits: number): UnsignedSamples {
  const type = `uint${bits}` as SampleType;
  const length = bytes.length / (bits >> 3);
  return samplesOf(type, bytes.buffer, bytes.byteOffset, length) as UnsignedSamples;
}

async function openTables(
  file: TiffFile,
  directory: Directory,
  layout: ImageLayout,
): Promise<{ offsets: NumberTable; counts: NumberTable | undefined; estimated: boolean }> {
  const { uri } = file.source;
  const offsetField = only(file, directory, [tags.tileOffsets, tags.stripOffsets]);
  const countField = only(file, directory, [tags.tileByteCounts, tags.stripByteCounts]);
  if (offsetField === undefined) throw corrupt(uri, 'it does not say where its pixels are');
  const blocks = blockCount(layout);
  const offsets = new NumberTable(file.source, file.layout, offsetField);
  if (offsets.length < blocks) {
    throw corrupt(uri, `it lists ${offsets.length} of its ${blocks} tiles or strips`);
  }
  const planes = layout.planar ? layout.samples : 1;
  if (countField === undefined) {
    // Some old writers leave the lengths out; they can be told from the layout where there is one strip a plane.
    if (blocks !== planes) throw corrupt(uri, 'it does not say how long its strips are');
    return { offsets, counts: undefined, estimated: true };
  }
  const counts = new NumberTable(file.source, file.layout, countField);
  if (counts.length < blocks) {
    throw corrupt(uri, `it lists the lengths of ${counts.length} of its ${blocks} tiles or strips`);
  }
  return { offsets, counts, estimated: await looksWrong(file, layout, offsets, counts) };
}

/** The field of one of two tags that mean the same. Of both, other readers take the one that stands last. */
function only(
  file: TiffFile,
  { fields }: Directory,
  [first, second]: readonly [number, number],
): Field | undefined {
  if (fields.has(first) && fields.has(second))
    throw corrupt(file.source.uri, 'it lists its pixels twice, as tiles and as strips');
  return fields.get(first) ?? fields.get(second);
}

/**
 * Whether libtiff would replace the stated strip lengths by computed ones, as it does for files of some old writers: one
 * strip whose length is zero, past the end, or too short for the image; or uneven first lengths of uncompressed strips.
 */
async function looksWrong(
  file: TiffFile,
  layout: ImageLayout,
  offsets: NumberTable,
  counts: NumberTable,
): Promise<boolean> {
  if (layout.tiled || layout.planar) return false;
  const blocks = blockCount(layout);
  const [offset, count] = [await offsets.at(0), await counts.at(0)];
  const plain = layout.compression === 1;
  if (blocks === 1) {
    if (offset === 0) return false;
    if (count === 0) return true;
    const past = offset <= file.source.size && count > file.source.size - offset;
    return plain && (past || count < layout.rowBytes * layout.height);
  }
  const second = await counts.at(1);
  return plain && blocks > 2 && count !== second && count !== 0 && second !== 0;
}
