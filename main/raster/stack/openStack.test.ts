import { closeSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Grid } from '../../../app/raster/grid.ts';
import { openScene } from '../formats.ts';
import { errorOf, temporaryFolder } from '../scenes/testing/files.ts';
import { align } from './layers.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

type File = {
  readonly size: readonly [width: number, height: number];
  readonly bands?: number;
  /** Easting, northing and pixel size in zone 33. */
  readonly place?: readonly [number, number, number];
  readonly lines?: string;
  readonly values?: readonly number[];
};

/** An ENVI image of bytes whose data file has this name. */
function envi(path: string, { size, bands = 1, place, lines = '', values }: File): string {
  const [width, height] = size;
  const map =
    place === undefined
      ? ''
      : `map info = {UTM, 1, 1, ${place[0]}, ${place[1]}, ${place[2]}, ${place[2]}, 33, North, WGS-84}\n`;
  const header = `ENVI\nsamples = ${width}\nlines = ${height}\nbands = ${bands}\ndata type = 1\n${map}${lines}`;
  writeFileSync(`${path}.hdr`, header);
  const content = values ?? Array.from({ length: width * height * bands }, (_, i) => i);
  writeFileSync(path, Uint8Array.from(content));
  return path;
}

describe('stacks', () => {
  it('bands are called by their files, unless a file says more; files of many bands by both', async () => {
    const place = folder.newFolder();
    const files = [
      envi(join(place, 'height'), { size: [2, 2] }),
      envi(join(place, 'b.img'), { size: [2, 2], lines: 'band names = {Slope}\n' }),
      envi(join(place, 'c.img'), { size: [2, 2], lines: 'band names = {Band 7}\n' }),
    ];
    const single = await openScene(files.join(','));
    expect(single.description.bands.map((band) => band.name)).toEqual(['height', 'Slope', 'c']);
    await single.close();
    const pair = envi(join(place, 'S2A_B04'), { size: [2, 2], bands: 2 });
    const several = await openScene([files[1], pair].join(','));
    expect(several.description.bands.map((band) => band.name)).toEqual([
      'b: Slope',
      'S2A_B04: Band 1',
      'S2A_B04: Band 2',
    ]);
    expect(several.description.metadata).toEqual({});
    await several.close();
  });

  it('files without a place lie over each other, on the grid with the most pixels', async () => {
    const place = folder.newFolder();
    const files = [
      envi(join(place, 'coarse'), { size: [2, 1] }),
      envi(join(place, 'fine'), { size: [4, 2] }),
    ];
    const source = await openScene(files.join(','));
    expect(source.description.grid).toEqual({ width: 4, height: 2 });
    const { bands } = await source.read({ window: { x: 0, y: 0, width: 4, height: 2 } });
    expect(bands.map((band) => [...band])).toEqual([
      [0, 0, 1, 1, 0, 0, 1, 1],
      [0, 1, 2, 3, 4, 5, 6, 7],
    ]);
    await source.close();
  });

  it('a folder whose files are no one sensor is stacked as it is', async () => {
    const place = folder.newFolder();
    for (const name of ['S2A_x_B04', 'S2A_y_B04', 'S2A_z_B02.img']) {
      envi(join(place, name), { size: [2, 2] });
    }
    const { openStack } = await import('./openStack.ts');
    const { chooseFiles } = await import('./chooseFiles.ts');
    const paths = ['S2A_x_B04', 'S2A_y_B04', 'S2A_z_B02.img'].map((name) => join(place, name));
    expect(await chooseFiles(paths)).toEqual(paths);
    expect(await chooseFiles(paths.slice(1))).toEqual([paths[2], paths[1]]);
    const source = await openStack('stack', paths.slice(1), (path) => openScene(path));
    expect(source.description.bands.map((band) => band.name)).toEqual(['B04', 'B02']);
    await source.close();
  });

  it('a part of the grid that a file does not reach holds nothing of it', async () => {
    const place = folder.newFolder();
    const files = [
      envi(join(place, 'west'), { size: [4, 4], place: [500000, 5000000, 10] }),
      envi(join(place, 'east'), {
        size: [2, 2],
        place: [500020, 4999980, 10],
        lines: 'data ignore value = 3\n',
      }),
      envi(join(place, 'far'), { size: [2, 2], place: [600000, 4000000, 10] }),
    ];
    const source = await openScene(files.join(','));
    const whole = await source.read({ window: { x: 0, y: 0, width: 4, height: 4 } });
    expect(whole.masks[0]).toBeUndefined();
    expect([...whole.bands[1]!]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 2, 3]);
    expect([...whole.masks[1]!]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 0]);
    expect([...whole.masks[2]!]).toEqual(Array(16).fill(0));
    const left = await source.read({ window: { x: 0, y: 0, width: 2, height: 4 }, bands: [1] });
    expect([[...left.bands[0]!], [...left.masks[0]!]]).toEqual([
      Array(8).fill(0),
      Array(8).fill(0),
    ]);
    await source.close();
  });

  it('a large file is not read in full for a small picture', async () => {
    const place = folder.newFolder();
    const fine = envi(join(place, 'fine'), { size: [2, 2], place: [500000, 5000000, 10] });
    const coarse = envi(join(place, 'coarse'), { size: [2, 2], place: [500000, 5000000, 20] });
    const sides = { fine: 8800, coarse: 4400 };
    for (const [path, side, step] of [
      [fine, sides.fine, 10],
      [coarse, sides.coarse, 20],
    ] as const) {
      const header = `ENVI\nsamples = ${side}\nlines = ${side}\nbands = 1\ndata type = 1\n`;
      const map = `map info = {UTM, 1, 1, 500000, 5000000, ${step}, ${step}, 33, North, WGS-84}\n`;
      writeFileSync(`${path}.hdr`, header + map);
      truncateSync(path, side * side);
    }
    // The lower half of the coarse file.
    const half = (sides.coarse * sides.coarse) / 2;
    const descriptor = openSync(coarse, 'r+');
    writeSync(descriptor, Buffer.alloc(half, 7), 0, half, half);
    closeSync(descriptor);
    const source = await openScene([fine, coarse].join(','));
    const { bands, masks } = await source.read({
      window: { x: 0, y: 0, width: sides.fine, height: sides.fine },
      bands: [1],
      size: { width: 22, height: 22 },
    });
    expect(bands[0]).toEqual(Uint8Array.from({ length: 22 * 22 }, (_, i) => (i < 22 * 11 ? 0 : 7)));
    expect(masks[0]).toBeUndefined();
    await source.close();
  });

  it('more files than one scene can have are refused', async () => {
    const error = await errorOf(openScene(Array(4097).fill('a.tif').join(',')));
    expect([error.code, error.message.includes('4097 files')]).toEqual(['too-large', true]);
  });
});

describe('alignment', () => {
  const grid: Grid = { width: 10, height: 10, transform: [0, 10, 0, 100, 0, -10] };
  it.each([
    [
      'another system',
      grid,
      { ...grid, crs: 'EPSG:32633' },
      /it has EPSG:32633 where the others have none/,
    ],
    ['no system', { ...grid, crs: 'EPSG:32633' }, grid, /it has no coordinate system where/],
    ['no place', grid, { width: 10, height: 10 }, /no usable georeference/],
    ['a place among files without', { width: 10, height: 10 }, grid, /no usable georeference/],
    [
      'a place that cannot be turned round',
      grid,
      { ...grid, transform: [0, 0, 0, 0, 0, 0] as const },
      /no usable georeference/,
    ],
    [
      'rows the other way',
      grid,
      { ...grid, transform: [0, 10, 0, 0, 0, 10] as const },
      /another orientation/,
    ],
  ])('%s does not fit', (_, common, layer, says) => {
    expect(() => align(common, layer, 'b.tif')).toThrow(says);
    expect(() => align(common, layer, 'b.tif')).toThrow(/b\.tif cannot be stacked/);
  });
});
