import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PDFDocument } from 'pdf-lib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeskArguments } from '../../../app/contract/deskApi.ts';
import { openScene } from '../../raster/formats.ts';
import { noReferee, Referee } from '../../raster/scenes/testing/referee.ts';
import { runInChild } from '../../workers/host.ts';
import { createAccuracyHandlers } from './accuracy.ts';
import { Reports } from './reports.ts';

const never = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), 'prismap-export-'));
const [map, reference] = [join(folder, 'map.tif'), join(folder, 'reference.tif')];
const { handlers } = createAccuracyHandlers({
  runTask: runInChild,
  reports: new Reports(() => []),
});
let referee: Referee;

const classes = [
  { value: 1, name: 'Water & ice', color: [20, 60, 200] },
  { value: 2, name: 'Wälder', color: [40, 90, 30] },
  { value: 3, name: 'Поле', color: [230, 210, 40] },
] as { value: number; name: string; color: [number, number, number] }[];

const write = (
  out: string,
  format: DeskArguments<'export.map'>['format'],
  more: Partial<DeskArguments<'export.map'>> = {},
) =>
  handlers['export.map'](
    { map, out: join(folder, out), format, sieve: 0, simplify: 0, overwrite: false, ...more },
    never,
  );
type Burnt = {
  differing: number;
  shapes: number;
  valid: boolean;
  overlap: number;
  area: number;
  vertices: number;
};
const burnt = (path: string, size: number) =>
  referee.must<Burnt>({ action: 'burnt', path, map, size });

describe.skipIf(noReferee !== undefined)(`export ${noReferee ?? ''}`, () => {
  beforeAll(async () => {
    referee = new Referee(join(import.meta.dirname, 'testing/maps.py'));
    await referee.must({ action: 'make', map, reference });
  });
  afterAll(() => {
    referee.stop();
    rmSync(folder, { recursive: true });
  });

  it.each([2, 5, 20, 300, 100_000])('the sieve of %d pixels is GDAL’s', async (size) => {
    const { path } = await write(`sieve${size}`, 'cog', { sieve: size, classes });
    const seen = await referee.must<{ differing: number; changed: number; colors: object }>({
      action: 'sieved',
      map,
      path,
      size,
    });
    expect(seen.differing).toBe(0);
    if (size < 1000) expect(seen.changed).toBeGreaterThan(1000);
    expect(seen.colors).toMatchObject({ 1: [20, 60, 200, 255], 3: [230, 210, 40, 255] });
    const source = await openScene(path);
    expect(source.description.classNames?.get(3)).toBe('Поле');
    // a class that is in the map and was not named keeps the file's colour
    expect(source.description.palette?.get(4)).toEqual([190, 60, 20, 255]);
    await source.close();
  });

  it.each(['gpkg', 'geojson'] as const)(
    'polygons as %s cover the sieved map exactly',
    async (format) => {
      const { path, files } = await write(`plain.${format}`, format, { sieve: 8, classes });
      const seen = await burnt(path, 8);
      expect(seen).toMatchObject({ differing: 0, valid: true, overlap: 0 });
      expect(files.length).toBe(format === 'gpkg' ? 2 : 3);
      if (format === 'geojson')
        expect(readFileSync(files[1]!, 'utf8')).toContain('Water &amp; ice');
    },
  );

  it('simplified polygons are valid, share their borders, and differ by little', async () => {
    const plain = await burnt((await write('all.gpkg', 'gpkg', { sieve: 8 })).path, 8);
    let last = plain.vertices;
    for (const simplify of [1, 2, 4]) {
      const { path } = await write(`simple${simplify}.gpkg`, 'gpkg', { sieve: 8, simplify });
      const seen = await burnt(path, 8);
      expect(seen).toMatchObject({ valid: true, shapes: plain.shapes });
      // no gap and no overlap: the parts have the area of the whole
      expect(seen.overlap).toBeLessThan(1e-3);
      expect(seen.vertices).toBeLessThan(0.8 * last);
      expect(seen.differing).toBeLessThan(0.02 * simplify * 330 * 410);
      last = seen.vertices;
    }
  });

  it('a picture lies where the map lies', async () => {
    const { path, files } = await write('picture', 'png');
    expect(files).toEqual([
      ...[path, path.replace('.png', '.pgw'), `${path}.aux.xml`, `${path}.json`],
    ]);
    const seen = await referee.must<{ transform: number[]; wanted: number[]; epsg: number }>({
      action: 'picture',
      path,
      map,
    });
    expect(seen).toMatchObject({ differing: 0, size: [410, 330], epsg: 32633 });
    expect(seen.transform).toEqual(seen.wanted);
  });

  it('styles name and colour every class', async () => {
    const qml = readFileSync((await write('style', 'qml', { classes })).path, 'utf8');
    expect(qml).toContain('<paletteEntry value="1" label="Water &amp; ice" color="#143cc8"');
    const sld = readFileSync((await write('style', 'sld', { classes })).path, 'utf8');
    const entries = await referee.must<Record<string, string[]>>({ action: 'sld', text: sld });
    expect(entries).toEqual({
      0: ['#000000', null],
      1: ['#143cc8', 'Water & ice'],
      2: ['#285a1e', 'Wälder'],
      3: ['#e6d228', 'Поле'],
      4: ['#be3c14', 'Class 4'],
    });
  });

  it('a sheet is one page of A4 with its title', async () => {
    const title =
      'Land cover of Łódź, Ελλάδα – a title that is much too long for a line, so that it has to be cut short somewhere';
    const { path } = await write('sheet', 'pdf', { classes, title, sieve: 8 });
    const document = await PDFDocument.load(readFileSync(path));
    expect(document.getPageCount()).toBe(1);
    expect(document.getTitle()).toBe(title);
    const { width, height } = document.getPage(0).getSize();
    expect([Math.round(width), Math.round(height)]).toEqual([842, 595]);
    const { lines: written, embedded } = await referee.must<{
      readonly lines: readonly string[];
      readonly embedded: readonly boolean[];
    }>({ action: 'texts', path });
    expect(new Set(embedded)).toEqual(new Set([true]));
    expect(written).toEqual(
      expect.arrayContaining([
        'Legend',
        'Water & ice',
        'Wälder',
        'Поле',
        'WGS 84 / UTM zone 33N (EPSG:32633)',
        'Map: map.tif, 410 × 330 pixels',
        '1 km',
      ]),
    );
    expect(written.find((text) => text.startsWith('Land cover of Łódź, Ελλάδα'))).toMatch(/…$/);
  });

  it('nothing is replaced unasked, the map itself never', async () => {
    await write('once.qml', 'qml');
    await expect(write('once.qml', 'qml')).rejects.toMatchObject({ code: 'not-writable' });
    await write('once.qml', 'qml', { overwrite: true });
    await expect(write('map.tif', 'cog', { overwrite: true })).rejects.toMatchObject({
      code: 'usage',
    });
  });
});
