// SpectralGPT in the window: pre-trained on scenes without labels, kept in the gallery, imported, fine-tuned, and used for a map.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, type Locator, test } from '@playwright/test';
import { type DeskPage, newDeskPage } from './deskPage.ts';
import { type Served, serve } from './served.ts';

test.describe.configure({ mode: 'serial' });

const dataFolder = mkdtempSync(join(tmpdir(), 'prismap-models-'));
const scenes = join(dataFolder, 'unlabelled');
const checkpoint = fileURLToPath(
  new URL('../../shared/fixtures/spectralgpt/pth/tiny_pretrain_torch2150.pth', import.meta.url),
);
let served: Served;
let desk: DeskPage;

test.beforeAll(async ({ browser }) => {
  served = await serve({ dataFolder, words: ['--folder', dirname(checkpoint)] });
  desk = await newDeskPage(browser);
  await desk.open(served.url);
  await desk.openSample();
  mkdirSync(scenes);
  copyFileSync(join(dataFolder, 'samples', 'sentinel2', 'scene.tif'), join(scenes, 'scene.tif'));
});
test.afterAll(async () => {
  await desk.page.close();
  await served.stop();
  rmSync(dataFolder, { recursive: true, force: true });
});

const panel = (name: string): Locator => desk.page.getByRole('tabpanel', { name });
const card = (name: string): Locator => panel('Models').getByRole('article', { name, exact: true });

/** Fills a field and leaves it. */
async function fill(field: Locator, text: string): Promise<void> {
  await field.fill(text);
  await field.press('Enter');
}

/** Sets a number that the recipe would say otherwise. */
async function own(inside: Locator, tick: string, field: string, value: number): Promise<void> {
  await inside.getByLabel(tick, { exact: true }).uncheck();
  await fill(inside.getByRole('spinbutton', { name: field, exact: true }), String(value));
}

const picture = (name: string): Promise<Buffer> =>
  desk.page.screenshot({ path: `.cache/journeys/models ${name}.png` });

/** The path of a model, as its card says it. */
async function pathOf(name: string): Promise<string> {
  const path = card(name).locator('.path').first();
  if (!(await path.isVisible())) await card(name).getByText('Details and folder').click();
  return path.innerText();
}

test('a network is pre-trained in two stages, and its report opens', async () => {
  await desk.panel('Pre-train');
  const form = panel('Pre-train');
  await expect(form.getByRole('button', { name: 'Pre-train', exact: true })).toBeDisabled();
  await fill(form.getByLabel('Folder of scenes', { exact: true }), scenes);
  await own(form, 'Epochs as the recipe says', 'Epochs', 1);
  await own(form, 'Tiles of an epoch as the recipe says', 'Tiles of an epoch', 8);
  await own(form, 'Tiles of a step as the recipe says', 'Tiles of a step', 4);
  await form.getByText('Stages', { exact: true }).click();
  for (const [number, side] of [
    [1, '24'],
    [2, '32'],
    [3, '20'],
  ] as const) {
    await form.getByRole('button', { name: 'Add a stage' }).click();
    const stage = form.getByRole('group', { name: `Stage ${number}` });
    await fill(stage.getByLabel('Side of a tile, pixels'), side);
  }
  await expect(form.getByText('has to be a multiple of 8 pixels')).toBeVisible();
  await form.getByRole('button', { name: 'Remove stage 3' }).click();
  await form.getByRole('button', { name: 'Take the view: Stage 2' }).click();
  await expect(form.getByText(/^Region: \d/)).toBeVisible();
  await desk.expectAccessible();
  await picture('pre-training');
  await form.getByRole('button', { name: 'Pre-train', exact: true }).click();
  const report = desk.page.frameLocator('iframe.report');
  await expect(report.getByText('B04').first()).toBeVisible({ timeout: 120_000 });
  await picture('report of pre-training');
  await desk.page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await expect(form.getByText(/^2 epochs on 1 scenes/)).toBeVisible();
  await expect(form.getByRole('img', { name: 'Loss' })).toBeVisible();
  await desk.expectAccessible();
  await picture('pre-trained');
});

test('the gallery has its card, from which the recipe is found', async () => {
  await desk.panel('Models');
  const name = 'Pre-train SpectralGPT tiny';
  await expect(card(name)).toContainText('To fine-tune from');
  await expect(card(name).getByRole('button', { name: /^Use to map/ })).toBeHidden();
  const recipe = JSON.parse(readFileSync(`${await pathOf(name)}-recipe.json`, 'utf8')) as {
    readonly stages: readonly { readonly imageSize: number; readonly region?: unknown }[];
  };
  expect(recipe.stages.map(({ imageSize }) => imageSize)).toEqual([24, 32]);
  expect(recipe.stages[1]!.region).toHaveLength(4);
  await expect(card(name)).toContainText('Bands in order');
  await desk.expectAccessible();
  await picture('gallery');
});

test('a model is renamed and removed, and both are undone', async () => {
  const gallery = panel('Models');
  await gallery.getByRole('button', { name: 'Rename: Pre-train SpectralGPT tiny' }).click();
  await fill(gallery.getByLabel(/^Name in this project/), 'Starter');
  await expect(card('Starter')).toBeVisible();
  const folder = await pathOf('Starter');
  await gallery.getByRole('button', { name: 'Remove model: Starter' }).click();
  await expect(card('Starter')).toBeHidden();
  expect(existsSync(folder)).toBe(true);
  await desk.notices
    .filter({ hasText: 'Starter was removed' })
    .getByRole('button', { name: 'Undo' })
    .click();
  await expect(card('Starter')).toBeVisible();
  await desk.command('Undo');
  await expect(card('Pre-train SpectralGPT tiny')).toBeVisible();
  await desk.command('Redo');
  await expect(card('Starter')).toBeVisible();
});

test('weights are dropped, looked at, and imported', async () => {
  const gallery = panel('Models');
  await desk.drop([join(await pathOf('Starter'), 'weights.safetensors')]);
  const found = gallery.getByRole('region', { name: 'What the file holds' });
  await expect(found).toContainText('SpectralGPT tiny: 4 blocks of width 96.');
  await expect(found).toContainText('12 bands, 3 a token; tiles of 32 × 32 pixels.');
  await expect(found).toContainText('With the decoder of pre-training.');
  await fill(found.getByLabel('Name of the weights'), 'Dropped weights');
  await desk.expectAccessible();
  await picture('import');
  await found.getByRole('button', { name: 'Import weights' }).click();
  await expect(card('Dropped weights')).toContainText('weights.safetensors');
  expect(await pathOf('Dropped weights')).toMatch(/Dropped weights.weights\.safetensors$/);
});

test('a checkpoint of another size, and a file that is none, say so', async () => {
  test.skip(!existsSync(checkpoint), `there is no ${checkpoint}`);
  const gallery = panel('Models');
  const field = gallery.getByLabel(/^Weights \(\.pth/);
  if (!(await field.isVisible())) await gallery.getByText('Import weights or a model').click();
  await field.fill(checkpoint);
  const found = gallery.getByRole('region', { name: 'What the file holds' });
  await expect(found).toContainText('PyTorch');
  await expect(found).toContainText('none that have a name');
  await expect(found.getByRole('button', { name: 'Import weights' })).toBeHidden();
  await picture('other size');
  await field.fill(join(scenes, 'nothing.pth'));
  await expect(found.locator('.error-text')).toContainText('nothing.pth');
  await field.fill('');
});

test('a model is fine-tuned from it, the head alone, with its curve and figures', async () => {
  const gallery = panel('Models');
  await gallery.getByRole('button', { name: 'Fine-tune from this: Starter' }).click();
  const form = panel('Train');
  await expect(form.getByLabel('Model', { exact: true }).first()).toHaveValue('spectralgpt');
  await expect(form.getByLabel('Start from')).toContainText('Starter');
  await expect(form.getByLabel('Rank of the additions')).toBeHidden();
  await form.getByLabel('What learns').selectOption('lora');
  await expect(form.getByLabel('Rank of the additions')).toBeVisible();
  await form.getByLabel('What learns').selectOption('head');
  await own(form, 'Epochs as the recipe says', 'Epochs', 2);
  await own(form, 'Tiles of an epoch as the recipe says', 'Tiles of an epoch', 16);
  await own(form, 'Tiles of a step as the recipe says', 'Tiles of a step', 4);
  await form.getByLabel('Changes to training tiles as the recipe says').uncheck();
  await expect(form.getByLabel('Flips and quarter turns')).toBeChecked();
  await expect(form.getByLabel('Mixup: two tiles in proportion')).toBeHidden();
  const cost = form.getByRole('region', { name: 'What training will take' });
  await expect(cost).toContainText(/\d of 32 tiles were learned to measure it/, {
    timeout: 60_000,
  });
  await expect(cost).toContainText('Memory');
  await desk.expectAccessible();
  await picture('fine-tuning');
  await form.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(desk.notices.filter({ hasText: /: done\./ })).toBeVisible({ timeout: 180_000 });
  await expect(form.getByRole('columnheader', { name: 'mIoU' })).toBeVisible();
  await expect(form.getByRole('img', { name: 'Figures on validation data' })).toBeVisible();
  await desk.expectAccessible();
  await picture('fine-tuned');
});

test('each task shows what applies to it, and says what is missing', async () => {
  const form = panel('Train');
  await form.getByLabel('Task').selectOption('scene');
  await expect(form.getByLabel('Folder of the data set', { exact: true })).toBeVisible();
  await expect(form.getByText('Choose the folder of the data set first.')).toBeVisible();
  await expect(form.getByRole('button', { name: 'Train', exact: true })).toBeDisabled();
  await form.getByLabel('Changes to training tiles as the recipe says').uncheck();
  await expect(form.getByLabel('Mixup: two tiles in proportion')).toBeVisible();
  await form.getByLabel('Task').selectOption('multilabel');
  await expect(form.getByLabel('Size and recipe')).toContainText('BigEarthNet');
  await form.getByLabel('Task').selectOption('change');
  await expect(form.getByLabel('Earlier date')).toBeVisible();
  await expect(form.getByText('Choose two different scenes as the two dates.')).toBeVisible();
  await desk.expectAccessible();
  await picture('change from two dates');
  await form.getByLabel('Task').selectOption('segmentation');
});

test('a network to compare with is trained from the same form, and its weights are imported', async () => {
  const form = panel('Train');
  await form.getByLabel('Model', { exact: true }).first().selectOption('resnet50');
  await expect(form.getByLabel('Start from')).not.toContainText('Starter');
  await expect(form.getByLabel('Size and recipe')).toContainText('Tiles of 64 × 64 pixels');
  await form.getByLabel('Model', { exact: true }).first().selectOption('vit');
  await form.getByRole('spinbutton', { name: 'Epochs', exact: true }).fill('1');
  await form.getByRole('spinbutton', { name: 'Epochs', exact: true }).press('Enter');
  await expect(form.getByRole('region', { name: 'What training will take' })).toContainText(
    /of 16 tiles were learned to measure it/,
    { timeout: 60_000 },
  );
  await desk.expectAccessible();
  await picture('baseline');
  await desk.dismissAll();
  await form.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(desk.notices.filter({ hasText: /ViT.*: done\./ })).toBeVisible({ timeout: 120_000 });
  await desk.panel('Models');
  const name = 'Train ViT (segmentation)';
  await expect(card(name)).toContainText('Vision transformer');
  await expect(card(name).getByRole('button', { name: /^Fine-tune from this/ })).toBeVisible();
  await desk.drop([join(await pathOf(name), 'weights.safetensors')]);
  const found = panel('Models').getByRole('region', { name: 'What the file holds' });
  await expect(found).toContainText('ViT: 4 blocks of width 96.');
  await expect(found).toContainText('12 bands; tiles of 8 × 8 pixels.');
  await fill(found.getByLabel('Name of the weights'), 'Dropped ViT');
  await picture('import of a baseline');
  await found.getByRole('button', { name: 'Import weights' }).click();
  await expect(card('Dropped ViT')).toContainText('Vision transformer');
});

test('the fine-tuned model maps what is in view', async () => {
  await desk.panel('Models');
  const name = 'Train SpectralGPT (segmentation)';
  await expect(card(name)).toContainText('mIoU');
  await expect(card(name)).toContainText('Started from');
  await panel('Models')
    .getByRole('button', { name: `Use to map: ${name}` })
    .click();
  const form = panel('Train');
  await expect(form.getByText('The scene has the 12 bands of the model.')).toBeVisible();
  await form.getByLabel(/^Test-time augmentation/).check();
  await expect(
    form.getByRole('region', { name: 'What mapping the scene will take' }),
  ).toContainText(/tiles were mapped to measure it/, { timeout: 60_000 });
  await expect(form.getByLabel(/^Stride/)).toBeHidden();
  await picture('options of a map');
  await form.getByLabel(/^Test-time augmentation/).uncheck();
  for (let i = 0; i < 3; i++) await desk.command('Zoom in');
  await desk.drawn();
  await form.getByRole('button', { name: 'Map view' }).click();
  await expect(desk.layer(/^Map view/)).toBeVisible({ timeout: 120_000 });
  await desk.drawn();
  await picture('map');
});

test('nothing was said in the console, and no policy was broken', () => {
  expect(desk.complaints).toEqual([]);
});
