import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { AppError } from '../../app/error.ts';
import type { FusedOps } from '../../app/model/ops.ts';
import { tensorflowOperations } from '../../native/operations.ts';
import type { TensorflowBackend } from '../../native/tensors.ts';
import {
  type TensorOptimizer,
  tensorflowOptimizer,
} from '../../native/transformer/optimizerTensorflow.ts';
import type { Tensor, Tfjs } from './tfjs.ts';

const require = createRequire(import.meta.url);
const build = join(import.meta.dirname, '..', '..', 'native', 'build');
const backendPackage = '@tensorflow/tfjs-node-gpu/dist';

/** What the set-up wrote beside the engine that it built, or could not build. */
type BuildRecord = { readonly problem?: string; readonly cure?: string };

/** TensorFlow as opened: what the engine's description says of it, and its operations in one piece. */
export type OpenedTensorflow = {
  readonly version: string;
  readonly device: string;
  readonly fused: FusedOps<Tensor>;
  readonly optimizer: TensorOptimizer;
};

type Binding = { readonly TF_Version: string; isUsingGpuDevice(): boolean };
type NodeBackend = ReturnType<Tfjs['backend']> & TensorflowBackend;
type BackendModule = {
  readonly NodeJSKernelBackend: new (binding: Binding, packageName: string) => NodeBackend;
};

/**
 * Loads TensorFlow through the binding in `native/build`, registers tfjs' Node backend over it and sets it. The number
 * of threads holds for the whole process: TensorFlow reads it once.
 * @throws AppError `engine` with `details.cure` where it was not built or does not load
 */
export async function openTensorflow(tf: Tfjs, threads: number): Promise<OpenedTensorflow> {
  requireBuild();
  setEnvironment(threads);
  const binding = loadLibraries();
  if (tf.findBackend('tensorflow') === null) {
    // The package's index would look for a binding of its own; these two parts of it do not.
    load(`${backendPackage}/register_all_kernels.js`);
    const { NodeJSKernelBackend } = load(
      `${backendPackage}/nodejs_kernel_backend.js`,
    ) as BackendModule;
    const created = new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node');
    tf.registerBackend('tensorflow', () => created, 3);
  }
  if (!(await tf.setBackend('tensorflow'))) throw unusable('TensorFlow loaded, but did not start.');
  const gpu = binding.isUsingGpuDevice();
  return {
    version: binding.TF_Version,
    device: gpu ? 'GPU (CUDA)' : describeProcessor(threads),
    fused: tensorflowOperations(tf, tf.backend() as NodeBackend),
    optimizer: tensorflowOptimizer(tf, tf.backend() as NodeBackend),
  };
}

/** The binding; after it the library that registers our operations, for as long as the process lives. */
function loadLibraries(): Binding {
  const { quietly } = load(join(build, 'quietly.node')) as {
    readonly quietly: <R>(action: () => R) => R;
  };
  return quietly(() => {
    const binding = load(join(build, 'tfjs_binding.node')) as Binding;
    load(join(build, 'prismap_operations.node'));
    return binding;
  });
}

/** e.g. `CPU, 2 threads, AVX-512`. */
function describeProcessor(threads: number): string {
  const features = processorFeatures();
  const vectors = features.has('avx512f') ? ', AVX-512' : features.has('avx2') ? ', AVX2' : '';
  return `CPU, ${threads} ${threads === 1 ? 'thread' : 'threads'}${vectors}`;
}

function processorFeatures(): ReadonlySet<string> {
  try {
    const flags = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '';
    return new Set(flags.trim().split(' '));
  } catch {
    return new Set(); // not Linux
  }
}

function requireBuild(): void {
  if (existsSync(join(build, 'tfjs_binding.node')) && readRecord().problem === undefined) return;
  const { problem = 'The engine has not been built.', cure } = readRecord();
  throw unusable(problem, cure);
}

function readRecord(): BuildRecord {
  try {
    return JSON.parse(readFileSync(join(build, 'build.json'), 'utf8')) as BuildRecord;
  } catch {
    return {};
  }
}

/** TensorFlow takes its threads and its use of oneDNN from here. */
function setEnvironment(threads: number): void {
  process.env['TF_NUM_INTRAOP_THREADS'] = String(threads);
  process.env['TF_NUM_INTEROP_THREADS'] = '1';
  process.env['TF_ENABLE_ONEDNN_OPTS'] = '1';
}

function load(path: string): unknown {
  try {
    return require(path);
  } catch (error) {
    throw unusable(
      `TensorFlow could not be loaded: ${error instanceof Error ? error.message : error}`,
    );
  }
}

function unusable(message: string, cure = 'run `npm run setup`'): AppError {
  return new AppError('engine', message, { cure });
}
