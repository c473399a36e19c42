// The whole job in the window: from the sample scene to a map, its accuracy and its exports; and on a real scene.
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { type DeskPage, newDeskPage } from './deskPage.ts';
import { type Served, serve } from './served.ts';

test.describe.configure({ mode: 'serial' });

const dataFolder = mkdtempSync(join(tmpdir(), 'prismap-desk-'));
const realScene = fileURLToPath(
  new URL('../../shared/data/uav/oam_kampala_A_3072x2048.tif', import.meta.url),
);
let served: Served;
let desk: DeskPage;

const words = ['--folder', dirname(realScene)];

test.beforeAll(async ({ browser }) => {
  served = await serve({ dataFolder, words });
  desk = await newDeskPage(browser);
  await desk.open(served.url);
});
test.afterAll(async () => {
  await desk.page.close();
  await served.stop();
  rmSync(dataFolder, { recursive: true, force: true });
});

/** Pictures of the README, taken anew with PRISMAP_PICTURES=1. */
async function picture(name: string): Promise<void> {
  if (process.env['PRISMAP_PICTURES'] === undefined) return;
  await desk.page.screenshot({ path: `docs/images/${name}.jpg`, type: 'jpeg', quality: 82 });
}

test('signatures of the classes are shown', async () => {
  await desk.openSample();
  await desk.panel('Spectra');
  await expect(desk.page.getByRole('img', { name: /signatures/i })).toBeVisible();
  await desk.expectAccessible();
  await picture('spectra');
});

test('a job is cancelled within a second or so, and says that it was', async () => {
  await desk.panel('Train');
  await desk.page.getByRole('button', { name: 'Train', exact: true }).click();
  await desk.panel('Jobs');
  await expect(desk.page.getByText('running').first()).toBeVisible({ timeout: 60_000 });
  await desk.page
    .getByRole('button', { name: /^Cancel/ })
    .first()
    .click();
  await expect(desk.page.getByText('cancelled').first()).toBeVisible({ timeout: 10_000 });
});

test('a model is trained, with its curve and figures', async () => {
  await desk.panel('Train');
  await desk.page.getByLabel('Recipe', { exact: true }).selectOption('paper');
  await desk.page.getByLabel('Epochs as the recipe says').uncheck();
  const epochs = desk.page.getByRole('spinbutton', { name: /epochs/i });
  await epochs.fill('15');
  await epochs.press('Enter');
  await desk.page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(desk.page.getByText(/: done\.$/)).toBeVisible({ timeout: 180_000 });
  await desk.expectAccessible();
  await picture('training');
});

test('the scene is mapped and the map is a layer', async () => {
  await desk.command('Map the whole scene');
  await expect(desk.layer(/^Map /)).toBeVisible({ timeout: 180_000 });
  await desk.drawn();
  await picture('map');
});

test('the map is compared with the image by swipe', async () => {
  await desk.page.locator('.map').first().focus();
  await desk.page.keyboard.press('h');
  await expect(desk.page.getByRole('slider', { name: 'Position of the swipe line' })).toBeVisible();
  await desk.drawn();
  await desk.expectAccessible();
  await picture('swipe');
  await desk.page.getByRole('button', { name: 'End comparison' }).click();
});

test('points are drawn, labelled blindly and assessed', async () => {
  await desk.panel('Accuracy');
  await desk.page.getByLabel('Points', { exact: true }).fill('12');
  await desk.page.getByLabel('Least points a class').fill('1');
  await desk.page.getByRole('button', { name: 'Draw points' }).click();
  await expect(desk.page.getByText('0 of 12 points are labelled.')).toBeVisible({
    timeout: 60_000,
  });
  await desk.page.getByRole('button', { name: 'Label points' }).click();
  await expect(desk.page.getByText('Point 1 of 12')).toBeVisible();
  const panel = desk.page.getByRole('tabpanel', { name: 'Accuracy' });
  for (let i = 1; i <= 6; i++) {
    await panel.getByRole('button', { name: /Water/ }).click();
    await expect(panel.getByRole('status').first()).toHaveText(
      `Point ${i + 1} of 12 · ${i} labelled`,
    );
  }
  await desk.expectAccessible();
  await panel.getByRole('button', { name: /^Stop labelling/ }).click();
  await expect(panel.getByText('From 6 of 12 points')).toBeVisible();
});

test('the map is held against a reference, and the report is read, printed and closed', async () => {
  const reference = readdirSync(dataFolder, { recursive: true, encoding: 'utf8' }).find((name) =>
    /reference\.(tif|gpkg|geojson)$/.test(name),
  );
  await desk.panel('Accuracy');
  const panel = desk.page.getByRole('tabpanel', { name: 'Accuracy' });
  await panel.getByText('Against a reference file').click();
  await panel.getByLabel(/^Reference: /).fill(join(dataFolder, reference!));
  await panel.getByRole('button', { name: 'Evaluate', exact: true }).click();
  await desk.panel('Jobs');
  await desk.expectReport(/^Open report: Accuracy of /, /How far to trust this map/);
});

test('the map is exported as polygons', async () => {
  await desk.panel('Export');
  await desk.page.getByLabel('Format').selectOption('gpkg');
  await desk.page.getByLabel(/^Sieve/).fill('8');
  await desk.page.getByRole('button', { name: 'Export', exact: true }).click();
  await expect
    .poll(
      () =>
        readdirSync(dataFolder, { recursive: true }).some((name) =>
          String(name).endsWith('export.gpkg'),
        ),
      { timeout: 60_000 },
    )
    .toBe(true);
});

test('the project is found again after a restart, jobs included', async ({ browser }) => {
  await desk.drawn();
  await desk.page.close();
  await served.stop();
  served = await serve({ dataFolder, words });
  desk = await newDeskPage(browser);
  await desk.open(served.url);
  // A project without a name is opened again by itself.
  await expect(desk.layer(/^Map /)).toBeVisible();
  await desk.panel('Jobs');
  await expect(desk.page.getByText(/^Map scene/).first()).toBeVisible();
  await expect(desk.page.getByText('A sketch of')).toBeHidden();
});

test('a real scene goes through the same job', async () => {
  test.skip(!existsSync(realScene), `there is no ${realScene}`);
  await desk.command('New project');
  await desk.page.keyboard.press('Control+o');
  await desk.page.getByLabel(/^Path, folder/).fill(realScene);
  await desk.page.getByRole('button', { name: 'Open', exact: true }).click();
  await expect(desk.layer(/oam_kampala/)).toBeVisible({ timeout: 60_000 });
  await desk.drawn();
  for (const places of [
    [
      [0.3, 0.4],
      [0.36, 0.46],
      [0.6, 0.3],
      [0.66, 0.36],
    ],
    [
      [0.5, 0.6],
      [0.56, 0.66],
      [0.25, 0.6],
      [0.31, 0.66],
    ],
  ] as const) {
    await desk.page.getByRole('button', { name: 'Add a class' }).click();
    await desk.tool('Rectangle');
    await desk.click(...places);
  }
  await desk.expectRois(4);
  await desk.panel('Train');
  await desk.page.getByLabel('Model', { exact: true }).first().selectOption('forest');
  await desk.page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(desk.page.getByText(/: done\.$/)).toBeVisible({ timeout: 180_000 });
  await desk.command('Map what is in view');
  await expect(desk.layer(/^Map view/)).toBeVisible({ timeout: 180_000 });
  await desk.drawn();
});

test('nothing was said in the console, and no policy was broken', () => {
  expect(desk.complaints).toEqual([]);
});
