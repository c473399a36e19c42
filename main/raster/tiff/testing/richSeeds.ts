import { deflateSync } from 'node:zlib';
import type { Seed } from './seeds.ts';
import {
  imageFields,
  type WrittenDirectory,
  type WrittenField,
  type WrittenFile,
  writeTiff,
} from './writeTiff.ts';

const [width, height, tile] = [37, 29, 16];
const tilesOf = (side: readonly [number, number]): number =>
  Math.ceil(side[0] / tile) * Math.ceil(side[1] / tile);

const block = (bytes: number, seed: number): Uint8Array =>
  deflateSync(Uint8Array.from({ length: bytes }, (_, i) => (i * seed) & 255));

type Image = {
  readonly size?: readonly [width: number, height: number];
  readonly bits?: number;
  readonly format?: number;
  readonly samples?: number;
  readonly photometric?: number;
  readonly fields?: readonly WrittenField[];
  /** Tiles that were never written. */
  readonly sparse?: boolean;
};

/** One tiled and deflated image. */
function directory(image: Image): WrittenDirectory {
  const { size = [width, height], bits = 8, format = 1, samples = 1, photometric = 1 } = image;
  const count = tilesOf(size);
  const bytes = (tile * tile * samples * bits) / 8;
  const layout = { width: size[0], height: size[1], bits, samples, format, photometric };
  const fields = [...imageFields({ ...layout, compression: 8, tile }), ...(image.fields ?? [])];
  const blocks = Array.from({ length: count }, (_, i) => block(bytes, i + 3));
  if (image.sparse !== true) return { fields, blocks, tiled: true };
  const none: WrittenField[] = [324, 325].map((tag) => ({
    tag,
    type: 4,
    values: new Array<number>(count).fill(0),
  }));
  return { fields: [...fields, ...none], blocks: [] };
}

const text = (tag: number, values: string): WrittenField => ({ tag, type: 2, values });
const reduced = (kind: number): WrittenField => ({ tag: 254, type: 4, values: [kind] });

const metadata = `<GDALMetadata><Item name="A">b</Item><Item name="SCALE" sample="0" role="scale">0.5</Item>
<Item name="OFFSET" sample="0" role="offset">-1</Item><Item name="DESCRIPTION" sample="0" role="description">Red</Item></GDALMetadata>`;

const colours: WrittenField = {
  tag: 320,
  type: 3,
  values: Array.from({ length: 768 }, (_, i) => (i * 257) & 65535),
};

const files: Readonly<Record<string, WrittenFile>> = {
  'overviews and mask': {
    directories: [
      directory({ bits: 16 }),
      directory({ fields: [reduced(4)], photometric: 4 }),
      directory({ bits: 16, size: [19, 15], fields: [reduced(1)] }),
      directory({ size: [19, 15], fields: [reduced(5)], photometric: 4 }),
    ],
  },
  palette: { directories: [directory({ photometric: 3, fields: [colours] })] },
  'nodata and metadata': {
    directories: [directory({ bits: 16, fields: [text(42113, '7'), text(42112, metadata)] })],
  },
  'nodata of floats': {
    bigTiff: true,
    directories: [directory({ bits: 32, format: 3, fields: [text(42113, 'nan')] })],
  },
  'sparse with nodata': {
    directories: [directory({ bits: 32, format: 3, fields: [text(42113, '-9999')], sparse: true })],
  },
  'sparse integers of 64 bits': {
    directories: [directory({ bits: 64, format: 2, fields: [text(42113, '-1')], sparse: true })],
  },
  // Nodata that the type does not hold: the nearest value that it does fills the tiles.
  'sparse bytes below nodata': {
    directories: [directory({ fields: [text(42113, '-1.6')], sparse: true })],
  },
  'sparse words over nodata': {
    directories: [directory({ bits: 32, fields: [text(42113, '1e12')], sparse: true })],
  },
  'sparse unsigned of 64 bits below nodata': {
    directories: [directory({ bits: 64, fields: [text(42113, '-2')], sparse: true })],
  },
  'sparse integers of 64 bits with an exponent': {
    directories: [directory({ bits: 64, format: 2, fields: [text(42113, '1e3')], sparse: true })],
  },
  'sparse unsigned of 64 bits, too large': {
    directories: [
      directory({ bits: 64, fields: [text(42113, '99999999999999999999')], sparse: true }),
    ],
  },
  'sparse bytes and nodata that is no number': {
    directories: [directory({ format: 2, fields: [text(42113, 'nan')], sparse: true })],
  },
  'colour and alpha': {
    littleEndian: false,
    directories: [
      directory({ samples: 4, photometric: 2, fields: [{ tag: 338, type: 3, values: [2] }] }),
    ],
  },
  transformation: {
    directories: [
      directory({
        fields: [
          { tag: 34264, type: 12, values: [10, 1, 0, 5e5, 1, -10, 0, 5e6, 0, 0, 0, 0, 0, 0, 0, 1] },
          { tag: 34735, type: 3, values: [1, 1, 0, 2, 1024, 0, 1, 1, 3072, 0, 1, 32633] },
        ],
      }),
    ],
  },
};

/** Files as they are met: with overviews, masks, palettes, nodata, metadata, tiles that were never written. */
export const richSeeds = (): Seed[] =>
  Object.entries(files).map(([name, file]) => ({ name, bytes: writeTiff(file).bytes }));
