// Menus by right click and by keys, the same as those of the ⋮ buttons; and ROIs copied from one scene to another.
import { join } from 'node:path';
import { expect, type Locator, test } from '@playwright/test';
import { type DeskPage, newDeskPage } from './deskPage.ts';
import { type Served, serve } from './served.ts';

test.describe.configure({ mode: 'serial' });

let served: Served;
let desk: DeskPage;

test.beforeAll(async ({ browser }) => {
  served = await serve();
  desk = await newDeskPage(browser);
  await desk.open(served.url);
  await desk.openSample('Open the sample of two dates');
});
test.afterAll(async () => {
  await desk.page.close();
  await served.stop();
});

const menu = (): Locator => desk.page.getByRole('menu').first();
const item = (name: string | RegExp): Locator => desk.page.getByRole('menuitem', { name });
const firstDate = (): Locator => desk.layer(/first date/);
const secondDate = (): Locator => desk.layer(/second date/);

/** The lines of the open menu, which is closed by Escape. */
async function linesOfMenu(): Promise<readonly string[]> {
  await expect(menu()).toBeVisible();
  const lines = await desk.page.getByRole('menuitem').allInnerTexts();
  await desk.page.keyboard.press('Escape');
  await expect(menu()).toBeHidden();
  return lines;
}

test('a layer has one menu: by right click, by ⋮ and by Shift+F10', async () => {
  const { page } = desk;
  await firstDate().click({ button: 'right' });
  await expect(item('Rename the layer')).toBeVisible();
  await desk.expectAccessible();
  const byClick = await linesOfMenu();
  await firstDate()
    .getByRole('button', { name: /^Actions for/ })
    .click();
  expect(await linesOfMenu()).toEqual(byClick);
  await firstDate().focus();
  await page.keyboard.press('Shift+F10');
  await expect(page.getByRole('menuitem').first()).toBeFocused();
  expect(await linesOfMenu()).toEqual(byClick);
  await expect(firstDate()).toBeFocused();
});

test('a class and a group are renamed by keys alone, from their menu', async () => {
  const { page } = desk;
  await page.getByRole('button', { name: 'Add a group' }).click();
  for (const row of [desk.classRow(/^Water/), desk.layer('Group')]) {
    await row.focus();
    await page.keyboard.press('Shift+F10');
    await expect(menu()).toBeVisible();
    await page.keyboard.press('r');
    await page.keyboard.press('Enter');
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('Renamed');
    await page.keyboard.press('Enter');
  }
  await expect(desk.classRow('Renamed')).toBeVisible();
  await expect(desk.layer('Renamed')).toBeVisible();
  for (let i = 0; i < 3; i++) await page.getByRole('button', { name: 'Undo' }).click();
  await expect(desk.classRow(/^Water/)).toBeVisible();
});

test('an empty place of the map says what is there', async () => {
  const { page } = desk;
  await secondDate().click();
  await page.mouse.click(...(await desk.at([0.5, 0.5])), { button: 'right' });
  await expect(menu()).toBeVisible();
  await desk.expectAccessible();
  await item('What is here?').click();
  await expect(
    page.getByText(/^Sample scene \(second date\), pixel \d+, \d+: 0\.\d+/),
  ).toBeVisible();
  await page.locator('.map').first().focus();
  await page.keyboard.press('Shift+F10');
  await item('Copy the map coordinates').click();
  await expect(page.getByText(/^Copied: \d+\.\d\d, \d+\.\d\d$/)).toBeVisible();
});

test('an ROI has its menu on the map, which selects it first; a sketch is completed as before', async () => {
  const before = await desk.roiCount();
  await desk.tool('Rectangle');
  await desk.click([0.42, 0.42], [0.48, 0.48]);
  await desk.expectRois(before + 1);
  await desk.tool('Polygon');
  await desk.click([0.52, 0.52], [0.58, 0.52]);
  await desk.page.mouse.click(...(await desk.at([0.58, 0.58])));
  await desk.page.mouse.click(...(await desk.at([0.58, 0.58])), { button: 'right' });
  await desk.expectRois(before + 2);
  await expect(menu()).toBeHidden();
  await desk.tool('Pan');
  await desk.page.mouse.click(...(await desk.at([0.45, 0.45])), { button: 'right' });
  await expect(desk.page.getByRole('menu', { name: 'Selected ROIs: 1' })).toBeVisible();
  await desk.expectAccessible();
  await item('Remove the selected ROIs').click();
  await desk.expectRois(before + 1);
  await desk.page.keyboard.press('Control+z');
  await desk.expectRois(before + 2);
});

test('ROIs are copied to the other scene, which has its own from then on, in one step of undo', async () => {
  const { page } = desk;
  const before = await desk.roiCount();
  await firstDate().click();
  await page.mouse.click(...(await desk.at([0.45, 0.45])), { button: 'right' });
  await item('Copy to scene…').click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await desk.expectAccessible();
  await page.getByRole('button', { name: 'Copy', exact: true }).click();
  await expect(
    page.getByText(/^ROIs copied to Sample scene \(second date\): 1\. From now on each/),
  ).toBeVisible();
  // One stays with each date: removed on the second, it is still there on the first.
  await secondDate().click();
  await desk.expectRois(before);
  await page.mouse.click(...(await desk.at([0.45, 0.45])), { button: 'right' });
  await item('Remove the selected ROIs').click();
  await desk.expectRois(before - 1);
  await firstDate().click();
  await desk.expectRois(before);
  const undo = page.getByRole('button', { name: 'Undo' }).first();
  await undo.click();
  await undo.click();
  await secondDate().click();
  await desk.expectRois(before);
});

test('ROIs are copied and pasted by keys, also where they are already', async () => {
  const { page } = desk;
  await firstDate().click();
  await page.mouse.click(...(await desk.at([0.45, 0.45])), { button: 'right' });
  await page.keyboard.press('Escape');
  await page.locator('.map').first().focus();
  await page.keyboard.press('Control+c');
  await expect(page.getByText('ROIs copied: 1.')).toBeVisible();
  await page.keyboard.press('Control+v');
  await expect(page.getByText(/^These ROIs belong to .* already/)).toBeVisible();
  await secondDate().click();
  const before = await desk.roiCount();
  await page.keyboard.press('Control+v');
  await expect(page.getByText(/^ROIs copied to Sample scene \(second date\): 1\./)).toBeVisible();
  await desk.expectRois(before);
  await page.getByRole('button', { name: 'Undo' }).first().click();
  await desk.expectRois(before);
});

test('ROIs are pasted into another project, and their classes come with them', async () => {
  const { page } = desk;
  await firstDate().click();
  const count = await desk.roiCount();
  await desk.command('Select all ROIs');
  await page.locator('.map').first().focus();
  await page.keyboard.press('Control+c');
  await expect(page.getByText(`ROIs copied: ${count}.`)).toBeVisible();
  await desk.command('New project');
  await expect(firstDate()).toBeHidden();
  await desk.openPath(join(served.dataFolder, 'samples', 'pair', 'scene.tif'));
  await expect(desk.layer(/^scene/)).toBeVisible();
  await desk.drawn();
  expect(await desk.roiCount()).toBe(0);
  await page.locator('.map').first().focus();
  await page.keyboard.press('Control+v');
  await desk.expectRois(count);
  await expect(desk.classRow('Bare soil')).toContainText(/1[456] ROIs/);
  await desk.drawn();
  await page.screenshot({ path: '.cache/journeys/pasted.png' });
  await page.getByRole('button', { name: 'Undo' }).first().click();
  await desk.expectRois(0);
});

test('nothing was said in the console, and no policy was broken', () => {
  expect(desk.complaints).toEqual([]);
});
