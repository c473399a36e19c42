// `npm run coverage [-- GROUP…]`: branches of parsers, writers, queue, checkpoints and authentication that the tests beside them take, a line
// for each group; exit status 1 where one is below 95 %. What runs in a process of its own (fuzz targets, command lines) does not count.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { partsNamed } from './criticalParts.ts';

const root = resolve(import.meta.dirname, '..');
const reports = join(root, '.cache', 'coverage');
const least = 95;

type Counts = { readonly total: number; readonly covered: number };
type Summary = Readonly<Record<string, { readonly branches: Counts }>>;

const chosen = partsNamed(process.argv.slice(2));
const tested = chosen.flatMap(([, places]) => places);
const result = spawnSync(
  'vitest',
  [
    ...['run', '--coverage', '--coverage.provider=v8', '--coverage.reporter=json-summary'],
    `--coverage.reportsDirectory=${reports}`,
    ...tested.map((place) => `--coverage.include=${place}{.ts,/**/*.ts}`),
    ...['--coverage.exclude=**/testing/**', '--coverage.exclude=**/*.test.ts'],
    ...['--reporter=dot', ...tested],
  ],
  { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 2 ** 28 },
);
if (result.status !== 0) {
  process.stderr.write(result.stdout);
  console.error('Tests failed; what they cover says nothing.');
  process.exit(1);
}

const summary = JSON.parse(readFileSync(join(reports, 'coverage-summary.json'), 'utf8')) as Summary;
let below = 0;
for (const [name, places] of chosen) {
  const files = Object.entries(summary).filter(([path]) =>
    places.some((place) => relative(root, path).replaceAll('\\', '/').startsWith(place)),
  );
  const sum = (field: keyof Counts): number =>
    files.reduce((all, [, { branches }]) => all + branches[field], 0);
  const share = (100 * sum('covered')) / Math.max(1, sum('total'));
  if (share < least) below += 1;
  console.log(
    `${name.padEnd(20)} ${share.toFixed(1).padStart(5)} %  ${sum('covered')} of ${sum('total')} branches in ${files.length} files`,
  );
}
process.exitCode = below === 0 ? 0 : 1;
