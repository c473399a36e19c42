// Change between two dates in the window: learned, mapped, cut at a threshold without computing anew, swiped, and told class by class.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type Locator, test } from '@playwright/test';
import { type DeskPage, newDeskPage } from './deskPage.ts';
import { colorAt, differing, type Picture, pictureOf } from './pixels.ts';
import { type Served, serve } from './served.ts';

test.describe.configure({ mode: 'serial' });

const dataFolder = mkdtempSync(join(tmpdir(), 'prismap-change-'));
const [before, after] = ['Sample scene (first date)', 'Sample scene (second date)'];
let served: Served;
let desk: DeskPage;

test.beforeAll(async ({ browser }) => {
  served = await serve({ dataFolder });
  desk = await newDeskPage(browser);
  await desk.open(served.url);
  await desk.openSample('Open the sample of two dates');
});
test.afterAll(async () => {
  await desk.page.close();
  await served.stop();
  rmSync(dataFolder, { recursive: true, force: true });
});

const panel = (name: string): Locator => desk.page.getByRole('tabpanel', { name });

async function fill(field: Locator, text: string): Promise<void> {
  await field.fill(text);
  await field.press('Enter');
}

async function own(inside: Locator, tick: string, field: string, value: number): Promise<void> {
  await inside.getByLabel(tick, { exact: true }).uncheck();
  await fill(inside.getByRole('spinbutton', { name: field, exact: true }), String(value));
}

const picture = (name: string): Promise<Buffer> =>
  desk.page.screenshot({ path: `.cache/journeys/change ${name}.png` });

/** Starts training and waits until it is done. */
async function train(): Promise<void> {
  await desk.dismissAll();
  await panel('Train').getByRole('button', { name: 'Train', exact: true }).click();
  await expect(desk.notices.filter({ hasText: /: done\./ })).toBeVisible({ timeout: 180_000 });
}

test('a model of the classes and a model of change are trained', async () => {
  await desk.panel('Train');
  const form = panel('Train');
  await form.getByLabel('Model', { exact: true }).first().selectOption('forest');
  await train();
  await form.getByLabel('Model', { exact: true }).first().selectOption('spectralgpt');
  await form.getByLabel('Task').selectOption('change');
  await form.getByLabel('Earlier date', { exact: true }).selectOption(before);
  await form.getByLabel('Later date', { exact: true }).selectOption(after);
  await form
    .getByLabel(/^Where change is known/)
    .fill(join(dataFolder, 'samples', 'pair', 'change.tif'));
  await own(form, 'Epochs as the recipe says', 'Epochs', 2);
  await own(form, 'Tiles of an epoch as the recipe says', 'Tiles of an epoch', 24);
  const weights = form.getByLabel('Class weights in the loss');
  await expect(weights).toContainText('Balanced');
  await expect(weights).toHaveValue('published');
  await expect(form.getByRole('region', { name: 'What training will take' })).toContainText(
    /tiles were learned to measure it/,
    { timeout: 60_000 },
  );
  await train();
  await expect(form.getByRole('columnheader', { name: 'F1', exact: true })).toBeVisible();
  await expect(form.getByRole('columnheader', { name: 'Precision' })).toBeVisible();
  await desk.expectAccessible();
  await picture('trained');
});

test('the two dates are chosen and swiped', async () => {
  await desk.panel('Change');
  const form = panel('Change');
  await expect(form.getByRole('button', { name: 'Map change' })).toBeDisabled();
  await form.getByLabel('Earlier date', { exact: true }).selectOption(before);
  await form.getByLabel('Later date', { exact: true }).selectOption(after);
  await form.getByRole('button', { name: 'Swipe between the dates' }).click();
  await expect(desk.page.getByLabel('Compared layer')).toContainText(after);
  await expect(desk.page.getByRole('slider', { name: 'Position of the swipe line' })).toBeVisible();
  await desk.drawn();
  await desk.expectAccessible();
  await picture('dates');
  await desk.page.getByRole('button', { name: 'End comparison' }).click();
});

test('change is mapped, with probability, map and transitions', async () => {
  const form = panel('Change');
  await fill(form.getByLabel('Changed from a probability of'), '0.2');
  await form.getByLabel('From which class to which').selectOption('model');
  const classes = form.getByLabel('Model of the classes');
  await classes.selectOption({
    label: (await classes
      .getByText(/Random forest/i)
      .first()
      .textContent())!,
  });
  await expect(form.getByLabel(/^Test-time augmentation/)).not.toBeChecked();
  await expect(
    form.getByRole('region', { name: 'What mapping the change will take' }),
  ).toContainText(/tiles were mapped to measure it/, { timeout: 60_000 });
  await desk.expectAccessible();
  await picture('form');
  await form.getByRole('button', { name: 'Map change' }).click();
  // While it is made it is seen in its two colours; what is finished shows the probability in others.
  const [{ x, y, width, height }] = [(await desk.page.locator('.map').first().boundingBox())!];
  const across = Array.from({ length: 200 }, (_, i) => i);
  const watched = (picture: Picture): number =>
    across.filter((i) =>
      across.some((k) => {
        const color = colorAt(picture, x + (i * width) / 200, y + (k * height) / 200);
        return ['214,214,208', '200,60,30'].includes(color.join());
      }),
    ).length;
  await expect(async () => {
    expect(watched(await pictureOf(desk.page))).toBeGreaterThan(40);
  }).toPass({ timeout: 120_000, intervals: [2000] });
  await picture('live');
  await expect(desk.layer(/^Probability: Change/)).toBeVisible({ timeout: 300_000 });
  await expect(desk.layer(/^Change to/)).toBeVisible();
  await expect(form.getByText(/% changed, [\d.,]+ ha/).first()).toBeVisible();
  await expect(form.getByText('Overlap of the dates')).toBeVisible();
  await expect(form.getByRole('columnheader', { name: 'Hectares' })).toBeVisible();
  await expect(form.getByText('earlier ↓ · later →')).toBeVisible();
  await desk.drawn();
  await desk.expectAccessible();
  await picture('mapped');
});

test('the threshold restyles the probability at once: no tile is read, and it is one step of undo', async () => {
  const form = panel('Change');
  const slider = form.getByRole('slider', { name: 'Probability of change shown from' });
  await expect(slider).toHaveValue('20');
  const shown = form.getByText(/of the scene is shown as changed/);
  await slider.focus();
  await slider.press('Home');
  await expect(shown).toContainText('About 100.0 %');
  await desk.drawn();
  const box = (await desk.page.locator('.map').first().boundingBox())!;
  const inner = {
    x: Math.round(box.x + 0.3 * box.width),
    y: Math.round(box.y + 0.3 * box.height),
    width: Math.floor(0.4 * box.width),
    height: Math.floor(0.3 * box.height),
  };
  const all = await pictureOf(desk.page);
  const tiles: string[] = [];
  desk.page.on('request', (request) => {
    if (request.url().includes('/tile')) tiles.push(request.url());
  });
  await slider.press('End');
  await expect(shown).toContainText(/About \d\.\d %/);
  await expect(async () => {
    expect(differing(all, await pictureOf(desk.page), inner)).toBeGreaterThan(0.5);
  }).toPass({ timeout: 60_000 });
  expect(tiles).toEqual([]);
  await form.getByRole('button', { name: 'Use 99 % for the next map' }).click();
  await expect(form.getByLabel('Changed from a probability of')).toHaveValue('0.99');
  await picture('threshold');
  await desk.command('Undo');
  await desk.command('Undo');
  await expect(slider).toHaveValue('1');
});

test('the change is swiped over the earlier date, and its report opens', async () => {
  const form = panel('Change');
  await form.getByRole('button', { name: 'Swipe over the change' }).click();
  await expect(desk.page.getByLabel('Compared layer')).toContainText('Probability');
  await desk.drawn();
  await picture('swipe');
  await desk.page.getByRole('button', { name: 'End comparison' }).click();
  await form.getByRole('button', { name: /^Open report/ }).click();
  const report = desk.page.frameLocator('iframe.report');
  await expect(report.getByText(/change/i).first()).toBeVisible();
  await picture('report');
  await desk.page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
});

test('nothing was said in the console, and no policy was broken', () => {
  expect(desk.complaints).toEqual([]);
});
