// What can happen while an analyst works: scenes vanish and change, processes die, connections and graphics contexts are lost.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type WebSocketRoute } from '@playwright/test';
import { type DeskPage, newDeskPage } from './deskPage.ts';
import { prismapJson } from './prismap.ts';
import { type Served, serve } from './served.ts';

test.describe.configure({ mode: 'serial' });

const folder = mkdtempSync(join(tmpdir(), 'prismap-trouble-'));
const scene = join(folder, 'field.tif');
let served: Served;
let desk: DeskPage;
/** What the page says to the host passes here: true keeps a message back and cuts the line. */
let cut: (message: string) => boolean = () => false;
/** What the host answers: true keeps it back and cuts the line. */
let cutAnswer: (message: string) => boolean = () => false;

test.beforeAll(async ({ browser }) => {
  await prismapJson(['sample', join(folder, 'small'), '--size', '128', '--quiet']);
  copyFileSync(join(folder, 'small', 'scene.tif'), scene);
  copyFileSync(join(folder, 'small', 'rois.geojson'), join(folder, 'rois.geojson'));
  mkdirSync(join(folder, 'away'));
  served = await serve({ words: ['--folder', folder] });
  desk = await newDeskPage(browser);
  await desk.page.routeWebSocket(/\/rpc$/, (line: WebSocketRoute) => {
    const host = line.connectToServer();
    const lose = (): void => {
      [cut, cutAnswer] = [() => false, () => false];
      void host.close();
      void line.close();
    };
    line.onMessage((message) => (cut(String(message)) ? lose() : host.send(message)));
    host.onMessage((message) => (cutAnswer(String(message)) ? lose() : line.send(message)));
  });
  await desk.open(served.url);
  await desk.openPath(scene);
  await expect(desk.layer(/^field/)).toBeVisible();
  await desk.openPath(join(folder, 'rois.geojson'));
  await expect(desk.classRow(/^Water/)).toBeVisible();
  await desk.drawn();
  await desk.panel('Train');
  await desk.page.getByLabel('Model', { exact: true }).first().selectOption('forest');
  await desk.dismissAll();
});
test.afterAll(async () => {
  await desk.page.context().close();
  await served.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Processes that the host started, by a part of their command line. */
function processes(entry: string): number[] {
  const lines = execFileSync('ps', ['-eo', 'pid,ppid,args'], { encoding: 'utf8' }).split('\n');
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, parent, ...words]) => Number(parent) === served.pid && words.join(' ').includes(entry),
    )
    .map(([pid]) => Number(pid));
}

/** Mean colour of the middle of the map: grey where nothing is drawn. */
const screenshotOfMap = async (name: string): Promise<Buffer> =>
  desk.page.screenshot({ path: `.cache/journeys/trouble-${name}.png` });

async function command(name: string): Promise<void> {
  await desk.page.locator('.map').first().focus();
  await desk.command(name);
}

/** With the settings of the project, as a person who knows the key does. */
async function train(): Promise<void> {
  await desk.page.locator('.map').first().focus();
  await desk.page.keyboard.press('Control+Shift+T');
}

const message = (words: RegExp) => desk.notices.filter({ hasText: words });

test('a scene that vanishes is said to be gone, and comes back by itself', async () => {
  renameSync(scene, join(folder, 'away', 'field.tif'));
  await expect(message(/field\.tif is no longer there\. Put it back/)).toBeVisible();
  await expect(desk.layer(/^field/).filter({ hasText: 'not there' })).toBeVisible();
  await desk.drag([0.5, 0.5], [0.3, 0.3]);
  await desk.page.keyboard.press('+');
  await train();
  await expect(message(/field\.tif does not exist|There is no .*field\.tif/)).toBeVisible();
  await screenshotOfMap('gone');
  await desk.expectAccessible();
  await desk.dismissAll();
  renameSync(join(folder, 'away', 'field.tif'), scene);
  await expect(message(/field\.tif is there again/)).toBeVisible();
  await expect(desk.page.getByText('not there')).toHaveCount(0);
  await command('Zoom to layer');
  await desk.drawn();
  await screenshotOfMap('back');
  await desk.dismissAll();
});

test('a scene that is replaced by another of other size and bands is shown as it is now', async () => {
  await prismapJson([
    'sample',
    join(folder, 'other'),
    '--kind',
    'sentinel2',
    '--size',
    '96',
    '--quiet',
  ]);
  renameSync(join(folder, 'other', 'scene.tif'), scene);
  await expect(message(/field\.tif changed on disk and was opened again/)).toBeVisible();
  await desk.drawn();
  await desk.panel('Style');
  await expect(desk.page.getByText('96 × 96 px')).toBeVisible();
  await screenshotOfMap('replaced');
  await train();
  // The ROIs lie on other land now: what they give is enough, or it is said of which class it is not.
  await expect(message(/: done\.|^Too few training pixels/)).toBeVisible({ timeout: 60_000 });
  await desk.dismissAll();
});

test('a scene that is cut off while it is open cannot be read, and says so', async () => {
  truncateSync(scene, 20_000);
  await expect(message(/field\.tif is damaged/).first()).toBeVisible();
  await expect(desk.layer(/^field/).filter({ hasText: 'cannot be read' })).toBeVisible();
  await desk.drag([0.5, 0.5], [0.4, 0.4]);
  await train();
  await desk.panel('Jobs');
  await expect(desk.page.getByRole('article').first()).toContainText(/failed[^]*is damaged/);
  await screenshotOfMap('truncated');
  copyFileSync(join(folder, 'small', 'scene.tif'), scene);
  await expect(message(/field\.tif changed on disk and was opened again/)).toBeVisible();
  await expect(desk.page.getByText('cannot be read')).toHaveCount(0);
  await desk.drawn();
  await desk.dismissAll();
});

test('reading goes on when its process is killed', async () => {
  const before = processes('sceneProcess');
  expect(before.length).toBeGreaterThan(0);
  for (const pid of before) process.kill(pid, 'SIGKILL');
  await command('Zoom to layer');
  await desk.drag([0.4, 0.4], [0.6, 0.6]);
  await desk.page.mouse.move(...(await desk.at([0.5, 0.5])));
  await expect(desk.page.getByTestId('pixel')).toHaveText(/^pixel/);
  await desk.drawn();
  await expect(desk.notices).toHaveCount(0);
});

test('a job whose process is killed fails alone, can be resumed, and another can be started', async () => {
  await desk.panel('Train');
  await desk.page.getByLabel('Model', { exact: true }).first().selectOption('spectralmamba');
  await desk.page.getByRole('button', { name: 'Train', exact: true }).click();
  await desk.panel('Jobs');
  await expect(desk.page.getByText('running').first()).toBeVisible();
  await expect.poll(() => processes('compute').length).toBe(1);
  for (const pid of processes('compute')) process.kill(pid, 'SIGKILL');
  await expect(message(/was ended by SIGKILL.*memory.*resume it/)).toBeVisible();
  await screenshotOfMap('job-killed');
  await desk.dismissAll();
  await desk.panel('Train');
  await desk.page.getByLabel('Model', { exact: true }).first().selectOption('forest');
  await train();
  await expect(message(/: done\./)).toBeVisible({ timeout: 60_000 });
  await desk.dismissAll();
});

test('mapping whose process is killed is resumed, and the map appears', async () => {
  // No other panel asks anything of a process of its own meanwhile.
  await desk.panel('Jobs');
  await expect.poll(() => processes('compute').length).toBe(0);
  await command('Map the whole scene');
  await expect.poll(() => processes('compute').length, { intervals: [20] }).toBe(1);
  for (const pid of processes('compute')) process.kill(pid, 'SIGKILL');
  await expect(message(/was ended by SIGKILL.*memory.*resume it/)).toBeVisible();
  await expect(desk.layer(/^Map /)).toHaveCount(0);
  await screenshotOfMap('map-killed');
  await desk.dismissAll();
  await desk.page
    .getByRole('article')
    .first()
    .getByRole('button', { name: /^Resume/ })
    .click();
  await expect(desk.layer(/^Map /)).toBeVisible({ timeout: 60_000 });
  await desk.drawn();
  await desk.dismissAll();
  await desk.page.getByRole('button', { name: 'Undo' }).first().click();
  await expect(desk.layer(/^Map /)).toHaveCount(0);
});

test('a lost connection: edits are kept and sent once, and what changed meanwhile is shown', async () => {
  const rows = desk.page.getByRole('treegrid', { name: 'Layer tree' }).getByRole('row');
  const count = await rows.count();
  await desk.layer(/^field/).click();
  // The edit never arrives.
  cut = (text) => text.includes('project.edit');
  await command('Duplicate the layer');
  await expect(rows).toHaveCount(count + 1);
  await expect(desk.page.getByText('all saved')).toBeVisible();
  // The edit is done, but its answer is lost.
  let id = -1;
  cut = (text) => {
    if (text.includes('project.edit')) id = (JSON.parse(text) as { id: number }).id;
    return false;
  };
  cutAnswer = (text) => (JSON.parse(text) as { id?: number }).id === id;
  await command('Duplicate the layer');
  await expect(rows).toHaveCount(count + 2);
  await expect(desk.page.getByText('all saved')).toBeVisible();
  await expect(desk.notices.filter({ hasNotText: 'x'.repeat(9) })).toHaveCount(0);
  // Undo is what it was.
  await desk.page.locator('.map').first().focus();
  await desk.page.keyboard.press('Control+z');
  await desk.page.keyboard.press('Control+z');
  await expect(rows).toHaveCount(count);
  await desk.drawn();

  // A job that ends while nobody listens.
  await train();
  cutAnswer = (text) => text.includes('"running"');
  await desk.panel('Jobs');
  await expect(desk.page.getByText('done').first()).toBeVisible({ timeout: 60_000 });
  await desk.dismissAll();
});

/** Loses the graphics contexts of all maps. */
async function loseGraphics(comesBack: boolean): Promise<void> {
  await desk.page.evaluate((back) => {
    for (const canvas of document.querySelectorAll('canvas')) {
      const extension = canvas.getContext('webgl')?.getExtension('WEBGL_lose_context');
      extension?.loseContext();
      if (back) setTimeout(() => extension?.restoreContext(), 300);
    }
  }, comesBack);
}

test('a lost graphics context: the map is drawn again', async () => {
  await command('Zoom to layer');
  await desk.drawn();
  const place = { animations: 'disabled' as const, mask: [desk.notices] };
  const map = desk.page.locator('.map canvas').first();
  const before = await desk.page.locator('.map').first().screenshot(place);
  expect(before.length).toBeGreaterThan(20_000);
  for (const comesBack of [true, false]) {
    await loseGraphics(comesBack);
    await expect(map).toBeAttached();
    await expect
      .poll(
        async () => (await desk.page.locator('.map').first().screenshot(place)).equals(before),
        // Graphics by the processor take their time where others want it too.
        { timeout: 30_000 },
      )
      .toBe(true);
  }
});

test('without graphics the desk says what to do, and goes on', async () => {
  const rows = desk.page.getByRole('treegrid', { name: 'Layer tree' }).getByRole('row');
  const count = await rows.count();
  await desk.page.evaluate(() => {
    // A canvas that has a context keeps it, lost.
    const get = Object.getOwnPropertyDescriptor(HTMLCanvasElement.prototype, 'getContext')!;
    HTMLCanvasElement.prototype.getContext = function (
      this: HTMLCanvasElement,
      ...words: unknown[]
    ) {
      if (String(words[0]).includes('webgl') && !this.isConnected) return null;
      return Reflect.apply(get.value as () => unknown, this, words) as never;
    } as never;
  });
  await loseGraphics(false);
  await expect(
    message(/The map cannot be drawn: this window gets no graphics context/),
  ).toBeVisible();
  await screenshotOfMap('no-graphics');
  await desk.expectAccessible();
  await command('Duplicate the layer');
  await expect(rows).toHaveCount(count + 1);
  await desk.page.getByRole('button', { name: 'Load the window again' }).click();
  await expect(rows).toHaveCount(count + 1);
  await desk.drawn();
});

test('nothing else was said in the console', () => {
  const expected = /^Failed to load resource|WebSocket|WebGL|CONTEXT_LOST|shader compilation/;
  expect(desk.complaints.filter((text) => !expected.test(text))).toEqual([]);
});
