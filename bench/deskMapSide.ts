// One side of the benches of the map: `node bench/deskMapSide.ts ours|peer first|pan FILE`; one round for every line on standard
// input, each in a page of its own. `first`: from the click that opens the scene to its whole picture. `pan`: eight drags at the
// scene's own resolution, each waited for. The digest is a picture of 16 × 16 grey values of the middle of the map.
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Browser, chromium, type Page } from '@playwright/test';
import { build } from 'esbuild';
import { decode } from 'fast-png';
import { DeskPage } from '../e2e/deskPage.ts';
import { serve } from '../e2e/served.ts';
import playwrightConfig from '../playwright.config.ts';
import { cpuSeconds } from './processes.ts';
import { serveRanges } from './rangeServer.ts';

const [which, what, file] = process.argv.slice(2) as ['ours' | 'peer', 'first' | 'pan', string];
const viewport = { width: 1440, height: 900 };
/** Size of the desk's map in that window, and what it shows of desk_peer.py's scene. */
const map = { width: 800, height: 809 };
const scene = {
  url: '/big.tif',
  bands: [2, 1, 0],
  limits: [
    [261, 2179],
    [236, 1973],
    [210, 1770],
  ],
  extent: [300000, 5900000 - 87040, 300000 + 87040, 5900000],
};

/** A page that waits for the click which opens the scene. */
type Opened = {
  readonly page: Page;
  readonly zoomToNative: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/** With a host of its own for each round: nothing of the scene is in memory. */
async function openDesk(chromiumBrowser: Browser): Promise<() => Promise<Opened>> {
  return async () => {
    const served = await serve({ words: ['--folder', dirname(file)] });
    const context = await chromiumBrowser.newContext({ viewport });
    const desk = new DeskPage(await context.newPage());
    await desk.page.goto(served.url);
    await desk.page.getByRole('button', { name: 'Try it on a sample scene' }).waitFor();
    await desk.page.waitForTimeout(3000);
    await desk.page.keyboard.press('Control+o');
    await desk.page.getByLabel(/^Path, folder/).fill(file);
    return {
      page: desk.page,
      zoomToNative: () => desk.command('Zoom to native resolution'),
      close: async () => {
        await context.close();
        await served.stop();
      },
    };
  };
}

async function openPeer(chromiumBrowser: Browser): Promise<() => Promise<Opened>> {
  const bundle = await build({
    entryPoints: [join(import.meta.dirname, 'deskMapPeer.ts')],
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
  });
  const html = `<!doctype html><style>body{margin:0}.map{width:${map.width}px;height:${map.height}px}</style>
    <div class="map"></div><button>Open</button>
    <script type="application/json" id="scene">${JSON.stringify(scene)}</script><script type="module" src="/page.js"></script>`;
  const { origin } = await serveRanges(
    {
      '/': { type: 'text/html', body: html },
      '/page.js': { type: 'text/javascript', body: bundle.outputFiles[0]!.text },
    },
    file,
  );
  return async () => {
    const page = await (await chromiumBrowser.newContext({ viewport })).newPage();
    await page.goto(origin);
    await page.waitForTimeout(500);
    return {
      page,
      close: () => page.context().close(),
      zoomToNative: () =>
        page.evaluate(() => (globalThis as unknown as { zoomToNative(): void }).zoomToNative()),
    };
  };
}

async function round(): Promise<object> {
  const { page, zoomToNative, close } = await open();
  try {
    await page.evaluate(watchPicture);
    const used = cpuSeconds();
    await page.getByRole('button', { name: 'Open', exact: true }).click();
    const seconds = await pictureAfter(page);
    if (what === 'first') return await result(page, seconds, used);
    await page.waitForTimeout(1000);
    await zoomToNative();
    await page.waitForTimeout(1000);
    await settled(page);
    const before = cpuSeconds();
    const started = performance.now();
    for (const [from, to] of [...drags, ...drags]) {
      await drag(page, from, to);
      await settled(page);
    }
    return await result(page, (performance.now() - started) / 1000, before);
  } finally {
    await close();
  }
}

async function result(page: Page, wall: number, usedBefore: number): Promise<object> {
  return { wall, cpu: cpuSeconds() - usedBefore, digest: JSON.stringify(await picture(page)) };
}

type Point = readonly [number, number];
/** Shares of the map's width and height: round a square, back to where it began. */
const drags: readonly (readonly [Point, Point])[] = [
  [
    [0.9, 0.5],
    [0.1, 0.5],
  ],
  [
    [0.5, 0.9],
    [0.5, 0.1],
  ],
  [
    [0.1, 0.5],
    [0.9, 0.5],
  ],
  [
    [0.5, 0.1],
    [0.5, 0.9],
  ],
];

async function drag(page: Page, from: Point, to: Point): Promise<void> {
  const box = (await page.locator('.map').first().boundingBox())!;
  const at = ([x, y]: Point): Point => [box.x + x * box.width, box.y + y * box.height];
  await page.mouse.move(...at(from));
  await page.mouse.down();
  await page.mouse.move(...at(to), { steps: 4 });
  // Held still, so that the map does not glide on.
  await page.waitForTimeout(150);
  await page.mouse.up();
}

/** In the page: notes when the scene was opened and when its picture was whole. */
function watchPicture(): void {
  const times = { click: 0, whole: 0 };
  Object.assign(globalThis, { times });
  const isWhole = (): boolean =>
    document.querySelector<HTMLElement>('.map')?.dataset['tiles'] === 'done' &&
    // The desk's layer is seen when its limits are known.
    (document.querySelector('#scene') !== null || document.querySelector('.histogram') !== null);
  addEventListener(
    'click',
    () => {
      if (times.click > 0) return;
      times.click = performance.now();
      delete document.querySelector<HTMLElement>('.map')?.dataset['tiles'];
      const look = (): void => {
        if (isWhole()) times.whole = performance.now();
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    },
    true,
  );
}

/** Seconds from the click to the whole picture. */
async function pictureAfter(page: Page): Promise<number> {
  const wait = await page.waitForFunction(() => {
    const { times } = globalThis as unknown as { times: { click: number; whole: number } };
    return times.whole > 0 ? (times.whole - times.click) / 1000 : undefined;
  });
  return (await wait.jsonValue())!;
}

/** Waits for the tiles of what is in view. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  );
  await page.locator('.map[data-tiles="done"]').first().waitFor();
}

/** Grey values of the 400 × 400 pixels in the middle of the map, in 16 × 16 cells. */
async function picture(page: Page): Promise<readonly number[]> {
  await page.waitForTimeout(300);
  const box = (await page.locator('.map').first().boundingBox())!;
  const side = 400;
  const clip = {
    x: Math.round(box.x + (box.width - side) / 2),
    y: Math.round(box.y + (box.height - side) / 2),
    width: side,
    height: side,
  };
  const { data, channels } = decode(await page.screenshot({ clip }));
  const cells = 16;
  const sums = new Float64Array(cells * cells);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const cell = Math.floor((y * cells) / side) * cells + Math.floor((x * cells) / side);
      const at = (y * side + x) * channels;
      sums[cell]! += (data[at]! + data[at + 1]! + data[at + 2]!) / 3;
    }
  return [...sums].map((sum) => Math.round((sum * cells * cells) / side ** 2));
}

const browser = await chromium.launch(playwrightConfig.use?.launchOptions ?? {});
const open = which === 'ours' ? await openDesk(browser) : await openPeer(browser);
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'run') console.log(JSON.stringify(await round()));
}
await browser.close();
process.exit(0);
