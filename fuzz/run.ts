// `npm run fuzz [-- TARGET|GROUP …] [--count N] [--seed S] [--long] [--replay TARGET:SEED:INDEX] [--json FILE] [--out FOLDER]`: hostile
// inputs for every reader, each in a process with limits of time and memory. Exit status 1 where anything was found.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Campaign, findLine, runCampaign } from './campaign.ts';
import { workFolder } from './folder.ts';
import { groupedFinds, reportTable } from './report.ts';
import { saveFind } from './saveFind.ts';
import type { Target } from './target.ts';
import { targetOf, targets } from './targets.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string' },
    seed: { type: 'string', default: '1' },
    long: { type: 'boolean', default: false },
    replay: { type: 'string' },
    json: { type: 'string' },
    out: { type: 'string', default: '.cache/fuzz' },
  },
});

const work = workFolder();
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
await (values.replay === undefined ? all() : replay(values.replay));

async function all(): Promise<void> {
  const campaigns: Campaign[] = [];
  for (const target of chosen(positionals)) {
    const why = target.missing?.();
    if (why !== undefined) {
      console.log(`${target.name}: left out, ${why}`);
      continue;
    }
    const usual = values.long ? target.counts.long : target.counts.usual;
    const count = values.count === undefined ? usual : whole(values.count, '--count');
    const seed = whole(values.seed, '--seed');
    console.log(`${target.name}: ${count} cases, seed ${seed}`);
    const onFind = saveFind(target, join(values.out, 'finds'), work);
    const campaign = await runCampaign(target, { seed, first: 0, count, root: work, onFind });
    console.log(groupedFinds(campaign.finds));
    campaigns.push(campaign);
  }
  console.log(reportTable(campaigns));
  if (values.json !== undefined)
    writeFileSync(values.json, `${JSON.stringify(campaigns, withoutFiles, 1)}\n`);
  if (campaigns.some(({ finds }) => finds.some(({ repeated }) => repeated))) process.exitCode = 1;
}

/** Files of finds lie in their folder. */
function withoutFiles(key: string, value: unknown): unknown {
  return key === 'smallest' ? undefined : value;
}

async function replay(name: string): Promise<void> {
  const [target = '', seed = '', index = ''] = name.split(':');
  const { finds, read, refused, slowest } = await runCampaign(targetOf(target), {
    seed: whole(seed, '--replay'),
    first: whole(index, '--replay'),
    count: 1,
    root: work,
    onFind: saveFind(targetOf(target), join(values.out, 'finds'), work),
  });
  for (const find of finds) console.log(findLine(find));
  const outcome = read > 0 ? 'read' : `refused as ${Object.keys(refused).join()}`;
  if (finds.length === 0) console.log(`${name}: ${outcome}, ${slowest.milliseconds.toFixed(1)} ms`);
  else process.exitCode = 1;
}

function chosen(names: readonly string[]): readonly Target[] {
  if (names.length === 0) return targets;
  return names.flatMap((name) => {
    const some = targets.filter((target) => target.name === name || target.group === name);
    return some.length > 0 ? some : [targetOf(name)];
  });
}

function whole(text: string, option: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`${option} takes a whole number from 0, not "${text}".`);
}
