import type { Engine, EngineId, EngineInfo } from './engine.ts';
import { loadTfjs } from './tfjs.ts';
import { createTfjsEngine } from './tfjsEngine.ts';

export type EngineOptions = {
  /** The engine to use and no other; absent = the best that works. */
  readonly engine?: EngineId;
  /** Threads of the engine; absent = one a core. */
  readonly threads?: number;
};

/**
 * Opens the best engine of this machine, or the one that is named. Belongs into a compute process: a native library
 * that crashes takes its process with it.
 */
export async function openEngine({ engine = 'cpu' }: EngineOptions = {}): Promise<Engine> {
  const tf = loadTfjs();
  await tf.setBackend(engine);
  const info: EngineInfo = {
    engine: 'cpu',
    device: 'CPU, 1 thread, JavaScript',
    versions: { tfjs: tf.version_core },
    fused: [],
    problems: [],
  };
  return createTfjsEngine(tf, info);
}
