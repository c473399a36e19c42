import { availableParallelism, totalmem } from 'node:os';
import type { Engine, EngineInfo } from './engine.ts';
import { type EngineOptions, openEngine } from './table.ts';

/** What `prismap doctor` prints: the engine in use, what it can do, and what to do about anything missing. */
export type DoctorReport = EngineInfo & {
  readonly cores: number;
  /** Memory of the machine. */
  readonly memoryBytes: number;
  /** Measured on one square product, the largest that takes a moment. */
  readonly matmulGflops: number;
};

/**
 * Opens an engine, measures it and lets it go. Takes about a second; belongs into a compute process.
 * @throws AppError `engine` where the named engine, or every engine, fails
 */
export async function diagnose(options: EngineOptions = {}): Promise<DoctorReport> {
  const engine = await openEngine(options);
  try {
    return {
      ...engine.info,
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      matmulGflops: measureProduct(engine),
    };
  } finally {
    engine.dispose();
  }
}

const longEnough = 0.05; // s: the next size would take eight times as long

/** Gflop/s of the best of three n × n products, n doubled to 1,024 or until one takes long enough. */
function measureProduct(engine: Engine): number {
  for (let size = 128; ; size *= 2) {
    const values = Float32Array.from({ length: size * size }, (_, i) => (i % 7) - 3);
    const weights = new Map([['x', { shape: [size, size], values }]]);
    const seconds = engine.run(weights, (ops, tensors) => {
      const x = tensors.get('x')!;
      let best = Number.POSITIVE_INFINITY;
      for (let i = 0; i < 3; i++) {
        const started = performance.now();
        ops.shape(ops.matMul(x, x));
        best = Math.min(best, (performance.now() - started) / 1000);
      }
      return [ops.constant([best], [1])];
    })[0]!.values[0]!;
    if (seconds > longEnough || size === 1024) return (2 * size ** 3) / seconds / 1e9;
  }
}
