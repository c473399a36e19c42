// A batch in the window: scenes checked, mapped and listed with what became of them, a watched folder that outlives a killed program.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, expect, type Locator, test } from '@playwright/test';
import { type DeskPage, newDeskPage } from './deskPage.ts';
import { prismapJson } from './prismap.ts';
import { type Served, serve } from './served.ts';

test.describe.configure({ mode: 'serial' });

const folder = mkdtempSync(join(tmpdir(), 'prismap-desk-batch-'));
const path = (name: string): string => join(folder, name);
const complaints: string[] = [];
let served: Served;
let desk: DeskPage;

async function open(browser: Browser): Promise<void> {
  served = await serve({ dataFolder: path('data'), words: ['--folder', folder] });
  desk = await newDeskPage(browser);
  await desk.open(served.url);
}

test.beforeAll(async ({ browser }) => {
  mkdirSync(path('scenes/south'), { recursive: true });
  await prismapJson(['sample', path('made'), '--size', '120']);
  for (const name of ['day-1.tif', 'day-2.tif', 'south/day-3.tif'])
    copyFileSync(path('made/scene.tif'), path(`scenes/${name}`));
  const cut = readFileSync(path('scenes/day-1.tif')).subarray(0, 9999);
  writeFileSync(path('scenes/spoilt.tif'), cut);
  await open(browser);
});
test.afterAll(async () => {
  await desk.page.close();
  await served.stop();
  rmSync(folder, { recursive: true, force: true });
});

const form = (): Locator => desk.page.getByRole('tabpanel', { name: 'Batch' });
const scenes = (): Locator => form().getByRole('list', { name: 'Scenes of the batch' });
const scene = (name: string): Locator => scenes().getByRole('article', { name, exact: true });
const counts = (text: string): Promise<void> =>
  expect(form().getByText(text, { exact: true })).toBeVisible({ timeout: 60_000 });

async function fill(label: string, text: string): Promise<void> {
  const field = form().getByLabel(label, { exact: true });
  await field.fill(text);
  await field.press('Enter');
}

const picture = (name: string): Promise<Buffer> =>
  desk.page.screenshot({ path: `.cache/journeys/desk batch ${name}.png` });

test('without a folder or a model nothing can be started, and the panel says why', async () => {
  await desk.openSample();
  await desk.command('Batch panel');
  await expect(form().getByText('Choose the folder that holds the scenes first.')).toBeVisible();
  await fill('Folder of scenes', path('scenes'));
  await expect(form().getByText(/^There is no model that maps scenes yet/)).toBeVisible();
  await expect(form().getByRole('button', { name: 'Start the batch' })).toBeDisabled();
  await desk.panel('Train');
  const train = desk.page.getByRole('tabpanel', { name: 'Train' });
  await train.getByLabel('Model', { exact: true }).first().selectOption('forest');
  await train.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(desk.notices.filter({ hasText: /: done\./ })).toBeVisible({ timeout: 60_000 });
});

test('a recipe is filled in, and its file is one that the command line takes', async () => {
  await desk.panel('Batch');
  await expect(form().getByLabel('Folder of results', { exact: true })).toHaveValue(
    path('scenes/prismap-maps'),
  );
  await fill('Sieve: areas of fewer pixels join their largest neighbour', '4');
  await form().getByLabel('Polygons (GeoPackage)').check();
  await form().getByLabel('Recipe file (YAML)').fill(path('landcover.yaml'));
  await form().getByRole('button', { name: 'Save the recipe' }).click();
  await expect(desk.notices.filter({ hasText: 'The recipe was written' })).toBeVisible();
  const words = ['--recipe', path('landcover.yaml'), '--out', path('by command'), '--check'];
  expect(await prismapJson(['batch', path('scenes'), ...words])).toMatchObject({ waiting: 3 });
  await desk.dismissAll();
  await desk.expectAccessible();
  await picture('form');
  // what was changed since is forgotten when the file is opened
  await fill('Sieve: areas of fewer pixels join their largest neighbour', '9');
  await form().getByRole('button', { name: 'Open the recipe' }).click();
  await expect(form().getByLabel(/^Sieve/)).toHaveValue('4');
});

test('all scenes are checked first: the one that cannot be mapped says why', async () => {
  await form().getByRole('button', { name: 'Check scenes' }).click();
  await counts('0 mapped · 1 failed · 3 waiting');
  await expect(scene('spoilt.tif')).toContainText(/failed.*(again|shorter|ends)/is);
  await expect(scene('south/day-3.tif')).toContainText('waiting');
  expect(existsSync(path('scenes/prismap-maps/day-1.tif'))).toBe(false);
  await desk.dismissAll();
  await scenes().scrollIntoViewIfNeeded();
  await desk.expectAccessible();
  await picture('checked');
});

test('they are mapped: areas, a map and all maps on the map, the report', async () => {
  await form().getByRole('button', { name: 'Start the batch' }).click();
  await counts('3 mapped · 1 failed');
  await expect(scene('day-2.tif')).toContainText(/[\d.]+ ha/);
  await expect(scenes().getByRole('article').first()).toHaveAccessibleName('spoilt.tif');
  await expect(form().getByRole('columnheader', { name: 'Hectares' })).toBeVisible();
  expect(existsSync(path('scenes/prismap-maps/south/day-3.gpkg'))).toBe(true);
  await desk.dismissAll();
  await scene('day-2.tif').getByRole('button', { name: 'Add to the map: day-2' }).click();
  await expect(desk.layer('day-2')).toBeVisible();
  await form().getByRole('button', { name: 'Add all maps to the map' }).click();
  await desk.layer(/^Batch scenes/).press('ArrowRight');
  await expect(desk.layer('south/day-3')).toBeVisible();
  await expect(form().getByText(path('scenes/prismap-maps/mosaic.vrt'))).toBeVisible();
  await desk.drawn();
  await expect(scene('day-2.tif').getByRole('button', { name: /^Show on the map/ })).toBeVisible();
  await desk.expectAccessible();
  await picture('mapped');
  await form()
    .getByRole('button', { name: /^Open report/ })
    .click();
  const report = desk.page.frameLocator('iframe.report');
  await expect(report.getByRole('heading', { name: 'One scene failed' })).toBeVisible();
  await picture('report');
  await desk.page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
});

test('the list shows the part that is asked for, and a scene can be left out', async () => {
  await form().getByLabel('Scenes shown').selectOption('mapped');
  await expect(scenes().getByRole('article')).toHaveCount(3);
  await fill('Name holds', 'south');
  await expect(scenes().getByRole('article')).toHaveCount(1);
  await fill('Name holds', '');
  await form().getByLabel('Scenes shown').selectOption('all');
  await scene('spoilt.tif')
    .getByRole('button', { name: /^Leave out/ })
    .click();
  await expect(form().getByLabel('Leave out what matches')).toHaveValue('spoilt.tif');
  await form().getByRole('button', { name: 'Start the batch' }).click();
  await counts('3 mapped');
  await expect(scene('spoilt.tif')).toBeHidden();
});

test('a watched folder: the program is killed, started again, and goes on with what arrives', async ({
  browser,
}) => {
  await form().getByText('How it runs', { exact: true }).click();
  await form()
    .getByLabel(/^Watch the folder/)
    .check();
  await fill('A new file is taken when it did not change for so many seconds', '0');
  await form().getByRole('button', { name: 'Start the batch' }).click();
  await expect(form().getByRole('button', { name: 'Pause: Batch scenes' })).toBeVisible();
  await expect(desk.page.getByText('all saved')).toBeVisible();
  served.kill('SIGKILL');
  complaints.push(...desk.complaints.filter((text) => !/WebSocket|Failed to load/.test(text)));
  await desk.page.close();

  await open(browser);
  await desk.command('Batch panel');
  await form().getByRole('button', { name: 'Resume: Batch scenes' }).click();
  copyFileSync(path('made/scene.tif'), path('scenes/late.tif'));
  await counts('4 mapped');
  await expect(scene('late.tif')).toContainText('mapped');
  await expect(form().getByText(/^Watching the folder/)).toBeVisible();
  await desk.dismissAll();
  await picture('watched');
  await form().getByRole('button', { name: 'Cancel: Batch scenes' }).click();
  await expect(form().getByRole('button', { name: /^Open report/ })).toBeVisible();
  await desk.expectAccessible();
});

test('nothing was said in the console, and no policy was broken', () => {
  expect([...complaints, ...desk.complaints]).toEqual([]);
});
