import { setImmediate } from 'node:timers/promises';
import { AppError } from '../../app/error.ts';
import type { WeightData } from '../../app/model/weights.ts';
import { loadCheckpoint, saveCheckpoint } from './checkpoint.ts';
import type { Learner, Objective } from './engine.ts';

/** What one part of a step learns from. */
export type CourseBatch = {
  readonly inputs: WeightData;
  readonly objective: Objective;
  readonly count: number;
};

/** One row of the curve. */
export type CourseRow = {
  readonly epoch: number;
  readonly loss: number;
  readonly learningRate: number;
  readonly validation?: Readonly<Record<string, number>>;
};

/** Training of a tile model from its plan: what is learned, how long, and where it is kept. */
export type Course = {
  readonly learner: Learner;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  /** Batches whose gradients make one step. */
  readonly partsPerStep: number;
  /** Learning rate by epochs done, with fractions. */
  readonly rate: (progress: number) => number;
  /** By epoch from 1, step and part from 0; the same for the same numbers. */
  readonly batch: (epoch: number, step: number, part: number) => Promise<CourseBatch>;
  /** Figures of the validation part after an epoch, where it is measured; the highest `score` is kept. */
  readonly validate?: (epoch: number) => Promise<
    | {
        readonly score: number;
        readonly figures: Readonly<Record<string, number>>;
      }
    | undefined
  >;
  /** Folder of the checkpoints. */
  readonly folder: string;
  readonly resume: boolean;
  /** Names data and settings: a checkpoint of another run is not continued. */
  readonly fingerprint: string;
  readonly signal: AbortSignal;
  readonly onWarning: (message: string) => void;
  readonly onStep?: (done: number, total: number) => void;
  readonly onEpoch: (
    row: CourseRow & { readonly samplesPerSecond: number; readonly etaSeconds: number },
  ) => void;
};

export type CourseResult = {
  readonly weights: WeightData;
  readonly curve: readonly CourseRow[];
  readonly bestEpoch: number;
  readonly samplesPerSecond: number;
};

/** What lasts from epoch to epoch. */
type Progress = {
  readonly curve: readonly CourseRow[];
  readonly bestEpoch: number;
  readonly bestScore: number;
};

/**
 * Runs a course from its start or its newest checkpoint, with a checkpoint after every epoch. A run that was killed and
 * resumed ends with the same bytes as one that was not.
 * @throws AppError `cancelled`, `bad-values` (the loss is no number), `bands-mismatch` (checkpoint of another run)
 */
export async function runCourse(course: Course): Promise<CourseResult> {
  let state = await start(course);
  let [samples, seconds] = [0, 0];
  while (state.progress.curve.length < course.epochs) {
    const before = performance.now();
    const epoch = state.progress.curve.length + 1;
    const { loss, count } = await runEpoch(course, epoch);
    const checked = await course.validate?.(epoch);
    const row: CourseRow = {
      epoch,
      loss,
      learningRate: course.rate(epoch - 1),
      ...(checked === undefined ? {} : { validation: checked.figures }),
    };
    state = advance(course, state, row, checked?.score);
    await keep(course, state);
    const took = (performance.now() - before) / 1000;
    samples += count;
    seconds += took;
    course.onEpoch({
      ...row,
      samplesPerSecond: count / took,
      etaSeconds: (course.epochs - epoch) * took,
    });
  }
  const { curve, bestEpoch } = state.progress;
  return {
    curve,
    bestEpoch: state.best === undefined ? curve.length : bestEpoch,
    weights: state.best ?? course.learner.weights(),
    samplesPerSecond: samples / Math.max(seconds, 1e-9),
  };
}

type State = { readonly progress: Progress; readonly best: WeightData | undefined };

async function start(course: Course): Promise<State> {
  const fresh: State = { progress: { curve: [], bestEpoch: 0, bestScore: -1 }, best: undefined };
  const found = course.resume ? await loadCheckpoint(course.folder) : undefined;
  if (found === undefined) return fresh;
  if (found.warning !== undefined) course.onWarning(found.warning);
  const { weights, optimizer, best, record } = found.checkpoint;
  if (record['fingerprint'] !== course.fingerprint)
    throw new AppError(
      'bands-mismatch',
      `The checkpoint in ${course.folder} belongs to other data or settings. Train again without --resume.`,
      { path: course.folder },
    );
  course.learner.restore(weights, optimizer);
  return { progress: record['progress'] as Progress, best };
}

/** The mean loss of an epoch and the samples seen. */
async function runEpoch(
  course: Course,
  epoch: number,
): Promise<{ readonly loss: number; readonly count: number }> {
  const { stepsPerEpoch, partsPerStep, learner } = course;
  const parts = stepsPerEpoch * partsPerStep;
  let [total, count] = [0, 0];
  // The next batch is read while this one is computed.
  let next = course.batch(epoch, 0, 0);
  for (let i = 0; i < parts; i++) {
    const batch = await next;
    const [step, part] = [Math.floor((i + 1) / partsPerStep), (i + 1) % partsPerStep];
    if (i + 1 < parts) {
      next = course.batch(epoch, step, part);
      // It is awaited in the next turn; should this turn fail first, nobody is left to hear of it.
      next.catch(() => undefined);
    }
    throwIfCancelled(course);
    total += batch.count * learner.accumulate(batch.inputs, batch.objective, 1 / partsPerStep);
    count += batch.count;
    if (part === 0) learner.step(course.rate(epoch - 1 + (step - 1) / stepsPerEpoch));
    course.onStep?.((epoch - 1) * parts + i + 1, course.epochs * parts);
    await setImmediate();
  }
  return { loss: total / count, count };
}

function throwIfCancelled({ signal }: Course): void {
  if (signal.aborted)
    throw new AppError('cancelled', 'Training was cancelled. Go on from it with --resume.');
}

function advance(course: Course, { progress, best }: State, row: CourseRow, score?: number): State {
  const curve = [...progress.curve, row];
  if (score === undefined || score <= progress.bestScore)
    return { progress: { ...progress, curve }, best };
  return {
    progress: { curve, bestEpoch: row.epoch, bestScore: score },
    best: course.learner.weights(),
  };
}

async function keep(course: Course, { progress, best }: State): Promise<void> {
  const { learner, folder, fingerprint, signal } = course;
  await saveCheckpoint(
    folder,
    {
      epoch: progress.curve.length,
      weights: learner.weights(),
      optimizer: learner.optimizer(),
      record: { fingerprint, progress },
      ...(best === undefined ? {} : { best }),
    },
    signal,
  );
}
