// What the builds of native code share: where things lie, the machine's tools, stamps, and how commands are run.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const native = dirname(fileURLToPath(import.meta.url));
export const root = join(native, '..');
export const build = join(native, 'build');
const retryAfter = 3_600_000; // ms before a build that failed is tried again

/** Why something could not be built, and the one thing to do about it. */
export class BuildProblem extends Error {
  constructor(message, cure) {
    super(message);
    this.cure = cure;
  }
}

/** What a build left about itself: `inputs`, and where it failed `problem`, `cure` and `time`. Undefined before the first. */
export function readStamp(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

export async function writeStamp(file, stamp) {
  try {
    await makeInto(dirname(file), (work) => {
      writeFileSync(join(work, basename(file)), `${JSON.stringify(stamp, null, 2)}\n`);
      return [basename(file)];
    });
  } catch {
    // A read-only checkout: the next run tries again.
  }
}

/**
 * Runs `make(work)` with a new folder of its own inside `folder`, then renames the files that it names from there into
 * `folder`; where it throws, none. Writing over a library in place would crash whoever has it loaded; renamed, they keep
 * the old one. Several may do this at a time: each has its own folder, and whole files win.
 */
export async function makeInto(folder, make) {
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, 'part-'));
  try {
    for (const name of await make(work)) renameSync(join(work, name), join(folder, name));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Whether a build from these inputs failed so lately that it is not tried again. */
export function hasJustFailed(stamp, inputs) {
  if (stamp?.inputs !== inputs || stamp.problem === undefined) return false;
  return Date.now() - stamp.time < retryAfter;
}

/** A hash of files in this folder, a text, this file and the machine's tools. */
export function describeSources(files, text) {
  const hash = createHash('sha256').update(`${text} ${process.platform} ${process.arch}`);
  // Which Python fetches does not matter, only whether there is one.
  hash.update(`${cacheFolder()} ${compiler()} ${findTool('python3') !== undefined}`);
  for (const file of ['toolchain.mjs', ...files]) hash.update(readFileSync(join(native, file)));
  return hash.digest('hex');
}

/** Why there is no C++ compiler; undefined where there is one. */
export function missingCompiler() {
  if (compiler() !== undefined) return undefined;
  return {
    message: 'a C++ compiler is missing',
    cure: 'install g++ (Debian: build-essential; macOS: xcode-select --install), then npm run setup',
  };
}

export function compiler() {
  return process.env.CXX ?? findTool('g++') ?? findTool('clang++');
}

export function findTool(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {
      // not here
    }
  }
  return undefined;
}

export function cacheFolder() {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'prismap');
}

export const commonFlags = [
  '-std=c++17',
  '-O3',
  '-fPIC',
  '-fno-math-errno',
  '-w',
  '-DNAPI_VERSION=8',
  '-DNDEBUG',
];

export function napiFlags() {
  return ['-isystem', join(root, 'node_modules', 'node-api-headers', 'include')];
}

/** How a module that Node loads is linked. */
export function linkFlags() {
  return process.platform === 'darwin'
    ? ['-dynamiclib', '-undefined', 'dynamic_lookup']
    : ['-shared'];
}

export async function inParallel(items, width, action) {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await action(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

/** Runs a command; its lines go to `say` where given. @throws with the command's last words */
export function run(command, args, say) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let words = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      words = (words + text).slice(-2000);
      if (say !== undefined) for (const line of text.split('\n')) if (line.trim() !== '') say(line);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(undefined);
      else
        reject(
          new Error(`${command.split('/').at(-1)} failed: ${lastLine(words) ?? `exit ${code}`}`),
        );
    });
  });
}

function lastLine(text) {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.find((line) => /error/i.test(line)) ?? lines.at(-1);
}
