// Drawing in the window: every tool, undo of everything, and what a kill in the middle leaves.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { type DeskPage, newDeskPage } from './deskPage.ts';
import { type Served, serve } from './served.ts';

test.describe.configure({ mode: 'serial' });

const dataFolder = mkdtempSync(join(tmpdir(), 'prismap-desk-'));
let served: Served;
let desk: DeskPage;

test.beforeAll(async ({ browser }) => {
  served = await serve({ dataFolder });
  desk = await newDeskPage(browser);
  await desk.open(served.url);
});
test.afterAll(async () => {
  await desk.page.close();
  await served.stop();
  rmSync(dataFolder, { recursive: true, force: true });
});

test('an empty project says what to do, and is accessible', async () => {
  await expect(desk.page.getByRole('button', { name: 'Try it on a sample scene' })).toBeVisible();
  await desk.expectAccessible();
});

test('the sample project opens and its scene is drawn', async () => {
  await desk.openSample();
  await desk.expectRois(145);
  await desk.expectAccessible();
  await desk.page.mouse.move(...(await desk.at([0.5, 0.5])));
  await expect(desk.page.getByTestId('pixel')).toHaveText(/^pixel \d+, \d+$/);
  await expect(desk.page.getByTestId('pixel-values')).toHaveText(/^0\.\d+ · 0\.\d+/);
  const [x, y] = await desk.at([0.3, 0.3]);
  await expect(desk.page).toHaveScreenshot('sample-natural-colour.png', {
    clip: { x, y, width: 320, height: 240 },
  });
});

test('every tool draws what it says', async () => {
  await desk.tool('Polygon');
  await desk.click([0.2, 0.6], [0.3, 0.6], [0.3, 0.7], [0.2, 0.7]);
  await desk.page.keyboard.press('Enter');
  await desk.expectRois(146);
  await desk.tool('Rectangle');
  await desk.click([0.4, 0.6], [0.45, 0.65]);
  await desk.expectRois(147);
  await desk.tool('Circle');
  await desk.click([0.6, 0.3], [0.63, 0.3]);
  await desk.expectRois(148);
  await desk.tool('Freehand');
  await desk.drag([0.2, 0.25], [0.26, 0.2], [0.3, 0.26], [0.24, 0.3], [0.2, 0.26]);
  await desk.expectRois(149);
  await desk.tool('Brush');
  await desk.drag([0.75, 0.3], [0.8, 0.33]);
  await desk.expectRois(150);
  await desk.drag([0.79, 0.32], [0.82, 0.4]);
  await desk.expectRois(150);
  await desk.tool('Cut a hole');
  await desk.click([0.22, 0.62], [0.24, 0.62], [0.24, 0.64]);
  await desk.page.keyboard.press('Enter');
  await desk.expectRois(150);
  await desk.tool('Split');
  await desk.click([0.26, 0.58], [0.26, 0.72]);
  await desk.page.keyboard.press('Enter');
  await desk.expectRois(151);
});

test('the magic wand grows a region of like pixels', async () => {
  await desk.tool('Region growing (magic wand)');
  await desk.click([0.35, 0.1]);
  await desk.expectRois(152);
});

test('the eraser takes away, and a selection is merged and removed', async () => {
  await desk.tool('Eraser');
  await desk.drag([0.425, 0.67], [0.425, 0.58]);
  await desk.expectRois(152);
  await desk.command('Select all ROIs');
  await desk.command('Merge the selected ROIs');
  await desk.expectRois(1);
  await desk.command('Remove the selected ROIs');
  await desk.expectRois(0);
});

test('everything is undone in order, and done again', async () => {
  const undo = desk.page.getByRole('button', { name: 'Undo' });
  for (let i = 0; i < 12; i++) await undo.click();
  await desk.expectRois(145);
  await expect(undo).toBeDisabled();
  const redo = desk.page.getByRole('button', { name: 'Redo' });
  for (let i = 0; i < 12; i++) await redo.click();
  await desk.expectRois(0);
  for (let i = 0; i < 12; i++) await undo.click();
  await desk.expectRois(145);
});

test('class, layer and style are undone by the same stack', async () => {
  await desk.page.getByRole('button', { name: 'Add a class' }).click();
  await expect(desk.classRow('Class 11')).toBeVisible();
  await desk
    .layer(/^Sample scene/)
    .first()
    .click();
  await desk.panel('Style');
  await desk.page.getByLabel('Preset').selectOption('Colour infrared');
  await expect(desk.page.getByLabel('Red', { exact: true })).toHaveValue('7');
  await desk.drawn();
  await desk.page.getByRole('button', { name: /^Hide Sample scene/ }).click();
  const undo = desk.page.getByRole('button', { name: 'Undo' });
  await undo.click();
  await expect(desk.page.getByRole('button', { name: /^Hide Sample scene/ })).toBeVisible();
  await undo.click();
  await expect(desk.page.getByLabel('Preset')).toHaveValue('Natural colour');
  await undo.click();
  await expect(desk.classRow('Class 11')).toBeHidden();
});

test('a kill in mid-polygon loses nothing', async ({ browser }) => {
  await desk.tool('Rectangle');
  await desk.click([0.4, 0.6], [0.45, 0.65]);
  await desk.expectRois(146);
  await desk.tool('Polygon');
  await desk.click([0.5, 0.6], [0.55, 0.6], [0.55, 0.65]);
  await expect(desk.page.getByText('all saved')).toBeVisible();
  served.kill('SIGKILL');
  await desk.page.close();
  await served.stop();
  served = await serve({ dataFolder });
  desk = await newDeskPage(browser);
  await desk.open(served.url);
  await desk.expectRois(146);
  await desk.drawn();
  await expect(desk.page.getByText('A sketch of 3 vertices was kept.')).toBeVisible();
  await desk.page.getByRole('button', { name: 'Complete it' }).click();
  await desk.expectRois(147);
});

test('the job of drawing is possible with keys alone', async () => {
  const { page } = desk;
  const before = await desk.roiCount();
  await page.locator('.map').first().focus();
  await page.keyboard.press('p');
  for (const key of ['ArrowRight', 'ArrowDown', 'ArrowLeft']) {
    await page.keyboard.press('a');
    await page.keyboard.press(key);
    await page.waitForTimeout(350);
  }
  await page.keyboard.press('a');
  await page.keyboard.press('Enter');
  await desk.expectRois(before + 1);
});

test('nothing was said in the console, and no policy was broken', () => {
  expect(desk.complaints).toEqual([]);
});
