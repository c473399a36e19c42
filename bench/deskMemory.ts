import type { CDPSession } from '@playwright/test';
import type { DeskPage } from '../e2e/deskPage.ts';
import { settled } from './deskWaits.ts';
import type { Figure } from './figure.ts';
import { type OwnProcess, ownProcesses } from './processes.ts';

const mebibyte = 2 ** 20;
/** The share of the time before caches are full and code is compiled. */
const warmUp = 0.4;
/** Mebibytes a minute that are within the noise of a garbage collector. */
const noGrowth = 0.5;

/** Which processes of the desk are watched, by what their command says. */
const watched: Readonly<Record<string, (process: OwnProcess) => boolean>> = {
  'renderer process': ({ command }) => command.includes('--type=renderer'),
  host: ({ command }) => command.includes('main/cli.ts'),
  'scene processes': ({ command }) => command.includes('sceneProcess'),
};

type Sample = { readonly minute: number; readonly sizes: Readonly<Record<string, number>> };

/** Memory of the window and its host over some minutes of scripted use: growth a minute after the warm-up, and the last sizes. */
export async function memoryOfUse(
  desk: DeskPage,
  cdp: CDPSession,
  minutes: number,
): Promise<readonly Figure[]> {
  const started = performance.now();
  const samples: Sample[] = [];
  const minute = (): number => (performance.now() - started) / 60_000;
  while (minute() < minutes) {
    for (let i = 0; i < 2; i++) await oneTurn(desk);
    samples.push({ minute: minute(), sizes: await sizes(cdp) });
  }
  const after = samples.filter((sample) => sample.minute >= minutes * warmUp);
  return Object.keys(samples[0]!.sizes).flatMap((name) => {
    const growth = slope(after.map((sample) => [sample.minute, sample.sizes[name]!]));
    return [
      {
        name: `memory of ${name} after ${minutes} minutes`,
        value: after.at(-1)!.sizes[name]!,
        unit: 'MiB',
        ok: true,
      },
      {
        name: `… growth after the warm-up, ${after.length} samples`,
        value: growth,
        unit: 'MiB a minute',
        goal: 'none',
        ok: growth <= noGrowth,
      },
    ];
  });
}

/** What an analyst does all day: looks around, draws, takes it back, opens panels, finds commands. */
async function oneTurn(desk: DeskPage): Promise<void> {
  await desk.tool('Pan');
  await desk.page.mouse.move(...(await desk.at([0.5, 0.5])));
  for (let i = 0; i < 4; i++) {
    await desk.page.mouse.wheel(0, -240);
    await desk.page.waitForTimeout(120);
  }
  await desk.drag([0.7, 0.6], [0.3, 0.4]);
  await desk.drag([0.3, 0.4], [0.7, 0.6]);
  await desk.tool('Rectangle');
  await desk.click([0.4, 0.4], [0.5, 0.5]);
  for (const panel of ['Spectra', 'Train', 'Accuracy', 'Jobs', 'Export', 'Style'])
    await desk.panel(panel);
  await desk.page.keyboard.press('Control+z');
  await desk.command('Zoom to layer');
  await settled(desk);
}

/** Mebibytes: of the page's objects after a collection, and of what processes keep in memory. */
async function sizes(cdp: CDPSession): Promise<Readonly<Record<string, number>>> {
  await cdp.send('HeapProfiler.collectGarbage');
  const { usedSize } = await cdp.send('Runtime.getHeapUsage');
  const processes = ownProcesses();
  const resident = Object.entries(watched).map(([name, isIt]) => {
    const bytes = processes.filter(isIt).reduce((sum, { residentBytes }) => sum + residentBytes, 0);
    return [name, bytes / mebibyte] as const;
  });
  return { "the page's objects": usedSize / mebibyte, ...Object.fromEntries(resident) };
}

/** Least squares. */
function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (index: 0 | 1): number =>
    points.reduce((sum, point) => sum + point[index], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const covariance = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  const variance = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  return covariance / variance;
}
