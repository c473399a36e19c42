// Sets up a checkout: packages, the numerical engine, and for tests the referee (Python with rasterio). Each step leaves
// a stamp that names what it was made from, so a second run costs milliseconds.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const refereeFolder = join(root, '.cache', 'referee');
const say = (text) => process.stderr.write(`setup: ${text}\n`);

/** The Node that runs the product: 24 or newer, from the packages or else the machine's own. */
export function projectNode() {
  const local = join(
    root,
    'node_modules',
    '.bin',
    process.platform === 'win32' ? 'node.cmd' : 'node',
  );
  if (existsSync(local)) return local;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  throw new Error(
    `Node 24 is needed and no package brings it to ${process.platform} ${process.arch}: install Node 24 and start again.`,
  );
}

/** Makes the checkout ready; idempotent. `referee` and `browser` add what only tests need, `peers` what the benches compare with. */
export async function ensureSetup({ referee = false, browser = false, peers = false } = {}) {
  process.chdir(root);
  process.env.PATH = `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH}`;
  step('packages', 'package-lock.json', 'installing Node packages', () =>
    run(npm(), [
      'install',
      '--no-save',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ]),
  );
  const { ensureCodecs } = await import('../native/codecs/setup.mjs');
  await ensureCodecs(say);
  const { ensureEngine } = await import('../native/setup.mjs');
  await ensureEngine(say);
  if (referee)
    step(
      'referee',
      'scripts/requirements.txt',
      'installing the referee for tests (Python: rasterio)',
      () => {
        run('python3', ['-m', 'venv', refereeFolder]);
        installPackages('scripts/requirements.txt');
      },
      true,
    );
  if (browser) await ensureBrowser();
  if (peers)
    step(
      'peers',
      'bench/requirements.txt',
      'installing what the benches compare with (Python: PyTorch, some gigabytes where it brings CUDA)',
      () => installPackages('bench/requirements.txt'),
    );
}

/** The machine's own Chromium, or else Playwright's, which comes from the network. */
async function ensureBrowser() {
  const { chromium } = await import('@playwright/test');
  const places = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', chromium.executablePath()];
  if (places.some((path) => path && existsSync(path))) return;
  say('installing Chromium for the journeys …');
  try {
    run(process.execPath, [
      join(root, 'node_modules', 'playwright', 'cli.js'),
      'install',
      'chromium',
    ]);
  } catch {
    say(
      'Chromium could not be fetched: the journeys will fail. Install it, or name one in CHROMIUM_PATH.',
    );
  }
}

function npm() {
  return process.platform === 'win32' ? 'npm.cmd' : 'npm';
}

function step(name, source, text, action, optional = false) {
  const stamp = join(root, 'node_modules', `.prismap-${name}`);
  const hash = createHash('sha256')
    .update(readFileSync(join(root, source)))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  say(`${text} …`);
  const started = Date.now();
  try {
    action();
  } catch (error) {
    if (!optional) throw error;
    say(`${error.message} The tests that need it will be skipped.`);
    return;
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
  say(`${text}: done in ${((Date.now() - started) / 1000).toFixed(0)} s`);
}

function installPackages(requirements) {
  run(join(refereeFolder, 'bin', 'python'), [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '-r',
    requirements,
  ]);
}

function run(command, args) {
  const result = spawnSync(command, args, {
    stdio: ['ignore', 2, 'inherit'],
    shell: process.platform === 'win32',
  });
  if (result.error) throw new Error(`${command} could not be started (${result.error.message}).`);
  if (result.status !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${result.status}.`);
}
