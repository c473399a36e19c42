import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { Edit } from '../../../app/project/rows.ts';
import { createTestDesk, type TestDesk, temporaryFolder } from './testing/testDesk.ts';

const temporary = temporaryFolder();
afterAll(() => temporary.remove());

let folders = 0;
const desks: TestDesk[] = [];
/** A desk on a data folder of its own, or on one that another left. */
function start(dataFolder = join(temporary.path, `data ${folders++}`)): TestDesk {
  const desk = createTestDesk(dataFolder);
  desks.push(desk);
  return desk;
}
afterEach(async () => {
  for (const desk of desks.splice(0)) await desk.dispose();
});

const water = {
  id: 'w',
  value: 1,
  name: 'Water',
  color: [0, 0, 255] as [number, number, number],
  order: 0,
  visible: true,
};
const putWater: Edit = {
  label: 'Add class',
  changes: [{ table: 'classes', id: 'w', after: water }],
};

describe('a project without a name', () => {
  it('goes on after a restart, is listed once something is in it, and is gone where nothing was', async () => {
    const first = start();
    const empty = await first.call('project.state', {});
    expect(empty).toMatchObject({ name: 'Untitled', recovered: false });
    expect(empty.path).toBeUndefined();
    await first.dispose();
    expect(readdirSync(join(first.dataFolder, 'unnamed'))).toEqual([]);

    const second = start(first.dataFolder);
    await second.call('project.edit', { edit: putWater });
    const [listed] = (await second.call('project.recent', {})).projects;
    expect(listed).toMatchObject({ name: 'Untitled', exists: true });
    await second.dispose();

    const third = start(first.dataFolder);
    const state = await third.call('project.state', {});
    expect(state.tables.classes).toEqual([water]);
    expect(state.recovered).toBe(false);
  });

  it('comes back with the polygon that was being drawn when the host was killed', async () => {
    const first = start();
    await first.call('project.edit', { edit: putWater });
    const sketch = {
      tool: 'polygon',
      classId: 'w',
      vertices: [
        [1, 2],
        [3, 4],
      ] as [number, number][],
    };
    await first.call('project.sketch', { sketch });
    const [name] = readdirSync(join(first.dataFolder, 'unnamed'));
    forgetProcess(join(first.dataFolder, 'unnamed', name!));
    const second = start(first.dataFolder);
    const state = await second.call('project.state', {});
    expect(state).toMatchObject({ recovered: true, sketch });
    await second.call('project.sketch', {});
    expect((await second.call('project.state', {})).sketch).toBeUndefined();
  });
});

describe('save as', () => {
  it('goes on in the new file and takes the unnamed one away', async () => {
    const desk = start();
    await desk.call('project.edit', { edit: putWater });
    const path = join(temporary.path, 'Ein Projekt');
    const saved = await desk.call('project.saveAs', { path });
    expect(saved).toMatchObject({
      path: `${path}.gpkg`,
      name: 'Ein Projekt',
      folder: join(temporary.path, 'Ein Projekt-files'),
    });
    expect(readdirSync(join(desk.dataFolder, 'unnamed'))).toEqual([]);
    const lake = { ...water, id: 'l', value: 2, name: 'Lake' };
    await desk.call('project.edit', {
      edit: { label: 'Add class', changes: [{ table: 'classes', id: 'l', after: lake }] },
    });
    await desk.call('project.new', {});
    const again = await desk.call('project.open', { path: `${path}.gpkg` });
    expect(again.tables.classes).toEqual([water, lake]);
    expect((await desk.call('project.recent', {})).projects.map(({ name }) => name)).toEqual([
      'Ein Projekt',
    ]);
  });

  it('asks before it replaces a file, and leaves no trace of what failed', async () => {
    const desk = start();
    await desk.call('project.edit', { edit: putWater });
    const folder = join(temporary.path, 'replace');
    mkdirSync(folder);
    const path = join(folder, 'there.gpkg');
    writeFileSync(path, 'precious');
    writeFileSync(`${path}-wal`, 'log of a file that is gone');
    await expect(desk.call('project.saveAs', { path })).rejects.toThrow(/exists already/);
    expect(readFileSync(path, 'utf8')).toBe('precious');
    await expect(
      desk.call('project.saveAs', { path: join(folder, 'no', 'where.gpkg') }),
    ).rejects.toThrow(expect.objectContaining({ code: 'not-writable' }));
    expect(readdirSync(folder).toSorted()).toEqual(['there.gpkg', 'there.gpkg-wal']);
    const saved = await desk.call('project.saveAs', { path, overwrite: true });
    expect(saved.tables.classes).toEqual([water]);
    await desk.dispose();
    expect(readdirSync(folder)).toEqual(['there.gpkg']);
  });
});

describe('two windows', () => {
  it('of one host share the project: what one changed the other is told, what contradicts is refused', async () => {
    const desk = start();
    const state = await desk.call('project.state', {});
    const { revision } = await desk.call('project.edit', { edit: putWater });
    expect(revision).toBeGreaterThan(state.revision);
    await setImmediate();
    expect(desk.events.at(-1)).toEqual({ kind: 'project', revision });
    const told = desk.events.length;
    await expect(desk.call('project.edit', { edit: putWater })).rejects.toThrow(
      expect.objectContaining({ code: 'conflict' }),
    );
    await setImmediate();
    expect(desk.events.slice(told)).toEqual([{ kind: 'project', revision }]);
  });

  it('of two hosts do not: the second is told where the project is open, and may look', async () => {
    const [one, two] = [start(), start()];
    await one.call('project.edit', { edit: putWater });
    const path = join(temporary.path, 'shared.gpkg');
    await one.call('project.saveAs', { path });
    await expect(two.call('project.open', { path })).rejects.toThrow(/open in another Prismap/);
    expect((await two.call('project.state', {})).path).toBeUndefined();
    const looked = await two.call('project.open', { path, readOnly: true });
    expect(looked).toMatchObject({ path, readOnly: true, tables: { classes: [water] } });
    await expect(two.call('project.edit', { edit: putWater })).rejects.toThrow(/read-only/);
    const copy = join(temporary.path, 'copy of shared.gpkg');
    const copied = await two.call('project.saveAs', { path: copy });
    expect(copied).toMatchObject({ path: copy, tables: { classes: [water] } });
    expect(copied.readOnly).toBeUndefined();
    await one.call('project.edit', {
      edit: { label: 'Remove', changes: [{ table: 'classes', id: 'w', before: water }] },
    });
  });
});

it('an edit that is sent again under its token, because the answer was lost, is done once', async () => {
  const desk = start();
  const first = await desk.call('project.edit', { edit: putWater, token: 'a' });
  expect(await desk.call('project.edit', { edit: putWater, token: 'a' })).toEqual(first);
  await expect(desk.call('project.edit', { edit: putWater, token: 'b' })).rejects.toThrow(
    expect.objectContaining({ code: 'conflict' }),
  );
  expect((await desk.call('project.state', {})).revision).toBe(first.revision);
});

it('keeps the open project where another cannot be opened', async () => {
  const desk = start();
  await desk.call('project.edit', { edit: putWater });
  const path = join(temporary.path, 'half.gpkg');
  writeFileSync(path, '');
  await expect(desk.call('project.open', { path })).rejects.toThrow(/is damaged/);
  expect((await desk.call('project.state', {})).tables.classes).toEqual([water]);
});

it('a damaged list of recent projects is an empty one', async () => {
  const desk = start();
  mkdirSync(desk.dataFolder, { recursive: true });
  writeFileSync(join(desk.dataFolder, 'recent.json'), '{"projects": [{');
  expect((await desk.call('project.recent', {})).projects).toEqual([]);
  await desk.call('project.edit', { edit: putWater });
  expect((await desk.call('project.recent', {})).projects).toHaveLength(1);
});

it('the sample project has a scene, classes and ROIs in its CRS, and is made once', async () => {
  const desk = start();
  const state = await desk.call('project.sample', { kind: 'pair' });
  const [scene, second, rois] = state.tables.layers;
  expect(scene).toMatchObject({ kind: 'scene', visible: true });
  expect(second).toMatchObject({ kind: 'scene', visible: false });
  expect(rois).toMatchObject({ kind: 'rois' });
  for (const layer of [scene, second]) expect(existsSync(layer!.uri!)).toBe(true);
  const crs = state.tables.settings.find(({ id }) => id === 'crs')?.value;
  expect(crs).toMatch(/^EPSG:\d+$/);
  const written = JSON.parse(
    readFileSync(join(desk.dataFolder, 'samples', 'pair', 'rois.geojson'), 'utf8'),
  ) as { features: { properties: { class: string } }[] };
  const names = new Map(state.tables.classes.map(({ id, name }) => [id, name]));
  expect(state.tables.rois.map(({ classId }) => names.get(classId))).toEqual(
    written.features.map(({ properties }) => properties.class),
  );
  const made = readFileSync(scene!.uri!);
  const again = await desk.call('project.sample', { kind: 'pair' });
  expect(again.tables.rois).toHaveLength(state.tables.rois.length);
  expect(readFileSync(again.tables.layers[0]!.uri!).equals(made)).toBe(true);
  expect(readdirSync(join(desk.dataFolder, 'samples'))).toEqual(['pair']);
});

/** Makes a session look like that of a process that was killed. */
function forgetProcess(path: string): void {
  const database = new DatabaseSync(path);
  database.exec('UPDATE prismap_session SET process = 999999999');
  database.close();
}
