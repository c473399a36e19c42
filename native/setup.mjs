// Builds the numerical engine: TensorFlow's libraries from its Python wheel, the Node binding from the source in
// @tensorflow/tfjs-node-gpu, and our own operations. Where Python or a C++ compiler is missing, says in one line what is
// used instead. Plain JavaScript: this runs under a machine's own Node 20.
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import {
  BuildProblem,
  build,
  cacheFolder,
  commonFlags,
  compiler,
  describeSources,
  findTool,
  hasJustFailed,
  inParallel,
  linkFlags,
  makeInto,
  missingCompiler,
  napiFlags,
  native,
  readStamp,
  root,
  run,
  writeStamp,
} from './toolchain.mjs';

const version = '2.21.0';
/** What the last build was made from, or why there is none: read by the engine table and by `prismap doctor`. */
const stampFile = join(build, 'build.json');

/** Our translation units; a vectorised one is compiled once an instruction set. */
const operations = [
  { source: 'quietly.cc', target: 'quietly' },
  { source: 'module.cc' },
  { source: 'selectiveScan/scanOp.cc' },
  { source: 'selectiveScan/scan.cc', vector: true },
  { source: 'mamba/mixerOp.cc' },
  { source: 'layers/layersOp.cc' },
  { source: 'layers/layers.cc', vector: true },
  { source: 'transformer/transformerOp.cc' },
  { source: 'transformer/attention.cc', vector: true },
  { source: 'transformer/feedForward.cc', vector: true },
  { source: 'transformer/optimizer.cc', vector: true },
];
const binding = ['tfjs_backend.cc', 'tfjs_binding.cc'];

/**
 * Makes `native/build` ready where the machine can; idempotent, milliseconds when there is nothing to do. Never throws.
 * `say` prints one line. CUDA where `--gpu` is among the arguments or PRISMAP_GPU=1.
 */
export async function ensureEngine(say) {
  const cuda = process.env.PRISMAP_GPU === '1' || process.argv.includes('--gpu');
  const inputs = describeInputs(cuda);
  const stamp = readStamp(stampFile);
  if (isBuilt(stamp, inputs) || hasJustFailed(stamp, inputs)) return;
  const started = Date.now();
  try {
    const missing = missingTool();
    if (missing !== undefined) throw new BuildProblem(missing.message, missing.cure);
    const tensorflow = await ensureTensorflow(cuda, say);
    say('compiling the engine …');
    await compileAll(tensorflow);
    await writeStamp(stampFile, { inputs, tensorflow, cuda });
    say(`engine: done in ${((Date.now() - started) / 1000).toFixed(0)} s`);
  } catch (error) {
    if (isBuilt(readStamp(stampFile), inputs)) return; // by another set-up meanwhile
    const cure = error instanceof BuildProblem ? error.cure : 'run npm run setup again';
    const message = error.message.trim();
    await writeStamp(stampFile, { inputs, problem: message, cure, time: Date.now() });
    say(`${message}; using the slower WebAssembly engine instead (${cure})`);
  }
}

function isBuilt(stamp, inputs) {
  if (stamp?.inputs !== inputs || stamp.problem !== undefined) return false;
  const products = ['tfjs_binding', 'prismap_operations', 'quietly'];
  const there = products.every((name) => existsSync(join(build, `${name}.node`)));
  return there && existsSync(join(stamp.tensorflow, library('framework')));
}

/** A hash of everything that the build is made from, the machine's tools included. */
function describeInputs(cuda) {
  const headers = [
    'simd/vector.h',
    'simd/dispatch.h',
    'simd/parallel.h',
    'selectiveScan/scan.h',
    'simd/product.h',
    'layers/layers.h',
    'transformer/attention.h',
    'transformer/feedForward.h',
    'transformer/optimizer.h',
  ];
  const files = ['setup.mjs', ...headers, ...operations.map(({ source }) => source)];
  return describeSources(files, `${version} ${cuda}`);
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
  return missingCompiler();
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

/** Compiles and links everything, then puts it into place. */
function compileAll(tensorflow) {
  return makeInto(build, async (work) => {
    const units = [...bindingUnits(tensorflow, work), ...operationUnits(tensorflow, work)];
    // TensorFlow's headers take a gigabyte a compiler: no more than four at a time.
    await inParallel(units, Math.min(4, availableParallelism()), (unit) =>
      run(compiler(), [...unit.flags, '-c', unit.source, '-o', unit.object]),
    );
    const targets = [...new Set(units.map((unit) => unit.target))];
    for (const target of targets) {
      const objects = units.filter((unit) => unit.target === target).map((unit) => unit.object);
      const libraries = target === 'quietly' ? undefined : tensorflow;
      const output = join(work, `${target}.node`);
      await run(compiler(), linkArguments(objects, output, libraries));
    }
    return targets.map((target) => `${target}.node`);
  });
}

function headerFlags(tensorflow) {
  return [
    '-isystem',
    join(tensorflow, 'tensorflow', 'include'),
    '-D_GLIBCXX_USE_CXX11_ABI=1',
    '-DEIGEN_MAX_ALIGN_BYTES=64',
  ];
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
  if (tensorflow === undefined) return [...linkFlags(), ...objects, '-o', output];
  const libraries = ['cc', 'framework'].map((part) => join(tensorflow, library(part)));
  const runtimePath = `-Wl,-rpath,${join(tensorflow, 'tensorflow')}`;
  return [...linkFlags(), ...objects, ...libraries, runtimePath, '-o', output];
}
