// `npm run mutation [-- PART|FILE…]`: share of small changes to a source that the tests beside it notice, by Stryker, a line for each part; exit
// status 1 where one is below 85 %. It works on a copy of the last commit in `.cache/mutation` and installs Stryker there the first time.
// Changes to what runs once, when a file is loaded, are left out: each would need a process of its own.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { partsNamed } from './criticalParts.ts';

const root = resolve(import.meta.dirname, '..');
const place = join(root, '.cache', 'mutation');
const copy = join(place, 'prismap');
const least = 85;
const stryker = '10.1.1';

type Mutant = {
  readonly status: string;
  readonly replacement?: string;
  readonly location: { readonly start: { readonly line: number } };
};
type Report = {
  readonly files: Readonly<Record<string, { readonly mutants: readonly Mutant[] }>>;
};

function install(): void {
  const packages = ['core', 'vitest-runner'].map((name) => `@stryker-mutator/${name}`);
  if (packages.every((name) => existsSync(join(place, 'node_modules', name, 'package.json'))))
    return;
  mkdirSync(place, { recursive: true });
  // Without the runner's peers: vitest is the project's own, which lies above.
  const options = [
    '--prefix',
    place,
    '--no-save',
    '--ignore-scripts',
    '--legacy-peer-deps',
    '--no-audit',
  ];
  const versions = packages.map((name) => `${name}@${stryker}`);
  execFileSync('npm', ['install', ...options, ...versions], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** The last commit, with what a build and the set-up left in the project. */
function makeCopy(): void {
  rmSync(copy, { recursive: true, force: true });
  execFileSync('git', ['clone', '--quiet', '--depth', '1', `file://${root}`, copy]);
  mkdirSync(join(copy, '.cache'));
  for (const made of ['node_modules', 'native/build', '.cache/referee'])
    if (existsSync(join(root, made))) symlinkSync(join(root, made), join(copy, made));
  const data = resolve(root, '..', 'shared');
  if (existsSync(data) && !existsSync(join(place, 'shared')))
    symlinkSync(data, join(place, 'shared'));
}

/** What became of the changes to these sources. */
function measure(sources: readonly string[], tests: readonly string[]): Report {
  const report = join(place, 'report.json');
  rmSync(report, { force: true });
  const include = tests.map((path) => (path.endsWith('.ts') ? path : `${path}{,/**/*}.test.ts`));
  writeFileSync(
    join(copy, 'vitest.mutation.ts'),
    `export default ${JSON.stringify({ test: { include, environment: 'node', testTimeout: 180_000, hookTimeout: 180_000 } })};\n`,
  );
  writeFileSync(
    join(copy, 'stryker.json'),
    JSON.stringify({
      testRunner: 'vitest',
      plugins: [join(place, 'node_modules/@stryker-mutator/vitest-runner/dist/src/index.js')],
      vitest: { configFile: 'vitest.mutation.ts', related: false },
      mutate: [...sources, '!**/testing/**', '!**/*.test.ts'],
      reporters: ['json'],
      jsonReporter: { fileName: report },
      coverageAnalysis: 'perTest',
      ignoreStatic: true,
      inPlace: true,
      concurrency: availableParallelism(),
      allowConsoleColors: false,
    }),
  );
  const program = join(place, 'node_modules/@stryker-mutator/core/bin/stryker.js');
  const { stdout } = spawnSync(process.execPath, [program, 'run', 'stryker.json'], {
    cwd: copy,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 28,
  });
  if (existsSync(report)) return JSON.parse(readFileSync(report, 'utf8')) as Report;
  throw new Error(`Stryker gave no report.\n${stdout.slice(-4000)}`);
}

/** Prints what survived, and the score; whether it is enough. */
function judge(name: string, { files }: Report): boolean {
  let [noticed, all] = [0, 0];
  for (const [path, { mutants }] of Object.entries(files)) {
    for (const { status, location, replacement } of mutants) {
      if (status === 'Ignored' || status === 'CompileError' || status === 'RuntimeError') continue;
      all += 1;
      if (status === 'Killed' || status === 'Timeout') noticed += 1;
      else
        console.log(
          `  ${path}:${location.start.line} ${status === 'NoCoverage' ? 'not run' : 'survived'}: ${replacement?.replaceAll(/\s+/g, ' ').slice(0, 80) ?? ''}`,
        );
    }
  }
  const share = (100 * noticed) / Math.max(1, all);
  console.log(
    `${name.padEnd(20)} ${share.toFixed(1).padStart(5)} %  ${noticed} of ${all} changes noticed`,
  );
  return share >= least;
}

install();
makeCopy();
const words = process.argv.slice(2);
const files = words.filter((word) => word.endsWith('.ts'));
const chosen = files.length === 0 ? partsNamed(words) : [];
let enough = true;
for (const [name, places] of chosen) {
  const sources = places.map((path) => `${path}{.ts,/**/*.ts}`);
  enough = judge(name, measure(sources, places)) && enough;
}
// Beside a file lie its tests.
for (const file of files) enough = judge(file, measure([file], [dirname(file)])) && enough;
process.exitCode = enough ? 0 : 1;
