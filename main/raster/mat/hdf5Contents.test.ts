import { writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it, test } from 'vitest';
import { temporaryFolder } from '../scenes/testing/files.ts';
import { type Hdf5Answer, hdf5Contents } from './hdf5Contents.ts';
import { takesFromElsewhere, writeMat73 } from './testing/mat73.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

/** Name, dimensions and type of all arrays. */
async function listOf(path: string): Promise<unknown[]> {
  const { arrays } = await hdf5Contents()({ kind: 'open', path });
  return arrays!.map((array) => [array.name, array.dimensions, array.type]);
}

/**
 * Written by h5py 3.16 (HDF5 2.0): numbers of 2 and 3 bytes that JavaScript has no arrays of, an array without a size, one
 * that is put together from another file, and one of big-endian numbers 0 to 5.
 */
const writtenByH5py =
  'H4sIAAAAAAACA+2XT0sCQRTA38ys27pau0pB6KGCrkmEQZdQ0kwqEKLo7MFYaTGxVewTSFD3AgkPQt3rXmf7IH0M252d1SUkkA61' +
  '9H6wDPPemz/vzXszLADyn7ku5guzakJligJAXdlQEE24/XVhuwu9cKmYP6LQ1nUATXbFG0KtUiAAsgZ2Ixll8+xZKISo1jTNVyJE' +
  'C45ItYxGpbJzZVUu38XactxRzLSqDatZNj+YmCIk2rWHwS3fAgFCVu0dU0LESPBsv/bZPJDYsibkOqghUDVnTnu/TFXsBRkZuezF' +
  'pff3j64j3SRHsZC439T1NQMKt8hCOgLpIZvs62iit+CncXd7qctjsXK/JZ37vynyJApEV7z+4sSYxb0Fn4ITm5zcyvw4Nt/lVUSZ' +
  'A5CYUAIv8X4wYpOt9ztT3ydOnoRhdJ/488ROG040gHnCHlOnpVzxgMb9j4CHrDsnG6qb5WqNiev45KUUwyc00OzlSofEzeNx8doU' +
  'PANPcGEZlUbK2IQ2LwTim4OK4iCUiiGEy5yWwf4geTy2vdMw5giCIAiCIAiCIAjyCzg/6wwkCH0CAJOTXQwaAAA=';

describe('the contents of an HDF5 file', () => {
  const numbers = {
    int8: Int8Array.of(-1, 2, 3, 4, 5, 6),
    uint8: Uint8Array.of(255, 2, 3, 4, 5, 6),
    int16: Int16Array.of(-300, 2, 3, 4, 5, 6),
    uint16: Uint16Array.of(65000, 2, 3, 4, 5, 6),
    int32: Int32Array.of(-70_000, 2, 3, 4, 5, 6),
    uint32: Uint32Array.of(4_000_000_000, 2, 3, 4, 5, 6),
    int64: BigInt64Array.of(-(2n ** 60n), 2n, 3n, 4n, 5n, 6n),
    uint64: BigUint64Array.of(2n ** 63n, 2n, 3n, 4n, 5n, 6n),
    float32: Float32Array.of(0.5, 2, 3, 4, 5, 6),
    float64: Float64Array.of(1e-300, 2, 3, 4, 5, 6),
  } as const;

  it.each(Object.entries(numbers))('values of %s, whole and in part', async (type, values) => {
    const path = folder.newPath('.mat');
    await writeMat73(path, (file) =>
      file.create_dataset({ name: 'a', data: values, shape: [2, 3] }),
    );
    const ask = hdf5Contents();
    const { arrays } = await ask({ kind: 'open', path });
    expect(arrays).toEqual([{ name: 'a', dimensions: [3, 2], type }]);
    const box = (ranges: [number, number][]): Promise<Hdf5Answer> =>
      ask({ kind: 'box', name: 'a', ranges });
    const whole = await box([
      [0, 2],
      [0, 3],
    ]);
    expect(whole.values).toEqual(values);
    const part = await box([
      [0, 1],
      [1, 3],
    ]);
    expect(part.values).toEqual(values.slice(1, 3));
    // The first answer is not overwritten by the second.
    expect(whole.values).toEqual(values);
  });

  it('a number without dimensions, as other programs than MATLAB write one', async () => {
    const path = folder.newPath('.mat');
    await writeMat73(path, (file) => {
      file.create_dataset({ name: 'nRow', data: 3, shape: [], dtype: '<d' });
      file.create_dataset({ name: 'nCol', data: BigInt64Array.of(2n ** 40n), shape: [] });
    });
    const ask = hdf5Contents();
    await ask({ kind: 'open', path });
    expect(await ask({ kind: 'box', name: 'nRow', ranges: [] })).toEqual({
      values: Float64Array.of(3),
    });
    expect(await ask({ kind: 'box', name: 'nCol', ranges: [] })).toEqual({
      values: BigInt64Array.of(2n ** 40n),
    });
  });

  it('what is no array of real numbers is left out', async () => {
    const path = folder.newPath('.mat');
    await writeMat73(path, (file) => {
      const pair = Float64Array.of(1, 2);
      file.create_dataset({ name: 'cube', data: pair, shape: [2, 1] });
      file.create_dataset({ name: 'text', data: ['grass'], shape: [1] });
      file.create_dataset({
        name: 'complex',
        data: new Map([
          ['real', pair],
          ['imag', pair],
        ]),
      });
      file.create_group('struct');
      file.create_dataset({ name: '#refs#', data: pair, shape: [2, 1] });
      const empty = file.create_dataset({ name: 'nothing', data: pair, shape: [2] });
      empty.create_attribute('MATLAB_empty', 1, [], '<B');
      // Would be followed into the other file.
      file.create_external_link(path, '/cube', 'elsewhere');
      file.create_soft_link('/nowhere', 'broken');
      file.create_soft_link('/cube', 'again');
    });
    expect(await listOf(path)).toEqual([['cube', [1, 2], 'float64']]);
  });

  it('an array whose smallest readable piece would fill the memory is left out', async () => {
    const path = folder.newPath('.mat');
    await writeMat73(path, (file) => {
      const start = { data: new Float64Array(0), shape: [0, 0], maxshape: [null, null] };
      file.create_dataset({ ...start, name: 'large', chunks: [10_000, 10_000] }).resize([2e4, 2e4]);
      file.create_dataset({ ...start, name: 'small', chunks: [100, 100] }).resize([2e4, 2e4]);
    });
    expect(await listOf(path)).toEqual([['small', [2e4, 2e4], 'float64']]);
  });

  it('what another program wrote: types and data that cannot be read are left out', async () => {
    const path = folder.newPath('.mat');
    writeFileSync(path, gunzipSync(Buffer.from(writtenByH5py, 'base64')));
    const ask = hdf5Contents();
    const { arrays } = await ask({ kind: 'open', path });
    expect(arrays).toEqual([{ name: 'plain', dimensions: [3, 2], type: 'int16' }]);
    const { values } = await ask({
      kind: 'box',
      name: 'plain',
      ranges: [
        [0, 2],
        [0, 3],
      ],
    });
    expect(values).toEqual(Int16Array.of(0, 1, 2, 3, 4, 5));
  });

  it('refuses what is no HDF5 file, and gives nothing of an array that is not in one', async () => {
    const path = folder.newPath('.mat');
    writeFileSync(path, 'MATLAB 7.3'.padEnd(2000));
    await expect(hdf5Contents()({ kind: 'open', path })).rejects.toThrow();
    expect(await hdf5Contents()({ kind: 'box', name: 'a', ranges: [[0, 1]] })).toEqual({});
  });
});

test('an array whose values lie in another file of the machine gives none, before its neighbours and after them', async () => {
  const path = folder.newPath('.mat');
  writeFileSync(path, takesFromElsewhere());
  const ask = hdf5Contents();
  const { arrays } = await ask({ kind: 'open', path });
  expect(arrays!.map(({ name }) => name)).toEqual(['own', 'stolen']);
  const box = (name: string): Promise<Hdf5Answer> =>
    ask({
      kind: 'box',
      name,
      ranges: [
        [0, 2],
        [0, 3],
      ],
    });
  const own = Uint8Array.of(0, 1, 2, 3, 4, 5);
  expect((await box('own')).values).toEqual(own);
  expect(await box('stolen')).toEqual({ foreign: true });
  expect((await box('own')).values).toEqual(own);
});
