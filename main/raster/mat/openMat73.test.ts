import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { wholeWindow } from '../../../app/raster/grid.ts';
import type { RasterBlock } from '../../../app/raster/scene.ts';
import { openScene } from '../formats.ts';
import { errorOf, temporaryFolder } from '../scenes/testing/files.ts';
import { openHdf5 } from './hdf5File.ts';
import { takesFromElsewhere, writeMat73 } from './testing/mat73.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

type Dataset = {
  readonly name: string;
  readonly data: Int16Array | Float64Array | number;
  readonly shape: number[];
  readonly dtype?: string;
};

/** A file of compressed arrays. */
async function mat73(datasets: readonly Dataset[]): Promise<string> {
  const path = folder.newPath('.mat');
  await writeMat73(path, (file) => {
    for (const dataset of datasets) {
      const chunks = dataset.shape.map((size) => Math.ceil(size / 2));
      file.create_dataset(chunks.length === 0 ? dataset : { ...dataset, chunks, compression: 4 });
    }
  });
  return path;
}

async function readAll(uri: string): Promise<RasterBlock> {
  const source = await openScene(uri);
  try {
    return await source.read({ window: wholeWindow(source.description.grid) });
  } finally {
    await source.close();
  }
}

/** Value of a cube that tells row, column and band. */
const cell = (row: number, column: number, band: number): number => row * 100 + column * 10 + band;

/** 3 rows × 4 columns × 2 bands, column by column. */
const cubeValues = Array.from({ length: 24 }, (_, i) =>
  cell(i % 3, Math.floor(i / 3) % 4, Math.floor(i / 12)),
);
const cube: Dataset = { name: 'cube', data: Int16Array.from(cubeValues), shape: [2, 4, 3] };
const waves = (values: readonly number[]): Dataset => ({
  name: 'wavelength',
  data: Float64Array.from(values),
  shape: [1, values.length],
});
/** The cube as a list of 12 spectra of 2 bands. */
const spectra: Dataset = {
  name: 'Y',
  data: Float64Array.from({ length: 24 }, (_, i) => {
    const pixel = Math.floor(i / 2);
    return cell(pixel % 3, Math.floor(pixel / 3), i % 2);
  }),
  shape: [12, 2],
};
/** A band of the cube, row by row. */
const rowByRow = (band: number): number[] =>
  Array.from({ length: 12 }, (_, i) => cell(Math.floor(i / 4), i % 4, band));

describe('MAT-file 7.3', () => {
  it('a cube, window by window', async () => {
    const source = await openScene(await mat73([cube, waves([500, 900])]));
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

  it('a matrix is one band', async () => {
    const path = await mat73([
      cube,
      { name: 'labels', data: Int16Array.from(cubeValues.slice(0, 12)), shape: [4, 3] },
    ]);
    const block = await readAll(`${path}#labels`);
    expect([block.width, block.height, block.bands.length]).toEqual([4, 3, 1]);
    expect([...block.bands[0]!]).toEqual(rowByRow(0));
  });

  it('a list of spectra whose image size is given, or lies beside it as a matrix or a number', async () => {
    const given = await readAll(`${await mat73([spectra])}#Y?rows=3&columns=4`);
    expect(given.bands.map((band) => [...band])).toEqual([rowByRow(0), rowByRow(1)]);
    const size = (name: string, value: number, shape: number[]): Dataset => ({
      name,
      data: shape.length === 0 ? value : Float64Array.of(value),
      shape,
      ...(shape.length === 0 ? { dtype: '<d' } : {}),
    });
    for (const shape of [[1, 1], []]) {
      const beside = await mat73([spectra, size('nRow', 3, shape), size('nCol', 4, shape)]);
      expect((await readAll(`${beside}#Y`)).bands).toEqual(given.bands);
    }
    // A size that is none counts for nothing: the matrix is then one band.
    const odd = await mat73([spectra, size('nRow', 2.5, [1, 1]), size('nCol', -4, [1, 1])]);
    expect((await readAll(`${odd}#Y`)).bands).toHaveLength(1);
  });

  it('an array that cannot be a scene, or too large a list, is refused with a cure', async () => {
    const path = join(folder.path, 'large.mat');
    await writeMat73(path, (file) => {
      const start = { data: new Float64Array(0), shape: [0, 0], chunks: [100, 100] };
      file
        .create_dataset({ ...start, name: 'spectra', maxshape: [null, null] })
        .resize([90_000, 800]);
      file.create_dataset({
        name: 'turned',
        data: new Int8Array(80_000),
        shape: [20_000, 2, 2],
      });
      file.create_dataset({ name: 'four', data: new Int8Array(16), shape: [2, 2, 2, 2] });
    });
    const large = await openScene(`${path}#spectra?rows=300&columns=300`);
    const error = await errorOf(large.read({ window: { x: 0, y: 0, width: 1, height: 1 } }));
    expect([error.code, error.message.includes('rows × columns × bands')]).toEqual([
      'too-large',
      true,
    ]);
    await large.close();
    const turned = await errorOf(openScene(`${path}#turned`));
    expect([turned.code, turned.message.includes('20000 bands')]).toEqual(['unsupported', true]);
    const four = await errorOf(openScene(`${path}#four`));
    expect([four.code, four.message.includes('2 × 2 × 2 × 2')]).toEqual(['unsupported', true]);
  });

  it('a damaged file is refused', async () => {
    const path = await mat73([cube]);
    writeFileSync(path, readFileSync(path).subarray(0, 700));
    expect((await errorOf(openScene(path))).code).toBe('corrupt');
  });

  it('values that cannot be decompressed are refused, whatever lies beside them', async () => {
    const path = await mat73([cube]);
    const bytes = readFileSync(path);
    // The first bytes of a zlib stream at level 4: one for each piece of the array.
    let streams = 0;
    for (
      let at = bytes.indexOf('785e', 'hex');
      at >= 0;
      at = bytes.indexOf('785e', at + 2, 'hex')
    ) {
      bytes.fill(0xff, at, at + 4);
      streams++;
    }
    expect(streams).toBeGreaterThan(0);
    writeFileSync(path, bytes);
    const source = await openScene(path);
    const error = await errorOf(source.read({ window: { x: 0, y: 0, width: 4, height: 3 } }));
    expect([error.code, error.message.includes('cube cannot be decompressed')]).toEqual([
      'corrupt',
      true,
    ]);
    await source.close();
  });

  it('values that lie in another file are not fetched from there, and the user is told so', async () => {
    const path = folder.save(takesFromElsewhere(), '.mat');
    const own = await readAll(`${path}#own`);
    expect(own.bands).toHaveLength(1);
    const error = await errorOf(readAll(`${path}#stolen`));
    expect([error.code, error.message]).toEqual([
      'unsupported',
      `${path}: the values of stolen lie in another file, which is not followed. Save them in one file.`,
    ]);
  });

  it('a file whose thread has ended answers instead of waiting', async () => {
    const file = await openHdf5(await mat73([cube]));
    await file.close();
    const error = await errorOf(
      file.arrays[0]!.read([
        [0, 1],
        [0, 1],
        [0, 1],
      ]),
    );
    expect(error.code).toBe('corrupt');
  });
});
