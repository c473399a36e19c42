import { createServer, type Server } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { Counter, Gauge, Registry } from 'prom-client';
import { AppError } from '../../../app/error.ts';
import type { Board } from '../batch/queue/board.ts';

const states = ['waiting', 'active', 'completed', 'failed'] as const;
/** A Redis that is away must not keep the others from being told. */
const patienceMs = 1000;

/** How long the stages of one scene take. */
type StageClock = {
  /** The stage that the scene is in now. */
  at(stage: string): void;
  end(): void;
};

/** Figures of a worker and its queue for Prometheus. */
export type WorkerMetrics = {
  ended(result: 'done' | 'failed' | 'late'): void;
  clock(): StageClock;
  /** In the text format of Prometheus, version 0.0.4. */
  text(): Promise<string>;
  readonly contentType: string;
};

export function workerMetrics(board: Board): WorkerMetrics {
  const registry = new Registry();
  const registers = [registry];
  new Gauge({
    name: 'prismap_queue_jobs',
    help: 'Scenes, and parts of large ones, in the queue by state.',
    labelNames: ['state'],
    registers,
    async collect() {
      this.reset();
      const counts = await Promise.race([
        board.queue.getJobCounts(...states).catch(() => undefined),
        pause(patienceMs, undefined, { ref: false }),
      ]);
      for (const state of states) if (counts !== undefined) this.set({ state }, counts[state] ?? 0);
    },
  });
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Memory of this process; compute processes have their own.',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  const scenes = new Counter({
    name: 'prismap_worker_scenes_total',
    help: 'Scenes, and parts of large ones, by how they ended here; late ones count elsewhere.',
    labelNames: ['result'],
    registers,
  });
  for (const result of ['done', 'failed', 'late']) scenes.inc({ result }, 0);
  const seconds = new Counter({
    name: 'prismap_worker_stage_seconds_total',
    help: 'Seconds by stage of a scene.',
    labelNames: ['stage'],
    registers,
  });
  return {
    ended: (result) => scenes.inc({ result }),
    clock: () => stageClock((stage, spent) => seconds.inc({ stage }, spent)),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

function stageClock(add: (stage: string, seconds: number) => void): StageClock {
  let [stage, since] = ['opening', performance.now()];
  const change = (next: string): void => {
    const now = performance.now();
    add(stage, (now - since) / 1000);
    [stage, since] = [next, now];
  };
  return {
    at: (next) => {
      if (next !== stage) change(next);
    },
    end: () => change('ended'),
  };
}

/**
 * Answers `GET /metrics` on PORT of this machine, or on HOST:PORT.
 * @throws AppError `in-use`, `not-writable`
 */
export async function serveMetrics(where: string, metrics: WorkerMetrics): Promise<Server> {
  const at = where.lastIndexOf(':');
  const host = at < 0 ? '127.0.0.1' : where.slice(0, at).replace(/^\[(.*)\]$/, '$1');
  const port = Number(where.slice(at + 1));
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    void metrics.text().then((text) => {
      response.writeHead(200, { 'content-type': metrics.contentType }).end(text);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const code = error.code === 'EADDRINUSE' ? 'in-use' : 'usage';
      reject(
        new AppError(
          code,
          `--metrics: ${host}:${port} cannot be listened on (${error.code}). Choose another port.`,
        ),
      );
    });
    server.listen(port, host, resolve);
  });
  server.unref();
  return server;
}
