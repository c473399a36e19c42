// Our side of the reading benches: `node bench/readOurs.ts FILE KIND`; one round for every line on standard input.
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { Window } from '../app/raster/grid.ts';
import { openTiff } from '../main/raster/tiff/openTiff.ts';

const side = 4096;

/** The windows of a kind; read_peer.py has the same generator. */
function* windows(kind: string): Generator<Window> {
  if (kind === 'scan') {
    const [step, halo] = [512, 16];
    for (let y = 0; y < side / 2; y += step) {
      for (let x = 0; x < side; x += step) {
        const [left, top] = [Math.max(0, x - halo), Math.max(0, y - halo)];
        const [right, bottom] = [Math.min(side, x + step + halo), Math.min(side, y + step + halo)];
        yield { x: left, y: top, width: right - left, height: bottom - top };
      }
    }
    return;
  }
  const [size, count] = kind === 'window' ? [512, 12] : [128, 80];
  let state = 12345n;
  const next = (): number => {
    state = (state * 1103515245n + 12345n) % 2n ** 31n;
    return Number((state / 64n) % BigInt(side - size));
  };
  for (let i = 0; i < count; i++) yield { x: next(), y: next(), width: size, height: size };
}

async function run(path: string, kind: string): Promise<void> {
  const digest = createHash('md5');
  let cpu = 0;
  let wall = 0;
  let started = performance.now();
  let used = process.cpuUsage();
  const pause = (): void => {
    const { user, system } = process.cpuUsage(used);
    cpu += (user + system) / 1e6;
    wall += (performance.now() - started) / 1e3;
  };
  const resume = (): void => {
    started = performance.now();
    used = process.cpuUsage();
  };
  const scene = await openTiff(path, kind === 'scan' ? {} : { cacheBytes: 2 ** 26 });
  for (const window of windows(kind)) {
    const block = await scene.read({ window });
    pause();
    for (const band of block.bands) digest.update(band);
    resume();
  }
  const { decoded } = scene.counters();
  await scene.close();
  pause();
  const peakRss = process.resourceUsage().maxRSS * 1024;
  console.log(JSON.stringify({ cpu, wall, digest: digest.digest('hex'), peakRss, decoded }));
}

const [path, kind] = process.argv.slice(2);
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'run') await run(path!, kind!);
}
