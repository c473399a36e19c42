// `npm test`: unit tests (vitest) and journeys in a browser (Playwright), then one line with the counts of both.
// Words after `--` go to vitest, e.g. `npm test -- --project app`; then journeys are left out.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';

type Counts = { passed: number; failed: number; skipped: number };

const words = process.argv.slice(2);
mkdirSync('.cache', { recursive: true });

const unit = await runVitest(words);
const journeys = words.length === 0 ? runJourneys() : { passed: 0, failed: 0, skipped: 0 };
const total = {
  passed: unit.passed + journeys.passed,
  failed: unit.failed + journeys.failed,
  skipped: unit.skipped + journeys.skipped,
};
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;

async function runVitest(args: readonly string[]): Promise<Counts> {
  const file = '.cache/vitest.json';
  rmSync(file, { force: true });
  const status = run('vitest', [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
    ...args,
  ]);
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 };
  const report = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly numPassedTests: number;
    readonly numFailedTests: number;
    readonly numPendingTests: number;
    readonly numTodoTests: number;
  };
  // A file that fails before its first test counts in no test; the exit status tells.
  const failed = status !== 0 && report.numFailedTests === 0 ? 1 : report.numFailedTests;
  return Promise.resolve({
    passed: report.numPassedTests,
    failed,
    skipped: report.numPendingTests + report.numTodoTests,
  });
}

function runJourneys(): Counts {
  const file = '.cache/journeys.json';
  rmSync(file, { force: true });
  const status = run('playwright', ['test', '--reporter=line,json'], {
    PLAYWRIGHT_JSON_OUTPUT_NAME: file,
  });
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 };
  const { stats } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly stats: {
      readonly expected: number;
      readonly unexpected: number;
      readonly flaky: number;
      readonly skipped: number;
    };
  };
  const failed = status !== 0 && stats.unexpected === 0 ? 1 : stats.unexpected;
  return { passed: stats.expected + stats.flaky, failed, skipped: stats.skipped };
}

function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): number {
  const result = spawnSync(command, args, {
    stdio: 'inherit',
    env: { ...process.env, ...env },
    shell: process.platform === 'win32',
  });
  return result.status ?? 1;
}
