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
const save = (content: Uint8Array): string => folder.save(content, '.mat');

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

  it('wavelengths of no known unit are none', async () => {
    const waves: MatVariableToWrite = {
      name: 'wavelengths',
      dimensions: [2, 1],
      type: 'float64',
      values: [0.1, 5000],
    };
    const source = await openScene(save(matFile([small, waves])));
    expect(source.description.bands.map((band) => band.wavelengthNm)).toEqual([
      undefined,
      undefined,
    ]);
    await source.close();
  });

  it('pixels × bands is a list of spectra too', async () => {
    const turned = { ...small, name: 'X', dimensions: [12, 2] };
    const block = await readAll(`${save(matFile([turned]))}#X?rows=3&columns=4`);
    const reference = await readAll(save(matFile([small])));
    expect(block.bands).toEqual(reference.bands);
    const other = await readAll(`${save(matFile([turned]))}#X?rows=5&columns=4`);
    expect([other.width, other.height, other.bands.length]).toEqual([2, 12, 1]);
  });
});
