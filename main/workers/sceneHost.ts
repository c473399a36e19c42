import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Connection, connect, type Port } from '../../app/contract/rpc.ts';
import { AppError } from '../../app/error.ts';
import { portOfChild } from '../transport/processPort.ts';

/** A running scene process. */
export type SceneProcess = { readonly port: Port; kill(): void };

/** Starts a scene process: a child of Node here, a utility process where Electron is the host. */
export type StartSceneProcess = () => SceneProcess;

/** The program of a scene process. */
export const sceneEntry = fileURLToPath(new URL('./sceneProcess.ts', import.meta.url));
const gibibyte = 2 ** 30;
/** What a scene process may hold. Past it, its allocation fails or it ends; the host and the jobs keep their memory. */
const memoryLimit = Math.min(4 * gibibyte, Math.max(gibibyte, totalmem() / 2));
const prlimit = '/usr/bin/prlimit';

export const sceneFlags = [`--max-old-space-size=${Math.floor(memoryLimit / 2 ** 21)}`] as const;

/** Sample arrays lie outside the heap; only the system can bound them. Where it cannot, the limits of the readers remain. */
export function limitMemory(pid: number | undefined): void {
  if (pid !== undefined && existsSync(prlimit))
    execFile(prlimit, ['--pid', `${pid}`, `--data=${Math.floor(memoryLimit)}`]).unref();
}

export const startSceneChild: StartSceneProcess = () => {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', ...sceneFlags, sceneEntry],
    { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], serialization: 'advanced' },
  );
  limitMemory(child.pid);
  return { port: portOfChild(child), kill: () => void child.kill('SIGKILL') };
};

/** A call about a scene; see `scenes/sceneTasks.ts`. */
type Call = {
  readonly uri: string;
  readonly stamp?: string;
  readonly input?: unknown;
  /** Folder where coarse tiles are kept. */
  readonly planes?: string;
};

type Running = {
  readonly process: SceneProcess;
  readonly connection: Connection;
  dead: boolean;
};

/**
 * A scene process that is always there: started by the first call and again after it died. The calls that were under way
 * then are asked once more, one at a time, so that the one that kills the process fails alone.
 */
export class SceneHost {
  readonly #start: StartSceneProcess;
  #running: Running | undefined;
  #retries: Promise<unknown> = Promise.resolve();
  #disposed = false;

  constructor(start: StartSceneProcess) {
    this.#start = start;
  }

  /** Starts the process before there is anything to ask, so that the first question does not wait for it. */
  warm(): void {
    if (!this.#disposed) this.#alive();
  }

  /** @throws AppError of the task; `cancelled`; `worker-died` where the process died twice of it */
  async call(name: string, request: Call, signal: AbortSignal): Promise<unknown> {
    const running = this.#alive();
    try {
      return await running.connection.call(name, request, signal);
    } catch (error) {
      if (!running.dead) throw error;
    }
    const retry = this.#retries.then(() => this.#again(name, request, signal));
    this.#retries = retry.catch(() => undefined);
    return retry;
  }

  /** Ends the process; calls under way end as cancelled. */
  dispose(): void {
    this.#disposed = true;
    this.#running?.process.kill();
  }

  async #again(name: string, request: Call, signal: AbortSignal) {
    const running = this.#alive();
    try {
      return await running.connection.call(name, request, signal);
    } catch (error) {
      if (!running.dead || this.#disposed) throw error;
      throw new AppError(
        'worker-died',
        `Reading ${request.uri} ended the process that reads scenes, twice. The file may be damaged or need more memory than there is; other layers go on.`,
        { uri: request.uri },
      );
    }
  }

  #alive(): Running {
    if (this.#disposed) throw new AppError('cancelled', 'Cancelled.');
    if (this.#running !== undefined) return this.#running;
    const started = this.#start();
    const running: Running = {
      process: started,
      connection: connect(started.port, () => undefined),
      dead: false,
    };
    started.port.onClose(() => {
      running.dead = true;
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }
}
