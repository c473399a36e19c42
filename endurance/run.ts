// npm run endure: interrupts what the program does, at random moments and at each step, and compares with undisturbed runs.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { deaths, dieAgain } from './deaths.ts';
import { canWatchDisk } from './disk.ts';
import { failEach } from './faults.ts';
import { killAtRandom } from './kills.ts';
import { cutPower } from './power.ts';
import type { Report } from './work.ts';
import { works } from './works.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    by: { type: 'string', default: 'kills,faults,power,deaths' },
    count: { type: 'string' },
    seed: { type: 'string', default: '1' },
    long: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
const wanted = works.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const ways = values.by.split(',');
const seed = Number(values.seed);
const count = values.count === undefined ? undefined : Number(values.count);
const folder = mkdtempSync(join(tmpdir(), 'prismap-endure-'));
const reports: (Report & { readonly by: string })[] = [];

async function endure(
  by: string,
  name: string,
  interrupt: (folder: string, tell: (text: string) => void) => Promise<Report>,
): Promise<void> {
  if (!ways.includes(by)) return;
  const place = join(folder, `${by}-${name}`);
  mkdirSync(place);
  const tell = (text: string): void => void process.stderr.write(`\r${name}: ${text}\u001b[K`);
  const report = await interrupt(place, tell);
  const { tried, finished, faults, seconds } = report;
  process.stderr.write('\r\u001b[K');
  console.log(
    `${name.padEnd(10)}${tried} ${by}, ${finished} ends, ${faults.length} bad, ${seconds.toFixed(0)} s, seed ${seed}`,
  );
  for (const fault of faults) console.log(`  ${fault}`);
  reports.push({ by, ...report });
  rmSync(place, { recursive: true, force: true });
}

try {
  for (const work of wanted) {
    const kills = count ?? (values.long ? 2000 : 200);
    await endure('kills', work.name, (place, tell) =>
      killAtRandom(work, { folder: place, kills, seed, tell }),
    );
    const faults = count ?? (values.long ? undefined : 100);
    const some = faults === undefined ? {} : { faults };
    if (!canWatchDisk) {
      console.log('faults and power are left out: they need Linux and a C compiler.');
      continue;
    }
    await endure('faults', work.name, (place, tell) =>
      failEach(work, { folder: place, ...some, seed, tell }),
    );
    const states = count ?? (values.long ? 2000 : 100);
    await endure('power', work.name, (place, tell) =>
      cutPower(work, { folder: place, states, seed, tell }),
    );
  }
  for (const kind of positionals.length === 0 ? deaths : [])
    await endure('deaths', kind, (_, tell) =>
      dieAgain({ kind, times: count ?? 100, limitMs: 200, tell }),
    );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ seed, reports }, undefined, 2)}\n`);
process.exitCode = reports.some(({ faults }) => faults.length > 0) ? 1 : 0;
