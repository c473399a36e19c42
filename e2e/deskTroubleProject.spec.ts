// Projects in trouble: two windows, two programs, files of the future, halves of files; and a name that is taken.
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from '@playwright/test';
import { DeskPage, newDeskPage } from './deskPage.ts';
import { type Served, serve } from './served.ts';

test.describe.configure({ mode: 'serial' });

const folder = mkdtempSync(join(tmpdir(), 'prismap-trouble-'));
const project = join(folder, 'work.gpkg');
let served: Served;
let desk: DeskPage;

test.beforeAll(async ({ browser }) => {
  served = await serve({ words: ['--folder', folder] });
  desk = await newDeskPage(browser);
  await desk.open(served.url);
  await desk.openSample();
});
test.afterAll(async () => {
  await desk.page.context().close();
  await served.stop();
  rmSync(folder, { recursive: true, force: true });
});

const message = (words: RegExp, window = desk) => window.notices.filter({ hasText: words });
const layersOf = ({ page }: DeskPage) =>
  page.getByRole('treegrid', { name: 'Layer tree' }).getByRole('row');

async function saveAs(path: string): Promise<void> {
  await desk.command('Save project as');
  await desk.page.getByLabel('File name (.gpkg)').fill(path);
  await desk.page.getByRole('button', { name: 'Save', exact: true }).click();
}

test('a name that is taken is asked about, and replaced when the user says so', async () => {
  writeFileSync(project, 'something else');
  await saveAs(project);
  await expect(desk.page.getByText('There is a file of that name already.')).toBeVisible();
  await desk.page.screenshot({ path: '.cache/journeys/trouble-exists.png' });
  await desk.expectAccessible();
  expect(readFileSync(project, 'utf8')).toBe('something else');
  await desk.page.getByRole('button', { name: 'Replace it' }).click();
  await expect(message(/The project is kept in .*work\.gpkg/)).toBeVisible();
  await desk.drawn();
  expect(statSync(project).size).toBeGreaterThan(50_000);
  await desk.dismissAll();
});

test('a second window on the same project: edits appear there, and undo stays', async () => {
  const other = new DeskPage(await desk.page.context().newPage());
  await other.open(await served.nextUrl());
  const [mine, theirs] = [layersOf(desk), layersOf(other)];
  const count = await mine.count();
  await expect(theirs).toHaveCount(count);
  await desk
    .layer(/^Sample scene/)
    .first()
    .click();
  await desk.command('Duplicate the layer');
  await expect(theirs).toHaveCount(count + 1);

  // An edit of the other window: this one's step can still be undone.
  await other.page.getByRole('button', { name: 'Add a group' }).click();
  await expect(mine).toHaveCount(count + 2);
  await desk.page.locator('.map').first().focus();
  await desk.page.keyboard.press('Control+z');
  await expect(theirs).toHaveCount(count + 1);
  await expect(mine).toHaveCount(count + 1);

  // A step that the other window has made impossible is refused in words, and the project is shown as it is.
  await desk.page.keyboard.press('Control+y');
  await expect(theirs).toHaveCount(count + 2);
  await other.layer(/\(copy\)/).click();
  await other.command('Remove the layer');
  await expect(mine).toHaveCount(count + 1);
  await desk.page.locator('.map').first().focus();
  await desk.page.keyboard.press('Control+z');
  await expect(message(/another window changed the same/)).toBeVisible();
  await desk.page.screenshot({ path: '.cache/journeys/trouble-conflict.png' });
  await expect(mine).toHaveCount(count + 1);
  await desk.dismissAll();

  // A map that is made while both look becomes one layer.
  await desk.panel('Train');
  await desk.page.getByLabel('Model', { exact: true }).first().selectOption('forest');
  await desk.page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(message(/: done\./)).toBeVisible({ timeout: 120_000 });
  await desk.page.locator('.map').first().focus();
  for (let i = 0; i < 3; i++) await desk.page.keyboard.press('+');
  await desk.drawn();
  await desk.command('Map what is in view');
  await expect(desk.layer(/^Map /)).toHaveCount(1, { timeout: 120_000 });
  await expect(other.layer(/^Map /)).toHaveCount(1);
  await desk.drawn();
  await other.drawn();
  await expect(mine).toHaveCount(count + 2);
  await expect(theirs).toHaveCount(count + 2);

  // Another project in one window is the project of both.
  await other.command('New project');
  await expect(desk.page.getByText('No layers yet.')).toBeVisible();
  await desk.openPath(project);
  await expect(theirs).toHaveCount(count + 2);
  await other.page.close();
});

test('a second program on the same project may look at it', async ({ browser }) => {
  const second = await serve({ words: ['--folder', folder] });
  const other = await newDeskPage(browser);
  await other.open(second.url);
  await other.openPath(project);
  await expect(message(/work\.gpkg is open in another Prismap/, other)).toBeVisible();
  await other.page.screenshot({ path: '.cache/journeys/trouble-in-use.png' });
  await other.expectAccessible();
  await other.page.getByRole('button', { name: 'Open read-only' }).click();
  await expect(other.layer(/^Sample scene/).first()).toBeVisible();
  await other.drawn();
  const count = await layersOf(other).count();
  await other.page.getByRole('button', { name: 'Add a group' }).click();
  await expect(
    message(/is open read-only\. Save the project under another name/, other),
  ).toBeVisible();
  await expect(layersOf(other)).toHaveCount(count);
  await other.page.context().close();
  await second.stop();
  // The first goes on.
  await desk.page.getByRole('button', { name: 'Add a group' }).click();
  await desk.drawn();
});

test('what cannot be opened says why and what to do; the project stays', async () => {
  const layers = await layersOf(desk).count();
  const copy = (name: string): string => {
    const path = join(folder, name);
    new DatabaseSync(project).exec(`VACUUM INTO '${path}'`);
    const database = new DatabaseSync(path);
    database.exec('DELETE FROM prismap_session');
    database.close();
    return path;
  };
  const change = (name: string, sql: string): string => {
    const path = copy(name);
    const database = new DatabaseSync(path);
    database.exec(sql);
    database.close();
    return path;
  };
  const half = copy('half.gpkg');
  truncateSync(half, Math.floor(statSync(half).size / 2));
  const empty = join(folder, 'empty.gpkg');
  writeFileSync(empty, '');
  const cases: readonly (readonly [path: string, words: RegExp])[] = [
    [
      change('newer.gpkg', "UPDATE prismap_project SET value = '99' WHERE key = 'version'"),
      /newer\.gpkg was made by a newer Prismap .*Update Prismap/,
    ],
    [half, /half\.gpkg is damaged .*restore it from a copy/],
    [empty, /empty\.gpkg is damaged \(it is empty\)/],
    [
      change('tables.gpkg', 'DROP TABLE prismap_layers'),
      /tables\.gpkg is damaged \(its table "prismap_layers" is missing\)/,
    ],
    [join(folder, 'none.gpkg'), /There is no project .*none\.gpkg/],
  ];
  for (const [path, words] of cases) {
    const before = existsSync(path) ? readFileSync(path) : undefined;
    await desk.openPath(path);
    await expect(message(words)).toBeVisible();
    expect(existsSync(path) ? readFileSync(path).equals(before!) : before).not.toBe(false);
  }
  await desk.page.screenshot({ path: '.cache/journeys/trouble-projects.png' });
  await desk.expectAccessible();
  await desk.dismissAll();
  expect(await layersOf(desk).count()).toBe(layers);
  // A GeoPackage that is no project can hold ROIs.
  const rois = await desk.roiCount();
  const foreign = change('foreign.gpkg', 'DROP TABLE prismap_project');
  await desk.openPath(foreign);
  await desk.expectRois(2 * rois);
  await desk.command('Undo');
  await desk.expectRois(rois);
});

test('a project that is dropped goes on in a copy, and the window says so', async () => {
  const path = join(folder, 'dropped.gpkg');
  new DatabaseSync(project).exec(`VACUUM INTO '${path}'`);
  const database = new DatabaseSync(path);
  database.exec('DELETE FROM prismap_session');
  database.close();
  await desk.drop([path]);
  await expect(message(/^dropped\.gpkg was copied to .*changes go there/)).toBeVisible();
  await desk.page.screenshot({ path: '.cache/journeys/trouble-dropped-project.png' });
  await expect(desk.layer(/^Sample scene/).first()).toBeVisible();
});

test('nothing else was said in the console', () => {
  expect(desk.complaints.filter((text) => !text.startsWith('Failed to load resource'))).toEqual([]);
});
