// How long one waits for the program: its help, the served desk, the first map of a page.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from '@playwright/test';
import { newDeskPage } from '../e2e/deskPage.ts';
import { type Served, serve } from '../e2e/served.ts';
import playwrightConfig from '../playwright.config.ts';
import { openSample } from './deskWaits.ts';
import type { Figure } from './figure.ts';

const root = join(import.meta.dirname, '..');
const [helps, starts] = [15, 5];

export async function figures({
  say,
}: {
  readonly say: (figure: Figure) => void;
}): Promise<readonly Figure[]> {
  const browser = await chromium.launch(playwrightConfig.use?.launchOptions ?? {});
  try {
    const result = [helpFigure(), ...(await startFigures(browser)), await mapFigure(browser)];
    result.forEach(say);
    return result;
  } finally {
    await browser.close();
  }
}

/** Both as processes from start to end, alternately; the program as `scripts/run.mjs` starts it. */
function helpFigure(): Figure {
  const env = { NODE_COMPILE_CACHE: join(root, '.cache', 'compiled'), ...process.env };
  const took = (...words: string[]): number => {
    const started = performance.now();
    spawnSync(process.execPath, words, { cwd: root, env });
    return performance.now() - started;
  };
  const help = ['--disable-warning=ExperimentalWarning', 'main/cli.ts', '--help'];
  took(...help);
  const [ours, node]: [number[], number[]] = [[], []];
  for (let i = 0; i < helps; i++) {
    ours.push(took(...help));
    node.push(took('-e', '0'));
  }
  const value = median(ours) / median(node);
  return { name: '--help / a bare Node', value, unit: '', goal: '≤ 1.5', ok: value <= 1.5 };
}

/** From the start of the program to its address, and to the first answer to a key; the browser runs already. */
async function startFigures(browser: Browser): Promise<readonly Figure[]> {
  const [listening, interactive]: [number[], number[]] = [[], []];
  for (let i = 0; i < starts; i++) {
    const started = performance.now();
    const served = await serve();
    listening.push(performance.now() - started);
    const desk = await newDeskPage(browser);
    await desk.page.goto(served.url);
    await desk.page.getByRole('button', { name: 'Try it on a sample scene' }).waitFor();
    await desk.page.keyboard.press('Control+k');
    await desk.page.getByRole('searchbox', { name: 'Find a command' }).waitFor();
    interactive.push((performance.now() - started) / 1000);
    await desk.page.context().close();
    await served.stop();
  }
  const [ms, s] = [median(listening), median(interactive)];
  return [
    { name: 'served desk listening', value: ms, unit: 'ms', goal: '≤ 800 ms', ok: ms <= 800 },
    { name: 'start to interactive', value: s, unit: 's', goal: '≤ 3 s', ok: s <= 3 },
  ];
}

/** From the address to the map of the project that was open last, all its tiles drawn. */
async function mapFigure(browser: Browser): Promise<Figure> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'prismap-start-'));
  let served: Served | undefined;
  try {
    served = await serve({ dataFolder });
    const first = await newDeskPage(browser);
    await openSample(first, served.url);
    await first.page.context().close();
    const seconds: number[] = [];
    for (let i = 0; i < starts; i++) {
      await served.stop();
      served = await serve({ dataFolder });
      const desk = await newDeskPage(browser);
      const started = performance.now();
      await desk.page.goto(served.url);
      await desk
        .layer(/^Sample scene/)
        .first()
        .waitFor();
      await desk.page.locator('.map[data-tiles="done"]').first().waitFor();
      seconds.push((performance.now() - started) / 1000);
      await desk.page.context().close();
    }
    const value = median(seconds);
    return { name: 'page to first map', value, unit: 's', goal: '≤ 2.5 s', ok: value <= 2.5 };
  } finally {
    await served?.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
