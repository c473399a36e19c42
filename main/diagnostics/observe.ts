import { AppError } from '../../app/error.ts';
import type { Log } from './log.ts';
import { placesOf } from './places.ts';

/** The parts of a task that a log tells; what it works on is nobody's business. */
type Request = { readonly task: string };

/** Errors of users' data are told by their code alone; faults of the program with where they arose. */
function errorFields(error: unknown): Readonly<Record<string, unknown>> {
  if (error instanceof AppError) {
    const { code, message, details } = error;
    const { code: exitCode, signal, lastOutput } = details;
    return { code, message, exitCode, signal, lastOutput };
  }
  if (!(error instanceof Error)) return { code: 'internal', message: String(error) };
  const { name, message, stack = '' } = error;
  return { code: 'internal', name, message, stack, places: placesOf(stack) };
}

const since = (start: number): number => Math.round(performance.now() - start) / 1000;

/** How tasks end, and the death of their processes. */
export function loggedTasks<Task extends Request>(
  log: Log,
  run: (request: Task) => Promise<unknown>,
): (request: Task) => Promise<unknown> {
  return async (request) => {
    const started = performance.now();
    const { task } = request;
    try {
      const result = await run(request);
      log.info('task.done', { task, seconds: since(started) });
      return result;
    } catch (error) {
      const fields = { task, seconds: since(started), ...errorFields(error) };
      const { code } = fields as { readonly code?: unknown };
      if (code === 'cancelled') log.info('task.cancelled', { task, seconds: since(started) });
      else if (code === 'worker-died') log.error('process.died', fields);
      else log.warn('task.failed', fields);
      throw error;
    }
  };
}

type JobEvent = {
  readonly kind: string;
  readonly job?: {
    readonly id: string;
    readonly kind: string;
    readonly state: string;
    readonly elapsedSeconds: number;
    readonly error?: { readonly code: string; readonly message: string } | undefined;
  };
};

const ends = new Set(['done', 'failed', 'cancelled']);

/** Each change of a job's state, from what windows are told. */
export function jobLogger(log: Log): (event: JobEvent) => void {
  const states = new Map<string, string>();
  return ({ job }) => {
    if (job === undefined || states.get(job.id) === job.state) return;
    const { id, kind, state, elapsedSeconds: seconds, error } = job;
    states.set(id, state);
    if (ends.has(state)) states.delete(id);
    const fields = { job: id, kind, state, seconds, code: error?.code, message: error?.message };
    if (state === 'failed') log.warn('job', fields);
    else log.info('job', fields);
  };
}

type Calls = {
  call(name: string, input: unknown, signal: AbortSignal): Promise<unknown>;
};

/** Calls that end in a fault of the program. */
export const loggedCalls = <Desk extends Calls>(log: Log, desk: Desk): Desk => ({
  ...desk,
  call: async (name, input, signal) => {
    try {
      return await desk.call(name, input, signal);
    } catch (error) {
      const fault = !(error instanceof AppError) || error.code === 'internal';
      if (fault && !signal.aborted) log.error('fault', { call: name, ...errorFields(error) });
      throw error;
    }
  },
});

/** What ends this process unforeseen; it ends all the same. Gives a function that ends the watch. */
export function logCrashes(log: Log): () => void {
  const tell = (error: unknown, origin: string): void =>
    log.error('crash', { origin, ...errorFields(error) });
  process.on('uncaughtExceptionMonitor', tell);
  return () => void process.off('uncaughtExceptionMonitor', tell);
}

type CallOptions = {
  readonly onEvent?: (event: never) => void;
};
type Services = {
  call(name: never, input: unknown, options?: CallOptions): Promise<unknown>;
};

/** Calls that last for hours, with each scene that they end; the others say on the terminal what there is to say. */
export function loggedServices<Named extends Services>(
  log: Log,
  services: Named,
  lasting: ReadonlySet<string>,
): Named {
  return {
    ...services,
    call: async (name: string, input: unknown, options: CallOptions = {}) => {
      if (!lasting.has(name)) return await services.call(name as never, input, options);
      const started = performance.now();
      log.info('call.start', { call: name });
      const onEvent = (event: SceneEvent): void => {
        logScene(log, event);
        options.onEvent?.(event as never);
      };
      try {
        const result = await services.call(name as never, input, { ...options, onEvent });
        log.info('call.done', { call: name, seconds: since(started) });
        return result;
      } catch (error) {
        log.warn('call.failed', { call: name, seconds: since(started), ...errorFields(error) });
        throw error;
      }
    },
  };
}

type SceneEvent = {
  readonly kind: string;
  readonly scene?: {
    readonly scene: string;
    readonly state: string;
    readonly error?: { readonly code: string; readonly message: string } | undefined;
  };
};

function logScene(log: Log, { kind, scene }: SceneEvent): void {
  if (kind !== 'scene' || scene === undefined) return;
  const { state, error } = scene;
  const fields = { state, scene: scene.scene, code: error?.code, message: error?.message };
  if (state === 'failed') log.warn('scene', fields);
  else log.info('scene', fields);
}
