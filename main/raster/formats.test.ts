import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openScene, sceneName } from './formats.ts';
import { errorOf, matFile, temporaryFolder } from './scenes/testing/files.ts';
import { noReferee, Referee } from './scenes/testing/referee.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

function save(name: string, content: string | Uint8Array): string {
  const path = join(folder.path, name);
  writeFileSync(path, content, typeof content === 'string' ? 'latin1' : undefined);
  return path;
}

describe('openScene', () => {
  it('tells a format by content, whatever the extension', async () => {
    const png = encode({ width: 3, height: 2, channels: 1, data: new Uint8Array(6) });
    const mat = matFile([
      { name: 'a', dimensions: [2, 3], type: 'uint8', values: [1, 2, 3, 4, 5, 6] },
    ]);
    for (const [name, content, format] of [
      ['png-called.tif', png, 'PNG'],
      ['png-called', png, 'PNG'],
      ['mat-called.jp2', mat, 'MAT'],
    ] as const) {
      const source = await openScene(save(name, content));
      expect(source.description).toMatchObject({ format, grid: { width: 3, height: 2 } });
      await source.close();
    }
  });

  it.each([
    ['CDF\x01', 'netCDF'],
    ['\x89HDF\r\n\x1a\n', 'HDF5'],
    ['PK\x03\x04', 'ZIP'],
    ['<VRTDataset rasterXSize="1">', 'VRT'],
    ['SQLite format 3\0', 'GeoPackage'],
    ['GIF89a', 'GIF'],
    ['EHFA_HEADER_TAG', 'Imagine'],
    ['<!DOCTYPE html>', 'web page'],
    ['{"type":"FeatureCollection"}', 'JSON'],
    ['ncols 4\nnrows 4\n', 'ASCII grid'],
    ['MATLAB 7.3 MAT-file', 'no format that Prismap knows'],
    ['nothing known', 'no format that Prismap knows'],
  ])('names what a wrong file is: %j', async (content, name) => {
    const path = save('scene.tif', content.padEnd(64));
    const error = await errorOf(openScene(path));
    expect(error.code).toBe('unknown-format');
    expect(error.message).toContain(name);
    expect(error.message).toContain(path);
  });

  it('missing, empty, unreadable and cancelled', async () => {
    expect((await errorOf(openScene(join(folder.path, 'nowhere.tif')))).code).toBe('not-found');
    expect((await errorOf(openScene(join(folder.path, 'scene.tif/inside.tif')))).code).toBe(
      'not-found',
    );
    expect((await errorOf(openScene(save('empty.tif', '')))).code).toBe('corrupt');
    const path = save('locked.tif', 'II*\0');
    chmodSync(path, 0o000);
    // An administrator may read everything; the file is then merely damaged.
    const code = process.getuid?.() === 0 ? 'corrupt' : 'not-readable';
    expect((await errorOf(openScene(path))).code).toBe(code);
    const aborted = openScene(path, { signal: AbortSignal.abort() });
    expect((await errorOf(aborted)).code).toBe('cancelled');
    mkdirSync(join(folder.path, 'hollow'));
    expect((await errorOf(openScene(join(folder.path, 'hollow')))).code).toBe('unknown-format');
    expect((await errorOf(openScene('a.tif,,b.tif'))).code).toBe('usage');
    expect((await errorOf(openScene('a.tif,b.tif'))).code).toBe('not-found');
  });

  it('an address is asked for over the network, and nowhere else', async () => {
    const error = await errorOf(openScene('http://127.0.0.1:1/scene.tif'));
    expect(error.code).toBe('network');
    expect(error.message).toContain('http://127.0.0.1:1/scene.tif');
  });

  it('a folder of one picture is that picture, under the name of the folder', async () => {
    const only = join(folder.path, 'only');
    mkdirSync(only);
    mkdirSync(join(only, 'more'));
    const png = encode({ width: 3, height: 2, channels: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
    writeFileSync(join(only, 'picture.png'), png);
    writeFileSync(join(only, 'notes.txt'), 'nothing to see');
    const source = await openScene(only);
    expect(source.description).toMatchObject({ uri: only, format: 'PNG' });
    const { bands } = await source.read({ window: { x: 1, y: 1, width: 2, height: 1 } });
    expect([...bands[0]!]).toEqual([5, 6]);
    await source.close();
  });

  it('short names', () => {
    expect(sceneName('/data/field/cube.mat#Y')).toBe('cube.mat#Y');
    expect(sceneName('/data/a_B02.tif,/data/a_B03.tif')).toBe('a_B02.tif');
    expect(sceneName('https://example.org/x/y.tif')).toBe('y.tif');
  });
});

describe.skipIf(noReferee !== undefined)(`stacks ${noReferee ?? ''}`, () => {
  let referee: Referee;
  const write = (name: string, size: number, extra: object = {}): Promise<unknown> =>
    referee.must({
      do: 'write',
      path: join(folder.path, name),
      profile: {
        driver: 'GTiff',
        count: 1,
        width: size,
        height: size,
        dtype: 'uint16',
        nodata: 0,
        crs: 'EPSG:32633',
        transform: [1000, 1200 / size, 0, 5000, 0, -1200 / size],
        ...extra,
      },
    });
  beforeAll(async () => {
    referee = new Referee();
    await write('stack/S2A_20200101_B04.tif', 120);
    await write('stack/S2A_20200101_B8A.tif', 60);
    await write('stack/S2A_20200101_B01.tif', 20);
    await write('stack/S2A_20200101_TCI.tif', 120, { count: 3 });
    await write('other/first.tif', 40);
    await write('other/second.tif', 40, { crs: 'EPSG:32634' });
    await write('moved/fine.tif', 12, { transform: [1000, 10, 0, 5000, 0, -10] });
    await write('moved/coarse.tif', 2, { transform: [1060, 60, 0, 4940, 0, -60] });
  });
  afterAll(() => referee.stop());

  it('a folder of Sentinel-2 bands: sensor order, names, wavelengths, finest grid', async () => {
    const source = await openScene(join(folder.path, 'stack'));
    const { bands, grid, format, metadata } = source.description;
    expect(format).toBe('stack');
    expect(bands.map((band) => [band.name, band.wavelengthNm])).toEqual([
      ['B01', 442.7],
      ['B04', 664.6],
      ['B8A', 864.7],
    ]);
    expect(grid).toMatchObject({ width: 120, transform: [1000, 10, 0, 5000, 0, -10] });
    expect(metadata['sensor']).toBe('Sentinel-2A MSI');
    await source.close();
  });

  it('files by name, in the order given', async () => {
    const files = ['S2A_20200101_B8A.tif', 'S2A_20200101_B04.tif'].map((name) =>
      join(folder.path, 'stack', name),
    );
    // What may be kept is shared among the files.
    const source = await openScene(files.join(','), { cacheBytes: 2 ** 20 });
    expect(source.description.bands.map((band) => band.name)).toEqual(['B8A', 'B04']);
    expect(source.description.files).toEqual(files);
    await source.close();
    copyFileSync(files[0]!, join(folder.path, 'with,comma.tif'));
    const single = await openScene(join(folder.path, 'with,comma.tif'));
    expect(single.description.bands).toHaveLength(1);
    await single.close();
  });

  it('a file that covers a part is nodata elsewhere', async () => {
    const source = await openScene(join(folder.path, 'moved'));
    expect(source.description.bands.map((band) => band.name)).toEqual(['coarse', 'fine']);
    const block = await source.read({ window: { x: 0, y: 0, width: 12, height: 12 } });
    const valid = (x: number, y: number): number => block.masks[0]![y * 12 + x]!;
    const coarse = await openScene(join(folder.path, 'moved/coarse.tif'));
    const { bands, masks } = await coarse.read({ window: { x: 0, y: 0, width: 2, height: 2 } });
    expect([valid(0, 0), valid(5, 11), valid(11, 5)]).toEqual([0, 0, 0]);
    expect(block.bands[0]![6 * 12 + 6]).toBe(bands[0]![0]);
    expect(valid(6, 6)).toBe(masks[0]?.[0] ?? 1);
    await coarse.close();
    await source.close();
  });

  it('files that do not fit say which and why', async () => {
    const error = await errorOf(openScene(join(folder.path, 'other')));
    expect(error.code).toBe('unsupported');
    expect(error.message).toContain('second.tif');
    expect(error.message).toContain('EPSG:32634');
  });
});
