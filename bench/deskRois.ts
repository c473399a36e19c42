// `node bench/deskRois.ts [COUNT]`: the window with 145 ROIs and with COUNT (10,000) of twelve vertices, in Chromium. Prints
// percentiles of the time between frames while the map is dragged, and how long one action keeps the page busy and takes until
// it is in the project file. Software rendering makes every frame slow: what counts is the distance to the few ROIs.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from '@playwright/test';
import { createRandom } from '../app/random.ts';
import { DeskPage } from '../e2e/deskPage.ts';
import { serve } from '../e2e/served.ts';
import { createServices } from '../main/services/createServices.ts';
import { runInChild } from '../main/workers/host.ts';
import playwrightConfig from '../playwright.config.ts';

const count = Number(process.argv[2] ?? 10_000);
const vertices = 12;
const draggingMs = 5000;
const folder = mkdtempSync(join(tmpdir(), 'prismap-rois-'));
const served = await serve({ words: ['--folder', folder] });
const browser = await chromium.launch(playwrightConfig.use?.launchOptions ?? {});
try {
  await measure(browser);
} finally {
  await browser.close();
  await served.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function measure(chromiumBrowser: Browser): Promise<void> {
  const file = join(folder, 'rois.geojson');
  await writeRois(file);
  const context = await chromiumBrowser.newContext({ viewport: { width: 1440, height: 900 } });
  const desk = new DeskPage(await context.newPage());
  await watchFrames(desk);
  await desk.open(served.url);
  await desk.openSample();
  const few = await actions(desk, '145 ROIs');
  await report(desk, `import of ${count} ROIs`, async () => {
    await importRois(desk, file);
    await waitForRois(desk, 145 + count);
  });
  await report(desk, 'opening the project', async () => {
    await desk.page.reload();
    await waitForRois(desk, 145 + count);
  });
  const many = await actions(desk, `${count} ROIs`);
  await report(desk, 'select all', () => desk.command('Select all ROIs'));
  await report(desk, 'remove all', () => desk.page.keyboard.press('Delete'));
  await report(desk, 'undo of that', () => desk.page.keyboard.press('Control+z'));
  await waitForRois(desk, 145 + count);
  const ratio = many.map((value, i) => (value / few[i]!).toFixed(2));
  console.log(`frames of many / few at 50, 95, 99 %: ${ratio.join(', ')}`);
  if (desk.complaints.length > 0) console.log(desk.complaints.join('\n'));
}

/** Squares' worth of round areas on a grid over the sample scene, in its CRS. */
async function writeRois(file: string): Promise<void> {
  const services = createServices({ runTask: runInChild });
  const never = new AbortController().signal;
  const sample = join(folder, 'sample');
  await services.call('sample', { dir: sample, kind: 'sentinel2' }, { signal: never });
  const scene = join(sample, 'scene.tif');
  const info = await services.call('info', { scene, stats: false, sample: [] }, { signal: never });
  const [originX, width, , originY, , height] = info.geotransform!;
  const side = Math.ceil(Math.sqrt(count));
  const [stepX, stepY] = [(info.width * width!) / side, (info.height * height!) / side];
  const random = createRandom(1, 'bench rois');
  const features = Array.from({ length: count }, (_, i) => {
    const [x, y] = [
      originX! + ((i % side) + 0.5) * stepX,
      originY! + (Math.floor(i / side) + 0.5) * stepY,
    ];
    const ring = Array.from({ length: vertices }, (__, corner) => {
      const angle = (2 * Math.PI * corner) / vertices;
      const radius = (0.3 + 0.15 * random.uniform()) * stepX;
      return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
    });
    return {
      type: 'Feature',
      properties: { class: `Class ${(i % 10) + 1}` },
      geometry: { type: 'Polygon', coordinates: [[...ring, ring[0]]] },
    };
  });
  const crs = { type: 'name', properties: { name: info.crs } };
  writeFileSync(file, JSON.stringify({ type: 'FeatureCollection', crs, features }));
}

async function waitForRois(desk: DeskPage, wanted: number): Promise<void> {
  while ((await desk.roiCount()) !== wanted) await desk.page.waitForTimeout(50);
}

async function importRois(desk: DeskPage, file: string): Promise<void> {
  await desk.command('Import ROIs…');
  await desk.page.getByLabel('GeoJSON, GeoPackage, Shapefile or CSV').fill(file);
  await desk.page.getByRole('button', { name: 'Import', exact: true }).click();
}

/** Frame times of the whole scene in view and near, then single actions. */
async function actions(desk: DeskPage, title: string): Promise<readonly number[]> {
  console.log(`\n${title}`);
  await desk.tool('Pan');
  await desk
    .layer(/^Sample scene/)
    .first()
    .click();
  await desk.command('Zoom to layer');
  await desk.drawn();
  await desk.page.waitForTimeout(1000);
  const far = await frames(desk, 'dragging, all in view');
  await desk.tool('Rectangle');
  await desk.page.getByRole('button', { name: 'Avoid overlap' }).click();
  await desk.click([0.3, 0.3]);
  await report(desk, 'large one that avoids overlap', async () =>
    desk.page.mouse.click(...(await desk.at([0.6, 0.6]))),
  );
  await report(desk, 'undo', () => desk.page.keyboard.press('Control+z'));
  await desk.page.getByRole('button', { name: 'Avoid overlap' }).click();
  await desk.tool('Pan');
  for (let i = 0; i < 3; i++) await desk.command('Zoom in');
  await desk.page.waitForTimeout(1500);
  await frames(desk, 'dragging, 1/64 in view');
  await report(desk, 'tool: polygon with snapping', () => desk.tool('Polygon'));
  await report(desk, 'tool: edit vertices', () => desk.tool('Edit vertices'));
  await desk.tool('Rectangle');
  await desk.click([0.4, 0.4]);
  await report(desk, 'rectangle drawn', async () =>
    desk.page.mouse.click(...(await desk.at([0.5, 0.5]))),
  );
  await desk.tool('Edit vertices');
  await report(desk, 'vertex dragged', () => desk.drag([0.5, 0.5], [0.51, 0.52], [0.53, 0.53]));
  await desk.tool('Rectangle');
  await report(desk, 'undo', () => desk.page.keyboard.press('Control+z'));
  await report(desk, 'undo', () => desk.page.keyboard.press('Control+z'));
  await desk.page.getByRole('button', { name: 'Avoid overlap' }).click();
  await desk.click([0.4, 0.4]);
  await report(desk, 'rectangle that avoids overlap', async () =>
    desk.page.mouse.click(...(await desk.at([0.5, 0.5]))),
  );
  await report(desk, 'undo', () => desk.page.keyboard.press('Control+z'));
  await desk.page.getByRole('button', { name: 'Avoid overlap' }).click();
  await desk.tool('Select ROIs');
  await report(desk, 'select one', async () =>
    desk.page.mouse.click(...(await desk.at([0.52, 0.52]))),
  );
  return far;
}

/** Notes the time of every frame and every long task. */
async function watchFrames(desk: DeskPage): Promise<void> {
  await desk.page.addInitScript(() => {
    const seen = { frames: [] as number[], tasks: [] as number[] };
    Object.assign(globalThis, { seen });
    const next = (time: number): void => {
      seen.frames.push(time);
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) seen.tasks.push(duration);
    }).observe({ entryTypes: ['longtask'] });
  });
}

type Seen = { readonly frames: readonly number[]; readonly tasks: readonly number[] };

/** What was seen since the last time. */
function takeSeen(desk: DeskPage): Promise<Seen> {
  return desk.page.evaluate(() => {
    const { seen } = globalThis as unknown as { seen: { frames: number[]; tasks: number[] } };
    return { frames: seen.frames.splice(0), tasks: seen.tasks.splice(0) };
  });
}

async function frames(desk: DeskPage, title: string): Promise<readonly number[]> {
  const [x, y] = await desk.at([0.5, 0.5]);
  await desk.page.mouse.move(x, y);
  await desk.page.mouse.down();
  await takeSeen(desk);
  const end = performance.now() + draggingMs;
  for (let i = 1; performance.now() < end; i++) {
    const angle = (i / 60) * 2 * Math.PI;
    await desk.page.mouse.move(x + 60 * Math.sin(angle), y + 60 * (1 - Math.cos(angle)));
  }
  const seen = await takeSeen(desk);
  await desk.page.mouse.up();
  const gaps = seen.frames.slice(1).map((time, i) => time - seen.frames[i]!);
  // No two frames within the time: as slow as the whole of it.
  if (gaps.length === 0) gaps.push(draggingMs);
  gaps.sort((a, b) => a - b);
  const at = [0.5, 0.95, 0.99].map((share) => gaps[Math.floor(share * (gaps.length - 1))]!);
  const longest = Math.max(0, ...seen.tasks);
  console.log(
    `  ${title.padEnd(32)} 50 % ${at[0]!.toFixed(0)} ms, 95 % ${at[1]!.toFixed(0)} ms, 99 % ${at[2]!.toFixed(0)} ms (${gaps.length} frames; longest task ${longest.toFixed(0)} ms)`,
  );
  return at;
}

/** How long an action keeps the page from answering, and how long until everything is saved and counted. */
async function report(desk: DeskPage, title: string, act: () => Promise<unknown>): Promise<void> {
  await desk.page.waitForTimeout(600);
  await takeSeen(desk);
  const started = performance.now();
  await act();
  await desk.page.getByText('all saved').waitFor();
  const saved = performance.now() - started;
  await desk.page.waitForTimeout(1500);
  const { tasks } = await takeSeen(desk);
  const sum = tasks.reduce((total, task) => total + task, 0);
  console.log(
    `  ${title.padEnd(32)} saved after ${saved.toFixed(0)} ms; long tasks: ${sum.toFixed(0)} ms in all, longest ${Math.max(0, ...tasks).toFixed(0)} ms`,
  );
}
