import { availableParallelism } from 'node:os';
import { AppError } from '../../app/error.ts';
import type { FusedOps } from '../../app/model/ops.ts';
import { scriptOperations } from '../../native/operations.ts';
import type { TensorOptimizer } from '../../native/transformer/optimizerTensorflow.ts';
import type { Engine, EngineId, EngineInfo } from './engine.ts';
import { loadTfjs, type Tensor, type Tfjs } from './tfjs.ts';
import { createTfjsEngine } from './tfjsEngine.ts';
import { openTensorflow } from './tfjsNative.ts';
import { openWasm } from './tfjsWasm.ts';

export type EngineOptions = {
  /** The engine to use and no other; absent = the best that works. */
  readonly engine?: EngineId;
  /** Threads of the engine; absent = one a core. */
  readonly threads?: number;
};

type Opened = {
  readonly device: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly fused: FusedOps<Tensor>;
  readonly optimizer?: TensorOptimizer;
};

/** Every engine, best first. A row loads its engine and sets it as tfjs' backend, or throws. */
const engines: readonly {
  readonly id: EngineId;
  readonly open: (tf: Tfjs, threads: number) => Promise<Opened>;
}[] = [
  {
    id: 'tensorflow',
    open: async (tf, threads) => {
      const { version, ...opened } = await openTensorflow(tf, threads);
      return { ...opened, versions: { tensorflow: version } };
    },
  },
  {
    id: 'wasm',
    open: async (tf) => {
      const { version } = await openWasm(tf);
      const fused = scriptOperations(tf);
      return { device: 'CPU, 1 thread, WebAssembly', versions: { wasm: version }, fused };
    },
  },
  {
    id: 'cpu',
    open: async (tf) => {
      await tf.setBackend('cpu');
      return { device: 'CPU, 1 thread, JavaScript', versions: {}, fused: scriptOperations(tf) };
    },
  },
];

/**
 * Opens the best engine of this machine, or the one that is named. `info.problems` says why a better one is not in use.
 * Belongs into a compute process: a native library that crashes takes its process with it.
 * @throws AppError `engine` where the named one cannot be used
 */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  const rows = engines.filter(({ id }) => options.engine === undefined || id === options.engine);
  if (rows.length === 0) {
    const known = engines.map(({ id }) => id).join(', ');
    throw new AppError(
      'usage',
      `There is no engine "${options.engine}" here; there are: ${known}.`,
    );
  }
  const tf = loadTfjs();
  const problems: EngineInfo['problems'][number][] = [];
  for (const { id, open } of rows) {
    try {
      const { device, versions, fused, optimizer } = await open(
        tf,
        options.threads ?? availableParallelism(),
      );
      const info: EngineInfo = {
        engine: id,
        device,
        versions: { ...versions, tfjs: tf.version_core, node: process.versions.node },
        fused: Object.keys(fused),
        problems,
      };
      return createTfjsEngine(tf, info, fused, optimizer);
    } catch (error) {
      if (options.engine !== undefined) throw error;
      problems.push(problemOf(id, error));
    }
  }
  throw new AppError('engine', 'No numerical engine works on this machine.', { problems });
}

function problemOf(part: string, error: unknown): EngineInfo['problems'][number] {
  const message = error instanceof Error ? error.message : String(error);
  const cure = error instanceof AppError ? error.details['cure'] : undefined;
  return { part, message, cure: typeof cure === 'string' ? cure : 'run `npm run setup`' };
}
