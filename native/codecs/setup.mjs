// Builds the decoders of compressed blocks: ours, and libdeflate from its sources. Where the compiler is missing, or the
// sources cannot be had, says in one line what is used instead. Plain JavaScript: runs under a machine's own Node 20.
import { existsSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
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
  run,
  writeStamp,
} from '../toolchain.mjs';

const sources = ['codecs/module.cc', 'codecs/lzw.cc', 'codecs/samples.cc'];
const others = ['lzw.h', 'samples.h', 'setup.mjs', 'fetchLibdeflate.py'];
/** What inflating a zlib stream needs of libdeflate; a processor's own parts are empty on others. */
const libdeflateSources = [
  'adler32.c',
  'deflate_decompress.c',
  'utils.c',
  'zlib_decompress.c',
  'arm/cpu_features.c',
  'x86/cpu_features.c',
];
const stampFile = join(build, 'codecs.json');
const product = join(build, 'codecs.node');

/** Makes `native/build/codecs.node` ready where the machine can; idempotent. Never throws. `say` prints one line. */
export async function ensureCodecs(say) {
  const inputs = describeSources([...sources, ...others.map((name) => `codecs/${name}`)], 'codecs');
  const stamp = readStamp(stampFile);
  if (isBuilt(stamp, inputs) || hasJustFailed(stamp, inputs)) return;
  try {
    const missing = missingCompiler();
    if (missing !== undefined) throw new BuildProblem(missing.message, missing.cure);
    say('compiling the codecs …');
    const libdeflate = await findLibdeflate(say);
    await compileAll(libdeflate.folder);
    await writeStamp(stampFile, { inputs, ...libdeflate, time: Date.now() });
  } catch (error) {
    if (isBuilt(readStamp(stampFile), inputs)) return; // by another set-up meanwhile
    rmSync(product, { force: true }); // one of other sources must not be used
    const problem = error.message.trim();
    const cure = error instanceof BuildProblem ? error.cure : 'run npm run setup again';
    await writeStamp(stampFile, { inputs, problem, cure, time: Date.now() });
    say(
      `${problem}; compressed rasters are decoded in JavaScript, up to five times as slow (${cure})`,
    );
  }
}

function isBuilt(stamp, inputs) {
  return stamp?.inputs === inputs && stamp.problem === undefined && existsSync(product);
}

/** The folder of libdeflate's sources, fetched once a machine; a problem where they cannot be had. */
async function findLibdeflate(say) {
  const folder = join(cacheFolder(), 'libdeflate-1.26');
  if (existsSync(folder)) return { folder };
  try {
    const python = findTool('python3');
    if (python === undefined) throw new BuildProblem('Python 3 is missing');
    await run(python, [join(native, 'codecs', 'fetchLibdeflate.py'), folder]);
    return { folder };
  } catch (error) {
    const problem = `libdeflate could not be fetched (${error.message.trim()})`;
    say(`${problem}; Node's zlib, half as fast, inflates instead`);
    return { problem };
  }
}

/** Compiles and links, then puts the result into place. */
function compileAll(libdeflate) {
  return makeInto(build, async (work) => {
    const units = [...ourUnits(libdeflate), ...libdeflateUnits(libdeflate)].map((unit, i) => ({
      ...unit,
      object: join(work, `${i}.o`),
    }));
    await inParallel(units, availableParallelism(), ({ flags, source, object }) =>
      run(compiler(), [...flags, '-fvisibility=hidden', '-c', source, '-o', object]),
    );
    const objects = units.map(({ object }) => object);
    await run(compiler(), [...linkFlags(), ...objects, '-o', join(work, basename(product))]);
    return [basename(product)];
  });
}

function ourUnits(libdeflate) {
  const inflate = libdeflate === undefined ? [] : ['-DPRISMAP_LIBDEFLATE', '-isystem', libdeflate];
  return sources.map((name) => ({
    source: join(native, name),
    flags: [...commonFlags, ...napiFlags(), ...inflate],
  }));
}

function libdeflateUnits(libdeflate) {
  if (libdeflate === undefined) return [];
  return libdeflateSources.map((name) => ({
    source: join(libdeflate, 'lib', name),
    flags: ['-x', 'c', '-O2', '-fPIC', '-w', '-DNDEBUG', '-I', libdeflate],
  }));
}
