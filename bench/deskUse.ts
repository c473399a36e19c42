// Figures of the desk in use, in Chromium: frames, stalls while a job runs, memory over minutes of scripted use.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type CDPSession, chromium } from '@playwright/test';
import { type DeskPage, newDeskPage } from '../e2e/deskPage.ts';
import { type Served, serve } from '../e2e/served.ts';
import playwrightConfig from '../playwright.config.ts';
import { memoryOfUse } from './deskMemory.ts';
import { openSample } from './deskWaits.ts';
import type { Figure } from './figure.ts';

const movingMs = 6000;
const watchedMs = 20_000;

export async function figures(options: {
  readonly minutes: number;
  readonly say: (figure: Figure) => void;
}): Promise<readonly Figure[]> {
  const browser = await chromium.launch(playwrightConfig.use?.launchOptions ?? {});
  const result: Figure[] = [];
  const add = (...all: readonly Figure[]): void => {
    all.forEach(options.say);
    result.push(...all);
  };
  try {
    await withDesk(browser, async (desk, cdp) => {
      add(...(await frameFigures(desk, cdp)));
      add(...(await stallFigures(desk)));
      add(...(await memoryOfUse(desk, cdp, options.minutes)));
      if (desk.complaints.length > 0) console.error(desk.complaints.join('\n'));
    });
  } finally {
    await browser.close();
  }
  return result;
}

async function withDesk(
  browser: Browser,
  work: (desk: DeskPage, cdp: CDPSession) => Promise<void>,
): Promise<void> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'prismap-use-'));
  let served: Served | undefined;
  try {
    served = await serve({ dataFolder });
    const desk = await newDeskPage(browser);
    await desk.page.addInitScript(watchTasks);
    await openSample(desk, served.url);
    const cdp = await desk.page.context().newCDPSession(desk.page);
    await cdp.send('Performance.enable');
    await work(desk, cdp);
    await desk.page.context().close();
  } finally {
    await served?.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  }
}

/** In the page: times of frames and lengths of long tasks. */
function watchTasks(): void {
  const seen = { frames: 0, tasks: [] as number[] };
  Object.assign(globalThis, { seen });
  const next = (): void => {
    seen.frames += 1;
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) seen.tasks.push(duration);
  }).observe({ entryTypes: ['longtask'] });
}

type Seen = { readonly frames: number; readonly tasks: readonly number[] };

/** What was seen since the last time. */
function takeSeen(desk: DeskPage): Promise<Seen> {
  return desk.page.evaluate(() => {
    const { seen } = globalThis as unknown as { seen: { frames: number; tasks: number[] } };
    const taken = { frames: seen.frames, tasks: seen.tasks.splice(0) };
    seen.frames = 0;
    return taken;
  });
}

/** Frames a second while the map is dragged and zoomed, and how much of a frame's time is scripts and layout of the page. */
async function frameFigures(desk: DeskPage, cdp: CDPSession): Promise<readonly Figure[]> {
  await desk.tool('Pan');
  const result: Figure[] = [];
  for (const [name, move] of [
    ['panning', pan],
    ['zooming', zoom],
  ] as const) {
    const before = await busyMs(cdp);
    await takeSeen(desk);
    const started = performance.now();
    await move(desk);
    const wall = performance.now() - started;
    const { frames } = await takeSeen(desk);
    const own = ((await busyMs(cdp)) - before) / frames;
    result.push(
      {
        name: `frames a second, ${name} the sample scene`,
        value: (1000 * frames) / wall,
        unit: '/s',
        goal: '60',
        ok: (1000 * frames) / wall >= 55,
      },
      {
        name: `… of a frame: scripts, style and layout`,
        value: own,
        unit: 'ms',
        goal: '≤ 16 ms',
        ok: own <= 16,
      },
      {
        name: `… of a frame: graphics and waiting`,
        value: wall / frames - own,
        unit: 'ms',
        ok: true,
      },
    );
  }
  return result;
}

/** What the page's own code took so far. */
async function busyMs(cdp: CDPSession): Promise<number> {
  const { metrics } = await cdp.send('Performance.getMetrics');
  const of = (name: string): number => metrics.find((metric) => metric.name === name)?.value ?? 0;
  return 1000 * (of('ScriptDuration') + of('LayoutDuration') + of('RecalcStyleDuration'));
}

async function pan(desk: DeskPage): Promise<void> {
  const [x, y] = await desk.at([0.5, 0.5]);
  await desk.page.mouse.move(x, y);
  await desk.page.mouse.down();
  const end = performance.now() + movingMs;
  for (let i = 1; performance.now() < end; i++) {
    const angle = (i / 60) * 2 * Math.PI;
    await desk.page.mouse.move(x + 90 * Math.sin(angle), y + 90 * (1 - Math.cos(angle)));
  }
  await desk.page.mouse.up();
}

async function zoom(desk: DeskPage): Promise<void> {
  await desk.page.mouse.move(...(await desk.at([0.5, 0.5])));
  const end = performance.now() + movingMs;
  for (let i = 0; performance.now() < end; i++) {
    await desk.page.mouse.wheel(0, i % 16 < 8 ? -40 : 40);
    await desk.page.waitForTimeout(16);
  }
}

/** The longest time the page could not answer while a model was trained: watching it, then at work on the map. */
async function stallFigures(desk: DeskPage): Promise<readonly Figure[]> {
  await desk.panel('Train');
  await desk.page.getByLabel('Epochs as the recipe says').uncheck();
  const epochs = desk.page.getByRole('spinbutton', { name: /epochs/i });
  await epochs.fill('2000');
  await epochs.press('Enter');
  await desk.page.getByRole('button', { name: 'Train', exact: true }).click();
  await desk.panel('Jobs');
  await desk.page.getByText('running').first().waitFor({ timeout: 60_000 });
  await desk.panel('Train');
  await desk.page.waitForTimeout(2000);
  await takeSeen(desk);
  await desk.page.waitForTimeout(watchedMs);
  const watching = await takeSeen(desk);
  await pan(desk);
  await zoom(desk);
  const working = await takeSeen(desk);
  await desk.panel('Jobs');
  await desk.page
    .getByRole('button', { name: /^Cancel/ })
    .first()
    .click();
  await desk.page.getByText('cancelled').first().waitFor();
  await desk.command('Zoom to layer');
  const figure = (name: string, { tasks }: Seen): Figure => {
    const value = Math.max(0, ...tasks);
    return { name, value, unit: 'ms', goal: '≤ 100 ms', ok: value <= 100 };
  };
  return [
    figure('longest task while training, watching its curves', watching),
    figure('longest task while training, panning and zooming', working),
  ];
}
