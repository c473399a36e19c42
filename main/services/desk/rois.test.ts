import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { DeskInput, DeskOutput } from '../../../app/contract/deskApi.ts';
import { exampleEdit, forest, water } from '../../store/testing/exampleProject.ts';
import { readRois } from '../../vector/readRois.ts';
import { askReferee, hasModule } from '../../vector/testing/referee.ts';
import { createTestDesk, type TestDesk, temporaryFolder } from './testing/testDesk.ts';

const temporary = temporaryFolder();
afterAll(() => temporary.remove());
const path = (name: string): string => join(temporary.path, name);

let folders = 0;
const desks: TestDesk[] = [];
async function startWithExample(): Promise<TestDesk> {
  const desk = createTestDesk(path(`data ${folders++}`));
  desks.push(desk);
  await desk.call('project.edit', { edit: exampleEdit });
  return desk;
}
afterEach(async () => {
  for (const desk of desks.splice(0)) await desk.dispose();
});

describe('ROIs of the project', () => {
  it.each([
    ['geojson', 'out.geojson'],
    ['gpkg', 'out.gpkg'],
    ['csv', 'out.csv'],
  ] satisfies [DeskInput<'rois.export'>['format'], string][])(
    'go out as %s and come in again',
    async (format, name) => {
      const desk = await startWithExample();
      const exported = await desk.call('rois.export', { path: path(name), format });
      expect(exported).toEqual({ path: path(name), rois: 3 });
      const read = await readRois(path(name));
      expect(read.crs).toBe('EPSG:32633');
      const back = await desk.call('rois.import', { path: path(name), crs: 'EPSG:32633' });
      expect(back.warnings).toEqual([]);
      const colors = new Map(back.classes.map((landClass) => [landClass.name, landClass.color]));
      expect(colors.get(water.name)).toEqual(water.color);
      expect(colors.get(forest.name)).toEqual(forest.color);
      expect(back.rois.map(({ geometry }) => geometry.kind)).toEqual([
        'polygons',
        'polygons',
        'points',
      ]);
      await expect(desk.call('rois.export', { path: path(name), format })).rejects.toThrow(
        /exists already/,
      );
      await desk.call('rois.export', { path: path(name), format, overwrite: true });
    },
  );

  it('go out for one scene, without the copies for others', async () => {
    const desk = await startWithExample();
    const { tables } = await desk.call('project.state', {});
    const [first, second] = tables.rois;
    const changes = [
      { before: first!, scene: '/data/first.tif' },
      { before: second!, scene: '/data/second.tif' },
    ].map(({ before, scene }) => ({
      table: 'rois' as const,
      id: before.id,
      before,
      after: { ...before, scene },
    }));
    await desk.call('project.edit', { edit: { label: 'Copy ROIs', changes } });
    const name = path('first only.gpkg');
    const wanted = { path: name, format: 'gpkg' as const, scene: '/data/first.tif' };
    expect(await desk.call('rois.export', wanted)).toEqual({ path: name, rois: 2 });
    const { rois } = await readRois(name);
    expect(rois.map(({ geometry }) => geometry.kind)).toEqual([first!.geometry.kind, 'points']);
  });

  it('are found in the project of another, too', async () => {
    const desk = await startWithExample();
    const project = path('other.gpkg');
    await desk.call('project.saveAs', { path: project });
    const other = await startWithExample();
    const { rois, classes } = await other.call('rois.import', { path: project, crs: 'EPSG:32633' });
    expect(rois).toHaveLength(3);
    expect(classes.map(({ name }) => name).toSorted()).toEqual(
      [forest.name, water.name].toSorted(),
    );
  });

  it('that cannot be read leave the project as it was', async () => {
    const desk = await startWithExample();
    writeFileSync(path('broken.geojson'), '{"type": "FeatureCollection", "features": [');
    await expect(desk.call('rois.import', { path: path('broken.geojson') })).rejects.toThrow(
      expect.objectContaining({ code: 'corrupt' }),
    );
    await expect(desk.call('rois.import', { path: path('none.shp') })).rejects.toThrow(
      expect.objectContaining({ code: 'not-found' }),
    );
    expect((await desk.call('project.state', {})).tables.rois).toHaveLength(3);
    await expect(
      desk.call('rois.export', { path: path('no/folder/x.csv'), format: 'csv' }),
    ).rejects.toThrow(expect.objectContaining({ code: 'not-writable' }));
  });
});

/** Positions of the first ring of the first area. */
const ring = ({ rois }: DeskOutput<'rois.import'>): [number, number][] => {
  const { geometry } = rois[0]!;
  return geometry.kind === 'polygons' ? geometry.polygons[0]!.outer : [];
};

describe('an import into another coordinate system', () => {
  it.skipIf(!hasModule('rasterio'))('puts positions where PROJ puts them', async () => {
    const desk = await startWithExample();
    await desk.call('rois.export', { path: path('utm.gpkg'), format: 'gpkg' });
    const [own, lonLat] = await Promise.all([
      desk.call('rois.import', { path: path('utm.gpkg'), crs: 'EPSG:32633' }),
      desk.call('rois.import', { path: path('utm.gpkg'), crs: 'EPSG:4326' }),
    ]);
    const wanted = askReferee<[number[], number[]]>(
      'import json,sys\nfrom rasterio.warp import transform\nxy=json.load(sys.stdin)\nprint(json.dumps(transform("EPSG:32633","EPSG:4326",[p[0] for p in xy],[p[1] for p in xy])))',
      ring(own),
    );
    ring(lonLat).forEach(([x, y], i) => {
      expect(x).toBeCloseTo(wanted[0][i]!, 8);
      expect(y).toBeCloseTo(wanted[1][i]!, 8);
    });
  });

  it('says what was assumed of a file without one', async () => {
    const desk = await startWithExample();
    await desk.call('rois.export', { path: path('none.geojson'), format: 'geojson' });
    const text = readFileSync(path('none.geojson'), 'utf8').replace(/"crs":[^\n]*\n/, '');
    writeFileSync(path('none.geojson'), text);
    const { warnings } = await desk.call('rois.import', {
      path: path('none.geojson'),
      crs: 'EPSG:32633',
    });
    expect(warnings.join(' ')).toMatch(/names no coordinate system/);
  });
});
