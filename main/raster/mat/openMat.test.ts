import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { AppError } from '../../../app/error.ts';
import { wholeWindow } from '../../../app/raster/grid.ts';
import type { RasterBlock } from '../../../app/raster/scene.ts';
import { openScene } from '../formats.ts';
import {
  errorOf,
  type MatVariableToWrite,
  matFile,
  temporaryFolder,
} from '../scenes/testing/files.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
let count = 0;

function save(content: Uint8Array): string {
  const path = join(folder.path, `${++count}.mat`);
  writeFileSync(path, content);
  return path;
}

async function readAll(uri: string): Promise<RasterBlock & { readonly names: readonly string[] }> {
  const source = await openScene(uri);
  const block = await source.read({ window: wholeWindow(source.description.grid) });
  await source.close();
  return { ...block, names: source.description.bands.map((band) => band.name) };
}

/** Value of a cube that tells row, column and band. */
const cell = (row: number, column: number, band: number): number => row * 100 + column * 10 + band;

/** rows × columns × bands, column by column. */
function cubeValues(rows: number, columns: number, bands: number): number[] {
  const values: number[] = [];
  for (let b = 0; b < bands; b++) {
    for (let c = 0; c < columns; c++) for (let r = 0; r < rows; r++) values.push(cell(r, c, b));
  }
  return values;
}

const small: MatVariableToWrite = {
  name: 'cube',
  dimensions: [3, 4, 2],
  type: 'int16',
  values: cubeValues(3, 4, 2),
};

describe('MAT-file 5', () => {
  const types = [
    'int8',
    'uint8',
    'int16',
    'uint16',
    'int32',
    'uint32',
    'int64',
    'uint64',
    'float32',
    'float64',
  ] as const;
  for (const bigEndian of [false, true]) {
    for (const compressed of [false, true]) {
      it.each(types)(
        `%s ${bigEndian ? 'big' : 'little'} endian ${compressed ? 'compressed' : 'plain'}`,
        async (type) => {
          const values = cubeValues(3, 4, 2).map((value) => value % 120);
          const block = await readAll(
            save(matFile([{ ...small, type, values, compressed }], bigEndian)),
          );
          expect(block.bands).toHaveLength(2);
          for (const [b, samples] of block.bands.entries()) {
            const expected = Array.from(
              { length: 12 },
              (_, i) => cell(Math.floor(i / 4), i % 4, b) % 120,
            );
            expect(Array.from(samples, Number)).toEqual(expected);
          }
        },
      );
    }
  }

  it('a list of spectra becomes an image where its size is known', async () => {
    const spectra: MatVariableToWrite = {
      name: 'Y',
      dimensions: [2, 12],
      type: 'uint16',
      values: cubeValues(3, 4, 2).map((_, i) => {
        const pixel = Math.floor(i / 2);
        return cell(pixel % 3, Math.floor(pixel / 3), i % 2);
      }),
    };
    const size = (name: string, value: number): MatVariableToWrite => ({
      name,
      dimensions: [1, 1],
      type: 'float64',
      values: [value],
    });
    const reference = await readAll(save(matFile([small])));
    const named = await readAll(save(matFile([size('nRow', 3), size('nCol', 4), spectra])));
    expect(named.bands.map((band) => Array.from(band, Number))).toEqual(
      reference.bands.map((band) => Array.from(band, Number)),
    );
    const given = await readAll(`${save(matFile([spectra]))}#Y?rows=3&columns=4`);
    expect(given.bands).toEqual(named.bands);
    const plain = await readAll(save(matFile([spectra])));
    expect([plain.width, plain.height, plain.bands.length, plain.names[0]]).toEqual([
      12,
      2,
      1,
      'Y',
    ]);
  });

  it('takes the largest cube, or the one that is named', async () => {
    const labels: MatVariableToWrite = {
      name: 'gt',
      dimensions: [3, 4],
      type: 'uint8',
      values: cubeValues(3, 4, 1).map((v) => v % 16),
    };
    const waves: MatVariableToWrite = {
      name: 'wavelengths',
      dimensions: [2, 1],
      type: 'float64',
      values: [0.48, 2.2],
    };
    const path = save(
      matFile([
        labels,
        { ...small, compressed: true },
        waves,
        { ...labels, name: 'z', complex: true },
      ]),
    );
    const source = await openScene(path);
    expect(source.description.metadata['variable']).toBe('cube');
    expect(source.description.bands.map((band) => band.wavelengthNm)).toEqual([480, 2200]);
    await source.close();
    expect((await readAll(`${path}#gt`)).names).toEqual(['gt']);
    const error = await errorOf(openScene(`${path}#nope`));
    expect(error.code).toBe('usage');
    expect(error.message).toContain('cube (3 × 4 × 2)');
    expect((await errorOf(openScene(`${path}#z`))).code).toBe('usage');
    expect((await errorOf(openScene(`${path}#cube?rows=x`))).code).toBe('usage');
  });

  it('bombs and lies are refused before memory is taken', async () => {
    const honest = matFile([small]);
    const lying = Buffer.from(honest);
    // Rows of the dimensions element: after the header (128), the matrix tag (8) and the flags (16), its tag (8).
    lying.writeUInt32LE(4_000_000_000, 128 + 8 + 16 + 8);
    expect((await errorOf(openScene(save(lying)))).code).toBe('corrupt');
    const element = honest.subarray(128);
    const huge = Buffer.from(element);
    const bytes = 3_000_000_000;
    huge.writeUInt32LE(bytes / 2 / 8, 8 + 16 + 8);
    huge.writeUInt32LE(bytes, 8 + 16 + 24 + 16 + 4);
    const packed = deflateSync(huge);
    const tag = Buffer.alloc(8);
    tag.writeUInt32LE(15);
    tag.writeUInt32LE(packed.length, 4);
    const bomb = save(Buffer.concat([honest.subarray(0, 128), tag, packed]));
    expect((await errorOf(openScene(bomb))).code).toBe('corrupt');
    const short = save(matFile([{ ...small, compressed: true }]).subarray(0, -20));
    expect((await errorOf(openScene(short))).code).toBe('corrupt');
    expect((await errorOf(openScene(save(honest.subarray(0, 128))))).code).toBe('unsupported');
  });

  it('changed bytes give values or one plain error', async () => {
    const honest = matFile([{ ...small, compressed: true }, small]);
    await fc.assert(
      fc.asyncProperty(fc.nat(honest.length - 129), fc.nat(255), async (at, value) => {
        const copy = Buffer.from(honest);
        copy[128 + at] = value;
        try {
          await readAll(save(copy));
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
        }
      }),
      { numRuns: 300, seed: 9 },
    );
  });
});

describe('MAT-file 7.3', () => {
  /** MATLAB's 512 bytes of text go in front of an HDF5 file. */
  async function hdf5(
    name: string,
    data: Int16Array | Float64Array,
    shape: number[],
  ): Promise<string> {
    const { default: h5 } = await import('h5wasm/node');
    await h5.ready;
    const path = join(folder.path, `h5-${++count}.mat`);
    const file = new h5.File(path, 'w');
    file.create_dataset({
      name,
      data,
      shape,
      chunks: shape.map((size) => Math.ceil(size / 2)),
      compression: 4,
    });
    file.create_dataset({ name: 'wavelength', data: new Float64Array([500, 900]), shape: [1, 2] });
    file.close();
    const { readFileSync } = await import('node:fs');
    const head = Buffer.alloc(512, 0);
    head.write('MATLAB 7.3 MAT-file, Platform: GLNXA64'.padEnd(124));
    head.write('\x00\x02IM', 124, 'latin1');
    writeFileSync(path, Buffer.concat([head, readFileSync(path)]));
    return path;
  }

  it('a cube, window by window', async () => {
    const path = await hdf5('cube', Int16Array.from(cubeValues(3, 4, 2)), [2, 4, 3]);
    const source = await openScene(path);
    expect(source.description).toMatchObject({ format: 'MAT', grid: { width: 4, height: 3 } });
    expect(source.description.bands.map((band) => band.wavelengthNm)).toEqual([500, 900]);
    const { bands } = await source.read({
      window: { x: 1, y: 1, width: 3, height: 2 },
      bands: [1],
    });
    expect([...bands[0]!]).toEqual(
      [1, 2].flatMap((row) => [1, 2, 3].map((column) => cell(row, column, 1))),
    );
    await source.close();
  });

  it('a list of spectra', async () => {
    const values = Float64Array.from({ length: 24 }, (_, i) => {
      const pixel = Math.floor(i / 2);
      return cell(pixel % 3, Math.floor(pixel / 3), i % 2);
    });
    const path = await hdf5('Y', values, [12, 2]);
    const block = await readAll(`${path}#Y?rows=3&columns=4`);
    expect([...block.bands[1]!]).toEqual(
      Array.from({ length: 12 }, (_, i) => cell(Math.floor(i / 4), i % 4, 1)),
    );
  });

  it('a damaged file is refused', async () => {
    const path = await hdf5('cube', Int16Array.from(cubeValues(3, 4, 2)), [2, 4, 3]);
    const { readFileSync } = await import('node:fs');
    writeFileSync(path, readFileSync(path).subarray(0, 700));
    expect((await errorOf(openScene(path))).code).toBe('corrupt');
  });
});
