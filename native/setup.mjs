// Builds the numerical engine: TensorFlow's libraries from its Python wheel, the Node binding from the source in
// @tensorflow/tfjs-node-gpu, and our own operations. Where Python or a C++ compiler is missing, says in one line what is
// used instead. Plain JavaScript: this runs under a machine's own Node 20.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const version = '2.21.0';
const native = dirname(fileURLToPath(import.meta.url));
const root = join(native, '..');
const build = join(native, 'build');
/** What the last build was made from, or why there is none: read by the engine table and by `prismap doctor`. */
const stampFile = join(build, 'build.json');
const retryAfter = 3_600_000; // ms before a build that failed is tried again

/** Our translation units; a vectorised one is compiled once an instruction set. */
const operations = [
  { source: 'quietly.cc', target: 'quietly' },
  { source: 'module.cc' },
  { source: 'selectiveScan/scanOp.cc' },
  { source: 'selectiveScan/scan.cc', vector: true },
  { source: 'layers/layersOp.cc' },
  { source: 'layers/layers.cc', vector: true },
];
const binding = ['tfjs_backend.cc', 'tfjs_binding.cc'];

/**
 * Makes `native/build` ready where the machine can; idempotent, milliseconds when there is nothing to do. Never throws.
 * `say` prints one line. CUDA where `--gpu` is among the arguments or PRISMAP_GPU=1.
 */
export async function ensureEngine(say) {
  const cuda = process.env.PRISMAP_GPU === '1' || process.argv.includes('--gpu');
  const inputs = describeInputs(cuda);
  const stamp = readStamp();
  if (stamp?.inputs === inputs && isCurrent(stamp)) return;
  const started = Date.now();
  try {
    const missing = missingTool();
    if (missing !== undefined) throw new BuildProblem(missing.message, missing.cure);
    const tensorflow = await ensureTensorflow(cuda, say);
    say('compiling the engine …');
    await compileAll(tensorflow);
    writeStamp({ inputs, tensorflow, cuda });
    say(`engine: done in ${((Date.now() - started) / 1000).toFixed(0)} s`);
  } catch (error) {
    const cure = error instanceof BuildProblem ? error.cure : 'run npm run setup again';
    const message = error.message.trim();
    writeStamp({ inputs, problem: message, cure, time: Date.now() });
    say(`${message}; using the slower WebAssembly engine instead (${cure})`);
  }
}

class BuildProblem extends Error {
  constructor(message, cure) {
    super(message);
    this.cure = cure;
  }
}

function isCurrent(stamp) {
  if (stamp.problem !== undefined) return Date.now() - stamp.time < retryAfter;
  return existsSync(join(stamp.tensorflow, library('framework')));
}

function readStamp() {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'));
  } catch {
    return undefined;
  }
}

function writeStamp(stamp) {
  try {
    mkdirSync(build, { recursive: true });
    writeFileSync(stampFile, `${JSON.stringify(stamp, null, 2)}\n`);
  } catch {
    // A read-only checkout: the next run tries again.
  }
}

/** A hash of everything that the build is made from, the machine's tools included. */
function describeInputs(cuda) {
  const hash = createHash('sha256').update(
    `${version} ${cuda} ${process.platform} ${process.arch}`,
  );
  // Which Python fetched the wheel does not matter, only whether there is one.
  hash.update(`${cacheFolder()} ${compiler()} ${findTool('python3') !== undefined}`);
  const headers = [
    'simd/vector.h',
    'simd/dispatch.h',
    'simd/parallel.h',
    'selectiveScan/scan.h',
    'layers/layers.h',
  ];
  for (const file of ['setup.mjs', ...headers, ...operations.map(({ source }) => source)]) {
    hash.update(readFileSync(join(native, file)));
  }
  return hash.digest('hex');
}

function missingTool() {
  const { platform, arch } = process;
  if (!['linux x64', 'linux arm64', 'darwin arm64'].includes(`${platform} ${arch}`)) {
    return {
      message: `TensorFlow's libraries are not built for ${platform} ${arch} yet`,
      cure: 'use Linux, macOS on Apple silicon, or WSL on Windows for full speed',
    };
  }
  if (findTool('python3') === undefined) {
    return { message: 'Python 3 is missing', cure: 'install python3 with pip, then npm run setup' };
  }
  if (compiler() === undefined) {
    return {
      message: 'a C++ compiler is missing',
      cure: 'install g++ (Debian: build-essential; macOS: xcode-select --install), then npm run setup',
    };
  }
  return undefined;
}

function compiler() {
  return process.env.CXX ?? findTool('g++') ?? findTool('clang++');
}

function findTool(name) {
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

function cacheFolder() {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'prismap');
}

function library(part) {
  return process.platform === 'darwin'
    ? `tensorflow/libtensorflow_${part}.2.dylib`
    : `tensorflow/libtensorflow_${part}.so.2`;
}

/** The folder with TensorFlow's libraries and headers, fetched once a machine. */
async function ensureTensorflow(cuda, say) {
  const slim = !cuda && process.platform === 'linux' && process.arch === 'x64';
  const folder = join(cacheFolder(), `tensorflow-${version}${cuda ? '-cuda' : ''}`);
  if (existsSync(join(folder, library('framework')))) return folder;
  say('fetching TensorFlow, once for this machine …');
  const name = slim ? 'tensorflow-cpu' : 'tensorflow';
  const script = join(native, 'fetchTensorflow.py');
  await run(findTool('python3'), [script, name, version, folder, ...(cuda ? ['--cuda'] : [])], say);
  return folder;
}

/** Compiles everything into a folder of its own and renames the results into place. */
async function compileAll(tensorflow) {
  const work = join(build, `part-${process.pid}`);
  mkdirSync(work, { recursive: true });
  try {
    const units = [...bindingUnits(tensorflow, work), ...operationUnits(tensorflow, work)];
    // TensorFlow's headers take a gigabyte a compiler: no more than four at a time.
    await inParallel(units, Math.min(4, availableParallelism()), (unit) =>
      run(compiler(), [...unit.flags, '-c', unit.source, '-o', unit.object]),
    );
    for (const target of new Set(units.map((unit) => unit.target))) {
      const objects = units.filter((unit) => unit.target === target).map((unit) => unit.object);
      const output = join(work, `${target}.node`);
      await run(
        compiler(),
        linkArguments(objects, output, target === 'quietly' ? undefined : tensorflow),
      );
      renameSync(output, join(build, `${target}.node`));
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const commonFlags = [
  '-std=c++17',
  '-O3',
  '-fPIC',
  '-fno-math-errno',
  '-w',
  '-DNAPI_VERSION=8',
  '-DNDEBUG',
];

function headerFlags(tensorflow) {
  return [
    '-isystem',
    join(tensorflow, 'tensorflow', 'include'),
    '-D_GLIBCXX_USE_CXX11_ABI=1',
    '-DEIGEN_MAX_ALIGN_BYTES=64',
  ];
}

function napiFlags() {
  return ['-isystem', join(root, 'node_modules', 'node-api-headers', 'include')];
}

function bindingUnits(tensorflow, work) {
  const folder = join(root, 'node_modules', '@tensorflow', 'tfjs-node-gpu', 'binding');
  return binding.map((name) => ({
    target: 'tfjs_binding',
    source: join(folder, name),
    object: join(work, `${name}.o`),
    flags: [...commonFlags, ...headerFlags(tensorflow), ...napiFlags(), '-I', dirname(folder)],
  }));
}

function operationUnits(tensorflow, work) {
  return operations.flatMap(({ source, vector, target = 'prismap_operations' }) =>
    (vector === true ? instructionSets() : [{ name: 'any', flags: [] }]).map(({ name, flags }) => ({
      target,
      source: join(native, source),
      object: join(work, `${source.replaceAll('/', '-')}-${name}.o`),
      flags: [...commonFlags, ...headerFlags(tensorflow), ...napiFlags(), ...flags],
    })),
  );
}

/** Each vectorised unit is compiled once a set; the processor's best is chosen when the program runs. */
function instructionSets() {
  const set = (name, ...flags) => ({ name, flags: [`-DPRISMAP_ISA=${name}`, ...flags] });
  if (process.arch !== 'x64') return [set('base')];
  return [
    set('base'),
    set('avx2', '-mavx2', '-mfma'),
    set(
      'avx512',
      '-mavx512f',
      '-mavx512dq',
      '-mavx512vl',
      '-mavx512bw',
      '-mfma',
      '-mprefer-vector-width=512',
    ),
  ];
}

function linkArguments(objects, output, tensorflow) {
  const shared =
    process.platform === 'darwin' ? ['-dynamiclib', '-undefined', 'dynamic_lookup'] : ['-shared'];
  if (tensorflow === undefined) return [...shared, ...objects, '-o', output];
  const libraries = ['cc', 'framework'].map((part) => join(tensorflow, library(part)));
  const runtimePath = `-Wl,-rpath,${join(tensorflow, 'tensorflow')}`;
  return [...shared, ...objects, ...libraries, runtimePath, '-o', output];
}

async function inParallel(items, width, action) {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await action(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

/** Runs a command; its lines go to `say` where given. @throws with the command's last words */
function run(command, args, say) {
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
